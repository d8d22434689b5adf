package trade

import (
	"tongbao/internal/money"
	"tongbao/internal/wire"
)

// A plain trade, one without payees, metadata, refunds, splits, disputes, a held
// settlement and terms of its own, is written in a form of its own, since every payment writes
// one. The others, which are few, are left to the general encoding: AppendTo says
// so by false.

// AppendTo writes the order's fields, in the order in which Order lists them.
func (o *Order) AppendTo(b []byte) ([]byte, bool) {
	if len(o.Payees) > 0 || len(o.Metadata) > 0 || o.HoldFor != 0 || o.ConfirmWithin != 0 || o.Direct {
		return b, false
	}
	b = wire.Text(wire.Text(b, o.ID), o.OrderNo)
	b = wire.Uint(wire.Uint(b, o.Merchant), o.Buyer)
	b = append(b, byte(o.Kind), byte(o.Goods))
	b = wire.Text(wire.Text(b, o.Subject), o.Body)
	b = wire.Int(b, int64(o.Amount))
	b = wire.Uint(b, uint64(o.Currency))
	b = wire.Int(wire.Int(b, int64(o.FeeRate)), int64(o.PayBy))
	return wire.Text(wire.Text(b, o.ReturnURL), o.NotifyURL), true
}

// ReadFrom reads what AppendTo wrote.
func (o *Order) ReadFrom(r *wire.Reader) {
	*o = Order{ID: r.Text(), OrderNo: r.Text(), Merchant: r.Uint(), Buyer: r.Uint(), Kind: Kind(r.Byte()), Goods: Goods(r.Byte()), Subject: r.Text(), Body: r.Text(),
		Amount: money.Amount(r.Int()), Currency: money.Currency(r.Uint()), FeeRate: money.Rate(r.Int()), PayBy: Time(r.Int()), ReturnURL: r.Text(), NotifyURL: r.Text()}
}

// times are the moments of a trade but for its creation, from which they are told.
func (t *Trade) times() [6]*Time {
	return [6]*Time{&t.Paid, &t.Shipped, &t.ConfirmBy, &t.Finished, &t.Closed, &t.RefundBy}
}

func (t *Terms) all() [10]*Seconds {
	return [10]*Seconds{&t.PayWithin, &t.ConfirmWithin, &t.ConfirmVirtualWithin, &t.ExtendBy, &t.AnswerRequestWithin, &t.AnswerDisputeWithin, &t.ReactWithin,
		&t.ReturnWithin, &t.CheckReturnWithin, &t.RefundWindow}
}

// AppendTo writes a plain trade.
func (t *Trade) AppendTo(b []byte) ([]byte, bool) {
	if len(t.Refunds) > 0 || t.Dispute != nil || len(t.PastDisputes) > 0 || len(t.Splits) > 0 {
		return b, false
	}
	b, ok := t.Order.AppendTo(b)
	if !ok {
		return b, false
	}
	for _, s := range t.Terms.all() {
		b = wire.Int(b, int64(*s))
	}
	b = append(b, byte(t.Status))
	b = wire.Int(b, int64(t.Created))
	set := uint64(0)
	times := t.times()
	for i, at := range times {
		if *at != 0 {
			set |= 1 << i
		}
	}
	b = wire.Uint(b, set)
	for _, at := range times {
		if *at != 0 {
			b = wire.Int(b, int64(*at-t.Created))
		}
	}
	b = wire.Text(wire.Text(b, t.Carrier), t.TrackingNo)
	extended := byte(0)
	if t.Extended {
		extended = 1
	}
	b = append(b, extended)
	return wire.Int(wire.Int(wire.Int(b, int64(t.Refunded)), int64(t.Settled)), int64(t.FeeCharged)), true
}

// ReadFrom reads what AppendTo wrote.
func (t *Trade) ReadFrom(r *wire.Reader) {
	*t = Trade{}
	t.Order.ReadFrom(r)
	for _, s := range t.Terms.all() {
		*s = Seconds(r.Int())
	}
	t.Status = Status(r.Byte())
	t.Created = Time(r.Int())
	set := r.Uint()
	for i, at := range t.times() {
		if set&(1<<i) != 0 {
			*at = t.Created + Time(r.Int())
		}
	}
	t.Carrier, t.TrackingNo, t.Extended = r.Text(), r.Text(), r.Byte() != 0
	t.Refunded, t.Settled, t.FeeCharged = money.Amount(r.Int()), money.Amount(r.Int()), money.Amount(r.Int())
}
