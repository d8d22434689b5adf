package pebblestore

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tongbao/internal/frame"
	"tongbao/internal/store"
)

// A real file system that is really full. It needs a mount, and so root.
func TestRealSmallDiskIsFilledAndFreedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("mounts a tmpfs, which is Linux's")
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("a small file system cannot be mounted here (%v); root can", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	options := small(filepath.Join(dir, "data"), nil)
	options.MemTableBytes = 256 << 10
	s := mustOpen(t, options)
	defer s.Close()
	have := 0
	for round := range 3 {
		commit(t, s, have, 50)
		have += 50
		ballast := filepath.Join(dir, "ballast")
		fill(t, ballast)
		refused := false
		for range 2000 { // what room the last file has is used up first
			pending, err := transfers(s, have, 50)
			if err == nil {
				if err = pending.Wait(); err == nil {
					have += 50
					continue
				}
			}
			if !errors.Is(err, store.ErrLost) && !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrUnknown) {
				t.Fatalf("round %d, on a full disk: %v", round, err)
			}
			refused = true
			break
		}
		if !refused {
			t.Fatalf("round %d: the disk is full and %d entries are taken", round, have)
		}
		if entry, ok, err := s.Entry(ctx, "c0000007"); err != nil || !ok || entry.Position != 8 {
			t.Fatalf("round %d: reading does not go on: %v", round, err)
		}
		if _, err := s.History(ctx, mint, 0, 10); err != nil {
			t.Fatalf("round %d: reading does not go on: %v", round, err)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		for s.patient.full() {
			time.Sleep(time.Millisecond)
		}
		whole(t, s, have)
	}
	commit(t, s, have, 50)
	whole(t, s, have+50)
}

// fill writes until there is no more room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			size /= 2
		}
	}
}

// A disk that has become read-only takes no batch and is read from as before;
// made writable, it goes on by itself.
func TestReadOnlyDiskRefusesAndRecovers(t *testing.T) {
	disk := newDisk(t, "/data")
	fault := &full{only: frame.SegmentSuffix, wrong: syscall.EROFS, kinds: growing}
	s := mustOpen(t, small("/data", errorfs.Wrap(disk, fault)))
	commit(t, s, 0, 10)
	for range 3 {
		fault.on.Store(true)
		if pending, err := transfers(s, 10, 10); err == nil {
			err = pending.Wait()
			if !errors.Is(err, store.ErrLost) {
				t.Fatalf("on a read-only disk: %v", err)
			}
		}
		if _, err := transfers(s, 10, 10); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("begin on a read-only disk: %v", err)
		}
		whole(t, s, 10)
		fault.on.Store(false)
	}
	commit(t, s, 10, 10)
	whole(t, s, 20)
	s.Close()
	s = mustOpen(t, small("/data", disk))
	defer s.Close()
	whole(t, s, 20)
}

// Where a sync takes half a second batches wait for it, several share one, and
// readers wait for nothing.
func TestSlowSyncsDelayBatchesAndNothingElse(t *testing.T) {
	disk := newDisk(t, "/data")
	var slow atomic.Bool
	var syncs atomic.Int64
	inject := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if slow.Load() && op.Kind == errorfs.OpFileSyncData && strings.HasSuffix(op.Path, frame.SegmentSuffix) {
			syncs.Add(1)
			time.Sleep(500 * time.Millisecond)
		}
		return nil
	})
	s := mustOpen(t, Options{Dir: "/data", FS: errorfs.Wrap(disk, inject)})
	commit(t, s, 0, 10)
	slow.Store(true)
	var pending []store.Pending
	for i := range 8 {
		p, err := transfers(s, 10+10*i, 10)
		if err != nil {
			t.Fatal(err)
		}
		pending = append(pending, p)
		if entries, err := s.Journal(ctx, 0, 1000); err != nil || len(entries) < 10 {
			t.Fatalf("read meanwhile: %d entries, %v", len(entries), err)
		}
	}
	for _, p := range pending {
		if err := p.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if n := syncs.Load(); n >= 8 {
		t.Errorf("8 batches cost %d syncs", n)
	}
	slow.Store(false)
	whole(t, s, 90)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
