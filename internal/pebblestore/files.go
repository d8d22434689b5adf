package pebblestore

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// forStarts marks files that only a start of the store reads: the system's memory is for
// what is read meanwhile (see disk).
const forStarts vfs.DiskWriteCategory = "for starts"

// replaceFile writes a file so that after a power cut either the old one is
// there or the new one, whole.
func replaceFile(fs vfs.FS, dir, name string, write func(io.Writer) error) error {
	return replace(fs, dir, name, vfs.WriteCategoryUnspecified, write)
}

func replace(fs vfs.FS, dir, name string, kind vfs.DiskWriteCategory, write func(io.Writer) error) error {
	temporary := fs.PathJoin(dir, name+".tmp")
	f, err := fs.Create(temporary, kind)
	if err != nil {
		return err
	}
	f = gently(f)
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, fs.Remove(temporary))
	}
	if err := fs.Rename(temporary, fs.PathJoin(dir, name)); err != nil {
		return err
	}
	return syncDir(fs, dir)
}

// writeSummed is replaceFile for a file for starts that ends with a checksum, which it
// returns.
func writeSummed(fs vfs.FS, dir, name string, write func(*bufio.Writer) error) (sum uint32, err error) {
	err = replace(fs, dir, name, forStarts, func(file io.Writer) error {
		hash := crc32.New(castagnoli)                               // before the file, which may scribble over what it was given
		w := bufio.NewWriterSize(io.MultiWriter(hash, file), 4<<10) // for small pieces: large ones go past it
		if err := write(w); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
		sum = hash.Sum32()
		_, err := file.Write(binary.LittleEndian.AppendUint32(nil, sum))
		return err
	})
	return sum, err
}

// unsummed is what stands before the checksum of such a file, and the checksum; ok is
// false where that is wrong.
func unsummed(b []byte) (contents []byte, sum uint32, ok bool) {
	end := len(b) - 4
	if end < 0 {
		return nil, 0, false
	}
	sum = binary.LittleEndian.Uint32(b[end:])
	return b[:end], sum, crc32.Checksum(b[:end], castagnoli) == sum
}

// gentleBytes is how much of a large file is on its way to the disk at a time.
const gentleBytes = 1 << 20

// gently has a large file written out as it grows. Left to its Sync at the end, half
// a gigabyte would go to the disk at once, and the journal's syncs behind it.
func gently(f vfs.File) vfs.File {
	return vfs.NewSyncingFile(f, vfs.SyncingFileOptions{BytesPerSync: gentleBytes})
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

// shareFile gives a file that never changes again a second name, or where that can't
// be, on another file system for one, copies it. The name is durable when its folder
// is synced.
func shareFile(ctx context.Context, fs vfs.FS, from vfs.File, path, to string, b *burst) error {
	if err := fs.Link(path, to); err == nil {
		return nil
	}
	info, err := from.Stat()
	if err != nil {
		return err
	}
	return copyFile(ctx, fs, from, to, info.Size(), b)
}

// copyFile copies a file's first bytes to a new one, and makes that durable.
func copyFile(ctx context.Context, fs vfs.FS, from vfs.File, path string, length int64, pace *burst) (err error) {
	to, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	to = gently(to)
	defer func() { err = errors.Join(err, to.Close()) }()
	b := make([]byte, gentleBytes)
	for offset := int64(0); offset < length; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := readFull(from, b[:min(int64(len(b)), length-offset)], offset)
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if _, err := to.Write(b[:n]); err != nil {
			return err
		}
		offset += int64(n)
		pace.rest()
	}
	return to.Sync()
}
