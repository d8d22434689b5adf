package pebblestore

import (
	"errors"
	"fmt"
	"sort"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/frame"
	"tongbao/internal/store"
)

// journal is the folder of segments. One goroutine appends; any number read
// what has been published to them.
//
// What is written but not kept is overwritten with zeros and synced before
// anything is said about it: vfs has no way to shorten a file, and a frame that
// was said to be lost must never be found again.
type journal struct {
	fs           vfs.FS
	dir          string
	segmentBytes int64
	salt         uint32 // see frame.HeaderSum

	// The appending goroutine's.
	file vfs.File
	end  place      // where the next frame goes
	head store.Head // what end is the end of

	dirty int64 // up to here there may be something after the end that must be blanked
	paved int64 // up to here the file has bytes, see pave

	mu    sync.RWMutex // guards what readers use
	guide guide
	files map[uint32]vfs.File
}

// place is where a frame begins or the journal ends.
type place struct {
	segment uint32
	offset  int64
}

func (p place) String() string {
	return fmt.Sprintf("segment %s, offset %d", frame.SegmentName(p.segment), p.offset)
}

// mark says at which position a frame begins, and where that frame is.
type mark struct {
	first uint64
	at    place
}

// guide finds the frame of a position. It has a mark for the first frame of each
// segment and then for one frame in every 64 KiB, so that it stays small enough
// for memory whatever the size of the frames: a look-up is a search here, then a
// short walk from header to header.
type guide []mark

const guideStride = 64 << 10

// wants says whether the frame at p deserves a mark.
func (g guide) wants(p place) bool {
	if len(g) == 0 {
		return true
	}
	last := g[len(g)-1].at
	return p.segment != last.segment || p.offset-last.offset >= guideStride
}

func (g guide) find(position uint64) (mark, bool) {
	i := sort.Search(len(g), func(i int) bool { return g[i].first > position })
	if i == 0 {
		return mark{}, false
	}
	return g[i-1], true
}

var (
	// errSyncFailed marks the failures after which nobody can say what is on disk.
	errSyncFailed = errors.New("journal could not be synced")
	// errNotBlanked marks those after which a frame that was given up may still be there.
	errNotBlanked = errors.New("what was written could not be blanked out again")
)

func openJournal(fs vfs.FS, dir string, segmentBytes int64) *journal {
	return &journal{fs: fs, dir: dir, segmentBytes: segmentBytes, files: map[uint32]vfs.File{}}
}

func (j *journal) names() store.Naming { return store.Naming(j.salt) }

func (j *journal) path(segment uint32) string {
	return j.fs.PathJoin(j.dir, frame.SegmentName(segment))
}

// startSegment makes the next segment and goes on there.
func (j *journal) startSegment(number uint32, head store.Head) error {
	path := j.path(number)
	f, err := j.fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("start %s: %w", frame.SegmentName(number), err)
	}
	header := frame.Segment{Number: number, First: head.Position + 1, Before: head.Hash, Salt: j.salt}.Encode()
	_, err = f.WriteAt(header, 0)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = syncDir(j.fs, j.dir)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("start %s: %w", frame.SegmentName(number), err), f.Close())
	}
	if j.file != nil {
		if err := j.file.Close(); err != nil {
			return errors.Join(fmt.Errorf("end %s: %w", frame.SegmentName(j.end.segment), err), f.Close())
		}
	}
	j.file, j.end, j.head = f, place{number, frame.SegmentHeaderSize}, head
	j.paved = j.end.offset
	return nil
}

// append writes frames and syncs once for all, and tells each where it begins. An
// error that is neither errSyncFailed nor errNotBlanked says that nothing of them
// is left in the journal.
func (j *journal) append(frames []*flight) error {
	if j.end.offset >= j.segmentBytes {
		// Everything in the old segment is synced: a later segment proves it.
		if err := j.startSegment(j.end.segment+1, j.head); err != nil {
			return err
		}
	}
	at := j.end
	for _, f := range frames {
		f.at = at
		if _, err := j.file.WriteAt(f.frame.Bytes(), at.offset); err != nil {
			err = fmt.Errorf("append to %s: %w", frame.SegmentName(at.segment), err)
			j.dirty = at.offset + int64(f.frame.Len())
			return errors.Join(err, j.blank())
		}
		at.offset += f.header.Size()
	}
	j.pave(at.offset)
	if err := j.file.SyncData(); err != nil {
		return errors.Join(errSyncFailed, err)
	}

	// This is the moment at which the batches have happened.
	last := frames[len(frames)-1].header
	j.end, j.head = at, store.Head{Position: last.Last(), Hash: last.Hash}
	return nil
}

// stretch is how many zeros are written ahead at a time.
const stretch = 256 << 10

var pavement [stretch]byte

// pave writes zeros from an offset on, up to which frames were just written, where that
// is past what the file had. A sync of a file that grows makes the file system commit its
// own journal too, by a thread that must first be given a core: a client that waits for
// each answer had 4,000 a second where the bytes were there already, and 3,200 where they
// were not. Many frames together share that cost, and would only be written twice.
func (j *journal) pave(from int64) {
	if from <= j.paved {
		return
	}
	j.paved = from
	if n := min(stretch, j.segmentBytes-from); n > 0 && from-j.end.offset < stretch/8 {
		written, _ := j.file.WriteAt(pavement[:n], from) // a favour: where there is no room, the next frame says so
		j.paved += int64(written)
	}
}

// blank overwrites what may have been written after the journal's end with zeros.
func (j *journal) blank() error {
	f, err := j.reading(j.end.segment)
	if err != nil {
		return errors.Join(errNotBlanked, err)
	}
	if !written(f, j.end.offset) {
		j.dirty = 0
		return nil
	}
	info, err := j.file.Stat()
	if err != nil {
		return errors.Join(errNotBlanked, err)
	}
	limit := min(j.dirty, info.Size())
	zeros := make([]byte, 1<<20)
	for offset := j.end.offset; offset < limit; offset += int64(len(zeros)) {
		if _, err := j.file.WriteAt(zeros[:min(int64(len(zeros)), limit-offset)], offset); err != nil {
			return errors.Join(errNotBlanked, err)
		}
	}
	if err := j.file.SyncData(); err != nil {
		return errors.Join(errSyncFailed, err)
	}
	j.dirty = 0
	return nil
}

// probe finds out whether there is room again, by writing zeros where the next
// frame goes.
func (j *journal) probe() error {
	if j.dirty > 0 {
		if err := j.blank(); err != nil {
			return err
		}
	}
	if _, err := j.file.WriteAt(make([]byte, guideStride), j.end.offset); err != nil {
		return err
	}
	if err := j.file.SyncData(); err != nil {
		return errors.Join(errSyncFailed, err)
	}
	return nil
}

// publish lets readers find the frame.
func (j *journal) publish(m mark) {
	j.mu.Lock()
	j.guide = append(j.guide, m)
	j.mu.Unlock()
}

// reading returns a segment's file for reading.
func (j *journal) reading(segment uint32) (vfs.File, error) {
	j.mu.RLock()
	f := j.files[segment]
	j.mu.RUnlock()
	if f != nil {
		return f, nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if f := j.files[segment]; f != nil {
		return f, nil
	}
	f, err := j.fs.Open(j.path(segment), vfs.RandomReadsOption)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", frame.SegmentName(segment), err)
	}
	j.files[segment] = f
	return f, nil
}

// headerWindow is what is read of a frame at first: its header and the table of most.
type headerWindow [4096]byte

var headerWindows = sync.Pool{New: func() any { return new(headerWindow) }}

// locate finds the frame that holds a durable position, and hands over what was read
// of its payload on the way, into the window.
func (j *journal) locate(position uint64, window *headerWindow) (h frame.Header, at place, payload []byte, err error) {
	j.mu.RLock()
	m, ok := j.guide.find(position)
	j.mu.RUnlock()
	if !ok {
		return h, at, nil, fmt.Errorf("journal has no entry %d", position)
	}
	f, err := j.reading(m.at.segment)
	if err != nil {
		return h, at, nil, err
	}
	// Headers are read through a window, since frames may be small and many.
	windowAt, windowLen, at := int64(0), 0, m.at
	for {
		if at.offset < windowAt || at.offset+frame.HeaderSize > windowAt+int64(windowLen) {
			windowAt = at.offset
			if windowLen, err = readFull(f, window[:], windowAt); err != nil {
				return h, at, nil, fmt.Errorf("read journal, %s: %w", at, err)
			}
		}
		read := window[min(int64(windowLen), at.offset-windowAt):windowLen]
		if h, err = frame.ParseHeader(read, j.salt); err != nil {
			return h, at, nil, fmt.Errorf("journal is damaged (%s): %w", at, err)
		}
		if h.First > position {
			return h, at, nil, fmt.Errorf("journal is damaged (%s): frame begins with entry %d, sought is %d", at, h.First, position)
		}
		if position <= h.Last() {
			payload := read[frame.HeaderSize:]
			return h, at, payload[:min(len(payload), int(h.Length))], nil
		}
		at.offset += h.Size()
	}
}

// decoders are used again from one read to the next.
var decoders = sync.Pool{New: func() any { return new(frame.Decoder) }}

// read returns entries from a durable position on: at least one, at most limit,
// all of one frame.
func (j *journal) read(position uint64, limit int) ([]store.Entry, error) {
	window := headerWindows.Get().(*headerWindow)
	defer headerWindows.Put(window)
	h, at, head, err := j.locate(position, window)
	if err != nil {
		return nil, err
	}
	f, err := j.reading(at.segment)
	if err != nil {
		return nil, err
	}
	d := decoders.Get().(*frame.Decoder)
	defer decoders.Put(d)
	entries, err := readBlocks(f, h, at.offset+frame.HeaderSize, head, d, int(position-h.First), limit)
	if frame.IsBad(err) {
		return nil, fmt.Errorf("journal is damaged (%s): %w", at, err)
	}
	if err != nil {
		return nil, fmt.Errorf("journal cannot be read (%s): %w", at, err)
	}
	return entries, nil
}

// readBlocks reads entries of a frame, whose payload begins at an offset of the file,
// from the one numbered first in it on. head is what has been read of the payload.
func readBlocks(f vfs.File, h frame.Header, payload int64, head []byte, d *frame.Decoder, first, limit int) ([]store.Entry, error) {
	if least := min(frame.PayloadHead, int(h.Length)); len(head) < least { // the window ended here
		head = make([]byte, min(1024, int(h.Length)))
		if n, err := readFull(f, head, payload); err != nil || n < len(head) {
			return nil, errors.Join(errCutOff, err)
		}
	}
	size, err := h.TableSize(head)
	if err != nil {
		return nil, err
	}
	if size > len(head) {
		head = make([]byte, size)
		if n, err := readFull(f, head, payload); err != nil || n < size {
			return nil, errors.Join(errCutOff, err)
		}
	}
	table, err := h.ParseTable(head)
	if err != nil {
		return nil, err
	}
	last := first + min(limit, int(h.Count)-first)
	entries := make([]store.Entry, 0, min(last-first, 4096))
	i := sort.Search(len(table.Blocks), func(i int) bool { return int(table.Blocks[i].Entries) > first })
	for ; first+len(entries) < last; i++ {
		_, at := table.Start(i)
		var block []byte
		if end := int64(table.Blocks[i].End); end <= int64(len(head)) {
			block = head[at:end]
		} else {
			block = d.Room(int(end - at))
			if n, err := readFull(f, block, payload+at); err != nil || n < len(block) {
				return nil, errors.Join(errCutOff, err)
			}
		}
		err := h.DecodeBlock(d, table, i, block, func(n int) bool { return n >= first && n < last }, func(e store.Entry) { entries = append(entries, e) })
		if err != nil {
			return nil, err
		}
	}
	return entries, nil
}

var errCutOff = errors.New("it is cut off")

// entry reads one entry.
func (j *journal) entry(position uint64) (store.Entry, error) {
	entries, err := j.read(position, 1)
	if err != nil {
		return store.Entry{}, err
	}
	return entries[0], nil
}

func (j *journal) close() error {
	var errs []error
	if j.file != nil {
		errs = append(errs, j.file.Close())
	}
	for _, f := range j.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
