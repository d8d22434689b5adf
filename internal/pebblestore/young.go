package pebblestore

import "sync/atomic"

// young is the names that the newest batches brought, each with the number of its
// batch. A caller that looked for a command's id or for a record before it queued
// (Probe) tells up to which batch that was in vain; then whoever has the turn need
// look only through what came after, which is near at hand: the filter's lines and the
// files of places are not. Batches are numbered from when the store was opened; one
// that is lost keeps its number, so that the number of none is ever used twice.
type young struct {
	sent     uint64 // number of the newest batch; who has the turn's, as all that follows
	now      youngNames
	before   youngNames
	complete uint64 // all names of batches after this one are here

	// For who looks beforehand.
	filtered atomic.Uint64 // the filter has the names of all batches up to this one that may become durable
	landed   atomic.Uint64 // up to this one, batches can be read or are lost
}

// youngMost is how many names are in one of the two tables before it replaces the
// other. The commands that may wait in the queue bring more: those are looked for
// in the filter.
const youngMost = 1 << 15

// youngNames are rows whose position is the number of a batch.
type youngNames struct {
	gathered
	after uint64 // it has all batches after this one, up to where the next begins
}

func newYoung() *young {
	y := &young{sent: 1, complete: 1, now: youngNames{gathered: *newGathered(standing{}), after: 1}, before: youngNames{gathered: *newGathered(standing{})}}
	y.filtered.Store(1) // what there was at the start
	y.landed.Store(1)
	return y
}

// add takes in the names of the next batch, and numbers it.
func (y *young) add(places []place64, more func(enter func(name uint64))) uint64 {
	if y.now.count >= youngMost {
		y.before, y.now = y.now, y.before
		clear(y.now.rows)
		y.now.count, y.now.after = 0, y.sent
		y.complete = y.before.after
	}
	y.sent++
	for i := range places {
		y.now.add(place64{places[i].name, y.sent})
	}
	more(func(name uint64) { y.now.add(place64{name, y.sent}) })
	return y.sent
}

// lacks says that no batch after a number brought the name. It says so only where
// it is known.
func (y *young) lacks(name, after uint64) bool {
	return after >= y.complete && !y.now.hasAfter(name, after) && (after >= y.now.after || !y.before.hasAfter(name, after))
}
