package store

import (
	"tongbao/internal/ledger"
	"tongbao/internal/wire"
)

// Room is where the parts of many entries are read into, for who reads millions,
// looks at each once, and would otherwise make work for the collector.
type Room struct {
	legs     []ledger.Leg
	records  []Record
	states   []AccountChange
	mentions []Mention
	bytes    []byte // those that had the own name cut out
}

// Clear makes the room free for other entries: those read before are gone.
func (room *Room) Clear() {
	room.legs, room.records, room.states, room.mentions = room.legs[:0], room.records[:0], room.states[:0], room.mentions[:0]
	room.bytes = room.bytes[:0]
}

// ReadEntry is ReadEntry into the room. The entry's texts and bytes lie in b, which
// nobody may change while they are used, or in the room.
func (room *Room) ReadEntry(e *Entry, b []byte, position uint64, base int64) error {
	r := wire.Lasting(b)
	return readEntry(e, &r, room, position, base)
}

// take cuts n values off what there is room for.
func take[T any](free *[]T, n int) []T {
	have := len(*free)
	if have+n > cap(*free) {
		*free, have = make([]T, 0, n+have), 0 // those cut off before stay where they are
	}
	*free = (*free)[:have+n]
	return (*free)[have : have+n : have+n]
}
