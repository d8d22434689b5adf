package pebblestore

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/frame"
	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// abandoned writes frames of ten entries each, and returns the file system as a
// killed process would leave it: nothing derived is written down.
func abandoned(t *testing.T, frames int) (*vfs.MemFS, Options) {
	t.Helper()
	disk := newDisk(t, "/data")
	options := Options{Dir: "/data", FS: disk}
	s := mustOpen(t, options)
	for i := range frames {
		commit(t, s, 10*i, 10)
	}
	after := disk.CrashClone(vfs.CrashCloneCfg{})
	s.Close()
	options.FS = after
	return after, options
}

func edit(t *testing.T, fs vfs.FS, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := readFile(fs, path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(change(b)); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	f.Close()
}

const firstSegment = "/data/journal/00000001.journal"

// starts are the offsets of the frames.
func starts(b []byte) []int {
	salt := uint32(0)
	if h, err := frame.ParseSegment(b); err == nil {
		salt = h.Salt
	}
	var at []int
	for offset := frame.SegmentHeaderSize; ; {
		h, err := frame.ParseHeader(b[min(offset, len(b)):], salt)
		if err != nil {
			return at
		}
		at = append(at, offset)
		offset += int(h.Size())
	}
}

// end is where the last frame ends; after it there may be zeros.
func end(b []byte) int {
	last := starts(b)[len(starts(b))-1]
	segment, _ := frame.ParseSegment(b)
	h, _ := frame.ParseHeader(b[last:], segment.Salt)
	return last + int(h.Size())
}

func TestTornTailIsCutOff(t *testing.T) {
	for name, tear := range map[string]func([]byte, int) []byte{
		"half a header":        func(b []byte, last int) []byte { return b[:last+30] },
		"a header":             func(b []byte, last int) []byte { return b[:last+frame.HeaderSize] },
		"half a payload":       func(b []byte, last int) []byte { return b[:last+150] },
		"all but a byte":       func(b []byte, last int) []byte { return b[:end(b)-1] },
		"zeros for a half":     func(b []byte, last int) []byte { clear(b[last+150:]); return b },
		"zeros for a byte":     func(b []byte, last int) []byte { clear(b[end(b)-1:]); return b },
		"a wrong byte":         func(b []byte, last int) []byte { b[last+150] ^= 1; return b },
		"zeros for the header": func(b []byte, last int) []byte { copy(b[last:], make([]byte, 4096)[:frame.HeaderSize]); return b },
		"noise after it":       func(b []byte, last int) []byte { return append(b[:last], bytes.Repeat([]byte{7}, 9000)...) },
	} {
		t.Run(name, func(t *testing.T) {
			fs, options := abandoned(t, 5)
			edit(t, fs, firstSegment, func(b []byte) []byte { return tear(b, starts(b)[4]) })
			for range 3 {
				s := mustOpen(t, options)
				whole(t, s, 40)
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			s := mustOpen(t, options)
			commit(t, s, 40, 3) // smaller than what was there
			s.Close()
			s = mustOpen(t, options)
			whole(t, s, 43)
			s.Close()
		})
	}
}

// A journal of small frames has zeros after them, which are written ahead and do not
// grow with it; one whose frames are large has none.
func TestZerosAhead(t *testing.T) {
	disk := newDisk(t, "/data")
	s := mustOpen(t, Options{Dir: "/data", FS: disk})
	defer s.Close()
	size := func() (file, frames int) {
		b, err := readFile(disk, firstSegment)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b[end(b):], make([]byte, len(b)-end(b))) {
			t.Fatal("something other than zeros stands after the last frame")
		}
		return len(b), end(b)
	}
	commit(t, s, 0, 1)
	if file, frames := size(); file != frames+stretch {
		t.Errorf("%d bytes of frames, and %d in the file", frames, file)
	}
	before, _ := size()
	for i := range 20 {
		commit(t, s, 1+i, 1)
	}
	if after, _ := size(); after != before {
		t.Errorf("the file had %d bytes, and has %d", before, after)
	}
	for n := 21; ; n += 4000 {
		commit(t, s, n, 4000)
		if file, frames := size(); frames > before {
			if file != frames {
				t.Errorf("%d bytes of large frames, and %d in the file", frames, file)
			}
			break
		}
	}
}

// Frames of one sync reach the disk in any order: a later one may be whole where
// an earlier one is not.
func TestLaterFrameOfTornSyncIsCutOffToo(t *testing.T) {
	fs, options := abandoned(t, 5)
	edit(t, fs, firstSegment, func(b []byte) []byte {
		at := starts(b)
		header, err := frame.ParseSegment(b)
		if err != nil {
			t.Fatal(err)
		}
		b[at[3]+200] ^= 1
		b[at[4]+24] = 30 // as if the two had been written together: synced was 30
		sum := frame.HeaderSum(header.Salt, b[at[4]:])
		copy(b[at[4]+68:], []byte{byte(sum), byte(sum >> 8), byte(sum >> 16), byte(sum >> 24)})
		return b
	})
	s := mustOpen(t, options)
	defer s.Close()
	whole(t, s, 30)
}

func TestChangedByteIsRefused(t *testing.T) {
	fs, options := abandoned(t, 5)
	intact, err := readFile(fs, firstSegment)
	if err != nil {
		t.Fatal(err)
	}
	at := starts(intact)
	for offset := 0; offset < at[4]; offset += 1 + offset/97 {
		edit(t, fs, firstSegment, func([]byte) []byte {
			b := bytes.Clone(intact)
			b[offset] ^= 0x10
			return b
		})
		s, err := Open(ctx, options)
		if err == nil {
			s.Close()
			t.Fatalf("with byte %d changed the store opens", offset)
		}
		if !strings.Contains(err.Error(), "00000001.journal, offset ") {
			t.Fatalf("with byte %d changed: %v", offset, err)
		}
	}
	edit(t, fs, firstSegment, func([]byte) []byte { return intact })
	s := mustOpen(t, options)
	defer s.Close()
	whole(t, s, 50)
}

func TestShortenedJournalIsRefusedAfterOrderlyClose(t *testing.T) {
	disk := newDisk(t, "/data")
	s := mustOpen(t, Options{Dir: "/data", FS: disk})
	for i := range 5 {
		commit(t, s, 10*i, 10)
	}
	s.Close()
	edit(t, disk, firstSegment, func(b []byte) []byte { return b[:starts(b)[4]] })
	if s, err := Open(ctx, Options{Dir: "/data", FS: disk}); err == nil {
		s.Close()
		t.Fatal("a journal that has become shorter is taken")
	} else if !strings.Contains(err.Error(), "damaged") {
		t.Fatal(err)
	}
	if err := disk.RemoveAll(firstSegment); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(ctx, Options{Dir: "/data", FS: disk}); err == nil {
		s.Close()
		t.Fatal("a folder without its journal is taken")
	}
}

func TestMissingSegmentIsRefused(t *testing.T) {
	disk := newDisk(t, "/data")
	options := small("/data", disk)
	s := mustOpen(t, options)
	for i := range 40 {
		commit(t, s, 10*i, 10)
	}
	s.Close()
	if err := disk.Remove("/data/journal/00000002.journal"); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(ctx, options); err == nil {
		s.Close()
		t.Fatal("a journal with a gap is taken")
	} else if !strings.Contains(err.Error(), "00000002.journal") {
		t.Fatal(err)
	}
}

func TestBrokenCheckpointCostsTimeOnly(t *testing.T) {
	disk := newDisk(t, "/data")
	options := Options{Dir: "/data", FS: disk}
	for life := range 3 {
		s := mustOpen(t, options)
		commit(t, s, 10*life, 10)
		s.Close()
	}
	names, err := listCheckpoints(disk, "/data/accounts")
	if err != nil || len(names) != 2 {
		t.Fatalf("checkpoints %v, %v", names, err)
	}
	for _, name := range names { // first the newest, then both
		edit(t, disk, "/data/accounts/"+name, func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		s := mustOpen(t, options)
		whole(t, s, 30)
		s.Close()
	}
}

func TestIndexIsMadeAgainFromTheJournal(t *testing.T) {
	disk := newDisk(t, "/data")
	options := small("/data", disk)
	s := mustOpen(t, options)
	for i := range 40 {
		commit(t, s, 10*i, 10)
	}
	s.Close()
	for name, damage := range map[string]func() error{
		"the folder is gone": func() error { return disk.RemoveAll("/data/index") },
		"a file is gone": func() error {
			names, _ := disk.List("/data/index")
			for _, name := range names {
				if strings.HasPrefix(name, "MANIFEST-") {
					return disk.Remove("/data/index/" + name)
				}
			}
			return nil
		},
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		s = mustOpen(t, options)
		t.Run(name, func(t *testing.T) { whole(t, s, 400) })
		s.Close()
	}
}

func TestVerificationFindsWhatWasPlanted(t *testing.T) {
	account := user(5)
	for _, c := range []struct {
		name  string
		plant func(*testing.T, *Store)
		wants string
	}{
		{"record changed", set(recordKey(key("7")), encodeRecord(store.Record{Value: []byte("x")})), "record trade 7 is kept otherwise"},
		{"record missing", remove(recordKey(key("7"))), "lacks record trade 7"},
		{"record too many", set(recordKey(key("none")), encodeRecord(store.Record{Value: []byte("x")})), "a record trade none that no entry wrote"},
		{"row missing", remove(rowKey(term("0000007"), key("7"))), "record trade 7 should stand in index \"trade\""},
		{"row too many", set(rowKey(term("zzz"), key("7")), nil), "a row at \"zzz\" for record trade 7"},
		{"row of no record", set(rowKey(term("zzz"), key("none")), nil), "a row at \"zzz\" for record trade none"},
		{"command missing", placesWithout("c0000007"), "do not know entry 8 of command \"c0000007\""},
		{"command too many", placesWith(store.Stamp("nobody"), 1), "it is command \"c0000000\" and has not"},
		{"command elsewhere", placesWith(store.Stamp("c0000007"), 1), "it is command \"c0000000\" and has not"},
		{"milestone missing", remove(milestoneKey(mint, 64)), "lacks the milestone of account suspense:1:CNY, entry 64"},
		{"milestone wrong", set(milestoneKey(mint, 64), make([]byte, 16)), "the milestone of account suspense:1:CNY, entry 64"},
		{"milestone too many", set(milestoneKey(account, 64), milestone{position: 3}.value()), "the milestone of account user:5:CNY, entry 64"},
		{"guide missing", remove(guideKey(1)), "guide"},
		{"guide wrong", set(guideKey(77), place{1, 5}.value()), "guide"},
		{"standing wrong", set([]byte{keyApplied}, standing{}.value()), "index says that it has followed"},
		{"balance wrong", func(_ *testing.T, s *Store) {
			a := s.accounts.get(account)
			a.Balance++
			s.accounts.put(a)
		}, "account user:5:CNY is kept as balance"},
		{"hold of nothing", func(_ *testing.T, s *Store) {
			a := s.accounts.get(account)
			a.Held = 1
			s.accounts.put(a)
		}, "held 1"},
		{"account too many", func(_ *testing.T, s *Store) {
			a := s.accounts.get(user(12345))
			a.Balance = 5
			s.accounts.put(a)
		}, "account user:12345:CNY is kept as balance 5"},
		{"journal changed", func(t *testing.T, s *Store) {
			edit(t, s.fs, "/data/journal/00000002.journal", func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
			s.journal.files = map[uint32]vfs.File{} // the file was replaced
		}, "00000002.journal, offset"},
		{"first record changed", func(t *testing.T, s *Store) {
			edit(t, s.fs, "/data/journal/00000001.journal", func(b []byte) []byte { b[frame.SegmentHeaderSize+frame.HeaderSize] ^= 1; return b })
			s.journal.files = map[uint32]vfs.File{}
		}, "journal is damaged at segment 00000001.journal, offset 64"},
		{"another head", func(_ *testing.T, s *Store) {
			s.reached.head.Hash[0] ^= 1
			s.db.Set([]byte{keyApplied}, s.reached.value(), pebble.NoSync)
		}, "the journal's hash at entry 200 is"},
		{"forged, and nothing wrong", forged(func(*store.Entry) {}), ""},
		{"an earlier time", forged(func(e *store.Entry) { e.At = 3 }), "it is of an earlier time (3) than the entry before it (199)"},
		{"a balance after that is off", forged(func(e *store.Entry) { e.Legs[1].After++ }), "the leg on user:5:CNY says that the balance is 311 after it; it is 310"},
		{"a number left out", forged(func(e *store.Entry) { e.Legs[1].Number++ }), "the leg on user:5:CNY says that it is the account's entry 5; it is 4"},
		{"a diary that leaves an entry out", forged(func(e *store.Entry) { e.Legs[1].Previous = 103 }), "the entry before in its diary is 103; it is 200"},
		{"a mention that leaves an entry out", forged(func(e *store.Entry) { e.Mentions[0].Previous = 1 }), "the mention of user:6:CNY says that the entry before in its diary is 1; it is 104"},
		{"held, and nobody said so", forged(func(e *store.Entry) { e.Legs[1].Held = 7 }), "the leg on user:5:CNY says that 7 is held; it is 0"},
		{"a command twice", forged(func(e *store.Entry) { e.Command, e.Stamp = "c0000007", store.Stamp("c0000007") }), "command \"c0000007\" is in the journal twice, as entries 8 and 201"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := mustOpen(t, small("/data", newDisk(t, "/data")))
			defer s.Close()
			for i := range 20 {
				commit(t, s, 10*i, 10)
			}
			whole(t, s, 200)
			c.plant(t, s)
			found := faults(t, s)
			if (len(found) == 0) != (c.wants == "") || !strings.Contains(strings.Join(found, "\n"), c.wants) {
				t.Fatalf("found is %q, planted was %q", found, c.wants)
			}
			if len(found) > 2 {
				t.Fatalf("one fault was planted, and %d found: %q", len(found), found)
			}
		})
	}
}

// forged puts an entry into the journal past Commit, which would not have it, and has
// it followed as it says.
func forged(lie func(*store.Entry)) func(*testing.T, *Store) {
	return func(t *testing.T, s *Store) {
		head := s.headNow()
		entry := store.Entry{Position: head.Position + 1, At: 1000, Command: "forged", Stamp: store.Stamp("forged"), Name: "test",
			Legs: ledger.Move(mint, user(5), 1, ledger.TopUp), Mentions: []store.Mention{{Account: user(6), Previous: s.accountNow(user(6)).Last}}}
		for i := range entry.Legs {
			leg := &entry.Legs[i]
			a := s.accountNow(leg.Account)
			leg.After, leg.Number, leg.Previous, leg.Held = a.Balance+leg.Change(), a.Entries+1, a.Last, a.Held
		}
		lie(&entry)
		f := &flight{frame: new(bytes.Buffer)}
		var err error
		if f.header, err = new(frame.Encoder).Encode(f.frame, s.journal.salt, head.Hash, entry.Position, head.Position, []store.Entry{entry}); err != nil {
			t.Fatal(err)
		}
		if err := s.journal.append([]*flight{f}); err != nil {
			t.Fatal(err)
		}
		f.change = newChange(entry.Position, []store.Entry{entry}, s.journal.names(), changeRoom{})
		if err := f.followRecords(nil); err != nil {
			t.Fatal(err)
		}
		kept := func(id ledger.AccountID, change func(*ledger.Account)) {
			number, _ := s.accounts.find(id)
			after := *s.accounts.at(number)
			change(&after)
			after.Last = entry.Position
			f.accounts = append(f.accounts, changedAccount{number, after})
		}
		for _, leg := range entry.Legs {
			kept(leg.Account, func(a *ledger.Account) { a.Balance, a.Entries = leg.After, leg.Number })
		}
		kept(user(6), func(*ledger.Account) {})
		if err := s.apply(f.change, f.header, f.at); err != nil {
			t.Fatal(err)
		}
	}
}

func placesWith(stamp, position uint64) func(*testing.T, *Store) {
	return func(_ *testing.T, s *Store) {
		s.places.add([]place64{{store.CommandName(stamp), position}}, s.places.reached())
	}
}

func placesWithout(command string) func(*testing.T, *Store) {
	return func(t *testing.T, s *Store) {
		var failed error
		s.places.busy.Wait()
		name := store.CommandName(store.Stamp(command))
		var rows []place64
		runs, rest, done := s.places.pinned()
		for row := range mergePlaces(runs, rest, &failed) {
			if row.name != name {
				rows = append(rows, row)
			}
		}
		if err := done(); err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		reached := s.places.reached()
		s.places.runs, s.places.sealed, s.places.newest = nil, nil, newGathered(reached)
		s.places.add(rows, reached)
	}
}

func key(id string) store.Key     { return store.Key{Kind: "trade", ID: id} }
func term(sort string) store.Term { return store.Term{Index: "trade", Sort: sort} }

func set(key, value []byte) func(*testing.T, *Store) {
	return func(t *testing.T, s *Store) {
		if err := s.db.Set(key, value, pebble.NoSync); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(key []byte) func(*testing.T, *Store) {
	return func(t *testing.T, s *Store) {
		if err := s.db.Delete(key, pebble.NoSync); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadingDamagedEntryIsAnError(t *testing.T) {
	fs, options := abandoned(t, 5)
	s := mustOpen(t, options)
	defer s.Close()
	edit(t, fs, firstSegment, func(b []byte) []byte { b[starts(b)[1]+frame.HeaderSize+60] ^= 1; return b })
	s.journal.files = map[uint32]vfs.File{}
	if entries, err := s.Journal(ctx, 10, 10); err == nil {
		t.Fatalf("a damaged frame was read as %+v", entries)
	}
}

func TestSecondOpenerIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Dir: dir})
	if _, err := Open(ctx, Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "in use by another process") || !strings.Contains(err.Error(), dir) {
		t.Fatalf("second opener: %v", err)
	}
	commit(t, s, 0, 10)
	s.Close()
	s = mustOpen(t, Options{Dir: dir})
	defer s.Close()
	whole(t, s, 10)
}

func TestFormatOfTheFutureIsRefused(t *testing.T) {
	dir := t.TempDir()
	mustOpen(t, Options{Dir: dir}).Close()
	if err := os.WriteFile(filepath.Join(dir, "FORMAT"), []byte("tongbao 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "newer Tongbao (format 3") {
		t.Fatalf("format 3: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "FORMAT")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "not whole") {
		t.Fatalf("no format: %v", err)
	}
}

func TestFolderThatCannotBeUsedIsASentence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		_, err := Open(ctx, Options{Dir: dir})
		if err == nil {
			t.Fatalf("%q was opened", dir)
		}
		if !strings.Contains(err.Error(), "folder") {
			t.Fatalf("%q: %v", dir, err)
		}
	}
}

func TestReadOnlyChangesNothing(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Dir: dir})
	commit(t, s, 0, 100)
	s.Close()
	before := listing(t, dir)
	s = mustOpen(t, Options{Dir: dir, ReadOnly: true})
	whole(t, s, 100)
	if _, err := transfers(s, 100, 1); err == nil {
		t.Fatal("a store that was opened for reading takes a batch")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if after := listing(t, dir); after != before {
		t.Fatalf("files were\n%s\nand are\n%s", before, after)
	}
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, _ := d.Info()
			fmt.Fprintln(&all, path, info.Size())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
