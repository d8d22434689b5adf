package party

import (
	"tongbao/internal/ledger"
	"tongbao/internal/refusal"
)

// Person is somebody with a wallet.
type Person struct {
	ID       uint64 `cbor:"1,keyasint"`
	Phone    string `cbor:"2,keyasint"` // eleven digits; the login name
	Nickname string `cbor:"3,keyasint,omitempty"`
	Locale   string `cbor:"4,keyasint,omitempty"`

	// Known once the person has proved an identity.
	Name     string      `cbor:"5,keyasint,omitempty"`
	IDNumber ResidentID  `cbor:"6,keyasint,omitempty"`
	Tier     ledger.Tier `cbor:"7,keyasint"`

	Login        Credential `cbor:"8,keyasint,omitempty"`
	Payment      Hash       `cbor:"9,keyasint,omitempty"` // of the six digits; empty until set
	PaymentTries Tries      `cbor:"10,keyasint,omitempty"`
	Created      int64      `cbor:"11,keyasint"`
	Verified     int64      `cbor:"12,keyasint,omitempty"` // when the tier was reached
}

// HasPaymentPassword says that one is set.
func (p Person) HasPaymentPassword() bool { return p.Payment != "" }

// PhoneMasked is the phone number for other people's eyes.
func (p Person) PhoneMasked() string { return MaskPhone(p.Phone) }

// NameMasked is the name for a payer's eyes; empty while it is not known.
func (p Person) NameMasked() string {
	if p.Name == "" {
		return ""
	}
	return MaskName(p.Name)
}

// Locales that the screens speak.
const (
	Chinese = "zh-CN"
	English = "en"
)

// ParseLocale accepts a language tag and returns the locale that serves it:
// Chinese or English. Refusal: invalid_field.
func ParseLocale(text string) (string, error) {
	switch text {
	case "", "zh", "zh-CN", "zh-Hans", "zh-Hans-CN":
		return Chinese, nil
	case "en", "en-US", "en-GB":
		return English, nil
	}
	return "", refusal.In("locale", refusal.InvalidField, "the locale must be zh-CN or en")
}
