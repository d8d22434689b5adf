package mysqlstore

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tongbao/internal/store"
)

// Store is a store.Store in a database that several servers share.
type Store struct {
	look // reading what is committed

	log    *slog.Logger
	key    func() (ed25519.PrivateKey, error)
	server server
	names  store.Naming  // begins with the journal's salt
	write  *sql.DB       // for batches
	read   *sql.DB       // for questions of one statement
	long   *sql.DB       // for snapshots
	signed atomic.Uint64 // newest signed head that this server knows of

	archives  archives
	parted    atomic.Uint64 // up to where the journal has partitions
	extending atomic.Bool   // more are being made

	turn     chan struct{}  // held from Begin to Commit or Rollback, in this process
	flight   *flight        // newest batch, perhaps under way still; who has the turn's
	left     store.Head     // where this server's newest batch left the head; who has the turn's
	othersAt time.Time      // when another's batch was seen last; who has the turn's
	manners  manners        // who has the turn's
	said     atomic.Uint64  // newest end that this server has said to keep
	drafts   sync.WaitGroup // that are being put into the database

	reached atomic.Uint64 // newest position known to be committed
	mu      sync.Mutex    // guards what follows
	moved   chan struct{} // closed when reached moves
	waiting int           // in Await
	polling bool
	closed  bool
	closing chan struct{}
	polls   sync.WaitGroup

	kindsMu   sync.RWMutex
	bulkKinds map[string]bool // kinds seen: whether their records are bulk

	unknownMu sync.Mutex
	unknown   map[string]struct{} // commands of a batch that may or may not have been committed
}

var _ store.Store = (*Store)(nil)

// bestBatch is how many commands a batch has best.
const bestBatch = 2048

// BestBatch is for the engine. While one batch is under way another may be made.
func (s *Store) BestBatch() (commands, least, inFlight int) { return bestBatch, largeBatch, 1 }

// Brand is what the database is, for health and reports.
func (s *Store) Brand() string { return s.server.name() }

// Times between two looks at the head, for who waits for entries of other servers.
const (
	pollSoon = 10 * time.Millisecond // after one that found something
	pollIdle = 40 * time.Millisecond
	pollAway = time.Second // while the database is away
)

// Await is store.Store's. Commits of this process wake it at once; those of other
// servers within some 40 ms.
func (s *Store) Await(ctx context.Context, position uint64) error {
	s.await(1)
	defer s.await(-1)
	for {
		s.mu.Lock()
		moved, closed := s.moved, s.closed
		s.mu.Unlock()
		if s.reached.Load() > position {
			return nil
		}
		if closed {
			return store.ErrClosed
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}

// await counts who waits; while anybody does, one goroutine polls for all.
func (s *Store) await(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting += n
	if s.waiting > 0 && !s.polling && !s.closed {
		s.polling = true
		s.polls.Go(s.poll)
	}
}

func (s *Store) poll() {
	wait := pollIdle
	for {
		select {
		case <-s.closing:
			return
		case <-time.After(wait):
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		head, err := s.Head(ctx)
		cancel()
		switch {
		case err != nil:
			wait = pollAway
		case s.reach(head.Position):
			wait = pollSoon
		case s.fall(head.Position):
			wait = pollSoon
		default:
			wait = pollIdle
		}
		s.mu.Lock()
		if s.waiting == 0 { // not before it has looked: who is told of what isn't there any more comes again at once
			s.polling = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
	}
}

// reach notes that a position is committed, and says whether that is news.
func (s *Store) reach(position uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if position <= s.reached.Load() {
		return false
	}
	s.reached.Store(position)
	close(s.moved)
	s.moved = make(chan struct{})
	return true
}

// fall notes that the journal ends before what was known to be committed: the database was
// killed before it had synced what it showed. Who waits for more waits on.
func (s *Store) fall(position uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	fell := position < s.reached.Load()
	if fell {
		s.reached.Store(position) // a commit of this process may come in between, and be seen at the next look
	}
	return fell
}

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Close is store.Store's. It signs the journal's head.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return store.ErrClosed
	}
	s.closed = true
	close(s.closing)
	close(s.moved) // nobody waits for more
	s.moved = make(chan struct{})
	s.mu.Unlock()
	s.turn <- struct{}{} // a batch in the making ends first
	_ = s.land(context.Background())
	s.drafts.Wait()
	s.polls.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.sign(ctx); err != nil {
		s.log.Error("closed without signing the journal's head", "error", err)
	}
	return s.letGo()
}

// isBulk says what is known of a kind: whether its records are bulk.
func (s *Store) isBulk(kind string) (bulk, known bool) {
	s.kindsMu.RLock()
	defer s.kindsMu.RUnlock()
	bulk, known = s.bulkKinds[kind]
	return bulk, known
}

func (s *Store) learnKind(kind string, bulk bool) {
	if is, known := s.isBulk(kind); known && is == bulk {
		return
	}
	s.kindsMu.Lock()
	defer s.kindsMu.Unlock()
	s.bulkKinds[kind] = bulk
}

// Doubts is for the engine: whether a command is of a batch that may or may not have been
// committed. It asks nobody.
func (s *Store) Doubts(command string) bool {
	s.unknownMu.Lock()
	defer s.unknownMu.Unlock()
	_, is := s.unknown[command]
	return is
}
