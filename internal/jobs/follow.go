package jobs

import (
	"context"
	"sync"
	"time"
)

// follower makes what follows from the events in the journal, as it grows:
// deliveries to endpoints, notices to merchants' programs.
type follower struct {
	what   string
	fanOut func(context.Context) (reached uint64, err error)

	mu      sync.Mutex
	reached uint64
	times   int // faults in a row
	err     error
}

// followers is the handwritten list of them.
func followers(opt Options) []*follower {
	list := []*follower{{what: "webhooks", fanOut: opt.Webhooks.FanOut}}
	if opt.Notices != nil {
		list = append(list, &follower{what: "notices", fanOut: opt.Notices.FanOut})
	}
	return list
}

// follow has every event in the journal fanned out to those who want it.
func (r *Runner) follow(ctx context.Context, f *follower) {
	for ctx.Err() == nil {
		news := r.news.next()
		if !r.share.await(ctx, "follow/"+f.what, news) {
			continue
		}
		before := f.position()
		reached, err := f.fanOut(ctx)
		if ctx.Err() != nil {
			return
		}
		times := f.moved(reached, err)
		r.quiet.ring()
		switch {
		case err != nil:
			r.opt.Logger.Error("events could not be fanned out; it is tried again", "what", f.what, "after", reached, "times", times, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(backOff(times)):
			}
		case reached == before:
			select {
			case <-ctx.Done():
			case <-news:
			}
		}
	}
}

func (f *follower) position() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reached
}

func (f *follower) moved(reached uint64, err error) (times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reached, f.err = reached, err
	if f.times++; err == nil {
		f.times = 0
	}
	return f.times
}

func (f *follower) caughtUp(position uint64) bool { return f.position() >= position }

// Following tells how far events have been fanned out, by the slowest, and what
// went wrong with it the last time.
func (r *Runner) Following() (position uint64, err error) {
	for i, f := range r.fans {
		f.mu.Lock()
		if i == 0 || f.reached < position {
			position = f.reached
		}
		if err == nil {
			err = f.err
		}
		f.mu.Unlock()
	}
	return position, err
}
