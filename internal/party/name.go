package party

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"tongbao/internal/refusal"
)

// ParseName reads a person's legal name as it stands on a resident identity
// card: two to thirty Han characters, with the middle dot where a name of
// another people has one. Refusal: identity_invalid.
func ParseName(text string) (string, error) {
	name := strings.TrimSpace(text)
	name = strings.NewReplacer("•", "·", "・", "·", "‧", "·").Replace(name)
	bad := refusal.In("name", refusal.IdentityInvalid, "the name must be as on the identity card: two to thirty Chinese characters")
	if n := utf8.RuneCountInString(name); !utf8.ValidString(name) || n < 2 || n > 30 {
		return "", bad
	}
	if strings.HasPrefix(name, "·") || strings.HasSuffix(name, "·") {
		return "", bad
	}
	for _, r := range name {
		if r != '·' && !unicode.Is(unicode.Han, r) {
			return "", bad
		}
	}
	return name, nil
}

// ParseNickname reads what a person wants to be called: one to twenty
// characters, none of them invisible. Refusal: invalid_field.
func ParseNickname(text string) (string, error) { return parseLabel("nickname", text, 20) }

// parseLabel reads a short text for people: not empty, printable, of at most so
// many characters.
func parseLabel(field, text string, most int) (string, error) {
	label := strings.TrimSpace(text)
	if n := utf8.RuneCountInString(label); !utf8.ValidString(label) || n < 1 || n > most {
		return "", refusal.In(field, refusal.InvalidField, "must be 1 to %d characters", most)
	}
	for _, r := range label {
		if !unicode.IsPrint(r) {
			return "", refusal.In(field, refusal.InvalidField, "holds a character that can't be seen")
		}
	}
	return label, nil
}

// Surnames of two characters, the commonest; all others have one.
var doubleSurnames = []string{"欧阳", "司马", "上官", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "东方", "南宫", "长孙", "宇文", "端木", "申屠", "司空"}

func surname(name string) string {
	for _, double := range doubleSurnames {
		if strings.HasPrefix(name, double) && utf8.RuneCountInString(name) > 2 {
			return double
		}
	}
	_, size := utf8.DecodeRuneInString(name)
	return name[:size]
}

func stars(text string) string { return strings.Repeat("*", utf8.RuneCountInString(text)) }

// MaskName hides the surname, as a payer sees a payee: 王伟 is *伟. Who knows
// the payee can give the surname.
func MaskName(name string) string {
	family := surname(name)
	return stars(family) + name[len(family):]
}

// MaskGivenName hides all but the surname, as receipts and operators see it:
// 王伟 is 王*.
func MaskGivenName(name string) string {
	family := surname(name)
	return family + stars(name[len(family):])
}

// NameMatches says that a payer knows the payee: said is the surname, the last
// character, or the whole name. A payee whose name is not known matches nothing.
func NameMatches(name, said string) bool {
	said = strings.TrimSpace(said)
	if name == "" || said == "" {
		return false
	}
	_, size := utf8.DecodeLastRuneInString(name)
	return said == name || said == surname(name) || said == name[len(name)-size:]
}
