package engine

import (
	"sync/atomic"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// room is the memory of one batch: its entries, and what they hold stretches of.
// A batch has a megabyte of it, and there are a hundred batches a second, so it is
// used again: when the batch is durable and everybody who waited for it has read
// the answer. Fresh memory would have to be cleared, and be found by the collector,
// at the cost of a fifth of a payment.
type room struct {
	readers atomic.Int32 // requests that have not read their answers

	entries  []store.Entry
	legs     []ledger.Leg
	kept     []store.Record
	states   []store.AccountChange
	mentions []store.Mention
	changed  []ledger.Account

	encoded []byte   // the chunk that is being filled: records of the batch, one after the other
	filled  [][]byte // those before it
	empty   [][]byte // and those left from earlier batches
}

// encodedChunk is how many bytes of encoded records are together, and large how
// many are kept apart: such memory isn't used again.
const (
	encodedChunk = 64 << 10
	encodedLarge = 4 << 10
)

// clear makes the room ready for a batch of so many commands.
func (r *room) clear(commands int) {
	r.entries, r.legs, r.kept, r.states, r.mentions = r.entries[:0], r.legs[:0], r.kept[:0], r.states[:0], r.mentions[:0]
	r.changed = r.changed[:0]
	if cap(r.entries) < commands { // they must not move while the batch is made
		r.entries = make([]store.Entry, 0, commands+commands/4)
	}
	if r.encoded != nil {
		r.filled = append(r.filled, r.encoded)
	}
	for _, chunk := range r.filled {
		r.empty = append(r.empty, chunk[:0])
	}
	r.encoded, r.filled = nil, r.filled[:0]
}

// chunk makes sure that so many bytes fit behind encoded.
func (r *room) chunk(n int) {
	if cap(r.encoded)-len(r.encoded) >= n {
		return
	}
	if r.encoded != nil {
		r.filled = append(r.filled, r.encoded)
	}
	if last := len(r.empty) - 1; last >= 0 {
		r.encoded, r.empty = r.empty[last], r.empty[:last]
		return
	}
	r.encoded = make([]byte, 0, encodedChunk)
}

// compact encodes into memory that the records of the batch share.
func (r *room) compact(appendTo func([]byte) ([]byte, bool)) ([]byte, bool) {
	r.chunk(encodedLarge)
	from := len(r.encoded)
	b, ok := appendTo(append(r.encoded, compactVersion))
	if !ok {
		return nil, false
	}
	if cap(b) == cap(r.encoded) { // else it has moved, and has memory of its own
		r.encoded = b
	}
	return b[from:len(b):len(b)], true
}

// share copies bytes into memory that the records of the batch share.
func (r *room) share(b []byte) []byte {
	if len(b) > encodedLarge {
		return append([]byte(nil), b...)
	}
	r.chunk(len(b))
	from := len(r.encoded)
	r.encoded = append(r.encoded, b...)
	return r.encoded[from:len(r.encoded):len(r.encoded)]
}
