package frame

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A segment is one file of a journal in a folder: a header of 64 bytes, then
// frames, then perhaps zero bytes. Segments are numbered from 1 without gaps.
const (
	segmentMagic   = 0x4A6F6162676E6F74 // "tongbaoJ"
	segmentVersion = 1

	SegmentHeaderSize = 64
	SegmentSuffix     = ".journal"
)

// Segment is what a segment begins with.
type Segment struct {
	Number uint32
	First  uint64   // position of the first entry in it
	Before [32]byte // chain hash of everything before it
	Salt   uint32   // the same in all segments of a journal
}

// SegmentName is the name of a segment's file.
func SegmentName(number uint32) string { return fmt.Sprintf("%08d%s", number, SegmentSuffix) }

// Encode makes the header's bytes.
func (h Segment) Encode() []byte {
	b := make([]byte, SegmentHeaderSize)
	binary.LittleEndian.PutUint64(b, segmentMagic)
	binary.LittleEndian.PutUint16(b[8:], segmentVersion)
	binary.LittleEndian.PutUint32(b[12:], h.Number)
	binary.LittleEndian.PutUint64(b[16:], h.First)
	copy(b[24:56], h.Before[:])
	binary.LittleEndian.PutUint32(b[56:], h.Salt)
	binary.LittleEndian.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
	return b
}

// ParseSegment reads and checks a segment's header.
func ParseSegment(b []byte) (Segment, error) {
	if len(b) < SegmentHeaderSize {
		return Segment{}, Bad("the segment's header is cut off")
	}
	if binary.LittleEndian.Uint64(b) != segmentMagic {
		return Segment{}, Bad("the file does not begin as a journal segment does")
	}
	if crc32.Checksum(b[:60], castagnoli) != binary.LittleEndian.Uint32(b[60:]) {
		return Segment{}, Bad("the checksum of the segment's header is wrong")
	}
	if v := binary.LittleEndian.Uint16(b[8:]); v != segmentVersion {
		return Segment{}, Bad(fmt.Sprintf("the segment is of version %d; this program knows 1", v))
	}
	return Segment{
		Number: binary.LittleEndian.Uint32(b[12:]), First: binary.LittleEndian.Uint64(b[16:]),
		Before: [32]byte(b[24:56]), Salt: binary.LittleEndian.Uint32(b[56:]),
	}, nil
}
