package tongbao

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"tongbao/internal/audit"
	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// testdata/books has data folders as earlier versions wrote them.
func TestBooksOfEarlierVersionsAreReadAndGoneOnWith(t *testing.T) {
	folders, err := filepath.Glob("testdata/books/*/FORMAT")
	if err != nil || len(folders) == 0 {
		t.Fatalf("there are no books: %v", err)
	}
	for _, format := range folders {
		t.Run(filepath.Base(filepath.Dir(format)), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "store")
			if err := os.CopyFS(dir, os.DirFS(filepath.Dir(format))); err != nil {
				t.Fatal(err)
			}
			s, err := OpenStore(t.Context(), dir, slog.Default())
			if err != nil {
				t.Fatal(err)
			}
			before := verified(t, s)
			readAll(t, s, before)
			write(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if s, err = OpenStore(t.Context(), dir, slog.Default()); err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if after := verified(t, s); after != before+1 {
				t.Errorf("entry %d was the last, and is %d after one more", before, after)
			}
		})
	}
}

// verified audits the books and returns the last position. What the newest signed
// head says of it must hold: a reader that lost the end would find nothing wrong.
func verified(t *testing.T, s store.Store) uint64 {
	t.Helper()
	r, err := audit.Store(t.Context(), s, engine.Shanghai, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Checks {
		if !c.OK {
			t.Errorf("%s: %q", c.Name, c.Faults)
		}
	}
	if r.Position == 0 || r.SignedTo == 0 || r.SignedTo > r.Position {
		t.Errorf("the books end at %d, and were signed at %d", r.Position, r.SignedTo)
	}
	return r.Position
}

// readAll decodes what the journal has, and finds it again by every way that there is.
func readAll(t *testing.T, s store.Store, last uint64) {
	t.Helper()
	ctx := t.Context()
	trades, events, movements := 0, 0, 0
	entries, err := s.Journal(ctx, 0, int(last))
	if err != nil || len(entries) != int(last) {
		t.Fatalf("%d of %d entries are read: %v", len(entries), last, err)
	}
	for i := range entries {
		e := &entries[i]
		if found, ok, err := s.Entry(ctx, e.Command); err != nil || !ok || found.Position != e.Position {
			t.Fatalf("command %q is not found: %v", e.Command, err)
		}
		told, err := pay.EventsIn(e)
		if err != nil {
			t.Fatal(err)
		}
		events += len(told)
		err = pay.Trades.Of(e, func(id string, _ trade.Trade) error {
			trades++
			found, ok, err := pay.Trades.Read(ctx, s, id)
			if err != nil || !ok || found.ID != id {
				t.Fatalf("payment %s is not found: %v", id, err)
			}
			number, ok, err := pay.OrderNos.Read(ctx, s, pay.OrderNoID(found.Merchant, found.OrderNo))
			if err != nil || !ok || number.Trade != id {
				t.Fatalf("order number %s leads to %q: %v", found.OrderNo, number.Trade, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	accounts, err := s.Accounts(ctx, ledger.AccountID{}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range accounts {
		history, err := s.History(ctx, a.ID, 0, 100_000)
		if err != nil || len(history) != int(a.Entries) {
			t.Fatalf("account %s has %d entries, and %d are read: %v", a.ID, a.Entries, len(history), err)
		}
		movements += len(history)
	}
	if trades == 0 || events == 0 || movements == 0 {
		t.Errorf("read were %d trades, %d events, %d movements", trades, events, movements)
	}
}

// write has the engine go on where the old version stopped.
func write(t *testing.T, s store.Store) {
	t.Helper()
	e, err := engine.New(t.Context(), s, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := e.Submit(t.Context(), onward{}, engine.By{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
}

// onward is a command that only says that somebody was here.
type onward struct{}

func (onward) ID() string                    { return "onward" }
func (onward) Name() string                  { return "onward" }
func (onward) Touches(*store.Touched)        {}
func (onward) Apply(*engine.Tx) (any, error) { return nil, nil }
