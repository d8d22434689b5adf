package mysqlstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tongbao/internal/frame"
	"tongbao/internal/store"
)

// segmentBytes is how long a file of an exported journal gets.
const segmentBytes = 256 << 20

// Backup is store.Store's. The copy is the journal in files, with its signed heads,
// as docs/journal-format.md tells them, from one moment: everything else follows
// from it. Its frames are checked against the chain as they are written.
func (s *Store) Backup(ctx context.Context, dir string) error {
	if s.isClosed() {
		return store.ErrClosed
	}
	if err := s.backup(ctx, dir); err != nil {
		return fmt.Errorf("back up to %s: %w", dir, err)
	}
	return nil
}

func (s *Store) backup(ctx context.Context, dir string) error {
	names, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(names) > 0 {
		return errors.New("the folder is not empty; name an empty or a new one")
	}
	if err := os.MkdirAll(filepath.Join(dir, "journal"), 0o700); err != nil {
		return err
	}
	if err := s.signNow(ctx); err != nil {
		return err
	}
	v, err := s.snapshot(ctx)
	if err != nil {
		return err
	}
	defer v.Close()

	e := exporter{dir: filepath.Join(dir, "journal"), salt: uint32(s.names)}
	if err := e.next(store.Head{}); err != nil {
		return err
	}
	err = v.frames(ctx, *v.upTo, e.salt, func(h frame.Header, whole []byte, _ []journalRow) error { return e.frame(h, whole) })
	if err := errors.Join(err, e.end()); err != nil {
		return err
	}
	lines, _, err := v.readHeads(ctx, v.upTo.Position)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, line := range lines {
		fmt.Fprintln(&text, line)
	}
	if err := errors.Join(writeSynced(filepath.Join(e.dir, "heads"), text.String()), syncFolder(e.dir)); err != nil {
		return err
	}
	// Last the file that says that this is a whole folder.
	return errors.Join(writeSynced(filepath.Join(dir, "FORMAT"), "tongbao 2\n"), syncFolder(dir), syncFolder(filepath.Dir(dir)))
}

// signNow signs the head between two of this server's batches.
func (s *Store) signNow(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	if err := s.land(ctx); err != nil {
		return err
	}
	return s.sign(ctx)
}

// exporter writes frames into segments.
type exporter struct {
	dir    string
	salt   uint32
	number uint32
	head   store.Head
	file   *os.File
	out    *bufio.Writer
	size   int64
}

func (e *exporter) next(before store.Head) (err error) {
	if err := e.end(); err != nil {
		return err
	}
	e.number++
	if e.file, err = os.OpenFile(filepath.Join(e.dir, frame.SegmentName(e.number)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return err
	}
	e.out, e.size = bufio.NewWriterSize(e.file, 1<<20), frame.SegmentHeaderSize
	_, err = e.out.Write(frame.Segment{Number: e.number, First: before.Position + 1, Before: before.Hash, Salt: e.salt}.Encode())
	return err
}

func (e *exporter) frame(h frame.Header, whole []byte) error {
	if e.size > segmentBytes {
		if err := e.next(e.head); err != nil {
			return err
		}
	}
	_, err := e.out.Write(whole)
	e.size += int64(len(whole))
	e.head = store.Head{Position: h.Last(), Hash: h.Hash}
	return err
}

func (e *exporter) end() error {
	if e.file == nil {
		return nil
	}
	err := errors.Join(e.out.Flush(), e.file.Sync(), e.file.Close())
	e.file = nil
	return err
}

func writeSynced(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
