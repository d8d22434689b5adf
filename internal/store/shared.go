package store

import (
	"context"
	"time"
)

// Shared is a store that several servers use at once, which they find each other
// by. It decides nothing: who acts on what it says must not rely on being alone.
type Shared interface {
	// Present says that a server is there for so long from now on, by the store's own
	// clock, and lists all that are, in order of their names. A duration of 0 says
	// that it has gone. It is no part of the books.
	Present(ctx context.Context, server string, still time.Duration) (there []string, err error)
}

// Unsettled is a Store that may show entries before they are durable: a crash of the
// database then takes them back, and others come to stand at their positions.
type Unsettled interface {
	// Settle has the journal made durable as far as a position, and answers up to where it is,
	// which is less where something was taken back. It is safe to repeat.
	Settle(ctx context.Context, position uint64) (durable uint64, err error)
}
