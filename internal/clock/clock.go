// Package clock is business time: the time by which deadlines run, receipts are
// dated and days begin. In real operation it is the machine's time, kept from
// running backwards. In the sandbox and in tests it can be advanced, and how
// far is a record in the store, so that a restart does not take anybody back to
// a moment before a deadline that has passed. It refuses to know what is due.
package clock

import (
	"sync"
	"time"
)

// Clock tells business time. Its methods may be called from several goroutines.
type Clock struct {
	wall  func() time.Time
	fixed bool // wall stands still: a test's
	real  bool // cannot be advanced

	mu      sync.Mutex
	ahead   time.Duration // of the wall
	last    time.Time     // the newest moment told
	changed chan struct{} // closed and replaced when the clock is advanced
}

// Real follows the machine's clock, and nothing else moves it.
func Real() *Clock { return &Clock{wall: time.Now, real: true, changed: make(chan struct{})} }

// Sandbox follows the machine's clock and can be advanced beyond it.
func Sandbox() *Clock { return &Clock{wall: time.Now, changed: make(chan struct{})} }

// Standing stands at a moment until it is advanced.
func Standing(at time.Time) *Clock {
	return &Clock{wall: func() time.Time { return at }, fixed: true, changed: make(chan struct{})}
}

// Now is the business time, in UTC and never before a moment told earlier.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Without the monotonic reading, which stops while a machine sleeps.
	if now := c.wall().Round(0).UTC().Add(c.ahead); now.After(c.last) {
		c.last = now
	}
	return c.last
}

// Changed is closed when the clock is advanced the next time.
func (c *Clock) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// Until is a channel that tells when the moment may have come. It may tell too
// early, never much too late: look at Now again. A standing clock comes nowhere
// by itself, and says so with a nil channel. Call stop when done.
func (c *Clock) Until(moment time.Time) (told <-chan time.Time, stop func()) {
	if c.fixed {
		return nil, func() {}
	}
	// The machine's clock may be set while we wait, so never wait for long.
	wait := min(max(moment.Sub(c.Now()), time.Millisecond), time.Minute)
	timer := time.NewTimer(wait)
	return timer.C, func() { timer.Stop() }
}

// jumpTo sets how far the clock is ahead of the wall; never back.
func (c *Clock) jumpTo(ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ahead <= c.ahead {
		return
	}
	c.ahead = ahead
	close(c.changed)
	c.changed = make(chan struct{})
}
