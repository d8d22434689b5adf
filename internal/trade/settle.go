package trade

import (
	"fmt"
	"math/bits"
	"slices"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// Finish ends an instant trade's refund window: TRADE_SUCCESS becomes
// TRADE_FINISHED. It is the timer's act and moves no money.
//
// Refusals: payment_state_refused, deadline_not_reached.
func (t *Trade) Finish(at Time) ([]Move, error) {
	if err := t.needStatus(TradeSuccess); err != nil {
		return nil, err
	}
	if t.Held() {
		return nil, refusal.New(refusal.DeadlineNotReached, "the payment is not settled yet")
	}
	if err := needReached(at, t.RefundBy); err != nil {
		return nil, err
	}

	t.Status = TradeFinished
	t.Finished = at
	return nil, nil
}

// Royalties are the parts that the payees got at settlement, in the order of
// Payees; zeros before it. Refunds afterwards don't change them.
func (t *Trade) Royalties() []money.Amount { return t.royaltiesOf(t.Settled) }

// finish settles what is left in escrow.
func (t *Trade) finish(at Time) []Move {
	moves := t.settle(nil, at, PlaceEscrow, t.InEscrow())
	t.Status = TradeFinished
	t.Finished = at
	return moves
}

// settle divides sum: the fee to the platform, their parts to the payees, the
// rest to the seller. The refund window starts here. The moves are appended to room.
func (t *Trade) settle(room []Move, at Time, from Place, sum money.Amount) []Move {
	fee := t.FeeRate.Of(sum)
	parts := t.royaltiesOf(sum)
	seller := sum - fee
	for _, part := range parts {
		seller -= part
	}
	if seller < 0 {
		panic(fmt.Sprintf("trade %s: fee and parts exceed the %d settled; New should have refused the split", t.ID, sum))
	}

	moves := slices.Grow(room, 2+len(parts))
	add := func(to Place, party uint64, amount money.Amount, why string) {
		if amount > 0 {
			moves = append(moves, Move{From: from, To: to, Party: party, Amount: amount, Why: why})
		}
	}
	add(PlaceSeller, 0, seller, WhySale)
	add(PlaceFee, 0, fee, WhyFee)
	for i, part := range parts {
		add(PlacePayee, t.Payees[i].Party, part, WhyRoyalty)
	}

	t.Settled = sum
	t.FeeCharged = fee
	t.RefundBy = at.Add(t.Terms.RefundWindow)
	return moves
}

// royaltiesOf divides a settled sum among the payees. A share is rounded down.
// Fixed amounts, agreed for the whole Amount, shrink in proportion to sum: they
// are laid end to end, and each part is the distance between its ends on the
// shrunk scale, rounded down; so together they are the shrunk total rounded
// down, and none is more than it was.
func (t *Trade) royaltiesOf(sum money.Amount) []money.Amount {
	if len(t.Payees) == 0 {
		return nil
	}
	parts := make([]money.Amount, len(t.Payees))
	var end, shrunkEnd money.Amount
	for i, p := range t.Payees {
		if p.Share > 0 {
			parts[i] = proportion(sum, int64(p.Share), int64(money.RateOne))
			continue
		}
		end += p.Amount
		next := proportion(sum, int64(end), int64(t.Amount))
		parts[i] = next - shrunkEnd
		shrunkEnd = next
	}
	return parts
}

// proportion is sum × part / whole, rounded down; part is at most whole.
func proportion(sum money.Amount, part, whole int64) money.Amount {
	hi, lo := bits.Mul64(uint64(sum), uint64(part))
	quo, _ := bits.Div64(hi, lo, uint64(whole))
	return money.Amount(quo)
}
