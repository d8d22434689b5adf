package mysqlstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/test/servers"
)

// behindACable is an engine whose database is behind a cable that can be pulled, and a
// store beside it that has one of its own.
func behindACable(t *testing.T, db *servers.Server) (*engine.Engine, *Store, *servers.Proxy, *Store) {
	t.Helper()
	url := db.Database(t)
	cable := servers.NewProxy(t, db.Addr)
	s := mustOpen(t, Options{Address: strings.Replace(url, db.Addr, cable.Addr, 1)})
	beside := mustOpen(t, Options{Address: url})
	e, err := engine.New(t.Context(), s, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cable.Heal()
		e.Close()
		if err := errors.Join(s.Close(), beside.Close()); err != nil {
			t.Error(err)
		}
	})
	if _, err := e.Submit(t.Context(), give{"before", mine, 1}, engine.By{}); err != nil {
		t.Fatal(err)
	}
	return e, s, cable, beside
}

func TestAConnectionThatBreaksInABatch(t *testing.T) { breaksInABatch(t, onMariaDB(t)) }

// Each statement of a batch can fail in two ways: it didn't happen, or it happened and
// we weren't told. However the connection breaks, who asked is answered, and it is
// done once.
func breaksInABatch(t *testing.T, db *servers.Server) {
	e, _, cable, beside := behindACable(t, db)
	for _, said := range []string{"START TRANSACTION", "FOR UPDATE", "INSERT INTO journal", "UPDATE head SET position", "COMMIT"} {
		for how, name := range map[servers.Loss]string{servers.Unsaid: "it didn't happen", servers.Unheard: "it happened and we weren't told"} {
			t.Run(said+", "+name, func(t *testing.T) {
				id := fmt.Sprint("lost-", said, "-", how)
				broke := cable.Lose(said, how, false)
				first, err := e.Submit(t.Context(), give{id, mine, 1}, engine.By{})
				if err != nil {
					t.Fatal(err)
				}
				select {
				case <-broke:
				default:
					t.Fatal("the connection did not break")
				}
				again, err := e.Submit(t.Context(), give{id, mine, 1}, engine.By{})
				if err != nil || again.Position != first.Position || !again.Repeated {
					t.Errorf("asked again: %+v, %v; at first %+v", again, err, first)
				}
			})
		}
	}
	if a, err := beside.Account(t.Context(), mine); err != nil || a.Balance != 11 {
		t.Errorf("the account has %d (%v) after 11 gifts of 1", a.Balance, err)
	}
}

func TestACommitOfWhichNobodyKnows(t *testing.T) { breaksAtTheCommit(t, onMariaDB(t)) }

// The connection breaks at the commit, and the database stays away: then nobody can
// say whether it happened, and the answer says so. Once the database is back, asking
// again tells, and it has been done once.
func breaksAtTheCommit(t *testing.T, db *servers.Server) {
	for how, name := range map[servers.Loss]string{servers.Unsaid: "it didn't happen", servers.Unheard: "it happened and we weren't told"} {
		t.Run(name, func(t *testing.T) {
			e, s, cable, beside := behindACable(t, db)
			cable.Lose("COMMIT", how, true)
			if _, err := e.Submit(t.Context(), give{"unknown", mine, 1}, engine.By{}); !errors.Is(err, engine.ErrOutcomeUnknown) {
				t.Fatalf("%v, want that the outcome is unknown", err)
			}
			if _, _, err := s.Entry(t.Context(), "unknown"); !errors.Is(err, store.ErrUnknown) {
				t.Errorf("looked for meanwhile: %v", err)
			}
			cable.Heal()
			var again engine.Receipt
			for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
				var err error
				if again, err = e.Submit(t.Context(), give{"unknown", mine, 1}, engine.By{}); err == nil {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("the database is back, and still: %v", err)
				}
			}
			if again.Repeated != bool(how) {
				t.Errorf("repeated: %t, and it had happened: %t", again.Repeated, how)
			}
			if a, err := beside.Account(t.Context(), mine); err != nil || a.Balance != 2 {
				t.Errorf("the account has %d (%v) after 2 gifts of 1", a.Balance, err)
			}
		})
	}
}

func TestADatabaseThatIsAway(t *testing.T) { isAway(t, onMariaDB(t)) }

// While the database is behind a cable that was pulled every question and every command is answered that it is,
// long before a caller gives up; and service returns by itself.
func isAway(t *testing.T, db *servers.Server) {
	e, s, cable, _ := behindACable(t, db)
	for _, name := range []string{"for the first time", "and again"} {
		t.Run(name, func(t *testing.T) {
			cable.Cut()
			var all sync.WaitGroup
			for what, ask := range map[string]func(context.Context) error{
				"head":    func(ctx context.Context) error { _, err := s.Head(ctx); return err },
				"account": func(ctx context.Context) error { _, err := s.Account(ctx, yours); return err },
				"record": func(ctx context.Context) error {
					_, _, err := s.Record(ctx, store.Key{Kind: "person", ID: "1"})
					return err
				},
				"index": func(ctx context.Context) error { _, err := s.Scan(ctx, store.Range{Index: "x", Limit: 1}); return err },
				"command": func(ctx context.Context) error {
					_, err := e.Submit(ctx, give{"away-" + name, mine, 1}, engine.By{})
					if errors.Is(err, refusal.Unavailable) {
						return store.ErrUnavailable
					}
					return err
				},
			} {
				all.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second) // a request has 30
					defer cancel()
					if err := ask(ctx); !errors.Is(err, store.ErrUnavailable) {
						t.Errorf("%s: %v", what, err)
					}
				})
			}
			all.Wait()
			cable.Heal()
			for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
				_, err := e.Submit(t.Context(), give{"away-" + name, mine, 1}, engine.By{})
				if err == nil {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("the database is back, and still: %v", err)
				}
			}
		})
	}
}

func TestAHostThatSaysNothing(t *testing.T) { saysNothing(t, onMariaDB(t)) }

// A host whose machine stands still takes connections and says nothing on them: the
// next in the address is used.
func saysNothing(t *testing.T, db *servers.Server) {
	if testing.Short() {
		t.Skip("waits until a host has said nothing for long enough")
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // whose connections nobody takes up
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s := mustOpen(t, Options{Address: strings.Replace(db.Database(t), db.Addr, silent.Addr().String()+","+db.Addr, 1)})
	defer s.Close()
	if _, err := s.Head(t.Context()); err != nil {
		t.Error(err)
	}
}

// A question whose connection breaks is asked again on another: nothing hangs on whether
// it was heard.
func TestAConnectionThatBreaksInAQuestion(t *testing.T) {
	_, s, cable, _ := behindACable(t, onMariaDB(t))
	for how, name := range losses {
		t.Run(name, func(t *testing.T) {
			broke := cable.Lose("FROM accounts WHERE id", how, false)
			if a, err := s.Account(t.Context(), mine); err != nil || a.Balance != 1 {
				t.Errorf("the account has %d (%v), want 1", a.Balance, err)
			}
			select {
			case <-broke:
			default:
				t.Error("the connection did not break")
			}
		})
	}
}
