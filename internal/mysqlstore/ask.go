package mysqlstore

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// scanner copies a row's columns.
type scanner func(into ...any) error

// asker asks the database and hands over each row of the answer.
type asker interface {
	each(ctx context.Context, query string, row func(scanner) error, args ...any) error
}

// pool asks on any connection.
type pool struct{ db *sql.DB }

// each gives up after askFor: behind a cable that was pulled nobody says no. Where only the
// connection broke, it asks again on another, unless some rows have been handed over.
func (p pool) each(ctx context.Context, query string, row func(scanner) error, args ...any) error {
	asking, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	for try := 0; ; try++ {
		began := false
		rows, err := p.db.QueryContext(asking, query, args...)
		err = eachOf(rows, err, func(scan scanner) error {
			began = true
			return row(scan)
		})
		if !isLost(err) || began || try == mostAsked || asking.Err() != nil {
			return answered(err, asking, ctx)
		}
	}
}

// mostAsked is how often a question is asked again on other connections.
const mostAsked = 2

var errNoAnswer = errors.New("the database does not answer")

// answered is what an error means where a time of our own was set within what the
// caller has: over before the caller's, it says something about the database.
func answered(err error, ours, callers context.Context) error {
	if err != nil && ours.Err() != nil && callers.Err() == nil {
		return errors.Join(errBroken, errNoAnswer)
	}
	return err
}

// session asks on one connection, one question at a time: within a transaction.
type session struct {
	mu   sync.Mutex
	conn *sql.Conn
}

func (s *session) each(ctx context.Context, query string, row func(scanner) error, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, err := s.conn.QueryContext(ctx, query, args...)
	return eachOf(rows, err, row)
}

func eachOf(rows *sql.Rows, err error, row func(scanner) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
