package pay

import (
	"tongbao/internal/trade"
	"tongbao/internal/wire"
)

// The encodings of what every payment writes; see engine.Compact.

// eventNumbers are the event types by the number that stands for each; 0 stands
// for any other. Stored: only ever appended to.
var eventNumbers = [...]string{"", PaymentCreated, PaymentPaid, PaymentShipped, PaymentExtended, PaymentFinished, PaymentClosed, PaymentReminded, RefundCreated,
	DisputeOpened, DisputeUpdated, DisputeClosed, TransferCreated, TopUpUpdated, WithdrawalUpdated, WebhookTest}

// AppendTo is engine.Compact's.
func (e Event) AppendTo(b []byte) ([]byte, bool) {
	number := 0
	for i := 1; i < len(eventNumbers); i++ {
		if eventNumbers[i] == e.Type {
			number = i
			break
		}
	}
	if b = append(b, byte(number)); number == 0 {
		b = wire.Text(b, e.Type)
	}
	b = wire.Int(wire.Text(b, e.ID), e.At)
	b = wire.Uint(b, uint64(len(e.Parties)))
	for _, p := range e.Parties {
		b = wire.Uint(b, p)
	}
	return wire.Text(wire.Text(wire.Text(wire.Text(b, e.Kind), e.Object), e.Command), e.Detail), true
}

// ReadFrom reads what AppendTo wrote.
func (e *Event) ReadFrom(r *wire.Reader) {
	*e = Event{}
	if number := int(r.Byte()); number == 0 || number >= len(eventNumbers) {
		e.Type = r.Text()
	} else {
		e.Type = eventNumbers[number]
	}
	e.ID, e.At = r.Text(), r.Int()
	for range r.Count() {
		e.Parties = append(e.Parties, r.Uint())
	}
	e.Kind, e.Object, e.Command, e.Detail = r.Text(), r.Text(), r.Text(), r.Text()
}

// AppendTo is engine.Compact's.
func (n OrderNo) AppendTo(b []byte) ([]byte, bool) {
	return append(wire.Text(b, n.Trade), n.Terms[:]...), true
}

// ReadFrom reads what AppendTo wrote.
func (n *OrderNo) ReadFrom(r *wire.Reader) {
	n.Trade = r.Text()
	for i := range n.Terms {
		n.Terms[i] = r.Byte()
	}
}

// AppendTo is engine.Compact's.
func (o Opened) AppendTo(b []byte) ([]byte, bool) {
	is := byte(0)
	if o.Existing {
		is |= 1
	}
	if o.StepUp {
		is |= 2
	}
	return wire.Text(append(b, is), o.Trade), true
}

// ReadFrom reads what AppendTo wrote.
func (o *Opened) ReadFrom(r *wire.Reader) {
	is := r.Byte()
	*o = Opened{Existing: is&1 != 0, StepUp: is&2 != 0, Trade: r.Text()}
}

// AppendTo is engine.Compact's.
func (c *openTrade) AppendTo(b []byte) ([]byte, bool) {
	b, ok := c.Asked.Order.AppendTo(wire.Text(b, c.Key))
	if !ok {
		return b, false
	}
	b = wire.Int(b, int64(c.Asked.Expires))
	return wire.Uint(wire.Text(b, c.Asked.Code), c.Asked.Payer), true
}

// ReadFrom reads what AppendTo wrote.
func (c *openTrade) ReadFrom(r *wire.Reader) {
	*c = openTrade{Key: r.Text()}
	c.Asked.Order.ReadFrom(r)
	c.Asked.Expires, c.Asked.Code, c.Asked.Payer = trade.Seconds(r.Int()), r.Text(), r.Uint()
}
