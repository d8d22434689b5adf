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
// batch that has another behind it says so in the table turn. Who is given the lock then
// gives it back, and waits for the next commit.
//
// It is courtesy and nothing else. What is said holds for the head with which it was
// committed and no other; whoever doesn't know of it, or has waited for long enough,
// takes the head, and then what was made ahead is made again. So a server that dies, or
// stands still, in its turn delays others by no more than grace.

// Times of turns; tests have others.
var (
	// turnFor is how long after its beginning a batch may still be begun behind another.
	turnFor = 200 * time.Millisecond
	// grace is how long the head is left to a server whose next batch does not come.
	grace = 100 * time.Millisecond
	// patience is how long a batch waits for others' turns in all.
	patience = 2 * time.Second
)

// askAgain is how long who has left the head waits before it asks again: then that
// batch has been begun, and who asks waits until it has been committed.
const askAgain = 10 * time.Millisecond

// largeBatch is how many commands a batch has at least that is worth a turn: below it
// the database isn't busy all the time, and smaller ones are better served by turns.
const largeBatch = bestBatch / 4

// turn is one that this server keeps, from its first batch to its last.
type turn struct {
	began time.Time

	mu     sync.Mutex
	behind bool // a batch was begun behind the newest
	told   bool // and whether one was can't be changed any more
}

// manners are how this server stands towards others' turns and they towards its own.
type manners struct {
	own    store.Head // that this server's newest batch led to
	left   store.Head // that was left to another, the last time one was
	leftAt time.Time
	broken time.Time // when another came between batches of a turn
	had    bool      // this server's own turn has just ended
}

// mayFollow says whether a batch may be begun behind one that is under way.
func (s *Store) mayFollow(f *flight, touched *store.Touched) bool {
	if f.turn == nil {
		return true
	}
	s.manners.had = !f.turn.goesOn(len(touched.Commands))
	return !s.manners.had
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
		return &turn{began: time.Now()}, true
	}
	return nil, false
}

// brokeIn notes that another server came between two batches of a turn.
func (s *Store) brokeIn(t *turn) {
	if t != nil {
		s.manners.broken = time.Now()
	}
}

// goesOn says whether a batch of so many commands may be begun behind one in this turn.
// It is promised to others with the commit of the one before.
func (t *turn) goesOn(commands int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.told || commands < largeBatch || time.Since(t.began) > turnFor {
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

// say tells others, with the batch that leads to a position, to leave the head to this
// server; nothing where no batch was begun behind that one.
func (t *turn) say(position uint64) func(context.Context, *sql.Conn) error {
	return func(ctx context.Context, conn *sql.Conn) error {
		t.mu.Lock()
		t.told = true
		behind, rest := t.behind, max(0, turnFor-time.Since(t.began))
		t.mu.Unlock()
		if !behind {
			return nil
		}
		_, err := conn.ExecContext(ctx, fmt.Sprintf("INSERT INTO turn (id, position, rest) VALUES (1, %d, %d) ON DUPLICATE KEY UPDATE position = VALUES(position), rest = VALUES(rest)",
			position, rest.Milliseconds()))
		return err
	}
}

// leaves says whether the locked head is left to another server, whose turn it is, and
// for how long that one goes on beginning batches behind the next. A head whose next
// batch has not come in good time is nobody's any more.
func (s *Store) leaves(ctx context.Context, l *locked) (is bool, rest time.Duration, err error) {
	if l.head == s.manners.own {
		return false, 0, nil
	}
	var position uint64
	var ms int64
	err = l.conn.QueryRowContext(ctx, "SELECT position, rest FROM turn WHERE id = 1").Scan(&position, &ms)
	if errors.Is(err, sql.ErrNoRows) || err == nil && position != l.head.Position {
		return false, 0, nil
	}
	if err != nil {
		return false, 0, err
	}
	if now := time.Now(); l.head != s.manners.left {
		s.manners.left, s.manners.leftAt, s.othersAt = l.head, now, now
	}
	return time.Since(s.manners.leftAt) < grace, time.Duration(ms) * time.Millisecond, nil
}
