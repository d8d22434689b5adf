// Package fanout follows the journal and has made, once, what its entries call for:
// deliveries to endpoints, notices to merchants' programs. All of a stretch of the
// journal, and the cursor's move behind it, are one command; so a stretch is fanned out
// once, however many servers try. It refuses to know what is made of an entry.
package fanout

import (
	"context"
	"fmt"
	"sync"

	"tongbao/internal/engine"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// Work is one kind of thing to be made, and the names under which the journal knows it.
type Work[T any] struct {
	What    string // for faults: "webhooks"
	Actor   string // by whom: "job:webhook"
	Command string // name of the command of a stretch
	Prefix  string // of that command's ids
	Cursor  string // kind of the record that says how far the journal is fanned out
	Key     string // that record's id
	// Keep writes one thing. It is called within the command.
	Keep func(*engine.Tx, T)
}

// cursor is the journal position up to which all that is called for has been made.
type cursor struct {
	Position uint64 `cbor:"1,keyasint"`
}

func (w *Work[T]) cursors() engine.Kind[cursor] { return engine.Kind[cursor]{Name: w.Cursor} }

const (
	stretch       = 512     // entries read at once
	mostAtOnce    = 1000    // things made in a command, about
	lazyPositions = 100_000 // entries that call for nothing after which the cursor is moved all the same
)

// Source says what entries call for.
type Source[T any] struct {
	// Since is the position up to which nothing calls for anything; some is false where
	// nothing in the journal does yet.
	Since func(context.Context) (position uint64, some bool, err error)
	// Of begins a stretch of the journal, and answers what appends the things that an
	// entry of it calls for.
	Of func(context.Context) func(*store.Entry, []T) ([]T, error)
}

// Follower follows the journal for one kind of work. It may be used from several
// goroutines, and on several servers that share a store.
type Follower[T any] struct {
	work   *Work[T]
	source Source[T]
	engine *engine.Engine

	mu      sync.Mutex
	reached uint64 // up to where nothing is left to make; may be beyond the durable cursor
}

// New makes a follower.
func New[T any](e *engine.Engine, work *Work[T], source Source[T]) *Follower[T] {
	return &Follower[T]{work: work, source: source, engine: e}
}

// FanOut reads a stretch of the journal, has made what its entries call for, and returns
// the position up to which that is done. Call it again until it has reached the journal's
// end, and whenever the journal has grown. It is safe to repeat, and what is made is
// durable on return.
//
// A stretch that calls for nothing moves no cursor: this process remembers how far it has
// looked, and after a restart looks again.
func (f *Follower[T]) FanOut(ctx context.Context) (reached uint64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	from := f.engine.Store()
	kept, _, err := f.work.cursors().Read(ctx, from, f.work.Key)
	if err != nil {
		return f.reached, fmt.Errorf("read the cursor of %s: %w", f.work.What, err)
	}
	f.reached = max(f.reached, kept.Position)
	sure, err := f.skip(ctx)
	if f.reached >= sure || err != nil {
		return f.reached, err
	}
	entries, err := from.Journal(ctx, f.reached, int(min(stretch, sure-f.reached)))
	if err != nil {
		return f.reached, fmt.Errorf("read the journal after %d: %w", f.reached, err)
	}

	until, made, err := f.calledFor(ctx, entries)
	if err != nil || until == 0 {
		return f.reached, err
	}
	if len(made) > 0 || until-kept.Position >= lazyPositions {
		c := fanOut[T]{From: kept.Position, Until: until, work: f.work, made: made}
		_, err := f.engine.Submit(ctx, c, engine.By{Actor: f.work.Actor, Request: c.ID()})
		if no := refusal.Of(err); no != nil && no.Code == refusal.IdempotencyConflict {
			f.reached = kept.Position // another server was faster, perhaps not as far: look where the cursor is now
			return f.reached, nil
		}
		if err != nil {
			return f.reached, err
		}
	}
	f.reached = until
	return f.reached, nil
}

// skip jumps over what calls for nothing, and says up to where the journal can be followed:
// not to where a crash could still take something back, for what follows from it would stay.
func (f *Follower[T]) skip(ctx context.Context) (sure uint64, err error) {
	head, err := f.engine.Store().Head(ctx) // before asking since when
	sure = head.Position
	if err != nil || f.reached >= sure {
		return sure, err
	}
	if s, is := f.engine.Store().(store.Unsettled); is {
		if sure, err = s.Settle(ctx, sure); err != nil {
			return 0, err
		}
		sure = min(sure, head.Position)
	}
	since, some, err := f.source.Since(ctx)
	if err != nil {
		return 0, err
	}
	if !some {
		since = sure
	}
	f.reached = max(f.reached, since)
	return sure, nil
}

// calledFor is what the entries call for, up to the position at which it is enough for a
// command.
func (f *Follower[T]) calledFor(ctx context.Context, entries []store.Entry) (until uint64, made []T, err error) {
	of := f.source.Of(ctx)
	for i := range entries {
		if made, err = of(&entries[i], made); err != nil {
			return 0, nil, err
		}
		until = entries[i].Position
		if len(made) >= mostAtOnce {
			break
		}
	}
	return until, made, nil
}

// Empty is an empty command of this work, for who lists commands.
func (w *Work[T]) Empty() engine.Command { return fanOut[T]{work: w} }

// fanOut makes what a stretch of the journal calls for. What that is was worked out
// before, by whoever was first.
type fanOut[T any] struct {
	From  uint64 `cbor:"1,keyasint"`
	Until uint64 `cbor:"2,keyasint"`

	work *Work[T]
	made []T
}

func (c fanOut[T]) ID() string   { return fmt.Sprintf("%s/%d-%d", c.work.Prefix, c.From, c.Until) }
func (c fanOut[T]) Name() string { return c.work.Command }
func (c fanOut[T]) Touches(t *store.Touched) {
	t.Record(c.work.cursors().Key(c.work.Key))
}

func (c fanOut[T]) Apply(tx *engine.Tx) (any, error) {
	cursors := c.work.cursors()
	if kept, _ := cursors.Get(tx, c.work.Key); kept.Position != c.From {
		return nil, refusal.New(refusal.IdempotencyConflict, "another server has followed the journal to %d", kept.Position)
	}

	for _, one := range c.made {
		c.work.Keep(tx, one)
	}
	cursors.Put(tx, c.work.Key, cursor{Position: c.Until})
	return nil, nil
}
