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
		_, err = s.read.ExecContext(ctx, "INSERT INTO servers (name, till) VALUES (?, "+databaseNow+" + ?) ON DUPLICATE KEY UPDATE till = VALUES(till)", []byte(server), still.Milliseconds())
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
