package pebblestore

import (
	"maps"
	"sync"
	"sync/atomic"

	"tongbao/internal/store"
)

// recent keeps records that were read lately and stand in Pebble: a merchant is
// read with every payment, and changes once a year. It never holds a state that
// has been replaced: a reader that was overtaken by a change keeps nothing.
type recent struct {
	changes atomic.Uint64 // how often changed was called
	mu      sync.RWMutex
	records map[store.Key]store.Record
}

const recentMost = 1 << 15

func newRecent() *recent { return &recent{records: map[store.Key]store.Record{}} }

func (c *recent) get(key store.Key) (store.Record, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	r, ok := c.records[key]
	return r, ok
}

// put keeps a record that was read when changes stood so.
func (c *recent) put(record store.Record, changes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes.Load() != changes {
		return
	}
	if len(c.records) >= recentMost {
		maps.DeleteFunc(c.records, func(store.Key, store.Record) bool { return len(c.records) > recentMost/2 })
	}
	c.records[record.Key] = record
}

// changed forgets what a frame has changed, once it can be read.
func (c *recent) changed(records map[store.Key]recordChange) {
	if len(records) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes.Add(1)
	for key := range records {
		delete(c.records, key)
	}
}
