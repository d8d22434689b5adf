package party

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"tongbao/internal/refusal"
)

func ExampleParseResidentID() {
	// The example of GB 11643-1999 itself.
	number, err := ParseResidentID("11010519491231002x", "20180101")
	fmt.Println(number, number.Birthday(), err)
	// Output: 1****************X 19491231 <nil>
}

func TestResidentIDs(t *testing.T) {
	const today = "20180630"
	for _, row := range []struct {
		text string
		good bool
		why  string
	}{
		{"11010519491231002X", true, "the standard's example"},
		{"440524188001010014", false, "born before 1900: nobody who has a card"},
		{"440524198001010013", true, "check character 3"},
		{"440524198001010014", false, "one digit off"},
		{"440524198010010013", false, "two digits changed places"},
		{"000524198001010013", false, "no such province"},
		{"440524198013010015", false, "no thirteenth month"},
		{"440524198002300012", false, "no 30th of February"},
		{"440524203001010011", false, "not born yet"},
		{"44052419800101001", false, "seventeen digits"},
		{"440524800101001", false, "fifteen, of before 2013"},
		{"44052419800101001x3", false, "nineteen"},
		{"44052419800101OO13", false, "letters"},
		{"", false, "nothing"},
	} {
		_, err := ParseResidentID(row.text, today)
		if (err == nil) != row.good {
			t.Errorf("%q, %s: %v", row.text, row.why, err)
		}
		if err != nil && !errors.Is(err, refusal.IdentityInvalid) {
			t.Errorf("%q refused with %v", row.text, err)
		}
	}
}

func TestResidentIDPrintsMaskedWhoeverPrintsIt(t *testing.T) {
	number, _ := ParseResidentID("11010519491231002X", "20180630")
	inJSON, _ := json.Marshal(Person{IDNumber: number})
	for _, text := range []string{fmt.Sprint(number), fmt.Sprintf("%v %s %q %x %#v %d", number, number, number, number, number, number), string(inJSON)} {
		if got := text; containsAny(got, "0519491231", "19491231", "3131303130") {
			t.Errorf("printed as %s", got)
		}
	}
}
