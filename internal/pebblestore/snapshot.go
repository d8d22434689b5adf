package pebblestore

import (
	"context"
	"io"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// snapshot is a store.Snapshot: the journal up to a position, a snapshot of the
// index, and the accounts frozen, all at that position.
type snapshot struct {
	look
	store  *Store
	frozen *frozen
	pebble *pebble.Snapshot
	once   sync.Once
}

// Snapshot is store.Store's. It copies nothing; see frozen.
func (s *Store) Snapshot(ctx context.Context) (store.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	// Between two frames index and accounts stand at the same position.
	s.applying.Lock()
	defer s.applying.Unlock()
	v := &snapshot{store: s, frozen: s.freeze(), pebble: s.db.NewSnapshot()}
	v.look = look{
		journal: s.journal, index: v.pebble, places: s.places, unknown: s.isUnknown,
		head:    func() store.Head { return v.frozen.reached.head },
		stateOf: func(id ledger.AccountID) ledger.Account { return s.frozenState(v.frozen, id) },
		statesOf: func(after ledger.AccountID, limit int) []ledger.Account {
			return s.frozenStates(v.frozen, after, limit)
		},
		pin: func() (pebble.Reader, io.Closer) { return v.pebble, nothingToClose{} },
	}
	return v, nil
}

type nothingToClose struct{}

func (nothingToClose) Close() error { return nil }

// Heads is store.Snapshot's.
func (v *snapshot) Heads(context.Context) ([]store.SignedHead, error) {
	lines, _ := v.store.heads.upTo(v.frozen.reached.head.Position)
	return lines, nil
}

// Close is store.Snapshot's.
func (v *snapshot) Close() error {
	v.once.Do(func() {
		v.store.thaw(v.frozen)
		v.store.closeLater(v.pebble)
	})
	return nil
}
