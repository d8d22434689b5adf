package pebblestore

import (
	"errors"
	"syscall"
	"unsafe"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/fsync"
)

// pastFile is a new file that goes to the disk past the system's memory. Kept there, a
// checkpoint every few seconds, which nobody reads before the next start, would push out what is read;
// and in a virtual machine each page more may be one that its host has to find first: that
// took up to a twelfth of all work.
//
// It writes from memory of its own, so a disk that is full may be told of at Sync.
type pastFile struct {
	vfs.File
	room    []byte // begins at a block's border
	n       int    // so much is in it
	offset  int64  // and comes here
	settled error  // of the first failure
}

// past makes a file one, or leaves it where that can't be.
func past(f vfs.File) vfs.File {
	if fsync.Past(f.Fd(), true) != nil {
		return f
	}
	room := make([]byte, gentleBytes+fsync.Block)
	border := int(-uintptr(unsafe.Pointer(unsafe.SliceData(room))) % fsync.Block)
	return &pastFile{File: f, room: room[border:][:gentleBytes]}
}

func (f *pastFile) Write(b []byte) (n int, err error) {
	for n < len(b) && f.settled == nil {
		took := copy(f.room[f.n:], b[n:])
		f.n += took
		n += took
		if f.n == len(f.room) {
			f.put(f.n)
		}
	}
	return n, f.settled
}

// put writes the first bytes that have gathered, and keeps the rest.
func (f *pastFile) put(n int) {
	err := fsync.WriteAt(f.Fd(), f.room[:n], f.offset)
	if errors.Is(err, syscall.EINVAL) { // a file system that can't after all, or a disk with larger blocks
		if err = fsync.Past(f.Fd(), false); err == nil {
			err = fsync.WriteAt(f.Fd(), f.room[:n], f.offset)
		}
	}
	if err != nil {
		f.settled = err
		return
	}
	f.offset += int64(n)
	f.n = copy(f.room, f.room[n:f.n])
}

// SyncTo is vfs.File's: nothing waits to be written out.
func (f *pastFile) SyncTo(int64) (fullSync bool, err error) { return false, f.settled }

// Sync is vfs.File's, and is called once, at the end.
func (f *pastFile) Sync() error {
	if whole := f.n / fsync.Block * fsync.Block; whole > 0 && f.settled == nil {
		f.put(whole)
	}
	if f.n > 0 && f.settled == nil { // less than a block
		if f.settled = fsync.Past(f.Fd(), false); f.settled == nil {
			f.put(f.n)
		}
	}
	if f.settled != nil {
		return f.settled
	}
	return f.File.Sync()
}

// SyncData is vfs.File's.
func (f *pastFile) SyncData() error { return f.Sync() }
