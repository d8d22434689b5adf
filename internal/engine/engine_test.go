package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/pebblestore"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

var (
	alice = ledger.Of(ledger.User, 1, money.CNY)
	bob   = ledger.Of(ledger.User, 2, money.CNY)
	bank  = ledger.Of(ledger.ClientFunds, 9, money.CNY)
	by    = engine.By{Actor: "test", Request: "req"}
)

type note struct {
	Text string `cbor:"1,keyasint"`
}

var notes = engine.Kind[note]{Name: "note", Terms: func(id string, n note) []store.Term {
	return []store.Term{{Index: "note.text", Sort: n.Text}}
}}

// move is the least command: money from one to another, and a note of it.
type move struct {
	Key      string
	From, To ledger.AccountID
	Amount   money.Amount
	MadeUp   string `cbor:"-"`
	bug      func(*engine.Tx) error
}

func (c move) ID() string   { return c.Key }
func (c move) Name() string { return "move" }
func (c move) Touches(t *store.Touched) {
	t.Account(c.From, c.To)
	t.Record(notes.Key("last"))
}
func (c move) Apply(tx *engine.Tx) (any, error) {
	notes.Put(tx, "last", note{Text: c.Key})
	notes.Append(tx, "of "+c.Key, note{Text: "appended"})
	if c.bug != nil {
		if err := c.bug(tx); err != nil {
			return nil, err
		}
	}
	if err := tx.Post(ledger.Move(c.From, c.To, c.Amount, ledger.Transfer)...); err != nil {
		return nil, err
	}
	return tx.Account(c.To).Balance, nil
}

func start(t *testing.T, dir string, opt engine.Options) (*engine.Engine, *pebblestore.Store) {
	t.Helper()
	s, err := pebblestore.Open(context.Background(), pebblestore.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(context.Background(), s, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close(); s.Close() })
	return e, s
}

// over is another engine, on a store that is not quite the one it stands for.
func over(t *testing.T, s store.Store) *engine.Engine {
	t.Helper()
	e, err := engine.New(t.Context(), s, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func submit(t *testing.T, e *engine.Engine, c engine.Command) (engine.Receipt, error) {
	t.Helper()
	return e.Submit(context.Background(), c, by)
}

func mustSubmit(t *testing.T, e *engine.Engine, c engine.Command) engine.Receipt {
	t.Helper()
	r, err := submit(t, e, c)
	if err != nil {
		t.Fatalf("%s: %v", c.ID(), err)
	}
	return r
}

func balance(t *testing.T, e *engine.Engine, id ledger.AccountID) money.Amount {
	t.Helper()
	a, err := e.Store().Account(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a.Balance
}

func TestTheSameIDIsAnsweredWithTheFirstReceipt(t *testing.T) {
	dir := t.TempDir()
	e, s := start(t, dir, engine.Options{})
	first := mustSubmit(t, e, move{Key: "k", From: bank, To: alice, Amount: 100, MadeUp: "a"})
	again := mustSubmit(t, e, move{Key: "k", From: bank, To: alice, Amount: 100, MadeUp: "b"})
	if again.Position != first.Position || !again.Repeated || first.Repeated {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if _, err := submit(t, e, move{Key: "k", From: bank, To: alice, Amount: 101}); !errors.Is(err, refusal.IdempotencyConflict) {
		t.Errorf("other contents: %v", err)
	}
	e.Close()
	s.Close()

	e, _ = start(t, dir, engine.Options{})
	late := mustSubmit(t, e, move{Key: "k", From: bank, To: alice, Amount: 100})
	var told money.Amount
	if err := late.Decode(&told); err != nil || told != 100 || late.Position != first.Position || late.At != first.At {
		t.Errorf("after a restart: %+v says %d, %v", late, told, err)
	}
	if n, ok, err := notes.After(late, "of k"); err != nil || !ok || n.Text != "appended" {
		t.Errorf("the receipt's record: %v %v %v", n, ok, err)
	}
	if b := balance(t, e, alice); b != 100 {
		t.Errorf("alice has %d", b)
	}
}

func TestARefusalUndoesItsOwnCommandAndIsKept(t *testing.T) {
	e, _ := start(t, t.TempDir(), engine.Options{})
	mustSubmit(t, e, move{Key: "in", From: bank, To: alice, Amount: 50})
	for range 2 {
		r, err := submit(t, e, move{Key: "too much", From: alice, To: bob, Amount: 51})
		if !errors.Is(err, refusal.InsufficientBalance) {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	mustSubmit(t, e, move{Key: "more", From: bank, To: alice, Amount: 50})
	if _, err := submit(t, e, move{Key: "too much", From: alice, To: bob, Amount: 51}); !errors.Is(err, refusal.InsufficientBalance) {
		t.Errorf("the same id is judged anew: %v", err)
	}
	mustSubmit(t, e, move{Key: "another id", From: alice, To: bob, Amount: 51})
	ctx := context.Background()
	if n, _, _ := notes.Read(ctx, e.Store(), "last"); n.Text != "another id" {
		t.Errorf("the last note is %q", n.Text)
	}
	if _, there, _ := notes.Read(ctx, e.Store(), "of too much"); there {
		t.Error("a refused command left a record")
	}
	entry, ok, err := e.Store().Entry(ctx, "too much")
	if err != nil || !ok || entry.Refused != string(refusal.InsufficientBalance) || len(entry.Legs)+len(entry.Records) != 0 {
		t.Errorf("the journal says %+v, %v, %v", entry, ok, err)
	}
}

// A hundred clients send all that alice has, at once, under their own ids: it
// is sent once.
func TestRacesOutOfOneBalanceMoveItOnce(t *testing.T) {
	e, _ := start(t, t.TempDir(), engine.Options{})
	mustSubmit(t, e, move{Key: "in", From: bank, To: alice, Amount: 100})
	var wg sync.WaitGroup
	var mu sync.Mutex
	moved := 0
	for i := range 100 {
		wg.Go(func() {
			if _, err := e.Submit(context.Background(), move{Key: fmt.Sprint("race ", i), From: alice, To: bob, Amount: 100}, by); err == nil {
				mu.Lock()
				moved++
				mu.Unlock()
			} else if !errors.Is(err, refusal.InsufficientBalance) {
				t.Errorf("race %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if moved != 1 || balance(t, e, bob) != 100 || balance(t, e, alice) != 0 {
		t.Errorf("%d went through; bob has %d", moved, balance(t, e, bob))
	}
}

func TestTheSameIDAtOnceIsDoneOnce(t *testing.T) {
	e, _ := start(t, t.TempDir(), engine.Options{})
	var wg sync.WaitGroup
	positions := make([]uint64, 50)
	for i := range positions {
		wg.Go(func() {
			r, err := e.Submit(context.Background(), move{Key: "one", From: bank, To: alice, Amount: 7}, by)
			if err != nil {
				t.Error(err)
			}
			positions[i] = r.Position
		})
	}
	wg.Wait()
	for _, p := range positions {
		if p != positions[0] || p == 0 {
			t.Fatalf("positions %v", positions)
		}
	}
	if b := balance(t, e, alice); b != 7 {
		t.Errorf("alice has %d", b)
	}
}

func TestABugStopsTheEngineBeforeAnythingIsAcknowledged(t *testing.T) {
	for name, bug := range map[string]func(*engine.Tx) error{
		"reaches for what it does not touch": func(tx *engine.Tx) error { tx.Account(ledger.Of(ledger.User, 77, money.CNY)); return nil },
		"leaves a forbidden state":           func(tx *engine.Tx) error { tx.Account(alice).Balance = -1; return nil },
		"answers neither yes nor no":         func(tx *engine.Tx) error { return errors.New("disk on fire") },
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := start(t, t.TempDir(), engine.Options{})
			mustSubmit(t, e, move{Key: "in", From: bank, To: alice, Amount: 100})
			if _, err := submit(t, e, move{Key: "bug", From: bank, To: bob, Amount: 1, bug: bug}); !errors.Is(err, engine.ErrStopped) {
				t.Fatalf("got %v", err)
			}
			if _, err := submit(t, e, move{Key: "next", From: bank, To: alice, Amount: 1}); !errors.Is(err, engine.ErrStopped) {
				t.Errorf("goes on: %v", err)
			}
			if b := balance(t, e, bob); b != 0 {
				t.Errorf("bob has %d", b)
			}
		})
	}
}

func TestBusinessTimeNeverFalls(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	e, s := start(t, t.TempDir(), engine.Options{Now: func() time.Time { return now }})
	first := mustSubmit(t, e, move{Key: "a", From: bank, To: alice, Amount: 1})
	now = now.Add(-time.Hour)
	second := mustSubmit(t, e, move{Key: "b", From: bank, To: alice, Amount: 1})
	if second.At != first.At {
		t.Errorf("time fell from %d to %d", first.At, second.At)
	}
	e.Close()
	e, err := engine.New(context.Background(), s, engine.Options{Now: func() time.Time { return now.Add(-time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if third := mustSubmit(t, e, move{Key: "c", From: bank, To: alice, Amount: 1}); third.At != first.At {
		t.Errorf("after a restart time fell from %d to %d", first.At, third.At)
	}
}

func TestBusinessDaysAreShanghais(t *testing.T) {
	for _, c := range []struct {
		at   string
		day  int32
		year int32
	}{
		{"2025-12-31T15:59:59Z", 20453, 2025},
		{"2025-12-31T16:00:00Z", 20454, 2026},
		{"1970-01-01T00:00:00Z", 0, 1970},
	} {
		at, _ := time.Parse(time.RFC3339, c.at)
		if got := engine.DayOf(at, engine.Shanghai); got != (ledger.Day{Number: c.day, Year: c.year}) {
			t.Errorf("%s is day %+v", c.at, got)
		}
	}
}
