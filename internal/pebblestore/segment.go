package pebblestore

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/frame"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// listSegments finds the numbers of the segments in a folder, in order.
func listSegments(fs vfs.FS, dir string) ([]uint32, error) {
	names, err := fs.List(dir)
	if err != nil {
		return nil, fmt.Errorf("list journal: %w", err)
	}
	var numbers []uint32
	for _, name := range names {
		digits, ok := strings.CutSuffix(name, frame.SegmentSuffix)
		if !ok {
			continue
		}
		number, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || frame.SegmentName(uint32(number)) != name {
			return nil, fmt.Errorf("journal folder %s holds %s, which is no segment's name", dir, name)
		}
		numbers = append(numbers, uint32(number))
	}
	slices.Sort(numbers)
	return numbers, nil
}
