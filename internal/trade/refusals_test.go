package trade

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// TestRefusalsByPrecedence: under each act its refusals in the order in which
// its comment and the docs list them. Every row has the fault of its own and
// as many of the later ones as go together.
func TestRefusalsByPrecedence(t *testing.T) {
	unpaid := func() *Trade { return begin(sale()) }
	waiting := func() *Trade { return after(begin(sale()), paid) }
	underway := func() *Trade { return after(begin(sale()), paid, shipped) }
	asked := func() *Trade { return after(begin(sale()), paid, requested) }
	quarrel := func() *Trade { return after(begin(sale()), paid, shipped, disputed(damagedReturn)) }
	turnedDown := func() *Trade { return after(quarrel(), refused) }
	returning := func() *Trade { return after(quarrel(), agreed) }
	returned := func() *Trade { return after(returning(), sentBack) }
	atDesk := func() *Trade { return after(turnedDown(), escalated) }
	settled := func() *Trade { return after(underway(), confirmed) }
	wornOut := func() *Trade {
		trade := underway()
		for range MaxDisputes {
			after(trade, disputed(damaged), withdrawn)
		}
		return trade
	}
	refundedOften := func() *Trade {
		trade := waiting()
		for i := range MaxRefunds {
			after(trade, func(t *Trade) ([]Move, error) { return t.Refund(noon, fmt.Sprint("F-", i), 1, "") })
		}
		return trade
	}

	const never = Time(1 << 50) // long after every deadline
	long := strings.Repeat("x", MaxWords+1)
	bad := File{Digest: "zz", Size: 0, MediaType: "text/html"}
	good := File{Digest: strings.Repeat("a", 64), Size: 1, MediaType: "image/png"}
	with := func(change func(*File)) File { f := good; change(&f); return f }

	heard := map[Act][]refusal.Code{}
	for _, c := range []struct {
		act   Act
		from  func() *Trade
		do    step
		code  refusal.Code
		field string
	}{
		{ActPay, waiting, func(t *Trade) ([]Move, error) { return t.Pay(never, 0) }, refusal.TradeStateRefused, ""},
		{ActPay, unpaid, func(t *Trade) ([]Move, error) { return t.Pay(never, 0) }, refusal.TradeExpired, ""},
		{ActPay, unpaid, func(t *Trade) ([]Move, error) { return t.Pay(noon, 0) }, refusal.MissingField, "buyer"},
		{ActPay, unpaid, func(t *Trade) ([]Move, error) { return t.Pay(noon, shop) }, refusal.SamePayerAndPayee, "buyer"},
		{ActPay, func() *Trade { o := sale(); o.Buyer = shopper; return begin(o) },
			func(t *Trade) ([]Move, error) { return t.Pay(noon, shopper+1) }, refusal.BuyerMismatch, "buyer"},

		{ActClose, waiting, func(t *Trade) ([]Move, error) { return t.Close(noon) }, refusal.TradeStateRefused, ""},

		{ActExpire, waiting, func(t *Trade) ([]Move, error) { return t.Expire(noon) }, refusal.TradeStateRefused, ""},
		{ActExpire, unpaid, func(t *Trade) ([]Move, error) { return t.Expire(noon) }, refusal.DeadlineNotReached, ""},

		{ActShip, unpaid, func(t *Trade) ([]Move, error) { return t.Ship(never, "", "") }, refusal.TradeStateRefused, ""},
		{ActShip, func() *Trade { return after(asked(), refused, escalated) },
			func(t *Trade) ([]Move, error) { return t.Ship(never, "", "") }, refusal.DisputeOpen, ""},
		{ActShip, asked, func(t *Trade) ([]Move, error) { return t.Ship(never, "", "") }, refusal.DeadlinePassed, ""},
		{ActShip, waiting, func(t *Trade) ([]Move, error) { return t.Ship(noon, " ", long) }, refusal.MissingField, "carrier"},
		{ActShip, waiting, func(t *Trade) ([]Move, error) { return t.Ship(noon, long, long) }, refusal.InvalidField, "carrier"},
		{ActShip, waiting, func(t *Trade) ([]Move, error) { return t.Ship(noon, "EMS", long) }, refusal.InvalidField, "tracking_no"},

		{ActExtend, waiting, func(t *Trade) ([]Move, error) { return t.Extend(never) }, refusal.TradeStateRefused, ""},
		{ActExtend, quarrel, func(t *Trade) ([]Move, error) { return t.Extend(never) }, refusal.DisputeOpen, ""},
		{ActExtend, underway, func(t *Trade) ([]Move, error) { return t.Extend(never) }, refusal.DeadlinePassed, ""},
		{ActExtend, func() *Trade { return after(underway(), func(t *Trade) ([]Move, error) { return t.Extend(noon) }) },
			func(t *Trade) ([]Move, error) { return t.Extend(noon) }, refusal.AlreadyExtended, ""},

		{ActConfirm, waiting, func(t *Trade) ([]Move, error) { return t.Confirm(noon) }, refusal.TradeStateRefused, ""},
		{ActConfirm, quarrel, func(t *Trade) ([]Move, error) { return t.Confirm(noon) }, refusal.DisputeOpen, ""},

		{ActAutoConfirm, waiting, func(t *Trade) ([]Move, error) { return t.AutoConfirm(noon) }, refusal.TradeStateRefused, ""},
		{ActAutoConfirm, quarrel, func(t *Trade) ([]Move, error) { return t.AutoConfirm(never) }, refusal.DisputeOpen, ""},
		{ActAutoConfirm, underway, func(t *Trade) ([]Move, error) { return t.AutoConfirm(noon) }, refusal.DeadlineNotReached, ""},

		{ActFinish, settled, func(t *Trade) ([]Move, error) { return t.Finish(noon) }, refusal.TradeStateRefused, ""},
		{ActFinish, func() *Trade { return after(begin(instant()), paid) },
			func(t *Trade) ([]Move, error) { return t.Finish(noon) }, refusal.DeadlineNotReached, ""},

		{ActRefund, unpaid, func(t *Trade) ([]Move, error) { return t.Refund(never, "", 0, long) }, refusal.TradeStateRefused, ""},
		{ActRefund, settled, func(t *Trade) ([]Move, error) { return t.Refund(never, "", 0, long) }, refusal.RefundWindowOver, ""},
		{ActRefund, underway, func(t *Trade) ([]Move, error) { return t.Refund(never, "", 0, long) }, refusal.DeadlinePassed, ""},
		{ActRefund, waiting, func(t *Trade) ([]Move, error) { return t.Refund(noon, "", 0, long) }, refusal.MissingField, "refund_id"},
		{ActRefund, waiting, func(t *Trade) ([]Move, error) { return t.Refund(noon, "R 1", 0, long) }, refusal.InvalidField, "refund_id"},
		{ActRefund, waiting, func(t *Trade) ([]Move, error) { return t.Refund(noon, "dispute-1", 0, long) }, refusal.InvalidField, "refund_id"},
		{ActRefund, waiting, func(t *Trade) ([]Move, error) { return t.Refund(noon, "R-1", 0, long) }, refusal.InvalidField, "reason"},
		{ActRefund, func() *Trade { return after(waiting(), refunded(1)) },
			func(t *Trade) ([]Move, error) { return t.Refund(noon, "R-1", 0, "") }, refusal.RefundNoTaken, "refund_id"},
		{ActRefund, waiting, func(t *Trade) ([]Move, error) { return t.Refund(noon, "R-1", 0, "") }, refusal.InvalidAmount, "amount"},
		{ActRefund, waiting, func(t *Trade) ([]Move, error) { return t.Refund(noon, "R-1", -1, "") }, refusal.InvalidAmount, "amount"},
		{ActRefund, waiting, func(t *Trade) ([]Move, error) { return t.Refund(noon, "R-1", money.MaxAmount+1, "") }, refusal.InvalidAmount, "amount"},
		{ActRefund, waiting, func(t *Trade) ([]Move, error) { return t.Refund(noon, "R-1", 100_01, "") }, refusal.RefundExceedsRest, "amount"},
		{ActRefund, func() *Trade { return after(waiting(), refunded(60_00)) },
			func(t *Trade) ([]Move, error) { return t.Refund(noon, "R-2", 40_01, "") }, refusal.RefundExceedsRest, "amount"},
		{ActRefund, refundedOften, func(t *Trade) ([]Move, error) { return t.Refund(noon, "R-1", 1, "") }, refusal.RefundLimitReached, ""},

		{ActRequestRefund, underway, func(t *Trade) ([]Move, error) { return t.RequestRefund(noon, 0, long) }, refusal.TradeStateRefused, ""},
		{ActRequestRefund, asked, func(t *Trade) ([]Move, error) { return t.RequestRefund(noon, 0, long) }, refusal.DisputeOpen, ""},
		{ActRequestRefund, waiting, func(t *Trade) ([]Move, error) { return t.RequestRefund(noon, 0, long) }, refusal.InvalidAmount, "amount"},
		{ActRequestRefund, waiting, func(t *Trade) ([]Move, error) { return t.RequestRefund(noon, 100_01, long) }, refusal.RefundExceedsRest, "amount"},
		{ActRequestRefund, waiting, func(t *Trade) ([]Move, error) { return t.RequestRefund(noon, 1, long) }, refusal.InvalidField, "words"},

		{ActOpenDispute, waiting, func(t *Trade) ([]Move, error) { return t.OpenDispute(never, Claim{}) }, refusal.TradeStateRefused, ""},
		{ActOpenDispute, quarrel, func(t *Trade) ([]Move, error) { return t.OpenDispute(never, Claim{}) }, refusal.DisputeOpen, ""},
		{ActOpenDispute, wornOut, func(t *Trade) ([]Move, error) { return t.OpenDispute(never, Claim{}) }, refusal.DisputeWindowOver, ""},
		{ActOpenDispute, wornOut, func(t *Trade) ([]Move, error) { return t.OpenDispute(noon, Claim{}) }, refusal.DisputeLimitReached, ""},
		{ActOpenDispute, underway, disputed(Claim{Return: true}), refusal.InvalidField, "reason"},
		{ActOpenDispute, underway, disputed(Claim{Reason: NotShipped}), refusal.InvalidField, "reason"},
		{ActOpenDispute, underway, disputed(Claim{Reason: 99}), refusal.InvalidField, "reason"},
		{ActOpenDispute, underway, disputed(Claim{Reason: NotReceived, Return: true}), refusal.InvalidField, "return"},
		{ActOpenDispute, func() *Trade { return after(begin(virtual()), paid, shipped) },
			disputed(Claim{Reason: NotAsDescribed, Return: true}), refusal.InvalidField, "return"},
		{ActOpenDispute, underway, disputed(Claim{Reason: Damaged, Words: long}), refusal.InvalidAmount, "amount"},
		{ActOpenDispute, underway, disputed(Claim{Reason: Damaged, Amount: 100_01, Words: long}), refusal.RefundExceedsRest, "amount"},
		{ActOpenDispute, underway, disputed(Claim{Reason: Damaged, Amount: 1, Words: long}), refusal.InvalidField, "words"},

		{ActAgree, underway, func(t *Trade) ([]Move, error) { return t.Agree(never, long) }, refusal.DisputeNotOpen, ""},
		{ActAgree, turnedDown, func(t *Trade) ([]Move, error) { return t.Agree(never, long) }, refusal.DisputeStateRefused, ""},
		{ActAgree, quarrel, func(t *Trade) ([]Move, error) { return t.Agree(never, long) }, refusal.DeadlinePassed, ""},
		{ActAgree, quarrel, func(t *Trade) ([]Move, error) { return t.Agree(noon, long) }, refusal.InvalidField, "note"},

		{ActRefuse, underway, func(t *Trade) ([]Move, error) { return t.Refuse(never, "") }, refusal.DisputeNotOpen, ""},
		{ActRefuse, turnedDown, func(t *Trade) ([]Move, error) { return t.Refuse(never, "") }, refusal.DisputeStateRefused, ""},
		{ActRefuse, quarrel, func(t *Trade) ([]Move, error) { return t.Refuse(never, "") }, refusal.DeadlinePassed, ""},
		{ActRefuse, quarrel, func(t *Trade) ([]Move, error) { return t.Refuse(noon, " ") }, refusal.MissingField, "reason"},
		{ActRefuse, quarrel, func(t *Trade) ([]Move, error) { return t.Refuse(noon, long) }, refusal.InvalidField, "reason"},

		{ActRevise, underway, func(t *Trade) ([]Move, error) { return t.Revise(never, Claim{}) }, refusal.DisputeNotOpen, ""},
		{ActRevise, quarrel, func(t *Trade) ([]Move, error) { return t.Revise(never, Claim{}) }, refusal.DisputeStateRefused, ""},
		{ActRevise, turnedDown, func(t *Trade) ([]Move, error) { return t.Revise(never, Claim{}) }, refusal.DeadlinePassed, ""},
		{ActRevise, turnedDown, func(t *Trade) ([]Move, error) { return t.Revise(noon, Claim{}) }, refusal.InvalidField, "reason"},
		{ActRevise, func() *Trade { return after(asked(), refused) },
			func(t *Trade) ([]Move, error) { return t.Revise(noon, damaged) }, refusal.InvalidField, "reason"},
		{ActRevise, turnedDown, func(t *Trade) ([]Move, error) { return t.Revise(noon, Claim{Reason: Damaged}) }, refusal.InvalidAmount, "amount"},
		{ActRevise, turnedDown, func(t *Trade) ([]Move, error) {
			return t.Revise(noon, Claim{Reason: Damaged, Amount: 100_01})
		}, refusal.RefundExceedsRest, "amount"},
		{ActRevise, turnedDown, func(t *Trade) ([]Move, error) {
			return t.Revise(noon, Claim{Reason: Damaged, Amount: 1, Words: long})
		}, refusal.InvalidField, "words"},

		{ActReturnShipped, underway, func(t *Trade) ([]Move, error) { return t.ReturnShipped(never, "", "") }, refusal.DisputeNotOpen, ""},
		{ActReturnShipped, quarrel, func(t *Trade) ([]Move, error) { return t.ReturnShipped(never, "", "") }, refusal.DisputeStateRefused, ""},
		{ActReturnShipped, returning, func(t *Trade) ([]Move, error) { return t.ReturnShipped(never, "", "") }, refusal.DeadlinePassed, ""},
		{ActReturnShipped, returning, func(t *Trade) ([]Move, error) { return t.ReturnShipped(noon, "", long) }, refusal.MissingField, "carrier"},
		{ActReturnShipped, returning, func(t *Trade) ([]Move, error) { return t.ReturnShipped(noon, "EMS", long) }, refusal.InvalidField, "tracking_no"},

		{ActReturnReceived, underway, func(t *Trade) ([]Move, error) { return t.ReturnReceived(never) }, refusal.DisputeNotOpen, ""},
		{ActReturnReceived, returning, func(t *Trade) ([]Move, error) { return t.ReturnReceived(never) }, refusal.DisputeStateRefused, ""},
		{ActReturnReceived, returned, func(t *Trade) ([]Move, error) { return t.ReturnReceived(never) }, refusal.DeadlinePassed, ""},

		{ActEscalate, underway, func(t *Trade) ([]Move, error) { return t.Escalate(never, System) }, refusal.DisputeNotOpen, ""},
		{ActEscalate, quarrel, func(t *Trade) ([]Move, error) { return t.Escalate(never, System) }, refusal.DisputeStateRefused, ""},
		{ActEscalate, turnedDown, func(t *Trade) ([]Move, error) { return t.Escalate(never, System) }, refusal.Forbidden, ""},
		{ActEscalate, returned, func(t *Trade) ([]Move, error) { return t.Escalate(never, Buyer) }, refusal.Forbidden, ""},
		{ActEscalate, turnedDown, func(t *Trade) ([]Move, error) { return t.Escalate(never, Buyer) }, refusal.DeadlinePassed, ""},

		{ActArbitrate, underway, func(t *Trade) ([]Move, error) { return t.Arbitrate(never, -1, "") }, refusal.DisputeNotOpen, ""},
		{ActArbitrate, turnedDown, func(t *Trade) ([]Move, error) { return t.Arbitrate(never, -1, "") }, refusal.DisputeStateRefused, ""},
		{ActArbitrate, atDesk, func(t *Trade) ([]Move, error) { return t.Arbitrate(never, -1, "") }, refusal.MissingField, "reason"},
		{ActArbitrate, atDesk, func(t *Trade) ([]Move, error) { return t.Arbitrate(never, -1, long) }, refusal.InvalidField, "reason"},
		{ActArbitrate, atDesk, func(t *Trade) ([]Move, error) { return t.Arbitrate(never, -1, "why") }, refusal.InvalidAmount, "amount"},
		{ActArbitrate, atDesk, func(t *Trade) ([]Move, error) { return t.Arbitrate(never, 40_01, "why") }, refusal.RefundExceedsRest, "amount"},

		{ActAddEvidence, underway, func(t *Trade) ([]Move, error) { return t.AddEvidence(never, System, "") }, refusal.DisputeNotOpen, ""},
		{ActAddEvidence, quarrel, func(t *Trade) ([]Move, error) { return t.AddEvidence(never, System, "") }, refusal.Forbidden, ""},
		{ActAddEvidence, quarrel, func(t *Trade) ([]Move, error) { return t.AddEvidence(never, Buyer, "") }, refusal.DeadlinePassed, ""},
		{ActAddEvidence, quarrel, func(t *Trade) ([]Move, error) { return t.AddEvidence(noon, Buyer, " ") }, refusal.MissingField, "text"},
		{ActAddEvidence, quarrel, func(t *Trade) ([]Move, error) { return t.AddEvidence(noon, Buyer, long, bad) }, refusal.InvalidField, "text"},
		{ActAddEvidence, func() *Trade {
			trade := quarrel()
			for range MaxEvidence {
				after(trade, func(t *Trade) ([]Move, error) { return t.AddEvidence(noon, Buyer, "look") })
			}
			return trade
		}, func(t *Trade) ([]Move, error) { return t.AddEvidence(noon, Buyer, "", bad) }, refusal.EvidenceTooLarge, ""},
		{ActAddEvidence, quarrel, func(t *Trade) ([]Move, error) {
			return t.AddEvidence(noon, Buyer, "", make([]File, MaxFiles+1)...)
		}, refusal.EvidenceTooLarge, "files"},
		{ActAddEvidence, quarrel, func(t *Trade) ([]Move, error) { return t.AddEvidence(noon, Buyer, "", good, bad) }, refusal.InvalidField, "files[1].digest"},
		{ActAddEvidence, quarrel, func(t *Trade) ([]Move, error) {
			return t.AddEvidence(noon, Buyer, "", with(func(f *File) { f.Size = 0 }))
		}, refusal.InvalidField, "files[0].size"},
		{ActAddEvidence, quarrel, func(t *Trade) ([]Move, error) {
			return t.AddEvidence(noon, Buyer, "", with(func(f *File) { f.Size = MaxFileBytes + 1 }))
		}, refusal.EvidenceTooLarge, "files[0].size"},
		{ActAddEvidence, quarrel, func(t *Trade) ([]Move, error) {
			return t.AddEvidence(noon, Buyer, "", with(func(f *File) { f.MediaType = "text/html" }))
		}, refusal.EvidenceTooLarge, "files[0].media_type"},

		{ActWithdrawDispute, underway, func(t *Trade) ([]Move, error) { return t.WithdrawDispute(never) }, refusal.DisputeNotOpen, ""},
		{ActWithdrawDispute, quarrel, func(t *Trade) ([]Move, error) { return t.WithdrawDispute(never) }, refusal.DeadlinePassed, ""},

		{ActDeadline, waiting, func(t *Trade) ([]Move, error) { return t.Deadline(never) }, refusal.DeadlineNotReached, ""},
		{ActDeadline, unpaid, func(t *Trade) ([]Move, error) { return t.Deadline(noon) }, refusal.DeadlineNotReached, ""},
	} {
		heard[c.act] = append(heard[c.act], c.code)
		trade := c.from()
		before := picture(trade)
		moves, err := c.do(trade)
		r := refusal.Of(err)
		if r == nil || r.Code != c.code || r.Field != c.field {
			t.Errorf("%s from %s: got %v, want %s in %q", c.act, standing(c.from()), err, c.code, c.field)
		}
		if moves != nil || picture(trade) != before {
			t.Errorf("%s from %s: refused with %s and yet changed something", c.act, standing(c.from()), c.code)
		}
		if _, listed := refusal.Find(c.code); !listed {
			t.Errorf("%s is not in the reference of refusals", c.code)
		}
	}
	compareWithDocs(t, heard)
}

// compareWithDocs wants each act's row in docs/trade.md to list its refusals in
// the order in which the test hears them.
func compareWithDocs(t *testing.T, heard map[Act][]refusal.Code) {
	page, err := os.ReadFile("../../docs/trade.md")
	if err != nil {
		t.Fatal(err)
	}
	for act := ActPay; act <= ActDeadline; act++ {
		var who []string
		for _, role := range rolesOf(act) {
			if role == System {
				who = append(who, "timer")
			} else {
				who = append(who, role.String())
			}
		}
		row := fmt.Sprintf("| `%s` | %s |", act, strings.Join(who, ", "))
		for _, code := range slices.Compact(heard[act]) {
			row += fmt.Sprintf(" `%s`", code)
		}
		if row += " |\n"; !strings.Contains(string(page), row) {
			t.Errorf("docs/trade.md should have the row\n%s", row)
		}
	}
}

func TestAfterManyRefundsAllThatIsLeftStillGoesBack(t *testing.T) {
	trade := after(begin(sale()), paid)
	for i := range MaxRefunds {
		after(trade, func(t *Trade) ([]Move, error) { return t.Refund(noon, fmt.Sprint("F-", i), 1, "") })
	}
	if _, err := trade.Refund(noon, "R-1", trade.Refundable(), ""); err != nil || trade.Status != TradeClosed {
		t.Errorf("%s, %v", trade.Status, err)
	}
}
