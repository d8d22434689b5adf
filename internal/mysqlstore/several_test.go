package mysqlstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/test/servers"
)

// twoServers are engines on one database, each with connections of its own.
func twoServers(t *testing.T, server *servers.Server) (engines [2]*engine.Engine, stores [2]*Store) {
	t.Helper()
	return twoServersOn(t, nil, server.Database(t))
}

// twoServersOn are two that reach one database by one address, or each by its own.
func twoServersOn(t *testing.T, told func(Statement), urls ...string) (engines [2]*engine.Engine, stores [2]*Store) {
	t.Helper()
	for i := range engines {
		stores[i] = mustOpen(t, Options{Address: urls[i%len(urls)], Observe: told})
		var err error
		if engines[i], err = engine.New(t.Context(), stores[i], engine.Options{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			engines[i].Close()
			if err := stores[i].Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return engines, stores
}

var (
	mine, yours = ledger.Of(ledger.User, 1, money.CNY), ledger.Of(ledger.User, 2, money.CNY)
	outside     = ledger.Of(ledger.ClientFunds, 9, money.CNY)
)

// spend takes from one of two accounts what they have together: alone either may go
// down as far as there is nothing left on it, together by no more than keep allows.
type spend struct {
	Key    string
	From   ledger.AccountID
	Amount money.Amount
	Keep   money.Amount // what must be left on both together
}

func (c spend) ID() string               { return c.Key }
func (c spend) Name() string             { return "spend" }
func (c spend) Touches(t *store.Touched) { t.Account(mine, yours, outside) }
func (c spend) Apply(tx *engine.Tx) (any, error) {
	if tx.Account(mine).Balance+tx.Account(yours).Balance-c.Amount < c.Keep {
		return nil, refusal.New(refusal.InsufficientBalance, "too little would be left on both")
	}
	return nil, tx.Post(ledger.Move(c.From, outside, c.Amount, ledger.Withdrawal)...)
}

type give struct {
	Key    string
	To     ledger.AccountID
	Amount money.Amount
}

func (c give) ID() string               { return c.Key }
func (c give) Name() string             { return "give" }
func (c give) Touches(t *store.Touched) { t.Account(c.To, outside) }
func (c give) Apply(tx *engine.Tx) (any, error) {
	return nil, tx.Post(ledger.Move(outside, c.To, c.Amount, ledger.TopUp)...)
}

func TestNoWriteSkew(t *testing.T) { noWriteSkew(t, onMariaDB(t)) }

// noWriteSkew has two servers decide on the sum of two accounts and each take
// from one of them, at the same moment: what each saw is true when it is committed,
// or the two would together take more than there is.
func noWriteSkew(t *testing.T, server *servers.Server) {
	engines, stores := twoServers(t, server)
	ctx := t.Context()
	for round := range 40 {
		for i, to := range []ledger.AccountID{mine, yours} {
			if _, err := engines[i].Submit(ctx, give{fmt.Sprint("give-", round, "-", i), to, 100}, engine.By{}); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		var done [2]error
		for i, from := range []ledger.AccountID{mine, yours} {
			all.Go(func() {
				_, done[i] = engines[i].Submit(ctx, spend{fmt.Sprint("spend-", round, "-", i), from, 100, 100}, engine.By{})
			})
		}
		all.Wait()
		if (done[0] == nil) == (done[1] == nil) {
			t.Fatalf("round %d: of two that exclude each other: %v, %v", round, done[0], done[1])
		}
		sum := money.Amount(0)
		for i, id := range []ledger.AccountID{mine, yours} {
			a, err := stores[1-i].Account(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			sum += a.Balance
			if a.Balance > 0 { // for the next round
				if _, err := engines[i].Submit(ctx, spend{fmt.Sprint("rest-", round, "-", i), id, a.Balance, 0}, engine.By{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if sum != 100 {
			t.Fatalf("round %d: %d are left of 200, of which 100 were to be kept", round, sum)
		}
	}
}

func TestOneCommandAtTwoServers(t *testing.T) { oneCommand(t, onMariaDB(t)) }

// oneCommand is handed in at two servers: whoever comes first does it, and both answer
// the same.
func oneCommand(t *testing.T, server *servers.Server) {
	engines, _ := twoServers(t, server)
	for n := range 40 {
		var all sync.WaitGroup
		var receipts [4]engine.Receipt
		for i := range receipts {
			all.Go(func() {
				var err error
				if receipts[i], err = engines[i%2].Submit(context.Background(), give{fmt.Sprint("once-", n), mine, 1}, engine.By{}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		fresh := 0
		for _, r := range receipts {
			if r.Position != receipts[0].Position || r.At != receipts[0].At {
				t.Fatalf("one command was answered %+v and %+v", receipts[0], r)
			}
			if !r.Repeated {
				fresh++
			}
		}
		if fresh != 1 {
			t.Fatalf("%d servers say that they did it", fresh)
		}
	}
	for _, e := range engines {
		if a, err := e.Store().Account(t.Context(), mine); err != nil || a.Balance != 40 {
			t.Errorf("the account has %d (%v) after 40 gifts of 1", a.Balance, err)
		}
	}
}

func TestAServerThatStopsInTheMiddleOfABatch(t *testing.T) { stopsInABatch(t, onMariaDB(t)) }

// stopsInABatch has one take the turn and do nothing more. The database gives the turn
// to the other after idleSeconds, and that one commits something; when the first wakes,
// its batch is to be made again, and nothing of it is there.
func stopsInABatch(t *testing.T, server *servers.Server) {
	if testing.Short() {
		t.Skip("waits until the database ends a transaction that does nothing")
	}
	url := server.Database(t)
	stopped, other := mustOpen(t, Options{Address: url}), mustOpen(t, Options{Address: url})
	defer stopped.Close()
	defer other.Close()
	commit := func(command string, txn store.Txn) error {
		pending, err := txn.Commit(store.Batch{Entries: []store.Entry{{At: 1, Command: command, Name: "nothing"}}})
		if err != nil {
			return err
		}
		return pending.Wait()
	}
	touched := &store.Touched{Commands: []store.Named{store.Name("stopped")}}
	txn, err := stopped.Begin(t.Context(), touched)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	next, err := other.Begin(t.Context(), &store.Touched{Commands: []store.Named{store.Name("other")}})
	if err != nil {
		t.Fatalf("the other never has the turn: %v", err)
	}
	t.Logf("the other had the turn after %s", time.Since(began).Round(time.Millisecond))
	if err := commit("other", next); err != nil {
		t.Fatal(err)
	}
	if err := commit("stopped", txn); !errors.Is(err, store.ErrRetry) {
		t.Errorf("the batch of the one that woke: %v", err)
	}
	if _, there, err := other.Entry(t.Context(), "stopped"); there || err != nil {
		t.Errorf("it was committed all the same (%v)", err)
	}
	again, err := stopped.Begin(t.Context(), touched) // and serves again
	if err != nil {
		t.Fatal(err)
	}
	if err := commit("stopped", again); err != nil {
		t.Errorf("made again: %v", err)
	}
}

// hotMerchant has two servers give to one account at the same moment, again and
// again: each waits for the other's turn or is refused by the database and begins its
// batch again, and not one gift is lost or given twice.
func hotMerchant(t *testing.T, urls ...string) {
	var mu sync.Mutex
	outcomes := map[string]int{}
	engines, _ := twoServersOn(t, func(s Statement) {
		mu.Lock()
		defer mu.Unlock()
		outcomes[s.Outcome]++
	}, urls...)
	var all sync.WaitGroup
	for i, e := range engines {
		for c := range 8 {
			all.Go(func() {
				for n := range 25 {
					if _, err := e.Submit(t.Context(), give{fmt.Sprint("hot-", i, "-", c, "-", n), mine, 1}, engine.By{}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	all.Wait()
	for i, e := range engines {
		if a, err := e.Store().Account(t.Context(), mine); err != nil || a.Balance != 400 {
			t.Errorf("server %d: the merchant has %d (%v) after 400 gifts of 1", i, a.Balance, err)
		}
		if faults, err := faultsOf(t, e.Store().(*Store)); err != nil || len(faults) > 0 {
			t.Errorf("server %d: %v %v", i, faults, err)
		}
	}
	t.Logf("statements by outcome: %v", outcomes)
}

func TestOneMerchantAtTwoServers(t *testing.T) { hotMerchant(t, onMariaDB(t).Database(t)) }

// keptTurn has somebody keep the head locked for longer than a statement waits. The
// database refuses the batch, which is begun again until it has its turn.
func keptTurn(t *testing.T, server *servers.Server, options string) {
	url := server.Database(t)
	var conflicts atomic.Int64
	engines, _ := twoServersOn(t, func(s Statement) {
		if s.Outcome == "conflict" {
			conflicts.Add(1)
		}
	}, url+options)
	root, err := server.Root()
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	tx, err := root.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var id int
	if err := tx.QueryRow("SELECT id FROM " + url[strings.LastIndexByte(url, '/')+1:] + ".head WHERE id = 1 FOR UPDATE").Scan(&id); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i, e := range engines {
		all.Go(func() {
			if _, err := e.Submit(t.Context(), give{fmt.Sprint("patient-", i), mine, 1}, engine.By{}); err != nil {
				t.Error(err)
			}
		})
	}
	for deadline := time.Now().Add(60 * time.Second); conflicts.Load() < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("no statement was refused though the head was locked")
			break
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if a, err := engines[0].Store().Account(t.Context(), mine); err != nil || a.Balance != 2 {
		t.Errorf("the account has %d (%v) after 2 gifts of 1", a.Balance, err)
	}
}

func TestATurnThatAnotherKeeps(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until a statement has waited too long")
	}
	keptTurn(t, onMariaDB(t), "")
}

// giver is a server that gives 1 at a time, and counts what was acknowledged.
type giver struct {
	*Store
	engine *engine.Engine
	given  money.Amount
}

func newGiver(t *testing.T, address string) *giver {
	t.Helper()
	s := mustOpen(t, Options{Address: address})
	e, err := engine.New(t.Context(), s, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &giver{Store: s, engine: e}
}

// gift gives 1 once; asked again after a failure it is the same command.
func (g *giver) gift(t *testing.T) error {
	_, err := g.engine.Submit(t.Context(), give{fmt.Sprint("gift-", g.given), mine, 1}, engine.By{})
	if err == nil {
		g.given++
	}
	return err
}

// giftUnlessAway is gift where the database may be away, or its answer unknown.
func (g *giver) giftUnlessAway(t *testing.T) {
	t.Helper()
	if err := g.gift(t); err != nil && !errors.Is(err, refusal.Unavailable) && !errors.Is(err, engine.ErrOutcomeUnknown) {
		t.Fatal(err)
	}
}

// sees reads the account as the server has it.
func (g *giver) sees(t *testing.T) {
	t.Helper()
	if a, err := g.Account(t.Context(), mine); err != nil || a.Balance != g.given {
		t.Errorf("the account has %d (%v) after %d gifts of 1", a.Balance, err, g.given)
	}
}

// cutOff cuts the node off that a server uses. It answers, and says that it does
// nothing; the server goes on with the next in its address, and what was acknowledged
// is there.
func cutOff(t *testing.T, cluster *servers.GaleraCluster) {
	urls := cluster.Database(t)
	database := urls[0][strings.LastIndexByte(urls[0], '/'):]
	hosts := []string{cluster.Nodes[2].Addr, cluster.Nodes[0].Addr, cluster.Nodes[1].Addr}
	s := newGiver(t, strings.Replace(urls[0], cluster.Nodes[0].Addr+database, strings.Join(hosts, ",")+database, 1))
	if err := s.gift(t); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Isolate(2, true); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(60 * time.Second); s.given < 20; {
		s.giftUnlessAway(t)
		if time.Now().After(deadline) {
			t.Fatalf("the server stays with the node that was cut off: %d gifts were acknowledged", s.given)
		}
	}
	s.sees(t)
	if err := cluster.Isolate(2, false); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Nodes[2].Await(); err != nil {
		t.Fatal(err)
	}
	back := mustOpen(t, Options{Address: urls[2]})
	defer back.Close()
	if a, err := back.Account(t.Context(), mine); err != nil || a.Balance != s.given {
		t.Errorf("on the node that came back the account has %d (%v) after %d gifts of 1", a.Balance, err, s.given)
	}
}

func TestPlacesSpread(t *testing.T) { placesSpread(t, onMariaDB(t)) }

// placesSpread: new rows of the largest table go everywhere in its key, however much alike the
// commands' ids are, so no part of a distributed database gets them all.
func placesSpread(t *testing.T, server *servers.Server) {
	engines, stores := twoServers(t, server)
	var commands []engine.Command
	for n := range 1600 {
		commands = append(commands, give{fmt.Sprintf("order-2026-11-11-%08d", n), mine, 1})
	}
	engines[0].SubmitAll(t.Context(), commands, engine.By{}, func(_ int, a engine.Answer) {
		if a.Err != nil {
			t.Error(a.Err)
		}
	})
	rows, err := stores[0].read.Query("SELECT name DIV 1152921504606846976, COUNT(*) FROM names GROUP BY 1") // sixteen parts, by the first four bits; those around 0 share one
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	parts := 0
	for rows.Next() {
		var part, n int
		if err := rows.Scan(&part, &n); err != nil {
			t.Fatal(err)
		}
		parts++
		if n < 50 || n > 300 {
			t.Errorf("part %d has %d of 1600 rows", part, n)
		}
	}
	if err := rows.Err(); err != nil || parts != 15 {
		t.Errorf("%d parts of 15 have rows, %v", parts, err)
	}
}

func TestNothingIsKeptThatACrashCouldTakeBack(t *testing.T) { onlyDurableIsKept(t, onMariaDB(t)) }

// onlyDurableIsKept: InnoDB shows a commit before it has synced it, and a crash then takes it back, so
// that the same positions get other entries. What another server has committed is
// therefore kept in memory only once it is durable for sure, and an answer that was
// given by it waits for that.
func onlyDurableIsKept(t *testing.T, server *servers.Server) {
	engines, stores := twoServers(t, server)
	ctx := t.Context()
	first, err := engines[0].Submit(ctx, give{"one", mine, 1}, engine.By{})
	if err != nil {
		t.Fatal(err)
	}
	fences := func() (n int) {
		t.Helper()
		if err := stores[1].read.QueryRow("SELECT fence FROM head").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	reads := func(kept bool) {
		t.Helper()
		if entries, err := stores[1].Journal(ctx, 0, 10); err != nil || len(entries) != 1 {
			t.Fatal(entries, err)
		}
		if is := stores[1].blocks.at(first.Position) != nil; is != kept {
			t.Errorf("the block is kept: %t, want %t", is, kept)
		}
	}
	reads(false)
	before := fences()
	for range 2 { // the second time it is known
		again, err := engines[1].Submit(ctx, give{"one", mine, 1}, engine.By{})
		if err != nil || !again.Repeated || again.Position != first.Position {
			t.Errorf("asked again at the other server: %+v, %v", again, err)
		}
	}
	if n := fences() - before; n != 1 {
		t.Errorf("two answers were confirmed by %d commits", n)
	}
	reads(true)

	if _, err := engines[0].Submit(ctx, give{"two", mine, 1}, engine.By{}); err != nil {
		t.Fatal(err)
	}
	if _, err := stores[1].Present(ctx, "server-1", time.Second); err != nil {
		t.Fatal(err)
	}
	if _, _, err := stores[1].Entry(ctx, "two"); err != nil {
		t.Fatal(err)
	}
	if stores[1].blocks.at(first.Position+1) == nil {
		t.Error("a block that is durable is not kept")
	}
}

// A replica takes the place of the one that took writes: the server goes over to it with
// all its connections, those that only read as well, since who reads from the other from
// now on is behind.
func TestAReplicaThatTakesOver(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two servers")
	}
	first := servers.MySQL(t)
	second := servers.MySQL(t, "--server-id=2")
	url := first.Database(t) // and the replica makes it too
	name := url[strings.LastIndexByte(url, '/')+1:]
	_, port, _ := net.SplitHostPort(first.Addr)
	root, err := second.Root()
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	second.Exec(t, "CHANGE REPLICATION FILTER REPLICATE_WILD_DO_TABLE = ('tongbao%.%')",
		"CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = "+port+", SOURCE_USER = 'root', GET_SOURCE_PUBLIC_KEY = 1", "START REPLICA", "SET GLOBAL super_read_only = ON")
	eventually := func(what string, is func() bool) {
		t.Helper()
		for deadline := time.Now().Add(60 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("not within a minute: %s", what)
			}
		}
	}
	has := func() (position uint64) {
		_ = root.QueryRow("SELECT position FROM " + name + ".head").Scan(&position)
		return position
	}

	// It comes first in the address, and is passed over as long as it takes no writes.
	s := newGiver(t, strings.Replace(url, first.Addr, second.Addr+","+first.Addr, 1))
	for range 10 {
		if err := s.gift(t); err != nil {
			t.Fatal(err)
		}
		s.sees(t)
	}

	first.Exec(t, "SET GLOBAL super_read_only = ON")
	eventually("the replica has everything", func() bool { return has() == 10 })
	second.Exec(t, "STOP REPLICA", "SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF")
	eventually("gifts are taken again", func() bool {
		s.giftUnlessAway(t)
		return s.given == 20
	})
	for range 30 { // on whichever connection
		s.sees(t)
	}
	if n := has(); n != 20 {
		t.Errorf("the one that took over has %d entries of 20", n)
	}
	if faults, err := faultsOf(t, s.Store); err != nil || len(faults) > 0 {
		t.Errorf("%v %v", faults, err)
	}
}
