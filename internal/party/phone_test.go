package party

import (
	"errors"
	"fmt"
	"testing"

	"tongbao/internal/refusal"
)

func ExampleParsePhone() {
	phone, err := ParsePhone("+86 138-0000-1234")
	fmt.Println(phone, err, MaskPhone(phone))
	_, err = ParsePhone("12800001234")
	fmt.Println(refusal.Of(err).Code)
	// Output:
	// 13800001234 <nil> 138****1234
	// phone_invalid
}

func TestPhones(t *testing.T) {
	for text, want := range map[string]string{
		"13800001234":     "13800001234",
		"138 0000 1234":   "13800001234",
		"+8619912345678":  "19912345678",
		"008613800001234": "13800001234",
		"8613800001234":   "13800001234",
		"":                "",
		"1380000123":      "", // ten digits
		"138000012345":    "", // twelve
		"12000001234":     "", // no such prefix
		"10010":           "",
		"23800001234":     "",
		"1380000123x":     "",
		"\uff11\uff13\uff18\uff10\uff10\uff10\uff10\uff11\uff12\uff13\uff14": "", // full-width digits
		"+1 202 555 0100":            "",
		"+8613800001234+86":          "",
		"138\x0000001234":            "",
		"13800001234 13800001234 13": "",
	} {
		got, err := ParsePhone(text)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("ParsePhone(%q) = %q, %v; want %q", text, got, err, want)
		}
		if err != nil && (!errors.Is(err, refusal.PhoneInvalid) || refusal.Of(err).Field != "phone") {
			t.Errorf("ParsePhone(%q) refuses with %v", text, err)
		}
	}
}
