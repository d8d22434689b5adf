package pebblestore

import (
	"errors"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tongbao/internal/frame"
	"tongbao/internal/store"
)

// full is a disk that can be full: for all, or for files whose path holds only.
type full struct {
	only  string
	on    atomic.Bool
	wrong error
	kinds []errorfs.OpKind
}

func (f *full) String() string { return "full" }

func (f *full) MaybeError(op errorfs.Op) error {
	if !f.on.Load() || !strings.Contains(op.Path, f.only) {
		return nil
	}
	for _, kind := range f.kinds {
		if op.Kind == kind {
			return f.wrong
		}
	}
	return nil
}

var growing = []errorfs.OpKind{errorfs.OpCreate, errorfs.OpFileWrite, errorfs.OpFileWriteAt, errorfs.OpMkdirAll, errorfs.OpRename, errorfs.OpLink}

func TestFullDiskRefusesAndRecovers(t *testing.T) {
	disk := newDisk(t, "/data")
	fault := &full{wrong: syscall.ENOSPC, kinds: growing}
	s := mustOpen(t, small("/data", errorfs.Wrap(disk, fault)))
	have := 0
	for range 5 {
		commit(t, s, have, 10)
		have += 10
		fault.on.Store(true)
		pending, err := transfers(s, have, 10)
		if err != nil {
			t.Fatal(err)
		}
		second, secondErr := transfers(s, have+10, 10)
		// The batch is blanked out again before anyone is told; while that can't be
		// done nobody knows.
		if err := pending.Wait(); !errors.Is(err, store.ErrLost) {
			t.Fatalf("on a full disk: %v", err)
		}
		if secondErr == nil {
			secondErr = second.Wait()
		}
		if !errors.Is(secondErr, store.ErrLost) && !errors.Is(secondErr, store.ErrUnavailable) {
			t.Fatalf("the batch that saw the lost one: %v", secondErr)
		}
		if _, err := transfers(s, have, 10); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("begin on a full disk: %v", err)
		}
		whole(t, s, have) // reading goes on
		fault.on.Store(false)
	}
	commit(t, s, have, 10)
	whole(t, s, have+10)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, small("/data", disk))
	defer s.Close()
	whole(t, s, have+10)
}

// A batch that was half written before the disk was full leaves no trace, though
// it is written again at the same place, byte for byte.
func TestLostBatchIsNeverFoundAgain(t *testing.T) {
	disk := newDisk(t, "/data")
	var failing atomic.Int64
	inject := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWriteAt && strings.HasSuffix(op.Path, frame.SegmentSuffix) && failing.Add(-1) == 0 {
			return syscall.EIO
		}
		return nil
	})
	g := &gate{}
	s := mustOpen(t, Options{Dir: "/data", FS: errorfs.Wrap(disk, errorfs.Any(g, inject))})
	commit(t, s, 0, 10)
	open := g.close()
	first, err := transfers(s, 10, 10) // holds the sync
	if err != nil {
		t.Fatal(err)
	}
	<-g.held // the first is written and waits for its sync
	second, err := transfers(s, 20, 10)
	if err != nil {
		t.Fatal(err)
	}
	third, err := transfers(s, 30, 10)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond) // so that both are encoded and go together; either way holds
	failing.Store(2)
	open()
	if err := first.Wait(); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for _, p := range []store.Pending{second, third} {
		if err := p.Wait(); errors.Is(err, store.ErrLost) {
			lost++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	have := 40 - 10*lost
	failing.Store(0)
	whole(t, s, have)
	commit(t, s, have, 10)
	after := disk.CrashClone(vfs.CrashCloneCfg{})
	s.Close()
	s = mustOpen(t, Options{Dir: "/data", FS: after})
	defer s.Close()
	whole(t, s, have+10)
}

func TestFailedSyncTakesNoMoreWrites(t *testing.T) {
	disk := newDisk(t, "/data")
	fault := &full{only: frame.SegmentSuffix, wrong: syscall.EIO, kinds: []errorfs.OpKind{errorfs.OpFileSyncData, errorfs.OpFileSync}}
	s := mustOpen(t, small("/data", errorfs.Wrap(disk, fault)))
	commit(t, s, 0, 10)
	fault.on.Store(true)
	pending, err := transfers(s, 10, 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := pending.Wait(); !errors.Is(err, store.ErrUnknown) {
		t.Fatalf("after a failed sync: %v", err)
	}
	if _, _, err := s.Entry(ctx, "c0000010"); !errors.Is(err, store.ErrUnknown) {
		t.Fatalf("a command of a batch that may be on disk: %v", err)
	}
	fault.on.Store(false)
	for range 3 {
		if _, err := transfers(s, 10, 10); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("begin after a failed sync: %v", err)
		}
	}
	whole(t, s, 10)
	s.Close()
	s = mustOpen(t, small("/data", disk))
	defer s.Close()
	head, _ := s.Head(ctx)
	whole(t, s, int(head.Position)) // with the batch or without
	commit(t, s, int(head.Position), 10)
}

// The index may lag: where only it has no space, batches are refused and then
// taken again, and nothing ends.
func TestIndexWaitsForSpace(t *testing.T) {
	disk := newDisk(t, "/data")
	fault := &full{only: "/index/", wrong: syscall.ENOSPC, kinds: growing}
	options := small("/data", errorfs.Wrap(disk, fault))
	options.MemTableBytes = 256 << 10 // several batches, so that those in flight still fit
	s := mustOpen(t, options)
	fault.on.Store(true)
	have := 0
	deadline := time.Now().Add(20 * time.Second)
	for {
		pending, err := transfers(s, have, 50)
		if errors.Is(err, store.ErrUnavailable) {
			break
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("after %d entries: %v", have, err)
		}
		if err := pending.Wait(); err != nil {
			t.Fatal(err)
		}
		have += 50
	}
	whole(t, s, have)
	fault.on.Store(false)
	for s.patient.full() {
		time.Sleep(time.Millisecond)
	}
	commit(t, s, have, 50)
	whole(t, s, have+50)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, small("/data", disk))
	defer s.Close()
	whole(t, s, have+50)
}

func TestCloseOnFullDisk(t *testing.T) {
	disk := newDisk(t, "/data")
	fault := &full{wrong: syscall.ENOSPC, kinds: growing}
	s := mustOpen(t, small("/data", errorfs.Wrap(disk, fault)))
	commit(t, s, 0, 100)
	fault.on.Store(true)
	s.Close()
	s = mustOpen(t, small("/data", disk))
	defer s.Close()
	whole(t, s, 100)
}

// Where even blanking out needs space (file systems that copy on write), nobody
// can say what became of the batch, until there is space again.
func TestBatchThatCannotBeBlankedIsInDoubt(t *testing.T) {
	disk := newDisk(t, "/data")
	var failing atomic.Bool
	var writes atomic.Int64
	inject := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWriteAt && failing.Load() && writes.Add(1) > 1 {
			return syscall.ENOSPC
		}
		return nil
	})
	g := &gate{}
	s := mustOpen(t, Options{Dir: "/data", FS: errorfs.Wrap(disk, errorfs.Any(g, inject))})
	commit(t, s, 0, 10)
	open := g.close()
	var pending []store.Pending
	for i := range 3 {
		p, err := transfers(s, 10+10*i, 10)
		if err != nil {
			t.Fatal(err)
		}
		pending = append(pending, p)
		if i == 0 {
			<-g.held
		}
	}
	for len(s.toWrite) < 2 { // the other two go together: one is written, one is not
		time.Sleep(time.Millisecond)
	}
	failing.Store(true)
	open()
	if err := pending[0].Wait(); err != nil {
		t.Fatal(err)
	}
	for _, p := range pending[1:] {
		if err := p.Wait(); !errors.Is(err, store.ErrUnknown) {
			t.Fatalf("a batch that cannot be blanked out: %v", err)
		}
	}
	if _, _, err := s.Entry(ctx, "c0000020"); !errors.Is(err, store.ErrUnknown) {
		t.Fatalf("its command: %v", err)
	}
	if _, err := transfers(s, 20, 10); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("begin meanwhile: %v", err)
	}
	failing.Store(false)
	commit(t, s, 20, 10)
	whole(t, s, 30)
	after := disk.CrashClone(vfs.CrashCloneCfg{})
	s.Close()
	s = mustOpen(t, Options{Dir: "/data", FS: after})
	defer s.Close()
	whole(t, s, 30)
}

// Pebble cannot go on where its manifest can't be written. That takes the writing
// and leaves the reading, and the process.
func TestIndexThatCannotGoOnTakesNoMoreWrites(t *testing.T) {
	disk := newDisk(t, "/data")
	fault := &full{only: "MANIFEST", wrong: syscall.EIO, kinds: []errorfs.OpKind{errorfs.OpFileWrite, errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpCreate}}
	options := small("/data", errorfs.Wrap(disk, fault))
	options.CheckpointBytes = 1 << 40
	s := mustOpen(t, options)
	have := 0
	for ; have < 300; have += 10 {
		commit(t, s, have, 10)
	}
	fault.on.Store(true)
	go s.flushIndex() // it does not come back
	<-s.indexEnded
	if _, err := transfers(s, have, 10); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("begin after the index has ended: %v", err)
	}
	if a, err := s.Account(ctx, mint); err != nil || a.Entries != uint64(have) {
		t.Fatalf("the mint reads as %+v, %v", a, err)
	}
	if r, ok, err := s.Record(ctx, key("7")); err != nil || !ok || string(r.Value) != "a trade" {
		t.Fatalf("a record reads as %+v, %t, %v", r, ok, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// Another process goes on: this one keeps Pebble's lock.
	s = mustOpen(t, small("/data", disk.CrashClone(vfs.CrashCloneCfg{})))
	defer s.Close()
	whole(t, s, have)
}

// A batch was lost on a full disk, and the journal has space again while the index
// still waits for it: no batch is taken until the index has it too. One was, and the
// next refused: found by `tongbao simulate --seed 202 --faults`.
func TestAfterALostBatchNoneIsTakenWhileTheIndexWaits(t *testing.T) {
	disk := newDisk(t, "/data")
	journal := &full{only: frame.SegmentSuffix, wrong: syscall.ENOSPC, kinds: growing}
	index := &full{only: "/index/", wrong: syscall.ENOSPC, kinds: growing}
	s := mustOpen(t, small("/data", errorfs.Wrap(disk, errorfs.Any(journal, index))))
	commit(t, s, 0, 30)
	journal.on.Store(true)
	pending, err := transfers(s, 30, 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := pending.Wait(); !errors.Is(err, store.ErrLost) {
		t.Fatalf("on a full disk: %v", err)
	}
	index.on.Store(true)
	go s.flushIndex()
	for !s.patient.full() {
		time.Sleep(time.Millisecond)
	}
	journal.on.Store(false)
	for range 3 {
		if _, err := transfers(s, 30, 10); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("while the index waits for space: %v", err)
		}
	}
	whole(t, s, 30)
	index.on.Store(false)
	for s.patient.full() {
		time.Sleep(time.Millisecond)
	}
	commit(t, s, 30, 10)
	whole(t, s, 40)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, small("/data", disk))
	defer s.Close()
	whole(t, s, 40)
}
