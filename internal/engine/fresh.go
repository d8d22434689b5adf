package engine

import (
	"math/bits"

	"tongbao/internal/store"
)

// fresh finds the entries of the batch in the making by their commands. Every
// command is looked for here, and nearly none is there; so the stamps lie in the
// slots themselves, and an entry is gone to only where its stamp is the one.
type fresh struct {
	slots []freshSlot // a power of two, at most half full
}

type freshSlot struct {
	stamp uint64
	entry int // number+1, 0 where empty
}

// start empties it for a batch of at most so many entries.
func (f *fresh) start(most int) {
	size := 1 << bits.Len(uint(2*most))
	if size > cap(f.slots) {
		f.slots = make([]freshSlot, size)
		return
	}
	f.slots = f.slots[:size]
	clear(f.slots)
}

// find returns the number of the entry of a command.
func (f *fresh) find(command store.Named, entries []store.Entry) (int, bool) {
	mask := uint64(len(f.slots) - 1)
	for at := command.Stamp & mask; ; at = (at + 1) & mask {
		s := &f.slots[at]
		if s.entry == 0 {
			return 0, false
		}
		if s.stamp == command.Stamp && entries[s.entry-1].Command == command.ID {
			return s.entry - 1, true
		}
	}
}

// add takes in an entry whose command is not there.
func (f *fresh) add(stamp uint64, entry int) {
	mask := uint64(len(f.slots) - 1)
	at := stamp & mask
	for f.slots[at].entry != 0 {
		at = (at + 1) & mask
	}
	f.slots[at] = freshSlot{stamp, entry + 1}
}
