package mysqlstore

import (
	"context"
	"database/sql/driver"
	"strings"
	"time"
)

// Statement is one that was sent to the database, for who counts them.
type Statement struct {
	Kind    string        // "SELECT accounts", "INSERT journal", "COMMIT"
	Took    time.Duration // until the answer began
	Outcome string        // "ok", "conflict", "lost", "error"
}

// everything is what the driver's connections can do.
type everything interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// observed is a connection whose statements are told of, and that is given up with its
// host: when that says that it is cut off, or when others have gone to another.
type observed struct {
	everything
	told    func(Statement) // nil for nobody
	address *address
	host    int64
}

// ResetSession is called before a connection is used again. One to a host that was left
// is not: that may be a replica by now, which takes reads and is behind.
func (c observed) ResetSession(ctx context.Context) error {
	if c.address.preferred.Load() != c.host {
		return driver.ErrBadConn
	}
	return c.everything.ResetSession(ctx)
}

func (c observed) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	began := time.Now()
	result, err := c.everything.ExecContext(ctx, statement, args)
	c.tell(statement, began, err)
	return result, c.moved(err)
}

func (c observed) QueryContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	began := time.Now()
	rows, err := c.everything.QueryContext(ctx, statement, args)
	c.tell(statement, began, err)
	return rows, c.moved(err)
}

// moved turns a node's word that it is not in Galera's primary part, for which it does
// nothing, into the driver's for a connection that is of no use: then database/sql
// makes another, and asks again where that is safe.
func (c observed) moved(err error) error {
	if numberOf(err) != errNotPrimary {
		return err
	}
	c.address.leave(c.host)
	return driver.ErrBadConn
}

func (c observed) tell(statement string, began time.Time, err error) {
	if err == driver.ErrSkip || c.told == nil { // it comes again, otherwise
		return
	}
	s := Statement{Kind: kindOf(statement), Took: time.Since(began), Outcome: "ok"}
	switch {
	case err == nil:
	case isConflict(err):
		s.Outcome = "conflict"
	case isLost(err):
		s.Outcome = "lost"
	default:
		s.Outcome = "error"
	}
	c.told(s)
}

// kindOf is a statement's verb and the table that it is about: there are some twenty
// kinds, however many rows.
func kindOf(statement string) string {
	start := statement[:min(len(statement), 400)]
	verb, rest, _ := strings.Cut(start, " ")
	for _, before := range []string{"FROM ", "INTO ", "UPDATE "} {
		for at := start; ; {
			_, after, found := strings.Cut(at, before)
			if !found {
				break
			}
			if end := strings.IndexFunc(after, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }); end != 0 {
				if end < 0 {
					end = len(after)
				}
				return verb + " " + after[:end]
			}
			at = after
		}
	}
	if verb == "SET" || verb == "START" {
		word, _, _ := strings.Cut(rest, " ")
		return verb + " " + word
	}
	return verb
}
