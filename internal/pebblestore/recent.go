package pebblestore

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"

	"tongbao/internal/store"
)

// recent keeps records that were read or written lately and stand in Pebble: a merchant
// is read with every payment, and changes once a year; a payment code is read a moment
// after it was drawn. It never holds a state that has been replaced: a reader that was
// overtaken by a change keeps nothing. Each key has one slot, which it may lose to
// another; who reads takes no lock, since every payment does.
type recent struct {
	changes atomic.Uint64 // how often changed was called
	mu      sync.Mutex    // held while a slot is written
	slots   [recentSlots]atomic.Pointer[store.Record]
}

const recentSlots = 1 << 16

func newRecent() *recent { return new(recent) }

func (c *recent) slot(key *store.Key) *atomic.Pointer[store.Record] {
	return &c.slots[xxhash.Sum64String(key.ID)%recentSlots]
}

func (c *recent) get(key store.Key) (*store.Record, bool) {
	r := c.slot(&key).Load()
	return r, r != nil && r.Key.ID == key.ID && r.Key.Kind == key.Kind
}

// put keeps a record that was read when changes stood so.
func (c *recent) put(record store.Record, changes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes.Load() == changes {
		c.slot(&record.Key).Store(&record)
	}
}

// changed keeps what a frame has changed, once it can be read.
func (c *recent) changed(records map[store.Key]recordChange) {
	if len(records) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes.Add(1)
	for key, change := range records {
		slot := c.slot(&key)
		switch after := &change.after; {
		case after.Bulk: // never kept here
		case after.Value != nil: // in memory of the batch's, which is used again
			slot.Store(&store.Record{Key: key, Value: bytes.Clone(after.Value), Terms: slices.Clone(after.Terms)})
		default:
			if _, ok := c.get(key); ok {
				slot.Store(nil)
			}
		}
	}
}

// Changes counts the durable frames that changed records that stand in Pebble: while
// it stays, so do they.
func (s *Store) Changes() uint64 { return s.recent.changes.Load() }
