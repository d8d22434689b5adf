package pebblestore

import (
	"bytes"
	"strings"
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

const (
	recentSlots = 1 << 16
	recentBytes = 4 << 10 // a record of more is not kept: somebody's picture
)

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
	if len(record.Value) > recentBytes {
		return
	}
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
		case after.Value != nil && len(after.Value) <= recentBytes:
			slot.Store(lasting(after))
		default:
			if _, ok := c.get(key); ok {
				slot.Store(nil)
			}
		}
	}
}

// lasting is a record in memory of its own. One that comes from a batch, or from a frame
// that is read at the start, lies in memory that is used again, its texts too.
func lasting(r *store.Record) *store.Record {
	own := &store.Record{Key: r.Key, Value: bytes.Clone(r.Value), Terms: make([]store.Term, len(r.Terms))}
	own.Key.Kind, own.Key.ID = strings.Clone(r.Key.Kind), strings.Clone(r.Key.ID)
	for i, t := range r.Terms {
		own.Terms[i] = store.Term{Index: strings.Clone(t.Index), Sort: strings.Clone(t.Sort)}
	}
	return own
}

// Changes counts the durable frames that changed records that stand in Pebble: while
// it stays, so do they.
func (s *Store) Changes() uint64 { return s.recent.changes.Load() }
