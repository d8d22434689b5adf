package pebblestore

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/store"
)

func keyOf(n byte) func() (ed25519.PrivateKey, error) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
	return func() (ed25519.PrivateKey, error) { return key, nil }
}

const headsPath = "/data/journal/heads"

// signed makes a folder with three lives of a hundred entries each, every one of
// which ends with a signed head.
func signed(t *testing.T) (*vfs.MemFS, Options) {
	t.Helper()
	disk := newDisk(t, "/data")
	options := Options{Dir: "/data", FS: disk, Key: keyOf(1)}
	for life := range 3 {
		s := mustOpen(t, options)
		for i := range 10 {
			commit(t, s, 100*life+10*i, 10)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return disk, options
}

func headsOf(t *testing.T, s *Store) []store.SignedHead {
	t.Helper()
	v, err := s.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	heads, err := v.Heads(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return heads
}

func TestHeadIsSignedAtEachCheckpoint(t *testing.T) {
	_, options := signed(t)
	s := mustOpen(t, options)
	defer s.Close()
	whole(t, s, 300)
	heads := headsOf(t, s)
	if len(heads) != 3 {
		t.Fatalf("%d heads are signed", len(heads))
	}
	key, _ := keyOf(1)()
	for i, h := range heads {
		if h.Position != uint64(100*(i+1)) || !h.Genuine() || !h.Key.Equal(key.Public()) {
			t.Errorf("head %d is %s", i, h)
		}
	}
	if head, _ := s.Head(ctx); head != heads[2].Head {
		t.Errorf("the newest signed head is %v; the journal's is %v", heads[2].Head, head)
	}
}

func TestNothingIsSignedWithoutAKey(t *testing.T) {
	disk := newDisk(t, "/data")
	s := mustOpen(t, Options{Dir: "/data", FS: disk})
	commit(t, s, 0, 10)
	s.Close()
	if _, err := readFile(disk, headsPath); err == nil {
		t.Fatal("there is a file of heads")
	}
}

// The folder's other files would tell too; here they have been taken away.
func TestJournalCutOffBehindASignedHeadIsNamed(t *testing.T) {
	disk, options := signed(t)
	for _, dir := range []string{"accounts", "index", "places"} {
		if err := disk.RemoveAll("/data/" + dir); err != nil {
			t.Fatal(err)
		}
	}
	edit(t, disk, firstSegment, func(b []byte) []byte { return b[:starts(b)[25]] })
	s, err := Open(ctx, options)
	if err == nil {
		s.Close()
		t.Fatal("a journal that lost its signed end is taken")
	}
	if !strings.Contains(err.Error(), "ends here with entry 250, and its head was signed at entry 300") {
		t.Fatal(err)
	}
}

// Someone without the key makes a journal that is whole in itself.
func TestJournalOfAnotherHistoryIsNamed(t *testing.T) {
	disk, options := signed(t)
	kept, err := readFile(disk, headsPath)
	if err != nil {
		t.Fatal(err)
	}
	other := newDisk(t, "/data")
	s := mustOpen(t, Options{Dir: "/data", FS: other})
	for i := range 30 {
		commit(t, s, 1+10*i, 10)
	}
	s.Close()
	f, err := other.Create(headsPath, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	f.Write(kept)
	f.Close()
	options.FS = other
	s = mustOpen(t, options)
	defer s.Close()
	found := faults(t, s)
	if len(found) != 3 || !strings.Contains(found[0], "entry 100 was signed with hash") {
		t.Fatalf("found is %q", found)
	}
}

func TestDamageInTheFileOfHeadsIsNamed(t *testing.T) {
	lineOf := func(b []byte, n int) []byte { return bytes.SplitAfter(b, []byte{'\n'})[n] }
	for name, c := range map[string]struct {
		change func([]byte) []byte
		wants  string
		heads  int
	}{
		"a position changed":      {func(b []byte) []byte { b[0] = '2'; return b }, "line 1 of journal/heads, for entry 200: its signature is false", 2},
		"a hash changed":          {func(b []byte) []byte { b[4] ^= 1; return b }, "line 1 of journal/heads", 2},
		"a signature changed":     {func(b []byte) []byte { b[len(lineOf(b, 0))-3] ^= 1; return b }, "line 1 of journal/heads", 2},
		"a line is no line":       {func(b []byte) []byte { b[10] = ' '; return b }, "line 1 of journal/heads is no signed head", 2},
		"a line again":            {func(b []byte) []byte { return append(b, lineOf(b, 0)...) }, "line 4 of journal/heads, for entry 100, comes after one for entry 300", 3},
		"the last line torn":      {func(b []byte) []byte { return b[:len(b)-20] }, "", 2},
		"the last line not there": {func(b []byte) []byte { return b[:len(b)-len(lineOf(b, 2))] }, "", 2},
		"zeros behind":            {func(b []byte) []byte { return append(b, make([]byte, 300)...) }, "", 3},
	} {
		t.Run(name, func(t *testing.T) {
			disk, options := signed(t)
			edit(t, disk, headsPath, c.change)
			s := mustOpen(t, options)
			if found := faults(t, s); strings.Join(found, "\n") != c.wants && (c.wants == "" || len(found) != 1 || !strings.Contains(found[0], c.wants)) {
				t.Fatalf("found is %q", found)
			}
			if heads := headsOf(t, s); len(heads) != c.heads {
				t.Fatalf("%d heads are left", len(heads))
			}
			commit(t, s, 300, 10)
			s.Close()
			s = mustOpen(t, options)
			defer s.Close()
			if heads := headsOf(t, s); len(heads) != c.heads+1 || heads[c.heads].Position != 310 {
				t.Fatalf("%d heads are left after one more", len(heads))
			}
		})
	}
}

func TestBackupBringsItsSignedHead(t *testing.T) {
	disk, options := signed(t)
	s := mustOpen(t, options)
	commit(t, s, 300, 10)
	if err := s.Backup(ctx, "/copy"); err != nil {
		t.Fatal(err)
	}
	commit(t, s, 310, 10)
	s.Close()
	asked := false
	s = mustOpen(t, Options{Dir: "/copy", FS: disk, Key: func() (ed25519.PrivateKey, error) { asked = true; return keyOf(2)() }})
	whole(t, s, 310)
	if heads := headsOf(t, s); len(heads) != 4 || heads[3].Position != 310 {
		t.Fatalf("the copy has %d heads", len(heads))
	}
	if err := s.Backup(ctx, "/restored"); err != nil {
		t.Fatal(err)
	}
	if asked {
		t.Fatal("a key was made for a copy that is only read")
	}
	commit(t, s, 310, 10)
	s.Close()
	s = mustOpen(t, Options{Dir: "/copy", FS: disk})
	defer s.Close()
	whole(t, s, 320)
	if heads := headsOf(t, s); len(heads) != 5 || fmt.Sprint(heads[4].Key) == fmt.Sprint(heads[3].Key) {
		t.Fatalf("the copy goes on with %d heads", len(heads))
	}
}
