package trade

import (
	"slices"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// Bounds of held settlement and of splits.
const (
	MaxHoldFor    = 365 * Day
	MaxSplits     = 100                     // parts, over all requests
	MaxSplitShare = money.Rate(30 * 10_000) // of the amount, in millionths: what may go to others after payment
	MaxRequestNo  = 64                      // a settlement's or split's number
)

// Split is a part of a paid trade that the seller gave to another party, after
// the order was made: out of escrow while the settlement is held, out of the
// seller's balance afterwards.
type Split struct {
	Request string       `cbor:"1,keyasint,omitempty" json:"request"` // the seller's number, of all parts that were asked together
	Party   uint64       `cbor:"2,keyasint,omitempty" json:"party"`
	Amount  money.Amount `cbor:"3,keyasint,omitempty" json:"amount"`
	Note    string       `cbor:"4,keyasint,omitempty" json:"note,omitempty"`
	At      Time         `cbor:"5,keyasint,omitempty" json:"at"`
}

// Part is what a split gives to whom.
type Part struct {
	Party  uint64       `cbor:"1,keyasint"`
	Amount money.Amount `cbor:"2,keyasint"`
	Note   string       `cbor:"3,keyasint,omitempty"`
}

// Held tells whether a paid instant trade's settlement is still held.
func (t *Trade) Held() bool {
	return t.HoldFor != 0 && t.Status == TradeSuccess && t.Settled == 0
}

// Settle ends the holding under the seller's number: the fee and the seller get
// what is in escrow. With keep, only the word is kept, and the money stays for
// the splits that are to come; the last of them, or SettleBy, releases it.
//
// Refusals: payment_state_refused, deadline_passed, missing_field and
// invalid_field (request_no).
func (t *Trade) Settle(at Time, request string, keep bool) ([]Move, error) {
	if err := t.needHeld(at); err != nil {
		return nil, err
	}
	if err := checkNumber("request_no", request, MaxRequestNo); err != nil {
		return nil, err
	}

	t.SettledAs = request
	if keep {
		return nil, nil
	}
	return t.release(at), nil
}

func (t *Trade) needHeld(at Time) error {
	if !t.Held() {
		return refusal.New(refusal.TradeStateRefused, "the payment is %s, and nothing of it waits for settlement", t.Status)
	}
	return t.needNothingDue(at)
}

// Splits asked under a number, in their order.
func (t *Trade) SplitsOf(request string) []Split {
	var of []Split
	for _, s := range t.Splits {
		if s.Request == request {
			of = append(of, s)
		}
	}
	return of
}

// SplitSum is what all splits and the order's own payees have got, and not given
// back for a refund.
func (t *Trade) SplitSum() money.Amount { return t.shared(func(uint64) bool { return true }) }

// SharedTo is what one payee has of it.
func (t *Trade) SharedTo(party uint64) money.Amount {
	return t.shared(func(p uint64) bool { return p == party })
}

func (t *Trade) shared(with func(party uint64) bool) (sum money.Amount) {
	for _, s := range t.Splits {
		if with(s.Party) {
			sum += s.Amount
		}
	}
	for i, part := range t.Royalties() {
		if with(t.Payees[i].Party) {
			sum += part
		}
	}
	for _, r := range t.Refunds {
		for _, p := range r.Taken {
			if with(p.Party) {
				sum -= p.Amount
			}
		}
	}
	return sum
}

// MostSplit is how much may go to others in all.
func (t *Trade) MostSplit() money.Amount {
	return proportion(t.Amount, int64(MaxSplitShare), int64(money.RateOne))
}

// Split gives parts of a paid trade to others. last says that no more will
// follow, and releases what is held. An order that names payees is not split
// again while it is held: one rule divides what lies in escrow.
//
// Refusals: payment_state_refused, refund_window_over, deadline_passed,
// missing_field and invalid_field (request_no, parts), same_payer_and_payee,
// invalid_amount, split_exceeds_amount.
func (t *Trade) Split(at Time, request string, parts []Part, last bool) ([]Move, error) {
	held := t.Held()
	if !held && t.Settled == 0 || t.Status == TradeClosed {
		return nil, refusal.New(refusal.TradeStateRefused, "the payment is %s; what was not received cannot be given to others", t.Status)
	}
	if !held && at >= t.RefundBy {
		return nil, refusal.New(refusal.RefundWindowOver, "the payment could be split until %s", t.RefundBy)
	}
	if err := t.needNothingDue(at); err != nil {
		return nil, err
	}
	if held && len(t.Payees) > 0 {
		return nil, refusal.New(refusal.TradeStateRefused, "the order says who shares in it; it can be split once it is settled")
	}
	if err := checkNumber("request_no", request, MaxRequestNo); err != nil {
		return nil, err
	}
	if len(t.SplitsOf(request)) > 0 {
		return nil, refusal.In("request_no", refusal.InvalidField, "this payment was split under that number before")
	}
	if len(parts) == 0 && !last {
		return nil, refusal.In("parts", refusal.MissingField, "who gets what?")
	}
	if len(t.Splits)+len(parts) > MaxSplits {
		return nil, refusal.In("parts", refusal.InvalidField, "a payment is split into at most %d parts", MaxSplits)
	}
	sum, err := t.sumOf(parts)
	if err != nil {
		return nil, err
	}
	if most := t.MostSplit(); sum > 0 && t.SplitSum()+sum > most {
		return nil, refusal.In("parts", refusal.SplitExceedsAmount, "%d of the payment may go to others, %d has", most, t.SplitSum())
	}
	if held && sum+t.FeeRate.Of(t.Amount-t.Refunded) > t.InEscrow() {
		return nil, refusal.In("parts", refusal.SplitExceedsAmount, "%d is held, and the fee is to be kept of it", t.InEscrow())
	}

	from := PlaceSeller
	if held {
		from = PlaceEscrow
		t.SplitHeld += sum
	}
	var moves []Move
	t.Splits = slices.Clip(t.Splits)
	for _, p := range parts {
		moves = append(moves, Move{From: from, To: PlacePayee, Party: p.Party, Amount: p.Amount, Why: WhyRoyalty})
		t.Splits = append(t.Splits, Split{Request: request, Party: p.Party, Amount: p.Amount, Note: p.Note, At: at})
	}
	if held && last {
		moves = append(moves, t.release(at)...)
	}
	return moves, nil
}

func (t *Trade) sumOf(parts []Part) (sum money.Amount, err error) {
	for _, p := range parts {
		if p.Party == 0 {
			return 0, refusal.In("parts", refusal.MissingField, "a part needs a party")
		}
		if p.Party == t.Merchant {
			return 0, refusal.In("parts", refusal.SamePayerAndPayee, "the payee is the seller, who gets the rest anyway")
		}
		if err := checkAmount("parts", p.Amount); err != nil {
			return 0, err
		}
		if err := checkText("parts", p.Note, MaxSubject); err != nil {
			return 0, err
		}
		sum += p.Amount
	}
	return sum, nil
}

// release settles what is held. Nothing that was split out of escrow is counted
// twice: the settled sum is what the buyer paid and did not get back, and the
// fee is of that, as far as it is still there.
func (t *Trade) release(at Time) []Move {
	sum, escrow := t.Amount-t.Refunded, t.InEscrow()
	if escrow == sum {
		return t.settle(nil, at, PlaceEscrow, sum)
	}
	fee := min(t.FeeRate.Of(sum), escrow)
	var moves []Move
	if seller := escrow - fee; seller > 0 {
		moves = append(moves, Move{From: PlaceEscrow, To: PlaceSeller, Amount: seller, Why: WhySale})
	}
	if fee > 0 {
		moves = append(moves, Move{From: PlaceEscrow, To: PlaceFee, Amount: fee, Why: WhyFee})
	}
	t.Settled, t.FeeCharged = sum, fee
	t.RefundBy = at.Add(t.Terms.RefundWindow)
	return moves
}
