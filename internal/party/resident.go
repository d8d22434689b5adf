package party

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"tongbao/internal/refusal"
)

// ResidentID is the number of a Chinese resident identity card: six digits of
// place, eight of birth, three of order, one check character. It prints masked,
// whoever prints it.
type ResidentID string

// The first two digits of a place: provinces, municipalities, regions (GB/T 2260).
const provinces = " 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 "

// ParseResidentID reads a number and checks place, birth date and check
// character (GB 11643-1999; the fifteen digits before it went out of use in
// 2013). Nobody is born after today, which is given as YYYYMMDD.
// Refusal: identity_invalid.
func ParseResidentID(text, today string) (ResidentID, error) {
	bad := refusal.In("id_number", refusal.IdentityInvalid, "not the number of a resident identity card")
	number := strings.ToUpper(strings.TrimSpace(text))
	if len(number) != 18 {
		return "", bad
	}
	for i := range 17 {
		if number[i] < '0' || number[i] > '9' {
			return "", bad
		}
	}
	if !strings.Contains(provinces, " "+number[:2]+" ") {
		return "", bad
	}
	birth := number[6:14]
	if _, err := time.Parse("20060102", birth); err != nil || birth < "19000101" || birth > today {
		return "", bad
	}
	if number[17] != checkCharacter(number[:17]) {
		return "", bad
	}
	return ResidentID(number), nil
}

// checkCharacter is ISO 7064 MOD 11-2 over 17 digits.
func checkCharacter(digits string) byte {
	sum := 0
	for i := range digits {
		weight := 1 // 2^(17-i) mod 11
		for range 17 - i {
			weight = weight * 2 % 11
		}
		sum += int(digits[i]-'0') * weight
	}
	return "10X98765432"[sum%11]
}

// Reveal is the number itself, for comparing and for the authorities.
func (n ResidentID) Reveal() string { return string(n) }

// Birthday is the date of birth as YYYYMMDD; empty where the number is.
func (n ResidentID) Birthday() string {
	if len(n) != 18 {
		return ""
	}
	return string(n[6:14])
}

// String shows the first and the last digit.
func (n ResidentID) String() string {
	if len(n) != 18 {
		return ""
	}
	return string(n[:1]) + "****************" + string(n[17:])
}

func (n ResidentID) Format(f fmt.State, _ rune)   { io.WriteString(f, n.String()) }
func (n ResidentID) LogValue() slog.Value         { return slog.StringValue(n.String()) }
func (n ResidentID) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// MakeResidentID completes a number for pretend people and tests: six digits
// of place, the birth date as YYYYMMDD, and an order below 1000.
func MakeResidentID(place, birthday string, order int) ResidentID {
	digits := fmt.Sprintf("%s%s%03d", place, birthday, order)
	return ResidentID(digits + string(checkCharacter(digits)))
}
