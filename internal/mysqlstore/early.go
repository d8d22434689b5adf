package mysqlstore

import (
	"context"

	"tongbao/internal/store"
)

// Where several servers write, each waits for its turn while another's batch is written.
// Meanwhile it reads what its next batch touches, in a snapshot with the head in it, which
// says of what moment it all is true. When it has its turn the journal says what the
// others' batches have touched since, and that alone is read again.

// early is what a batch reads before its turn.
type early struct {
	cancel context.CancelFunc
	read   chan *txn // gets one, nil where it failed, and is closed when nobody reads any more
}

func (s *Store) readEarly(ctx context.Context, touched *store.Touched) *early {
	ctx, cancel := context.WithCancel(ctx)
	e := &early{cancel, make(chan *txn, 1)}
	go func() {
		defer close(e.read)
		t, _ := s.ahead(ctx, nil, touched) // what can't be read early is read later
		t.end()
		e.read <- t
	}()
	return e
}

// end waits until nobody reads any more: what was touched is the caller's again.
func (e *early) end() {
	e.cancel()
	for range e.read {
	}
}

// mostFollowed is how many entries are followed: more are as quickly read anew.
const mostFollowed = 8192

// follows takes over what was read early, but for what entries have touched since.
func (t *txn) follows(ctx context.Context, early *txn) error {
	from := early.head
	if from != t.head {
		if from.Position >= t.head.Position || t.head.Position-from.Position > mostFollowed {
			return nil
		}
		// What was read may be of a journal that a crash has taken back since.
		if is, err := t.hasFrame(ctx, from); !is || err != nil {
			return err
		}
		entries, err := t.look.Journal(ctx, from.Position, int(t.head.Position-from.Position))
		if err != nil {
			return err
		}
		early.forget(entries)
	}
	t.read, t.look.batch = early.read, early.look.batch
	return nil
}

// forget drops what entries may have changed.
func (t *txn) forget(entries []store.Entry) {
	changed := touchedBy(entries)
	for _, id := range changed.Accounts {
		delete(t.accounts, id)
	}
	for _, command := range changed.Commands {
		delete(t.places, store.CommandName(command.Stamp))
	}
	for _, key := range changed.Records {
		delete(t.places, t.store.names.Of(key))
		delete(t.rows, recordName(key))
		delete(t.looked, recordName(key))
	}
}
