package trade

import "tongbao/internal/refusal"

// Due names what happens at a deadline when nobody has acted before.
type Due string

// What can be due, each against the party that stayed silent.
const (
	DuePay         Due = "pay_expiry"    // unpaid: the trade closes
	DueConfirm     Due = "auto_confirm"  // shipped, buyer silent: confirmed
	DueAnswer      Due = "seller_answer" // claim made, seller silent: agreed
	DueReaction    Due = "buyer_react"   // claim refused, buyer silent: given up
	DueReturn      Due = "buyer_return"  // return agreed, buyer silent: given up
	DueCheckReturn Due = "seller_check"  // goods sent back, seller silent: received
	DueFinish      Due = "refund_window" // instant: no refund any more
	DueSettle      Due = "settle"        // held, seller silent: settled
)

var disputeDue = map[DisputeStatus]Due{
	WaitSellerAgree:        DueAnswer,
	SellerRefuseBuyer:      DueReaction,
	WaitBuyerReturnGoods:   DueReturn,
	WaitSellerConfirmGoods: DueCheckReturn,
}

// NextDeadline is the one timer a trade has at any time, if it has one. None
// runs while goods wait to be shipped without a request, while an operator
// decides, and at the end. The refund window of an escrow trade just closes; it
// needs no timer.
func (t *Trade) NextDeadline() (at Time, due Due, ok bool) {
	switch {
	case t.Disputed():
		due, ok = disputeDue[t.Dispute.Status]
		return t.Dispute.Due, due, ok
	case t.Status == WaitBuyerPay:
		return t.PayBy, DuePay, true
	case t.Status == WaitBuyerConfirmGoods:
		return t.ConfirmBy, DueConfirm, true
	case t.Held():
		return t.SettleBy, DueSettle, true
	case t.Status == TradeSuccess:
		return t.RefundBy, DueFinish, true
	}
	return 0, "", false
}

// Deadline is the timer's act: it does what NextDeadline says is due. A timer
// that fires late does it late, and says so: at is when it happened.
//
// Refusals: deadline_not_reached, also where nothing is due at all.
func (t *Trade) Deadline(at Time) ([]Move, error) {
	when, due, ok := t.NextDeadline()
	if !ok {
		return nil, refusal.New(refusal.DeadlineNotReached, "no deadline is running")
	}
	if err := needReached(at, when); err != nil {
		return nil, err
	}

	switch due {
	case DuePay:
		return t.Expire(at)
	case DueConfirm:
		return t.AutoConfirm(at)
	case DueFinish:
		return t.Finish(at)
	case DueSettle:
		return t.release(at), nil
	case DueAnswer:
		return t.agree(at, "", System), nil
	case DueCheckReturn:
		return t.giveClaim(at, System), nil
	default: // DueReaction, DueReturn
		t.endDispute(at, RefundClosed)
		return nil, nil
	}
}

// needReached refuses a timer that comes early.
func needReached(at, deadline Time) error {
	if at < deadline {
		return refusal.New(refusal.DeadlineNotReached, "the deadline is %s", deadline)
	}
	return nil
}

// needNothingDue refuses an act that comes after a deadline whose timer has not
// run yet. What is due comes first, so that a slow timer changes nothing: a
// desk may call Deadline and then try the act again.
func (t *Trade) needNothingDue(at Time) error {
	if when, due, ok := t.NextDeadline(); ok && at >= when {
		return refusal.New(refusal.DeadlinePassed, "the deadline %s passed at %s; its consequence comes first", due, when)
	}
	return nil
}
