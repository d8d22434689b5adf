package jobs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tongbao/internal/audit"
	"tongbao/internal/bank"
	"tongbao/internal/clock"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/jobs"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/pebblestore"
	"tongbao/internal/sandbox"
	"tongbao/internal/store"
	"tongbao/internal/trade"
	"tongbao/internal/webhook"
)

// world is the platform on a folder, with a clock moved by hand, the pretend
// bank, and as many runners as a test wants. Power cuts are restarts.
type world struct {
	t   *testing.T
	dir string

	render func(context.Context, pay.Event) (json.RawMessage, error)

	clock  *clock.Clock
	store  store.Store
	engine *engine.Engine
	bank   *sandbox.Bank
	desk   *pay.Desk
	hooks  *webhook.Service
	who    *identity.Service

	runners []*jobs.Runner
	stop    context.CancelFunc
	running sync.WaitGroup
	acts    int
}

var (
	noon = time.Date(2018, 11, 11, 4, 0, 0, 0, time.UTC)
	asks = engine.By{Actor: "test"}
)

const (
	buyer = 2088_1000_0000_0001 // a person without limits: nobody has given it a tier
	cny   = money.CNY
)

// open starts the platform with so many runners.
func open(t *testing.T, runners int) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), render: render}
	w.start(runners)
	t.Cleanup(func() {
		w.check()
		w.close()
	})
	return w
}

func (w *world) start(runners int) {
	w.t.Helper()
	ctx := w.t.Context()
	s, err := pebblestore.Open(ctx, pebblestore.Options{Dir: filepath.Join(w.dir, "store")})
	w.must(err)
	w.store = s
	w.clock = clock.Standing(noon)
	w.must(w.clock.Follow(ctx, w.store))
	w.engine, err = engine.New(ctx, w.store, engine.Options{Now: w.clock.Now})
	w.must(err)
	w.bank, err = sandbox.OpenBank(filepath.Join(w.dir, "sandbox-bank"))
	w.must(err)
	w.who = identity.New(w.engine, identity.Options{Argon: identity.Argon{MemoryKiB: 64, Passes: 1, Threads: 1}})
	w.desk = pay.New(w.engine, w.who, pay.Options{Banks: []bank.Channel{w.bank}})

	w.hooks = webhook.New(webhook.Options{Engine: w.engine, Render: w.render, Wall: w.clock.Now})
	var run context.Context
	run, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	w.runners = nil
	for range runners {
		r := jobs.New(jobs.Options{Store: w.store, Desk: w.desk, Webhooks: w.hooks, Clock: w.clock, Logger: slog.New(slog.NewTextHandler(w.t.Output(), nil))})
		w.runners = append(w.runners, r)
		w.running.Go(func() { r.Run(run) })
	}
}

// render shows an event as simply as can be; the API's own is richer.
func render(_ context.Context, e pay.Event) (json.RawMessage, error) {
	return json.Marshal(map[string]string{"object": e.Object})
}

func (w *world) close() {
	w.stop()
	w.running.Wait()
	w.hooks.Close()
	w.engine.Close()
	w.must(w.store.Close())
	w.must(w.bank.Close())
}

func (w *world) restart(runners int) {
	w.t.Helper()
	w.close()
	w.start(runners)
}

// idle waits until nothing is left to do now.
func (w *world) idle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	for _, r := range w.runners {
		w.must(r.Idle(ctx))
	}
}

// renderWith starts again with another way to show events.
func (w *world) renderWith(show func(context.Context, pay.Event) (json.RawMessage, error)) {
	w.t.Helper()
	w.render = show
	w.restart(len(w.runners))
}

// pass lets time go by, and what is due happen.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	_, err := w.clock.Advance(w.t.Context(), w.engine, asks, w.key("clock"), d)
	w.must(err)
	w.idle()
}

func (w *world) key(act string) string {
	w.acts++
	return fmt.Sprintf("%s/%d", act, w.acts)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// check has the books looked at, and held against the bank's own count.
func (w *world) check() {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	report, err := audit.Store(ctx, w.store, engine.Shanghai, nil)
	w.must(err)
	for _, c := range report.Checks {
		if !c.OK {
			w.t.Errorf("%s: %q", c.Name, c.Faults)
		}
	}
}

// atBank says that the books and the bank agree on the client funds.
func (w *world) atBank(want money.Amount) {
	w.t.Helper()
	if books := w.balance(ledger.Of(ledger.ClientFunds, sandbox.BankNumber, cny)); books != want || w.bank.ClientFunds(cny) != want {
		w.t.Errorf("client funds: books %d, bank %d, want %d", books, w.bank.ClientFunds(cny), want)
	}
}

func (w *world) balance(id ledger.AccountID) money.Amount {
	w.t.Helper()
	account, err := w.store.Account(w.t.Context(), id)
	w.must(err)
	return account.Balance
}

func (w *world) has(owner uint64) money.Amount { return w.balance(pay.BalanceOf(owner, cny)) }

func card(last4 string) party.BankCard {
	return party.BankCard{ID: "card_1", Bank: "ICBC", Last4: last4, Token: "sbx_" + last4, Holder: "王小明"}
}

// begin asks for a top-up or a merchant's withdrawal.
func (w *world) begin(direction bank.Direction, owner uint64, last4 string, amount money.Amount) pay.BankOrder {
	w.t.Helper()
	ask := w.desk.TopUp
	if direction == bank.Out {
		ask = func(ctx context.Context, by engine.By, key string, owner uint64, card party.BankCard, amount money.Amount, currency money.Currency) (pay.BankOrder, error) {
			return w.desk.Withdraw(ctx, by, key, owner, card, amount, currency, "")
		}
	}
	o, err := ask(w.t.Context(), asks, w.key("bank"), owner, card(last4), amount, cny)
	w.must(err)
	return o
}

// topUp fills a balance.
func (w *world) topUp(owner uint64, amount money.Amount) {
	w.t.Helper()
	o := w.begin(bank.In, owner, "1234", amount)
	w.idle()
	if got := w.order(o.ID).Status; got != pay.BankSucceeded {
		w.t.Fatalf("the top-up is %s", got)
	}
}

// hear brings the desk what the bank says unasked, as the platform does.
func (w *world) hear(ctx context.Context, word sandbox.Word) error {
	o := w.order(word.Ref)
	_, err := w.desk.BankAnswered(ctx, word.Key(), &o, word.Answer)
	return err
}

func (w *world) order(id string) pay.BankOrder {
	w.t.Helper()
	o, ok, err := pay.BankOrders.Read(w.t.Context(), w.store, id)
	w.must(err)
	if !ok {
		w.t.Fatalf("no order %s", id)
	}
	return o
}

// shipped is an escrow payment on its way to the buyer.
func (w *world) shipped(merchant uint64, amount money.Amount) trade.Trade {
	w.t.Helper()
	ctx := w.t.Context()
	t := w.opened(merchant, amount)
	t, err := w.desk.PayProved(ctx, asks, w.key("pay"), &t, buyer, amount)
	w.must(err)
	t, err = w.desk.Ship(ctx, asks, w.key("ship"), t.ID, "SF", "SF1000")
	w.must(err)
	return t
}

func (w *world) opened(merchant uint64, amount money.Amount) trade.Trade {
	w.t.Helper()
	key := w.key("open")
	t, _, err := w.desk.Open(w.t.Context(), asks, key, pay.Asked{Order: trade.Order{
		OrderNo: key, Merchant: merchant, Kind: trade.Escrow, Goods: trade.Physical, Subject: "tea", Amount: amount, Currency: cny}})
	w.must(err)
	return t
}

func (w *world) trade(id string) trade.Trade {
	w.t.Helper()
	t, err := w.desk.Trade(w.t.Context(), id)
	w.must(err)
	return t
}

func (w *world) merchant() uint64 {
	w.t.Helper()
	w.acts++
	m, err := w.who.CreateMerchant(w.t.Context(), identity.Ask{}, identity.NewMerchant{Name: "Tea", FeeRate: 6000, Login: fmt.Sprintf("tea%d", w.acts), Password: "tr0ub4dor&3"})
	w.must(err)
	return m.ID
}

// entriesNamed counts the journal's entries of commands of one type.
func (w *world) entriesNamed(name string) (n int) {
	w.t.Helper()
	for after := uint64(0); ; {
		entries, err := w.store.Journal(w.t.Context(), after, 100)
		w.must(err)
		if len(entries) == 0 {
			return n
		}
		for _, e := range entries {
			after = e.Position
			if e.Name == name && e.Refused == "" {
				n++
			}
		}
	}
}
