package mysqlstore

import (
	"bytes"
	"context"
	"database/sql/driver"
	"time"

	"tongbao/internal/frame"
)

// errBroken has database/sql throw a connection away.
var errBroken = driver.ErrBadConn

// settleFor is how long a batch waits to hear what became of its commit.
const settleFor = 5 * time.Second

// settle finds out, on a new connection, what became of a commit that was not
// answered. It first takes the turn and commits something of its own: after that a
// commit still under way, on this database or on another of its nodes, either has
// been or never will be. Then it looks whether the journal has the batch.
func (s *Store) settle(m *made) (done bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), settleFor)
	defer cancel()
	for {
		if done, err = s.fence(ctx, m.last, m.head.Hash); err == nil {
			return done, nil
		}
		if sleep(ctx, 100*time.Millisecond) != nil {
			return false, err
		}
	}
}

func (s *Store) fence(ctx context.Context, first uint64, hash [32]byte) (done bool, err error) {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	defer func() {
		if err != nil {
			_ = conn.Raw(func(any) error { return errBroken })
		}
	}()
	for _, statement := range []string{"START TRANSACTION", "SELECT id FROM head WHERE id = 1 FOR UPDATE", "UPDATE head SET fence = fence + 1 WHERE id = 1", "COMMIT"} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return false, err
		}
	}
	err = (&session{conn: conn}).each(ctx, "SELECT frame FROM journal WHERE first = ?", func(scan scanner) error {
		var front []byte
		err := scan(&front)
		if err == nil && len(front) >= frame.HeaderSize {
			done = bytes.Equal(front[32:64], hash[:])
		}
		return err
	}, first)
	return done, err
}

// doubt notes the commands of a batch of which nobody can say whether it was
// committed; it says no where the batch behind it has been.
func (s *Store) doubt(m *made) bool {
	s.unknownMu.Lock()
	defer s.unknownMu.Unlock()
	if m.proven {
		return false
	}
	for i := range m.entries {
		m.doubts = append(m.doubts, m.entries[i].Command) // the entries are the engine's again once this is told
		s.unknown[m.entries[i].Command] = struct{}{}
	}
	return true
}

// prove notes that the batch behind another was committed: so is that one, even where its
// own connection didn't live to tell. That its end was found under the lock would not say
// so: InnoDB shows it before it is durable, and a crash takes it back.
func (s *Store) prove(m *made) {
	s.unknownMu.Lock()
	defer s.unknownMu.Unlock()
	m.proven = true
	for _, command := range m.doubts {
		delete(s.unknown, command)
	}
}

// settleUnknown ends the doubt, once the database is back: after it, looking for a
// command tells.
func (s *Store) settleUnknown(asked context.Context) error {
	ctx, cancel := context.WithTimeout(asked, settleFor)
	defer cancel()
	s.unknownMu.Lock()
	n := len(s.unknown)
	s.unknownMu.Unlock()
	if n == 0 {
		return nil
	}
	if _, err := s.fence(ctx, 0, [32]byte{}); err != nil {
		return answered(err, ctx, asked)
	}
	s.unknownMu.Lock()
	defer s.unknownMu.Unlock()
	clear(s.unknown)
	return nil
}
