package trade

import (
	"fmt"
	"slices"
	"strings"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// Bounds of refunds.
const (
	MaxRefundID     = 64
	MaxRefundReason = 256
	MaxRefunds      = 50 // by the seller; what is left can still be given back whole
)

// reservedRefundID begins the ids of refunds that a dispute made: "dispute-1".
const reservedRefundID = "dispute-"

// Refund is money that went back to the buyer.
type Refund struct {
	ID     string       `cbor:"1,keyasint,omitempty" json:"id"` // the seller's number, unique in the trade; or "dispute-" and the dispute's number
	Amount money.Amount `cbor:"2,keyasint,omitempty" json:"amount"`
	Reason string       `cbor:"3,keyasint,omitempty" json:"reason,omitempty"`
	At     Time         `cbor:"4,keyasint,omitempty" json:"at"`
	By     Role         `cbor:"5,keyasint,omitempty" json:"by"`              // seller gave it, operator decided it, or system by a deadline
	Taken  []Part       `cbor:"6,keyasint,omitempty" json:"taken,omitempty"` // what payees gave back to the seller for it
}

// FindRefund finds a refund by its id. A desk asks it first, so that a repeated
// request is answered and not refused.
func (t *Trade) FindRefund(id string) (refund Refund, ok bool) {
	for _, r := range t.Refunds {
		if r.ID == id {
			return r, true
		}
	}
	return Refund{}, false
}

// Refund gives the buyer part or all back on the seller's own will: out of
// escrow before settlement, out of the seller's balance afterwards. All given
// back means TRADE_CLOSED; a part leaves the state.
//
// After settlement the fee is counted anew as FeeRate.Of(what the buyer has not
// got back), and the difference returns to the seller in the same act; so a
// whole refund returns the whole fee, and rounding never makes a fee. The
// payees keep their parts: the seller carries them.
//
// What from names comes back from payees to the seller first, at most what each
// has got of this trade, and together no more than is refunded.
//
// While a dispute is open, what the seller gives counts towards its claim, and
// the claim met ends it as REFUND_SUCCESS, at whatever stage it stands.
//
// Refusals: payment_state_refused, refund_window_over, deadline_passed,
// missing_field and invalid_field (id, reason, from), refund_no_taken,
// invalid_amount, refund_exceeds_remaining, refund_limit_reached,
// split_exceeds_amount (from).
func (t *Trade) Refund(at Time, id string, amount money.Amount, reason string, from ...Part) ([]Move, error) {
	if err := t.needStatus(WaitSellerSendGoods, WaitBuyerConfirmGoods, TradeSuccess, TradeFinished); err != nil {
		return nil, err
	}
	if t.Settled > 0 && at >= t.RefundBy {
		return nil, refusal.New(refusal.RefundWindowOver, "refunds were possible until %s", t.RefundBy)
	}
	if err := t.needNothingDue(at); err != nil {
		return nil, err
	}
	if err := checkNumber("refund_id", id, MaxRefundID); err != nil {
		return nil, err
	}
	if strings.HasPrefix(id, reservedRefundID) {
		return nil, refusal.In("refund_id", refusal.InvalidField, "numbers that begin with %s are the platform's", reservedRefundID)
	}
	if err := checkText("reason", reason, MaxRefundReason); err != nil {
		return nil, err
	}
	if _, taken := t.FindRefund(id); taken {
		return nil, refusal.In("refund_id", refusal.RefundNoTaken, "this payment has a refund of that number already")
	}
	if err := t.checkRefundable("amount", amount); err != nil {
		return nil, err
	}
	if len(t.Refunds) >= MaxRefunds && amount < t.Refundable() {
		return nil, refusal.New(refusal.RefundLimitReached, "the payment was refunded %d times; only all that is left, %d, can still be", len(t.Refunds), t.Refundable())
	}
	if err := t.checkTaken(amount, from); err != nil {
		return nil, err
	}

	var moves []Move
	for _, p := range from {
		moves = append(moves, Move{From: PlacePayee, To: PlaceSeller, Party: p.Party, Amount: p.Amount, Why: WhyRoyaltyBack})
	}
	moves = append(moves, t.giveBack(at, id, amount, reason, Seller)...)
	if len(from) > 0 {
		t.Refunds[len(t.Refunds)-1].Taken = slices.Clone(from)
	}
	return moves, nil
}

// checkTaken refuses to take from others what they have not got of this trade,
// or more than goes back to the buyer.
func (t *Trade) checkTaken(amount money.Amount, from []Part) error {
	if len(from) > MaxSplits {
		return refusal.In("from", refusal.InvalidField, "a refund takes from at most %d payees", MaxSplits)
	}
	var sum money.Amount
	for i, p := range from {
		if p.Party == 0 {
			return refusal.In("from", refusal.MissingField, "a part needs a party")
		}
		if slices.ContainsFunc(from[:i], func(q Part) bool { return q.Party == p.Party }) {
			return refusal.In("from", refusal.InvalidField, "a payee is named once")
		}
		if err := checkAmount("from", p.Amount); err != nil {
			return err
		}
		if err := checkText("from", p.Note, MaxSubject); err != nil {
			return err
		}
		if got := t.SharedTo(p.Party); p.Amount > got {
			return refusal.In("from", refusal.SplitExceedsAmount, "the payee has %d of this payment, %d was asked", got, p.Amount)
		}
		if sum += p.Amount; sum > amount {
			return refusal.In("from", refusal.SplitExceedsAmount, "no more can be taken back than the %d that are refunded", amount)
		}
	}
	return nil
}

// checkRefundable refuses an amount that can't be given back.
func (t *Trade) checkRefundable(field string, amount money.Amount) error {
	if err := checkAmount(field, amount); err != nil {
		return err
	}
	if amount > t.Refundable() {
		return refusal.In(field, refusal.RefundExceedsRest, "%d is left of the payment, %d was asked", t.Refundable(), amount)
	}
	return nil
}

// giveBack is every refund's change; what must be refused has been.
func (t *Trade) giveBack(at Time, id string, amount money.Amount, reason string, by Role) []Move {
	var moves []Move
	held := min(amount, t.InEscrow()) // less than the amount where it is settled, or was split
	if t.Settled > 0 {
		fee := t.FeeRate.Of(t.Amount - t.Refunded - amount)
		if back := t.FeeCharged - fee; back > 0 { // first, so that the seller can spend it on the refund
			moves = append(moves, Move{From: PlaceFee, To: PlaceSeller, Amount: back, Why: WhyFeeReturn})
			t.FeeCharged = fee
		}
	}
	if held > 0 {
		moves = append(moves, Move{From: PlaceEscrow, To: PlaceBuyer, Amount: held, Why: WhyRefund})
	}
	if rest := amount - held; rest > 0 {
		moves = append(moves, Move{From: PlaceSeller, To: PlaceBuyer, Amount: rest, Why: WhyRefund})
	}

	t.Refunded += amount
	t.Refunds = append(slices.Clip(t.Refunds), Refund{ID: id, Amount: amount, Reason: reason, At: at, By: by})
	if t.Disputed() {
		d := t.changeDispute()
		d.Refunded += amount
		if d.Refunded >= d.Claim {
			t.endDispute(at, RefundSuccess)
		}
	}
	if t.Refunded == t.Amount {
		t.close(at)
	}
	return moves
}

// giveClaim refunds what is open of the dispute's claim, which ends it.
func (t *Trade) giveClaim(at Time, by Role) []Move {
	d := t.Dispute
	return t.giveBack(at, fmt.Sprint(reservedRefundID, d.No), d.OpenClaim(), d.Reason.String(), by)
}
