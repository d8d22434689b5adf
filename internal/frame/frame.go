// Package frame is the journal's bytes: how a committed batch of entries is
// packed, checked, and chained by hash to the batches before it, as
// docs/journal-format.md tells. It refuses to know where frames are kept; a file
// and a database keep the same ones, so one verifier serves for both.
package frame

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/klauspost/compress/s2"

	"tongbao/internal/store"
	"tongbao/internal/wire"
)

// A frame is one batch in the journal: a header of fixed size, then the payload.
// The payload begins with the time that its entries count from and a table with a
// slot for each block; then come the blocks, each of some dozen entries, packed
// together in Snappy's block format. So one entry of a large frame can be read, and
// trusted, without the others, and what entries have in common costs little.
// docs/journal-format.md has every byte.
const (
	Magic   = 0x464A4254 // "TBJF"
	Version = 2
	Codec   = store.CodecVersion // of the entries; those from OldestCodec on are read

	OldestCodec = store.OldCodecVersion

	HeaderSize  = 72
	Hashed      = 32 // so much of the header goes into the chain hash
	PayloadHead = 12 // base time, number of blocks
	SlotSize    = 12 // of a block: entries up to its end, where it ends, checksum
	MaxPayload  = 1 << 30

	blockEntries = 64       // entries in a block, where the Encoder says nothing else
	blockBytes   = 64 << 10 // and so many bytes, unpacked, after which it ends
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Header is what a frame begins with.
type Header struct {
	Codec  byte     // version of the entries
	Length uint32   // of the payload
	Count  uint32   // entries
	First  uint64   // position of the first entry
	Synced uint64   // newest position that was durable when this frame was written
	Hash   [32]byte // chain: SHA-256 of the hash before, the header's first 32 bytes, the payload
	Sum    uint32   // CRC32C of the payload
}

// Last is the position of the last entry.
func (h Header) Last() uint64 { return h.First + uint64(h.Count) - 1 }

// Size is how many bytes the whole frame has.
func (h Header) Size() int64 { return HeaderSize + int64(h.Length) }

// Bad says why bytes are not a frame.
type Bad string

func (b Bad) Error() string { return string(b) }

// Encoder makes frames. It keeps its buffers from one frame to the next.
type Encoder struct {
	// Together is how many entries a block has at most, 0 for 64: the fewer, the sooner one
	// is read, and the more bytes they are.
	Together int
	Codec    byte // version of the entries that it writes, 0 for the newest

	entry, raw, packed, table []byte
}

// add appends an entry to the block, with its length before it.
func (c *Encoder) add(e *store.Entry, base int64, codec byte) {
	from := len(c.raw)
	c.raw = store.AppendEntry(append(c.raw, 0, 0), e, base, codec)
	if n := len(c.raw) - from - 2; n >= 1<<7 && n < 1<<14 { // nearly all: the length has two bytes
		c.raw[from], c.raw[from+1] = byte(n)|0x80, byte(n>>7)
		return
	}
	c.entry = append(c.entry[:0], c.raw[from+2:]...)
	c.raw = wire.Bytes(c.raw[:from], c.entry)
}

// Encode puts a frame into buf, which must be empty.
func (c *Encoder) Encode(buf *bytes.Buffer, salt uint32, before [32]byte, first, synced uint64, entries []store.Entry) (Header, error) {
	base := entries[0].At
	c.packed, c.table, c.raw = c.packed[:0], c.table[:0], c.raw[:0]
	in, most, codec := 0, cmp.Or(c.Together, blockEntries), cmp.Or(c.Codec, Codec)
	for i := range entries {
		c.add(&entries[i], base, codec)
		if in++; in == most || len(c.raw) >= blockBytes || i == len(entries)-1 {
			if err := c.closeBlock(i + 1); err != nil {
				return Header{}, err
			}
			in = 0
		}
	}
	blocks := len(c.table) / SlotSize
	start := PayloadHead + len(c.table)
	for i := range blocks { // the table counts from the payload's beginning
		end := c.table[i*SlotSize+4:]
		binary.LittleEndian.PutUint32(end, binary.LittleEndian.Uint32(end)+uint32(start))
	}
	length := start + len(c.packed)
	if length > MaxPayload {
		return Header{}, fmt.Errorf("encode batch of %d entries: more than %d bytes", len(entries), MaxPayload)
	}

	buf.Grow(HeaderSize + length)
	all := buf.AvailableBuffer()[:HeaderSize]
	clear(all)
	all = binary.LittleEndian.AppendUint64(all, uint64(base))
	all = binary.LittleEndian.AppendUint32(all, uint32(blocks))
	all = append(append(all, c.table...), c.packed...)
	payload := all[HeaderSize:]
	h := Header{Codec: codec, Length: uint32(length), Count: uint32(len(entries)), First: first, Synced: synced, Sum: crc32.Checksum(payload, castagnoli)}
	h.putHashed(all)
	h.Hash = Chain(before, all[:Hashed], payload)
	h.putRest(all, salt)
	buf.Write(all)
	return h, nil
}

// putHashed writes the part of the header that goes into the hash.
func (h Header) putHashed(b []byte) {
	binary.LittleEndian.PutUint32(b[0:], Magic)
	b[4], b[5] = Version, h.Codec
	binary.LittleEndian.PutUint32(b[8:], h.Length)
	binary.LittleEndian.PutUint32(b[12:], h.Count)
	binary.LittleEndian.PutUint64(b[16:], h.First)
	binary.LittleEndian.PutUint64(b[24:], h.Synced)
}

func (h Header) putRest(b []byte, salt uint32) {
	copy(b[32:64], h.Hash[:])
	binary.LittleEndian.PutUint32(b[64:], h.Sum)
	binary.LittleEndian.PutUint32(b[68:], HeaderSum(salt, b))
}

// Shown is a frame as other stores take it over.
func (h Header) Shown(payload []byte) store.Frame {
	return store.Frame{Head: store.Head{Position: h.Last(), Hash: h.Hash}, First: h.First, Synced: h.Synced, Payload: payload}
}

// Adopt is the header of another store's frame, which must follow on a head. It
// says of a frame that doesn't that it is Bad.
func Adopt(f store.Frame, after store.Head) (Header, error) {
	if f.First != after.Position+1 {
		return Header{}, Bad(fmt.Sprintf("the frame begins with entry %d, where %d follows", f.First, after.Position+1))
	}
	if f.Position < f.First || f.Synced >= f.First || f.Position-f.First >= 1<<32 || len(f.Payload) > MaxPayload || len(f.Payload) < PayloadHead+SlotSize {
		return Header{}, Bad("the frame's header makes no sense")
	}
	h := Header{Length: uint32(len(f.Payload)), Count: uint32(f.Position - f.First + 1), First: f.First, Synced: f.Synced, Hash: f.Hash, Sum: crc32.Checksum(f.Payload, castagnoli)}
	for h.Codec = Codec; h.Codec >= OldestCodec; h.Codec-- { // of which version its entries are the hash tells
		var hashed [HeaderSize]byte
		h.putHashed(hashed[:])
		if Chain(after.Hash, hashed[:Hashed], f.Payload) == f.Hash {
			return h, nil
		}
	}
	return Header{}, Bad("the hash of the frame is not the one that its bytes and the frames before it lead to")
}

// Bytes are the header's, for a journal with a salt.
func (h Header) Bytes(salt uint32) []byte {
	b := make([]byte, HeaderSize)
	h.putHashed(b)
	h.putRest(b, salt)
	return b
}

// closeBlock packs what has gathered in raw, and notes in the table that so many
// entries end with it.
func (c *Encoder) closeBlock(entries int) error {
	most := s2.MaxEncodedLen(len(c.raw))
	if most < 0 || len(c.packed)+most > MaxPayload {
		return fmt.Errorf("encode batch: more than %d bytes", MaxPayload)
	}
	from := len(c.packed)
	c.packed = slices.Grow(c.packed, most)
	block := s2.EncodeSnappy(c.packed[from:from+most], c.raw)
	c.packed = c.packed[:from+len(block)]
	c.table = binary.LittleEndian.AppendUint32(c.table, uint32(entries))
	c.table = binary.LittleEndian.AppendUint32(c.table, uint32(len(c.packed)))
	c.table = binary.LittleEndian.AppendUint32(c.table, crc32.Checksum(block, castagnoli))
	c.raw = c.raw[:0]
	return nil
}

// Chain is the hash that covers the whole journal up to and with this frame.
func Chain(before [32]byte, head, payload []byte) [32]byte {
	d := sha256.New()
	d.Write(before[:])
	d.Write(head)
	d.Write(payload)
	var sum [32]byte
	d.Sum(sum[:0])
	return sum
}

// HeaderSum is the checksum of a frame's header, with the journal's salt before
// it: a number that nobody outside knows, so that no frame can be smuggled in
// inside a command's body, to be found where a torn tail is searched.
func HeaderSum(salt uint32, b []byte) uint32 {
	seed := crc32.Checksum(binary.LittleEndian.AppendUint32(nil, salt), castagnoli)
	return crc32.Update(seed, castagnoli, b[:68])
}

// ParseHeader reads and checks a frame's header.
func ParseHeader(b []byte, salt uint32) (Header, error) {
	if len(b) < HeaderSize {
		return Header{}, Bad("the frame's header is cut off")
	}
	if binary.LittleEndian.Uint32(b) != Magic {
		return Header{}, Bad("no frame begins here")
	}
	if HeaderSum(salt, b) != binary.LittleEndian.Uint32(b[68:]) {
		return Header{}, Bad("the checksum of the frame's header is wrong")
	}
	if b[4] != Version || b[5] < OldestCodec || b[5] > Codec || b[6] != 0 || b[7] != 0 {
		return Header{}, Bad(fmt.Sprintf("the frame is of version %d, codec %d; this program knows %d and %d to %d", b[4], b[5], Version, OldestCodec, Codec))
	}
	h := Header{
		Codec:  b[5],
		Length: binary.LittleEndian.Uint32(b[8:]), Count: binary.LittleEndian.Uint32(b[12:]),
		First: binary.LittleEndian.Uint64(b[16:]), Synced: binary.LittleEndian.Uint64(b[24:]),
		Hash: [32]byte(b[32:64]), Sum: binary.LittleEndian.Uint32(b[64:]),
	}
	if h.Count == 0 || h.Length > MaxPayload || h.Length < PayloadHead+SlotSize || h.First == 0 || h.Synced >= h.First {
		return Header{}, Bad("the frame's header makes no sense")
	}
	return h, nil
}

// CheckPayload says whether the payload is the header's.
func (h Header) CheckPayload(payload []byte) error {
	if uint32(len(payload)) != h.Length {
		return Bad("the frame's payload is cut off")
	}
	if crc32.Checksum(payload, castagnoli) != h.Sum {
		return Bad("the checksum of the frame's payload is wrong")
	}
	return nil
}

// Table is what a payload begins with, read.
type Table struct {
	Base   int64
	Blocks []Slot
}

// Slot is a block as the table tells it.
type Slot struct {
	Entries uint32 // up to and with this block
	End     uint32 // in the payload
	Sum     uint32
}

var errNonsense = Bad("the frame's table makes no sense")

// TableSize reads how long the table is from a payload's first bytes.
func (h Header) TableSize(head []byte) (int, error) {
	if len(head) < PayloadHead {
		return 0, Bad("the frame's payload is cut off")
	}
	blocks := uint64(binary.LittleEndian.Uint32(head[8:]))
	if blocks == 0 || blocks > uint64(h.Count) || PayloadHead+blocks*SlotSize > uint64(h.Length) {
		return 0, errNonsense
	}
	return int(PayloadHead + blocks*SlotSize), nil
}

// ParseTable reads and checks the table at the beginning of a payload.
func (h Header) ParseTable(b []byte) (Table, error) {
	size, err := h.TableSize(b)
	if err != nil {
		return Table{}, err
	}
	if len(b) < size {
		return Table{}, Bad("the frame's payload is cut off")
	}
	t := Table{Base: int64(binary.LittleEndian.Uint64(b)), Blocks: make([]Slot, (size-PayloadHead)/SlotSize)}
	entries, end := uint32(0), uint32(size)
	for i := range t.Blocks {
		slot := b[PayloadHead+i*SlotSize:]
		s := Slot{binary.LittleEndian.Uint32(slot), binary.LittleEndian.Uint32(slot[4:]), binary.LittleEndian.Uint32(slot[8:])}
		if s.Entries <= entries || s.End <= end || s.End > h.Length {
			return Table{}, errNonsense
		}
		t.Blocks[i], entries, end = s, s.Entries, s.End
	}
	if entries != h.Count || end != h.Length {
		return Table{}, errNonsense
	}
	return t, nil
}

// Start is where block i begins, in entries and in the payload.
func (t Table) Start(i int) (entry int, at int64) {
	if i == 0 {
		return 0, int64(PayloadHead + len(t.Blocks)*SlotSize)
	}
	return int(t.Blocks[i-1].Entries), int64(t.Blocks[i-1].End)
}

// Decoder unpacks blocks, into memory that it keeps.
type Decoder struct{ raw, packed []byte }

// Room is memory for a block that is to be decoded: good until the next call.
func (d *Decoder) Room(n int) []byte {
	if cap(d.packed) < n {
		d.packed = make([]byte, n)
	}
	return d.packed[:n]
}

// Decode hands over the encoded entries of a block, in order; they are good until
// the next call.
func (d *Decoder) Decode(block []byte, s Slot, each func(i int, entry []byte) error) error {
	if crc32.Checksum(block, castagnoli) != s.Sum {
		return Bad("the checksum of a block is wrong")
	}
	n, err := s2.DecodedLen(block)
	if err != nil || n > MaxPayload {
		return Bad("a block cannot be unpacked")
	}
	if cap(d.raw) < n {
		d.raw = make([]byte, n)
	}
	raw, err := s2.Decode(d.raw[:cap(d.raw)], block)
	if err != nil {
		return Bad(fmt.Sprintf("a block cannot be unpacked: %v", err))
	}
	r := wire.Over(raw)
	for i := 0; len(r.Left()) > 0; i++ {
		entry := r.View()
		if r.Err() != nil {
			return Bad("a block's entries make no sense")
		}
		if err := each(i, entry); err != nil {
			return err
		}
	}
	return nil
}

// DecodeBlock reads entries of block i of a frame.
func (h Header) DecodeBlock(d *Decoder, t Table, i int, block []byte, wanted func(n int) bool, add func(store.Entry)) error {
	first, _ := t.Start(i)
	seen := 0
	err := d.Decode(block, t.Blocks[i], func(k int, raw []byte) error {
		seen++
		if !wanted(first + k) {
			return nil
		}
		entry, err := store.ReadEntry(raw, h.First+uint64(first+k), t.Base)
		if err != nil {
			return Bad(err.Error())
		}
		add(entry)
		return nil
	})
	if err == nil && first+seen != int(t.Blocks[i].Entries) {
		return Bad("a block has another number of entries than the frame's table says")
	}
	return err
}

// DecodeAll reads every entry of a payload that has been checked.
func (h Header) DecodeAll(d *Decoder, payload []byte) ([]store.Entry, error) {
	t, err := h.ParseTable(payload)
	if err != nil {
		return nil, err
	}
	entries := make([]store.Entry, 0, min(h.Count, 1<<16))
	for i, slot := range t.Blocks {
		_, at := t.Start(i)
		err := h.DecodeBlock(d, t, i, payload[at:slot.End], func(int) bool { return true }, func(e store.Entry) { entries = append(entries, e) })
		if err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// IsBad says that bytes are not a frame, or not what they were.
func IsBad(err error) bool {
	var bad Bad
	return errors.As(err, &bad)
}
