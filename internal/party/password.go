package party

import (
	"slices"
	"strings"
	"unicode/utf8"

	"tongbao/internal/refusal"
)

// Credential is a login password at rest.
type Credential struct {
	Hash Hash `cbor:"1,keyasint,omitempty"`
	// Epoch grows with every change of the password. A session is of the epoch
	// that it was opened in, and ends with it.
	Epoch   uint64 `cbor:"2,keyasint,omitempty"`
	Changed int64  `cbor:"3,keyasint,omitempty"`
}

// Set changes the password, which ends every session that was opened with the
// one before.
func (c *Credential) Set(hash Hash, now int64) {
	*c = Credential{Hash: hash, Epoch: c.Epoch + 1, Changed: now}
}

// Passwords of eight characters and more that everybody tries first.
var commonPasswords = []string{
	"password", "password1", "password12", "password123", "passw0rd", "p@ssw0rd", "p@ssword", "12345678", "123456789", "1234567890",
	"87654321", "987654321", "0987654321", "11223344", "12341234", "12344321", "123123123", "123321123", "147258369", "789456123",
	"11111111", "00000000", "88888888", "66666666", "99999999", "qwertyui", "qwertyuiop", "qwerty123", "1qaz2wsx", "1q2w3e4r", "1q2w3e4r5t",
	"q1w2e3r4", "zaq12wsx", "asdfghjk", "asdfghjkl", "zxcvbnm1", "zxcvbnm123", "abcd1234", "abc12345", "abc123456", "a1234567", "a12345678",
	"a123456789", "aa123456", "aa12345678", "qq123456", "qq123456789", "woaini1314", "woaini520", "5201314520", "13145200", "iloveyou", "iloveyou1",
	"sunshine", "princess", "football", "baseball", "superman", "trustno1", "letmein1", "welcome1", "admin123", "admin1234", "administrator", "tongbao123",
	"alipay123", "taobao123",
}

// CheckLoginPassword refuses a password that is shorter than eight characters,
// longer than 128 bytes, one character again and again, among the commonest,
// or the login name itself. Refusal: password_weak.
func CheckLoginPassword(password Secret, login string) error {
	text := password.Reveal()
	weak := func(why string) error { return refusal.In("password", refusal.PasswordWeak, "the password %s", why) }
	switch lower := strings.ToLower(text); {
	case !utf8.ValidString(text):
		return weak("must be text in UTF-8")
	case utf8.RuneCountInString(text) < 8:
		return weak("must be eight characters or more")
	case len(text) > 128:
		return weak("must be no longer than 128 bytes")
	case strings.Count(text, text[:1]) == len(text):
		return weak("is one character again and again")
	case slices.Contains(commonPasswords, lower):
		return weak("is among the first that anybody would guess")
	case lower == strings.ToLower(login):
		return weak("is the login name")
	}
	return nil
}

// CheckPaymentPassword refuses what is not six digits, or is six times the
// same, a run up or down, or the birthday, where that is known (YYYYMMDD).
// Refusal: payment_password_weak.
func CheckPaymentPassword(password Secret, birthday string) error {
	digits := password.Reveal()
	weak := func(why string) error {
		return refusal.In("payment_password", refusal.PaymentPasswordWeak, "the payment password %s", why)
	}
	if !sixDigits(digits) {
		return weak("must be six digits")
	}
	same, up, down := true, true, true
	for i := 1; i < 6; i++ {
		step := int(digits[i]) - int(digits[i-1])
		same = same && step == 0
		up = up && (step == 1 || step == -9) // 890123 too
		down = down && (step == -1 || step == 9)
	}
	if same {
		return weak("is one digit six times")
	}
	if up || down {
		return weak("is a run of digits")
	}
	if len(birthday) == 8 {
		year, month, day := birthday[2:4], birthday[4:6], birthday[6:8]
		for _, form := range []string{year + month + day, month + day + year, day + month + year, birthday[:6]} {
			if digits == form {
				return weak("is the birthday")
			}
		}
	}
	return nil
}

func sixDigits(text string) bool {
	if len(text) != 6 {
		return false
	}
	for i := range text {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}
