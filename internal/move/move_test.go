package move

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/pebblestore"
	"tongbao/internal/store"
)

func openIn(t *testing.T, dir, name string) Side {
	t.Helper()
	s, err := pebblestore.Open(context.Background(), pebblestore.Options{Dir: dir, SegmentBytes: 20_000, CheckpointBytes: 50_000, MemTableBytes: 1 << 20, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return Side{s, name}
}

var written atomic.Int64

// write commits a transfer with records of three sorts.
func write(s store.Store) error {
	n := written.Add(1)
	id := fmt.Sprintf("c%d", n)
	from, to := ledger.Of(ledger.Suspense, 1, money.CNY), ledger.Of(ledger.User, uint64(n%7), money.CNY)
	records := []store.Record{
		{Key: store.Key{Kind: "person", ID: fmt.Sprint(n % 5)}, Value: fmt.Append(nil, n), Terms: []store.Term{{Index: "people", Sort: fmt.Sprintf("%09d", n)}}},
		{Key: store.Key{Kind: "setting", ID: fmt.Sprint(n % 11)}, Value: fmt.Append(nil, n)},
		{Key: store.Key{Kind: "order", ID: id, Origin: store.Stamp(id)}, Value: fmt.Append(nil, n), Bulk: true},
	}
	touched := &store.Touched{Commands: []store.Named{store.Name(id)}}
	touched.Account(from, to)
	for _, r := range records {
		touched.Record(r.Key)
	}
	txn, err := s.Begin(context.Background(), touched)
	if err != nil {
		return err
	}
	defer txn.Rollback()
	b := &book{txn, map[ledger.AccountID]*ledger.Account{}}
	legs := ledger.Move(from, to, money.Amount(n), ledger.Transfer)
	if err := ledger.Post(b, legs); err != nil {
		return err
	}
	batch := store.Batch{Entries: []store.Entry{{At: 1_000_000, Command: id, Stamp: store.Stamp(id), Name: "test", Legs: legs, Records: records}}}
	for _, a := range b.changed {
		batch.Accounts = append(batch.Accounts, *a)
	}
	pending, err := txn.Commit(batch)
	if err != nil {
		return err
	}
	return pending.Wait()
}

type book struct {
	txn     store.Txn
	changed map[ledger.AccountID]*ledger.Account
}

func (b *book) Account(id ledger.AccountID) *ledger.Account {
	if b.changed[id] == nil {
		state := b.txn.Account(id)
		b.changed[id] = &state
	}
	return b.changed[id]
}

func writes(t *testing.T, s store.Store, n int) {
	t.Helper()
	for range n {
		if err := write(s); err != nil {
			t.Fatal(err)
		}
	}
}

func mustRun(t *testing.T, from, to Side) Report {
	t.Helper()
	last := 0
	report, err := Run(context.Background(), from, to, func(share int, what string) {
		if share < last || share > 1000 || what == "" {
			t.Errorf("after %d thousandths came %d, %s", last, share, what)
		}
		last = share
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.From != report.To || last != 1000 {
		t.Fatalf("%+v, at %d thousandths", report, last)
	}
	return report
}

func refuses(t *testing.T, s store.Store) {
	t.Helper()
	if err := write(s); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("it should take no batch, and says %v", err)
	}
}

func TestBooksAreMovedWhileTheyAreWritten(t *testing.T) {
	a, b := openIn(t, t.TempDir(), "a"), openIn(t, t.TempDir(), "b")
	writes(t, a, 500)
	var acknowledged atomic.Int64
	var writers sync.WaitGroup
	for range 3 {
		writers.Go(func() {
			for {
				if err := write(a); err != nil {
					if !errors.Is(err, store.ErrUnavailable) {
						t.Error(err)
					}
					return
				}
				acknowledged.Add(1)
			}
		})
	}
	report := mustRun(t, a, b)
	writers.Wait()
	if want := uint64(500 + acknowledged.Load()); report.To.Entries != want || report.To.Accounts != 8 {
		t.Fatalf("%d entries and %d accounts were moved; %d were acknowledged", report.To.Entries, report.To.Accounts, want)
	}
	refuses(t, a)
	writes(t, b, 20)

	// And back, to where they came from, which has most of it.
	back := mustRun(t, b, a)
	if back.To.Entries != report.To.Entries+20 {
		t.Fatalf("%d entries came back", back.To.Entries)
	}
	refuses(t, b)
	writes(t, a, 20)
}

func TestAMoveThatWasBrokenOffGoesOn(t *testing.T) {
	there := t.TempDir()
	a, b := openIn(t, t.TempDir(), "a"), openIn(t, there, "b")
	writes(t, a, 3000)
	for _, at := range []int{1, copied, verified, compared} {
		ctx, cancel := context.WithCancel(context.Background())
		_, err := Run(ctx, a, b, func(share int, _ string) {
			if share >= at {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("broken off at %d thousandths it says %v", at, err)
		}
		writes(t, a, 5) // the source goes on
		refuses(t, b)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		b = openIn(t, there, "b")
	}
	if report := mustRun(t, a, b); report.To.Entries != 3020 {
		t.Fatalf("%+v", report)
	}
	writes(t, b, 5)
}

// The moment in which neither takes batches may be where the power goes.
func TestBetweenTheTwo(t *testing.T) {
	ctx := context.Background()
	for _, goOn := range []bool{true, false} {
		a, b := openIn(t, t.TempDir(), "a"), openIn(t, t.TempDir(), "b")
		writes(t, a, 50)
		if err := b.SetAside(ctx, comingFrom("a")); err != nil {
			t.Fatal(err)
		}
		if err := a.SetAside(ctx, goingTo("b")); err != nil {
			t.Fatal(err)
		}
		if goOn {
			mustRun(t, a, b)
			refuses(t, a)
			writes(t, b, 5)
			if err := GiveUp(ctx, a, b); err == nil {
				t.Fatal("a move was given up when it was done")
			}
			refuses(t, a)
			continue
		}
		if err := GiveUp(ctx, a, b); err != nil {
			t.Fatal(err)
		}
		writes(t, a, 5)
		refuses(t, b)
	}
}

func TestOtherBooksAreLeftAlone(t *testing.T) {
	ctx := context.Background()
	refused := func(a, b Side, says string) {
		t.Helper()
		if _, err := Run(ctx, a, b, nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("it says %v; %q was expected", err, says)
		}
	}
	a, b := openIn(t, t.TempDir(), "a"), openIn(t, t.TempDir(), "b")
	writes(t, a, 20)
	writes(t, b, 20)
	refused(a, b, "holds books that are in use")
	writes(t, a, 1)
	writes(t, b, 1)

	c := openIn(t, t.TempDir(), "c")
	mustRun(t, a, c)
	refused(a, c, "in use there")
	refused(a, openIn(t, t.TempDir(), "d"), "can't be moved")
	refused(b, a, "set aside for something else")

	// Books of the same name that are others.
	e, f := openIn(t, t.TempDir(), "e"), openIn(t, t.TempDir(), "f")
	writes(t, f, 5)
	if err := f.SetAside(ctx, comingFrom("e")); err != nil {
		t.Fatal(err)
	}
	refused(e, f, "holds other books")
	writes(t, e, 5)
	refused(e, f, "holds other books")
	writes(t, e, 5)
	refused(e, f, "not taken over")
	writes(t, e, 5)
}
