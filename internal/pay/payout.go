package pay

import (
	"context"
	"fmt"

	"tongbao/internal/bank"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/risk"
	"tongbao/internal/store"
)

// Payout is money that a merchant sends under a number of its own: to a person's
// balance, as a transfer or a red packet, or to somebody's bank card. The number
// makes repeating safe: the same on the same terms is the same payout.
type Payout struct {
	ID       string         `cbor:"1,keyasint"` // 28 digits
	Merchant uint64         `cbor:"2,keyasint"`
	Product  string         `cbor:"3,keyasint"` // the merchant's numbers are unique in each product
	Number   string         `cbor:"4,keyasint"`
	Scene    string         `cbor:"5,keyasint"`
	To       uint64         `cbor:"6,keyasint,omitempty"` // a person; 0 for a card
	Amount   money.Amount   `cbor:"7,keyasint"`
	Currency money.Currency `cbor:"8,keyasint"`
	Title    string         `cbor:"9,keyasint,omitempty"`
	Remark   string         `cbor:"10,keyasint,omitempty"`
	Payee    string         `cbor:"11,keyasint"`           // as asked: a digest where it is a card's number
	Transfer string         `cbor:"12,keyasint,omitempty"` // the transfer that it became
	Order    string         `cbor:"13,keyasint,omitempty"` // or the bank order
	At       int64          `cbor:"14,keyasint"`           // Unix milliseconds
}

// sameTerms says that a number has come again for the same thing.
func (p *Payout) sameTerms(asked *Payout) bool {
	return p.Scene == asked.Scene && p.To == asked.To && p.Amount == asked.Amount && p.Currency == asked.Currency && p.Payee == asked.Payee
}

// PayoutsOf lists a merchant's payouts; Sort is merchant/time.
const PayoutsOf = "payout.merchant"

// Payouts are found by id.
var Payouts = engine.Kind[Payout]{Name: "payout", Terms: func(_ string, p Payout) []store.Term {
	return []store.Term{{Index: PayoutsOf, Sort: party.FormatID(p.Merchant) + "/" + sortable(p.At)}}
}}

// PayoutNos lead from a merchant's number to the payout's id.
var PayoutNos = engine.Kind[string]{Name: "payout_no"}

// PayoutNoID names the record of a merchant's number.
func PayoutNoID(merchant uint64, product, number string) string {
	return party.FormatID(merchant) + "/" + product + "/" + number
}

type payOut struct {
	Key    string    `cbor:"1,keyasint"`
	Payout Payout    `cbor:"2,keyasint"` // ID, Transfer, Order and At empty
	Bank   BankOrder `cbor:"3,keyasint"` // empty where it goes to a balance

	id   string
	risk risk.Hook
}

func (c payOut) ID() string   { return c.Key }
func (c payOut) Name() string { return "pay_out" }
func (c payOut) Touches(touched *store.Touched) {
	p := &c.Payout
	touched.Record(Payouts.Key(c.id), PayoutNos.Key(PayoutNoID(p.Merchant, p.Product, p.Number)))
	if c.Bank.ID != "" {
		touchBankOrder(touched, &c.Bank)
		return
	}
	touchParty(touched, p.Merchant, p.Currency)
	touchParty(touched, p.To, p.Currency)
}

func (c payOut) Apply(tx *engine.Tx) (any, error) {
	p := c.Payout
	number := PayoutNoID(p.Merchant, p.Product, p.Number)
	if id, ok := PayoutNos.Get(tx, number); ok {
		return id, nil // the desk compares the terms: the record may not be loaded
	}
	if c.Bank.ID != "" {
		if _, err := (startBankOrder{Key: c.Key, Order: c.Bank, risk: c.risk}).Apply(tx); err != nil {
			return nil, err
		}
		p.Order = c.Bank.ID
	} else {
		if _, err := (transfer{Key: c.Key, From: p.Merchant, To: p.To, Amount: p.Amount, Currency: p.Currency, Note: p.Title, risk: c.risk}).Apply(tx); err != nil {
			return nil, err
		}
		p.Transfer = TransferID(c.Key)
	}
	p.ID, p.At = c.id, tx.NowMilli()
	Payouts.Put(tx, p.ID, p)
	PayoutNos.Put(tx, number, p.ID)
	return p.ID, nil
}

// PayOut sends a merchant's money, to a person's balance or, where a card is
// given, to that. Refusals: order_no_taken (the number came before on other
// terms), payee_not_found, invalid_amount, insufficient_balance,
// velocity_exceeded, bank_refused.
func (d *Desk) PayOut(ctx context.Context, by engine.By, key string, asked Payout, card *party.BankCard) (Payout, error) {
	if known, ok, err := d.PayoutBy(ctx, asked.Merchant, asked.Product, asked.Number); ok || err != nil {
		return again(known, &asked, err)
	}
	c := payOut{Key: key, Payout: asked, id: TradeNo(d.engine.Now(), d.engine.Zone(), key), risk: d.opt.Risk}
	if card == nil {
		_, ok, err := identity.People.Read(ctx, d.engine.Store(), party.FormatID(asked.To))
		if err != nil {
			return Payout{}, fmt.Errorf("read payee %d: %w", asked.To, err)
		}
		if !ok {
			return Payout{}, refusal.In("to", refusal.PayeeNotFound, "no such payee")
		}
	} else {
		if len(d.opt.Banks) == 0 {
			return Payout{}, refusal.New(refusal.BankRefused, "no bank is connected")
		}
		c.Bank = BankOrder{ID: BankOrderID(bank.Out, key), Direction: bank.Out, Owner: asked.Merchant, Card: card.Token, CardLabel: card.Masked(), Holder: card.Holder,
			Bank: d.opt.Banks[0].Number(), Amount: asked.Amount, Currency: asked.Currency}
	}
	id, err := engine.Result[string](d.engine.Submit(ctx, c, by))
	if err != nil {
		return Payout{}, err
	}
	p, ok, err := Payouts.Read(ctx, d.engine.Store(), id)
	if err == nil && !ok {
		err = fmt.Errorf("payout %s of %d is gone", id, asked.Merchant)
	}
	return again(p, &asked, err)
}

// again answers a number: the payout that has it, if it is on the asked terms.
func again(known Payout, asked *Payout, err error) (Payout, error) {
	if err == nil && !known.sameTerms(asked) {
		err = refusal.In("number", refusal.OrderNoTaken, "the number was used before on other terms")
	}
	return known, err
}

// PayoutBy is the payout of a merchant's number.
func (d *Desk) PayoutBy(ctx context.Context, merchant uint64, product, number string) (Payout, bool, error) {
	id, ok, err := PayoutNos.Read(ctx, d.engine.Store(), PayoutNoID(merchant, product, number))
	if err != nil || !ok {
		return Payout{}, false, err
	}
	return Payouts.Read(ctx, d.engine.Store(), id)
}

// BankOrderOf is the bank order of a payout to a card.
func (d *Desk) BankOrderOf(ctx context.Context, p *Payout) (BankOrder, error) {
	o, ok, err := BankOrders.Read(ctx, d.engine.Store(), p.Order)
	if err == nil && !ok {
		err = fmt.Errorf("payout %s has no order %q at a bank", p.ID, p.Order)
	}
	return o, err
}

// PayoutOf is the payout that a bank order is for; ok is false for an order that is
// for none, as a withdrawal is. Both were made in one moment.
func (d *Desk) PayoutOf(ctx context.Context, o *BankOrder) (p Payout, ok bool, err error) {
	made := party.FormatID(o.Owner) + "/" + sortable(o.Created)
	r := store.Range{Index: PayoutsOf, From: made, Until: party.FormatID(o.Owner) + "/" + sortable(o.Created+1), Limit: 1000}
	for {
		items, err := Payouts.Scan(ctx, d.engine.Store(), r)
		if err != nil {
			return p, false, fmt.Errorf("look for the payout of bank order %s: %w", o.ID, err)
		}
		for i := range items {
			if r.After = items[i].At; items[i].Value.Order == o.ID {
				return items[i].Value, true, nil
			}
		}
		if len(items) < r.Limit {
			return p, false, nil
		}
	}
}

// Balance is what stands on an account, and what of it is held.
func (d *Desk) Balance(ctx context.Context, id ledger.AccountID) (ledger.Account, error) {
	return d.engine.Store().Account(ctx, id)
}
