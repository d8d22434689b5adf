package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"tongbao/internal/engine"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// forgetful is a store whose batches, some of them, can't read their records: they
// say that there are none, and when asked to commit that nobody should believe it.
type forgetful struct {
	store.Store
	times int
	with  error
}

func (s *forgetful) Begin(ctx context.Context, touched *store.Touched) (store.Txn, error) {
	txn, err := s.Store.Begin(ctx, touched)
	if s.times--; err == nil && s.times >= 0 {
		return &forgot{txn, s.with}, nil
	}
	return txn, err
}

type forgot struct {
	store.Txn
	with error
}

func (t *forgot) Record(store.Key) (store.Record, bool)     { return store.Record{}, false }
func (t *forgot) Commit(store.Batch) (store.Pending, error) { t.Rollback(); return nil, t.with }

// A command that can't do without a record panics where there is none. That is a
// bug, unless the store lost its database while the command looked.
func TestARecordThatCouldNotBeReadIsNoBug(t *testing.T) {
	for _, c := range []struct {
		name  string
		with  error
		times int
		want  error
	}{
		{"and the batch may be tried again", fmt.Errorf("%w: the connection broke", store.ErrRetry), 2, nil},
		{"and the database is away", fmt.Errorf("%w: it is away", store.ErrUnavailable), 1, refusal.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, s := start(t, t.TempDir(), engine.Options{})
			away := &forgetful{Store: s}
			e := over(t, away)
			mustSubmit(t, e, move{Key: "first", From: bank, To: alice, Amount: 100})
			away.times, away.with = c.times, c.with
			needy := needy{move{Key: "needy", From: alice, To: bob, Amount: 1}}
			if _, err := submit(t, e, needy); !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			mustSubmit(t, e, needy) // the engine goes on
			if got := balance(t, e, bob); got != 1 {
				t.Errorf("bob has %d", got)
			}
		})
	}
}

// needy is a move that there must have been one before.
type needy struct{ move }

func (c needy) Apply(tx *engine.Tx) (any, error) {
	if !notes.Has(tx, "last") {
		panic("the note is gone")
	}
	return c.move.Apply(tx)
}
