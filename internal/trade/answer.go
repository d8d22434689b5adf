package trade

import (
	"fmt"
	"strings"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// Agree is the seller granting the claim: it is refunded, or, where the buyer
// offered to return the goods, they go back first. note may say where to.
//
// Refusals: dispute_not_open, dispute_state_refused, deadline_passed,
// invalid_field (note).
func (t *Trade) Agree(at Time, note string) ([]Move, error) {
	if err := t.needDispute(WaitSellerAgree); err != nil {
		return nil, err
	}
	if err := t.needNothingDue(at); err != nil {
		return nil, err
	}
	if err := checkText("note", note, MaxWords); err != nil {
		return nil, err
	}

	return t.agree(at, note, Seller), nil
}

// Refuse is the seller turning the claim down, with a reason. The buyer has
// Terms.ReactWithin to revise, escalate or withdraw; silence gives it up.
//
// Refusals: dispute_not_open, dispute_state_refused, deadline_passed,
// missing_field and invalid_field (reason).
func (t *Trade) Refuse(at Time, why string) ([]Move, error) {
	if err := t.needDispute(WaitSellerAgree); err != nil {
		return nil, err
	}
	if err := t.needNothingDue(at); err != nil {
		return nil, err
	}
	if err := checkReason(why); err != nil {
		return nil, err
	}

	d := t.changeDispute()
	d.Answer = why
	d.Status = SellerRefuseBuyer
	d.Due = at.Add(t.Terms.ReactWithin)
	return nil, nil
}

// ReturnShipped is the buyer sending the goods back. The seller has
// Terms.CheckReturnWithin to confirm or escalate; silence confirms.
//
// Refusals: dispute_not_open, dispute_state_refused, deadline_passed,
// missing_field and invalid_field (carrier, tracking_no).
func (t *Trade) ReturnShipped(at Time, carrier, trackingNo string) ([]Move, error) {
	if err := t.needDispute(WaitBuyerReturnGoods); err != nil {
		return nil, err
	}
	if err := t.needNothingDue(at); err != nil {
		return nil, err
	}
	if err := checkParcel(Physical, carrier, trackingNo); err != nil {
		return nil, err
	}

	d := t.changeDispute()
	d.ReturnCarrier, d.ReturnTrackingNo, d.ReturnShipped = carrier, trackingNo, at
	d.Status = WaitSellerConfirmGoods
	d.Due = at.Add(t.Terms.CheckReturnWithin)
	return nil, nil
}

// ReturnReceived is the seller having the goods back: the claim is refunded.
//
// Refusals: dispute_not_open, dispute_state_refused, deadline_passed.
func (t *Trade) ReturnReceived(at Time) ([]Move, error) {
	if err := t.needDispute(WaitSellerConfirmGoods); err != nil {
		return nil, err
	}
	if err := t.needNothingDue(at); err != nil {
		return nil, err
	}

	return t.giveClaim(at, Seller), nil
}

// Escalate asks for an operator: either side once the seller has refused, and
// the seller when what came back is not what was sent. No deadline runs while
// the operator has it: a person decides.
//
// Refusals: dispute_not_open, dispute_state_refused, forbidden,
// deadline_passed.
func (t *Trade) Escalate(at Time, by Role) ([]Move, error) {
	if err := t.needDispute(SellerRefuseBuyer, WaitSellerConfirmGoods); err != nil {
		return nil, err
	}
	if by != Seller && (by != Buyer || t.Dispute.Status == WaitSellerConfirmGoods) {
		return nil, refusal.New(refusal.Forbidden, "at %s the %s can't escalate", t.Dispute.Status, by)
	}
	if err := t.needNothingDue(at); err != nil {
		return nil, err
	}

	d := t.changeDispute()
	d.EscalatedBy = by
	d.Status = AlipayCheck
	d.Due = 0
	return nil, nil
}

// Arbitrate is the operator's decision: so much of the open claim goes to the
// buyer, all, part or none, with a reason. After shipping it ends the trade:
// the rest is settled at once, since there is nothing left to confirm. Before
// shipping the seller still has to ship for the rest.
//
// Refusals: dispute_not_open, dispute_state_refused, missing_field and
// invalid_field (reason), invalid_amount, refund_exceeds_remaining (more than
// the open claim).
func (t *Trade) Arbitrate(at Time, toBuyer money.Amount, why string) ([]Move, error) {
	if err := t.needDispute(AlipayCheck); err != nil {
		return nil, err
	}
	if err := checkReason(why); err != nil {
		return nil, err
	}
	if toBuyer < 0 {
		return nil, refusal.In("amount", refusal.InvalidAmount, "the buyer gets something or nothing, never less")
	}
	if toBuyer > t.Dispute.OpenClaim() {
		return nil, refusal.In("amount", refusal.RefundExceedsRest, "%d of the claim is open; %d is more", t.Dispute.OpenClaim(), toBuyer)
	}

	t.changeDispute().Decision = why
	var moves []Move
	if toBuyer > 0 {
		moves = t.giveBack(at, fmt.Sprint(reservedRefundID, t.Dispute.No), toBuyer, t.Dispute.Reason.String(), Operator)
	}
	if t.Disputed() { // part or none: the open claim was not met
		t.endDispute(at, decided(toBuyer))
	}
	if t.Status == WaitBuyerConfirmGoods {
		moves = append(moves, t.finish(at)...)
	}
	return moves, nil
}

func decided(toBuyer money.Amount) DisputeStatus {
	if toBuyer > 0 {
		return RefundSuccess
	}
	return RefundClosed
}

func (t *Trade) agree(at Time, note string, by Role) []Move {
	d := t.changeDispute()
	d.Answer = note
	if !d.Return {
		return t.giveClaim(at, by)
	}
	d.Status = WaitBuyerReturnGoods
	d.Due = at.Add(t.Terms.ReturnWithin)
	return nil
}

func checkReason(why string) error {
	if strings.TrimSpace(why) == "" {
		return refusal.In("reason", refusal.MissingField, "a reason is needed")
	}
	return checkText("reason", why, MaxWords)
}
