package mysqlstore

import (
	"context"
	"fmt"
)

// privileges are what the store's user must be let do, each with a statement that
// needs it and changes nothing.
var privileges = []struct{ name, statement string }{
	{"SELECT", "SELECT name, till FROM servers WHERE 1 = 0"},
	{"INSERT", "INSERT INTO servers (name, till) SELECT name, till FROM servers WHERE 1 = 0"},
	{"UPDATE", "UPDATE servers SET till = 0 WHERE 1 = 0"},
	{"DELETE", "DELETE FROM servers WHERE 1 = 0"},
	{"CREATE", "CREATE TABLE IF NOT EXISTS servers (name INT)"},
	{"ALTER", "ALTER TABLE servers"},
	{"DROP", "DROP TABLE IF EXISTS tongbao_has_no_such_table"},
}

// mayDoAll refuses a user who may not do all that the store does in its life: who
// may not delete would find out at the first payment that is closed, and who may not
// drop a partition when the disk is full.
func (s *Store) mayDoAll(ctx context.Context, a *address) error {
	conn, done, err := s.hasty(ctx)
	if err != nil {
		return failed("ask what the database's user may do", err)
	}
	defer done()
	for _, p := range privileges {
		_, err := conn.ExecContext(ctx, p.statement)
		switch n := numberOf(err); {
		case n == errDenied || n == errNoAccessDB:
			return fmt.Errorf("user %q may not %s in the database %q: GRANT ALL ON %[3]s.* TO that user", a.config.User, p.name, a.config.DBName)
		case err != nil && !isConflict(err): // a table that is in use was not forbidden
			return failed("ask what the database's user may do", err)
		}
	}
	return nil
}
