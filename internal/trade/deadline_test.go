package trade

import (
	"testing"

	"tongbao/internal/refusal"
)

// TestDeadlinesFromBothSides: a millisecond before, the timer is refused and
// the party may still act; at the deadline, the timer acts and the party may not.
func TestDeadlinesFromBothSides(t *testing.T) {
	for _, c := range []struct {
		due    Due
		from   func() *Trade
		within Seconds
		party  func(t *Trade, at Time) ([]Move, error)
		late   refusal.Code // what the party hears at the deadline; "" where the act does the same
		status Status
		stands DisputeStatus
	}{
		{DuePay, func() *Trade { return begin(sale()) }, 15 * Day,
			func(t *Trade, at Time) ([]Move, error) { return t.Pay(at, shopper) }, refusal.TradeExpired, TradeClosed, 0},
		{DuePay, func() *Trade { return begin(sale()) }, 15 * Day,
			func(t *Trade, at Time) ([]Move, error) { return t.Close(at) }, "", TradeClosed, 0},
		{DueConfirm, func() *Trade { return after(begin(sale()), paid, shipped) }, 10 * Day,
			func(t *Trade, at Time) ([]Move, error) { return t.OpenDispute(at, damaged) }, refusal.DisputeWindowOver, TradeFinished, 0},
		{DueConfirm, func() *Trade { return after(begin(virtual()), paid, shipped) }, 3 * Day,
			func(t *Trade, at Time) ([]Move, error) { return t.Extend(at) }, refusal.DeadlinePassed, TradeFinished, 0},
		{DueConfirm, func() *Trade {
			return after(begin(sale()), paid, shipped, func(t *Trade) ([]Move, error) { return t.Extend(noon) })
		}, 13 * Day, func(t *Trade, at Time) ([]Move, error) { return t.Confirm(at) }, "", TradeFinished, 0},
		{DueConfirm, func() *Trade { return after(begin(sale()), paid, shipped) }, 10 * Day,
			func(t *Trade, at Time) ([]Move, error) { return t.Refund(at, "R-1", 1, "") }, refusal.DeadlinePassed, TradeFinished, 0},
		{DueAnswer, func() *Trade { return after(begin(sale()), paid, requested) }, 48 * Hour,
			func(t *Trade, at Time) ([]Move, error) { return t.Ship(at, "EMS", "") }, refusal.DeadlinePassed, TradeClosed, RefundSuccess},
		{DueAnswer, func() *Trade { return after(begin(sale()), paid, shipped, disputed(damaged)) }, 3 * Day,
			func(t *Trade, at Time) ([]Move, error) { return t.Refuse(at, "no") }, refusal.DeadlinePassed, WaitBuyerConfirmGoods, RefundSuccess},
		{DueAnswer, func() *Trade { return after(begin(sale()), paid, shipped, disputed(damagedReturn)) }, 3 * Day,
			func(t *Trade, at Time) ([]Move, error) { return t.AddEvidence(at, Seller, "look") }, refusal.DeadlinePassed,
			WaitBuyerConfirmGoods, WaitBuyerReturnGoods},
		{DueReaction, func() *Trade { return after(begin(sale()), paid, shipped, disputed(damaged), refused) }, 3 * Day,
			func(t *Trade, at Time) ([]Move, error) { return t.Escalate(at, Buyer) }, refusal.DeadlinePassed, WaitBuyerConfirmGoods, RefundClosed},
		{DueReaction, func() *Trade { return after(begin(sale()), paid, requested, refused) }, 3 * Day,
			func(t *Trade, at Time) ([]Move, error) {
				return t.Revise(at, Claim{Reason: NotShipped, Amount: 1})
			}, refusal.DeadlinePassed, WaitSellerSendGoods, RefundClosed},
		{DueReturn, func() *Trade { return after(begin(sale()), paid, shipped, disputed(damagedReturn), agreed) }, 7 * Day,
			func(t *Trade, at Time) ([]Move, error) { return t.ReturnShipped(at, "EMS", "") }, refusal.DeadlinePassed,
			WaitBuyerConfirmGoods, RefundClosed},
		{DueCheckReturn, func() *Trade { return after(begin(sale()), paid, shipped, disputed(damagedReturn), agreed, sentBack) }, 10 * Day,
			func(t *Trade, at Time) ([]Move, error) { return t.Escalate(at, Seller) }, refusal.DeadlinePassed, WaitBuyerConfirmGoods, RefundSuccess},
		{DueFinish, func() *Trade { return after(begin(instant()), paid) }, 365 * Day,
			func(t *Trade, at Time) ([]Move, error) { return t.Refund(at, "R-1", 100_00, "") }, refusal.RefundWindowOver, TradeFinished, 0},
	} {
		deadline := noon.Add(c.within)
		trade := c.from()
		if at, due, ok := trade.NextDeadline(); at != deadline || due != c.due || !ok {
			t.Errorf("%s: next is %s at %s", c.due, due, at)
			continue
		}

		before := picture(trade)
		moves, err := trade.Deadline(deadline - 1)
		if wantRefusal(t, err, refusal.DeadlineNotReached); moves != nil || picture(trade) != before {
			t.Errorf("%s: changed something a millisecond early", c.due)
		}
		if _, err := c.party(c.from(), deadline-1); err != nil {
			t.Errorf("%s: the party was refused a millisecond before: %v", c.due, err)
		}
		if _, err := c.party(c.from(), deadline); c.late != "" {
			wantRefusal(t, err, c.late)
		} else if err != nil {
			t.Errorf("%s: the party was refused at the deadline: %v", c.due, err)
		}

		if _, err := trade.Deadline(deadline); err != nil {
			t.Errorf("%s: %v", c.due, err)
		}
		if trade.Status != c.status || (trade.Dispute != nil && trade.Dispute.Status != c.stands) {
			t.Errorf("%s: stands at %s, want %s %s", c.due, standing(trade), c.status, c.stands)
		}
	}
}

func TestRefundWindowOfAnEscrowTradeClosesByItself(t *testing.T) {
	trade := after(begin(sale()), paid, shipped, confirmed)
	last := noon.Add(365 * Day)
	if _, _, ok := trade.NextDeadline(); ok {
		t.Error("a finished escrow trade has a timer")
	}
	_, err := trade.Refund(last, "R-1", 1, "")
	wantRefusal(t, err, refusal.RefundWindowOver)
	if _, err := trade.Refund(last-1, "R-1", 1, ""); err != nil {
		t.Error(err)
	}
}

func TestDisputeStopsTheClockOfConfirmation(t *testing.T) {
	trade := after(begin(sale()), paid, shipped) // ten days from noon
	day := func(n Seconds) Time { return noon.Add(n * Day) }
	after(trade,
		func(t *Trade) ([]Move, error) { return t.OpenDispute(day(4), damaged) },
		func(t *Trade) ([]Move, error) { return t.Refuse(day(6), "no") },
		func(t *Trade) ([]Move, error) { return t.Escalate(day(8), Buyer) })
	_, err := trade.AutoConfirm(day(300))
	wantRefusal(t, err, refusal.DisputeOpen)

	after(trade, func(t *Trade) ([]Move, error) { return t.WithdrawDispute(day(100)) })
	if trade.ConfirmBy != day(106) { // six days were left at the fourth
		t.Errorf("confirm by %s, want %s", trade.ConfirmBy, day(106))
	}
	_, err = trade.AutoConfirm(day(106) - 1)
	wantRefusal(t, err, refusal.DeadlineNotReached)
	if _, err := trade.AutoConfirm(day(106)); err != nil || trade.Status != TradeFinished {
		t.Errorf("%s, %v", trade.Status, err)
	}
}
