package trade

import (
	"testing"

	"tongbao/internal/refusal"
)

func TestRevisedClaimIsOnTopOfWhatWasGiven(t *testing.T) {
	trade := after(begin(sale()), paid, shipped, disputed(damaged), refunded(15_00), refused,
		func(t *Trade) ([]Move, error) { return t.Revise(noon, Claim{Reason: Damaged, Amount: 10_00}) }, agreed)
	if trade.Dispute.Claim != 25_00 || trade.Refunded != 25_00 || trade.Dispute.Status != RefundSuccess {
		t.Errorf("claim %d, refunded %d, %s", trade.Dispute.Claim, trade.Refunded, trade.Dispute.Status)
	}
}

func TestRequestsBeforeShippingDontUseUpDisputes(t *testing.T) {
	trade := after(begin(sale()), paid)
	for range 2 * MaxPastDisputes {
		after(trade, requested, withdrawn)
	}
	after(trade, shipped)
	for range MaxDisputes {
		after(trade, disputed(damaged), withdrawn)
	}
	_, err := trade.OpenDispute(noon, damaged)
	wantRefusal(t, err, refusal.DisputeLimitReached)
	if len(trade.PastDisputes) != MaxPastDisputes || trade.Dispute.No != 2*MaxPastDisputes+MaxDisputes {
		t.Errorf("%d past disputes are kept, the last is number %d", len(trade.PastDisputes), trade.Dispute.No)
	}
}

func TestShippingAnswersARequest(t *testing.T) {
	trade := after(begin(sale()), paid, requested, shipped)
	if trade.Dispute.Status != RefundClosed || trade.ConfirmBy != noon.Add(10*Day) {
		t.Errorf("%s, confirm by %s", standing(trade), trade.ConfirmBy)
	}
	after(trade, disputed(damaged)) // about what arrives
}

func TestBothSidesGiveEvidenceUntilTheDecision(t *testing.T) {
	trade := after(begin(sale()), paid, shipped, disputed(damaged))
	show := func(by Role) step {
		return func(t *Trade) ([]Move, error) { return t.AddEvidence(noon, by, "look") }
	}
	after(trade, show(Buyer), show(Seller), refused, show(Buyer), escalated, show(Seller))
	var by []Role
	for _, e := range trade.Dispute.Evidence {
		by = append(by, e.By)
	}
	if len(by) != 4 || by[0] != Buyer || by[3] != Seller {
		t.Errorf("evidence by %v", by)
	}
}

func TestRoleOfAParty(t *testing.T) {
	trade := begin(sale())
	if _, ok := trade.RoleOf(0); ok {
		t.Error("nobody is the buyer who isn't known yet")
	}
	after(trade, paid)
	for party, want := range map[uint64]Role{shop: Seller, shopper: Buyer, affiliate: 0} {
		if role, ok := trade.RoleOf(party); role != want || ok != (want != 0) {
			t.Errorf("party %d is %s", party, role)
		}
	}
}

func TestWordsAreReadAsTheyAreWritten(t *testing.T) {
	for act := ActPay; act <= ActDeadline; act++ {
		var again Act
		if text, _ := act.MarshalText(); again.UnmarshalText(text) != nil || again != act {
			t.Errorf("act %s is read as %s", text, again)
		}
	}
	var s Status
	if err := s.UnmarshalText([]byte("TRADE_LOST")); err == nil {
		t.Error("an unknown state was read")
	}
	if Status(99).String() != "unknown 99" {
		t.Error("an unknown state has a name")
	}
}
