package diagnose

import (
	"regexp"
	"strings"
)

// Mask hides in a text what nobody may read in a log: card numbers, proofs of
// identity, payment codes and tokens. What remains has the same length, so that
// two texts can still be laid beside each other.
func Mask(text string) string {
	text = secrets.ReplaceAllStringFunc(text, func(found string) string {
		parts := secrets.FindStringSubmatch(found)
		return parts[1] + hide(parts[2])
	})
	text = codes.ReplaceAllStringFunc(text, func(found string) string {
		name, value, _ := strings.Cut(found, "=")
		return name + "=" + hide(value)
	})
	return numbers.ReplaceAllStringFunc(text, func(found string) string {
		parts := numbers.FindStringSubmatch(found)
		name, number := parts[1], parts[2]
		if len(number) < 13 || len(number) > 19 || strings.HasPrefix(number, "2088") || !luhn(number) || counted.MatchString(name) {
			return found
		}
		return strings.TrimSuffix(found, number) + hide(number)
	})
}

const quote = `(?:\\*"|%22|&quot;|&#34;)?`

var (
	secrets = regexp.MustCompile(`(?i)(` + quote + `(?:auth_code|auth_token|app_auth_token|access_token|refresh_token|card_no|card_number|bank_card_no|cert_no|password|encrypt_key)` +
		quote + `(?:\s|%20)*(?::|=|%3A|%3D)(?:\s|%20)*` + quote + `)([^"&\\,}%\s]{5,})`)
	codes   = regexp.MustCompile(`(?:^|&)code=[^&]+`)
	numbers = regexp.MustCompile(`([A-Za-z_]*)` + quote + `(?:\s|%20)*(?::|=|%3A|%3D)?(?:\s|%20)*` + quote + `([0-9]{13,})`)
	counted = regexp.MustCompile(`(?i)(?:trade_no|request_no|biz_no|order_no|auth_no|agreement_no|operation_id|_id|timestamp)$`)
)

// hide leaves the last four characters.
func hide(secret string) string {
	runes := []rune(secret)
	keep := min(4, len(runes)/3)
	return strings.Repeat("*", len(runes)-keep) + string(runes[len(runes)-keep:])
}

func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
