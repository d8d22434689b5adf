package party

import (
	"strings"

	"tongbao/internal/refusal"
)

// BankCard is a card that its owner, a person or a merchant, has bound: money
// comes in from it and goes out to it. The number itself is not kept: the bank
// knows the card by the token, people by the last four digits, and a stolen
// store holds nothing that can be charged elsewhere (PCI DSS 3).
type BankCard struct {
	ID      string   `cbor:"1,keyasint"` // card_…
	Owner   uint64   `cbor:"2,keyasint"`
	Bank    string   `cbor:"3,keyasint"` // the bank's code
	Kind    CardKind `cbor:"4,keyasint"`
	Last4   string   `cbor:"5,keyasint"`
	Token   string   `cbor:"6,keyasint"` // what the bank calls the card
	Holder  string   `cbor:"7,keyasint"`
	Created int64    `cbor:"8,keyasint"`
}

// CardKind is debit or credit.
type CardKind string

const (
	Debit  CardKind = "debit"
	Credit CardKind = "credit"
)

// HolderMasked is the holder's name for the screens: 王*.
func (c BankCard) HolderMasked() string { return MaskGivenName(c.Holder) }

// Masked is the card for the screens: ICBC ****1234.
func (c BankCard) Masked() string { return c.Bank + " ****" + c.Last4 }

// ParseCardNumber reads a card's number, with or without spaces, and checks its
// last digit (ISO/IEC 7812, Luhn). Refusal: invalid_field.
func ParseCardNumber(text Secret) (Secret, error) {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(text.Reveal())
	bad := refusal.In("card_number", refusal.InvalidField, "not the number of a bank card")
	if len(digits) < 13 || len(digits) > 19 {
		return "", bad
	}
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if d < 0 || d > 9 {
			return "", bad
		}
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	if sum%10 != 0 {
		return "", bad
	}
	return Secret(digits), nil
}

// ParseBankCode reads a bank's code, such as ICBC. Refusal: invalid_field.
func ParseBankCode(text string) (string, error) {
	if len(text) < 2 || len(text) > 16 {
		return "", refusal.In("bank_code", refusal.InvalidField, "not a bank's code")
	}
	for _, r := range text {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' {
			return "", refusal.In("bank_code", refusal.InvalidField, "not a bank's code")
		}
	}
	return text, nil
}

// ParseHolder reads the name on a card. Refusal: invalid_field.
func ParseHolder(text string) (string, error) { return parseLabel("holder_name", text, 60) }
