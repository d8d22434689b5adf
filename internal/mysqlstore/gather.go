package mysqlstore

import (
	"context"
	"errors"
	"sync"
	"time"
)

// gather asks for many keys in one statement. Who asks while others' statements are
// under way waits for the next one, with all who came meanwhile: a thousand
// readers cost no more than a few, and each sees what was committed when it asked.
type gather[K comparable, V any] struct {
	ask func(ctx context.Context, keys []K) (map[K]V, error)

	mu    sync.Mutex
	under int          // rounds under way
	next  *round[K, V] // who wait
}

type round[K comparable, V any] struct {
	keys    map[K]struct{}
	done    chan struct{}
	answers map[K]V
	err     error
}

// mostRounds is how many statements are under way at once.
const mostRounds = 4

// askFor is how long a question of one statement may take.
const askFor = 8 * time.Second

func (g *gather[K, V]) get(ctx context.Context, keys ...K) (map[K]V, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	g.mu.Lock()
	if g.next == nil {
		g.next = &round[K, V]{keys: map[K]struct{}{}, done: make(chan struct{})}
	}
	r := g.next
	for _, key := range keys {
		r.keys[key] = struct{}{}
	}
	if g.under < mostRounds {
		g.under++
		g.next = nil
		go g.run(r)
	}
	g.mu.Unlock()
	select {
	case <-r.done:
		return r.answers, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run asks, and goes on while others wait.
func (g *gather[K, V]) run(r *round[K, V]) {
	for r != nil {
		keys := make([]K, 0, len(r.keys))
		for key := range r.keys {
			keys = append(keys, key)
		}
		ctx, cancel := context.WithTimeout(context.Background(), askFor)
		r.answers, r.err = g.ask(ctx, keys)
		if errors.Is(r.err, context.DeadlineExceeded) { // ours, not the caller's
			r.err = errors.Join(errBroken, errNoAnswer)
		}
		cancel()
		close(r.done)

		g.mu.Lock()
		if r, g.next = g.next, nil; r == nil {
			g.under--
		}
		g.mu.Unlock()
	}
}
