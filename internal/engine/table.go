package engine

import "slices"

// table finds the items of one batch by their key, and is emptied for the next
// without giving its memory back. Go's map would do; it is here because a batch
// looks up some thirty thousand keys on the one goroutine that can't be helped by
// another core: open addressing over a flat slice, with hashes that the keys have
// ready, takes a third of the time and leaves nothing for the collector.
type table[K comparable, V any] struct {
	items []V
	key   func(*V) K
	hash  func(K) uint64
	slots []uint32 // number+1 of an item, 0 where empty; a power of two, at most half full
}

func newTable[K comparable, V any](key func(*V) K, hash func(K) uint64) *table[K, V] {
	return &table[K, V]{key: key, hash: hash, slots: make([]uint32, 1<<8)}
}

// find returns the number of the item with the key.
func (t *table[K, V]) find(key K) (int, bool) { return t.findHashed(key, t.hash(key)) }

// findHashed is find for who has the key's hash.
func (t *table[K, V]) findHashed(key K, hash uint64) (int, bool) {
	if len(t.items) == 0 {
		return 0, false
	}
	mask := uint64(len(t.slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		n := t.slots[at]
		if n == 0 {
			return 0, false
		}
		if t.key(&t.items[n-1]) == key {
			return int(n - 1), true
		}
	}
}

// add takes in an item whose key is not there. Items may move: who holds a
// pointer to one must not add another.
func (t *table[K, V]) add(item V) int {
	n := t.place(t.hash(t.key(&item)))
	t.items[n] = item
	return n
}

// place adds an item for a key with that hash, and returns its number. What is in it is
// left over: the caller writes all of it.
func (t *table[K, V]) place(hash uint64) int {
	n := len(t.items)
	if 2*(n+1) > len(t.slots) {
		t.slots = make([]uint32, 2*len(t.slots))
		for i := range t.items {
			t.enter(i, t.hash(t.key(&t.items[i])))
		}
	}
	t.items = slices.Grow(t.items, 1)[:n+1]
	t.enter(n, hash)
	return n
}

func (t *table[K, V]) enter(n int, hash uint64) {
	mask := uint64(len(t.slots) - 1)
	at := hash & mask
	for t.slots[at] != 0 {
		at = (at + 1) & mask
	}
	t.slots[at] = uint32(n + 1)
}

// forget takes out the item added last. Nothing was entered after it, so no
// other's way leads past its slot.
func (t *table[K, V]) forget() {
	last := len(t.items) - 1
	mask := uint64(len(t.slots) - 1)
	at := t.hash(t.key(&t.items[last])) & mask
	for t.slots[at] != uint32(last+1) {
		at = (at + 1) & mask
	}
	t.slots[at] = 0
	t.items = t.items[:last]
}

// empty forgets all items. Their memory is written over, not cleared: what they
// point to lives on until then, a batch's worth at most.
func (t *table[K, V]) empty() {
	clear(t.slots)
	t.items = t.items[:0]
}
