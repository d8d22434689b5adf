package replay

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tongbao/internal/audit"
	"tongbao/internal/bank"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// Report is where everything ended.
type Report struct {
	Orders    int                       `json:"orders"`
	Ends      map[string]map[string]int `json:"ends"` // status in the file → state of the trade → how many
	Confirmed int                       `json:"confirmed_by_buyer"`
	Auto      int                       `json:"auto_confirmed"`
	TooLate   int                       `json:"confirmed_too_late"` // delivered after the automatic confirmation
	Expired   int                       `json:"expired"`            // the payment came after the time to pay; the order ended there
	MoneyIn   money.Amount              `json:"money_in"`           // topped up from banks
	Paid      money.Amount              `json:"paid"`
	InEscrow  money.Amount              `json:"in_escrow"`
	PaidOut   money.Amount              `json:"paid_out"` // settled to sellers, after fees and refunds
	Refunded  money.Amount              `json:"refunded"`
	Fees      money.Amount              `json:"fees"`
	Commands  uint64                    `json:"commands"`
	Until     time.Time                 `json:"until"` // where the simulated clock stopped
	Books     audit.Report              `json:"books"`
}

// world is the platform as the replay uses it.
type world struct {
	store  store.Store
	engine *engine.Engine
	who    *identity.Service
	desk   *pay.Desk
	now    atomic.Int64 // the simulated clock, Unix microseconds

	phones sync.Map // phone → the newest code
	orders []Order
	shops  []uint64
	people []person     // by customer number - 1
	trades []string     // by order
	over   map[int]bool // orders that expired unpaid
	report Report
}

type person struct {
	id   uint64
	card party.BankCard
}

// Orders replays the orders on an empty store and audits the books.
func Orders(ctx context.Context, s store.Store, orders []Order, progress Progress) (Report, error) {
	if len(orders) == 0 {
		return Report{}, fmt.Errorf("there are no orders to replay")
	}
	if head, err := s.Head(ctx); err != nil || head.Position != 0 {
		if err != nil {
			return Report{}, fmt.Errorf("read the store: %w", err)
		}
		return Report{}, fmt.Errorf("the store has %d entries already; a replay needs an empty one", head.Position)
	}
	steps := stepsOf(orders)
	w := &world{store: s, orders: orders, trades: make([]string, len(orders)), over: map[int]bool{}}
	w.setClock(steps[0].at.Add(-24 * time.Hour))
	var err error
	if w.engine, err = engine.New(ctx, s, engine.Options{Now: func() time.Time { return time.UnixMicro(w.now.Load()) }}); err != nil {
		return Report{}, err
	}
	defer w.engine.Close()
	// Nobody guesses these people's passwords: a token effort at hashing will do.
	w.who = identity.New(w.engine, identity.Options{Argon: identity.Argon{MemoryKiB: 8, Passes: 1, Threads: 1}, SendCode: w.keepCode, Waiting: 1 << 16})
	w.desk = pay.New(w.engine, w.who, pay.Options{Banks: []bank.Channel{promptBank{}}})

	if err := w.enrol(ctx, func(share int) { progress(share*300/1000, "people sign up") }); err != nil {
		return Report{}, err
	}
	for i, s := range steps {
		if err := w.take(ctx, s); err != nil {
			o := orders[s.order]
			return Report{}, fmt.Errorf("order %s at %s, %s: %w", o.ID, s.at.Format(time.DateTime), s.act, err)
		}
		if i%64 == 0 {
			progress(300+i*550/len(steps), s.at.Format(time.DateOnly))
		}
	}
	if err := w.runTimers(ctx, steps[len(steps)-1].at.Add(30*24*time.Hour)); err != nil {
		return Report{}, err
	}
	return w.report, w.sumUp(ctx, func(share int) { progress(850+share*150/1000, "the books are audited") })
}

func (w *world) setClock(at time.Time) { w.now.Store(at.UnixMicro()) }

func (w *world) keepCode(_ context.Context, phone string, code party.Secret, _ party.Purpose) error {
	w.phones.Store(phone, code)
	return nil
}

// enrol has every seller and every customer of the record join, as they would:
// by one-time code, with an identity, a card and a limit that allows shopping.
func (w *world) enrol(ctx context.Context, progress func(int)) error {
	for i, s := range sellers {
		m, err := w.who.CreateMerchant(ctx, identity.Ask{Key: "replay", By: engine.By{Actor: "replay"}}, identity.NewMerchant{
			Name: s.name, FeeRate: s.rate, Login: fmt.Sprintf("owner%d@replay.example", i), Password: "a long replay password"})
		if err != nil {
			return fmt.Errorf("take on %s: %w", s.name, err)
		}
		w.shops = append(w.shops, m.ID)
	}

	customers := 0
	for _, o := range w.orders {
		customers = max(customers, o.Customer)
	}
	w.people = make([]person, customers)
	var next, done atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for range min(64, customers) {
		wg.Go(func() {
			for failed.Load() == nil {
				n := int(next.Add(1))
				if n > customers {
					return
				}
				if err := w.signUp(ctx, n); err != nil {
					err = fmt.Errorf("customer %d: %w", n, err)
					failed.CompareAndSwap(nil, &err)
				}
				if d := done.Add(1); d%64 == 0 {
					progress(int(d) * 1000 / customers)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

func (w *world) signUp(ctx context.Context, n int) error {
	phone := fmt.Sprintf("139%08d", n)
	ask := identity.Ask{Key: fmt.Sprintf("customer-%d", n), By: engine.By{Actor: "replay"}}
	if _, err := w.who.SendCode(ctx, ask, phone, party.SignUp); err != nil {
		return err
	}
	code, _ := w.phones.LoadAndDelete(phone)
	in, err := w.who.SignUp(ctx, ask, identity.NewPerson{Phone: phone, Code: code.(party.Secret), Password: "a long replay password"})
	if err != nil {
		return err
	}
	name := "买家" + strings.Map(func(r rune) rune { return []rune("零一二三四五六七八九")[r-'0'] }, fmt.Sprint(n))
	number := party.MakeResidentID("330106", time.Date(1950, 1, 1+n/1000, 0, 0, 0, 0, time.UTC).Format("20060102"), n%1000)
	if _, err := w.who.VerifyIdentity(ctx, ask, in.Person.ID, name, number.Reveal(), party.FaceProof); err != nil {
		return err
	}
	card, err := w.who.AddCard(ctx, ask, in.Person.ID, identity.NewCard{Bank: "ICBC", Number: "6222020200112230004", Holder: name})
	w.people[n-1] = person{id: in.Person.ID, card: card}
	return err
}

// take runs what has come due, sets the clock, and has the step done.
func (w *world) take(ctx context.Context, s step) error {
	if err := w.runTimers(ctx, s.at); err != nil {
		return err
	}
	w.setClock(s.at)
	o := w.orders[s.order]
	if w.over[s.order] {
		return nil
	}
	amount, err := o.Amount()
	if err != nil {
		return err
	}
	shop, buyer, id := w.shops[o.Seller(len(w.shops))], w.people[o.Customer-1], w.trades[s.order]
	key := "replay/" + o.ID + "/" + s.act
	seller, customer := engine.By{Actor: fmt.Sprintf("merchant:%d", shop), Request: key}, engine.By{Actor: fmt.Sprintf("user:%d", buyer.id), Request: key}
	switch s.act {
	case stepOpen:
		t, _, err := w.desk.Open(ctx, seller, key, pay.Asked{Order: trade.Order{OrderNo: o.ID, Merchant: shop, Buyer: buyer.id, Kind: trade.Escrow,
			Goods: trade.Physical, Subject: "Order " + o.ID[:8], Amount: amount, Currency: money.CNY}})
		w.trades[s.order] = t.ID
		return err
	case stepPay:
		err := w.pay(ctx, customer, key, id, buyer, amount)
		if no := refusal.Of(err); no != nil && no.Code == refusal.TradeStateRefused {
			w.report.Expired++
			w.over[s.order] = true
			return nil
		}
		return err
	case stepShip:
		_, err := w.desk.Ship(ctx, seller, key, id, "Correios", "BR"+o.ID[:12])
		return err
	case stepDeliver:
		if o.Customer%2 != 0 {
			return nil
		}
		_, err := w.desk.ConfirmProved(ctx, customer, key, id)
		if no := refusal.Of(err); no != nil && no.Code == refusal.TradeStateRefused {
			w.report.TooLate++ // the ten days were over before the parcel came
			return nil
		}
		w.report.Confirmed++
		return err
	case stepCancel:
		t, err := w.desk.Trade(ctx, id)
		if err != nil {
			return err
		}
		if t.Status == trade.WaitBuyerPay {
			_, err = w.desk.Close(ctx, seller, key, id)
		} else {
			_, err = w.desk.Refund(ctx, seller, key, id, t.Refundable(), "order "+o.Status)
		}
		return err
	}
	return fmt.Errorf("no such step")
}

// pay tops the buyer's balance up by the price, and pays.
func (w *world) pay(ctx context.Context, by engine.By, key, id string, buyer person, amount money.Amount) error {
	topUp, err := w.desk.TopUp(ctx, by, key+"/top-up", buyer.id, buyer.card, amount, money.CNY)
	if err != nil {
		return fmt.Errorf("top up: %w", err)
	}
	if topUp, err = w.desk.AskBank(ctx, topUp.ID); err != nil || topUp.Status != pay.BankSucceeded {
		return fmt.Errorf("top-up %s is %s: %w", topUp.ID, topUp.Status, err)
	}
	seen, err := w.desk.Trade(ctx, id)
	if err != nil {
		return err
	}
	w.report.MoneyIn += amount
	if _, err = w.desk.PayProved(ctx, by, key, &seen, buyer.id, amount); err == nil {
		w.report.Paid += amount
	}
	return err
}

// runTimers does what is due up to a moment, each at its own time.
func (w *world) runTimers(ctx context.Context, until time.Time) error {
	for {
		// Nothing is due before the clock's time: looking from there on spares the
		// store the rows of all the timers that have rung.
		from := fmt.Sprintf("%013d", w.now.Load()/1000)
		due, err := pay.Timers.Scan(ctx, w.store, store.Range{Index: pay.DueIndex(pay.TimerTrade), From: from, Limit: 1})
		if err != nil {
			return err
		}
		if len(due) == 0 || due[0].Value.Due > until.UnixMilli() {
			w.setClock(until)
			return nil
		}
		timer := due[0].Value
		w.setClock(time.UnixMilli(timer.Due))
		if timer.Kind != pay.TimerTrade {
			return fmt.Errorf("a timer of kind %s is due that no order should have", timer.Kind)
		}
		t, err := w.desk.Deadline(ctx, timer.About, timer.Due)
		if err != nil {
			return fmt.Errorf("deadline of payment %s: %w", timer.About, err)
		}
		if t.Status == trade.TradeFinished {
			w.report.Auto++
		}
	}
}

// sumUp reads the end states and the accounts, and audits everything.
func (w *world) sumUp(ctx context.Context, progress func(int)) error {
	r := &w.report
	r.Orders, r.Ends, r.Until = len(w.orders), map[string]map[string]int{}, time.UnixMicro(w.now.Load()).UTC()
	for i, o := range w.orders {
		t, err := w.desk.Trade(ctx, w.trades[i])
		if err != nil {
			return err
		}
		if r.Ends[o.Status] == nil {
			r.Ends[o.Status] = map[string]int{}
		}
		r.Ends[o.Status][t.Status.String()]++
		r.Refunded += t.Refunded
	}
	for _, shop := range w.shops {
		for kind, sum := range map[ledger.Kind]*money.Amount{ledger.Escrow: &r.InEscrow, ledger.Merchant: &r.PaidOut} {
			a, err := w.store.Account(ctx, ledger.Of(kind, shop, money.CNY))
			if err != nil {
				return err
			}
			*sum += a.Balance
		}
	}
	fees, err := w.store.Account(ctx, ledger.Of(ledger.FeeIncome, 0, money.CNY))
	if err != nil {
		return err
	}
	r.Fees = fees.Balance
	r.Books, err = audit.Store(ctx, w.store, engine.Shanghai, progress)
	r.Commands = r.Books.Position
	return err
}

// promptBank says yes to everything at once.
type promptBank struct{}

func (promptBank) Number() uint64 { return 9001 }
func (promptBank) Instruct(_ context.Context, i bank.Instruction) (bank.Answer, error) {
	return bank.Answer{Outcome: bank.Succeeded, BankRef: "replay-" + i.Ref}, nil
}
func (promptBank) Query(_ context.Context, ref string) (bank.Answer, error) {
	return bank.Answer{Outcome: bank.Succeeded, BankRef: "replay-" + ref}, nil
}
