package pebblestore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/fxamacker/cbor/v2"

	"tongbao/internal/store"
)

// A frame is one batch in the journal: a header of fixed size, then the payload.
// The payload begins with a table, a slot of eight bytes for each entry (where
// the entry ends, and its checksum), so that one entry of a large frame can be
// read, and trusted, without the others. docs/journal-format.md has every byte.
const (
	frameMagic   = 0x464A4254 // "TBJF"
	frameVersion = 1
	codecCBOR    = 1

	frameHeaderSize = 72
	frameHashed     = 32 // so much of the header goes into the chain hash
	slotSize        = 8
	maxPayload      = 1 << 30
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	encoding   = mustEncoding()
	decoding   = mustDecoding()
)

func mustEncoding() cbor.UserBufferEncMode {
	mode, err := cbor.EncOptions{}.UserBufferEncMode()
	if err != nil {
		panic("pebblestore: CBOR encoding: " + err.Error())
	}
	return mode
}

func mustDecoding() cbor.DecMode {
	mode, err := cbor.DecOptions{
		MaxArrayElements: 1 << 20,
		UTF8:             cbor.UTF8DecodeInvalid, // what was written must be readable: Sort is bytes
	}.DecMode()
	if err != nil {
		panic("pebblestore: CBOR decoding: " + err.Error())
	}
	return mode
}

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

// encodeFrame appends a frame to buf, which must be empty.
func encodeFrame(buf *bytes.Buffer, salt uint32, before [32]byte, first, synced uint64, entries []*store.Entry) (frameHeader, error) {
	tableEnd := frameHeaderSize + slotSize*len(entries)
	buf.Grow(tableEnd + 256*len(entries))
	buf.Write(make([]byte, tableEnd))
	ends := make([]int, len(entries))
	for i, entry := range entries {
		if err := encoding.MarshalToBuffer(entry, buf); err != nil {
			return frameHeader{}, fmt.Errorf("encode entry of command %q: %w", entry.Command, err)
		}
		ends[i] = buf.Len()
	}
	if buf.Len()-frameHeaderSize > maxPayload {
		return frameHeader{}, fmt.Errorf("encode batch of %d entries: more than %d bytes", len(entries), maxPayload)
	}

	all := buf.Bytes()
	payload := all[frameHeaderSize:]
	start := tableEnd
	for i, end := range ends {
		slot := payload[i*slotSize:]
		binary.LittleEndian.PutUint32(slot, uint32(end-frameHeaderSize))
		binary.LittleEndian.PutUint32(slot[4:], crc32.Checksum(all[start:end], castagnoli))
		start = end
	}
	h := frameHeader{length: uint32(len(payload)), count: uint32(len(entries)), first: first, synced: synced,
		sum: crc32.Checksum(payload, castagnoli)}
	binary.LittleEndian.PutUint32(all[0:], frameMagic)
	all[4], all[5] = frameVersion, codecCBOR
	binary.LittleEndian.PutUint32(all[8:], h.length)
	binary.LittleEndian.PutUint32(all[12:], h.count)
	binary.LittleEndian.PutUint64(all[16:], h.first)
	binary.LittleEndian.PutUint64(all[24:], h.synced)
	h.hash = chain(before, all[:frameHashed], payload)
	copy(all[32:64], h.hash[:])
	binary.LittleEndian.PutUint32(all[64:], h.sum)
	binary.LittleEndian.PutUint32(all[68:], headerSum(salt, all))
	return h, nil
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
	if b[4] != frameVersion || b[5] != codecCBOR || b[6] != 0 || b[7] != 0 {
		return frameHeader{}, badFrame(fmt.Sprintf("the frame is of version %d, codec %d; this program knows 1 and 1", b[4], b[5]))
	}
	h := frameHeader{
		length: binary.LittleEndian.Uint32(b[8:]), count: binary.LittleEndian.Uint32(b[12:]),
		first: binary.LittleEndian.Uint64(b[16:]), synced: binary.LittleEndian.Uint64(b[24:]),
		hash: [32]byte(b[32:64]), sum: binary.LittleEndian.Uint32(b[64:]),
	}
	if h.count == 0 || h.length > maxPayload || uint64(h.count)*slotSize > uint64(h.length) || h.first == 0 || h.synced >= h.first {
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

// decodeEntries reads n entries from the one numbered i in the frame on. table
// holds their slots, preceded by the slot before where i > 0; body holds the
// bytes from offset bodyAt of the payload on.
func (h frameHeader) decodeEntries(table, body []byte, i, n int, bodyAt int64) ([]store.Entry, error) {
	entries := make([]store.Entry, n)
	start := slotSize * int64(h.count)
	if i > 0 {
		start = int64(binary.LittleEndian.Uint32(table))
		table = table[slotSize:]
	}
	for k := range entries {
		end := int64(binary.LittleEndian.Uint32(table[k*slotSize:]))
		if start < bodyAt || end < start || end-bodyAt > int64(len(body)) {
			return nil, badFrame("the frame's table makes no sense")
		}
		raw := body[start-bodyAt : end-bodyAt]
		if crc32.Checksum(raw, castagnoli) != binary.LittleEndian.Uint32(table[k*slotSize+4:]) {
			return nil, badFrame(fmt.Sprintf("the checksum of entry %d is wrong", h.first+uint64(i+k)))
		}
		if err := decoding.Unmarshal(raw, &entries[k]); err != nil {
			return nil, badFrame(fmt.Sprintf("entry %d cannot be decoded: %v", h.first+uint64(i+k), err))
		}
		entries[k].Position = h.first + uint64(i+k)
		start = end
	}
	return entries, nil
}

// decodeAll reads every entry of a payload that has been checked.
func (h frameHeader) decodeAll(payload []byte) ([]store.Entry, error) {
	entries, err := h.decodeEntries(payload[:slotSize*int(h.count)], payload, 0, int(h.count), 0)
	if err != nil {
		return nil, err
	}
	if end := binary.LittleEndian.Uint32(payload[slotSize*(int(h.count)-1):]); end != h.length {
		return nil, badFrame("the frame has bytes after its last entry")
	}
	return entries, nil
}
