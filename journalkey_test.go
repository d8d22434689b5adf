package tongbao

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestJournalKeyIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "KEY")
	first, err := journalKey(file, true)()
	if err != nil {
		t.Fatal(err)
	}
	again, err := journalKey(file, true)()
	if err != nil || !first.Equal(again) {
		t.Fatalf("the second time it is another: %v", err)
	}
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file has mode %o", info.Mode().Perm())
	}
	public, err := ReadPublicKey(file + ".pub")
	if err != nil || !public.Equal(first.Public()) {
		t.Errorf("the public half: %v", err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := journalKey(file, true)(); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that everyone can read: %v", err)
	}
}

func TestConfiguredJournalKeyIsNeverMade(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "journal.pem")
	if _, err := openStore(context.Background(), filepath.Join(dir, "store"), file, slog.Default(), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("without it: %v", err)
	}
	if err := os.WriteFile(file, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openStore(context.Background(), filepath.Join(dir, "store"), file, slog.Default(), nil); err == nil || !strings.Contains(err.Error(), "openssl genpkey") {
		t.Fatalf("with nonsense: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := makeJournalKey(file); err != nil {
		t.Fatal(err)
	}
	s, err := openStore(context.Background(), filepath.Join(dir, "store"), file, slog.Default(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}
