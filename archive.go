package tongbao

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/mysqlstore"
)

// Shanghai is the business time zone where nothing else is set.
var Shanghai = engine.Shanghai

// Archive moves a database's journal from before a moment into Parquet files in a
// folder, from which it is read from then on. It is safe to repeat, and what it
// returns is durable.
func Archive(ctx context.Context, address string, before time.Time, dir string, log *slog.Logger, tell func(share int)) (mysqlstore.Archived, error) {
	if !mysqlstore.Is(address) {
		return mysqlstore.Archived{}, errors.New("only a database's journal is archived: name one as mysql://USER:PASSWORD@HOST:PORT/DATABASE; a folder's journal is files already")
	}
	s, err := mysqlstore.Open(ctx, mysqlstore.Options{Address: address, Logger: log})
	if err != nil {
		return mysqlstore.Archived{}, err
	}
	done, err := s.Archive(ctx, before, dir, tell)
	return done, errors.Join(err, s.Close())
}
