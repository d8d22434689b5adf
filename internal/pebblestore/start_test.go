package pebblestore

import (
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"
)

// An idle sandbox must stay small and start at once.
func TestSmallFolderStartsAtOnceAndStaysSmall(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Dir: dir})
	commit(t, s, 0, 1000)
	s.Close()
	began := time.Now()
	s = mustOpen(t, Options{Dir: dir})
	defer s.Close()
	took := time.Since(began)
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmRSS") {
			t.Logf("open took %v; %s", took, strings.TrimSpace(line))
		}
	}
	if took > time.Second {
		t.Errorf("a folder with 1000 entries took %v to open", took)
	}
}

// How long a folder that a killed process left takes to open, on a copy of it:
// TONGBAO_KILLED names the folder.
func TestStartAfterAKill(t *testing.T) {
	from := os.Getenv("TONGBAO_KILLED")
	if from == "" {
		t.Skip("TONGBAO_KILLED names no folder")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s := mustOpen(t, Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	took := time.Since(began)
	head, _ := s.Head(ctx)
	t.Logf("open took %v, with %d entries; checkpoint at entry %d", took, head.Position, s.checkpoints.newest)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// How much is to be brought forward at a start must not hang on how long the files of
// places take to merge.
func TestACheckpointDoesNotWaitForAMerge(t *testing.T) {
	disk := newDisk(t, "/data")
	options := small("/data", disk)
	options.CheckpointBytes = 1 << 40
	s := mustOpen(t, options)
	s.places.merging.Lock()
	have := 0
	for range 2 * mergeAt {
		commit(t, s, have, 200)
		have += 200
		if err := s.checkpoint(); err != nil {
			t.Fatal(err)
		}
	}
	files := func() int {
		s.places.mu.RLock()
		defer s.places.mu.RUnlock()
		return len(s.places.runs)
	}
	if n := files(); s.checkpoints.newest != uint64(have) || n < 2*mergeAt {
		t.Errorf("the checkpoint is at entry %d of %d, with %d files of places", s.checkpoints.newest, have, n)
	}
	s.places.merging.Unlock()
	s.places.busy.Wait()
	if n := files(); n >= mergeAt {
		t.Errorf("%d files of places are left", n)
	}
	whole(t, s, have)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, small("/data", disk))
	defer s.Close()
	whole(t, s, have)
}
