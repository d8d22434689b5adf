package pay

import (
	"github.com/cespare/xxhash/v2"

	"tongbao/internal/engine"
	"tongbao/internal/money"
	"tongbao/internal/refusal"
	"tongbao/internal/risk"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// Asked is what a merchant asks for when it opens a trade. The platform adds
// the trade's number, the merchant's fee rate of that day, and the moment until
// which it can be paid.
type Asked struct {
	Order   trade.Order   `cbor:"1,keyasint"` // ID, FeeRate and PayBy empty
	Expires trade.Seconds `cbor:"2,keyasint"` // from now; 0 for the usual time
	Code    string        `cbor:"3,keyasint"` // a payment code that pays at once; empty for none
	Payer   uint64        `cbor:"4,keyasint"` // a payer who gave the password for this very trade; 0 for none
}

// Opened is the answer to an open trade.
type Opened struct {
	Trade    string `cbor:"1,keyasint"`
	Existing bool   `cbor:"2,keyasint"` // the order number had this trade already, on the same terms
	StepUp   bool   `cbor:"3,keyasint"` // the payer of the code must confirm with the password first
}

// openTrade opens a trade and, with a code or a payer, pays it in the same
// breath: there is no moment in which the one is true and not the other.
type openTrade struct {
	Key   string `cbor:"1,keyasint"`
	Asked Asked  `cbor:"2,keyasint"`

	named   store.Named // Key
	id      string      // of the trade
	feeRate money.Rate  // the merchant's
	orderNo string      // OrderNoID
	payer   uint64      // whom the code was issued to, or Asked.Payer
	terms   uint64      // digest of Asked.Order
	compact [96]byte    // Asked.Order in its compact form, of so many bytes:
	size    int         // 0 where it has none, or a longer one
	risk    risk.Hook

	// What Apply made of it, for who asked: so that the answer need not be read out of
	// the journal's entry. Of a repeat, which is not applied, there is nothing here.
	made   trade.Trade
	opened Opened
}

// encode works out what is asked, as it goes into the contents, and its digest.
func (c *openTrade) encode() {
	encoded, ok := encodedTerms(c.compact[:0], &c.Asked.Order)
	if ok && len(encoded) <= len(c.compact) {
		c.size = len(encoded)
	}
	c.terms = xxhash.Sum64(encoded)
}

// encodedTerms is an order's compact form, or where it has none another.
func encodedTerms(b []byte, o *trade.Order) (encoded []byte, compact bool) {
	if encoded, ok := o.AppendTo(b); ok {
		return encoded, true
	}
	return engine.Encode(*o), false
}

// order is what was asked, complete but for PayBy, which is set when it is applied.
func (c *openTrade) order() trade.Order {
	o := c.Asked.Order
	o.ID, o.FeeRate = c.id, c.feeRate
	return o
}

func (c *openTrade) ID() string   { return c.Key }
func (c *openTrade) Name() string { return "open_trade" }

// Named is ID with its stamp, which the trade's number is made of.
func (c *openTrade) Named() store.Named { return c.named }

func (c *openTrade) Touches(touched *store.Touched) {
	touched.Record(OrderNos.Key(c.orderNo))
	if c.Asked.Code != "" {
		touched.Record(PaymentCodes.Key(c.Asked.Code))
	}
	if c.Asked.Payer != 0 && c.Asked.Order.Kind == trade.Instant && c.Asked.Order.HoldFor == 0 { // paid or refused: nothing will wait
		touched.Record(Trades.Key(c.id))
		touchMoney(touched, &c.Asked.Order, c.payer)
		return
	}
	touchOrder(touched, c.id, &c.Asked.Order, c.payer)
}

func (c *openTrade) Apply(tx *engine.Tx) (any, error) {
	now := trade.At(tx.Now())
	if known, ok := OrderNos.Get(tx, c.orderNo); ok {
		if !known.isOf(&c.Asked.Order, c.terms) || c.payer != 0 {
			return nil, refusal.In("order_no", refusal.OrderNoTaken, "order %s is payment %s already", c.Asked.Order.OrderNo, known.Trade)
		}
		c.opened = Opened{Trade: known.Trade, Existing: true}
		return &c.opened, nil
	}
	if Trades.Has(tx, c.id) {
		return nil, refusal.New(refusal.IdempotencyConflict, "payment number %s exists; use another Idempotency-Key", c.id)
	}

	before := trade.Trade{}
	after := &c.made
	*after = trade.Trade{Order: c.Asked.Order}
	after.ID, after.FeeRate = c.id, c.feeRate
	if c.Asked.Expires != 0 {
		after.PayBy = now.Add(c.Asked.Expires)
	}
	err := after.Open(now, &trade.DefaultTerms)
	if err != nil {
		return nil, err
	}
	c.opened = Opened{Trade: after.ID}
	var room [2]trade.Move // for those of most
	moves := room[:0]
	if c.payer != 0 {
		if moves, c.opened.StepUp, err = c.pay(tx, after, now, moves); err != nil {
			return nil, err
		}
	}
	no := OrderNo{Trade: after.ID, Terms: c.terms}
	OrderNos.PutCompact(tx, c.orderNo, &no, func(b []byte) ([]byte, bool) { return no.AppendTo(b) })
	return &c.opened, keepTrade(tx, &before, after, moves)
}

// pay pays the trade just opened. A code that the risk rules want confirmed
// binds the trade to its payer, unpaid: the wallet asks for the password. The moves
// are appended to room.
func (c *openTrade) pay(tx *engine.Tx, t *trade.Trade, now trade.Time, room []trade.Move) (moves []trade.Move, stepUp bool, err error) {
	proved, riskAct := true, risk.PayPassword
	if c.Asked.Code != "" {
		code, err := useCode(tx, c.Asked.Code, t.ID)
		if err != nil {
			return nil, false, err
		}
		if code.Person != c.payer {
			return nil, false, refusal.New(refusal.PaymentCodeInvalid, "the payment code is not valid")
		}
		proved, riskAct = code.Proved, risk.PayByCode
	}
	unpaid := *t
	if moves, err = t.PayInto(room, now, c.payer); err != nil {
		return nil, false, err
	}
	err = spend(tx, c.risk, riskAct, t, proved)
	if no := refusal.Of(err); no != nil && no.Code == refusal.StepUpRequired {
		*t = unpaid
		t.Buyer = c.payer
		return nil, true, nil
	}
	return moves, false, err
}
