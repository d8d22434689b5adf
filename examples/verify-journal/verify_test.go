// Package verifyjournal tries the program beside it, which is written in another
// language from docs/journal-format.md alone.
package verifyjournal

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tongbao"
	"tongbao/internal/bench"
	"tongbao/internal/store"
)

func node(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: the example is not tried (Node.js 20 or newer, https://nodejs.org)")
	}
	return path
}

func TestItsOwnTestsPass(t *testing.T) {
	out, err := exec.Command(node(t), "--test").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// exported makes books by full payments, and a backup of them. The platform's own
// audit runs in between.
func exported(t *testing.T) (backup, publicKey string) {
	t.Helper()
	dir := t.TempDir()
	from := filepath.Join(dir, "store")
	open := func(ctx context.Context) (store.Store, error) { return tongbao.OpenStore(ctx, from, slog.Default()) }
	r, err := bench.Payments(context.Background(), bench.Options{Count: 1000, Accounts: 100, Zipf: 1, Clients: 4, Together: 20, Store: "pebble", Folder: from, Open: open})
	if err != nil || !r.OK() {
		t.Fatalf("%+v, %v", r, err)
	}
	s, err := open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	backup = filepath.Join(dir, "backup")
	if err := s.Backup(context.Background(), backup); err != nil {
		t.Fatal(err)
	}
	return backup, filepath.Join(from, "KEY.pub")
}

func verify(t *testing.T, args ...string) (said string, ok bool) {
	t.Helper()
	out, err := exec.Command(node(t), append([]string{"verify.mjs"}, args...)...).CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return string(out), err == nil
}

func TestExportedJournalVerifiesAndEveryFaultIsNamed(t *testing.T) {
	node(t)
	backup, key := exported(t)
	said, ok := verify(t, backup, key)
	if !ok || !strings.Contains(said, "every running balance and link follows") || !strings.Contains(said, "signed by") {
		t.Fatalf("an honest journal: %s", said)
	}

	const segment = "journal/00000001.journal"
	for _, c := range []struct {
		name, file string
		change     func([]byte) []byte
		wants      string
	}{
		{"a byte of an entry", segment, func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, segment + ", offset"},
		{"a byte of a frame's header", segment, func(b []byte) []byte { b[64+17] ^= 1; return b }, segment + ", offset 64: the checksum of the frame's header"},
		{"a byte of the segment's header", segment, func(b []byte) []byte { b[30] ^= 1; return b }, segment + ", header"},
		{"the end cut off", segment, func(b []byte) []byte { return b[:len(b)-40] }, segment + ", offset"},
		{"the last frames cut off, to the byte", segment, func(b []byte) []byte { return b[:lastFrame(b)] }, "its end is cut off"},
		{"the last frame blanked out", segment, func(b []byte) []byte { clear(b[lastFrame(b):]); return b }, "its end is cut off"},
		{"a frame taken out", segment, func(b []byte) []byte {
			second := 64 + 72 + int(b[64+8]) + int(b[64+9])<<8 + int(b[64+10])<<16
			return append(b[:64:64], b[second:]...)
		}, segment + ", offset 64: the frame's positions"},
		{"a signed hash", "journal/heads", func(b []byte) []byte { return swap(b, bytes.IndexByte(b, ' ')+1) }, "journal/heads, line"},
		{"a signature", "journal/heads", func(b []byte) []byte { return swap(b, bytes.IndexByte(b, '\n')-2) }, "journal/heads, line 1: its signature is false"},
		{"another format", "FORMAT", func([]byte) []byte { return []byte("tongbao 3\n") }, "FORMAT says"},
	} {
		t.Run(c.name, func(t *testing.T) {
			broken := filepath.Join(t.TempDir(), "copy")
			if err := os.CopyFS(broken, os.DirFS(backup)); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(broken, c.file)
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, c.change(b), 0o600); err != nil {
				t.Fatal(err)
			}
			if said, ok := verify(t, broken); ok || !strings.Contains(said, c.wants) {
				t.Fatalf("it says %q, wanted is %q", said, c.wants)
			}
		})
	}
}

func TestHeadsOfAnotherKeyAreNotTrusted(t *testing.T) {
	node(t)
	backup, _ := exported(t)
	_, other := exported(t)
	if said, ok := verify(t, backup, other); ok || !strings.Contains(said, "not among the keys to trust") {
		t.Fatalf("it says %q", said)
	}
}

func TestMissingFolderIsASentence(t *testing.T) {
	if said, ok := verify(t, filepath.Join(t.TempDir(), "none")); ok || !strings.Contains(said, "cannot be read") {
		t.Fatalf("it says %q", said)
	}
}

// lastFrame is where the last frame begins.
func lastFrame(b []byte) int {
	at := 64
	for {
		next := at + 72 + int(b[at+8]) + int(b[at+9])<<8 + int(b[at+10])<<16
		if next >= len(b) || bytes.Count(b[next:], []byte{0}) == len(b)-next {
			return at
		}
		at = next
	}
}

// swap changes a hexadecimal digit.
func swap(b []byte, at int) []byte {
	if b[at] == '0' {
		b[at] = '1'
	} else {
		b[at] = '0'
	}
	return b
}
