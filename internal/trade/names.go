package trade

import "fmt"

// names are the words of an enumeration by its number: the number is stored,
// the word is shown. Number 0 is "not set" and has no word.
type names []string

func (n names) of(i uint8) string {
	if int(i) < len(n) {
		return n[i]
	}
	return fmt.Sprintf("unknown %d", i)
}

func parse[T ~uint8](n names, text []byte) (T, error) {
	for i, name := range n {
		if name == string(text) {
			return T(i), nil
		}
	}
	return 0, fmt.Errorf("unknown word %.40q", text)
}

func known[T ~uint8](n names, v T) bool { return v > 0 && int(v) < len(n) }
