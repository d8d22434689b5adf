package pay

import (
	"slices"

	"tongbao/internal/trade"
	"tongbao/internal/wire"
)

// The encodings of what every payment writes; see engine.Compact.

// eventNumbers are the event types by the number that stands for each; 0 stands
// for any other. Stored: only ever appended to.
var eventNumbers = [...]string{"", PaymentCreated, PaymentPaid, PaymentShipped, PaymentExtended, PaymentFinished, PaymentClosed, PaymentReminded, RefundCreated,
	DisputeOpened, DisputeUpdated, DisputeClosed, TransferCreated, TopUpUpdated, WithdrawalUpdated, WebhookTest}

// What an event in a list has beside its type.
const (
	eventSameObject  = 1 << iota // as the event before it
	eventSameParties             // as the event before it
	eventDetail
)

// appendEvents encodes the events of one command.
func appendEvents(b []byte, events []Event) []byte {
	for i := range events {
		e, is := &events[i], byte(0)
		if i > 0 && e.Object == events[i-1].Object && e.Kind == events[i-1].Kind {
			is |= eventSameObject
		}
		if i > 0 && slices.Equal(e.Parties, events[i-1].Parties) {
			is |= eventSameParties
		}
		if e.Detail != "" {
			is |= eventDetail
		}
		number := slices.Index(eventNumbers[1:], e.Type) + 1
		if b = append(b, is, byte(number)); number == 0 {
			b = wire.Text(b, e.Type)
		}
		if is&eventSameObject == 0 {
			b = wire.Text(wire.Text(b, e.Kind), e.Object)
		}
		if is&eventSameParties == 0 {
			b = wire.Uint(b, uint64(len(e.Parties)))
			for _, p := range e.Parties {
				b = wire.Uint(b, p)
			}
		}
		if is&eventDetail != 0 {
			b = wire.Text(b, e.Detail)
		}
	}
	return b
}

// readEvents decodes what appendEvents wrote.
func readEvents(b []byte) ([]Event, error) {
	var events []Event
	for r := wire.Read(b); len(r.Left()) > 0; {
		var e, before Event
		if len(events) > 0 {
			before = events[len(events)-1]
		}
		is := r.Byte()
		if number := int(r.Byte()); number == 0 || number >= len(eventNumbers) {
			e.Type = r.Text()
		} else {
			e.Type = eventNumbers[number]
		}
		if e.Kind, e.Object = before.Kind, before.Object; is&eventSameObject == 0 {
			e.Kind, e.Object = r.Text(), r.Text()
		}
		if e.Parties = before.Parties; is&eventSameParties == 0 {
			e.Parties = make([]uint64, r.Count())
			for i := range e.Parties {
				e.Parties[i] = r.Uint()
			}
		}
		if is&eventDetail != 0 {
			e.Detail = r.Text()
		}
		if err := r.Err(); err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// AppendTo is engine.Compact's.
func (n *OrderNo) AppendTo(b []byte) ([]byte, bool) {
	if len(n.Before) > 0 {
		return append(wire.Text(b, n.Trade), n.Before...), true
	}
	return wire.Fixed(wire.Text(b, n.Trade), n.Terms), true
}

// ReadFrom reads what AppendTo wrote.
func (n *OrderNo) ReadFrom(r *wire.Reader) {
	n.Trade = r.Text()
	if n.Terms, n.Before = 0, nil; len(r.Left()) > 8 {
		for len(r.Left()) > 0 {
			n.Before = append(n.Before, r.Byte())
		}
		return
	}
	n.Terms = r.Fixed()
}

// AppendTo is engine.Compact's.
func (o *Opened) AppendTo(b []byte) ([]byte, bool) {
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
	b = wire.Text(b, c.Key)
	if c.size > 0 {
		b = append(b, c.compact[:c.size]...)
	} else {
		var ok bool
		if b, ok = c.Asked.Order.AppendTo(b); !ok {
			return b, false
		}
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
