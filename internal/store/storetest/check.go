package storetest

import (
	"context"
	"reflect"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
)

var ctx = context.Background()

func open(t *testing.T, h Harness) (store.Store, *teller, string) {
	t.Helper()
	dir := t.TempDir()
	s := h.Open(t, dir)
	t.Cleanup(func() { s.Close() })
	return s, newTeller(t, s), dir
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func balance(t testing.TB, r store.Reader, id ledger.AccountID) money.Amount {
	t.Helper()
	return must[ledger.Account](t)(r.Account(ctx, id)).Balance
}

func record(t testing.TB, r store.Reader, key store.Key) (store.Record, bool) {
	t.Helper()
	found, ok, err := r.Record(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	return found, ok
}

// ids are the records of a scan.
func ids(t testing.TB, r store.Reader, scan store.Range) []string {
	t.Helper()
	found := []string{}
	for _, row := range must[[]store.Row](t)(r.Scan(ctx, scan)) {
		found = append(found, row.Record.Key.ID)
	}
	return found
}

// contents is everything a reader shows, for comparing.
type contents struct {
	Head     store.Head
	Accounts []ledger.Account
	Journal  []store.Entry
	Rows     map[string][]store.Row
	History  map[ledger.AccountID][]store.Movement
	Diary    map[ledger.AccountID][]store.Page
	Bulk     map[store.Key]string
}

func read(t testing.TB, r store.Reader, indexes ...string) contents {
	t.Helper()
	c := contents{Rows: map[string][]store.Row{}, History: map[ledger.AccountID][]store.Movement{},
		Diary: map[ledger.AccountID][]store.Page{}, Bulk: map[store.Key]string{}}
	c.Head = must[store.Head](t)(r.Head(ctx))
	c.Accounts = must[[]ledger.Account](t)(r.Accounts(ctx, ledger.AccountID{}, 1<<20))
	c.Journal = must[[]store.Entry](t)(r.Journal(ctx, 0, 1<<20))
	for _, index := range indexes {
		c.Rows[index] = must[[]store.Row](t)(r.Scan(ctx, store.Range{Index: index, Limit: 1 << 20}))
	}
	for _, a := range c.Accounts {
		c.History[a.ID] = must[[]store.Movement](t)(r.History(ctx, a.ID, 0, 1<<20))
		c.Diary[a.ID] = must[[]store.Page](t)(r.Diary(ctx, a.ID, 0, 1<<20))
	}
	for _, entry := range c.Journal {
		for _, written := range entry.Records {
			if written.Bulk {
				found, ok := record(t, r, written.Key)
				if !ok {
					t.Fatalf("entry %d wrote %+v, which is not there", entry.Position, written.Key)
				}
				c.Bulk[written.Key] = string(found.Value)
			}
		}
	}
	return c
}

var allIndexes = []string{"trade.all", "trade.user", "event.all"}

// verify wants nothing wrong.
func verify(t testing.TB, s store.Store) {
	t.Helper()
	snapshot := must[store.Snapshot](t)(s.Snapshot(ctx))
	defer snapshot.Close()
	if err := snapshot.VerifyChain(ctx, func([]store.Entry) {}, func(fault string) { t.Errorf("verify: %s", fault) }, func(int) {}); err != nil {
		t.Fatalf("verify: %v", err)
	}
}
