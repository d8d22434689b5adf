package tongbao

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/mysqlstore"
	"tongbao/internal/store"
)

// Shanghai is the business time zone where nothing else is set.
var Shanghai = engine.Shanghai

// Archive moves a database's journal from before a moment into Parquet files in a
// folder, from which it is read from then on. It is safe to repeat, and what it
// returns is durable. A day that has not begun is refused.
func Archive(ctx context.Context, address string, before time.Time, dir string, log *slog.Logger, tell func(share int)) (mysqlstore.Archived, error) {
	if !mysqlstore.Is(address) {
		return mysqlstore.Archived{}, errors.New("only a database's journal is archived: name one as mysql://USER:PASSWORD@HOST:PORT/DATABASE; a folder's journal is files already")
	}
	s, err := mysqlstore.Open(ctx, mysqlstore.Options{Address: address, Logger: log})
	if err != nil {
		return mysqlstore.Archived{}, err
	}
	if err := begun(ctx, s, before); err != nil {
		return mysqlstore.Archived{}, errors.Join(err, s.Close())
	}
	done, err := s.Archive(ctx, before, dir, tell)
	return done, errors.Join(err, s.Close())
}

// begun refuses a day that is still to come, which would take nearly everything out of
// the table; a sandbox's books may be ahead of the world.
func begun(ctx context.Context, s *mysqlstore.Store, day time.Time) error {
	if !day.After(time.Now()) {
		return nil
	}
	newest, err := store.Newest(ctx, s)
	if err != nil || newest != nil && !day.After(time.UnixMicro(newest.At)) {
		return err
	}
	return fmt.Errorf("%s has not begun; name today or an earlier day", day.In(Shanghai).Format(time.DateOnly))
}
