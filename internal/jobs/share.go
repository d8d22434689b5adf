package jobs

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"tongbao/internal/store"
)

// share is which part of the work is this server's. Every server that shares the
// store says every few seconds that it is there, and each piece of work belongs to
// one of those that are: the one whose name, together with the work's, comes out
// highest. So all agree without asking, and when a server goes its work alone
// changes hands.
//
// It is a lease on the server's whole share: who could not renew it in time has
// none, which a process that was stopped finds out by its own clock when it wakes.
// Lists of two servers may differ for a moment, and then both begin the same work;
// that it takes effect once is the commands' affair (decision 0008).
type share struct {
	store  store.Shared // nil: the store is this process's alone, and so is the work
	server string

	mu    sync.Mutex
	there []string
	lost  error     // why this server could not say that it is there, the last time
	until time.Time // by this process's clock, which nobody sets
}

// A server that isn't heard of for so long has lost its share.
const (
	presentFor  = 9 * time.Second
	presentEach = 3 * time.Second
)

// run says that this server is there until the context ends, and then that it has
// gone. It rings when the work is shared out anew.
func (s *share) run(ctx context.Context, news *bell, failed func(error)) {
	if s.store == nil {
		return
	}
	for {
		if err := s.renew(ctx, news); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			_, _ = s.store.Present(leaving, s.server, 0) // or the others wait until it is over
			return
		case <-time.After(presentEach):
		}
	}
}

func (s *share) renew(ctx context.Context, news *bell) error {
	asked := time.Now() // the lease began no earlier
	there, err := s.store.Present(ctx, s.server, presentFor)
	if err != nil {
		s.mu.Lock()
		s.lost = err
		s.mu.Unlock()
		return err
	}
	s.mu.Lock()
	s.lost = nil
	changed := !slices.Equal(there, s.there) || time.Now().After(s.until)
	s.there, s.until = there, asked.Add(presentFor)
	s.mu.Unlock()
	if changed {
		news.ring()
	}
	return nil
}

// mine says that a piece of work is this server's.
func (s *share) mine(work string) bool {
	if s.store == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.there) == 0 || time.Now().After(s.until) {
		return false
	}
	return ownerOf(work, s.there) == s.server
}

// await is mine, and where it is another's it waits for news first: for the work being
// shared out anew, among others.
func (s *share) await(ctx context.Context, work string, news <-chan struct{}) bool {
	if s.mine(work) {
		return true
	}
	select {
	case <-ctx.Done():
	case <-news:
	}
	return false
}

func ownerOf(work string, there []string) (owner string) {
	var highest uint64
	for _, server := range there {
		if sum := xxhash.Sum64String(server + "\x00" + work); sum >= highest {
			owner, highest = server, sum
		}
	}
	return owner
}

// CanWrite says why this server cannot write to a store that several share; nil where it
// can, and where the store is this process's alone. It tries again where the last time was a
// failure, so that it tells at once when the database takes writes again.
func (r *Runner) CanWrite(ctx context.Context) error {
	r.share.mu.Lock()
	lost := r.share.lost
	r.share.mu.Unlock()
	if lost == nil {
		return nil
	}
	return r.share.renew(ctx, r.news)
}

// Servers are those that share the work, this one among them; none where the store is
// this process's alone.
func (r *Runner) Servers() []string {
	r.share.mu.Lock()
	defer r.share.mu.Unlock()
	return slices.Clone(r.share.there)
}
