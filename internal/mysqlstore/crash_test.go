package mysqlstore

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/fanout"
	"tongbao/internal/store"
	"tongbao/test/servers"
)

// A database may show commits that it has not synced, and a crash takes them back. Here
// that is played: the tables become what they were.

// crash keeps the tables as they are, and answers what takes back all that came since, as
// servers see it that have nothing in memory of it but what they believe to be durable.
func (u *underWay) crash() (takeBack func()) {
	u.Helper()
	exec := func(statement string) {
		u.Helper()
		if _, err := u.other.long.ExecContext(u.Context(), statement); err != nil {
			u.Fatalf("%s: %v", statement, err)
		}
	}
	tables := []string{"head", "journal", "accounts", "names", "records", "terms"}
	for _, name := range tables {
		exec("CREATE TABLE keep_" + name + " AS SELECT * FROM " + name)
	}
	return func() {
		u.Helper()
		for _, name := range tables {
			exec("DELETE FROM " + name)
			exec("INSERT INTO " + name + " SELECT * FROM keep_" + name)
		}
		u.other.blocks = newBlocks() // it wrote what is gone; in truth that was never acknowledged
		u.other.look.blocks = u.other.blocks
	}
}

// What was read early is used for a try that fails half-way, and the database comes back
// without what that try had seen.
func TestReadEarlyForATryThatFailed(t *testing.T) {
	u := newUnderWay(t, onMariaDB(t))
	u.is(give{"one", yours, 100})
	takeBack := u.crash()
	touched := &store.Touched{}
	touched.Account(mine, yours, outside)
	early, err := u.store.ahead(t.Context(), nil, touched)
	if err != nil {
		t.Fatal(err)
	}
	defer early.end()
	if _, err := u.beside.Submit(t.Context(), give{"two", yours, 1}, engine.By{}); err != nil { // seen, and not synced
		t.Fatal(err)
	}

	broke := u.cable.Lose("FROM accounts", servers.Unsaid, false)
	u.store.turn <- struct{}{}
	defer func() { <-u.store.turn }()
	read, tries := early, 0
	var txn *txn
	err = patiently(t.Context(), func() (err error) { // as begin has it
		if tries++; tries == 2 {
			<-broke
			takeBack()
		}
		txn, err = u.store.inTurn(t.Context(), touched, read, true)
		read = nil
		return err
	})
	if err != nil || tries != 2 {
		t.Fatalf("%d tries, %v", tries, err)
	}
	defer txn.end()
	if a := txn.Account(yours); a.Balance != 100 {
		t.Errorf("at head %d the batch sees that the account has %d, and it has 100", txn.head.Position, a.Balance)
	}
}

type heardOf struct {
	Command string `cbor:"1,keyasint"`
}

// Who follows the journal makes nothing of what a crash can still take back, and misses
// nothing of what comes in its place.
func TestFollowedBeforeACrash(t *testing.T) {
	u := newUnderWay(t, onMariaDB(t))
	heard := engine.Kind[heardOf]{Name: "heard"}
	f := fanout.New(u.engine, &fanout.Work[string]{What: "gifts", Actor: "job:hear", Command: "hear", Prefix: "hear", Cursor: "hear_cursor", Key: "hear",
		Keep: func(tx *engine.Tx, command string) { heard.Append(tx, command, heardOf{command}) }},
		fanout.Source[string]{Since: func(context.Context) (uint64, bool, error) { return 0, true, nil },
			Of: func(context.Context) func(*store.Entry, []string) ([]string, error) {
				return func(entry *store.Entry, made []string) ([]string, error) {
					for i := range entry.Legs {
						if entry.Legs[i].Account == mine {
							made = append(made, entry.Command)
						}
					}
					return made, nil
				}
			}})
	follow := func() (reached uint64) {
		for range 5 {
			var err error
			if reached, err = f.FanOut(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return reached
	}
	u.is(give{"one", yours, 1})
	follow()
	takeBack := u.crash()
	for _, id := range []string{"two", "three"} {
		if _, err := u.beside.Submit(t.Context(), give{id, yours, 1}, engine.By{}); err != nil {
			t.Fatal(err)
		}
	}
	// It is shown them, and the database dies when it is asked to sync them.
	u.cable.Lose("INSERT INTO servers", servers.Unsaid, false)
	if reached, err := f.FanOut(t.Context()); reached > 1 {
		t.Errorf("it went on to %d, %v", reached, err)
	}
	takeBack()
	for n, id := range []string{"paid", "later", "paid too"} {
		if n == 1 {
			u.is(give{id, yours, 1})
		} else {
			u.is(give{id, mine, 1})
		}
	}
	follow()
	for _, id := range []string{"paid", "paid too"} {
		if _, there, err := heard.Read(t.Context(), u.store, id); !there || err != nil {
			t.Errorf("nothing was made of %q: %v", id, err)
		}
	}
}

// Who waits for more than there is, since a crash took it back, waits.
func TestAwaitedAfterACrash(t *testing.T) {
	u := newUnderWay(t, onMariaDB(t))
	u.is(give{"one", yours, 1})
	u.store.reach(3) // as who looks at the head is shown it before it is synced
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	told := 0
	for u.store.Await(ctx, 1) == nil {
		if told++; told%100 == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		if told > 2000 {
			t.Fatal("it is told again and again that there is more, and there isn't")
		}
	}
}

// A batch behind one that was committed, and is gone all the same: the database lost what
// it had acknowledged.
func TestABatchBehindOneThatIsGone(t *testing.T) {
	u := newUnderWay(t, onMariaDB(t))
	u.is(give{"one", mine, 1})
	touched := &store.Touched{}
	touched.Account(mine)
	txn, err := u.store.ahead(t.Context(), nil, touched)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { txn.end() }()
	gone := &flight{made: &made{changes: &changes{}, base: txn.head, head: store.Head{Position: txn.head.Position + 1}}, done: make(chan struct{})}
	close(gone.done)
	txn.before, txn.head = gone, gone.made.head
	done := make(chan error, 1)
	go func() { done <- txn.catchUp() }()
	select {
	case err := <-done:
		if !errors.Is(err, store.ErrRetry) {
			t.Errorf("%v, want that it is made again", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it goes round and round")
	}
}

// What a batch behind another proves about that one, it proves when the other's entries are
// its maker's again.
func TestABatchThatIsProvenLate(t *testing.T) {
	u := newUnderWay(t, onMariaDB(t))
	reached, release := u.cable.Hold(commitSaid)
	first := u.large(u.engine, "first")
	<-reached
	second := u.largeBehind("second")
	time.Sleep(300 * time.Millisecond) // it waits for the head
	writes, releaseSecond := u.cable.Hold("UPDATE head SET position")
	u.Cleanup(releaseSecond)
	lost := u.cable.Lose(commitSaid, servers.Unheard, false)
	release()
	<-lost
	<-writes
	if a := <-first; !errors.Is(a[0].Err, engine.ErrOutcomeUnknown) { // while the second has the head
		t.Fatalf("%v, want that the outcome is unknown", a[0].Err)
	}
	third := u.large(u.engine, "third") // in the memory that the first had
	time.Sleep(300 * time.Millisecond)
	releaseSecond()
	for _, answers := range []<-chan []engine.Answer{second, third} {
		for _, a := range <-answers {
			if a.Err != nil {
				t.Fatal(a.Err)
			}
		}
	}
	for _, id := range []string{"first-0", "first-100", fmt.Sprint("first-", largeBatch-1)} {
		if _, there, err := u.store.Entry(t.Context(), id); !there || err != nil {
			t.Errorf("%s: there %t, %v", id, there, err)
		}
	}
}

// A command of which nobody knows is asked for again while the database is away.
func TestAskedAgainWhileNobodyKnows(t *testing.T) {
	e, _, cable, beside := behindACable(t, onMariaDB(t))
	cable.Lose("COMMIT", servers.Unheard, true)
	for range 2 {
		if _, err := e.Submit(t.Context(), give{"unknown", mine, 1}, engine.By{}); !errors.Is(err, engine.ErrOutcomeUnknown) {
			t.Fatalf("%v, want that the outcome is unknown", err)
		}
	}
	if a, err := beside.Account(context.Background(), mine); err != nil || a.Balance != 2 {
		t.Errorf("the account has %d, %v: it was done", a.Balance, err)
	}
}

// A snapshot shows nothing that came after it, also where that stands in a file by then.
func TestASnapshotOfWhatIsArchivedSince(t *testing.T) {
	entries, known := partEntries, archivesKnownFor
	partEntries, archivesKnownFor = 200, 20*time.Millisecond
	t.Cleanup(func() { partEntries, archivesKnownFor = entries, known })
	u := newUnderWay(t, onMariaDB(t))
	gifts := func(id string) {
		for n := range 5 {
			u.is(give{fmt.Sprint(id, n), mine, 1})
		}
	}
	gifts("before")
	v, err := u.other.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	gifts("after")
	if _, err := u.store.Archive(t.Context(), time.Now().Add(time.Hour), t.TempDir(), func(int) {}); err != nil {
		t.Log(err) // the snapshot keeps the rows
	}
	time.Sleep(50 * time.Millisecond)
	head, err := v.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list, err := v.Journal(t.Context(), 0, 1000)
	if err != nil || uint64(len(list)) != head.Position {
		t.Errorf("the snapshot is of entry %d, and lists %d entries, %v", head.Position, len(list), err)
	}
}
