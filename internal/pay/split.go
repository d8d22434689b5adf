package pay

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/money"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// settleHeld releases a held settlement.
type settleHeld struct {
	Request string `cbor:"1,keyasint"`
	Keep    bool   `cbor:"2,keyasint"` // only the word is kept: splits are to come
}

func (settleHeld) name() string { return "settle_held" }
func (a settleHeld) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.Settle(at, a.Request, a.Keep)
}

// Settle releases a held settlement under the seller's number; with keep the
// money stays for splits that are to come. Refusals: trade.Trade.Settle's.
func (d *Desk) Settle(ctx context.Context, by engine.By, key, id, request string, keep bool) (trade.Trade, error) {
	return do(ctx, d, by, key, id, settleHeld{Request: request, Keep: keep})
}

// splitTrade gives parts of a paid trade to receivers whom the seller has bound
// before. A part that went to somebody else would be one command away from a
// stolen key's owner.
type splitTrade struct {
	Key     string       `cbor:"1,keyasint"`
	Trade   string       `cbor:"2,keyasint"`
	Request string       `cbor:"3,keyasint"`
	Parts   []trade.Part `cbor:"4,keyasint"`
	Last    bool         `cbor:"5,keyasint"`

	seen *trade.Trade
}

func (c splitTrade) ID() string   { return c.Key }
func (c splitTrade) Name() string { return "split_trade" }
func (c splitTrade) Touches(touched *store.Touched) {
	touchTrade(touched, c.seen, c.seen.Buyer)
	for _, p := range c.Parts {
		touchParty(touched, p.Party, c.seen.Currency)
		touched.Record(Receivers.Key(ReceiverID(c.seen.Merchant, p.Party)))
	}
}

func (c splitTrade) Apply(tx *engine.Tx) (any, error) {
	before, ok := Trades.Get(tx, c.Trade)
	if !ok {
		return nil, refusal.New(refusal.TradeNotFound, "no payment %s", c.Trade)
	}
	if before.Buyer != c.seen.Buyer {
		return nil, refusal.New(refusal.TradeStateRefused, "the payment was paid a moment ago; look again")
	}
	after := before
	moves, err := after.Split(trade.At(tx.Now()), c.Request, c.Parts, c.Last)
	if err != nil {
		return nil, err
	}
	for _, p := range c.Parts {
		if _, bound := Receivers.Get(tx, ReceiverID(before.Merchant, p.Party)); !bound {
			return nil, refusal.In("parts", refusal.PayeeNotFound, "%d is not bound as a receiver", p.Party)
		}
	}
	return nil, keepTrade(tx, &before, &after, moves)
}

// Split gives parts of a payment to bound receivers. Refusals: payment_not_found,
// trade.Trade.Split's, payee_not_found, insufficient_balance.
func (d *Desk) Split(ctx context.Context, by engine.By, key, id, request string, parts []trade.Part, last bool) (trade.Trade, error) {
	seen, err := d.Trade(ctx, id)
	if err != nil {
		return seen, err
	}
	receipt, err := d.engine.Submit(ctx, splitTrade{Key: key, Trade: id, Request: request, Parts: parts, Last: last, seen: &seen}, by)
	return Trades.Written(id, receipt, err)
}

// refundShared is a refund for which payees give back parts of what they have got
// of the payment. As when they got them, they must be bound receivers.
type refundShared struct {
	Key    string       `cbor:"1,keyasint"`
	Trade  string       `cbor:"2,keyasint"`
	Refund refund       `cbor:"3,keyasint"`
	From   []trade.Part `cbor:"4,keyasint"`

	seen *trade.Trade
}

func (c refundShared) ID() string   { return c.Key }
func (c refundShared) Name() string { return "refund_shared" }
func (c refundShared) Touches(touched *store.Touched) {
	splitTrade{Trade: c.Trade, Parts: c.From, seen: c.seen}.Touches(touched)
}

func (c refundShared) Apply(tx *engine.Tx) (any, error) {
	before, ok := Trades.Get(tx, c.Trade)
	if !ok {
		return nil, refusal.New(refusal.TradeNotFound, "no payment %s", c.Trade)
	}
	if before.Buyer != c.seen.Buyer {
		return nil, refusal.New(refusal.TradeStateRefused, "the payment was paid a moment ago; look again")
	}
	after := before.Clone()
	moves, err := after.Refund(trade.At(tx.Now()), c.Refund.ID, c.Refund.Amount, c.Refund.Reason, c.From...)
	if err != nil {
		return nil, err
	}
	for _, p := range c.From {
		if _, bound := Receivers.Get(tx, ReceiverID(before.Merchant, p.Party)); !bound {
			return nil, refusal.In("from", refusal.PayeeNotFound, "%d is not bound as a receiver", p.Party)
		}
	}
	return nil, keepTrade(tx, &before, &after, moves)
}

// RefundShared is RefundAs, for which payees give back parts of what they got.
// Refusals: trade.Trade.Refund's, payee_not_found, insufficient_balance (the
// payee's or the seller's).
func (d *Desk) RefundShared(ctx context.Context, by engine.By, key, id, number string, amount money.Amount, reason string, from []trade.Part) (trade.Trade, error) {
	seen, err := d.Trade(ctx, id)
	if err != nil {
		return seen, err
	}
	receipt, err := d.engine.Submit(ctx, refundShared{Key: key, Trade: id, Refund: refund{ID: number, Amount: amount, Reason: reason}, From: from, seen: &seen}, by)
	return Trades.Written(id, receipt, err)
}

// SplitNo is how a request's split is known to the platform: the payment's number
// and, in four digits, the place of its first part.
func SplitNo(t *trade.Trade, request string) string {
	for i, s := range t.Splits {
		if s.Request == request {
			b := []byte(t.ID + "0000")
			fillDigits(b[len(b)-4:], uint64(i+1))
			return string(b)
		}
	}
	return ""
}
