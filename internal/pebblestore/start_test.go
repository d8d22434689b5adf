package pebblestore

import (
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
