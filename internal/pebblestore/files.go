package pebblestore

import (
	"errors"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// replaceFile writes a file so that after a power cut either the old one is
// there or the new one, whole.
func replaceFile(fs vfs.FS, dir, name string, write func(io.Writer) error) error {
	temporary := fs.PathJoin(dir, name+".tmp")
	f, err := fs.Create(temporary, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, fs.Remove(temporary))
	}
	if err := fs.Rename(temporary, fs.PathJoin(dir, name)); err != nil {
		return err
	}
	return syncDir(fs, dir)
}

// syncDir makes the names in a folder durable.
func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func readFile(fs vfs.FS, path string) ([]byte, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	b := make([]byte, info.Size())
	n, err := readFull(f, b, 0)
	return b[:n], errors.Join(err, f.Close())
}

// readFull fills b from the offset on, or as far as the file goes.
func readFull(f vfs.File, b []byte, offset int64) (int, error) {
	n, err := f.ReadAt(b, offset)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}
