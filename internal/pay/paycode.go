package pay

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/money"
	"tongbao/internal/refusal"
	"tongbao/internal/risk"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// PayByCode pays a trade that was opened before with a payment code, at once or
// after the payer has confirmed. Refusals: payment_not_found,
// payment_code_invalid, payment_code_used, and those of Pay.
func (d *Desk) PayByCode(ctx context.Context, by engine.By, key, id, code string) (trade.Trade, Opened, error) {
	seen, err := d.Trade(ctx, id)
	if err != nil {
		return seen, Opened{}, err
	}
	payer, err := d.personOfCode(ctx, code)
	if err != nil {
		return seen, Opened{}, err
	}
	receipt, err := d.engine.Submit(ctx, payByCode{Key: key, Trade: id, PaymentCode: code, payer: payer, seen: &seen, risk: d.opt.Risk}, by)
	opened, err := engine.Result[Opened](receipt, err)
	if err != nil {
		return seen, opened, err
	}
	t, err := Trades.Written(id, receipt, err)
	return t, opened, err
}

// payByCode pays an open trade with a payment code. Where the risk rules want
// the payer to confirm, it binds the trade to the payer, unpaid.
type payByCode struct {
	Key         string `cbor:"1,keyasint"`
	Trade       string `cbor:"2,keyasint"`
	PaymentCode string `cbor:"3,keyasint"`

	payer uint64 // whom the code was issued to
	seen  *trade.Trade
	risk  risk.Hook
}

func (c payByCode) ID() string   { return c.Key }
func (c payByCode) Name() string { return "pay_by_code" }
func (c payByCode) Touches(touched *store.Touched) {
	touched.Record(PaymentCodes.Key(c.PaymentCode))
	touchTrade(touched, c.seen, c.payer)
}

func (c payByCode) Apply(tx *engine.Tx) (any, error) {
	before, ok := Trades.Get(tx, c.Trade)
	if !ok {
		return nil, refusal.New(refusal.TradeNotFound, "no payment %s", c.Trade)
	}
	code, err := useCode(tx, c.PaymentCode, c.Trade)
	if err != nil {
		return nil, err
	}
	if code.Person != c.payer {
		return nil, refusal.New(refusal.PaymentCodeInvalid, "the payment code is not valid")
	}
	after := before
	moves, err := after.Pay(trade.At(tx.Now()), c.payer)
	if err != nil {
		return nil, err
	}
	opened := Opened{Trade: before.ID, Existing: true}
	err = spend(tx, c.risk, risk.PayByCode, &after, code.Proved)
	if no := refusal.Of(err); no != nil && no.Code == refusal.StepUpRequired {
		after, moves, opened.StepUp = before, nil, true
		after.Buyer = c.payer
		err = nil
	}
	if err != nil {
		return nil, err
	}
	return opened, keepTrade(tx, &before, &after, moves)
}

// RefundAs is Refund under a number of the seller's own, unique in the trade.
// Refusals: trade.Trade.Refund's; the number again is refund_no_taken.
func (d *Desk) RefundAs(ctx context.Context, by engine.By, key, id, number string, amount money.Amount, reason string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, refund{ID: number, Amount: amount, Reason: reason})
}
