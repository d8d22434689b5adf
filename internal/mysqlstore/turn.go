package mysqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"tongbao/internal/store"
)

// Where several servers write, the head's lock goes from one to the next at each commit,
// and what one of them had made ahead would be in vain. So a busy server keeps its turn
// for several batches, and works ahead from one to the next as if it were alone: a
// batch that has another behind it says so in the table turn, and the others leave the
// head to that server. The last batch of a turn is handed over while it is being written
// (draft.go), and who takes it makes the first of the next turn meanwhile.
//
// It is courtesy and nothing else. What is said holds for the head with which it was
// committed and no other; whoever doesn't know of it, or has waited for long enough,
// takes the head, and then what was made ahead is made again. So a server that dies, or
// stands still, in its turn delays others by no more than stillness and grace.

// Times of turns; tests have others.
var (
	// turnFor is how long after its beginning a turn's last batch but one is written.
	turnFor = 200 * time.Millisecond
	// grace is how long the head is left to a server whose next batch does not come.
	grace = 100 * time.Millisecond
	// patience is how long a batch waits for others' turns in all.
	patience = 2 * time.Second
	// stillness is how long nothing must have moved before who waits for a turn's end asks
	// for the head instead.
	stillness = 300 * time.Millisecond
	// handing is how long who has handed a batch over leaves the head to whoever takes it.
	handing = 40 * time.Millisecond
)

// largeBatch is how many commands a batch has at least that is worth a turn: below it
// the database isn't busy all the time, and smaller ones are better served by turns.
const largeBatch = bestBatch / 4

// turn is one that this server keeps, from its first batch to its last.
type turn struct {
	began time.Time

	mu     sync.Mutex
	behind bool // a batch was begun behind the newest
	told   bool // and whether one was can't be changed any more
	last   bool // the batch behind the newest, or by now the newest, is the last
}

// manners are how this server stands towards others' turns and they towards its own.
type manners struct {
	taken                uint64     // newest draft that this server has taken
	handed               uint64     // newest that it has handed over
	left                 store.Head // that was left to another, the last time one was
	leftAt               time.Time
	turnAt, othersTurnAt time.Time // when a turn was last seen, of this server's or another's
	broken               time.Time // when another came between batches of a turn
}

// mayFollow says whether a batch may be begun behind one that is under way.
func (s *Store) mayFollow(f *flight, touched *store.Touched) bool {
	if f.turn == nil {
		return s.alone()
	}
	return f.turn.goesOn(len(touched.Commands))
}

// turnOf is in which turn a batch of so many entries is written, and whether another may
// be made behind it: in any case where this server is alone, and then there is none.
// On Galera none is kept, since batches aren't made ahead there.
func (s *Store) turnOf(t *txn, entries int) (in *turn, may bool) {
	switch {
	case t.before != nil && t.before.turn != nil:
		return t.before.turn.next(), true
	case s.alone():
		return nil, true
	case entries >= largeBatch && !s.server.on("wsrep_on") && time.Since(s.manners.broken) > aloneAfter:
		s.manners.turnAt = time.Now()
		return &turn{began: time.Now()}, true
	}
	return nil, false
}

// brokeIn notes that another server came between two batches of a turn.
func (s *Store) brokeIn(f *flight) {
	if f != nil && f.turn != nil {
		s.manners.broken = time.Now()
	}
}

// goesOn says whether a batch of so many commands may be begun behind one in this turn.
// It is promised to others with the commit of the one before.
func (t *turn) goesOn(commands int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.told || t.last || commands < largeBatch {
		return false
	}
	t.behind = true
	return true
}

// next readies the turn for the batch that was begun behind the newest.
func (t *turn) next() *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.behind, t.told = false, false
	return t
}

// givesUp takes back that a batch was begun behind the newest.
func (t *turn) givesUp() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.behind = false
}

// ends says whether the newest batch is the last.
func (t *turn) ends() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// say tells others, with the batch that leads to a position, to leave the head to this
// server, and for how long it goes on beginning batches behind the next, 0 where the
// next is the last; nothing where no batch was begun behind that one.
func (s *Store) say(t *turn, position uint64) func(context.Context, *sql.Conn) error {
	return func(ctx context.Context, conn *sql.Conn) error {
		t.mu.Lock()
		t.told = true
		behind, rest := t.behind, max(0, turnFor-time.Since(t.began)).Milliseconds()
		t.last = rest == 0
		t.mu.Unlock()
		if !behind {
			return nil
		}
		s.said.Store(position)
		_, err := conn.ExecContext(ctx, fmt.Sprintf("INSERT INTO turn (id, position, rest) VALUES (1, %d, %d) ON DUPLICATE KEY UPDATE position = VALUES(position), rest = VALUES(rest)", position, rest))
		return err
	}
}

// isTaken says whether an end of the journal that somebody keeps or has taken is
// another's.
func (s *Store) isTaken(position uint64) bool {
	return position != s.manners.taken && position != s.said.Load()
}

// seesTurn notes that another server has a turn.
func (s *Store) seesTurn() {
	now := time.Now()
	s.othersAt, s.manners.turnAt, s.manners.othersTurnAt = now, now, now
}

// errTaken says that the head was left to another server.
var errTaken = errors.New("another server makes its batch on this head")

// leaves says whether the locked head is left to another server. One whose batch has
// not come in good time has it no more.
func (s *Store) leaves(ctx context.Context, l *locked) (bool, error) {
	var taken uint64
	err := l.conn.QueryRowContext(ctx, "SELECT position FROM turn WHERE id = 1").Scan(&taken)
	if errors.Is(err, sql.ErrNoRows) || err == nil && (taken != l.head.Position || !s.isTaken(taken)) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if s.seesTurn(); l.head != s.manners.left {
		s.manners.left, s.manners.leftAt = l.head, time.Now()
	}
	return time.Since(s.manners.leftAt) < grace, nil
}
