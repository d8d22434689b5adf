package pebblestore

import (
	"slices"
	"sync"
	"sync/atomic"

	"tongbao/internal/huge"
	"tongbao/internal/store"
)

// filter knows the names (64 bits, see store.Naming) of the commands and records that
// may be kept, and is sure of those that are not: a new command's id, a new order's
// number, need not be looked for, and looking for what is not there is what a store
// would spend most of its time on. It is a list of Bloom filters, each larger than
// the one before, so that it grows without being built again; within one, all bits
// of a name are in one cache line. About two names in a thousand are looked for in
// vain.
type filter struct {
	mu     sync.RWMutex
	parts  []filterPart
	next   *huge.Soon[[8]uint64] // of the part that comes next, once it is needed soon; else nil
	warmed atomic.Uint64         // see warm.go
}

type filterPart struct {
	lines [][8]uint64
	room  int    // keys that still go into it
	saved bool   // full, and in a file of its own as it is
	sum   uint32 // of that file
}

// filterRoom is how many names go into part n: a small shop needs little memory,
// a large one few parts to look into, and a checkpoint, which writes the one that
// isn't full, few bytes.
func filterRoom(n int) int {
	if n < 2 {
		return 1 << (16 + 4*n)
	}
	return 1 << (24 + max(0, n-5))
}

const (
	filterBits    = 16 // for each name
	filterHashes  = 8
	keysInOneLine = 512 / filterBits
)

func newFilter() *filter { return &filter{} }

// line picks the cache line of a key; the rest of its hash picks the bits.
func (p filterPart) line(hash uint64) *[8]uint64 {
	return &p.lines[hash>>32*uint64(len(p.lines))>>32]
}

func (p filterPart) set(hash uint64) {
	line := p.line(hash)
	for bits, i := hash*0x9E3779B97F4A7C15, 0; i < filterHashes; i, bits = i+1, bits>>7 {
		line[bits>>6&7] |= 1 << (bits & 63)
	}
}

func (p filterPart) has(hash uint64) bool {
	line := p.line(hash)
	for bits, i := hash*0x9E3779B97F4A7C15, 0; i < filterHashes; i, bits = i+1, bits>>7 {
		if line[bits>>6&7]&(1<<(bits&63)) == 0 {
			return false
		}
	}
	return true
}

// mayHold says whether the name may be kept.
func (f *filter) mayHold(name uint64) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.holds(name)
}

// holds is mayHold for who holds the lock.
func (f *filter) holds(name uint64) bool {
	for i := len(f.parts) - 1; i >= 0; i-- {
		if f.parts[i].has(name) {
			return true
		}
	}
	return false
}

// among says of names whether they may be kept.
func (f *filter) among(names []uint64, may []bool) []bool {
	warmed := uint64(0)
	f.mu.RLock()
	for part := range slices.Chunk(names, 128) {
		warmed += f.lines(part)
	}
	for _, name := range names {
		may = append(may, f.holds(name))
	}
	f.mu.RUnlock()
	f.warmed.Store(warmed)
	return may
}

// namesOf appends the names of what is touched: of all commands, then of the records
// that aren't found by a command.
func namesOf(touched *store.Touched, n store.Naming, names []uint64) []uint64 {
	for i := range touched.Commands {
		names = append(names, store.CommandName(touched.Commands[i].Stamp))
	}
	for i := range touched.Records {
		key := &touched.Records[i]
		switch {
		case key.Origin != 0:
		case i < len(touched.RecordNames): // Probe has worked it out
			names = append(names, touched.RecordNames[i])
		default:
			names = append(names, n.Of(*key))
		}
	}
	return names
}

// add takes in the names that a change brings.
func (f *filter) add(c *change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	warmed := uint64(0)
	for rows := range slices.Chunk(c.places, 128) {
		if n := len(f.parts); n > 0 { // where most of them go
			for i := range rows {
				warmed += f.parts[n-1].line(rows[i].name)[0]
			}
		}
		for i := range rows {
			f.addName(rows[i].name)
		}
	}
	f.warmed.Store(warmed)
	c.otherNames(f.addName)
}

func (f *filter) addName(name uint64) {
	if n := len(f.parts); n == 0 || f.parts[n-1].room == 0 {
		names := filterRoom(n)
		f.parts, f.next = append(f.parts, filterPart{lines: f.next.Take(names / keysInOneLine), room: names}), nil
	}
	last := &f.parts[len(f.parts)-1]
	if last.has(name) {
		return
	}
	last.set(name)
	if last.room--; last.room == filterRoom(len(f.parts)-1)/8 {
		f.next = huge.Begin[[8]uint64](filterRoom(len(f.parts)) / keysInOneLine)
	}
}
