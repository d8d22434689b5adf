package trade

import (
	"strings"

	"tongbao/internal/refusal"
)

// Ship says that the goods are on their way and starts the buyer's time to
// confirm. Physical goods need a carrier; a tracking number may be missing (the
// protocol leaves it open). Shipping also answers an open refund request, which
// ends as REFUND_CLOSED: the buyer may open a dispute about what arrives. Once
// an operator has the request, nothing ships until it is decided.
//
// Refusals: payment_state_refused, dispute_open, deadline_passed,
// missing_field, invalid_field.
func (t *Trade) Ship(at Time, carrier, trackingNo string) ([]Move, error) {
	if err := t.needStatus(WaitSellerSendGoods); err != nil {
		return nil, err
	}
	if t.Disputed() && t.Dispute.Status == AlipayCheck {
		return nil, t.needNoDispute()
	}
	if err := t.needNothingDue(at); err != nil {
		return nil, err
	}
	if err := checkParcel(t.Goods, carrier, trackingNo); err != nil {
		return nil, err
	}

	if t.Disputed() {
		t.endDispute(at, RefundClosed)
	}
	t.Carrier, t.TrackingNo = carrier, trackingNo
	t.deliver(at)
	return nil, nil
}

// deliver starts the buyer's time to confirm.
func (t *Trade) deliver(at Time) {
	t.Status = WaitBuyerConfirmGoods
	t.Shipped = at
	t.ConfirmBy = at.Add(t.Terms.ConfirmWithin)
	if t.Goods == Virtual {
		t.ConfirmBy = at.Add(t.Terms.ConfirmVirtualWithin)
	}
}

// Confirm is the buyer saying the goods are there and right: what is left in
// escrow is settled. The desk asks for the payment password first. An open
// dispute must be withdrawn before, in an act of its own: no click on one
// button gives up a claim made with another. After ConfirmBy it still works,
// since it does what the timer is about to do.
//
// Refusals: payment_state_refused, dispute_open.
func (t *Trade) Confirm(at Time) ([]Move, error) {
	if err := t.needStatus(WaitBuyerConfirmGoods); err != nil {
		return nil, err
	}
	if err := t.needNoDispute(); err != nil {
		return nil, err
	}

	return t.finish(at), nil
}

// AutoConfirm is the timer's Confirm: the buyer's time is over.
//
// Refusals: payment_state_refused, dispute_open, deadline_not_reached.
func (t *Trade) AutoConfirm(at Time) ([]Move, error) {
	if err := t.needStatus(WaitBuyerConfirmGoods); err != nil {
		return nil, err
	}
	if err := t.needNoDispute(); err != nil {
		return nil, err
	}
	if err := needReached(at, t.ConfirmBy); err != nil {
		return nil, err
	}

	return t.finish(at), nil
}

// Extend gives the buyer Terms.ExtendBy more to confirm, once, whether buyer or
// seller asks.
//
// Refusals: payment_state_refused, dispute_open, deadline_passed,
// already_extended.
func (t *Trade) Extend(at Time) ([]Move, error) {
	if err := t.needStatus(WaitBuyerConfirmGoods); err != nil {
		return nil, err
	}
	if err := t.needNoDispute(); err != nil {
		return nil, err
	}
	if err := t.needNothingDue(at); err != nil {
		return nil, err
	}
	if t.Extended {
		return nil, refusal.New(refusal.AlreadyExtended, "the time to confirm was extended before; it ends at %s", t.ConfirmBy)
	}

	t.Extended = true
	t.ConfirmBy = t.ConfirmBy.Add(t.Terms.ExtendBy)
	return nil, nil
}

// checkParcel is asked of goods sent to the buyer and of goods sent back.
func checkParcel(goods Goods, carrier, trackingNo string) error {
	if goods == Physical && strings.TrimSpace(carrier) == "" {
		return refusal.In("carrier", refusal.MissingField, "physical goods need a carrier")
	}
	if err := checkText("carrier", carrier, MaxCarrier); err != nil {
		return err
	}
	return checkText("tracking_no", trackingNo, MaxCarrier)
}
