package party

import (
	"strings"

	"tongbao/internal/refusal"
)

// ParsePhone reads a mainland mobile number as people write it, with or without
// +86, spaces and hyphens, and returns its eleven digits. Refusal: phone_invalid.
func ParsePhone(text string) (string, error) {
	bad := refusal.In("phone", refusal.PhoneInvalid, "not a mainland mobile number: eleven digits that begin with 13 to 19, +86 before them or not")
	if len(text) > 32 {
		return "", bad
	}
	digits := strings.NewReplacer(" ", "", "-", "").Replace(text)
	for _, prefix := range []string{"+86", "0086", "86"} {
		if rest, ok := strings.CutPrefix(digits, prefix); ok && len(rest) == 11 {
			digits = rest
			break
		}
	}
	if len(digits) != 11 || digits[0] != '1' || digits[1] < '3' {
		return "", bad
	}
	for i := range digits {
		if digits[i] < '0' || digits[i] > '9' {
			return "", bad
		}
	}
	return digits, nil
}

// MaskPhone shows a phone number's first three and last four digits.
func MaskPhone(phone string) string {
	if len(phone) != 11 {
		return strings.Repeat("*", len(phone))
	}
	return phone[:3] + "****" + phone[7:]
}
