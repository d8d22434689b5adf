package pebblestore

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/huge"
)

// How the filter is kept: a part that is full never changes again, so it goes into
// a file of its own, once, and checkpoints name it; they hold only what is not
// full yet.

const (
	filterSuffix = ".filter"
	filterMagic  = 0x466F6162676E6F74 // "tongbaoF"
	filterSaved  = 1 << 63            // in place of a part's room: it is in its own file, which has the checksum in the low bits
	filterMost   = 64                 // parts; more names than 40 bits can place
)

func filterName(part int) string { return fmt.Sprintf("%04d%s", part, filterSuffix) }

// save puts the parts that have become full into files. One at a time calls it.
func (f *filter) save(fs vfs.FS, dir string, b *burst) error {
	for i, part := range f.all() {
		if part.room > 0 || part.saved {
			continue
		}
		sum, err := writeSummed(fs, dir, filterName(i), func(w *bufio.Writer) error {
			w.Write(binary.LittleEndian.AppendUint64(nil, filterMagic))
			w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part.lines))))
			f.writeLines(w, part, b)
			return nil
		})
		if err != nil {
			return fmt.Errorf("write %s: %w", filterName(i), err)
		}
		f.mu.Lock()
		f.parts[i].saved, f.parts[i].sum = true, sum
		f.mu.Unlock()
	}
	return nil
}

func (f *filter) all() []filterPart {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return slices.Clone(f.parts)
}

// write puts the filter into a checkpoint, without the parts that are saved beside
// it; alone, with them. Names that are added meanwhile may be in it or not: those of
// batches after the checkpoint are added again at the start.
func (f *filter) write(w *bufio.Writer, alone bool, b *burst) {
	parts := f.all()
	w.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(parts))))
	for _, part := range parts {
		if part.saved && !alone {
			w.Write(binary.LittleEndian.AppendUint64(nil, filterSaved|uint64(part.sum)))
			continue
		}
		w.Write(binary.LittleEndian.AppendUint64(nil, uint64(part.room)))
		w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part.lines))))
		f.writeLines(w, part, b)
	}
}

func (f *filter) writeLines(w *bufio.Writer, part filterPart, b *burst) {
	block := make([]byte, 0, 1024*64)
	for lines := range slices.Chunk(part.lines, 1024) {
		block = block[:0]
		f.mu.RLock()
		for i := range lines {
			for _, word := range lines[i] {
				block = binary.LittleEndian.AppendUint64(block, word)
			}
		}
		f.mu.RUnlock()
		w.Write(block)
		b.rest()
	}
}

var errFilterCutOff = errors.New("its filter is cut off")

// readFilter reads what write wrote, with the files beside the checkpoint that it
// names.
func readFilter(fs vfs.FS, dir string, version byte, b []byte) (*filter, error) {
	if len(b) < 4 {
		return nil, errFilterCutOff
	}
	f := newFilter()
	n := int(binary.LittleEndian.Uint32(b))
	b = b[4:]
	for i := range n {
		if i >= filterMost || len(b) < 8 {
			return nil, errFilterCutOff
		}
		room := binary.LittleEndian.Uint64(b)
		b = b[8:]
		if room&filterSaved != 0 && version > 1 {
			part, err := readPart(fs, dir, i, uint32(room))
			if err != nil {
				return nil, err
			}
			f.parts = append(f.parts, part)
			continue
		}
		lines := uint64(firstFilterRoom(i) / keysInOneLine)
		if version > 1 {
			if len(b) < 8 {
				return nil, errFilterCutOff
			}
			lines, b = binary.LittleEndian.Uint64(b), b[8:]
		}
		if uint64(len(b))/64 < lines {
			return nil, errFilterCutOff
		}
		f.parts = append(f.parts, filterPart{room: int(room), lines: readLines(b, int(lines))})
		b = b[64*lines:]
	}
	if len(b) != 0 {
		return nil, errFilterCutOff
	}
	return f, nil
}

// firstFilterRoom is filterRoom as it was in checkpoints of version 1, which do not
// say how large a part is.
func firstFilterRoom(n int) int {
	if n < 2 {
		return filterRoom(n)
	}
	return 1 << (23 + n)
}

// readPart reads a part's file, if it is the one that was written with that checksum:
// after an older checkpoint was gone on from, a part may become full once more, with a
// few other names.
func readPart(fs vfs.FS, dir string, number int, sum uint32) (filterPart, error) {
	b, err := readFile(fs, fs.PathJoin(dir, filterName(number)))
	if err != nil {
		return filterPart{}, err
	}
	b, is, ok := unsummed(b)
	if !ok || is != sum || len(b) < 16 || binary.LittleEndian.Uint64(b) != filterMagic || binary.LittleEndian.Uint64(b[8:]) != uint64(len(b)-16)/64 {
		return filterPart{}, fmt.Errorf("%s is damaged, or another than the checkpoint was made with", filterName(number))
	}
	return filterPart{lines: readLines(b[16:], (len(b)-16)/64), saved: true, sum: is}, nil
}

func readLines(b []byte, lines int) [][8]uint64 {
	all := huge.Slice[[8]uint64](lines)
	for l := range all {
		for w := range all[l] {
			all[l][w] = binary.LittleEndian.Uint64(b[64*l+8*w:])
		}
	}
	return all
}
