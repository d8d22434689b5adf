package storetest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
)

func awaitMore(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if err := s.Await(short, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("await on an empty journal: %v", err)
	}
	done := make(chan error)
	go func() { done <- s.Await(ctx, 1) }()
	teller.do(move("a", bank, user(1), 1))
	teller.do(move("b", bank, user(1), 1))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := s.Await(ctx, 0); err != nil {
		t.Fatal(err)
	}
	same(t, "head", must[store.Head](t)(s.Head(ctx)).Position, uint64(2))
}

func snapshotOneMoment(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	teller.fill("a", 100, 5, 10)
	before := read(t, s, allIndexes...)
	snapshot := must[store.Snapshot](t)(s.Snapshot(ctx))
	later := must[store.Snapshot](t)(s.Snapshot(ctx))
	later.Close()
	teller.fill("b", 100, 8, 10)
	teller.do(write("delete", store.Record{Key: store.Key{Kind: "trade", ID: "a-000000"}}))
	same(t, "contents of the snapshot", read(t, snapshot, allIndexes...), before)
	same(t, "an account that came later", must[ledger.Account](t)(snapshot.Account(ctx, user(7))), ledger.Account{ID: user(7)})
	if _, ok := record(t, snapshot, store.Key{Kind: "trade", ID: "a-000000"}); !ok {
		t.Fatal("a record that was deleted later is not in the snapshot")
	}
	if _, ok, err := snapshot.Entry(ctx, "b-000001"); ok || err != nil {
		t.Fatalf("the snapshot knows a later command: %v, %v", ok, err)
	}
	if entry, ok, err := snapshot.Entry(ctx, "a-000001"); !ok || err != nil || entry.Position != 2 {
		t.Fatalf("the snapshot does not know an earlier command: %v, %v", ok, err)
	}
	same(t, "moments", must[uint64](t)(snapshot.HistoryAt(ctx, user(1), 1<<60)), uint64(20))
	if err := snapshot.VerifyChain(ctx, func([]store.Entry) {}, func(fault string) { t.Errorf("verify: %s", fault) }, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if err := snapshot.Close(); err != nil {
		t.Fatal(err)
	}
	verify(t, s)
}

func snapshotVerifies(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	teller.fill("a", 500, 7, 50)
	for i := range 40 {
		teller.do(write(fmt.Sprint("w", i), trade(fmt.Sprint("T", i%7), fmt.Sprint(i), row("trade.all", fmt.Sprint(i)))),
			write(fmt.Sprint("d", i), store.Record{Key: store.Key{Kind: "trade", ID: fmt.Sprint("T", (i+3)%7)}}))
	}
	verify(t, s)
	snapshot := must[store.Snapshot](t)(s.Snapshot(ctx))
	defer snapshot.Close()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := snapshot.VerifyChain(cancelled, func([]store.Entry) {}, func(string) {}, func(int) {}); !errors.Is(err, context.Canceled) {
		t.Fatalf("verify with a cancelled context: %v", err)
	}
	last := -1
	snapshot.VerifyChain(ctx, func([]store.Entry) {}, func(string) {}, func(thousandths int) {
		if thousandths < last || thousandths > 1000 {
			t.Errorf("progress goes from %d to %d", last, thousandths)
		}
		last = thousandths
	})
}

func reopened(t *testing.T, h Harness) {
	dir := t.TempDir()
	s := h.Open(t, dir)
	var before contents
	for round := range 3 {
		teller := newTeller(t, s)
		teller.now = int64(1_000_000 * (round + 1))
		teller.fill(fmt.Sprint("r", round), 150, 5, 40)
		before = read(t, s, allIndexes...)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = h.Open(t, dir)
		same(t, "contents after opening again", read(t, s, allIndexes...), before)
		verify(t, s)
	}
	teller := newTeller(t, s)
	txn := teller.begin(&store.Touched{Commands: []store.Named{store.Name("r0-000000"), store.Name("new")}})
	if _, ok := txn.Entry(store.Name("r0-000000")); !ok {
		t.Fatal("an old command is not known after opening again")
	}
	if _, ok := txn.Entry(store.Name("new")); ok {
		t.Fatal("a new command is known")
	}
	txn.Rollback()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func crashed(t *testing.T, h Harness) {
	if h.Crash == nil {
		t.Skip("this store has no way to crash")
	}
	dir := t.TempDir()
	s := h.Open(t, dir)
	for round := range 4 {
		teller := newTeller(t, s)
		teller.now = int64(1_000_000 * (round + 1))
		teller.fill(fmt.Sprint("r", round), 100, 5, 20)
		before := read(t, s, allIndexes...)
		s = h.Crash(t, dir, s)
		same(t, "contents after a crash", read(t, s, allIndexes...), before)
		verify(t, s)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func backedUp(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	teller.fill("a", 200, 5, 20)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				teller.do(move(fmt.Sprint("during", i), bank, user(9), 1))
			}
		}
	}()
	copied := filepath.Join(t.TempDir(), "copy")
	err := s.Backup(ctx, copied)
	close(stop)
	<-stopped
	if err != nil {
		t.Fatal(err)
	}
	teller.do(move("after", bank, user(9), 1))

	restored := h.Open(t, copied)
	defer restored.Close()
	verify(t, restored)
	head := must[store.Head](t)(restored.Head(ctx))
	if head.Position < 200 {
		t.Fatalf("the backup ends with entry %d", head.Position)
	}
	same(t, "journal of the backup", must[[]store.Entry](t)(restored.Journal(ctx, 0, 1<<20)), must[[]store.Entry](t)(s.Journal(ctx, 0, int(head.Position))))
	same(t, "rows", must[[]store.Row](t)(restored.Scan(ctx, store.Range{Index: "trade.all", Limit: 1000})), must[[]store.Row](t)(s.Scan(ctx, store.Range{Index: "trade.all", Limit: 1000})))
	if _, ok, _ := restored.Entry(ctx, "after"); ok {
		t.Fatal("the backup knows what came after it")
	}
	other := newTeller(t, restored)
	other.now = 1 << 40
	other.do(move("goes on", bank, user(1), 1))
	verify(t, restored)
	verify(t, s)
}

func backupWantsEmpty(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	_, _, taken := open(t, h)
	teller.fill("a", 10, 5, 20)
	if err := s.Backup(ctx, taken); err == nil {
		t.Fatal("a backup was written over a store")
	}
	dir := t.TempDir()
	if err := s.Backup(ctx, dir); err != nil {
		t.Fatalf("backup into an empty folder: %v", err)
	}
	if err := s.Backup(ctx, dir); err == nil {
		t.Fatal("a backup was written over a backup")
	}
}

func readersAndWriter(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	teller.fill("a", 100, 4, 100)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for reader := range 4 {
		readers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := readSome(s, reader+i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 100 {
		steps := []step{move(fmt.Sprint("m", i), bank, user(1), 100), move(fmt.Sprint("n", i), user(1), user(2), 100)}
		steps[0].records = []store.Record{trade("changing", fmt.Sprint(i), row("trade.all", fmt.Sprint("c", i)))}
		teller.do(steps...)
	}
	close(stop)
	readers.Wait()
	verify(t, s)
}

func readSome(s store.Store, i int) error {
	snapshot, err := s.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer snapshot.Close()
	for _, r := range []store.Reader{s, snapshot} {
		movements, err := r.History(ctx, user(uint64(i%4)), 0, 10)
		if err != nil {
			return err
		}
		for k, m := range movements {
			if k > 0 && m.Leg.Number != movements[k-1].Leg.Number-1 {
				return fmt.Errorf("history jumps from %d to %d", movements[k-1].Leg.Number, m.Leg.Number)
			}
		}
		rows, err := r.Scan(ctx, store.Range{Index: "trade.all", From: "c", Limit: 10})
		if err != nil {
			return err
		}
		if len(rows) > 1 {
			return fmt.Errorf("a record that stands in one row was found in %d", len(rows))
		}
		for _, row := range rows {
			if row.Sort != "c"+string(row.Record.Value) {
				return fmt.Errorf("row %s shows the record as of %s", row.Sort, row.Record.Value)
			}
		}
		if _, err := r.Journal(ctx, uint64(i), 10); err != nil {
			return err
		}
	}
	accounts, err := snapshot.Accounts(ctx, ledger.AccountID{}, 100)
	if err != nil {
		return err
	}
	var sum money.Amount
	for _, a := range accounts {
		sum += a.Balance
	}
	if sum != 0 {
		return fmt.Errorf("the balances of a snapshot sum to %d", sum)
	}
	return nil
}
