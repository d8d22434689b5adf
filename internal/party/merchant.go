package party

import (
	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// MerchantStatus is whether a merchant does business.
type MerchantStatus string

const (
	MerchantActive MerchantStatus = "active"
	MerchantFrozen MerchantStatus = "frozen" // may look, and no more
)

// Merchant is who sells.
type Merchant struct {
	ID             uint64         `cbor:"1,keyasint"`
	Name           string         `cbor:"2,keyasint"`
	OwnerLogin     string         `cbor:"3,keyasint"`
	FeeRate        money.Rate     `cbor:"4,keyasint"` // of every payment, in millionths
	Status         MerchantStatus `cbor:"5,keyasint"`
	SettlementCard string         `cbor:"6,keyasint,omitempty"` // the bound card that withdrawals go to by default
	Created        int64          `cbor:"7,keyasint"`
	Owners         int            `cbor:"8,keyasint"` // members of staff who own it; never none
}

// MaxFeeRate is the highest rate a merchant may be given: a tenth.
const MaxFeeRate money.Rate = 100_000

// CheckMerchant refuses a merchant's name or fee rate that can't be, and
// returns the name trimmed. Refusal: invalid_field.
func CheckMerchant(name string, rate money.Rate) (string, error) {
	name, err := parseLabel("name", name, 60)
	if err != nil {
		return "", err
	}
	if rate < 0 || rate > MaxFeeRate {
		return "", refusal.In("fee_rate", refusal.InvalidField, "the fee rate must be 0 to %d millionths", MaxFeeRate)
	}
	return name, nil
}

// OwnerChange counts the owners when a member of staff goes from one role to
// another, or to none. Refusal: last_owner.
func (m *Merchant) OwnerChange(from, to Role) error {
	switch {
	case from == to || from != Owner && to != Owner:
	case to == Owner:
		m.Owners++
	case m.Owners <= 1:
		return refusal.New(refusal.LastOwner, "a merchant keeps at least one owner; make somebody else one first")
	default:
		m.Owners--
	}
	return nil
}
