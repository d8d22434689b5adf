// Package trade is the life of one payment between a buyer and a seller who
// need not trust each other: unpaid, paid into escrow, shipped, confirmed,
// refunded, disputed, settled. A Trade is a plain record; each act is a method
// that takes the moment and what the act needs, refuses with a stable code or
// changes the record, and returns the moves of money it makes. The same record
// also serves instant trades, which settle when they are paid.
//
// It refuses to know accounts, balances, clocks, passwords and who is calling:
// the desk above it maps places to ledger accounts, brings the time, and checks
// that the caller is the buyer or the seller. The states carry the names of the
// merchants' protocol (sections 10.1 and 12). docs/trade.md tells the rules on
// one page; its table is tested against this code.
package trade

import (
	"maps"
	"slices"

	"tongbao/internal/money"
)

// Trade is the whole record: what was agreed, and what has happened since.
//
// A value copy is a safe "before": no act writes through a slice, map or
// pointer that a copy shares. Only who changes fields by hand needs Clone.
// The numbers in the cbor tags are stored; they are never changed or reused.
type Trade struct {
	Order

	Terms  Terms  `cbor:"20,keyasint,omitempty" json:"terms"`
	Status Status `cbor:"21,keyasint,omitempty" json:"status"`

	Created   Time `cbor:"22,keyasint,omitempty" json:"created"`
	Paid      Time `cbor:"23,keyasint,omitempty" json:"paid,omitempty"`
	Shipped   Time `cbor:"24,keyasint,omitempty" json:"shipped,omitempty"`
	ConfirmBy Time `cbor:"25,keyasint,omitempty" json:"confirm_by,omitempty"` // pushed on, at its end, by as long as a dispute was open
	Finished  Time `cbor:"26,keyasint,omitempty" json:"finished,omitempty"`
	Closed    Time `cbor:"27,keyasint,omitempty" json:"closed,omitempty"`
	RefundBy  Time `cbor:"28,keyasint,omitempty" json:"refund_by,omitempty"` // set at settlement

	Carrier    string `cbor:"29,keyasint,omitempty" json:"carrier,omitempty"`
	TrackingNo string `cbor:"30,keyasint,omitempty" json:"tracking_no,omitempty"`
	Extended   bool   `cbor:"31,keyasint,omitempty" json:"extended,omitempty"`

	Refunded   money.Amount `cbor:"32,keyasint,omitempty" json:"refunded,omitempty"` // all refunds, before and after settlement
	Refunds    []Refund     `cbor:"33,keyasint,omitempty" json:"refunds,omitempty"`
	Settled    money.Amount `cbor:"34,keyasint,omitempty" json:"settled,omitempty"`     // gross: before fee and payees' parts; later refunds don't lower it
	FeeCharged money.Amount `cbor:"35,keyasint,omitempty" json:"fee_charged,omitempty"` // what the platform keeps now, after what refunds returned

	Dispute      *Dispute  `cbor:"36,keyasint,omitempty" json:"dispute,omitempty"`       // the latest, open or ended
	PastDisputes []Dispute `cbor:"37,keyasint,omitempty" json:"past_disputes,omitempty"` // oldest first, at most MaxPastDisputes

	SettleBy  Time         `cbor:"38,keyasint,omitempty" json:"settle_by,omitempty"`  // when a held settlement is released by itself; set at payment
	SettledAs string       `cbor:"39,keyasint,omitempty" json:"settled_as,omitempty"` // the seller's number for releasing it
	Splits    []Split      `cbor:"40,keyasint,omitempty" json:"splits,omitempty"`     // what the seller gave to others after payment
	SplitHeld money.Amount `cbor:"41,keyasint,omitempty" json:"split_held,omitempty"` // of that, out of escrow
}

// InEscrow is what the platform holds for this trade now: all that was paid
// less what went back, until settlement; nothing for an instant trade, unless
// its settlement is held, when it is also less what was split out of it.
func (t *Trade) InEscrow() money.Amount {
	if t.Held() {
		return max(0, t.Amount-t.Refunded-t.SplitHeld) // a refund beyond it was the seller's
	}
	switch t.Status {
	case WaitSellerSendGoods, WaitBuyerConfirmGoods:
		return t.Amount - t.Refunded
	}
	return 0
}

// Refundable is what the buyer has paid and not yet got back, whether it lies
// in escrow or with the seller. It doesn't ask whether the time allows it.
func (t *Trade) Refundable() money.Amount {
	if t.Paid == 0 {
		return 0
	}
	return t.Amount - t.Refunded
}

// Disputed tells whether a dispute or refund request is open.
func (t *Trade) Disputed() bool { return t.Dispute != nil && t.Dispute.Status.Open() }

// RoleOf tells which side a party is on; ok is false for a stranger.
func (t *Trade) RoleOf(party uint64) (role Role, ok bool) {
	switch {
	case party == 0:
		return 0, false
	case party == t.Merchant:
		return Seller, true
	case party == t.Buyer:
		return Buyer, true
	}
	return 0, false
}

// Clone copies the trade and everything it points to.
func (t *Trade) Clone() Trade {
	c := *t
	c.Payees = slices.Clone(t.Payees)
	c.Metadata = maps.Clone(t.Metadata)
	c.Refunds = slices.Clone(t.Refunds)
	c.Splits = slices.Clone(t.Splits)
	if t.Dispute != nil {
		d := t.Dispute.clone()
		c.Dispute = &d
	}
	c.PastDisputes = slices.Clone(t.PastDisputes)
	for i := range c.PastDisputes {
		c.PastDisputes[i] = c.PastDisputes[i].clone()
	}
	return c
}
