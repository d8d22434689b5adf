package mysqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"tongbao/internal/store"
)

// snapshot is a store.Snapshot: a transaction that only reads, on a connection of
// its own, and sees everything as it stood when it began.
type snapshot struct {
	look
	store *Store
	conn  *sql.Conn
	at    int64 // business time of the newest entry
	once  sync.Once
}

// Snapshot is store.Store's.
func (s *Store) Snapshot(ctx context.Context) (store.Snapshot, error) {
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	v, err := s.snapshot(ctx)
	if err != nil {
		return nil, failed("take a snapshot", err)
	}
	return v, nil
}

func (s *Store) snapshot(ctx context.Context) (*snapshot, error) {
	conn, err := s.long.Conn(ctx)
	if err != nil {
		return nil, err
	}
	v := &snapshot{store: s, conn: conn, look: look{ask: &session{conn: conn}, blocks: s.blocks, kept: s}}
	// The level holds for the next transaction alone.
	for _, statement := range []string{"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT"} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			v.Close()
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	v.upTo = new(store.Head)
	err = v.ask.each(ctx, "SELECT position, hash, at FROM head WHERE id = 1", func(scan scanner) error {
		var hash sql.RawBytes
		err := scan(&v.upTo.Position, &hash, &v.at)
		copy(v.upTo.Hash[:], hash)
		return err
	})
	if err != nil {
		v.Close()
		return nil, failed("read the journal's head", err)
	}
	return v, nil
}

// Heads is store.Snapshot's.
func (v *snapshot) Heads(ctx context.Context) ([]store.SignedHead, error) {
	lines, _, err := v.readHeads(ctx, v.upTo.Position)
	return lines, err
}

// Close is store.Snapshot's.
func (v *snapshot) Close() (err error) {
	v.once.Do(func() {
		rollBack(v.conn)
		err = v.conn.Close()
	})
	return err
}
