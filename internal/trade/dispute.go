package trade

import (
	"slices"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// Bounds of disputes. Text is counted in characters.
const (
	MaxDisputes     = 3 // after shipping, each of which stops the clock; a request before shipping stops none and is not counted
	MaxPastDisputes = 5 // kept in the record; the journal keeps all
	MaxWords        = 2000
)

// Reason is why the buyer wants money back.
type Reason uint8

// The reasons. NotShipped is a refund request before shipping, and only that.
const (
	NotShipped Reason = iota + 1
	NotReceived
	NotAsDescribed
	Damaged
	Incomplete
	Counterfeit
	OtherReason
)

var reasonNames = names{"", "not_shipped", "not_received", "not_as_described", "damaged", "incomplete", "counterfeit", "other"}

func (r Reason) String() string               { return reasonNames.of(uint8(r)) }
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the reason's word.
func (r *Reason) UnmarshalText(text []byte) (err error) {
	*r, err = parse[Reason](reasonNames, text)
	return err
}

// Claim is what the buyer asks for.
type Claim struct {
	Reason Reason
	Amount money.Amount // minor units; at most what is in escrow
	Return bool         // the goods go back before the money does
	Words  string
}

// Dispute is the quarrel about a trade in escrow: a refund request before
// shipping, or a dispute after it. Both walk the same way.
type Dispute struct {
	No     int           `cbor:"1,keyasint,omitempty" json:"no"` // counts from 1 within the trade
	Status DisputeStatus `cbor:"2,keyasint,omitempty" json:"status"`
	Reason Reason        `cbor:"3,keyasint,omitempty" json:"reason"`
	Claim  money.Amount  `cbor:"4,keyasint,omitempty" json:"claim"`
	Return bool          `cbor:"5,keyasint,omitempty" json:"return,omitempty"`
	Words  string        `cbor:"6,keyasint,omitempty" json:"words,omitempty"`  // the buyer's
	Answer string        `cbor:"7,keyasint,omitempty" json:"answer,omitempty"` // the seller's: why not, or where to return the goods to

	Opened Time `cbor:"8,keyasint,omitempty" json:"opened"`
	Due    Time `cbor:"9,keyasint,omitempty" json:"due,omitempty"` // the deadline of the present state; 0 with an operator and at the end
	Ended  Time `cbor:"10,keyasint,omitempty" json:"ended,omitempty"`

	ReturnCarrier    string `cbor:"11,keyasint,omitempty" json:"return_carrier,omitempty"`
	ReturnTrackingNo string `cbor:"12,keyasint,omitempty" json:"return_tracking_no,omitempty"`
	ReturnShipped    Time   `cbor:"13,keyasint,omitempty" json:"return_shipped,omitempty"`

	EscalatedBy Role   `cbor:"14,keyasint,omitempty" json:"escalated_by,omitempty"`
	Decision    string `cbor:"15,keyasint,omitempty" json:"decision,omitempty"` // the operator's reason

	Refunded money.Amount `cbor:"16,keyasint,omitempty" json:"refunded,omitempty"` // given to the buyer while it was open or by its end
	Evidence []Evidence   `cbor:"17,keyasint,omitempty" json:"evidence,omitempty"`
}

// OpenClaim is what of the claim has not been given yet.
func (d *Dispute) OpenClaim() money.Amount { return max(0, d.Claim-d.Refunded) }

func (d *Dispute) clone() Dispute {
	c := *d
	c.Evidence = slices.Clone(d.Evidence)
	for i := range c.Evidence {
		c.Evidence[i].Files = slices.Clone(c.Evidence[i].Files)
	}
	return c
}

// RequestRefund is the buyer asking, before shipping, for part or all of the
// money. The seller has Terms.AnswerRequestWithin to agree, refuse or ship;
// silence agrees.
//
// Refusals: payment_state_refused, dispute_open, invalid_amount,
// refund_exceeds_remaining, invalid_field (words).
func (t *Trade) RequestRefund(at Time, amount money.Amount, words string) ([]Move, error) {
	if err := t.needStatus(WaitSellerSendGoods); err != nil {
		return nil, err
	}
	if err := t.needNoDispute(); err != nil {
		return nil, err
	}
	claim := Claim{Reason: NotShipped, Amount: amount, Words: words}
	if err := t.checkClaim(claim); err != nil {
		return nil, err
	}

	t.openDispute(at, claim, t.Terms.AnswerRequestWithin)
	return nil, nil
}

// OpenDispute is the buyer claiming, after shipping, part or all of the money.
// The clock of automatic confirmation stops until the dispute ends. The seller
// has Terms.AnswerDisputeWithin to agree or refuse; silence agrees.
//
// Refusals: payment_state_refused, dispute_open, dispute_window_over,
// dispute_limit_reached, invalid_field (reason, return), invalid_amount,
// refund_exceeds_remaining, invalid_field (words).
func (t *Trade) OpenDispute(at Time, claim Claim) ([]Move, error) {
	if err := t.needStatus(WaitBuyerConfirmGoods); err != nil {
		return nil, err
	}
	if err := t.needNoDispute(); err != nil {
		return nil, err
	}
	if at >= t.ConfirmBy {
		return nil, refusal.New(refusal.DisputeWindowOver, "disputes could be opened until %s", t.ConfirmBy)
	}
	if t.disputesAfterShipping() >= MaxDisputes {
		return nil, refusal.New(refusal.DisputeLimitReached, "%d disputes were opened; there is no further one", MaxDisputes)
	}
	if err := t.checkClaim(claim); err != nil {
		return nil, err
	}

	t.openDispute(at, claim, t.Terms.AnswerDisputeWithin)
	return nil, nil
}

// Revise is the buyer changing a claim that the seller refused, up or down; the
// seller is asked again, with the same time and the same default.
//
// Refusals: dispute_not_open, dispute_state_refused, deadline_passed,
// invalid_field (reason, return), invalid_amount, refund_exceeds_remaining,
// invalid_field (words).
func (t *Trade) Revise(at Time, claim Claim) ([]Move, error) {
	if err := t.needDispute(SellerRefuseBuyer); err != nil {
		return nil, err
	}
	if err := t.needNothingDue(at); err != nil {
		return nil, err
	}
	if err := t.checkClaim(claim); err != nil {
		return nil, err
	}

	d := t.changeDispute()
	d.Reason, d.Return, d.Words = claim.Reason, claim.Return, claim.Words
	d.Claim = d.Refunded + claim.Amount
	d.Status = WaitSellerAgree
	d.Due = at.Add(t.answerWithin())
	return nil, nil
}

// WithdrawDispute is the buyer giving up the claim: REFUND_CLOSED, and the
// trade goes on where it stood.
//
// Refusals: dispute_not_open, deadline_passed.
func (t *Trade) WithdrawDispute(at Time) ([]Move, error) {
	if err := t.needDispute(); err != nil {
		return nil, err
	}
	if err := t.needNothingDue(at); err != nil {
		return nil, err
	}

	t.endDispute(at, RefundClosed)
	return nil, nil
}

// checkClaim refuses a claim that doesn't fit the trade: before shipping there
// is one reason and nothing to return.
func (t *Trade) checkClaim(c Claim) error {
	if !known(reasonNames, c.Reason) || (c.Reason == NotShipped) != (t.Shipped == 0) {
		return refusal.In("reason", refusal.InvalidField, "not_shipped before shipping, another reason after it")
	}
	if c.Return && (c.Reason == NotShipped || c.Reason == NotReceived || t.Goods == Virtual) {
		return refusal.In("return", refusal.InvalidField, "goods that never came, or aren't things, can't be returned")
	}
	if err := t.checkRefundable("amount", c.Amount); err != nil {
		return err
	}
	return checkText("words", c.Words, MaxWords)
}

func (t *Trade) openDispute(at Time, c Claim, within Seconds) {
	no := 1
	if last := t.Dispute; last != nil {
		no = last.No + 1
		past := append(slices.Clip(t.PastDisputes), *last)
		t.PastDisputes = past[max(0, len(past)-MaxPastDisputes):]
	}
	t.Dispute = &Dispute{
		No: no, Status: WaitSellerAgree, Reason: c.Reason, Claim: c.Amount, Return: c.Return, Words: c.Words,
		Opened: at, Due: at.Add(within),
	}
}

// endDispute closes it with one of the two last states; the clock of automatic
// confirmation, if it runs at all, goes on with the time that was left.
func (t *Trade) endDispute(at Time, status DisputeStatus) {
	d := t.changeDispute()
	d.Status = status
	d.Ended = at
	d.Due = 0
	if t.Status == WaitBuyerConfirmGoods {
		t.ConfirmBy += at - d.Opened
	}
}

// changeDispute makes the dispute this value's own before it is written to, so
// that a copy of the trade taken earlier stays as it was.
func (t *Trade) changeDispute() *Dispute {
	d := *t.Dispute
	t.Dispute = &d
	return &d
}

func (t *Trade) answerWithin() Seconds {
	if t.Shipped == 0 {
		return t.Terms.AnswerRequestWithin
	}
	return t.Terms.AnswerDisputeWithin
}

func (t *Trade) disputesAfterShipping() int {
	count := 0
	for _, d := range t.PastDisputes {
		if d.Reason != NotShipped {
			count++
		}
	}
	if t.Dispute != nil && t.Dispute.Reason != NotShipped {
		count++
	}
	return count
}
