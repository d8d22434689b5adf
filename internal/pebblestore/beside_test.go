package pebblestore

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tongbao/internal/store"
)

// Faults under what is derived from the journal: the index with its manifest, the
// checkpoints, the places, the signed heads. Nothing acknowledged hangs on any of it.

var (
	changing = append([]errorfs.OpKind{errorfs.OpRemove}, growing...)
	syncing  = []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo}
	looking  = []errorfs.OpKind{errorfs.OpFileRead, errorfs.OpFileReadAt, errorfs.OpOpen}
)

// goOn commits batches of ten while a fault is on, until one is refused or enough
// were taken, and asks for a checkpoint, which writes all that is derived.
func goOn(t *testing.T, s *Store, have int) int {
	t.Helper()
	checkpoint := make(chan error, 1)
	go func() {
		s.checkpoints.mu.Lock()
		defer s.checkpoints.mu.Unlock()
		checkpoint <- s.checkpoint()
	}()
	for range 40 {
		pending, err := transfers(s, have, 10)
		if err == nil {
			err = pending.Wait()
		}
		if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrLost) {
			break
		}
		if err != nil {
			t.Fatalf("after %d entries: %v", have, err)
		}
		have += 10
	}
	select {
	case <-checkpoint:
	case <-time.After(100 * time.Millisecond): // it waits for the disk
	}
	return have
}

// The disk is full, over its quota or read-only for some of the files or all: what
// is taken meanwhile is kept, reading goes on, and when writing is possible again
// so does everything, without a restart.
func TestADiskThatCannotBeWrittenToIsWaitedFor(t *testing.T) {
	for _, wrong := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS} {
		for _, only := range []string{"", "/index/", "MANIFEST", "marker.manifest", ".sst", "/accounts/", "/places/", "/journal/heads"} {
			t.Run(fmt.Sprintf("%s under %q", wrong, only), func(t *testing.T) {
				disk := newDisk(t, "/data")
				fault := &full{only: only, wrong: wrong, kinds: changing}
				options := small("/data", errorfs.Wrap(disk, fault))
				options.MemTableBytes = 256 << 10
				s := mustOpen(t, options)
				have := 0
				for range 3 {
					commit(t, s, have, 10)
					fault.on.Store(true)
					have = goOn(t, s, have+10)
					whole(t, s, have)
					fault.on.Store(false)
					for s.patient.full() {
						time.Sleep(time.Millisecond)
					}
				}
				commit(t, s, have, 10)
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = mustOpen(t, small("/data", disk.CrashClone(vfs.CrashCloneCfg{})))
				defer s.Close()
				whole(t, s, have+10)
			})
		}
	}
}

// Writing or syncing fails for other reasons. Under the manifest that ends the
// taking of batches until the next start, and the reading goes on, snapshots too;
// elsewhere it is done again.
func TestAFaultBesideTheJournalLosesNothing(t *testing.T) {
	for _, kinds := range [][]errorfs.OpKind{changing, syncing} {
		for _, only := range []string{"/index/", "MANIFEST", "marker.manifest", ".sst", "/accounts/", "/places/", "/journal/heads"} {
			t.Run(fmt.Sprintf("%d kinds under %q", len(kinds), only), func(t *testing.T) {
				disk := newDisk(t, "/data")
				fault := &full{only: only, wrong: syscall.EIO, kinds: kinds}
				options := small("/data", errorfs.Wrap(disk, fault))
				options.MemTableBytes = 256 << 10
				s := mustOpen(t, options)
				commit(t, s, 0, 300)
				fault.on.Store(true)
				have := goOn(t, s, 300)
				whole(t, s, have)
				fault.on.Store(false)
				select {
				case <-s.indexEnded:
					if only == "/accounts/" || only == "/places/" || only == "/journal/heads" {
						t.Error("the index has ended")
					}
				case <-time.After(20 * time.Millisecond):
					commit(t, s, have, 10)
					have += 10
				}
				whole(t, s, have)
				_ = s.Close()
				s = mustOpen(t, small("/data", disk.CrashClone(vfs.CrashCloneCfg{})))
				defer s.Close()
				whole(t, s, have)
				commit(t, s, have, 10)
			})
		}
	}
}

// A read that fails fails the one who asked, and changes nothing.
func TestAReadThatFailsChangesNothing(t *testing.T) {
	for _, only := range []string{"/places/", "/index/", "/journal/"} {
		t.Run(only, func(t *testing.T) {
			disk := newDisk(t, "/data")
			fault := &full{only: only, wrong: syscall.EIO, kinds: looking}
			options := small("/data", errorfs.Wrap(disk, fault))
			s := mustOpen(t, options)
			commit(t, s, 0, 300)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = mustOpen(t, options) // with nothing in memory
			fault.on.Store(true)
			failed := 0
			for i := range 300 {
				if _, _, err := s.Entry(ctx, fmt.Sprintf("c%07d", i)); err != nil {
					failed++
				}
			}
			pending, err := transfers(s, 0, 10) // all of them are repeats: they must be found, or not be answered
			if err == nil {
				err = pending.Wait()
			}
			if only != "/index/" && (failed == 0 || err == nil) {
				t.Errorf("%d reads failed; repeats were taken as %v", failed, err)
			}
			fault.on.Store(false)
			whole(t, s, 300)
			commit(t, s, 300, 10)
			whole(t, s, 310)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// What can't be read at the start is made again from the journal, or the start says
// that it can't.
func TestAStartWhoseReadsFailLosesNothing(t *testing.T) {
	for _, only := range []string{"/accounts/", "/places/", "/index/", "MANIFEST", "marker.manifest", "/journal/"} {
		t.Run(only, func(t *testing.T) {
			disk := newDisk(t, "/data")
			fault := &full{only: only, wrong: syscall.EIO, kinds: looking}
			s := mustOpen(t, small("/data", disk))
			commit(t, s, 0, 300)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			fault.on.Store(true)
			s, err := Open(ctx, small("/data", errorfs.Wrap(disk, fault)))
			if err == nil {
				if strings.HasPrefix(only, "/journal") {
					t.Error("it starts though the journal can't be read")
				}
				fault.on.Store(false)
				whole(t, s, 300)
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			s = mustOpen(t, small("/data", disk))
			defer s.Close()
			whole(t, s, 300)
			commit(t, s, 300, 10)
		})
	}
}
