package mysqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/parquet-go/parquet-go"
)

// Old parts of the journal may stand in Parquet files, a row for each of its blocks as
// the table has it. What is in a file is read from there: history, verify, backup and
// move see no difference but in time. Accounts, records, rows and places stay in the
// database. Decision 0009 says why.

// archivedRow is a row of the table journal in a file.
type archivedRow struct {
	First   uint64 `parquet:"first"`
	Entries int32  `parquet:"entries"`
	Base    int64  `parquet:"base,timestamp(microsecond)"` // business time of the batch
	Frame   []byte `parquet:"frame"`                       // empty in rows that begin none
	Block   []byte `parquet:"block"`
}

func (r archivedRow) row() journalRow {
	front := r.Frame
	if len(front) == 0 {
		front = nil
	}
	return journalRow{first: r.First, entries: int(r.Entries), base: r.Base, front: front, block: r.Block}
}

// archives are the files that a server knows of.
type archives struct {
	folder string // where the files are, in place of the folder that they were written to

	mu     sync.Mutex
	looked time.Time
	files  []*archive
}

// archive is one file; it is opened when it is first read.
type archive struct {
	first, last uint64
	file        string

	mu     sync.Mutex
	opened *os.File
	reader *parquet.GenericReader[archivedRow]
	firsts []uint64 // of its rows
}

// archivesKnownFor is how long a server counts on the files that it knows of. Rows are
// removed from the table no sooner than twice this after their file is made known.
var archivesKnownFor = 5 * time.Second

// archived lists the files.
func (s *Store) archived(ctx context.Context) ([]*archive, error) {
	a := &s.archives
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Since(a.looked) < archivesKnownFor {
		return a.files, nil
	}
	now, known := time.Now(), len(a.files)
	err := pool{s.read}.each(ctx, "SELECT first, last, file FROM archives ORDER BY first LIMIT 1000000 OFFSET ?", func(scan scanner) error {
		f := &archive{}
		err := scan(&f.first, &f.last, &f.file)
		if a.folder != "" {
			f.file = filepath.Join(a.folder, filepath.Base(f.file))
		}
		a.files = append(a.files, f)
		return err
	}, known)
	if err != nil {
		a.files = a.files[:known]
		return nil, failed("list the journal's archives", err)
	}
	a.looked = now
	return a.files, nil
}

// rowsIn lists rows of the journal that stand in a file, from the one that holds a
// position on, some at most; none where the position is in the table.
func (s *Store) rowsIn(ctx context.Context, position uint64, most int) ([]journalRow, error) {
	files, err := s.archived(ctx)
	if err != nil {
		return nil, err
	}
	i, _ := slices.BinarySearchFunc(files, position, func(f *archive, position uint64) int {
		switch {
		case f.last < position:
			return -1
		case f.first > position:
			return 1
		}
		return 0
	})
	if i == len(files) || files[i].first > position {
		return nil, nil
	}
	f := files[i]
	rows, err := f.rows(position, most)
	if err != nil {
		return nil, fmt.Errorf("entries %d to %d of the journal are archived in %s, which cannot be read: %w; if the files were moved, add ?archive=FOLDER to the store's address", f.first, f.last, f.file, err)
	}
	return rows, nil
}

func (f *archive) rows(position uint64, most int) ([]journalRow, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reader == nil {
		if err := f.open(); err != nil {
			return nil, err
		}
	}
	at, found := slices.BinarySearch(f.firsts, position)
	if !found {
		at--
	}
	if at < 0 {
		return nil, fmt.Errorf("it begins after entry %d", position)
	}
	if err := f.reader.SeekToRow(int64(at)); err != nil {
		return nil, err
	}
	read := make([]archivedRow, min(most, len(f.firsts)-at))
	n, err := f.reader.Read(read)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if n == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	var rows []journalRow
	for _, r := range read[:n] {
		rows = append(rows, r.row())
	}
	if last := rows[0]; last.first+uint64(last.entries) <= position {
		return nil, fmt.Errorf("it lacks entry %d", position)
	}
	return rows, nil
}

func (f *archive) open() error {
	file, err := os.Open(f.file)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		_, err = parquet.OpenFile(file, info.Size()) // says what is wrong, where GenericReader would panic
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	// The rows' first entries, by which they are found, from their column alone.
	firsts, err := readFirsts(file)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	f.opened, f.firsts, f.reader = file, firsts, parquet.NewGenericReader[archivedRow](file)
	return nil
}

func readFirsts(file *os.File) (firsts []uint64, err error) {
	r := parquet.NewGenericReader[struct {
		First uint64 `parquet:"first"`
	}](file)
	page := make([]struct {
		First uint64 `parquet:"first"`
	}, 4096)
	for {
		n, err := r.Read(page)
		for _, row := range page[:n] {
			firsts = append(firsts, row.First)
		}
		if errors.Is(err, io.EOF) || err == nil && n == 0 {
			return firsts, r.Close()
		}
		if err != nil {
			return nil, err
		}
	}
}

func (s *Store) closeArchives() (err error) {
	for _, f := range s.archives.files {
		if f.opened != nil {
			err = errors.Join(err, f.reader.Close(), f.opened.Close())
		}
	}
	return err
}

// Archived is what Archive did.
type Archived struct { // its JSON is what --json prints
	Files   []string `json:"files"`   // written now
	Entries uint64   `json:"entries"` // in them
	UpTo    uint64   `json:"up_to"`   // entries up to here are in files now
}

// Archive moves the batches that began before a moment to Parquet files in a folder,
// and removes them from the journal's table: partitions that went altogether are
// dropped, and what is left of the last one is deleted. The newest batch stays. It
// is safe while servers run, and safe to repeat: what was broken off goes on. A file
// is durable, and was read back and compared, before anything is removed.
func (s *Store) Archive(ctx context.Context, before time.Time, dir string, tell func(share int)) (done Archived, err error) {
	if dir, err = filepath.Abs(dir); err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return done, err
	}
	head, err := s.Head(ctx)
	if err != nil {
		return done, err
	}
	files, err := s.archived(ctx)
	if err != nil {
		return done, err
	}
	after := uint64(0)
	if len(files) > 0 {
		after = files[len(files)-1].last
	}
	upTo, err := s.endBefore(ctx, after, head.Position, before.UnixMicro())
	if err != nil {
		return done, err
	}
	begun := after
	for after < upTo {
		until := min(upTo, (after/partEntries+1)*partEntries-1) // a file for a partition
		last, file, err := s.writeArchive(ctx, dir, after, until)
		if err != nil {
			return done, err
		}
		if _, err := s.write.ExecContext(ctx, "INSERT INTO archives (first, last, file) VALUES (?, ?, ?)", after+1, last, []byte(file)); err != nil {
			return done, failed("note an archive", err)
		}
		done.Files, done.Entries, after = append(done.Files, file), done.Entries+last-after, last
		tell(int((after - begun) * 900 / max(1, upTo-begun)))
	}
	done.UpTo = after
	if left, err := s.hasUpTo(ctx, after); err != nil || !left {
		return done, err
	}
	if err := sleep(ctx, 2*archivesKnownFor); err != nil { // until every server knows of the files
		return done, err
	}
	return done, s.removeUpTo(ctx, after)
}

// endBefore is the last entry of the newest batch that began before a moment and is not
// the newest of all; after where there is none.
func (s *Store) endBefore(ctx context.Context, after, head uint64, moment int64) (uint64, error) {
	base := func(position uint64) (first uint64, at int64, err error) {
		err = s.ask.each(ctx, "SELECT first, base FROM journal WHERE first <= ? AND frame IS NOT NULL ORDER BY first DESC LIMIT 1", func(scan scanner) error { return scan(&first, &at) }, position)
		return first, at, failed("read the journal", err)
	}
	newest, _, err := base(head) // begins the newest batch
	if err != nil || newest <= after+1 {
		return after, err
	}
	low, high := after+1, newest // the batch at low may be old enough; the one at high is not, or may not go
	for low < high {
		middle := low + (high-low)/2
		first, at, err := base(middle)
		switch {
		case err != nil:
			return 0, err
		case first > after && at >= moment:
			high = max(first, low)
			if first <= low {
				return low - 1, nil
			}
		default:
			low = middle + 1
		}
	}
	first, _, err := base(low) // low begins a batch that stays, or stands where one begins
	return max(first, after+1) - 1, err
}

// rowGroup is how many rows are compressed and found together.
const rowGroup = 128

// writeArchive writes whole batches of entries after one position and up to another, at
// least one batch, and tells where it ended.
func (s *Store) writeArchive(ctx context.Context, dir string, after, until uint64) (last uint64, file string, err error) {
	temporary, err := os.CreateTemp(dir, ".journal-*")
	if err != nil {
		return 0, "", err
	}
	defer os.Remove(temporary.Name())
	defer temporary.Close()
	out := parquet.NewGenericWriter[archivedRow](temporary, parquet.MaxRowsPerRowGroup(rowGroup), parquet.Compression(&parquet.Uncompressed), // blocks are packed
		parquet.SkipPageBounds("frame"), parquet.SkipPageBounds("block"))
	err = s.framesIn(ctx, after, until, func(frame []journalRow) error {
		for _, r := range frame {
			if _, err := out.Write([]archivedRow{{r.first, int32(r.entries), r.base, r.front, r.block}}); err != nil {
				return err
			}
			last = r.first + uint64(r.entries) - 1
		}
		return nil
	})
	if err = errors.Join(err, out.Close(), temporary.Sync()); err != nil {
		return 0, "", fmt.Errorf("archive the journal from entry %d on: %w", after+1, err)
	}
	file = filepath.Join(dir, fmt.Sprintf("journal-%016d-%016d.parquet", after+1, last))
	if err = errors.Join(os.Rename(temporary.Name(), file), syncFolder(dir)); err != nil {
		return 0, "", err
	}
	return last, file, s.compareArchive(ctx, &archive{first: after + 1, last: last, file: file})
}

// framesIn hands over the rows of whole batches from the table.
func (s *Store) framesIn(ctx context.Context, after, until uint64, visit func([]journalRow) error) error {
	var frame []journalRow
	err := s.tableRows(ctx, after, func(r journalRow) error {
		if r.front != nil && len(frame) > 0 {
			if err := visit(frame); err != nil {
				return err
			}
			if frame = nil; r.first > until {
				return errEnough
			}
		}
		frame = append(frame, r)
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return err
}

// compareArchive reads a file back and compares it with the table.
func (s *Store) compareArchive(ctx context.Context, f *archive) error {
	defer func() {
		if f.opened != nil {
			f.opened.Close()
		}
	}()
	var some []journalRow
	err := s.tableRows(ctx, f.first-1, func(r journalRow) (err error) {
		if r.first > f.last {
			return errEnough
		}
		if len(some) == 0 {
			if some, err = f.rows(r.first, rowGroup); err != nil {
				return err
			}
		}
		a := some[0]
		some = some[1:]
		if a.first != r.first || a.entries != r.entries || a.base != r.base || !bytes.Equal(a.front, r.front) || !bytes.Equal(a.block, r.block) {
			return fmt.Errorf("entry %d is another there", r.first)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return fmt.Errorf("%s does not hold what was written to it: %w; nothing was removed", f.file, err)
	}
	return nil
}

// hasUpTo says that there are rows in the table up to a position.
func (s *Store) hasUpTo(ctx context.Context, last uint64) (has bool, err error) {
	err = s.ask.each(ctx, "SELECT first FROM journal WHERE first <= ? LIMIT 1", func(scan scanner) error {
		var first uint64
		has = true
		return scan(&first)
	}, last)
	return has, failed("look for archived rows", err)
}

// removeUpTo removes from the table what is in files.
func (s *Store) removeUpTo(ctx context.Context, last uint64) error {
	parts, err := s.partitions(ctx)
	if err != nil {
		return err
	}
	conn, done, err := s.hasty(ctx)
	if err != nil {
		return failed("remove archived rows", err)
	}
	defer done()
	for name, bound := range parts {
		if bound > last+1 {
			continue
		}
		if _, err := conn.ExecContext(ctx, "ALTER TABLE journal DROP PARTITION "+name); err != nil {
			return failed("drop a partition of the journal that is archived (somebody reads it: try again)", err)
		}
	}
	for {
		gone, err := conn.ExecContext(ctx, "DELETE FROM journal WHERE first <= ? LIMIT 2000", last)
		if err != nil {
			return failed("remove archived rows", err)
		}
		if n, err := gone.RowsAffected(); err != nil || n == 0 {
			return err
		}
	}
}
