package mysqlstore

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/pebblestore"
	"tongbao/internal/store"
)

// Half of the journal goes to files while a second server runs: both go on reading
// all of it, and what is read proves itself as before.
func TestWhatIsArchivedIsReadAsBefore(t *testing.T) { archived(t, onMariaDB(t).Database(t)) }

func archived(t *testing.T, url string) {
	entries, known := partEntries, archivesKnownFor
	partEntries, archivesKnownFor = 200, 20*time.Millisecond
	defer func() { partEntries, archivesKnownFor = entries, known }()
	ctx := t.Context()
	s, other := mustOpen(t, Options{Address: url}), mustOpen(t, Options{Address: url})
	defer s.Close()
	defer other.Close()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, engine.Shanghai)
	e, err := engine.New(ctx, s, engine.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	gifts := func(from, to int) {
		t.Helper()
		for ; from < to; from += 30 {
			var commands []engine.Command
			for n := range 30 {
				commands = append(commands, give{Key: fmt.Sprintf("gift %d", from+n), To: mine, Amount: 1})
			}
			e.SubmitAll(ctx, commands, engine.By{Actor: "test"}, func(_ int, a engine.Answer) {
				if a.Err != nil {
					t.Error(a.Err)
				}
			})
		}
	}
	gifts(0, 330)
	now = now.AddDate(0, 0, 1)
	gifts(330, 1200) // past the partitions that were made at the beginning

	dir := t.TempDir()
	february := time.Date(2026, 2, 1, 0, 0, 0, 0, engine.Shanghai)
	done, err := s.Archive(ctx, february, dir, func(int) {})
	if err != nil || done.UpTo != 330 || done.Entries != 330 || len(done.Files) != 2 {
		t.Fatalf("archived %+v, %v", done, err)
	}
	var left, parts int
	if err := s.read.QueryRow("SELECT COUNT(*) FROM journal WHERE first <= 330").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d archived rows are left, %v", left, err)
	}
	if err := s.read.QueryRow("SELECT COUNT(*) FROM information_schema.partitions WHERE table_schema = DATABASE() AND table_name = 'journal' AND partition_name = 'until_200'").Scan(&parts); err != nil || parts != 0 {
		t.Errorf("the first partition was not dropped: %v", err)
	}
	if until, err := s.partitioned(ctx); err != nil || until <= 1200 {
		t.Errorf("the journal has partitions up to %d, %v", until, err)
	}

	cold := mustOpen(t, Options{Address: url})
	defer cold.Close()
	for name, reader := range map[string]*Store{"the one that archived": s, "another that ran": other, "one that started since": cold} {
		readsAll(t, name, reader)
	}
	again := func(want Archived) {
		t.Helper()
		if again, err := s.Archive(ctx, february, dir, func(int) {}); err != nil || again.Entries != want.Entries || again.UpTo != want.UpTo {
			t.Errorf("a second time: %+v, %v", again, err)
		}
	}
	begun, short := time.Now(), archivesKnownFor
	archivesKnownFor = time.Minute // nothing is new, so it doesn't wait for anybody
	again(Archived{UpTo: 330})
	if took := time.Since(begun); took > time.Minute {
		t.Errorf("a second time took %s", took)
	}
	archivesKnownFor = short
	if r, err := e.Submit(ctx, give{Key: "gift 7", To: mine, Amount: 1}, engine.By{Actor: "test"}); err != nil || !r.Repeated {
		t.Errorf("an archived command again: %+v, %v", r, err)
	}

	copied := t.TempDir()
	if err := cold.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	folder, err := pebblestore.Open(ctx, pebblestore.Options{Dir: copied})
	if err != nil {
		t.Fatal(err)
	}
	if head, err := folder.Head(ctx); err != nil || head.Position != 1200 {
		t.Errorf("the backup ends with entry %d, %v", head.Position, err)
	}
	if err := folder.Close(); err != nil {
		t.Error(err)
	}

	// The files elsewhere: named where they are missed, and found by the address.
	moved := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	lost := mustOpen(t, Options{Address: url})
	if _, err := lost.Journal(ctx, 0, 10); err == nil || !strings.Contains(err.Error(), "?archive=FOLDER") {
		t.Errorf("without the files: %v", err)
	}
	lost.Close()
	and := "?"
	if strings.Contains(url, "?") {
		and = "&"
	}
	found := mustOpen(t, Options{Address: url + and + "archive=" + moved})
	readsAll(t, "one that was told where they are", found)
	found.Close()

	// And a byte of one changed.
	file := filepath.Join(moved, filepath.Base(done.Files[0]))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("gift")) {
		t.Fatal("no block is in the file as it was packed")
	}
	text = bytes.ReplaceAll(text, []byte("gift"), []byte("gilt")) // a block's bytes stand in a page, and in its bounds
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	changed := mustOpen(t, Options{Address: url + and + "archive=" + moved})
	defer changed.Close()
	if faults, err := faultsOf(t, changed); err == nil && len(faults) == 0 {
		t.Error("verify passes over a changed byte in an archive")
	}
}

func readsAll(t *testing.T, name string, s *Store) {
	t.Helper()
	ctx := context.Background()
	if faults, err := faultsOf(t, s); err != nil || len(faults) > 0 {
		t.Errorf("%s: verify: %v %v", name, faults, err)
	}
	movements, err := s.History(ctx, mine, 0, 2000)
	if err != nil || len(movements) != 1200 || movements[1199].Position != 1 || movements[1199].Leg.After != 1 {
		t.Errorf("%s: the history has %d lines, %v", name, len(movements), err)
	}
	all, err := s.Journal(ctx, 0, 2000)
	if err != nil || len(all) != 1200 || all[329].Position != 330 || all[330].Position != 331 {
		t.Errorf("%s: the journal has %d entries, %v", name, len(all), err)
	}
	if old, ok, err := s.Entry(ctx, "gift 5"); err != nil || !ok || old.Position != 6 {
		t.Errorf("%s: an archived command: %t, %v", name, ok, err)
	}
}

func faultsOf(t *testing.T, s *Store) (faults []string, err error) {
	t.Helper()
	v, err := s.Snapshot(context.Background())
	if err != nil {
		return nil, err
	}
	defer v.Close()
	err = v.VerifyChain(context.Background(), func([]store.Entry) {}, func(f string) { faults = append(faults, f) }, func(int) {})
	return faults, err
}
