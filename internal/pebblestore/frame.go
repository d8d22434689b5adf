package pebblestore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/klauspost/compress/s2"

	"tongbao/internal/store"
	"tongbao/internal/wire"
)

// A frame is one batch in the journal: a header of fixed size, then the payload.
// The payload begins with the time that its entries count from and a table with a
// slot for each block; then come the blocks, each of some sixty entries, packed
// together in Snappy's block format. So one entry of a large frame can be read, and
// trusted, without the others, and what entries have in common costs little.
// docs/journal-format.md has every byte.
const (
	frameMagic   = 0x464A4254 // "TBJF"
	frameVersion = 2
	frameCodec   = store.CodecVersion

	frameHeaderSize = 72
	frameHashed     = 32 // so much of the header goes into the chain hash
	payloadHead     = 12 // base time, number of blocks
	slotSize        = 12 // of a block: entries up to its end, where it ends, checksum
	maxPayload      = 1 << 30

	blockEntries = 64       // entries in a block at most
	blockBytes   = 64 << 10 // and so many bytes, unpacked, after which it ends
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type frameHeader struct {
	length uint32   // of the payload
	count  uint32   // entries
	first  uint64   // position of the first entry
	synced uint64   // newest position that was durable when this frame was written
	hash   [32]byte // chain: SHA-256 of the hash before, the header's first 32 bytes, the payload
	sum    uint32   // CRC32C of the payload
}

func (h frameHeader) last() uint64 { return h.first + uint64(h.count) - 1 }
func (h frameHeader) size() int64  { return frameHeaderSize + int64(h.length) }

// badFrame says why bytes are not a frame.
type badFrame string

func (b badFrame) Error() string { return string(b) }

// encoder makes frames. It keeps its buffers from one frame to the next.
type encoder struct{ entry, raw, packed, table []byte }

// encode puts a frame into buf, which must be empty.
func (c *encoder) encode(buf *bytes.Buffer, salt uint32, before [32]byte, first, synced uint64, entries []store.Entry) (frameHeader, error) {
	base := entries[0].At
	c.packed, c.table, c.raw = c.packed[:0], c.table[:0], c.raw[:0]
	in := 0
	for i := range entries {
		c.entry = store.AppendEntry(c.entry[:0], &entries[i], base)
		c.raw = wire.Bytes(c.raw, c.entry)
		if in++; in == blockEntries || len(c.raw) >= blockBytes || i == len(entries)-1 {
			if err := c.closeBlock(i + 1); err != nil {
				return frameHeader{}, err
			}
			in = 0
		}
	}
	blocks := len(c.table) / slotSize
	start := payloadHead + len(c.table)
	for i := range blocks { // the table counts from the payload's beginning
		end := c.table[i*slotSize+4:]
		binary.LittleEndian.PutUint32(end, binary.LittleEndian.Uint32(end)+uint32(start))
	}
	length := start + len(c.packed)
	if length > maxPayload {
		return frameHeader{}, fmt.Errorf("encode batch of %d entries: more than %d bytes", len(entries), maxPayload)
	}

	buf.Grow(frameHeaderSize + length)
	all := buf.AvailableBuffer()[:frameHeaderSize]
	clear(all)
	all = binary.LittleEndian.AppendUint64(all, uint64(base))
	all = binary.LittleEndian.AppendUint32(all, uint32(blocks))
	all = append(append(all, c.table...), c.packed...)
	payload := all[frameHeaderSize:]
	h := frameHeader{length: uint32(length), count: uint32(len(entries)), first: first, synced: synced, sum: crc32.Checksum(payload, castagnoli)}
	binary.LittleEndian.PutUint32(all[0:], frameMagic)
	all[4], all[5] = frameVersion, frameCodec
	binary.LittleEndian.PutUint32(all[8:], h.length)
	binary.LittleEndian.PutUint32(all[12:], h.count)
	binary.LittleEndian.PutUint64(all[16:], h.first)
	binary.LittleEndian.PutUint64(all[24:], h.synced)
	h.hash = chain(before, all[:frameHashed], payload)
	copy(all[32:64], h.hash[:])
	binary.LittleEndian.PutUint32(all[64:], h.sum)
	binary.LittleEndian.PutUint32(all[68:], headerSum(salt, all))
	buf.Write(all)
	return h, nil
}

// closeBlock packs what has gathered in raw, and notes in the table that so many
// entries end with it.
func (c *encoder) closeBlock(entries int) error {
	most := s2.MaxEncodedLen(len(c.raw))
	if most < 0 || len(c.packed)+most > maxPayload {
		return fmt.Errorf("encode batch: more than %d bytes", maxPayload)
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

// chain is the hash that covers the whole journal up to and with this frame.
func chain(before [32]byte, head, payload []byte) [32]byte {
	d := sha256.New()
	d.Write(before[:])
	d.Write(head)
	d.Write(payload)
	var sum [32]byte
	d.Sum(sum[:0])
	return sum
}

// headerSum is the checksum of a frame's header, with the journal's salt before
// it: a number that nobody outside knows, so that no frame can be smuggled in
// inside a command's body, to be found where a torn tail is searched.
func headerSum(salt uint32, b []byte) uint32 {
	seed := crc32.Checksum(binary.LittleEndian.AppendUint32(nil, salt), castagnoli)
	return crc32.Update(seed, castagnoli, b[:68])
}

// parseHeader reads and checks a frame's header.
func parseHeader(b []byte, salt uint32) (frameHeader, error) {
	if len(b) < frameHeaderSize {
		return frameHeader{}, badFrame("the frame's header is cut off")
	}
	if binary.LittleEndian.Uint32(b) != frameMagic {
		return frameHeader{}, badFrame("no frame begins here")
	}
	if headerSum(salt, b) != binary.LittleEndian.Uint32(b[68:]) {
		return frameHeader{}, badFrame("the checksum of the frame's header is wrong")
	}
	if b[4] != frameVersion || b[5] != frameCodec || b[6] != 0 || b[7] != 0 {
		return frameHeader{}, badFrame(fmt.Sprintf("the frame is of version %d, codec %d; this program knows %d and %d", b[4], b[5], frameVersion, frameCodec))
	}
	h := frameHeader{
		length: binary.LittleEndian.Uint32(b[8:]), count: binary.LittleEndian.Uint32(b[12:]),
		first: binary.LittleEndian.Uint64(b[16:]), synced: binary.LittleEndian.Uint64(b[24:]),
		hash: [32]byte(b[32:64]), sum: binary.LittleEndian.Uint32(b[64:]),
	}
	if h.count == 0 || h.length > maxPayload || h.length < payloadHead+slotSize || h.first == 0 || h.synced >= h.first {
		return frameHeader{}, badFrame("the frame's header makes no sense")
	}
	return h, nil
}

// checkPayload says whether the payload is the header's.
func (h frameHeader) checkPayload(payload []byte) error {
	if uint32(len(payload)) != h.length {
		return badFrame("the frame's payload is cut off")
	}
	if crc32.Checksum(payload, castagnoli) != h.sum {
		return badFrame("the checksum of the frame's payload is wrong")
	}
	return nil
}

// table is what a payload begins with, read.
type frameTable struct {
	base   int64
	blocks []blockSlot
}

type blockSlot struct {
	entries uint32 // up to and with this block
	end     uint32 // in the payload
	sum     uint32
}

var errNonsense = badFrame("the frame's table makes no sense")

// tableSize reads how long the table is from a payload's first bytes.
func (h frameHeader) tableSize(head []byte) (int, error) {
	if len(head) < payloadHead {
		return 0, badFrame("the frame's payload is cut off")
	}
	blocks := uint64(binary.LittleEndian.Uint32(head[8:]))
	if blocks == 0 || blocks > uint64(h.count) || payloadHead+blocks*slotSize > uint64(h.length) {
		return 0, errNonsense
	}
	return int(payloadHead + blocks*slotSize), nil
}

// parseTable reads and checks the table at the beginning of a payload.
func (h frameHeader) parseTable(b []byte) (frameTable, error) {
	size, err := h.tableSize(b)
	if err != nil {
		return frameTable{}, err
	}
	if len(b) < size {
		return frameTable{}, badFrame("the frame's payload is cut off")
	}
	t := frameTable{base: int64(binary.LittleEndian.Uint64(b)), blocks: make([]blockSlot, (size-payloadHead)/slotSize)}
	entries, end := uint32(0), uint32(size)
	for i := range t.blocks {
		slot := b[payloadHead+i*slotSize:]
		s := blockSlot{binary.LittleEndian.Uint32(slot), binary.LittleEndian.Uint32(slot[4:]), binary.LittleEndian.Uint32(slot[8:])}
		if s.entries <= entries || s.end <= end || s.end > h.length {
			return frameTable{}, errNonsense
		}
		t.blocks[i], entries, end = s, s.entries, s.end
	}
	if entries != h.count || end != h.length {
		return frameTable{}, errNonsense
	}
	return t, nil
}

// start is where block i begins, in entries and in the payload.
func (t frameTable) start(i int) (entry int, at int64) {
	if i == 0 {
		return 0, int64(payloadHead + len(t.blocks)*slotSize)
	}
	return int(t.blocks[i-1].entries), int64(t.blocks[i-1].end)
}

// decoder unpacks blocks, into memory that it keeps.
type decoder struct{ raw []byte }

// decode hands over the encoded entries of a block, in order; they are good until
// the next call.
func (d *decoder) decode(block []byte, s blockSlot, each func(i int, entry []byte) error) error {
	if crc32.Checksum(block, castagnoli) != s.sum {
		return badFrame("the checksum of a block is wrong")
	}
	n, err := s2.DecodedLen(block)
	if err != nil || n > maxPayload {
		return badFrame("a block cannot be unpacked")
	}
	if cap(d.raw) < n {
		d.raw = make([]byte, n)
	}
	raw, err := s2.Decode(d.raw[:cap(d.raw)], block)
	if err != nil {
		return badFrame(fmt.Sprintf("a block cannot be unpacked: %v", err))
	}
	r := wire.Over(raw)
	for i := 0; len(r.Left()) > 0; i++ {
		entry := r.View()
		if r.Err() != nil {
			return badFrame("a block's entries make no sense")
		}
		if err := each(i, entry); err != nil {
			return err
		}
	}
	return nil
}

// decodeBlock reads entries of block i of a frame.
func (h frameHeader) decodeBlock(d *decoder, t frameTable, i int, block []byte, wanted func(n int) bool, add func(store.Entry)) error {
	first, _ := t.start(i)
	seen := 0
	err := d.decode(block, t.blocks[i], func(k int, raw []byte) error {
		seen++
		if !wanted(first + k) {
			return nil
		}
		entry, err := store.ReadEntry(raw, h.first+uint64(first+k), t.base)
		if err != nil {
			return badFrame(err.Error())
		}
		add(entry)
		return nil
	})
	if err == nil && first+seen != int(t.blocks[i].entries) {
		return badFrame("a block has another number of entries than the frame's table says")
	}
	return err
}

// decodeAll reads every entry of a payload that has been checked.
func (h frameHeader) decodeAll(d *decoder, payload []byte) ([]store.Entry, error) {
	t, err := h.parseTable(payload)
	if err != nil {
		return nil, err
	}
	entries := make([]store.Entry, 0, min(h.count, 1<<16))
	for i, slot := range t.blocks {
		_, at := t.start(i)
		err := h.decodeBlock(d, t, i, payload[at:slot.end], func(int) bool { return true }, func(e store.Entry) { entries = append(entries, e) })
		if err != nil {
			return nil, err
		}
	}
	return entries, nil
}
