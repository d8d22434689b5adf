package party

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tongbao/internal/refusal"
)

func ExampleCheckPaymentPassword() {
	for _, digits := range []Secret{"111111", "123456", "900101", "582047"} {
		err := CheckPaymentPassword(digits, "19900101")
		fmt.Println(digits.Reveal(), err)
	}
	// Output:
	// 111111 payment_password_weak: the payment password is one digit six times
	// 123456 payment_password_weak: the payment password is a run of digits
	// 900101 payment_password_weak: the payment password is the birthday
	// 582047 <nil>
}

func TestPaymentPasswords(t *testing.T) {
	for digits, good := range map[Secret]bool{
		"582047": true, "135790": true, "112233": true, "199001": false, "010190": false, "900101": false,
		"654321": false, "987654": false, "890123": false, "012345": false, "210987": false, "000000": false,
		"12345": false, "1234567": false, "12345a": false, "123456": false, "": false, " 58204": false,
	} {
		err := CheckPaymentPassword(digits, "19900101")
		if (err == nil) != good || (err != nil && !errors.Is(err, refusal.PaymentPasswordWeak)) {
			t.Errorf("%s: %v", digits.Reveal(), err)
		}
	}
	if err := CheckPaymentPassword("900101", ""); err != nil {
		t.Errorf("a birthday that is not known refuses nothing: %v", err)
	}
}

func TestLoginPasswords(t *testing.T) {
	for password, good := range map[Secret]bool{
		"tr0ub4dor&3": true, "八个汉字也是密码": true, "short7!": false, "password": false, "PassWord123": false, "88888888": false, "zzzzzzzzz": false,
		"13800001234": false, "Alice@shop.example": false, Secret(strings.Repeat("ab", 65)): false, Secret(strings.Repeat("ab", 64)): true, "\xff\xfe\xfd12345678": false, "": false,
	} {
		login := "13800001234"
		if strings.Contains(password.Reveal(), "@") {
			login = "alice@shop.example"
		}
		err := CheckLoginPassword(password, login)
		if (err == nil) != good || (err != nil && !errors.Is(err, refusal.PasswordWeak)) {
			t.Errorf("%s: %v", password.Reveal(), err)
		}
	}
}

func TestCommonPasswordsAreLongEnoughToMatter(t *testing.T) {
	for _, password := range commonPasswords {
		if len(password) < 8 || password != strings.ToLower(password) {
			t.Errorf("%q can't be reached: shorter than eight, or not in lower case", password)
		}
	}
}
