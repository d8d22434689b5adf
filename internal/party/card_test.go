package party

import (
	"fmt"
	"testing"
)

func ExampleParseCardNumber() {
	number, err := ParseCardNumber("6222 0200 0000 0000 000")
	fmt.Println(number, err)
	card := BankCard{Bank: "ICBC", Last4: number.Reveal()[len(number)-4:], Holder: "王伟"}
	fmt.Println(card.Masked(), card.HolderMasked())
	// Output:
	// *** <nil>
	// ICBC ****0000 王*
}

func TestCardNumbers(t *testing.T) {
	for text, good := range map[Secret]bool{
		"4111111111111111": true, "4111-1111-1111-1111": true, "4111111111111112": false, "411111111111": false, "": false,
		"41111111111111111111": false, "4111a11111111111": false, "４１１１１１１１１１１１１１１１": false,
	} {
		if _, err := ParseCardNumber(text); (err == nil) != good {
			t.Errorf("%s: %v", text.Reveal(), err)
		}
	}
	for code, good := range map[string]bool{"ICBC": true, "COMM": true, "BANK_01": true, "icbc": false, "I": false, "工商": false, "A/B": false} {
		if _, err := ParseBankCode(code); (err == nil) != good {
			t.Errorf("%s: %v", code, err)
		}
	}
}
