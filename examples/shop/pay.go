package shop

import (
	"context"
	"errors"
	"time"
)

// start asks Tongbao for the order's payment. It is safe to repeat, also after
// an answer that never came: the order is the idempotency key.
func (s *Shop) start(ctx context.Context, no string) (Order, error) {
	unlock := s.acting.lock(no)
	defer unlock()
	o, _ := s.book.order(no)
	if o.Payment != nil {
		return o, nil
	}
	if s.soldOut(o) {
		return s.changed(o, "", func(o *Order) { o.Trouble = "out_of_stock" })
	}
	payment, err := s.tongbao.createPayment(ctx, s.goods.key(o.Shelf), o.payKey(), o.Request)
	if err != nil {
		s.log.Warn("payment not started; the shopper may try again", "order", no, "err", err)
		code := "no_answer"
		if r := (*Refusal)(nil); errors.As(err, &r) {
			code = r.Code
		}
		if o.Trouble != code {
			return s.changed(o, "", func(o *Order) { o.Trouble = code })
		}
		return o, nil
	}

	// Tongbao has the payment; the next page the shopper sees is the cashier.
	return s.changed(o, "", func(o *Order) {
		o.Payment, o.AskedAt, o.Trouble = &payment, s.tongbao.clock(s.now()), ""
	})
}

// refresh asks Tongbao how the order's payment stands, and hands over virtual
// goods that are paid. webhook, if any, is marked handled with the answer.
func (s *Shop) refresh(ctx context.Context, no, webhook string) (Order, error) {
	unlock := s.acting.lock(no)
	defer unlock()
	o, _ := s.book.order(no)
	if o.Payment == nil {
		if webhook != "" {
			return o, errors.New("the payment has not started")
		}
		return o, nil
	}
	payment, err := s.tongbao.payment(ctx, s.goods.key(o.Shelf), o.Payment.ID)
	if err != nil {
		return o, err
	}
	if o.Virtual && payment.Status == "WAIT_SELLER_SEND_GOODS" && payment.Dispute == nil {
		// Paid, and the codes, are kept before Tongbao hears of them: what was
		// handed over must not change, and if it fails now it is tried later.
		if o, err = s.changed(o, "", func(o *Order) {
			o.Payment, o.AskedAt = &payment, s.tongbao.clock(s.now())
			for n := int64(len(o.Codes)); n < o.pieces(); n++ {
				o.Codes = append(o.Codes, newCode())
			}
		}); err != nil {
			return o, err
		}
		err := s.tongbao.ship(ctx, s.goods.key(o.Shelf), o.deliverKey(), o.Payment.ID, o.No)
		if err != nil && !refused(err, "payment_state_refused") {
			return o, err
		}
		if payment, err = s.tongbao.payment(ctx, s.goods.key(o.Shelf), o.Payment.ID); err != nil {
			return o, err
		}
	}
	return s.changed(o, webhook, func(o *Order) { o.Payment, o.AskedAt = &payment, s.tongbao.clock(s.now()) })
}

// cancel closes an unpaid payment. When the order has none as far as we know,
// it is asked for first: the answer that was lost may have made one.
func (s *Shop) cancel(ctx context.Context, no string) (Order, error) {
	o, err := s.start(ctx, no)
	if err != nil {
		return o, err
	}
	if o.Payment == nil {
		return o, errNoAnswer
	}
	err = s.tongbao.closePayment(ctx, s.goods.key(o.Shelf), o.closeKey(), o.Payment.ID)
	if err != nil && !refused(err, "payment_state_refused") {
		return o, err
	}
	return s.refresh(ctx, no, "") // closed, or paid a moment before: Tongbao says
}

var errNoAnswer = errors.New("tongbao does not answer")

// changed writes a change of an order down and tells the shopper's open pages.
func (s *Shop) changed(o Order, webhook string, change func(*Order)) (Order, error) {
	before := o.State()
	o, err := s.book.update(o.No, webhook, change)
	if err != nil {
		return o, err
	}
	s.live.tell(o.Shopper, o.No)
	if after := o.State(); after != before {
		s.log.Info("order", "no", o.No, "from", before, "to", after)
	}
	return o, nil
}

// soldOut says whether an order that waited too long to be paid has lost its
// goods to others meanwhile.
func (s *Shop) soldOut(o Order) bool {
	now := s.now()
	if o.keepsGoods(now) {
		return false
	}
	taken := s.book.stockTaken()
	for _, l := range o.Lines {
		good, found := s.goods.bySKU[l.SKU]
		if !found || good.Stock-taken[l.SKU] < l.Quantity {
			return true
		}
	}
	return false
}

// asking is how long a page waits for Tongbao before it shows what is known.
const asking = 4 * time.Second
