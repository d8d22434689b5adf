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
