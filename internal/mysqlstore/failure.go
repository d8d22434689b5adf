package mysqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/go-sql-driver/mysql"

	"tongbao/internal/store"
)

// Numbers of the servers' errors that decide something. They are the protocol's,
// and the same in all that speak it; those from 8000 on are TiDB's.
const (
	errDuplicate  = 1062
	errNoDatabase = 1049
	errNoAccess   = 1045 // user or password
	errNoAccessDB = 1044
	errNoTable    = 1146
	errDenied     = 1142 // a privilege on a table
	errNotPrimary = 1047 // Galera: the node is cut off from the others, or has not joined yet
	errLockWait   = 1205
	errDeadlock   = 1213 // with Galera also: another node's commit came first
	errSamePart   = 1517 // there is a partition of that name
	errOther      = 1105 // TiDB: an error that has no number
	errInactive   = 4031 // MySQL: the connection was ended for its wait_timeout, and the transaction with it
	errEncrypted  = 3159 // the server takes connections with TLS alone
	errTimedOut   = 4012 // OceanBase: a statement took too long; where it was COMMIT, nobody knows whether it happened
)

// lockWaitOnOne is how TiDB on unistore, which is one process, says errLockWait.
const lockWaitOnOne = "lock wait timeout"

// conflicts are refusals after which the transaction is gone for sure, and trying
// again helps.
var conflicts = map[uint16]bool{
	errLockWait: true, errDeadlock: true,
	1412: true,                                                                                                                         // the journal got partitions since the snapshot was taken
	1020: true,                                                                                                                         // MariaDB: record has changed since last read
	3101: true,                                                                                                                         // MySQL's group replication: another member's commit came first
	8002: true, 8005: true, 8022: true, 8028: true, 8147: true, 9001: true, 9002: true, 9003: true, 9004: true, 9005: true, 9007: true, // TiDB: write conflict, schema changed, store busy
	6001: true, 6002: true, 6003: true, 6005: true, 6006: true, 6213: true, errTimedOut: true, // OceanBase: try again
}

func numberOf(err error) uint16 {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

func isConflict(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && (conflicts[e.Number] || e.Number == errOther && e.Message == lockWaitOnOne)
}

// isLost says that the connection has gone, and the transaction with it, unless
// its commit was under way.
func isLost(err error) bool {
	var broken net.Error
	switch {
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, sql.ErrConnDone), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return true
	case errors.As(err, &broken):
		return true
	}
	switch numberOf(err) {
	case errInactive, 1927, 1317, 1053, errNotPrimary, 1040, 1792, 1290, 1836, 3032, 6400: // killed, interrupted, shutting down, too many connections, read-only, offline
		return true
	}
	return false
}

// failed says what a failure means for who asked, where nothing was changed: that
// the database is away, where it is.
func failed(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrClosed):
		return fmt.Errorf("%s: %w", doing, err)
	case isLost(err), isConflict(err):
		return fmt.Errorf("%s: %w: %w", doing, store.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
