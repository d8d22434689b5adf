package pebblestore

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/store"
)

// Store is a store.Store in one folder.
type Store struct {
	look // reading what is durable

	dir      string
	fs       vfs.FS
	log      *slog.Logger
	options  Options
	lock     io.Closer
	db       *pebble.DB
	patient  *patient
	filter   *filter
	heads    *heads
	pace     pace
	places   *places
	recent   *recent
	readOnly bool

	indexEnded chan struct{} // closed when Pebble cannot go on; see endIndex
	indexEnds  sync.Once
	closing    sync.RWMutex // read-locked by snapshots of Pebble that are being closed; see closeLater

	turn   chan struct{}          // held from Begin to Commit or Rollback
	latest *book                  // accounts with all that is in flight; who has the turn's
	aside  atomic.Pointer[string] // why no batch may begin; changed by who has the turn
	warmth warmth
	young  *young
	known  known
	rooms  []changeRoom // that nobody uses now

	newestAt int64         // of the newest committed entry; who has the turn's
	slots    chan struct{} // one for each batch in flight

	toEncode, toWrite, toApply chan *flight
	applied                    chan struct{} // closed when the last of them is through

	flightMu sync.Mutex   // guards what follows
	flying   []*flight    // committed and not yet landed, oldest first
	leaving  []changeRoom // of those that have landed since the newest batch began
	tail     uint64       // position of the newest committed entry
	durable  uint64       // position of the newest synced entry
	chained  [32]byte     // hash of the newest encoded frame
	trouble  error        // why no batch is taken now
	broken   bool         // and only opening again helps
	closed   bool
	unknown  map[string]struct{} // commands of batches that may or may not be on disk

	applying sync.Mutex // held while one frame is applied: index and accounts stand at the same position outside
	indexed  standing   // how far the index is

	mu       sync.RWMutex // guards what readers see in memory
	accounts *accounts
	readWarm uint64   // see warm.go
	reached  standing // how far the accounts are, and readers may look
	moved    chan struct{}
	frozen   map[*frozen]struct{}
	spare    *aside // of a view that has ended, to be used again

	checkpoints checkpointer
}

var _ store.Store = (*Store)(nil)

// Await is store.Store's.
func (s *Store) Await(ctx context.Context, position uint64) error {
	for {
		s.mu.RLock()
		head, moved := s.reached.head.Position, s.moved
		s.mu.RUnlock()
		if head > position {
			return nil
		}
		if s.isClosed() {
			return store.ErrClosed
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}

func (s *Store) isClosed() bool {
	s.flightMu.Lock()
	defer s.flightMu.Unlock()
	return s.closed
}

// Close is store.Store's. It leaves a checkpoint behind, so that the next start
// has nothing to read and would notice a journal that has become shorter.
func (s *Store) Close() error {
	s.flightMu.Lock()
	if s.closed {
		s.flightMu.Unlock()
		return store.ErrClosed
	}
	s.closed = true
	s.pace.hurry.Store(true)
	if !s.readOnly {
		close(s.toEncode)
	}
	s.flightMu.Unlock()

	var errs []error
	if !s.readOnly {
		<-s.applied
		s.checkpoints.wait()
		if err := s.lastCheckpoint(); err != nil {
			s.log.Error("closed without a checkpoint; the next start takes longer", "dir", s.dir, "error", err)
		}
	}
	s.mu.Lock()
	close(s.moved) // nobody waits for more
	s.moved = make(chan struct{})
	s.mu.Unlock()
	s.patient.giveUp()
	errs = append(errs, s.places.close(), s.closeIndex(), s.journal.close(), s.lock.Close())
	return errors.Join(errs...)
}

// closeLater closes a snapshot of Pebble, which may wait for the manifest, and so for
// a disk that can't be written to. Who has read is not to wait for that.
func (s *Store) closeLater(snapshot *pebble.Snapshot) {
	s.closing.RLock()
	go func() {
		defer s.closing.RUnlock()
		_ = snapshot.Close() // which has no error but that it was closed
	}()
}

type later struct {
	snapshot *pebble.Snapshot
	s        *Store
}

func (l later) Close() error {
	l.s.closeLater(l.snapshot)
	return nil
}

// closeIndex closes Pebble, unless it ends by itself: then one of its goroutines
// holds what Close would wait for.
func (s *Store) closeIndex() error {
	select {
	case <-s.indexEnded:
		return nil
	default:
	}
	closed := make(chan error, 1)
	go func() {
		s.closing.Lock()
		closed <- s.db.Close()
	}()
	select {
	case err := <-closed:
		return err
	case <-s.indexEnded:
		return nil
	}
}

func (s *Store) lastCheckpoint() error {
	s.flightMu.Lock()
	trouble := s.trouble
	s.flightMu.Unlock()
	if trouble != nil {
		return trouble
	}
	if s.headNow().Position == s.checkpoints.newest {
		return nil
	}
	return s.checkpoint()
}

func (s *Store) isBroken() bool {
	s.flightMu.Lock()
	defer s.flightMu.Unlock()
	return s.broken
}
