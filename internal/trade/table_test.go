package trade

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

var update = flag.Bool("update", false, "write the table anew into testdata and docs")

// situations are all places where a trade can stand.
var situations = []struct {
	note string
	make func() *Trade
}{
	{"", func() *Trade { return begin(sale()) }},
	{"never paid", func() *Trade {
		return after(begin(sale()), func(t *Trade) ([]Move, error) { return t.Close(noon) })
	}},
	{"", func() *Trade { return after(begin(sale()), paid) }},
	{"", func() *Trade { return after(begin(sale()), paid, requested) }},
	{"", func() *Trade { return after(begin(sale()), paid, requested, refused) }},
	{"", func() *Trade { return after(begin(sale()), paid, requested, refused, escalated) }},
	{"a request of 40.00 was granted", func() *Trade {
		return after(begin(sale()), paid, func(t *Trade) ([]Move, error) { return t.RequestRefund(noon, 40_00, "") }, agreed)
	}},
	{"a request was withdrawn", func() *Trade { return after(begin(sale()), paid, requested, withdrawn) }},
	{"", func() *Trade { return after(begin(sale()), paid, shipped) }},
	{"claim 40.00", func() *Trade { return after(begin(sale()), paid, shipped, disputed(damaged)) }},
	{"claim 40.00, goods to be returned", func() *Trade { return after(begin(sale()), paid, shipped, disputed(damagedReturn)) }},
	{"claim 40.00", func() *Trade { return after(begin(sale()), paid, shipped, disputed(damaged), refused) }},
	{"claim 40.00", func() *Trade { return after(begin(sale()), paid, shipped, disputed(damagedReturn), agreed) }},
	{"claim 40.00", func() *Trade { return after(begin(sale()), paid, shipped, disputed(damagedReturn), agreed, sentBack) }},
	{"claim 40.00", func() *Trade { return after(begin(sale()), paid, shipped, disputed(damaged), refused, escalated) }},
	{"a claim of 40.00 was granted", func() *Trade { return after(begin(sale()), paid, shipped, disputed(damaged), agreed) }},
	{"a claim was withdrawn", func() *Trade { return after(begin(sale()), paid, shipped, disputed(damaged), withdrawn) }},
	{"escrow", func() *Trade { return after(begin(sale()), paid, shipped, confirmed) }},
	{"escrow, 40.00 refunded before shipping", func() *Trade { return after(begin(sale()), paid, refunded(40_00), shipped, confirmed) }},
	{"wholly refunded", func() *Trade { return after(begin(sale()), paid, refunded(100_00)) }},
	{"instant", func() *Trade { return after(begin(instant()), paid) }},
	{"instant, 40.00 refunded", func() *Trade { return after(begin(instant()), paid, refunded(40_00)) }},
	{"instant, refund window over", func() *Trade {
		return after(begin(instant()), paid, func(t *Trade) ([]Move, error) { return t.Finish(t.RefundBy) })
	}},
}

// entries are all acts, with the inputs that make a difference.
var entries = []struct {
	act   Act
	input string
	do    func(t *Trade, at Time) ([]Move, error)
}{
	{ActPay, "", func(t *Trade, at Time) ([]Move, error) { return t.Pay(at, shopper) }},
	{ActClose, "", func(t *Trade, at Time) ([]Move, error) { return t.Close(at) }},
	{ActExpire, "", func(t *Trade, at Time) ([]Move, error) { return t.Expire(at) }},
	{ActShip, "", func(t *Trade, at Time) ([]Move, error) { return t.Ship(at, "SF Express", "SF100") }},
	{ActExtend, "", func(t *Trade, at Time) ([]Move, error) { return t.Extend(at) }},
	{ActConfirm, "", func(t *Trade, at Time) ([]Move, error) { return t.Confirm(at) }},
	{ActAutoConfirm, "", func(t *Trade, at Time) ([]Move, error) { return t.AutoConfirm(at) }},
	{ActFinish, "", func(t *Trade, at Time) ([]Move, error) { return t.Finish(at) }},
	{ActRefund, "10.00", func(t *Trade, at Time) ([]Move, error) { return t.Refund(at, "R-2", 10_00, "") }},
	{ActRefund, "rest", func(t *Trade, at Time) ([]Move, error) { return t.Refund(at, "R-2", max(1, t.Refundable()), "") }},
	{ActRequestRefund, "rest", func(t *Trade, at Time) ([]Move, error) { return t.RequestRefund(at, t.Refundable(), "") }},
	{ActOpenDispute, "40.00", func(t *Trade, at Time) ([]Move, error) { return t.OpenDispute(at, damaged) }},
	{ActAgree, "", func(t *Trade, at Time) ([]Move, error) { return t.Agree(at, "") }},
	{ActRefuse, "", func(t *Trade, at Time) ([]Move, error) { return t.Refuse(at, "no") }},
	{ActRevise, "20.00", func(t *Trade, at Time) ([]Move, error) {
		claim := Claim{Reason: Damaged, Amount: 20_00}
		if t.Shipped == 0 {
			claim.Reason = NotShipped
		}
		return t.Revise(at, claim)
	}},
	{ActReturnShipped, "", func(t *Trade, at Time) ([]Move, error) { return t.ReturnShipped(at, "SF Express", "SF200") }},
	{ActReturnReceived, "", func(t *Trade, at Time) ([]Move, error) { return t.ReturnReceived(at) }},
	{ActEscalate, "buyer", func(t *Trade, at Time) ([]Move, error) { return t.Escalate(at, Buyer) }},
	{ActEscalate, "seller", func(t *Trade, at Time) ([]Move, error) { return t.Escalate(at, Seller) }},
	{ActArbitrate, "all", func(t *Trade, at Time) ([]Move, error) { return t.Arbitrate(at, claimOf(t), "so be it") }},
	{ActArbitrate, "part", func(t *Trade, at Time) ([]Move, error) { return t.Arbitrate(at, claimOf(t)/4, "so be it") }},
	{ActArbitrate, "none", func(t *Trade, at Time) ([]Move, error) { return t.Arbitrate(at, 0, "so be it") }},
	{ActAddEvidence, "buyer", func(t *Trade, at Time) ([]Move, error) { return t.AddEvidence(at, Buyer, "look") }},
	{ActAddEvidence, "seller", func(t *Trade, at Time) ([]Move, error) { return t.AddEvidence(at, Seller, "look") }},
	{ActWithdrawDispute, "", func(t *Trade, at Time) ([]Move, error) { return t.WithdrawDispute(at) }},
	{ActDeadline, "", func(t *Trade, at Time) ([]Move, error) { return t.Deadline(at) }},
}

var timers = []Act{ActExpire, ActAutoConfirm, ActFinish, ActDeadline}

// momentOf says when the table tries an act: parties an hour after the
// situation came about, timers when something is due.
func momentOf(act Act, t *Trade) Time {
	if due, _, ok := t.NextDeadline(); ok && slices.Contains(timers, act) {
		return due
	}
	return max(noon, t.Finished).Add(Hour)
}

func claimOf(t *Trade) money.Amount {
	if t.Dispute == nil {
		return 1
	}
	return t.Dispute.OpenClaim()
}

// TestTable holds the code, testdata/table.txt and docs/trade.md together.
func TestTable(t *testing.T) {
	const golden, docs = "testdata/table.txt", "../../docs/trade.md"
	got := drawTable(t)
	page, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(page), "<!-- table -->\n")
	inside, behind, found := strings.Cut(rest, "<!-- end of table -->")
	if !found {
		t.Fatalf("%s has no place for the table", docs)
	}
	fenced := "```\n" + got + "```\n"
	if *update {
		writeFile(t, golden, got)
		writeFile(t, docs, before+"<!-- table -->\n"+fenced+"<!-- end of table -->"+behind)
		return
	}

	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the code's table is not that of %s; if it is meant, run go test ./internal/trade -run Table -update and read the difference", golden)
	}
	if inside != fenced {
		t.Errorf("the table in %s is not the code's", docs)
	}
}

func drawTable(t *testing.T) string {
	var page strings.Builder
	for _, s := range situations {
		before := s.make()
		fmt.Fprint(&page, standing(before))
		if s.note != "" {
			fmt.Fprintf(&page, "  (%s)", s.note)
		}
		fmt.Fprintln(&page)

		lines := tabwriter.NewWriter(&page, 0, 0, 2, ' ', 0)
		no := map[refusal.Code][]string{}
		for _, e := range entries {
			name := strings.TrimSpace(e.act.String() + " " + e.input)
			trade := s.make()
			moves, err := e.do(trade, momentOf(e.act, trade))
			if r := refusal.Of(err); r != nil {
				if e.act != ActEscalate { // refused whatever the input; of escalate the side decides
					name = e.act.String()
				}
				if !slices.Contains(no[r.Code], name) {
					no[r.Code] = append(no[r.Code], name)
				}
				if picture(trade) != picture(before) || moves != nil {
					t.Errorf("%s at %s was refused and yet changed something", name, standing(before))
				}
				continue
			} else if err != nil {
				t.Fatalf("%s: %v is no refusal", name, err)
			}
			fmt.Fprintf(lines, "  %s\t→ %s\t%s\t%s\n", name, standing(trade), nextDue(trade), told(moves))
		}
		lines.Flush()
		for _, entry := range refusal.All {
			if names := no[entry.Code]; names != nil {
				page.WriteString(wrapped(string(entry.Code)+": ", names))
			}
		}
		fmt.Fprintln(&page)
	}

	var tidy strings.Builder // the tabwriter leaves spaces at line ends
	for line := range strings.Lines(page.String()) {
		fmt.Fprintln(&tidy, strings.TrimRight(line, " \n"))
	}
	return strings.TrimSuffix(tidy.String(), "\n")
}

func standing(t *Trade) string {
	if t.Dispute == nil {
		return t.Status.String()
	}
	return t.Status.String() + " · " + t.Dispute.Status.String()
}

// nextDue says which timer runs next, and how long after noon.
func nextDue(t *Trade) string {
	at, due, ok := t.NextDeadline()
	if !ok {
		return "-"
	}
	hours := (at - noon) / 1000 / 60 / 60
	return fmt.Sprintf("%s %dd%02dh", due, hours/24, hours%24)
}

func told(moves []Move) string {
	var words []string
	for _, m := range moves {
		words = append(words, fmt.Sprintf("%s→%s %s %s", m.From, m.To, m.Why, money.Format(m.Amount, money.CNY)))
	}
	return strings.Join(words, ", ")
}

func wrapped(title string, words []string) string {
	const indent, width = "  ", 110
	var out strings.Builder
	line := indent + "✗ " + title
	for i, w := range words {
		if i < len(words)-1 {
			w += ", "
		}
		if len(line)+len(w) > width {
			fmt.Fprintln(&out, line)
			line = indent + "    "
		}
		line += w
	}
	fmt.Fprintln(&out, line)
	return out.String()
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestTableNamesAllStates keeps the list of situations complete.
func TestTableNamesAllStates(t *testing.T) {
	status, dispute := map[Status]bool{}, map[DisputeStatus]bool{}
	for _, s := range situations {
		trade := s.make()
		status[trade.Status] = true
		if trade.Dispute != nil {
			dispute[trade.Dispute.Status] = true
		}
	}
	if len(status) != len(statusNames)-1 || len(dispute) != len(disputeStatusNames)-1 {
		t.Errorf("the table has %d of %d states and %d of %d dispute states",
			len(status), len(statusNames)-1, len(dispute), len(disputeStatusNames)-1)
	}
	acts := map[Act]bool{}
	for _, e := range entries {
		acts[e.act] = true
	}
	if len(acts) != len(actNames)-1 || len(attempts) != len(actNames)-1 {
		t.Errorf("the table has %d acts, Allowed knows %d, there are %d", len(acts), len(attempts), len(actNames)-1)
	}
}

// TestAllowedAgreesWithMethods: a button is shown exactly where the act, with
// the table's inputs and not Allowed's own, is done.
func TestAllowedAgreesWithMethods(t *testing.T) {
	for _, s := range situations {
		before := s.make()
		for _, at := range []Time{momentOf(ActPay, before), momentOf(ActDeadline, before)} {
			for role := Buyer; role <= System; role++ {
				var done []Act
				for _, e := range entries {
					otherSide := role == Buyer && e.input == Seller.String() || role == Seller && e.input == Buyer.String()
					if otherSide || !slices.Contains(rolesOf(e.act), role) || slices.Contains(done, e.act) {
						continue
					}
					if _, err := e.do(s.make(), at); err == nil {
						done = append(done, e.act)
					}
				}
				if shown := before.Allowed(at, role); !slices.Equal(shown, done) {
					t.Errorf("%s, %s: shown are %v, possible %v", standing(before), role, shown, done)
				}
			}
		}
	}
}

func rolesOf(act Act) []Role {
	for _, a := range attempts {
		if a.act == act {
			return a.roles
		}
	}
	return nil
}
