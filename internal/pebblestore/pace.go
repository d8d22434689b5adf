package pebblestore

import (
	"sync/atomic"
	"time"
)

// pace has work that nobody waits for take a third of a core and not a whole one:
// writing places, merging them, and checkpoints come in bursts, and on few cores a
// burst at full speed is a queue of commands behind it. When the store closes
// somebody does wait, and the pace ends.
type pace struct{ hurry atomic.Bool }

const (
	paceWork = 500 * time.Microsecond // done at a stretch, more or less
	paceRest = 2                      // times as long as was worked
)

// burst begins such work. Its rest is called often on the way; a nil burst's does
// not rest.
func (p *pace) burst() *burst { return &burst{pace: p, since: time.Now()} }

type burst struct {
	pace  *pace
	since time.Time
}

func (b *burst) rest() {
	if b == nil || b.pace.hurry.Load() {
		return
	}
	worked := time.Since(b.since)
	if worked < paceWork {
		return
	}
	time.Sleep(min(paceRest*worked, 10*time.Millisecond)) // it may have been waiting, not working
	b.since = time.Now()
}
