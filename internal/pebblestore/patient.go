package pebblestore

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// patient is the file system as the index sees it: where the disk is full, what
// writes waits until it is not, and goes on. Pebble would take a full disk under
// its manifest for the end of the process; and since the index may lag behind the
// journal, waiting costs nothing but that the store takes no batches meanwhile.
type patient struct {
	vfs.FS
	waiting atomic.Int32
	hopes   chan struct{} // closed when nobody is to wait any more
}

const retryEvery = 50 * time.Millisecond

func newPatient(fs vfs.FS) *patient { return &patient{FS: fs, hopes: make(chan struct{})} }

// full says that something waits for space.
func (p *patient) full() bool { return p.waiting.Load() > 0 }

func (p *patient) giveUp() { close(p.hopes) }

// retry does what may fail for want of space until there is some.
func (p *patient) retry(do func() error) error {
	err := do()
	if !vfs.IsNoSpaceError(err) {
		return err
	}
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	for vfs.IsNoSpaceError(err) {
		select {
		case <-p.hopes:
			return err
		case <-time.After(retryEvery):
			err = do()
		}
	}
	return err
}

func (p *patient) wrap(open func() (vfs.File, error)) (vfs.File, error) {
	var f vfs.File
	err := p.retry(func() (err error) {
		f, err = open()
		return err
	})
	if err != nil {
		return nil, err
	}
	return &patientFile{File: f, p: p}, nil
}

func (p *patient) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return p.wrap(func() (vfs.File, error) { return p.FS.Create(name, category) })
}

func (p *patient) OpenReadWrite(name string, category vfs.DiskWriteCategory, options ...vfs.OpenOption) (vfs.File, error) {
	return p.wrap(func() (vfs.File, error) { return p.FS.OpenReadWrite(name, category, options...) })
}

func (p *patient) ReuseForWrite(old, new string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return p.wrap(func() (vfs.File, error) { return p.FS.ReuseForWrite(old, new, category) })
}

func (p *patient) OpenDir(name string) (vfs.File, error) {
	return p.wrap(func() (vfs.File, error) { return p.FS.OpenDir(name) })
}

func (p *patient) Link(old, new string) error {
	return p.retry(func() error { return p.FS.Link(old, new) })
}

func (p *patient) Rename(old, new string) error {
	return p.retry(func() error { return p.FS.Rename(old, new) })
}

func (p *patient) MkdirAll(dir string, mode os.FileMode) error {
	return p.retry(func() error { return p.FS.MkdirAll(dir, mode) })
}

func (p *patient) Lock(name string) (io.Closer, error) { return p.FS.Lock(name) }

func (p *patient) Unwrap() vfs.FS { return p.FS }

type patientFile struct {
	vfs.File
	p *patient
}

func (f *patientFile) Write(b []byte) (int, error) {
	written := 0
	err := f.p.retry(func() error {
		n, err := f.File.Write(b[written:])
		written += n
		return err
	})
	return written, err
}

func (f *patientFile) WriteAt(b []byte, offset int64) (int, error) {
	written := 0
	err := f.p.retry(func() error {
		n, err := f.File.WriteAt(b[written:], offset+int64(written))
		written += n
		return err
	})
	return written, err
}

// A sync that failed is not tried again: that it then succeeds says nothing.
// Preallocating is a favour.
func (f *patientFile) Preallocate(offset, length int64) error {
	if err := f.File.Preallocate(offset, length); err != nil && !vfs.IsNoSpaceError(err) {
		return err
	}
	return nil
}

// errDiskFull is why the index cannot be flushed now.
var errDiskFull = errors.New("no space left on the disk")

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
