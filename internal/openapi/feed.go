package openapi

import (
	"context"
	"slices"
	"sync"
	"time"

	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// feed reads the journal once for everybody who listens, and hands each the
// events that are theirs. It runs while somebody listens.
type feed struct {
	journal   journal
	mu        sync.Mutex
	listeners map[*listener]struct{}
	stop      context.CancelFunc
}

// journal is what the feed needs of the engine's store.
type journal interface {
	store.Reader
	Await(ctx context.Context, position uint64) error
}

// listener is one open stream.
type listener struct {
	party  uint64
	events chan told // closed when the listener was too slow, or the feed broke
}

// told is an event with its place in the journal.
type told struct {
	event    pay.Event
	position uint64
}

const (
	mostListeners   = 2000
	mostListening   = 20 // of one party
	listenerBacklog = 256
)

// listen opens a stream of a party's events from the journal's end on, and
// says where that is. Refusals: rate_limited, overloaded.
func (f *feed) listen(ctx context.Context, party uint64) (*listener, uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	own := 0
	for l := range f.listeners {
		if l.party == party {
			own++
		}
	}
	if own >= mostListening {
		return nil, 0, refusal.New(refusal.RateLimited, "%d streams are open already", own)
	}
	if len(f.listeners) >= mostListeners {
		return nil, 0, refusal.New(refusal.Overloaded, "too many streams are open")
	}
	head, err := f.journal.Head(ctx)
	if err != nil {
		return nil, 0, err
	}
	l := &listener{party: party, events: make(chan told, listenerBacklog)}
	if f.listeners == nil {
		f.listeners = map[*listener]struct{}{}
	}
	f.listeners[l] = struct{}{}
	if f.stop == nil {
		reading, stop := context.WithCancel(context.Background())
		f.stop = stop
		go f.read(reading, head.Position)
	}
	return l, head.Position, nil
}

// leave closes a stream; the last one stops the reading.
func (f *feed) leave(l *listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop(l)
	if len(f.listeners) == 0 && f.stop != nil {
		f.stop()
		f.stop = nil
	}
}

func (f *feed) drop(l *listener) {
	if _, there := f.listeners[l]; there {
		delete(f.listeners, l)
		close(l.events)
	}
}

// read follows the journal from a position on until it is stopped. A listener
// that joined later has seen more already, and passes over what comes twice.
func (f *feed) read(ctx context.Context, position uint64) {
	for {
		if err := f.journal.Await(ctx, position); err != nil {
			break
		}
		entries, err := f.journal.Journal(ctx, position, 256)
		if err != nil {
			break
		}
		for i := range entries {
			position = entries[i].Position
			f.hand(ctx, &entries[i])
		}
	}
	if ctx.Err() != nil {
		return // everybody has left
	}
	f.mu.Lock() // the store is gone: let everybody come again
	defer f.mu.Unlock()
	for l := range f.listeners {
		f.drop(l)
	}
	f.stop()
	f.stop = nil
}

func (f *feed) hand(ctx context.Context, entry *store.Entry) {
	events, err := pay.EventsIn(entry)
	if err != nil {
		return // the audit says so, by name
	}
	for _, event := range events {
		f.mu.Lock()
		for l := range f.listeners {
			if !slices.Contains(event.Parties, l.party) || ctx.Err() != nil {
				continue
			}
			select {
			case l.events <- told{event, entry.Position}:
			default:
				f.drop(l) // too slow; it comes again with Last-Event-ID and misses nothing
			}
		}
		f.mu.Unlock()
	}
}

// heartbeat keeps proxies from closing a stream on which nothing happens.
const heartbeat = 15 * time.Second
