package pebblestore

import (
	"errors"
	"io"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// patient is the file system as the index sees it: where the disk is full or has
// become read-only, what writes waits until it is not, and goes on. Pebble would
// take a full disk under its manifest for the end of the process; and since the
// index may lag behind the journal, waiting costs nothing but that the store takes
// no batches meanwhile.
//
// Any other failure under the manifest is the end of the index, until the store is
// opened again: what Pebble knows and what is written down would go apart. Who
// writes is held where it is, before Pebble hears of it. Pebble's own end would be
// to stop with its lock held, and nobody could look at a snapshot any more.
type patient struct {
	vfs.FS
	waiting atomic.Int32
	hopes   chan struct{}   // closed when nobody is to wait any more
	open    atomic.Bool     // Pebble is
	end     func(why error) // does not return
}

const retryEvery = 50 * time.Millisecond

func newPatient(fs vfs.FS, end func(why error)) *patient {
	return &patient{FS: fs, hopes: make(chan struct{}), end: end}
}

// full says that something waits until the disk can be written to.
func (p *patient) full() bool { return p.waiting.Load() > 0 }

func (p *patient) giveUp() { close(p.hopes) }

// passes says that a failure to write is of the kind that ends by itself.
func (p *patient) passes(err error) bool {
	if vfs.IsNoSpaceError(err) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	return p.open.Load() && errors.Is(err, syscall.EROFS) // who starts on a read-only disk is told
}

// manifest says that a file tells Pebble what files it has.
func manifest(name string) bool {
	name = path.Base(name)
	return strings.HasPrefix(name, "MANIFEST") || strings.HasPrefix(name, "marker.manifest") || strings.HasPrefix(name, "CURRENT")
}

// must ends the index if something under the manifest has failed.
func (p *patient) must(err error) error {
	if err != nil && p.open.Load() {
		p.end(err)
	}
	return err
}

// mustFor is must if the file is the manifest's.
func (p *patient) mustFor(name string, err error) error {
	if manifest(name) {
		return p.must(err)
	}
	return err
}

// retry does what may fail because the disk can't be written to until it can.
func (p *patient) retry(do func() error) error {
	err := do()
	if !p.passes(err) {
		return err
	}
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	for p.passes(err) {
		select {
		case <-p.hopes:
			return err
		case <-time.After(retryEvery):
			err = do()
		}
	}
	return err
}

func (p *patient) wrap(name string, opened func() (vfs.File, error)) (vfs.File, error) {
	var f vfs.File
	err := p.retry(func() (err error) {
		f, err = opened()
		return err
	})
	if err := p.mustFor(name, err); err != nil {
		return nil, err
	}
	return &patientFile{File: f, p: p, decides: manifest(name)}, nil
}

func (p *patient) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return p.wrap(name, func() (vfs.File, error) { return p.FS.Create(name, category) })
}

func (p *patient) OpenReadWrite(name string, category vfs.DiskWriteCategory, options ...vfs.OpenOption) (vfs.File, error) {
	return p.wrap(name, func() (vfs.File, error) { return p.FS.OpenReadWrite(name, category, options...) })
}

func (p *patient) ReuseForWrite(old, new string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return p.wrap(new, func() (vfs.File, error) { return p.FS.ReuseForWrite(old, new, category) })
}

func (p *patient) OpenDir(name string) (vfs.File, error) {
	f, err := p.wrap(name, func() (vfs.File, error) { return p.FS.OpenDir(name) })
	if err == nil {
		f.(*patientFile).decides = true // syncing it puts a manifest in its place
	}
	return f, err
}

func (p *patient) Link(old, new string) error {
	return p.retry(func() error { return p.FS.Link(old, new) })
}

func (p *patient) Rename(old, new string) error {
	return p.mustFor(new, p.retry(func() error { return p.FS.Rename(old, new) }))
}

func (p *patient) Remove(name string) error {
	return p.mustFor(name, p.retry(func() error { return p.FS.Remove(name) }))
}

func (p *patient) MkdirAll(dir string, mode os.FileMode) error {
	return p.retry(func() error { return p.FS.MkdirAll(dir, mode) })
}

func (p *patient) Lock(name string) (io.Closer, error) { return p.FS.Lock(name) }

func (p *patient) Unwrap() vfs.FS { return p.FS }

type patientFile struct {
	vfs.File
	p       *patient
	decides bool // what it holds decides what Pebble has
}

func (f *patientFile) must(err error) error {
	if f.decides {
		return f.p.must(err)
	}
	return err
}

func (f *patientFile) Write(b []byte) (int, error) {
	written := 0
	err := f.p.retry(func() error {
		n, err := f.File.Write(b[written:])
		written += n
		return err
	})
	return written, f.must(err)
}

func (f *patientFile) WriteAt(b []byte, offset int64) (int, error) {
	written := 0
	err := f.p.retry(func() error {
		n, err := f.File.WriteAt(b[written:], offset+int64(written))
		written += n
		return err
	})
	return written, f.must(err)
}

// A sync that failed is not tried again: that it then succeeds says nothing.
func (f *patientFile) Sync() error     { return f.must(f.File.Sync()) }
func (f *patientFile) SyncData() error { return f.must(f.File.SyncData()) }

// Preallocating is a favour.
func (f *patientFile) Preallocate(offset, length int64) error {
	if err := f.File.Preallocate(offset, length); err != nil && !f.p.passes(err) {
		return err
	}
	return nil
}

// errDiskFull is why the index cannot be flushed now.
var errDiskFull = errors.New("no space left on the disk, or it has become read-only")

// flushIndex writes down what the index holds in memory; not if the disk is full.
func (s *Store) flushIndex() error {
	done, err := s.db.AsyncFlush()
	if err != nil {
		return err
	}
	for {
		select {
		case <-done:
			return nil
		case <-time.After(retryEvery):
			if s.patient.full() || s.isBroken() {
				return errDiskFull
			}
		}
	}
}
