package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongbao/internal/bank"
	"tongbao/internal/clock"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/jobs"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/mysqlstore"
	"tongbao/internal/pay"
	"tongbao/internal/sandbox"
	"tongbao/internal/store"
	"tongbao/internal/webhook"
	"tongbao/test/servers"
)

// maria is one database for all tests here.
var maria struct {
	once   sync.Once
	server *servers.Server
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if maria.server != nil {
		maria.server.Stop()
		_ = os.RemoveAll(maria.server.Dir)
	}
	os.Exit(code)
}

func onMariaDB(t *testing.T) *servers.Server {
	t.Helper()
	maria.once.Do(func() {
		if maria.server, maria.err = servers.NewMariaDB(); maria.err == nil {
			maria.err = maria.server.Start()
		}
	})
	if errors.Is(maria.err, servers.ErrMissing) && os.Getenv("CI") != "true" {
		t.Skip(maria.err)
	}
	if maria.err != nil {
		t.Fatal(maria.err)
	}
	return maria.server
}

// counter is what one server tells the bank, with a switch: while it is held, an
// instruction has left the desk and not reached the bank.
type counter struct {
	bank.Channel
	told    atomic.Int64
	held    chan struct{} // nil: nothing is held
	waiting chan struct{} // gets one value for each instruction that is held
	silent  bool          // what comes after a hold does not arrive
}

func (c *counter) Instruct(ctx context.Context, i bank.Instruction) (bank.Answer, error) {
	c.told.Add(1)
	if c.held != nil {
		c.waiting <- struct{}{}
		<-c.held
		if c.silent {
			return bank.Answer{}, errors.New("no answer")
		}
	}
	return c.Channel.Instruct(context.WithoutCancel(ctx), i)
}

// heartbeat is a server's word that it is there, which a test can stop: then the
// others believe that it has gone, and the server itself learns it by its own clock.
type heartbeat struct {
	store.Shared
	stopped atomic.Bool
}

func (h *heartbeat) Present(ctx context.Context, server string, still time.Duration) ([]string, error) {
	if h.stopped.Load() {
		return nil, errors.New("this server is as if paused")
	}
	return h.Shared.Present(ctx, server, still)
}

// server is one of several that share a database, each with a desk, jobs and a line
// to the one bank.
type server struct {
	*world
	name  string
	line  *counter
	beats *heartbeat
}

func openServers(t *testing.T, names ...string) (all []*server) {
	t.Helper()
	url := onMariaDB(t).Database(t)
	pretend, err := sandbox.OpenBank(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pretend.Close() })
	for _, name := range names {
		s := &server{world: &world{t: t, bank: pretend, render: render}, name: name, line: &counter{Channel: pretend, waiting: make(chan struct{}, 64)}}
		db, err := mysqlstore.Open(t.Context(), mysqlstore.Options{Address: url})
		s.must(err)
		s.store, s.beats = db, &heartbeat{Shared: db}
		s.clock = clock.Sandbox()
		s.must(s.clock.Follow(t.Context(), db))
		s.engine, err = engine.New(t.Context(), db, engine.Options{Now: s.clock.Now})
		s.must(err)
		s.who = identity.New(s.engine, identity.Options{Argon: identity.Argon{MemoryKiB: 64, Passes: 1, Threads: 1}})
		s.desk = pay.New(s.engine, s.who, pay.Options{Banks: []bank.Channel{s.line}, Server: name})
		s.hooks = webhook.New(webhook.Options{Engine: s.engine, Render: s.render})
		s.runners = []*jobs.Runner{jobs.New(jobs.Options{Store: db, Desk: s.desk, Webhooks: s.hooks, Clock: s.clock, Shared: s.beats, Server: name,
			Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))})}
		var run context.Context
		run, s.stop = context.WithCancel(context.WithoutCancel(t.Context()))
		s.running.Go(func() { s.runners[0].Run(run) })
		t.Cleanup(func() {
			s.stop()
			s.running.Wait()
			s.hooks.Close()
			s.engine.Close()
			s.must(db.Close())
		})
		all = append(all, s)
	}
	t.Cleanup(all[0].check) // before they close
	all[0].eventually("all know each other", func() bool {
		for _, s := range all {
			if len(s.runners[0].Servers()) != len(all) {
				return false
			}
		}
		return true
	})
	return all
}

// fund gives the buyer something to spend.
func (s *server) fund(amount money.Amount) {
	s.t.Helper()
	o := s.begin(bank.In, buyer, "1234", amount)
	s.eventually("the buyer has money", func() bool { return s.order(o.ID).Status == pay.BankSucceeded })
}

// eventually waits for a condition.
func (w *world) eventually(what string, is func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not within a minute: %s", what)
		}
	}
}

func TestTwoServersShareTheWork(t *testing.T) {
	both := openServers(t, "east", "west")
	east, west := both[0], both[1]
	owner := east.merchant()
	var orders []string
	for range 30 {
		orders = append(orders, east.begin(bank.In, owner, "1234", 100).ID)
	}
	east.eventually("every order has been done", func() bool {
		for _, id := range orders {
			if east.order(id).Status != pay.BankSucceeded {
				return false
			}
		}
		return true
	})
	if e, w := east.line.told.Load(), west.line.told.Load(); e+w != 30 || e == 0 || w == 0 {
		t.Errorf("of 30 orders one server told the bank %d and the other %d", e, w)
	}
	east.atBank(30_00)

	merchant := east.merchant()
	east.fund(20_00)
	for range 20 {
		east.shipped(merchant, 100)
	}
	_, err := west.clock.Advance(t.Context(), west.engine, asks, "eleven days", 11*day)
	west.must(err)
	west.eventually("every deadline was kept", func() bool { return west.balance(ledger.Of(ledger.Escrow, merchant, cny)) == 0 })
	if n := east.entriesNamed("trade_deadline"); n != 20 {
		t.Errorf("%d deadlines were carried out, want 20", n)
	}
}

// TestAServerThatIsPausedIsFencedOff has a server stop between taking an order on
// and telling the bank, for longer than its lease, and then wake. Meanwhile the other
// has done the work; what the first one still does has no effect.
func TestAServerThatIsPausedIsFencedOff(t *testing.T) {
	for _, c := range []struct {
		name   string
		silent bool // the bank doesn't answer the one that wakes
	}{
		{"and its instruction arrives, which the bank knows", false},
		{"and hears nothing from the bank", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			both := openServers(t, "east", "west")
			east, west := both[0], both[1]
			owner := east.merchant()
			east.line.held, east.line.silent = make(chan struct{}), c.silent
			woken := sync.OnceFunc(func() { close(east.line.held) })
			t.Cleanup(woken) // or its jobs would not end
			// Until one of the orders is east's.
			var orders []string
			for caught := false; !caught; {
				orders = append(orders, east.begin(bank.In, owner, "1234", 100).ID)
				select {
				case <-east.line.waiting:
					caught = true
				case <-time.After(300 * time.Millisecond):
				}
			}
			east.beats.stopped.Store(true)
			_, err := west.beats.Shared.Present(t.Context(), "east", 0) // as after the lease
			west.must(err)
			west.eventually("west is alone", func() bool { return len(west.runners[0].Servers()) == 1 })
			_, err = west.clock.Advance(t.Context(), west.engine, asks, "the claim is over", 2*time.Minute)
			west.must(err)
			done := func() bool {
				for _, id := range orders {
					if west.order(id).Status != pay.BankSucceeded {
						return false
					}
				}
				return true
			}
			west.eventually("west has done what east took on", done)
			last := orders[len(orders)-1]
			if got := west.order(last); got.Claims != 2 {
				t.Errorf("the order was taken on %d times: %+v", got.Claims, got)
			}
			before := west.order(last)
			entries := west.entriesNamed("bank_answered")

			woken()
			west.eventually("east has come to its end", func() bool { return west.entriesNamed("bank_answered") == entries+1 })
			if after := west.order(last); after != before {
				t.Errorf("the server that woke changed the order from %+v to %+v", before, after)
			}
			west.atBank(100 * amountOf(len(orders)))
			if got := west.has(owner); got != 100*amountOf(len(orders)) {
				t.Errorf("the owner has %d of %d orders", got, len(orders))
			}
		})
	}
}

// TestALateSilenceDoesNotCount: while the bank is at it, the word of the server that
// asked last decides when it is asked again.
func TestALateSilenceDoesNotCount(t *testing.T) {
	both := openServers(t, "east", "west")
	east, west := both[0], both[1]
	owner := east.merchant()
	east.line.held, east.line.silent = make(chan struct{}), true
	woken := sync.OnceFunc(func() { close(east.line.held) })
	t.Cleanup(woken)
	var id string
	for caught := false; !caught; {
		id = east.begin(bank.In, owner, "1234", 100).ID
		select {
		case <-east.line.waiting:
			caught = true
		case <-time.After(300 * time.Millisecond):
		}
	}
	west.must(west.bank.Behave(sandbox.Pending, 1))
	east.beats.stopped.Store(true)
	_, err := west.beats.Shared.Present(t.Context(), "east", 0)
	west.must(err)
	_, err = west.clock.Advance(t.Context(), west.engine, asks, "the claim is over", 2*time.Minute)
	west.must(err)
	west.eventually("west has asked", func() bool { return west.order(id).Status == pay.BankUnknown })
	woken()
	west.eventually("east has come to its end", func() bool {
		entry, there, err := west.store.Entry(t.Context(), "bank/"+id+"/claim/1/answer")
		west.must(err)
		if there && len(entry.Records) > 0 {
			t.Fatalf("the silence that a server heard whose claim was over changes the order: %+v", entry)
		}
		return there
	})
}

func amountOf(n int) money.Amount { return money.Amount(n) }
