package pebblestore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/frame"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A segment is one file of the journal: a header of 64 bytes, then frames, then
// perhaps zero bytes. Segments are numbered from 1 without gaps.
const (
	segmentMagic      = 0x4A6F6162676E6F74 // "tongbaoJ"
	segmentVersion    = 1
	segmentHeaderSize = 64
	segmentSuffix     = ".journal"
)

type segmentHeader struct {
	number uint32
	first  uint64   // position of the first entry in it
	before [32]byte // chain hash of everything before it
	salt   uint32   // the same in all segments of a journal
}

func segmentName(number uint32) string { return fmt.Sprintf("%08d%s", number, segmentSuffix) }

func (h segmentHeader) encode() []byte {
	b := make([]byte, segmentHeaderSize)
	binary.LittleEndian.PutUint64(b, segmentMagic)
	binary.LittleEndian.PutUint16(b[8:], segmentVersion)
	binary.LittleEndian.PutUint32(b[12:], h.number)
	binary.LittleEndian.PutUint64(b[16:], h.first)
	copy(b[24:56], h.before[:])
	binary.LittleEndian.PutUint32(b[56:], h.salt)
	binary.LittleEndian.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
	return b
}

func parseSegmentHeader(b []byte) (segmentHeader, error) {
	if len(b) < segmentHeaderSize {
		return segmentHeader{}, frame.Bad("the segment's header is cut off")
	}
	if binary.LittleEndian.Uint64(b) != segmentMagic {
		return segmentHeader{}, frame.Bad("the file does not begin as a journal segment does")
	}
	if crc32.Checksum(b[:60], castagnoli) != binary.LittleEndian.Uint32(b[60:]) {
		return segmentHeader{}, frame.Bad("the checksum of the segment's header is wrong")
	}
	if v := binary.LittleEndian.Uint16(b[8:]); v != segmentVersion {
		return segmentHeader{}, frame.Bad(fmt.Sprintf("the segment is of version %d; this program knows 1", v))
	}
	return segmentHeader{
		number: binary.LittleEndian.Uint32(b[12:]), first: binary.LittleEndian.Uint64(b[16:]),
		before: [32]byte(b[24:56]), salt: binary.LittleEndian.Uint32(b[56:]),
	}, nil
}

// listSegments finds the numbers of the segments in a folder, in order.
func listSegments(fs vfs.FS, dir string) ([]uint32, error) {
	names, err := fs.List(dir)
	if err != nil {
		return nil, fmt.Errorf("list journal: %w", err)
	}
	var numbers []uint32
	for _, name := range names {
		digits, ok := strings.CutSuffix(name, segmentSuffix)
		if !ok {
			continue
		}
		number, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || segmentName(uint32(number)) != name {
			return nil, fmt.Errorf("journal folder %s holds %s, which is no segment's name", dir, name)
		}
		numbers = append(numbers, uint32(number))
	}
	slices.Sort(numbers)
	return numbers, nil
}
