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

// overtaken is a store some of whose batches are given up after they were sent on, since
// another server's came first.
type overtaken struct {
	store.Store
	times int // how many yet
}

func (s *overtaken) Begin(ctx context.Context, touched *store.Touched) (store.Txn, error) {
	txn, err := s.Store.Begin(ctx, touched)
	if s.times--; err == nil && s.times >= 0 {
		return &late{txn}, nil
	}
	return txn, err
}

type late struct{ store.Txn }

func (t *late) Commit(store.Batch) (store.Pending, error) { t.Rollback(); return cameFirst{}, nil }

type cameFirst struct{}

func (cameFirst) Wait() error { return fmt.Errorf("another came first: %w", store.ErrRetry) }

// A batch that was given up after it had been sent on is made again, and who asked
// doesn't hear of it; unless that goes on and on.
func TestABatchThatWasOvertakenIsMadeAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		times int
		want  error
	}{
		{"once", 1, nil},
		{"several times", 5, nil},
		{"always", 1000, refusal.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, s := start(t, t.TempDir(), engine.Options{})
			busy := &overtaken{Store: s}
			e := over(t, busy)
			mustSubmit(t, e, move{Key: "first", From: bank, To: alice, Amount: 100})
			busy.times = c.times
			r, err := submit(t, e, move{Key: "second", From: bank, To: alice, Amount: 1})
			if !errors.Is(err, c.want) || err == nil && (r.Repeated || r.Position != 2) {
				t.Errorf("%+v, %v", r, err)
			}
			if c.want == nil && e.Retries() != uint64(c.times) {
				t.Errorf("made again %d times, not %d", e.Retries(), c.times)
			}
		})
	}
}

// Who closes the engine meanwhile gets it closed, and who asked gets an answer.
func TestClosedWhileABatchIsMadeAgain(t *testing.T) {
	_, s := start(t, t.TempDir(), engine.Options{})
	e := over(t, &overtaken{Store: s, times: 1 << 30})
	answered := make(chan error)
	for n := range 50 {
		go func() {
			_, err := submit(t, e, move{Key: fmt.Sprint(n), From: bank, To: alice, Amount: 1})
			answered <- err
		}()
	}
	first := <-answered
	e.Close()
	for n := range 50 {
		if n > 0 {
			first = <-answered
		}
		if !errors.Is(first, refusal.Unavailable) && !errors.Is(first, engine.ErrStopped) {
			t.Error(first)
		}
	}
}
