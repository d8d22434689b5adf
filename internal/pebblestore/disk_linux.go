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
		return past(f), nil
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
