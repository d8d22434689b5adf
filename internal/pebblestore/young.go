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

// youngNames is a table with open addressing.
type youngNames struct {
	rows  []youngName // batch 0 where empty
	count int
	after uint64 // it has all batches after this one, up to where the next begins
}

type youngName struct{ name, batch uint64 }

func newYoung() *young {
	y := &young{sent: 1, complete: 1, now: youngNames{after: 1}}
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
		y.now.add(youngName{places[i].name, y.sent})
	}
	more(func(name uint64) { y.now.add(youngName{name, y.sent}) })
	return y.sent
}

// lacks says that no batch after a number brought the name. It says so only where
// it is known.
func (y *young) lacks(name, after uint64) bool {
	return after >= y.complete && !y.now.has(name, after) && (after >= y.now.after || !y.before.has(name, after))
}

func (t *youngNames) has(name, after uint64) bool {
	if t.count == 0 {
		return false
	}
	mask := uint64(len(t.rows) - 1)
	for i := name & mask; t.rows[i].batch != 0; i = (i + 1) & mask {
		if t.rows[i].name == name && t.rows[i].batch > after {
			return true
		}
	}
	return false
}

func (t *youngNames) add(row youngName) {
	if t.count++; 2*t.count > len(t.rows) {
		old := t.rows
		t.rows = made[youngName](max(64, 2*len(old)))
		for _, r := range old {
			if r.batch != 0 {
				t.enter(r)
			}
		}
	}
	t.enter(row)
}

func (t *youngNames) enter(row youngName) {
	mask := uint64(len(t.rows) - 1)
	i := row.name & mask
	for t.rows[i].batch != 0 {
		i = (i + 1) & mask
	}
	t.rows[i] = row
}
