package pebblestore

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A run is a file of places, sorted by name: pages of 4 KiB with up to 314 rows of
// 13 bytes each (name, position in five), the rest of the page its number of rows
// and its checksum; then a page that tells what the file holds. The first name of
// each page is kept in memory, so a look-up reads one page.
type run struct {
	path     string
	from, to uint64 // it holds all rows of entries after from, up to to
	reached  standing
	count    int64

	fs     vfs.FS
	file   vfs.File
	fences []uint64     // first name of each page
	users  atomic.Int32 // who may read it: the places themselves, a backup, an audit
	merged atomic.Bool  // into another: the file goes when the last user does
}

const (
	runSuffix  = ".places"
	runMagic   = 0x5052676E6F74 // "tongRP"
	runVersion = 1
	runPage    = 4096
	runRow     = 13
	runRows    = 314 // in a page: 4082 bytes, two for their number, four for the checksum
)

func runName(from, to uint64) string { return fmt.Sprintf("%020d-%020d%s", from, to, runSuffix) }

// listRuns names the files in a folder, by where they begin, the longest first.
func listRuns(fs vfs.FS, dir string) ([]*run, error) {
	names, err := fs.List(dir)
	if err != nil {
		return nil, fmt.Errorf("list places: %w", err)
	}
	var runs []*run
	for _, name := range names {
		text, is := strings.CutSuffix(name, runSuffix)
		fromText, toText, _ := strings.Cut(text, "-")
		from, err1 := strconv.ParseUint(fromText, 10, 64)
		to, err2 := strconv.ParseUint(toText, 10, 64)
		if is && err1 == nil && err2 == nil {
			runs = append(runs, &run{path: fs.PathJoin(dir, name), from: from, to: to})
		}
	}
	slices.SortFunc(runs, func(a, b *run) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	return runs, nil
}

// writeRun makes a file of sorted rows, and opens it.
func writeRun(fs vfs.FS, dir string, b *burst, from uint64, reached standing, rows iter.Seq[place64], count int) (*run, error) {
	r := &run{fs: fs, from: from, to: reached.head.Position, reached: reached, count: int64(count), fences: make([]uint64, 0, count/runRows+1)}
	name := runName(r.from, r.to)
	r.path = fs.PathJoin(dir, name)
	err := replaceFile(fs, dir, name, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 1<<20)
		page := make([]byte, 0, runPage)
		n, written := 0, 0
		end := func() {
			page = page[:runPage-6]
			page = binary.LittleEndian.AppendUint16(page, uint16(n))
			page = binary.LittleEndian.AppendUint32(page, crc32.Checksum(page, castagnoli))
			out.Write(page)
			clear(page)
			page, n = page[:0], 0
		}
		for row := range rows {
			if n == 0 {
				r.fences = append(r.fences, row.name)
			}
			page = binary.LittleEndian.AppendUint64(page, row.name)
			page = append(page, byte(row.position), byte(row.position>>8), byte(row.position>>16), byte(row.position>>24), byte(row.position>>32))
			if n++; n == runRows {
				end()
				b.rest()
			}
			written++
		}
		if n > 0 {
			end()
		}
		if written != count {
			return fmt.Errorf("%d rows of %d", written, count)
		}
		out.Write(r.tail())
		return out.Flush()
	})
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	r.users.Store(1)
	r.file, err = fs.Open(r.path, vfs.RandomReadsOption)
	return r, err
}

// tail is the file's last page.
func (r *run) tail() []byte {
	page := make([]byte, 0, runPage)
	page = binary.LittleEndian.AppendUint64(page, runMagic)
	page = binary.LittleEndian.AppendUint64(page, runVersion)
	page = binary.LittleEndian.AppendUint64(page, r.from)
	page = binary.LittleEndian.AppendUint64(page, uint64(r.count))
	page = append(page, r.reached.value()...)
	page = page[:runPage-4]
	return binary.LittleEndian.AppendUint32(page, crc32.Checksum(page, castagnoli))
}

// open reads the tail and the pages' first names.
func (r *run) open(fs vfs.FS) (err error) {
	r.fs = fs
	r.users.Store(1)
	if r.file, err = fs.Open(r.path, vfs.RandomReadsOption); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.file.Close())
		}
	}()
	info, err := r.file.Stat()
	if err != nil {
		return err
	}
	pages := info.Size()/runPage - 1
	if pages < 0 || info.Size()%runPage != 0 {
		return errors.New("it is cut off")
	}
	tail, err := r.page(pages)
	if err != nil {
		return err
	}
	if binary.LittleEndian.Uint64(tail) != runMagic || binary.LittleEndian.Uint64(tail[8:]) != runVersion {
		return errors.New("it is of another kind or version")
	}
	r.count = int64(binary.LittleEndian.Uint64(tail[24:]))
	if r.reached, err = parseStanding(tail[32:84]); err != nil {
		return err
	}
	if binary.LittleEndian.Uint64(tail[16:]) != r.from || r.reached.head.Position != r.to || (r.count+runRows-1)/runRows != pages {
		return errors.New("it does not hold what its name says")
	}
	r.fences = make([]uint64, pages)
	b := make([]byte, 256*runPage)
	for first := int64(0); first < pages; first += 256 {
		n := min(256, pages-first)
		if read, err := readFull(r.file, b[:n*runPage], first*runPage); err != nil || int64(read) < n*runPage {
			return errors.Join(errCutOff, err)
		}
		for i := range n {
			r.fences[first+i] = binary.LittleEndian.Uint64(b[i*runPage:])
		}
	}
	return nil
}

// page reads a page and checks it.
func (r *run) page(number int64) ([]byte, error) {
	return r.checked(make([]byte, runPage), number)
}

// checked reads a page into a buffer of its size.
func (r *run) checked(page []byte, number int64) ([]byte, error) {
	if n, err := readFull(r.file, page, number*runPage); err != nil || n < runPage {
		return nil, fmt.Errorf("read %s: %w", r.path, errors.Join(errCutOff, err))
	}
	return page, r.check(page, number)
}

// check says whether a page is as it was written.
func (r *run) check(page []byte, number int64) error {
	if crc32.Checksum(page[:runPage-4], castagnoli) != binary.LittleEndian.Uint32(page[runPage-4:]) {
		return fmt.Errorf("%s is damaged: the checksum of page %d is wrong; move the file away, it is made again from the journal", r.path, number)
	}
	return nil
}

// pages are used again from one look-up to the next.
var pages = sync.Pool{New: func() any { return new([runPage]byte) }}

func rowOf(page []byte, i int) place64 {
	b := page[i*runRow:]
	return place64{binary.LittleEndian.Uint64(b),
		uint64(b[8]) | uint64(b[9])<<8 | uint64(b[10])<<16 | uint64(b[11])<<24 | uint64(b[12])<<32}
}

func rowsOf(page []byte) int {
	return min(runRows, int(binary.LittleEndian.Uint16(page[runPage-6:])))
}

// find appends the positions up to most of a name.
func (r *run) find(name, most uint64, found []uint64) ([]uint64, error) {
	// The first page that may have it is the last that begins with a smaller name.
	at := sort.Search(len(r.fences), func(i int) bool { return r.fences[i] >= name })
	room := pages.Get().(*[runPage]byte)
	defer pages.Put(room)
	for at = max(0, at-1); at < len(r.fences) && r.fences[at] <= name; at++ {
		page, err := r.checked(room[:], int64(at))
		if err != nil {
			return nil, err
		}
		n := rowsOf(page)
		for i := sort.Search(n, func(i int) bool { return rowOf(page, i).name >= name }); i < n; i++ {
			row := rowOf(page, i)
			if row.name != name {
				break
			}
			if row.position <= most {
				found = append(found, row.position)
			}
		}
	}
	return found, nil
}

// cursor walks a run row by row.
type cursor struct {
	run    *run
	number int // of the page after this one
	page   []byte
	ahead  []byte // pages after it that have been read
	room   []byte // where they are read into
	i, n   int
	row    place64
}

// cursorPages is how many pages a cursor reads at a time.
const cursorPages = 32

// next goes to the next row; false at the end.
func (c *cursor) next() (bool, error) {
	for c.i == c.n {
		if c.number == len(c.run.fences) {
			return false, nil
		}
		if len(c.ahead) == 0 {
			n := min(cursorPages, len(c.run.fences)-c.number) * runPage
			if c.room == nil {
				c.room = make([]byte, n)
			}
			c.ahead = c.room[:n]
			if read, err := readFull(c.run.file, c.ahead, int64(c.number)*runPage); err != nil || read < n {
				return false, fmt.Errorf("read %s: %w", c.run.path, errors.Join(errCutOff, err))
			}
		}
		if err := c.run.check(c.ahead[:runPage], int64(c.number)); err != nil {
			return false, err
		}
		c.page, c.i, c.n = c.ahead[:runPage], 0, rowsOf(c.ahead)
		c.ahead = c.ahead[runPage:]
		c.number++
	}
	c.row = rowOf(c.page, c.i)
	c.i++
	return true, nil
}

// mergeRuns lists the rows of several runs in one order. What keeps it from going
// on is left in failed.
func mergeRuns(runs []*run, failed *error) iter.Seq[place64] {
	return func(yield func(place64) bool) {
		var cursors []*cursor
		for _, r := range runs {
			c := &cursor{run: r}
			ok, err := c.next()
			if err != nil {
				*failed = err
				return
			}
			if ok {
				cursors = append(cursors, c)
			}
		}
		for len(cursors) > 0 {
			least := 0
			for i := 1; i < len(cursors); i++ {
				if comparePlaces(cursors[i].row, cursors[least].row) < 0 {
					least = i
				}
			}
			if !yield(cursors[least].row) {
				return
			}
			ok, err := cursors[least].next()
			if err != nil {
				*failed = err
				return
			}
			if !ok {
				cursors = slices.Delete(cursors, least, least+1)
			}
		}
	}
}

// acquire keeps the file from going away; the caller holds what keeps it there now.
func (r *run) acquire() { r.users.Add(1) }

// release ends that. The last one closes the file, and removes it if it was merged
// into another.
func (r *run) release() error {
	if r.users.Add(-1) > 0 {
		return nil
	}
	err := r.file.Close()
	if r.merged.Load() {
		err = errors.Join(err, r.fs.Remove(r.path))
	}
	return err
}
