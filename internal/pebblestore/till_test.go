package pebblestore

import (
	"context"
	"fmt"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
)

var (
	ctx  = context.Background()
	mint = ledger.Of(ledger.Suspense, 1, money.CNY)
)

func user(n uint64) ledger.AccountID { return ledger.Of(ledger.User, n, money.CNY) }

type loaded struct {
	txn     store.Txn
	changed map[ledger.AccountID]*ledger.Account
}

func (l *loaded) Account(id ledger.AccountID) *ledger.Account {
	if l.changed[id] == nil {
		a := l.txn.Account(id)
		l.changed[id] = &a
	}
	return l.changed[id]
}

// transfers commits n transfers from the mint as one batch, each with a record. Their
// commands are named from the number first on.
func transfers(s *Store, first, n int) (store.Pending, error) {
	touched := &store.Touched{Accounts: []ledger.AccountID{mint}}
	for i := first; i < first+n; i++ {
		touched.Commands = append(touched.Commands, store.Name(fmt.Sprintf("c%07d", i)))
		touched.Account(user(uint64(i % 97)))
		touched.Record(store.Key{Kind: "trade", ID: fmt.Sprint(i)})
	}
	txn, err := s.Begin(ctx, touched)
	if err != nil {
		return nil, err
	}
	defer txn.Rollback()
	book := &loaded{txn, map[ledger.AccountID]*ledger.Account{}}
	var batch store.Batch
	for k := range n {
		i := first + k
		legs := ledger.Move(mint, user(uint64(i%97)), money.Amount(1+i), ledger.TopUp)
		if err := ledger.Post(book, legs); err != nil {
			return nil, err
		}
		batch.Entries = append(batch.Entries, store.Entry{At: int64(i), Command: touched.Commands[k].ID, Stamp: touched.Commands[k].Stamp, Name: "test", Body: []byte("some contents"), Legs: legs,
			Records: []store.Record{{Key: touched.Records[k], Value: []byte("a trade"), Terms: []store.Term{{Index: "trade", Sort: fmt.Sprintf("%07d", i)}}}}})
	}
	for _, a := range book.changed {
		batch.Accounts = append(batch.Accounts, *a)
	}
	return txn.Commit(batch)
}

func commit(t testing.TB, s *Store, first, n int) {
	t.Helper()
	pending, err := transfers(s, first, n)
	if err != nil {
		t.Fatal(err)
	}
	if err := pending.Wait(); err != nil {
		t.Fatal(err)
	}
}

// faults are what verification finds.
func faults(t testing.TB, s *Store) []string {
	t.Helper()
	snapshot, err := s.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	var found []string
	if err := snapshot.VerifyChain(ctx, func([]store.Entry) {}, func(fault string) { found = append(found, fault) }, func(int) {}); err != nil {
		t.Fatal(err)
	}
	return found
}

// whole wants exactly the entries 0 to n-1, and nothing wrong.
func whole(t testing.TB, s *Store, n int) {
	t.Helper()
	if found := faults(t, s); len(found) > 0 {
		t.Fatalf("verification finds %q", found)
	}
	entries, err := s.Journal(ctx, 0, n+100)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != n {
		t.Fatalf("%d entries, not %d", len(entries), n)
	}
	for i, entry := range entries {
		if entry.Command != fmt.Sprintf("c%07d", i) {
			t.Fatalf("entry %d is of command %s", i+1, entry.Command)
		}
	}
}
