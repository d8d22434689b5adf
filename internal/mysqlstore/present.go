package mysqlstore

import (
	"context"
	"time"

	"tongbao/internal/store"
)

var _ store.Shared = (*Store)(nil)

// databaseNow is the database's clock, in milliseconds: the servers' own may differ.
const databaseNow = "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"

// Present is store.Shared's.
func (s *Store) Present(ctx context.Context, server string, still time.Duration) (there []string, err error) {
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	ctx, cancel := context.WithTimeout(ctx, settleFor)
	defer cancel()
	if still > 0 {
		err = s.renew(ctx, server, still)
	} else { // and those that have long gone
		_, err = s.read.ExecContext(ctx, "DELETE FROM servers WHERE name = ? OR till < "+databaseNow+" - 86400000", []byte(server))
	}
	if err != nil {
		return nil, failed("say that this server is there", err)
	}
	err = s.look.ask.each(ctx, "SELECT name FROM servers WHERE till > "+databaseNow+" ORDER BY name", func(scan scanner) error {
		var name string
		err := scan(&name)
		there = append(there, name)
		return err
	})
	return there, failed("list the servers that are there", err)
}

// Settle is store.Unsettled's.
func (s *Store) Settle(ctx context.Context, position uint64) (uint64, error) {
	if s.blocks.sure.Load() < position {
		if err := s.renew(ctx, "", time.Millisecond); err != nil {
			return 0, failed("have the journal's end synced", err)
		}
	}
	return s.blocks.sure.Load(), nil
}

// renew writes a server's row, and notes that what was in the journal before is
// durable since.
func (s *Store) renew(ctx context.Context, server string, still time.Duration) error {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var position uint64
	if err := conn.QueryRowContext(ctx, "SELECT position FROM head WHERE id = 1").Scan(&position); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "INSERT INTO servers (name, till) VALUES (?, "+databaseNow+" + ?) ON DUPLICATE KEY UPDATE till = VALUES(till)", []byte(server), still.Milliseconds()); err != nil {
		return err
	}
	s.blocks.surely(position)
	return nil
}
