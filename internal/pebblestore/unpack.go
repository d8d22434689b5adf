package pebblestore

import (
	"errors"
	"fmt"
	"hash/crc32"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/s2"

	"tongbao/internal/frame"
	"tongbao/internal/store"
	"tongbao/internal/wire"
)

// unpacked is some frames on their way through a verification or a start: unpacked
// side by side with others, into memory that is used again: who gets entries keeps
// nothing of them, their texts neither. Small frames go together, since handing over
// costs more than reading a few entries.
type unpacked struct {
	frames   []unpackedFrame
	payloads []byte
	entries  []store.Entry // of all frames, in order
	room     store.Room
	raw      []byte // what blocks are unpacked into: entries lie in it
	err      error
	done     chan struct{} // closed when all is unpacked
}

type unpackedFrame struct {
	header frame.Header
	at     place
	from   int // where its payload begins
}

const (
	unpackBytes = 256 << 10 // payloads that go together, at least
	unpackAhead = 4         // such that may wait between two steps
)

var unpackeds = sync.Pool{New: func() any { return new(unpacked) }}

func newUnpacked() *unpacked {
	u := unpackeds.Get().(*unpacked)
	u.done = make(chan struct{})
	return u
}

func (u *unpacked) add(h frame.Header, at place, payload []byte) {
	u.frames = append(u.frames, unpackedFrame{h, at, len(u.payloads)})
	u.payloads = append(u.payloads, payload...)
}

func (u *unpacked) enough() bool { return len(u.payloads) >= unpackBytes }

// each hands over the frames with the entries of each.
func (u *unpacked) each(visit func(frame.Header, place, []store.Entry) error) error {
	entries := u.entries
	for i := range u.frames {
		f, n := &u.frames[i], int(u.frames[i].header.Count)
		if err := visit(f.header, f.at, entries[:n:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// last is the position of the last entry.
func (u *unpacked) last() uint64 { return u.frames[len(u.frames)-1].header.Last() }

func (u *unpacked) free() {
	u.frames, u.payloads, u.entries, u.err = u.frames[:0], u.payloads[:0], u.entries[:0], nil
	u.raw = u.raw[:0]
	u.room.Clear()
	unpackeds.Put(u)
}

// unpack reads all entries, or says in err why it can't: those before are there.
func (u *unpacked) unpack() {
	for i := range u.frames {
		f := &u.frames[i]
		if err := u.frame(f.header, u.payloads[f.from:f.from+int(f.header.Length)]); err != nil {
			u.err = damaged{f.at, err.Error()}
			return
		}
	}
}

func (u *unpacked) frame(h frame.Header, payload []byte) error {
	t, err := h.ParseTable(payload)
	if err != nil {
		return err
	}
	u.entries = slices.Grow(u.entries, min(int(h.Count), 1<<16)) // the header's word is not taken for more
	before := len(u.entries)
	for i, slot := range t.Blocks {
		_, from := t.Start(i)
		if err := u.block(h, t, slot.Sum, payload[from:slot.End], before); err != nil {
			return err
		}
		if len(u.entries)-before != int(slot.Entries) {
			return frame.Bad("a block has another number of entries than the frame's table says")
		}
	}
	return nil
}

func (u *unpacked) block(h frame.Header, t frame.Table, sum uint32, block []byte, before int) error {
	if crc32.Checksum(block, castagnoli) != sum {
		return frame.Bad("the checksum of a block is wrong")
	}
	n, err := s2.DecodedLen(block)
	if err != nil || n > frame.MaxPayload {
		return frame.Bad("a block cannot be unpacked")
	}
	if cap(u.raw)-len(u.raw) < n { // entries lie in what there was, and stay there
		u.raw = make([]byte, 0, 2*cap(u.raw)+n)
	}
	raw, err := s2.Decode(u.raw[len(u.raw):len(u.raw)+n], block)
	u.raw = u.raw[:len(u.raw)+n]
	if err != nil {
		return frame.Bad(fmt.Sprintf("a block cannot be unpacked: %v", err))
	}
	for r := wire.Over(raw); len(r.Left()) > 0; {
		entry := r.View()
		if r.Err() != nil {
			return frame.Bad("a block's entries make no sense")
		}
		u.entries = append(u.entries, store.Entry{})
		last := len(u.entries) - 1
		if err := u.room.ReadEntry(&u.entries[last], entry, h.First+uint64(last-before), t.Base); err != nil {
			return frame.Bad(err.Error())
		}
	}
	return nil
}

var errStopped = errors.New("what comes before could not be followed")

// unpackFrames reads frames as frames does and hands them over unpacked, in order, on
// a goroutine of its own: meanwhile the next are read and hashed on the caller's, and
// unpacked on others. seen gets each frame's header when it is read. Who gets frames
// frees them. The error returned is of the first frame that has one.
func (j *journal) unpackFrames(from place, head store.Head, until uint64, seen func(frame.Header, place) error, each func(*unpacked) error) (place, store.Head, error) {
	toUnpack, inOrder := make(chan *unpacked, unpackAhead), make(chan *unpacked, unpackAhead)
	var working sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		working.Go(func() {
			for u := range toUnpack {
				u.unpack()
				close(u.done)
			}
		})
	}
	var broken error // of the first that cannot be unpacked or followed
	var stopped atomic.Bool
	working.Go(func() {
		for u := range inOrder {
			<-u.done
			if broken == nil {
				broken = u.err
			}
			if broken == nil {
				broken = each(u)
			}
			if broken != nil {
				stopped.Store(true)
			}
		}
	})
	next := newUnpacked()
	hand := func() {
		toUnpack <- next
		inOrder <- next
		next = newUnpacked()
	}
	end, head, err := j.frames(from, head, until, func(h frame.Header, at place, payload []byte) error {
		if stopped.Load() {
			return errStopped
		}
		if err := seen(h, at); err != nil {
			return err
		}
		if next.add(h, at, payload); next.enough() {
			hand()
		}
		return nil
	})
	if len(next.frames) > 0 {
		hand()
	}
	close(toUnpack)
	close(inOrder)
	working.Wait()
	if broken != nil {
		err = broken // it comes before what stopped the reading
	}
	return end, head, err
}
