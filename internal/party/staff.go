package party

import (
	"strings"

	"tongbao/internal/refusal"
)

// Staff is somebody who works for a merchant.
type Staff struct {
	ID       string     `cbor:"1,keyasint"` // stf_…
	Merchant uint64     `cbor:"2,keyasint"`
	Name     string     `cbor:"3,keyasint"`
	LoginAs  string     `cbor:"4,keyasint"` // login name, the only one of its kind on the platform
	Role     Role       `cbor:"5,keyasint"`
	Login    Credential `cbor:"6,keyasint,omitempty"`
	Created  int64      `cbor:"7,keyasint"`
}

// Operator is somebody who works for the platform.
type Operator struct {
	ID      string     `cbor:"1,keyasint"` // op_…
	Name    string     `cbor:"2,keyasint"`
	LoginAs string     `cbor:"3,keyasint"`
	Role    Role       `cbor:"4,keyasint"`
	Login   Credential `cbor:"5,keyasint,omitempty"`
	Created int64      `cbor:"6,keyasint"`
}

// ParseLoginName reads a login name of staff and operators, a short name or an
// e-mail address, in lower case. Refusal: invalid_field.
func ParseLoginName(text string) (string, error) {
	login := strings.ToLower(strings.TrimSpace(text))
	bad := refusal.In("login", refusal.InvalidField, "a login name is 3 to 64 letters, digits and . _ - + @")
	if len(login) < 3 || len(login) > 64 {
		return "", bad
	}
	for _, r := range login {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("._-+@", r) {
			return "", bad
		}
	}
	return login, nil
}

// ParseColleagueName reads what a member of staff or an operator is called.
// Refusal: invalid_field.
func ParseColleagueName(text string) (string, error) { return parseLabel("name", text, 40) }
