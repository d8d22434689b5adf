package trade

import (
	"fmt"

	"tongbao/internal/money"
)

// Place is where money of a trade can be. The desk maps places to accounts.
type Place uint8

// The places.
const (
	PlaceBuyer  Place = iota + 1 // whatever the buyer pays from and is refunded to
	PlaceEscrow                  // held by the platform for this trade
	PlaceSeller                  // the merchant's balance
	PlaceFee                     // the platform's fee income
	PlacePayee                   // the balance of the payee that the move names
)

var placeNames = names{"", "buyer", "escrow", "seller", "fee", "payee"}

func (p Place) String() string               { return placeNames.of(uint8(p)) }
func (p Place) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the place's word.
func (p *Place) UnmarshalText(text []byte) (err error) {
	*p, err = parse[Place](placeNames, text)
	return err
}

// Why money moves: the word for the entry in the books.
const (
	WhyPayment     = "payment"      // buyer to escrow
	WhySale        = "sale"         // the seller's part at settlement
	WhyFee         = "fee"          // the platform's part at settlement
	WhyRoyalty     = "royalty"      // a payee's part at settlement
	WhyRefund      = "refund"       // back to the buyer
	WhyRoyaltyBack = "royalty_back" // a payee's part back to the seller, for a refund
	WhyFeeReturn   = "fee_return"   // fee given back to the seller because the sale shrank
)

// Move is money going from one place to another. Amount is in minor units of
// the trade's currency and always positive. Party names the payee where a
// place is PlacePayee and is 0 otherwise: buyer and seller are the trade's own.
// The moves of one act belong into one posting, in their order.
type Move struct {
	From   Place        `cbor:"1,keyasint,omitempty" json:"from"`
	To     Place        `cbor:"2,keyasint,omitempty" json:"to"`
	Party  uint64       `cbor:"3,keyasint,omitempty" json:"party,omitempty"`
	Amount money.Amount `cbor:"4,keyasint,omitempty" json:"amount"`
	Why    string       `cbor:"5,keyasint,omitempty" json:"why"`
}

func (m Move) String() string {
	if m.Party != 0 {
		return fmt.Sprintf("%s→%s %d %s %d", m.From, m.To, m.Party, m.Why, m.Amount)
	}
	return fmt.Sprintf("%s→%s %s %d", m.From, m.To, m.Why, m.Amount)
}
