package mysqlstore

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/test/servers"
)

// underWay is a server one of whose batches can be held up on its way into the database,
// and another server beside it.
type underWay struct {
	*testing.T
	db     *servers.Server
	engine *engine.Engine
	store  *Store
	cable  *servers.Proxy
	beside *engine.Engine
	other  *Store

	mu    sync.Mutex
	asked map[string]int // statements of the first server, by kind
}

func newUnderWay(t *testing.T, db *servers.Server) *underWay {
	t.Helper()
	options := ""
	if db.Kind == "tidb" {
		options = "?durable=no"
	}
	url := db.Database(t) + options
	u := &underWay{T: t, db: db, cable: servers.NewProxy(t, db.Addr), asked: map[string]int{}}
	u.store = mustOpen(t, Options{Address: strings.Replace(url, db.Addr, u.cable.Addr, 1), Observe: func(s Statement) {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.asked[s.Kind]++
	}})
	u.other = mustOpen(t, Options{Address: url})
	var err error
	if u.engine, err = engine.New(t.Context(), u.store, engine.Options{}); err == nil {
		u.beside, err = engine.New(t.Context(), u.other, engine.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		u.cable.Heal()
		u.engine.Close()
		u.beside.Close()
		if faults, err := faultsOf(t, u.other); err != nil || len(faults) > 0 {
			t.Errorf("the books: %v %v", faults, err)
		}
		if err := errors.Join(u.store.Close(), u.other.Close()); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	})
	return u
}

func (u *underWay) eventually(what string, is func() bool) {
	u.Helper()
	for deadline := time.Now().Add(60 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			u.Fatalf("not within a minute: %s", what)
		}
	}
}

func (u *underWay) count(kind string) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.asked[kind]
}

// hold has the first server make a batch of one command, and holds it up where it says
// something.
func (u *underWay) hold(said string, c engine.Command) (answer <-chan engine.Answer, release func()) {
	u.Helper()
	reached, release := u.cable.Hold(said)
	answer = u.submit(u.engine, c)
	select {
	case <-reached:
	case <-time.After(60 * time.Second):
		u.Fatalf("nobody said %q", said)
	}
	return answer, release
}

func (u *underWay) submit(e *engine.Engine, c engine.Command) <-chan engine.Answer {
	answer := make(chan engine.Answer, 1)
	go func() {
		receipt, err := e.Submit(u.Context(), c, engine.By{})
		answer <- engine.Answer{Receipt: receipt, Err: err}
	}()
	return answer
}

// behind hands in a batch that is large enough to be made while one is under way, and
// returns when it is being read.
func (u *underWay) behind(c engine.Command) <-chan engine.Answer {
	u.Helper()
	commands := []engine.Command{c}
	for n := range 99 {
		commands = append(commands, give{fmt.Sprint(c.ID(), "-and-", n), ledger.Of(ledger.User, uint64(100+n), money.CNY), 1})
	}
	before, read := u.count("SET TRANSACTION"), u.count("SELECT names")
	answer := make(chan engine.Answer, 1)
	go u.engine.SubmitAll(u.Context(), commands, engine.By{}, func(i int, a engine.Answer) {
		if i == 0 {
			a.Receipt = engine.Receipt{Position: a.Receipt.Position, Repeated: a.Receipt.Repeated}
			answer <- a
		}
	})
	u.eventually("the next batch is read ahead", func() bool {
		return u.count("SET TRANSACTION") > before && u.count("SELECT names") > read
	})
	return answer
}

// waitsForTurn returns when a batch of the other server waits for the head.
func (u *underWay) waitsForTurn() {
	u.Helper()
	root, err := u.db.Root()
	if err != nil {
		u.Fatal(err)
	}
	defer root.Close()
	waiting := "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
	if u.db.Kind == "tidb" {
		waiting = "SELECT COUNT(*) FROM information_schema.tidb_trx WHERE state = 'LockWaiting'"
	}
	u.eventually("the other server waits for its turn", func() bool {
		time.Sleep(150 * time.Millisecond) // InnoDB shows what it found last to who asks again within 100
		var n int
		if err := root.QueryRow(waiting).Scan(&n); err != nil {
			u.Fatal(err)
		}
		return n > 0
	})
}

// is asks for a command again, until it is answered that it was done, once.
func (u *underWay) is(c engine.Command) engine.Receipt {
	u.Helper()
	var r engine.Receipt
	u.eventually("it is answered", func() bool {
		var err error
		if r, err = u.engine.Submit(u.Context(), c, engine.By{}); err != nil && !errors.Is(err, refusal.Unavailable) && !errors.Is(err, engine.ErrOutcomeUnknown) {
			u.Fatal(err)
		}
		return err == nil
	})
	return r
}

func (u *underWay) has(id ledger.AccountID, want money.Amount) {
	u.Helper()
	for _, s := range []*Store{u.store, u.other} {
		if a, err := s.Account(u.Context(), id); err != nil || a.Balance != want {
			u.Errorf("account %s has %d (%v), want %d", id, a.Balance, err, want)
		}
	}
}

// commitSaid is the statement, and not the isolation level in the settings of a connection.
const commitSaid = "\x03COMMIT"

var losses = map[servers.Loss]string{servers.Unsaid: "it didn't happen", servers.Unheard: "it happened and we weren't told"}

func TestABatchBehindAnother(t *testing.T) { behindAnother(t, onMariaDB(t)) }

// behindAnother: a batch is read and applied while the one before it is still being
// written. It sees what that one does, and nobody else does until it is committed,
// however that comes about.
func behindAnother(t *testing.T, db *servers.Server) {
	u := newUnderWay(t, db)
	t.Run("all goes well", func(t *testing.T) {
		first, release := u.hold(commitSaid, give{"well", mine, 1})
		defer release()
		second := u.behind(give{"well behind", mine, 1})
		if head, err := u.store.Head(t.Context()); err != nil || head.Position != 0 {
			t.Errorf("a reader sees the head at %d (%v)", head.Position, err)
		}
		if _, there, err := u.store.Entry(t.Context(), "well"); there || err != nil {
			t.Errorf("a reader finds the command: %t, %v", there, err)
		}
		u.has(mine, 0)
		release()
		if a, b := <-first, <-second; a.Err != nil || b.Err != nil || a.Receipt.Position != 1 || b.Receipt.Position != 2 {
			t.Errorf("%+v, %+v", a, b)
		}
		u.has(mine, 2)
	})
	want := money.Amount(2)
	for _, said := range []string{"INSERT INTO journal", "UPDATE head SET position", commitSaid} {
		for how, name := range losses {
			t.Run(strings.Trim(said, "\x03")+", "+name, func(t *testing.T) {
				time.Sleep(aloneAfter) // what was lost in the test before is as if another server had been there
				id := fmt.Sprint(said, how)
				first, release := u.hold(said, give{id, mine, 1})
				defer release()
				second := u.behind(give{id + " behind", mine, 1})
				u.cable.Lose(said, how, false)
				release()
				if a, b := <-first, <-second; a.Err != nil || b.Err != nil || b.Receipt.Position != a.Receipt.Position+1 {
					t.Errorf("%+v, %+v", a, b)
				}
				want += 2
				u.has(mine, want)
			})
		}
	}
}

func TestABatchBehindOneThatIsLost(t *testing.T) { behindALostOne(t, onMariaDB(t)) }

// behindALostOne: the connection of the batch under way breaks, and another server's
// batch comes first. Then it has not happened, and is made again, as is the batch behind
// it, on what is true.
func behindALostOne(t *testing.T, db *servers.Server) {
	u := newUnderWay(t, db)
	if _, err := u.beside.Submit(t.Context(), give{"before", mine, 1}, engine.By{}); err != nil {
		t.Fatal(err)
	}
	u.is(give{"before", mine, 1})
	time.Sleep(aloneAfter)
	first, release := u.hold("UPDATE head SET position", give{"lost", mine, 1})
	defer release()
	others := u.submit(u.beside, give{"first", mine, 1})
	u.waitsForTurn()
	second := u.behind(give{"lost behind", mine, 1})
	u.cable.Lose("UPDATE head SET position", servers.Unsaid, false)
	release()
	for _, a := range []engine.Answer{<-first, <-second, <-others} {
		if a.Err != nil || a.Receipt.Repeated {
			t.Errorf("%+v", a)
		}
	}
	if n := u.engine.Retries(); n == 0 && db.Kind != "tidb" { // whose next in turn is anybody
		t.Error("no batch was made again")
	}
	u.has(mine, 4)
}

func TestABatchBehindOneOfWhichNobodyKnows(t *testing.T) { behindAnUnknownOne(t, onMariaDB(t)) }

// behindAnUnknownOne: nobody can say what became of the batch under way. The one behind
// it is not committed on a guess; once the database is back each is done, once.
func behindAnUnknownOne(t *testing.T, db *servers.Server) {
	for how, name := range losses {
		t.Run(name, func(t *testing.T) {
			u := newUnderWay(t, db)
			first, release := u.hold(commitSaid, give{"unknown", mine, 1})
			defer release()
			_, ask := u.cable.Hold("FOR UPDATE") // by which it would hear that the first has happened
			defer ask()
			second := u.behind(give{"behind", mine, 1})
			cut := u.cable.Lose(commitSaid, how, true)
			release()
			<-cut
			ask()
			if a := <-first; !errors.Is(a.Err, engine.ErrOutcomeUnknown) {
				t.Errorf("the batch of which nobody knows: %+v", a)
			}
			if b := <-second; !errors.Is(b.Err, refusal.Unavailable) {
				t.Errorf("the one behind it: %+v", b)
			}
			if _, there, err := u.other.Entry(t.Context(), "behind"); there || err != nil {
				t.Errorf("the one behind it is there: %t, %v", there, err)
			}
			u.cable.Heal()
			if r := u.is(give{"unknown", mine, 1}); r.Repeated != bool(how) {
				t.Errorf("repeated: %t, and it had happened: %t", r.Repeated, how)
			}
			u.is(give{"behind", mine, 1})
			u.has(mine, 2)
		})
	}
}

func TestAnotherServerComesBetween(t *testing.T) { comesBetween(t, onMariaDB(t)) }

// comesBetween: two servers decide on the sum of two accounts, one of them ahead of its
// turn, and the other commits between its reading and its turn. Together they would take
// more than there is; what one has read is true when it is committed, or it is made
// again.
func comesBetween(t *testing.T, db *servers.Server) {
	u := newUnderWay(t, db)
	for i, to := range []ledger.AccountID{mine, yours} {
		u.is(give{fmt.Sprint("give-", i), to, 100})
	}
	third := ledger.Of(ledger.User, 3, money.CNY)
	first, release := u.hold(commitSaid, give{"first", third, 1})
	defer release()
	others := u.submit(u.beside, spend{"between", yours, 100, 100}) // it is the next in the queue for the head
	u.waitsForTurn()
	ahead := u.behind(spend{"ahead", mine, 100, 100})
	release()
	if a := <-first; a.Err != nil {
		t.Error(a.Err)
	}
	if a, b := <-ahead, <-others; (a.Err == nil) == (b.Err == nil) || errors.Is(a.Err, refusal.Unavailable) || errors.Is(b.Err, refusal.Unavailable) {
		t.Errorf("of two that exclude each other: %+v, %+v", a, b)
	}
}

func TestARepeatBehindItsFirst(t *testing.T) { repeatBehind(t, onMariaDB(t)) }

// repeatBehind: a command is asked for again while its batch is under way. Its answer is
// known, and is told once it is durable.
func repeatBehind(t *testing.T, db *servers.Server) {
	u := newUnderWay(t, db)
	first, release := u.hold(commitSaid, give{"once", mine, 1})
	defer release()
	txn, err := u.store.Begin(t.Context(), &store.Touched{Commands: []store.Named{store.Name("once")}})
	if err != nil {
		t.Fatal(err)
	}
	if entry, there := txn.Entry(store.Name("once")); !there || entry.Position != 1 {
		t.Errorf("behind it, it is found: %t", there)
	}
	pending, err := txn.Commit(store.Batch{})
	if err != nil {
		t.Fatal(err)
	}
	durable := make(chan error, 1)
	go func() { durable <- pending.Wait() }()
	notYet(t, durable, "its answer is told before it is durable")
	release()
	if a, err := <-first, <-durable; a.Err != nil || err != nil {
		t.Error(a.Err, err)
	}
	u.has(mine, 1)
}

// notYet fails where something has ended that should still wait.
func notYet(t *testing.T, ended <-chan error, wrong string) {
	t.Helper()
	select {
	case err := <-ended:
		t.Fatalf("%s: %v", wrong, err)
	case <-time.After(50 * time.Millisecond):
	}
}

// note writes a bulk record without touching it.
type note struct{ Key string }

var notes = engine.Kind[string]{Name: "note", Bulk: true}

func (c note) ID() string             { return c.Key }
func (c note) Name() string           { return "note" }
func (c note) Touches(*store.Touched) {}
func (c note) Apply(tx *engine.Tx) (any, error) {
	notes.Append(tx, "one", c.Key)
	return nil, nil
}

func TestAnUntouchedNameBehindItself(t *testing.T) { nameBehindItself(t, onMariaDB(t)) }

// nameBehindItself: a batch gives a name that it has not touched, and the one under way
// gives the same, as two names may be one by chance. Both are found.
func nameBehindItself(t *testing.T, db *servers.Server) {
	u := newUnderWay(t, db)
	first, release := u.hold(commitSaid, note{"first"})
	defer release()
	second := u.behind(note{"second"})
	release()
	if a, b := <-first, <-second; a.Err != nil || b.Err != nil {
		t.Fatal(a.Err, b.Err)
	}
	if text, there, err := notes.Read(t.Context(), u.other, "one"); text != "second" || !there || err != nil {
		t.Errorf("it says %q: %t, %v", text, there, err)
	}
}

func TestClosedWithABatchUnderWay(t *testing.T) { closedUnderWay(t, onMariaDB(t)) }

// closedUnderWay: Close waits for the batch under way.
func closedUnderWay(t *testing.T, db *servers.Server) {
	u := newUnderWay(t, db)
	first, release := u.hold(commitSaid, give{"last", mine, 1})
	defer release()
	closed := make(chan error, 1)
	go func() { closed <- u.store.Close() }()
	notYet(t, closed, "closed before its batch has ended")
	release()
	if a, err := <-first, <-closed; a.Err != nil || err != nil {
		t.Error(a.Err, err)
	}
	if _, there, err := u.other.Entry(t.Context(), "last"); !there || err != nil {
		t.Errorf("it is there: %t, %v", there, err)
	}
}

func TestSetAsideWithABatchUnderWay(t *testing.T) { asideUnderWay(t, onMariaDB(t)) }

// asideUnderWay: what was under way when the store was set aside is in the journal, and
// what had been read behind it is refused.
func asideUnderWay(t *testing.T, db *servers.Server) {
	u := newUnderWay(t, db)
	first, release := u.hold(commitSaid, give{"last", mine, 1})
	defer release()
	aside := make(chan error, 1)
	go func() { aside <- u.other.SetAside(t.Context(), "the books move") }()
	u.waitsForTurn()
	second := u.behind(give{"too late", mine, 1})
	release()
	a, b := <-first, <-second
	if err := <-aside; a.Err != nil || err != nil {
		t.Error(a.Err, err)
	}
	if _, there, err := u.other.Entry(t.Context(), "too late"); err != nil || there != (b.Err == nil) || b.Err == nil && db.Kind != "tidb" {
		t.Errorf("what came too late is there: %t, %v; its answer: %+v", there, err, b)
	}
}

// tally counts on records of each sort, one of which is there every other time.
type tally struct{ Key string }

type counted struct{ Row, Page int }

var (
	tallyRows  = engine.Kind[int]{Name: "row", Terms: func(_ string, n int) []store.Term { return []store.Term{{Index: "row", Sort: fmt.Sprint(n)}} }}
	tallyPages = engine.Kind[int]{Name: "page", Bulk: true}
	tallyOdd   = engine.Kind[int]{Name: "odd"}
)

func (c tally) ID() string   { return c.Key }
func (c tally) Name() string { return "tally" }
func (c tally) Touches(t *store.Touched) {
	t.Account(mine, outside)
	t.Record(tallyRows.Key("1"), tallyPages.Key("1"), tallyOdd.Key("1"))
}
func (c tally) Apply(tx *engine.Tx) (any, error) {
	row, _ := tallyRows.Get(tx, "1")
	page, _ := tallyPages.Get(tx, "1")
	if tallyOdd.Has(tx, "1") != (row%2 == 1) {
		return nil, refusal.New(refusal.InvalidRequest, "the odd record is not there after %d", row)
	}
	if row%2 == 1 {
		tallyOdd.Delete(tx, "1")
	} else {
		tallyOdd.Put(tx, "1", row)
	}
	tallyRows.Put(tx, "1", row+1)
	tallyPages.Put(tx, "1", page+1)
	return counted{row + 1, page + 1}, tx.Post(ledger.Move(outside, mine, 1, ledger.TopUp)...)
}

func TestCountedByTwoServers(t *testing.T) { countedByTwo(t, onMariaDB(t)) }

// countedByTwo: one server counts, and again behind that while it is written; another
// has read what it counts on while it waits for its turn. Each goes on from what came
// before it, whoever that was.
func countedByTwo(t *testing.T, db *servers.Server) {
	u := newUnderWay(t, db)
	const rounds = 4
	for round := range rounds {
		time.Sleep(aloneAfter) // the first server counts on being alone again
		first, release := u.hold(commitSaid, tally{fmt.Sprint("first-", round)})
		defer release()
		u.other.turn <- struct{}{}
		u.other.othersAt = time.Now() // it has seen the first's batches, and reads early
		<-u.other.turn
		others := u.submit(u.beside, tally{fmt.Sprint("other-", round)})
		u.waitsForTurn()
		behind := u.behind(tally{fmt.Sprint("behind-", round)})
		release()
		for _, a := range []engine.Answer{<-first, <-behind, <-others} {
			if a.Err != nil {
				t.Fatal(a.Err)
			}
		}
	}
	r := u.is(tally{"last"})
	var n counted
	if err := r.Decode(&n); err != nil || n != (counted{3*rounds + 1, 3*rounds + 1}) {
		t.Errorf("it was counted to %+v (%v) in %d", n, err, 3*rounds+1)
	}
	u.has(mine, 3*rounds+1)
}

func TestReadBeforeACrash(t *testing.T) { readBeforeACrash(t, onMariaDB(t)) }

// readBeforeACrash: what was read early counts only where the journal has, at that place,
// the head that it was read with. A crash may have put others' entries there.
func readBeforeACrash(t *testing.T, db *servers.Server) {
	u := newUnderWay(t, db)
	u.is(give{"one", mine, 1})
	touched := &store.Touched{}
	touched.Account(mine, yours)
	early, err := u.store.ahead(t.Context(), nil, touched)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := u.store.ahead(t.Context(), nil, touched)
	if err != nil {
		t.Fatal(err)
	}
	early.end()
	taken.end()
	taken.head.Hash[0] ^= 1
	u.is(give{"two", yours, 1})
	for name, tt := range map[string]struct {
		early *txn
		kept  int
	}{"as it was": {early, 1}, "taken back": {taken, 0}} {
		t.Run(name, func(t *testing.T) {
			l, err := u.other.lock(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer l.end()
			txn := u.other.under(t.Context(), l)
			if err := txn.follows(t.Context(), tt.early); err != nil || len(txn.accounts) != tt.kept {
				t.Errorf("%d accounts are kept (%v), want %d", len(txn.accounts), err, tt.kept)
			}
			if err := txn.load(t.Context(), touched); err != nil || txn.Account(mine).Balance != 1 || txn.Account(yours).Balance != 1 {
				t.Errorf("%v: %+v, %+v", err, txn.Account(mine), txn.Account(yours))
			}
		})
	}
}
