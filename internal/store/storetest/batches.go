package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
)

func newStoreIsEmpty(t *testing.T, h Harness) {
	s, _, _ := open(t, h)
	c := read(t, s, allIndexes...)
	same(t, "head", c.Head, store.Head{})
	if len(c.Accounts)+len(c.Journal)+len(c.Rows["trade.all"]) > 0 {
		t.Fatalf("a new store holds %+v", c)
	}
	same(t, "account", must[ledger.Account](t)(s.Account(ctx, user(7))), ledger.Account{ID: user(7)})
	if _, ok, err := s.Entry(ctx, "nobody"); ok || err != nil {
		t.Fatalf("entry of an unknown command: %v, %v", ok, err)
	}
	if _, ok := record(t, s, store.Key{Kind: "trade", ID: "none"}); ok {
		t.Fatal("an unknown record was found")
	}
	same(t, "history", len(must[[]store.Movement](t)(s.History(ctx, user(7), 0, 10))), 0)
	same(t, "history at", must[uint64](t)(s.HistoryAt(ctx, user(7), 1)), uint64(0))
	verify(t, s)
}

func batchIsThere(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	teller.do(move("a", bank, user(1), 100), move("b", user(1), user(2), 30))
	same(t, "balance of 1", balance(t, s, user(1)), money.Amount(70))
	same(t, "balance of 2", balance(t, s, user(2)), money.Amount(30))
	same(t, "balance of the bank", balance(t, s, bank), money.Amount(-100))
	same(t, "head", must[store.Head](t)(s.Head(ctx)).Position, uint64(2))
	verify(t, s)
}

func entryComesBack(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	teller.do(move("before", bank, user(1), 500))
	key := store.Key{Kind: "trade", ID: "T1"}
	meter := ledger.Meter{Day: ledger.Day{Number: 17000, Year: 2016}, Today: 5, ThisYear: 6, Ever: 7, TimesADay: 8}
	steps := []step{{id: "full", legs: ledger.Move(user(1), user(2), 100, ledger.Payment),
		records: []store.Record{{Key: key, Value: []byte{0, 1, 2}, Terms: []store.Term{{Index: "trade.all", Sort: "x"}}}},
		states:  []store.AccountChange{{Account: user(1), Held: 50, Tier: ledger.TierII, Meter: meter}}}}
	txn := teller.begin(touchedBy(steps))
	batch := teller.batch(txn, steps)
	batch.Entries[0].Request = "req-1"
	refused := store.Entry{At: batch.Entries[0].At, Command: "refused", Stamp: store.Stamp("refused"), Name: "test", Refused: "insufficient_balance", Message: "not enough: 余额不足", Field: "amount"}
	txn.Rollback()
	touched := touchedBy(steps)
	touched.Commands = append(touched.Commands, store.Name("refused"))
	txn = teller.begin(touched)
	batch.Entries = append(batch.Entries, refused)
	pending := must[store.Pending](t)(txn.Commit(batch))
	if err := pending.Wait(); err != nil {
		t.Fatal(err)
	}

	for _, want := range batch.Entries {
		got, ok, err := s.Entry(ctx, want.Command)
		if err != nil || !ok {
			t.Fatalf("entry %s: %v, %v", want.Command, ok, err)
		}
		same(t, "entry", got, want)
		txn := teller.begin(&store.Touched{Commands: []store.Named{store.Name(want.Command)}})
		known, ok := txn.Entry(store.Name(want.Command))
		txn.Rollback()
		if !ok {
			t.Fatalf("begin does not know command %s", want.Command)
		}
		same(t, "entry in begin", *known, want)
	}
	a := must[ledger.Account](t)(s.Account(ctx, user(1)))
	same(t, "account", a, ledger.Account{ID: user(1), Balance: 400, Held: 50, Entries: 2, Last: 2, Tier: ledger.TierII, Meter: meter})
	verify(t, s)
}

func positionsAreSet(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	teller.do(move("a", bank, user(1), 100))
	steps := []step{move("b", bank, user(2), 5), move("c", user(1), user(2), 7)}
	txn := teller.begin(touchedBy(steps))
	batch := teller.batch(txn, steps)
	pending := must[store.Pending](t)(txn.Commit(batch))
	same(t, "position of b", batch.Entries[0].Position, uint64(2))
	same(t, "position of c", batch.Entries[1].Position, uint64(3))
	same(t, "link of the bank's leg in b", batch.Entries[0].Legs[0].Previous, uint64(1))
	same(t, "link of user 2's first leg", batch.Entries[0].Legs[1].Previous, uint64(0))
	same(t, "link of user 1's leg in c", batch.Entries[1].Legs[0].Previous, uint64(1))
	same(t, "link of user 2's leg in c", batch.Entries[1].Legs[1].Previous, uint64(2))
	if err := pending.Wait(); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[ledger.AccountID]uint64{bank: 2, user(1): 3, user(2): 3} {
		same(t, "last entry of "+id.String(), must[ledger.Account](t)(s.Account(ctx, id)).Last, want)
	}
}

func rollbackLeavesNothing(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	teller.do(move("a", bank, user(1), 100))
	before := read(t, s, allIndexes...)
	steps := []step{move("b", bank, user(1), 5)}
	txn := teller.begin(touchedBy(steps))
	teller.batch(txn, steps)
	txn.Rollback()
	txn.Rollback()
	same(t, "contents", read(t, s, allIndexes...), before)
	txn = teller.begin(touchedBy(steps))
	if _, ok := txn.Entry(store.Name("b")); ok {
		t.Fatal("a command that was rolled back is known")
	}
	same(t, "balance", txn.Account(user(1)).Balance, money.Amount(100))
	pending := must[store.Pending](t)(txn.Commit(teller.batch(txn, steps)))
	txn.Rollback() // does nothing
	if err := pending.Wait(); err != nil {
		t.Fatal(err)
	}
	same(t, "balance", balance(t, s, user(1)), money.Amount(105))
}

func refusedBatchLeavesNothing(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	teller.do(move("a", bank, user(1), 100))
	before := read(t, s, allIndexes...)
	steps := []step{move("b", bank, user(1), 5)}
	txn := teller.begin(touchedBy(steps))
	batch := teller.batch(txn, steps)
	for i := range batch.Accounts {
		batch.Accounts[i].Balance++ // not what the entries lead to
	}
	if _, err := txn.Commit(batch); err == nil {
		t.Fatal("a batch whose accounts its entries don't lead to was committed")
	}
	txn.Rollback()
	same(t, "contents", read(t, s, allIndexes...), before)
	teller.do(steps...)
}

func emptyBatch(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	for range 10 {
		txn := teller.begin(&store.Touched{Commands: []store.Named{store.Name("x")}})
		if err := must[store.Pending](t)(txn.Commit(store.Batch{})).Wait(); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "head", must[store.Head](t)(s.Head(ctx)), store.Head{})
}

func commandOnce(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	teller.do(move("a", bank, user(1), 100))
	steps := []step{move("a", bank, user(1), 100)}
	txn := teller.begin(touchedBy(steps))
	if _, err := txn.Commit(teller.batch(txn, steps)); err == nil {
		t.Fatal("a command was committed twice")
	}
	steps = []step{move("b", bank, user(1), 100), move("b", bank, user(1), 100)}
	txn = teller.begin(touchedBy(steps))
	if _, err := txn.Commit(teller.batch(txn, steps)); err == nil {
		t.Fatal("a command was committed twice in one batch")
	}
	same(t, "balance", balance(t, s, user(1)), money.Amount(100))
}

func beginWaits(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	txn := teller.begin(&store.Touched{Accounts: []ledger.AccountID{user(1)}})
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := s.Begin(short, &store.Touched{Accounts: []ledger.AccountID{user(1)}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a second begin at the same time: %v", err)
	}
	txn.Rollback()
	teller.begin(&store.Touched{Accounts: []ledger.AccountID{user(1)}}).Rollback()
}

func beginSeesCommitted(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	key := store.Key{Kind: "trade", ID: "T"}
	var pending []store.Pending
	for i := range 20 {
		txn := teller.begin(&store.Touched{Commands: []store.Named{store.Name(fmt.Sprint(i - 1))}, Accounts: []ledger.AccountID{user(1)}, Records: []store.Key{key}})
		same(t, "balance", txn.Account(user(1)).Balance, money.Amount(i))
		entry, ok := txn.Entry(store.Name(fmt.Sprint(i - 1)))
		same(t, "command before is known", ok, i > 0)
		if ok {
			same(t, "its position", entry.Position, uint64(i))
		}
		r, ok := txn.Record(key)
		same(t, "record is there", ok, i > 0 && i%5 != 0)
		if ok {
			same(t, "record", string(r.Value), fmt.Sprint(i-1))
		}
		txn.Rollback()
		value := []byte(fmt.Sprint(i))
		if i%5 == 4 {
			value = nil
		}
		s := move(fmt.Sprint(i), bank, user(1), 1)
		s.records = []store.Record{{Key: key, Value: value}}
		pending = append(pending, teller.start(s))
	}
	for _, p := range pending {
		if err := p.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "balance", balance(t, s, user(1)), money.Amount(20))
	verify(t, s)
}

func readersSeeDurable(t *testing.T, h Harness) {
	if h.Stall == nil {
		t.Skip("this store cannot be stalled")
	}
	s, teller, _ := open(t, h)
	teller.do(move("a", bank, user(1), 100))
	before := read(t, s, allIndexes...)
	release := h.Stall(t, s)
	change := move("b", bank, user(1), 5)
	change.records = []store.Record{{Key: store.Key{Kind: "trade", ID: "T"}, Value: []byte("v"), Terms: []store.Term{{Index: "trade.all", Sort: "s"}}}}
	pending := teller.start(change)
	txn := teller.begin(touchedBy([]step{change}))
	same(t, "balance in begin", txn.Account(user(1)).Balance, money.Amount(105))
	if _, ok := txn.Entry(store.Name("b")); !ok {
		t.Fatal("begin does not see the batch before")
	}
	if _, ok := txn.Record(store.Key{Kind: "trade", ID: "T"}); !ok {
		t.Fatal("begin does not see the record of the batch before")
	}
	txn.Rollback()
	same(t, "contents while the batch is not durable", read(t, s, allIndexes...), before)
	if _, ok, _ := s.Entry(ctx, "b"); ok {
		t.Fatal("a reader sees an entry that is not durable")
	}
	if _, ok := record(t, s, store.Key{Kind: "trade", ID: "T"}); ok {
		t.Fatal("a reader sees a record that is not durable")
	}
	release()
	if err := pending.Wait(); err != nil {
		t.Fatal(err)
	}
	same(t, "balance", balance(t, s, user(1)), money.Amount(105))
}
