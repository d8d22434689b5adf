package pebblestore

import (
	"errors"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/fsync"
)

// disk is the operating system's files, with syncs that leave their core to others.
type disk struct{ vfs.FS }

func osFiles() vfs.FS { return disk{vfs.Default} }

func (d disk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := synced(d.FS.Create(name, c))
	if err == nil && c == forStarts {
		return &passingFile{File: f}, nil
	}
	return f, err
}

func (d disk) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return synced(d.FS.OpenReadWrite(name, c, o...))
}

func (d disk) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return synced(d.FS.ReuseForWrite(old, name, c))
}

func (d disk) OpenDir(name string) (vfs.File, error) { return synced(d.FS.OpenDir(name)) }

func (d disk) Unwrap() vfs.FS { return d.FS }

func synced(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

type diskFile struct{ vfs.File }

func (f diskFile) Sync() error     { return fsync.All(f.Fd()) }
func (f diskFile) SyncData() error { return fsync.Data(f.Fd()) }

// SyncTo is vfs.File's.
func (f diskFile) SyncTo(length int64) (fullSync bool, err error) {
	if err := fsync.Begin(f.Fd(), length); !errors.Is(err, syscall.ENOSYS) {
		return false, err
	}
	return true, f.SyncData()
}

// passingFile is one that leaves the system's memory when it has reached the disk. Kept
// there it would push out what is read, and in a virtual machine each page more may be one
// that its host has to find first: with a checkpoint every few seconds that was up to a
// twelfth of all work.
type passingFile struct {
	vfs.File
	begun int64 // bytes of it that are on their way
}

func (f *passingFile) SyncTo(length int64) (fullSync bool, err error) {
	fullSync, err = f.File.SyncTo(length) // and what was on its way has arrived
	if err == nil {
		if f.begun > 0 {
			fsync.Drop(f.Fd(), f.begun)
		}
		f.begun = length
	}
	return fullSync, err
}

func (f *passingFile) Sync() error { return f.gone(f.File.Sync()) }

func (f *passingFile) SyncData() error { return f.gone(f.File.SyncData()) }

func (f *passingFile) gone(err error) error {
	if err == nil {
		fsync.Drop(f.Fd(), wholeFile)
	}
	return err
}

const wholeFile = 0 // for Drop
