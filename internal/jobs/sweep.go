package jobs

import (
	"context"
	"sync"
	"time"
)

// sweeping is where the sweep of refund windows stands; see pay.Sweeper.
type sweeping struct {
	mu   sync.Mutex
	due  int64 // Unix milliseconds of business time; 0 for nothing yet
	head uint64
	done bool // up to head, for the time being
}

// sweep finishes instant payments whose refund window has ended.
func (r *Runner) sweep(ctx context.Context) {
	sweeper := r.opt.Desk.Sweeper()
	times := 0
	for ctx.Err() == nil {
		news, advanced := r.news.next(), r.opt.Clock.Changed()
		if !r.share.await(ctx, "sweep", news) {
			continue
		}
		head, err := r.opt.Store.Head(ctx)
		var due int64
		var more bool
		if err == nil {
			due, more, err = sweeper.Sweep(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		r.swept.mu.Lock()
		r.swept.due, r.swept.head, r.swept.done = due, head.Position, err == nil && !more
		r.swept.mu.Unlock()
		r.quiet.ring()
		if err != nil {
			times++
			r.opt.Logger.Error("refund windows could not be swept; it is tried again", "times", times, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(backOff(times)):
			}
			continue
		}
		times = 0
		if more {
			continue
		}
		if due != 0 { // nothing that is younger can be due before it
			moment, stop := r.opt.Clock.Until(time.UnixMilli(due))
			select {
			case <-ctx.Done():
			case <-advanced:
			case <-moment:
			}
			stop()
			continue
		}
		select {
		case <-ctx.Done():
		case <-news:
		case <-advanced:
		}
	}
}

// idle says that nothing of what stands up to a position is due at a moment.
func (s *sweeping) idle(position uint64, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.due != 0 {
		return s.due > now.UnixMilli()
	}
	return s.done && s.head >= position
}
