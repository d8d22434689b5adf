package engine_test

import (
	"context"
	"errors"
	"testing"

	"tongbao/internal/engine"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

type losing struct {
	store.Store
	on bool
}

func (s *losing) Begin(ctx context.Context, touched *store.Touched) (store.Txn, error) {
	txn, err := s.Store.Begin(ctx, touched)
	if err == nil && s.on {
		return &lostLater{txn}, nil
	}
	return txn, err
}

type lostLater struct{ store.Txn }

func (t *lostLater) Commit(store.Batch) (store.Pending, error) { t.Rollback(); return lostBatch{}, nil }

type lostBatch struct{}

func (lostBatch) Wait() error { return store.ErrLost }

func TestARepeatBesideOneThatIsLost(t *testing.T) {
	_, s := start(t, t.TempDir(), engine.Options{})
	g := &losing{Store: s}
	e := over(t, g)
	done := move{Key: "done", From: bank, To: alice, Amount: 5}
	mustSubmit(t, e, done)
	g.on = true
	e.SubmitAll(t.Context(), []engine.Command{done, move{Key: "new", From: bank, To: alice, Amount: 1}}, by, func(i int, a engine.Answer) {
		if i == 0 && (errors.Is(a.Err, refusal.Unavailable) || !a.Receipt.Repeated) {
			t.Errorf("asked again for what was done long before: %+v", a)
		}
		if i == 1 && !errors.Is(a.Err, refusal.Unavailable) {
			t.Errorf("what was lost: %+v", a)
		}
	})
}
