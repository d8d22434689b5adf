package trade

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

const helper = 2088_0000_0000_0777

func heldSale() Order {
	o := instant()
	o.Payees, o.HoldFor = nil, 7*Day
	return o
}

func gives(amount money.Amount) []Part { return []Part{{Party: helper, Amount: amount}} }

func TestHeldSettlement(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*Trade) ([]Move, error)
		code refusal.Code
		want string // the moves
	}{
		{"released", func(t *Trade) ([]Move, error) { return t.Settle(noon, "S1", false) }, "", "escrow→seller sale 99.40, escrow→fee fee 0.60"},
		{"released by time", func(t *Trade) ([]Move, error) { return t.Deadline(t.SettleBy) }, "", "escrow→seller sale 99.40, escrow→fee fee 0.60"},
		{"not before", func(t *Trade) ([]Move, error) { return t.Deadline(t.SettleBy - 1) }, refusal.DeadlineNotReached, ""},
		{"the time comes first", func(t *Trade) ([]Move, error) { return t.Settle(t.SettleBy, "S1", false) }, refusal.DeadlinePassed, ""},
		{"not finished while held", func(t *Trade) ([]Move, error) { return t.Finish(noon) }, refusal.DeadlineNotReached, ""},
		{"kept for splits", func(t *Trade) ([]Move, error) { return t.Settle(noon, "S1", true) }, "", ""},
		{"split out of escrow", func(t *Trade) ([]Move, error) { return t.Split(noon, "R1", gives(30_00), false) }, "", "escrow→payee royalty 30.00"},
		{"too much", func(t *Trade) ([]Move, error) { return t.Split(noon, "R1", gives(30_01), false) }, refusal.SplitExceedsAmount, ""},
		{"the last split releases", func(t *Trade) ([]Move, error) { return t.Split(noon, "R1", gives(30_00), true) }, "",
			"escrow→payee royalty 30.00, escrow→seller sale 69.40, escrow→fee fee 0.60"},
		{"to the seller", func(t *Trade) ([]Move, error) {
			return t.Split(noon, "R1", []Part{{Party: t.Merchant, Amount: 1}}, false)
		}, refusal.SamePayerAndPayee, ""},
		{"to nobody", func(t *Trade) ([]Move, error) { return t.Split(noon, "R1", nil, false) }, refusal.MissingField, ""},
		{"refunded beyond escrow", func(t *Trade) ([]Move, error) {
			if _, err := t.Split(noon, "R1", gives(30_00), false); err != nil {
				return nil, err
			}
			return t.Refund(noon, "B1", 80_00, "")
		}, "", "escrow→buyer refund 70.00, seller→buyer refund 10.00"},
		{"nothing left for a split", func(t *Trade) ([]Move, error) {
			if _, err := t.Refund(noon, "B1", 99_50, ""); err != nil {
				return nil, err
			}
			return t.Split(noon, "R1", gives(51), false)
		}, refusal.SplitExceedsAmount, ""},
		{"the number again", func(t *Trade) ([]Move, error) {
			if _, err := t.Split(noon, "R1", gives(1), false); err != nil {
				return nil, err
			}
			return t.Split(noon, "R1", gives(1), false)
		}, refusal.InvalidField, ""},
		{"settled before", func(t *Trade) ([]Move, error) {
			if _, err := t.Settle(noon, "S1", false); err != nil {
				return nil, err
			}
			return t.Settle(noon, "S2", false)
		}, refusal.TradeStateRefused, ""},
		{"split after settlement", func(t *Trade) ([]Move, error) {
			if _, err := t.Settle(noon, "S1", false); err != nil {
				return nil, err
			}
			return t.Split(noon, "R1", gives(30_00), false)
		}, "", "seller→payee royalty 30.00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			trade := after(begin(heldSale()), paid)
			if trade.Status != TradeSuccess || trade.InEscrow() != 100_00 {
				t.Fatalf("paid: %s with %d in escrow", trade.Status, trade.InEscrow())
			}
			moves, err := c.do(trade)
			no := refusal.Of(err)
			if c.code == "" && err != nil || c.code != "" && (no == nil || no.Code != c.code) {
				t.Fatalf("got %v, want %q", err, c.code)
			}
			if got := told(moves); err == nil && got != c.want {
				t.Errorf("moves %s, want %s", got, c.want)
			}
		})
	}
}

func TestOnlyInstantTradesAreHeld(t *testing.T) {
	o := sale()
	o.HoldFor = Day
	if _, err := New(noon, o, DefaultTerms); refusal.Of(err) == nil || refusal.Of(err).Field != "hold_for" {
		t.Errorf("an escrow trade that is held: %v", err)
	}
}

// Whatever is done to a held trade, in whatever order, no money appears, is lost
// or stays in escrow for good.
func TestAnyHeldLifeKeepsTheBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := heldSale()
		o.FeeRate = money.Rate(rapid.IntRange(0, 100_000).Draw(t, "rate"))
		o.Amount = money.Amount(rapid.IntRange(1, 1000).Draw(t, "amount"))
		trade, err := New(noon, o, DefaultTerms)
		if err != nil {
			t.Fatal(err)
		}
		b, payees := books{}, money.Amount(0)
		step := func(moves []Move, err error) {
			if err != nil && refusal.Of(err) == nil {
				t.Fatal(err)
			}
			for _, m := range moves {
				if m.Amount <= 0 {
					t.Fatalf("move %s", m)
				}
				b[m.From] -= m.Amount
				b[m.To] += m.Amount
				if m.To == PlacePayee {
					payees += m.Amount
				}
				if m.From == PlacePayee {
					payees -= m.Amount
				}
			}
			if b[PlaceEscrow] != trade.InEscrow() || b[PlaceFee] != trade.FeeCharged || b[PlaceBuyer] != trade.Refunded-trade.Amount || trade.SplitSum() != payees {
				t.Fatalf("the books say %v, the trade %+v", b, trade)
			}
			if payees > trade.MostSplit() || trade.InEscrow() < 0 || trade.FeeCharged < 0 {
				t.Fatalf("too much was split, or less than nothing kept: %+v", trade)
			}
		}
		step(trade.Pay(noon, shopper))
		for i := range rapid.IntRange(0, 12).Draw(t, "acts") {
			amount := money.Amount(rapid.IntRange(1, 400).Draw(t, "part"))
			switch rapid.IntRange(0, 4).Draw(t, "act") {
			case 0:
				step(trade.Settle(noon, fmt.Sprint("S", i), rapid.Bool().Draw(t, "keep")))
			case 1, 2:
				step(trade.Split(noon, fmt.Sprint("R", i), gives(amount), rapid.IntRange(0, 3).Draw(t, "last") == 0))
			case 3:
				step(trade.Refund(noon, fmt.Sprint("B", i), amount, ""))
			case 4:
				step(trade.Refund(noon, fmt.Sprint("B", i), amount, "", gives(money.Amount(rapid.IntRange(1, 400).Draw(t, "back")))...))
			}
		}
		for range 2 {
			if due, _, ok := trade.NextDeadline(); ok {
				step(trade.Deadline(due))
			}
		}
		if trade.InEscrow() != 0 || trade.Status != TradeFinished && trade.Status != TradeClosed {
			t.Fatalf("at the end %s, %d in escrow", trade.Status, trade.InEscrow())
		}
	})
}
