package jobs

import (
	"context"
	"sync"
	"time"
)

// follower makes deliveries of the events in the journal, as it grows.
type follower struct {
	mu      sync.Mutex
	reached uint64
	times   int // faults in a row
	err     error
}

// follow has every event in the journal fanned out to those who want it.
func (r *Runner) follow(ctx context.Context) {
	for ctx.Err() == nil {
		news := r.news.next()
		before := r.fan.position()
		reached, err := r.opt.Webhooks.FanOut(ctx)
		if ctx.Err() != nil {
			return
		}
		times := r.fan.moved(reached, err)
		r.quiet.ring()
		switch {
		case err != nil:
			r.opt.Logger.Error("events could not be fanned out; it is tried again", "after", reached, "times", times, "error", err)
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

// Following tells how far events have been fanned out, and what went wrong with
// it the last time.
func (r *Runner) Following() (position uint64, err error) {
	r.fan.mu.Lock()
	defer r.fan.mu.Unlock()
	return r.fan.reached, r.fan.err
}
