package pebblestore

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/frame"
	"tongbao/internal/store"
)

// damaged says that bytes of the journal that had been durable are not what
// was written.
type damaged struct {
	at  place
	why string
}

func (d damaged) Error() string {
	return fmt.Sprintf("journal is damaged at %s: %s; restore the folder from a backup, or find out what changed the file", d.at, d.why)
}

// scan is frames with the entries of each.
func (j *journal) scan(from place, head store.Head, until uint64, each func(frame.Header, place, []store.Entry) error) (place, store.Head, error) {
	var d frame.Decoder
	return j.frames(from, head, until, func(h frame.Header, at place, payload []byte) error {
		entries, err := h.DecodeAll(&d, payload)
		if err != nil {
			return damaged{at, err.Error()}
		}
		return each(h, at, entries)
	})
}

// frames reads frames one after the other from a place on and hands each over,
// checked against the chain; the payload is good until each returns. It ends at the
// position until, or where until is 0 at the journal's end: it returns where that
// is, and there alone it forgives a torn tail.
//
// A tail is torn, and was never durable, if nothing in the journal was written
// after it had been: no later segment, and no later frame that says so in its
// field synced. Frames of one sync may reach the disk in any order, so whole
// frames may well follow a broken one.
func (j *journal) frames(from place, head store.Head, until uint64, each func(frame.Header, place, []byte) error) (place, store.Head, error) {
	segments, err := listSegments(j.fs, j.dir)
	if err != nil {
		return from, head, err
	}
	last := uint32(0)
	if len(segments) > 0 {
		last = segments[len(segments)-1]
	}
	for i, number := range segments {
		if number != uint32(i+1) {
			return from, head, damaged{place{uint32(i + 1), 0}, "the segment is missing"}
		}
	}
	if from.segment > last {
		return from, head, damaged{from, "the segment is missing"}
	}
	var window []byte
	for at := from; ; {
		f, err := j.reading(at.segment)
		if err != nil {
			return at, head, err
		}
		info, err := f.Stat()
		if err != nil {
			return at, head, err
		}
		if info.Size() < at.offset {
			return at, head, damaged{place{at.segment, info.Size()}, fmt.Sprintf("the file ends here, and had %d bytes when entry %d was the last", at.offset, head.Position)}
		}
		if at.offset <= frame.SegmentHeaderSize {
			if err := checkSegment(f, at.segment, head); err != nil {
				// The newest segment may have been under way into being; then it is
				// empty, and everything before it is whole.
				if at.segment == last && until == 0 && frame.IsBad(err) && !written(f, frame.SegmentHeaderSize) {
					return place{at.segment, 0}, head, nil
				}
				return at, head, blame(at, err)
			}
			at.offset = frame.SegmentHeaderSize
		}
		reader := &frameReader{f: f, salt: j.salt, window: window[:0]}
		for until == 0 || head.Position < until {
			h, header, payload, err := reader.frame(at.offset)
			if err == nil && h.First != head.Position+1 {
				err = frame.Bad(fmt.Sprintf("the frame begins with entry %d, where %d follows", h.First, head.Position+1))
			}
			if err == nil && frame.Chain(head.Hash, header[:frame.Hashed], payload) != h.Hash {
				err = frame.Bad("the hash of the frame is not the one that its bytes and the frames before it lead to")
			}
			if frame.IsBad(err) {
				if !written(f, at.offset) {
					break // blank: the segment ends here
				}
				if at.segment < last || until != 0 || provenDurable(f, j.salt, at.offset+1, head.Position+1) {
					return at, head, damaged{at, err.Error()}
				}
				return at, head, nil
			}
			if err != nil {
				return at, head, fmt.Errorf("read journal, %s: %w", at, err)
			}
			if err := each(h, at, payload); err != nil {
				return at, head, err
			}
			at.offset += h.Size()
			head = store.Head{Position: h.Last(), Hash: h.Hash}
		}
		window = reader.window
		if (until != 0 && head.Position >= until) || at.segment == last {
			if until != 0 && head.Position < until {
				return at, head, damaged{at, fmt.Sprintf("the journal ends with entry %d; there were %d", head.Position, until)}
			}
			return at, head, nil
		}
		at = place{at.segment + 1, 0}
	}
}

func blame(at place, err error) error {
	if frame.IsBad(err) {
		return damaged{at, err.Error()}
	}
	return err
}

func checkSegment(f vfs.File, number uint32, head store.Head) error {
	var b [frame.SegmentHeaderSize]byte
	n, err := readFull(f, b[:], 0)
	if err != nil {
		return err
	}
	h, err := frame.ParseSegment(b[:n])
	if err != nil {
		return err
	}
	if h.Number != number || h.First != head.Position+1 || h.Before != head.Hash {
		return frame.Bad(fmt.Sprintf("the segment says it is number %d from entry %d on, and does not go on where the one before ends, at entry %d", h.Number, h.First, head.Position))
	}
	return nil
}

// frameReader reads a segment's frames one after the other through a window, so
// that many small ones cost one read.
type frameReader struct {
	f      vfs.File
	salt   uint32
	window []byte // what has been read
	at     int64  // where in the file it begins
}

const windowBytes = 256 << 10

// bytes returns up to n bytes from offset on; they are good until the next call.
func (r *frameReader) bytes(offset int64, n int) ([]byte, error) {
	if offset < r.at || offset+int64(n) > r.at+int64(len(r.window)) {
		size := max(n, windowBytes)
		if cap(r.window) < size {
			r.window = make([]byte, size)
		}
		read, err := readFull(r.f, r.window[:size], offset)
		if err != nil {
			return nil, err
		}
		r.window, r.at = r.window[:read], offset
	}
	from := int(offset - r.at)
	return r.window[from:min(from+n, len(r.window))], nil
}

// frame returns the frame at offset: its header, read and as bytes, and its payload.
func (r *frameReader) frame(offset int64) (h frame.Header, head, payload []byte, err error) {
	if head, err = r.bytes(offset, frame.HeaderSize); err != nil {
		return h, nil, nil, err
	}
	if h, err = frame.ParseHeader(head, r.salt); err != nil {
		return h, nil, nil, err
	}
	if h.Length > windowBytes { // before memory is made for a length that is a lie
		info, err := r.f.Stat()
		if err != nil {
			return h, nil, nil, err
		}
		if info.Size() < offset+h.Size() {
			return h, nil, nil, frame.Bad("the frame's payload is cut off")
		}
	}
	whole, err := r.bytes(offset, int(h.Size()))
	if err != nil {
		return h, nil, nil, err
	}
	if len(whole) < frame.HeaderSize {
		return h, nil, nil, frame.Bad("the frame's header is cut off")
	}
	head, payload = whole[:frame.HeaderSize], whole[frame.HeaderSize:]
	return h, head, payload, h.CheckPayload(payload)
}

// written says whether there is anything but zeros from offset on.
func written(f vfs.File, offset int64) bool {
	b, zeros := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err := readFull(f, b, offset)
		if err != nil || !bytes.Equal(b[:n], zeros[:n]) {
			return true
		}
		if n < len(b) {
			return false
		}
		offset += int64(n)
	}
}

// provenDurable looks for a frame from offset on which says that position was
// durable when it was written.
func provenDurable(f vfs.File, salt uint32, offset int64, position uint64) bool {
	magic := binary.LittleEndian.AppendUint32(nil, frame.Magic)
	b := make([]byte, 1<<20)
	for {
		n, err := readFull(f, b, offset)
		if err != nil {
			return true
		}
		for rest := b[:n]; ; rest = rest[1:] {
			i := bytes.Index(rest, magic)
			if i < 0 {
				break
			}
			rest = rest[i:]
			if h, err := frame.ParseHeader(rest, salt); err == nil && h.Synced >= position {
				return true
			}
		}
		if n < len(b) {
			return false
		}
		offset += int64(n) - frame.HeaderSize
	}
}
