package mysqlstore

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/s2"

	"tongbao/internal/frame"
	"tongbao/internal/store"
	"tongbao/internal/wire"
)

// block is a block of the journal. What is durable never changes, so one that was
// read then is good for ever, on every server.
type block struct {
	first   uint64
	entries int
	base    int64
	packed  []byte

	once sync.Once
	each [][]byte // the encoded entries
	err  error
}

func (b *block) last() uint64 { return b.first + uint64(b.entries) - 1 }

// entry is the one at a position. It shares no memory with the block.
func (b *block) entry(position uint64) (store.Entry, error) {
	b.once.Do(b.unpack)
	if b.err != nil {
		return store.Entry{}, b.err
	}
	return store.ReadEntry(b.each[position-b.first], position, b.base)
}

func (b *block) unpack() {
	raw, err := s2.Decode(nil, b.packed)
	if err != nil {
		b.err = fmt.Errorf("the journal's block from entry %d on cannot be unpacked: %w; run verify", b.first, err)
		return
	}
	b.packed = nil
	r := wire.Over(raw)
	for len(r.Left()) > 0 && r.Err() == nil {
		b.each = append(b.each, r.View())
	}
	if r.Err() != nil || len(b.each) != b.entries {
		b.err = fmt.Errorf("the journal's block from entry %d on makes no sense; run verify", b.first)
	}
}

// blocks are those that were read or committed last, some 10 MB of them.
//
// InnoDB shows a commit to others before it has synced it, and a crash in between
// takes it back: then the same positions get other entries. So a block that was read
// is kept only where its end was known to be durable before it was read.
type blocks struct {
	sure atomic.Uint64 // up to here the journal is durable

	mu     sync.Mutex
	known  map[uint64]*block // by each position in them
	oldest []*block          // a ring, in order of their coming
	next   int
}

const mostBlocks = 1024

func newBlocks() *blocks { return &blocks{known: map[uint64]*block{}} }

func (c *blocks) at(position uint64) *block {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[position]
}

// surely notes that the journal is durable up to a position: somebody has read it
// there and then committed something, on one connection.
func (c *blocks) surely(position uint64) {
	for {
		was := c.sure.Load()
		if position <= was || c.sure.CompareAndSwap(was, position) {
			return
		}
	}
}

// add keeps a block that is durable.
func (c *blocks) add(b *block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[b.first] != nil {
		return
	}
	if len(c.oldest) < mostBlocks {
		c.oldest = append(c.oldest, b)
	} else {
		old := c.oldest[c.next]
		for position := old.first; position <= old.last(); position++ {
			delete(c.known, position)
		}
		c.oldest[c.next] = b
		c.next = (c.next + 1) % mostBlocks
	}
	for position := b.first; position <= b.last(); position++ {
		c.known[position] = b
	}
}

// recordIn is a record as an entry leaves it.
func recordIn(entry *store.Entry, key store.Key) (store.Record, bool) {
	for i := len(entry.Records) - 1; i >= 0; i-- {
		if r := &entry.Records[i]; r.Key.ID == key.ID && r.Key.Kind == key.Kind {
			return *r, true
		}
	}
	return store.Record{}, false
}

// blocksOf lists the blocks of a frame that was just made.
func blocksOf(h frame.Header, t frame.Table, payload []byte) []*block {
	made := make([]*block, len(t.Blocks))
	for i, slot := range t.Blocks {
		from, at := t.Start(i)
		made[i] = &block{first: h.First + uint64(from), entries: int(slot.Entries) - from, base: t.Base, packed: payload[at:slot.End]}
	}
	return made
}
