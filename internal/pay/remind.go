package pay

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// reminder says when a seller was last asked to ship.
type reminder struct {
	Day int32 `cbor:"1,keyasint"` // business day
}

// reminders are found by the payment's id.
var reminders = engine.Kind[reminder]{Name: "reminder"}

// remind moves nothing: it tells the seller.
type remind struct {
	Key      string `cbor:"1,keyasint"`
	Payment  string `cbor:"2,keyasint"`
	Merchant uint64 `cbor:"3,keyasint"`
}

func (c remind) ID() string   { return c.Key }
func (c remind) Name() string { return "remind_seller" }
func (c remind) Touches(touched *store.Touched) {
	touched.Record(reminders.Key(c.Payment), Trades.Key(c.Payment))
	touched.Account(DiaryOf(c.Merchant))
}

func (c remind) Apply(tx *engine.Tx) (any, error) {
	t, ok := Trades.Get(tx, c.Payment)
	if !ok || t.Status != trade.WaitSellerSendGoods {
		return nil, refusal.New(refusal.TradeStateRefused, "there is nothing to remind of; the payment is %s", t.Status)
	}
	if last, ok := reminders.Get(tx, c.Payment); ok && last.Day == tx.Day().Number {
		return nil, refusal.New(refusal.VelocityExceeded, "the seller was reminded today already")
	}

	reminders.Put(tx, c.Payment, reminder{Day: tx.Day().Number})
	Tell(tx, Event{Type: PaymentReminded, Parties: []uint64{c.Merchant}, Kind: Trades.Name, Object: c.Payment})
	return nil, nil
}

// Remind asks the seller to ship, by an event, once a business day.
// Refusals: payment_state_refused, velocity_exceeded.
func (d *Desk) Remind(ctx context.Context, by engine.By, key string, seen *trade.Trade) error {
	_, err := d.engine.Submit(ctx, remind{Key: key, Payment: seen.ID, Merchant: seen.Merchant}, by)
	return err
}
