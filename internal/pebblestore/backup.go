package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"tongbao/internal/frame"
	"tongbao/internal/store"
)

// Backup is store.Store's. The copy is made in the order in which a folder may be
// behind itself: first the index and the places as far as they are in files, then the accounts, which
// are further, then the journal up to where the accounts are, and last the file
// that says that this is a data folder. Opened, it brings its index forward as
// after a crash.
//
// What never changes again, the journal's segments but the newest and the files of
// places, is linked and not copied where the copy is on the same file system. Such a
// copy costs next to nothing, and is as safe as the disk that it shares: it becomes a
// backup when it is taken elsewhere.
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
	names, err := s.fs.List(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(names) > 0 {
		return errors.New("the folder is not empty; name an empty or a new one")
	}
	path := func(parts ...string) string { return s.fs.PathJoin(append([]string{dir}, parts...)...) }
	for _, made := range []string{path(), path(journalDir), path(accountsDir), path(placesDir)} {
		if err := s.fs.MkdirAll(made, 0o755); err != nil {
			return err
		}
	}
	if !s.readOnly {
		if err := s.flushIndex(); err != nil {
			return err
		}
	}
	if err := s.db.Checkpoint(path(indexDir)); err != nil {
		return fmt.Errorf("copy index: %w", err)
	}

	if err := s.places.copyTo(ctx, path(placesDir)); err != nil {
		return fmt.Errorf("copy places: %w", err)
	}

	s.applying.Lock()
	f := s.freeze()
	s.applying.Unlock()
	defer s.thaw(f)
	if f.reached.head.Position > 0 {
		thaw := func() error { s.thaw(f); return nil } // before the journal is copied: batches pay for what is frozen
		if err := s.writeCheckpoint(path(accountsDir), checkpointName(f), f, true, thaw); err != nil {
			return fmt.Errorf("copy accounts: %w", err)
		}
	}
	end := f.reached.end
	if end.segment == 0 {
		end = place{1, frame.SegmentHeaderSize} // nothing was ever committed
	}
	for number := uint32(1); number <= end.segment; number++ {
		if err := s.copySegment(ctx, path(journalDir), number, end); err != nil {
			return fmt.Errorf("copy %s: %w", frame.SegmentName(number), err)
		}
	}
	if err := s.copyHeads(path(journalDir), f.reached.head); err != nil {
		return fmt.Errorf("copy signed heads: %w", err)
	}
	for _, made := range []string{path(journalDir), path(accountsDir), path(placesDir)} {
		if err := syncDir(s.fs, made); err != nil {
			return err
		}
	}
	if err := replaceFile(s.fs, dir, formatFile, writeFormat); err != nil {
		return err
	}
	return syncDir(s.fs, s.fs.PathDir(dir))
}

// copyHeads copies the signed heads, the last of which is for the copy's end.
func (s *Store) copyHeads(dir string, end store.Head) error {
	if !s.readOnly {
		if err := s.heads.sign(end); err != nil {
			return err
		}
	}
	return s.heads.copyTo(dir, end.Position)
}

// copySegment copies a segment as far as the journal's end.
func (s *Store) copySegment(ctx context.Context, dir string, number uint32, end place) error {
	from, err := s.journal.reading(number)
	if err != nil {
		return err
	}
	to := s.fs.PathJoin(dir, frame.SegmentName(number))
	if number < end.segment {
		return shareFile(ctx, s.fs, from, s.journal.path(number), to, s.pace.burst())
	}
	return copyFile(ctx, s.fs, from, to, end.offset, s.pace.burst())
}
