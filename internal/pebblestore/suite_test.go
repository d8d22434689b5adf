package pebblestore

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tongbao/internal/frame"
	"tongbao/internal/store"
	"tongbao/internal/store/storetest"
)

// gate holds back the journal's syncs while it is shut.
type gate struct {
	mu   sync.Mutex
	shut chan struct{}
	held chan struct{} // gets one for each sync held back
}

func (g *gate) MaybeError(op errorfs.Op) error {
	if op.Kind == errorfs.OpFileSyncData && strings.HasSuffix(op.Path, frame.SegmentSuffix) {
		g.mu.Lock()
		shut := g.shut
		g.mu.Unlock()
		if shut != nil {
			g.held <- struct{}{}
			<-shut
		}
	}
	return nil
}

func (g *gate) String() string { return "gate" }

func (g *gate) close() (open func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	shut := make(chan struct{})
	g.shut, g.held = shut, make(chan struct{}, 100)
	return func() {
		g.mu.Lock()
		g.shut = nil
		g.mu.Unlock()
		close(shut)
	}
}

// small makes segments and checkpoints so small that every test has several.
func small(dir string, fs vfs.FS) Options {
	return Options{Dir: dir, FS: fs, SegmentBytes: 5_000, CheckpointBytes: 12_000, MemTableBytes: 1 << 20, CacheBytes: 1 << 20, PlacesInMemory: 50}
}

func mustOpen(t testing.TB, options Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStoreOnDisk(t *testing.T) {
	gates := sync.Map{}
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T, dir string) store.Store {
			g := &gate{}
			s := mustOpen(t, small(dir, errorfs.Wrap(vfs.Default, g)))
			gates.Store(s, g)
			return s
		},
		Stall: func(_ *testing.T, s store.Store) func() {
			g, _ := gates.Load(s)
			return g.(*gate).close()
		},
	})
}

// In memory, on a file system that can lose what was not synced.
func TestStoreThatCrashes(t *testing.T) {
	open := func(t *testing.T, dir string, disk *vfs.MemFS) store.Store {
		return mustOpen(t, small(dir, disk))
	}
	disks := sync.Map{} // by test, since a backup is opened beside the store
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T, dir string) store.Store {
			disk, _ := disks.LoadOrStore(t.Name(), newDisk(t, dir))
			return open(t, dir, disk.(*vfs.MemFS))
		},
		Crash: func(t *testing.T, dir string, s store.Store) store.Store {
			after := s.(*Store).fs.(*vfs.MemFS).CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rand.New(rand.NewPCG(1, 2))})
			s.Close()
			disks.Store(t.Name(), after)
			return open(t, dir, after)
		},
	})
}

// newDisk makes a file system that can crash, with the folder above dir on it for
// good.
func newDisk(t testing.TB, dir string) *vfs.MemFS {
	disk := vfs.NewCrashableMem()
	above := disk.PathDir(dir)
	if err := disk.MkdirAll(above, 0o755); err != nil {
		t.Fatal(err)
	}
	for ; ; above = disk.PathDir(above) {
		if err := syncDir(disk, above); err != nil {
			t.Fatal(err)
		}
		if above == disk.PathDir(above) {
			return disk
		}
	}
}
