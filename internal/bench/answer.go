package bench

import (
	"encoding/json"
	"fmt"
	"strings"
)

// textIn reads a whole answer, a JSON object, and returns the text of one of its
// members. encoding/json goes through it twice and with reflection, which took as
// much as a tenth of the platform's own work on the request; this goes once.
func textIn(answer []byte, name string) (text string, err error) {
	a := answerReader{text: answer}
	found := false
	ok := a.next('{')
	for first := true; ok && !a.next('}'); first = false {
		var key, value []byte
		if ok = first || a.next(','); ok {
			key, ok = a.quoted()
		}
		if ok = ok && a.next(':'); ok {
			a.space()
			from := a.at
			ok = a.value(0)
			value = a.text[from:a.at]
		}
		if ok && string(key[1:len(key)-1]) == name {
			found = true
			ok = json.Unmarshal(value, &text) == nil
		}
	}
	a.space()
	if !ok || !found || a.at != len(a.text) {
		return "", fmt.Errorf("the answer has no text %s, or is no JSON: %.200s", name, answer)
	}
	return text, nil
}

// answerReader goes through a JSON text.
type answerReader struct {
	text []byte
	at   int
}

func (a *answerReader) space() {
	for a.at < len(a.text) && strings.IndexByte(" \t\r\n", a.text[a.at]) >= 0 {
		a.at++
	}
}

// next takes a byte, where it is the next.
func (a *answerReader) next(b byte) bool {
	a.space()
	if a.at == len(a.text) || a.text[a.at] != b {
		return false
	}
	a.at++
	return true
}

func (a *answerReader) quoted() (text []byte, ok bool) {
	a.space()
	from := a.at
	if !a.next('"') {
		return nil, false
	}
	for ; a.at < len(a.text); a.at++ {
		switch a.text[a.at] {
		case '\\':
			a.at++
		case '"':
			a.at++
			return a.text[from:a.at], true
		}
	}
	return nil, false
}

func (a *answerReader) value(depth int) bool {
	a.space()
	if a.at == len(a.text) || depth > 16 {
		return false
	}
	switch b := a.text[a.at]; b {
	case '"':
		_, ok := a.quoted()
		return ok
	case '{', '[':
		a.at++
		for first := true; !a.next(b + 2); first = false { // ] and } are two after [ and {
			if !first && !a.next(',') {
				return false
			}
			if b == '{' {
				if _, ok := a.quoted(); !ok || !a.next(':') {
					return false
				}
			}
			if !a.value(depth + 1) {
				return false
			}
		}
		return true
	}
	from := a.at
	for a.at < len(a.text) && strings.IndexByte(",]} \t\r\n", a.text[a.at]) < 0 {
		a.at++
	}
	return json.Valid(a.text[from:a.at])
}
