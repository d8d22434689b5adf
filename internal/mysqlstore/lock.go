package mysqlstore

import (
	"context"
	"database/sql"
	"time"

	"tongbao/internal/store"
)

// locked is a transaction that has locked the head: until it ends no other server
// changes anything.
type locked struct {
	conn  *sql.Conn
	over  bool // it was committed
	head  store.Head
	at    int64  // business time of the newest entry
	aside string // why no batch may begin; empty where one may
}

// lock begins a transaction and locks the head, on a connection of its own.
func (s *Store) lock(asked context.Context) (l *locked, err error) {
	ctx, cancel := context.WithTimeout(asked, askFor)
	defer cancel()
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, answered(err, ctx, asked)
	}
	l = &locked{conn: conn}
	if _, err = conn.ExecContext(ctx, "START TRANSACTION"); err == nil {
		var hash []byte
		err = conn.QueryRowContext(ctx, "SELECT position, hash, at, aside FROM head WHERE id = 1 FOR UPDATE").Scan(&l.head.Position, &hash, &l.at, &l.aside)
		copy(l.head.Hash[:], hash)
	}
	if err != nil {
		err = answered(err, ctx, asked)
		l.end()
		return nil, err
	}
	return l, nil
}

// commit ends the transaction and makes it true.
func (l *locked) commit(ctx context.Context) error {
	_, err := l.conn.ExecContext(ctx, "COMMIT")
	l.over = err == nil
	return err
}

// end gives the connection back, and ends the transaction where it has not ended. It is
// safe to repeat.
func (l *locked) end() {
	if l.conn == nil {
		return
	}
	if !l.over {
		rollBack(l.conn)
	}
	l.conn.Close()
	l.conn = nil
}

// rollBack ends a connection's transaction, or else the connection: then the database
// ends it.
func rollBack(conn *sql.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		_ = conn.Raw(func(any) error { return errBroken })
	}
}

// longTurn is how long a batch waits for other servers' before the store says that no
// writes are taken.
const longTurn = 20 * time.Second

// patiently tries again where the database gave a transaction up: for longTurn, or for a
// second where the connection was lost.
func patiently(ctx context.Context, try func() error) error {
	for started := time.Now(); ; {
		err := try()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if tries := time.Since(started); tries > longTurn || isLost(err) && tries > time.Second || !isLost(err) && !isConflict(err) {
			return err
		}
		if isLost(err) { // perhaps only this connection was; the next may be to another host
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// sleep waits, unless the caller gives up.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
