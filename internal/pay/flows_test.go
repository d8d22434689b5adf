package pay_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"tongbao/internal/audit"
	"tongbao/internal/bank"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/pebblestore"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// TestFlows runs the stories in testdata/flows: commands, then ----, then what
// is true. A new case needs no Go. After each story the books are audited.
// go test -run TestFlows -rewrite writes the answers anew: read the diff.
func TestFlows(t *testing.T) {
	datadriven.Walk(t, "testdata/flows", func(t *testing.T, path string) {
		w := newWorld(t)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var out strings.Builder
			for _, line := range append([]string{strings.TrimSpace(d.Cmd + " " + argsOf(d))}, nonEmpty(d.Input)...) {
				fmt.Fprintln(&out, w.run(line))
			}
			return out.String()
		})
		w.audit()
	})
}

func argsOf(d *datadriven.TestData) string {
	var words []string
	for _, a := range d.CmdArgs {
		words = append(words, a.String())
	}
	return strings.Join(words, " ")
}

func nonEmpty(text string) (lines []string) {
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// world is a platform with two shoppers and two shops, a standing clock, and a
// bank that does as the script says.
type world struct {
	t      *testing.T
	dir    string
	store  store.Store
	engine *engine.Engine
	who    *identity.Service
	desk   *pay.Desk
	bank   *scriptedBank
	now    time.Time
	code   party.Secret
	acts   int

	parties map[string]uint64
	orders  map[string]string // order number or bank order's nickname → id
	codes   map[string]string
}

const password = party.Secret("a long test password")

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir(), now: time.Date(2026, 1, 5, 4, 0, 0, 0, time.UTC), bank: &scriptedBank{orders: map[string]bank.Answer{}},
		parties: map[string]uint64{}, orders: map[string]string{}, codes: map[string]string{}}
	w.open()
	t.Cleanup(func() { w.close() })
	for i, shop := range []string{"tea", "books"} {
		m, err := w.who.CreateMerchant(w.ctx(), identity.Ask{}, identity.NewMerchant{Name: shop, FeeRate: 6000, Login: fmt.Sprintf("shop%d@x.example", i), Password: password})
		w.must(err)
		w.parties[shop] = m.ID
	}
	for i, name := range []string{"alice", "bob"} {
		phone := fmt.Sprintf("1380000000%d", i)
		_, err := w.who.SendCode(w.ctx(), identity.Ask{}, phone, party.SignUp)
		w.must(err)
		in, err := w.who.SignUp(w.ctx(), identity.Ask{}, identity.NewPerson{Phone: phone, Code: w.code, Password: password})
		w.must(err)
		w.must(w.who.SetPaymentPassword(w.ctx(), identity.Ask{}, in.Person.ID, "258036", "", ""))
		_, err = w.who.VerifyIdentity(w.ctx(), identity.Ask{}, in.Person.ID, "王伟", party.MakeResidentID("330106", "19900101", i).Reveal(), party.FaceProof)
		w.must(err)
		w.parties[name] = in.Person.ID
	}
	return w
}

func (w *world) ctx() context.Context { return context.Background() }

func (w *world) open() {
	var err error
	w.store, err = pebblestore.Open(w.ctx(), pebblestore.Options{Dir: w.dir})
	w.must(err)
	w.engine, err = engine.New(w.ctx(), w.store, engine.Options{Now: func() time.Time { return w.now }})
	w.must(err)
	w.who = identity.New(w.engine, identity.Options{Argon: identity.Argon{MemoryKiB: 8, Passes: 1, Threads: 1},
		SendCode: func(_ context.Context, _ string, code party.Secret, _ party.Purpose) error { w.code = code; return nil }})
	w.desk = pay.New(w.engine, w.who, pay.Options{Banks: []bank.Channel{w.bank}})
}

func (w *world) close() {
	w.engine.Close()
	w.must(w.store.Close())
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) audit() {
	w.t.Helper()
	report, err := audit.Store(w.ctx(), w.store, engine.Shanghai, nil)
	w.must(err)
	for _, c := range report.Checks {
		if !c.OK {
			w.t.Errorf("%s: %v", c.Name, c.Faults)
		}
	}
}

// line is one command: a verb, what it is done to, and named arguments.
type line struct {
	w    *world
	verb string
	what string
	args map[string]string
}

func (w *world) run(text string) string {
	l := line{w: w, args: map[string]string{}}
	for i, word := range strings.Fields(text) {
		name, value, named := strings.Cut(word, "=")
		switch {
		case i == 0:
			l.verb = word
		case named:
			l.args[name] = value
		default:
			l.what = word
		}
	}
	do, ok := verbs[l.verb]
	if !ok {
		w.t.Fatalf("no verb %q", l.verb)
	}
	answer, err := do(l)
	if no := refusal.Of(err); no != nil {
		return fmt.Sprintf("%s: refused, %s", text, no.Code)
	}
	w.must(err)
	return fmt.Sprintf("%s: %s", text, answer)
}

func (l line) key() string {
	if key, ok := l.args["key"]; ok {
		return "flow/" + key
	}
	l.w.acts++
	return fmt.Sprint("flow/", l.w.acts)
}

func (l line) amount() money.Amount { return l.money("amount") }

func (l line) money(name string) money.Amount {
	text, ok := l.args[name]
	if !ok {
		return 0
	}
	amount, err := money.Parse(text, money.CNY)
	l.w.must(err)
	return amount
}

func (l line) party(name string) uint64 {
	id, ok := l.w.parties[l.args[name]]
	if !ok {
		l.w.t.Fatalf("%s: who is %s=%q?", l.verb, name, l.args[name])
	}
	return id
}

func (l line) by() engine.By { return engine.By{Actor: "flow", Request: l.verb} }

func (l line) order() string { return l.w.orders[l.what] }

var verbs map[string]func(line) (string, error)

func init() {
	verbs = map[string]func(line) (string, error){
		"open": open, "pay": payOrder, "code": issueCode, "books": books, "payment": payment, "advance": advance, "restart": restart,
		"top-up": topUp, "withdraw": withdraw, "ask-bank": askBank, "bank-says": bankSays, "transfer": transfer, "left": left, "hold": hold, "end-hold": endHold,
		"close": act(func(l line, id string) (trade.Trade, error) { return l.w.desk.Close(l.w.ctx(), l.by(), l.key(), id) }),
		"ship": act(func(l line, id string) (trade.Trade, error) {
			return l.w.desk.Ship(l.w.ctx(), l.by(), l.key(), id, "SF Express", "SF1")
		}),
		"confirm": act(func(l line, id string) (trade.Trade, error) {
			return l.w.desk.Confirm(l.w.ctx(), l.by(), l.key(), id, l.party("by"), "258036")
		}),
		"extend": act(func(l line, id string) (trade.Trade, error) { return l.w.desk.Extend(l.w.ctx(), l.by(), l.key(), id) }),
		"refund": act(func(l line, id string) (trade.Trade, error) {
			return l.w.desk.Refund(l.w.ctx(), l.by(), l.key(), id, l.amount(), "sorry")
		}),
		"request-refund": act(func(l line, id string) (trade.Trade, error) {
			return l.w.desk.RequestRefund(l.w.ctx(), l.by(), l.key(), id, l.amount(), "too slow")
		}),
		"dispute": act(func(l line, id string) (trade.Trade, error) {
			return l.w.desk.OpenDispute(l.w.ctx(), l.by(), l.key(), id, trade.Claim{Reason: trade.NotAsDescribed, Amount: l.amount(), Return: l.args["return"] == "yes", Words: "it is green"}, nil)
		}),
		"agree": act(func(l line, id string) (trade.Trade, error) {
			return l.w.desk.Agree(l.w.ctx(), l.by(), l.key(), id, "")
		}),
		"refuse": act(func(l line, id string) (trade.Trade, error) {
			return l.w.desk.Refuse(l.w.ctx(), l.by(), l.key(), id, "no")
		}),
		"return-shipped": act(func(l line, id string) (trade.Trade, error) {
			return l.w.desk.ReturnShipped(l.w.ctx(), l.by(), l.key(), id, "SF Express", "SF2")
		}),
		"return-received": act(func(l line, id string) (trade.Trade, error) {
			return l.w.desk.ReturnReceived(l.w.ctx(), l.by(), l.key(), id)
		}),
		"escalate": act(func(l line, id string) (trade.Trade, error) {
			return l.w.desk.Escalate(l.w.ctx(), l.by(), l.key(), id, trade.Buyer)
		}),
		"withdraw-dispute": act(func(l line, id string) (trade.Trade, error) {
			return l.w.desk.WithdrawDispute(l.w.ctx(), l.by(), l.key(), id)
		}),
		"arbitrate": act(func(l line, id string) (trade.Trade, error) {
			return l.w.desk.Arbitrate(l.w.ctx(), l.by(), l.key(), id, l.amount(), "seen the pictures")
		}),
	}
}

func act(do func(line, string) (trade.Trade, error)) func(line) (string, error) {
	return func(l line) (string, error) {
		t, err := do(l, l.order())
		return stands(&t), err
	}
}

func stands(t *trade.Trade) string {
	text := t.Status.String()
	if t.Dispute != nil {
		text += " " + t.Dispute.Status.String()
	}
	return text
}

func open(l line) (string, error) {
	o := trade.Order{OrderNo: l.what, Merchant: l.party("shop"), Kind: trade.Escrow, Goods: trade.Physical, Subject: "goods", Amount: l.amount(), Currency: money.CNY}
	if l.args["goods"] == "virtual" {
		o.Goods = trade.Virtual
	}
	if l.args["kind"] == "instant" || l.args["code"] != "" {
		o.Kind = trade.Instant
	}
	if payee := l.args["payee"]; payee != "" {
		o.Payees = []trade.Payee{{Party: l.w.parties[payee], Amount: l.money("part")}}
	}
	t, opened, err := l.w.desk.Open(l.w.ctx(), l.by(), l.key(), pay.Asked{Order: o, Code: l.w.codes[l.args["code"]]})
	if err != nil {
		return "", err
	}
	l.w.orders[l.what] = t.ID
	answer := stands(&t)
	if opened.Existing {
		answer += ", as before"
	}
	if opened.StepUp {
		answer += ", the payer must confirm"
	}
	return answer, nil
}

func payOrder(l line) (string, error) {
	typed := party.Secret("258036")
	if l.args["password"] != "" {
		typed = party.Secret(l.args["password"])
	}
	t, err := l.w.desk.Pay(l.w.ctx(), l.by(), l.key(), l.order(), l.party("by"), typed, l.amount())
	return stands(&t), err
}

func issueCode(l line) (string, error) {
	c, err := l.w.desk.IssueCode(l.w.ctx(), l.by(), l.key(), l.party("of"), false)
	l.w.codes[l.what] = c.Digits
	return "18 digits for a minute", err
}

func transfer(l line) (string, error) {
	_, err := l.w.desk.Transfer(l.w.ctx(), l.by(), l.key(), l.party("from"), l.party("to"), l.amount(), money.CNY, "", "258036")
	return "sent", err
}

func card() party.BankCard {
	return party.BankCard{ID: "card", Bank: "ICBC", Last4: "1234", Token: "tok"}
}

func topUp(l line) (string, error) {
	o, err := l.w.desk.TopUp(l.w.ctx(), l.by(), l.key(), l.party("of"), card(), l.amount(), money.CNY)
	l.w.orders[l.what] = o.ID
	return string(o.Status), err
}

func withdraw(l line) (string, error) {
	o, err := l.w.desk.Withdraw(l.w.ctx(), l.by(), l.key(), l.party("of"), card(), l.amount(), money.CNY, "258036")
	l.w.orders[l.what] = o.ID
	return string(o.Status), err
}

func askBank(l line) (string, error) {
	l.w.bank.mood = l.args["bank"]
	o, err := l.w.desk.AskBank(l.w.ctx(), l.order())
	return string(o.Status), err
}

// bankSays is the bank speaking up by itself.
func bankSays(l line) (string, error) {
	o, _, err := pay.BankOrders.Read(l.w.ctx(), l.w.store, l.order())
	l.w.must(err)
	o, err = l.w.desk.BankAnswered(l.w.ctx(), l.key(), &o, bank.Answer{Outcome: bank.Outcome(l.args["outcome"])})
	return string(o.Status) + " " + o.Code, err
}

func hold(l line) (string, error) {
	h, err := l.w.desk.Authorise(l.w.ctx(), l.by(), l.key(), pay.BalanceOf(l.party("of"), money.CNY), l.amount(), 3600, "deposit")
	l.w.orders[l.what] = h.ID
	return string(h.Status), err
}

func endHold(l line) (string, error) {
	var h ledger.Hold
	var err error
	switch l.args["how"] {
	case "capture":
		h, err = l.w.desk.CaptureHold(l.w.ctx(), l.by(), l.key(), l.order(), l.amount(), l.args["final"] == "yes", l.party("to"))
	case "void":
		h, err = l.w.desk.VoidHold(l.w.ctx(), l.by(), l.key(), l.order())
	case "expire":
		h, err = l.w.desk.ExpireHold(l.w.ctx(), l.order())
	}
	return string(h.Status), err
}

func left(l line) (string, error) {
	a, err := l.w.store.Account(l.w.ctx(), pay.BalanceOf(l.party("of"), money.CNY))
	return money.Format(a.Left(engine.DayOf(l.w.now, engine.Shanghai)), money.CNY), err
}

func payment(l line) (string, error) {
	t, err := l.w.desk.Trade(l.w.ctx(), l.order())
	return fmt.Sprintf("%s, in escrow %s, refunded %s, settled %s, fee %s", stands(&t), money.Format(t.InEscrow(), t.Currency),
		money.Format(t.Refunded, t.Currency), money.Format(t.Settled, t.Currency), money.Format(t.FeeCharged, t.Currency)), err
}

// books shows every account that anything has happened to.
func books(l line) (string, error) {
	accounts, err := l.w.store.Accounts(l.w.ctx(), ledger.AccountID{}, 100)
	var lines []string
	for _, a := range accounts {
		name := a.ID.Kind.String()
		for party, id := range l.w.parties {
			if id == a.ID.Owner {
				name += " " + party
			}
		}
		if a.Entries == 0 {
			continue
		}
		text := fmt.Sprintf("  %-20s %10s", name, money.Format(a.Balance, a.ID.Currency))
		if a.Held != 0 {
			text += fmt.Sprintf("  held %s", money.Format(a.Held, a.ID.Currency))
		}
		lines = append(lines, text)
	}
	slices.Sort(lines)
	return "\n" + strings.Join(lines, "\n"), err
}

// advance moves the clock, and has what is due on trades done on the way.
func advance(l line) (string, error) {
	by, err := time.ParseDuration(l.what)
	l.w.must(err)
	until := l.w.now.Add(by)
	done := 0
	for {
		due, err := pay.Timers.Scan(l.w.ctx(), l.w.store, store.Range{Index: pay.DueIndex(pay.TimerTrade), Limit: 1})
		l.w.must(err)
		if len(due) == 0 || due[0].Value.Due > until.UnixMilli() {
			break
		}
		l.w.now = time.UnixMilli(due[0].Value.Due)
		if _, err := l.w.desk.Deadline(l.w.ctx(), due[0].Value.About, due[0].Value.Due); err != nil {
			return "", err
		}
		done++
	}
	l.w.now = until
	return fmt.Sprintf("%d deadlines", done), nil
}

func restart(l line) (string, error) {
	l.w.close()
	l.w.open()
	return "up again", nil
}

// scriptedBank does what the script says, and remembers what it did.
type scriptedBank struct {
	mood   string // yes, no, lost-yes (did it, the answer was lost), lost (never heard it), busy
	orders map[string]bank.Answer
}

func (b *scriptedBank) Number() uint64 { return 9001 }

func (b *scriptedBank) Instruct(_ context.Context, i bank.Instruction) (bank.Answer, error) {
	if known, ok := b.orders[i.Ref]; ok {
		return known, nil
	}
	switch b.mood {
	case "no":
		b.orders[i.Ref] = bank.Answer{Outcome: bank.Refused, Code: "51"}
	case "lost":
		return bank.Answer{}, fmt.Errorf("connection reset")
	case "lost-yes":
		b.orders[i.Ref] = bank.Answer{Outcome: bank.Succeeded}
		return bank.Answer{}, fmt.Errorf("timeout")
	case "busy":
		return bank.Answer{Outcome: bank.Unknown}, nil
	default:
		b.orders[i.Ref] = bank.Answer{Outcome: bank.Succeeded}
	}
	return b.orders[i.Ref], nil
}

func (b *scriptedBank) Query(_ context.Context, ref string) (bank.Answer, error) {
	if b.mood == "silent" {
		return bank.Answer{}, fmt.Errorf("timeout")
	}
	if known, ok := b.orders[ref]; ok {
		return known, nil
	}
	return bank.Answer{Outcome: bank.NotFound}, nil
}
