package pebblestore

import (
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tongbao/internal/store"
)

// The power goes at a random write or sync, with what was not synced kept by
// chance, block by block. After opening again there is a prefix of what was
// committed, everything acknowledged is in it, and all of it fits together.
func TestPowerCutKeepsAcknowledgedPrefix(t *testing.T) {
	rounds := 12
	if n, err := strconv.Atoi(os.Getenv("TONGBAO_POWER_CUTS")); err == nil {
		rounds = n // for a long night
	}
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 4))
		disk := newDisk(t, "/data")
		have, acknowledged := 0, 0
		for life := range 4 {
			var left atomic.Int64
			left.Store(1 << 40)
			var after atomic.Pointer[vfs.MemFS]
			powered, chance, kept := disk, rand.New(rand.NewPCG(seed, uint64(life))), r.IntN(101)
			cut := errorfs.InjectorFunc(func(op errorfs.Op) error {
				if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && left.Add(-1) == 0 {
					after.Store(powered.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: kept, RNG: chance}))
				}
				return nil
			})
			options := small("/data", errorfs.Wrap(disk, cut))
			options.CheckpointBytes = 15_000
			if life > 0 && r.IntN(3) == 0 {
				left.Store(1 + r.Int64N(60)) // while it opens, or soon after
			}
			s, err := Open(ctx, options)
			if err != nil {
				t.Fatalf("seed %d, life %d: %v", seed, life, err)
			}
			soon := 1 + r.Int64N(150)
			for old := left.Load(); old > soon && !left.CompareAndSwap(old, soon); old = left.Load() {
				// Writes behind the store's back count down beside us.
			}
			head, _ := s.Head(ctx)
			have = int(head.Position)
			if have < acknowledged {
				t.Fatalf("seed %d, life %d: %d entries, %d had been acknowledged", seed, life, have, acknowledged)
			}
			whole(t, s, have)
			var flying []store.Pending
			var sizes []int
			for i := 0; i < 200 && after.Load() == nil; i++ {
				n := 1 + r.IntN(30)
				pending, err := transfers(s, have, n)
				if err != nil {
					t.Fatal(err)
				}
				have += n
				flying, sizes = append(flying, pending), append(sizes, have)
				if r.IntN(2) == 0 {
					if err := flying[0].Wait(); err != nil {
						t.Fatal(err)
					}
					if after.Load() == nil { // else the cut may have been before
						acknowledged = sizes[0]
					}
					flying, sizes = flying[1:], sizes[1:]
				}
			}
			s.Close()
			if disk = after.Load(); disk == nil {
				t.Fatalf("seed %d, life %d: the power never went", seed, life)
			}
		}
	}
}

// Killed processes leave everything that was written, and no checkpoint.
func TestKillWithoutClose(t *testing.T) {
	disk := newDisk(t, "/data")
	for life := range 5 {
		s := mustOpen(t, small("/data", disk))
		whole(t, s, life*300)
		for i := range 10 {
			commit(t, s, life*300+i*30, 30)
		}
		disk = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
		defer s.Close()
	}
}
