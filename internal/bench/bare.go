package bench

import (
	"context"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/mysqlstore"
)

// Bare is what a database did with the rows of a load alone.
type Bare struct {
	Count, Batch int
	PerSecond    float64
}

// mostBare is how many items the probe takes at most: enough for a steady figure.
const mostBare = 100_000

func bareOn(ctx context.Context, s *mysqlstore.Store, count int, l load) (Bare, error) {
	b := Bare{Count: min(count, mostBare), Batch: engine.MostInBatch}
	_, names := l.touches(0)
	each, err := s.Bare(ctx, mysqlstore.BareLoad{Count: b.Count, Batch: b.Batch, Places: names, Accounts: func(n uint64) []ledger.AccountID {
		accounts, _ := l.touches(n)
		return accounts
	}})
	if err == nil {
		b.PerSecond = float64(time.Second) / float64(each)
	}
	return b, err
}
