package trade

import (
	"slices"
	"testing"

	"tongbao/internal/money"
)

func TestSettlementDividesExactly(t *testing.T) {
	for _, c := range []struct {
		name     string
		amount   money.Amount
		fee      money.Rate
		payees   []Payee
		refunded money.Amount // before settlement
		seller   money.Amount
		feePart  money.Amount
		parts    []money.Amount
	}{
		{"nobody else", 100_00, 0, nil, 0, 100_00, 0, nil},
		{"fee below half a fen", 83, 6000, nil, 0, 83, 0, nil},
		{"fee of half a fen and more", 84, 6000, nil, 0, 83, 1, nil},
		{"share rounded down", 10_99, 0, []Payee{{Party: 1, Share: 100_000}}, 0, 9_90, 0, []money.Amount{1_09}},
		{"fixed parts, whole", 100_00, 6000, []Payee{{Party: 1, Amount: 10_00}, {Party: 2, Amount: 5_00}}, 0, 84_40, 60, []money.Amount{10_00, 5_00}},
		{"fixed parts, half refunded before", 100_00, 6000, []Payee{{Party: 1, Amount: 10_00}, {Party: 2, Amount: 5_00}}, 50_00, 42_20, 30, []money.Amount{5_00, 2_50}},
		{"three of one fen, two thirds refunded", 3, 0, []Payee{{Party: 1, Amount: 1}, {Party: 2, Amount: 1}, {Party: 3, Amount: 1}}, 2, 0, 0, []money.Amount{0, 0, 1}},
		{"everything to others", 100_00, 500_000, []Payee{{Party: 1, Share: 500_000}}, 0, 0, 50_00, []money.Amount{50_00}},
		{"the most there is", money.MaxAmount, 6000, []Payee{{Party: 1, Amount: 99_000_000_00}}, 1, 400_000_00, 600_000_00, []money.Amount{98_999_999_99}},
	} {
		order := sale()
		order.Amount, order.FeeRate, order.Payees = c.amount, c.fee, c.payees
		trade := after(begin(order), paid)
		if c.refunded > 0 {
			after(trade, refunded(c.refunded))
		}
		moves, err := after(trade, shipped).Confirm(noon)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var seller money.Amount
		for _, m := range moves {
			if m.To == PlaceSeller {
				seller = m.Amount
			}
		}
		if seller != c.seller || trade.FeeCharged != c.feePart || !slices.Equal(trade.Royalties(), c.parts) {
			t.Errorf("%s: seller %d, fee %d, parts %v; want %d, %d, %v", c.name, seller, trade.FeeCharged, trade.Royalties(), c.seller, c.feePart, c.parts)
		}
	}
}

func TestFeeComesBackWithRefundsAfterSettlement(t *testing.T) {
	order := sale()
	order.Amount, order.Payees = 100, nil // 1.00 yuan: fee of 0.6 fen, one fen
	trade := after(begin(order), paid, shipped, confirmed)
	for _, c := range []struct {
		id     string
		amount money.Amount
		fee    money.Amount // kept afterwards
	}{
		{"R-1", 10, 1}, // 0.54 fen
		{"R-2", 6, 1},  // 0.504 fen
		{"R-3", 1, 0},  // 0.498 fen: nothing
		{"R-4", 83, 0},
	} {
		before := trade.FeeCharged
		moves, err := trade.Refund(noon, c.id, c.amount, "")
		if err != nil {
			t.Fatal(err)
		}
		if trade.FeeCharged != c.fee || (len(moves) == 2) != (before != c.fee) {
			t.Errorf("%s: fee %d after %v, want %d", c.id, trade.FeeCharged, moves, c.fee)
		}
	}
	if trade.Status != TradeClosed {
		t.Errorf("wholly refunded, it is %s", trade.Status)
	}
}

func TestSellersRefundMeetsTheClaim(t *testing.T) {
	trade := after(begin(sale()), paid, shipped, disputed(damaged), refused, escalated)
	after(trade, refunded(15_00))
	if trade.Dispute.Status != AlipayCheck || trade.Dispute.OpenClaim() != 25_00 {
		t.Fatalf("after a part: %s, open %d", trade.Dispute.Status, trade.Dispute.OpenClaim())
	}
	after(trade, func(t *Trade) ([]Move, error) { return t.Refund(noon, "R-2", 25_00, "") })
	if trade.Dispute.Status != RefundSuccess || trade.Status != WaitBuyerConfirmGoods || trade.InEscrow() != 60_00 {
		t.Errorf("after the rest: %s, %d in escrow", standing(trade), trade.InEscrow())
	}
}

func TestAgreeGivesOnlyWhatIsOpen(t *testing.T) {
	trade := after(begin(sale()), paid, shipped, disputed(damaged), refunded(15_00), agreed)
	if trade.Refunded != 40_00 || trade.Dispute.Refunded != 40_00 {
		t.Errorf("refunded %d, on the claim %d, want 4000", trade.Refunded, trade.Dispute.Refunded)
	}
}
