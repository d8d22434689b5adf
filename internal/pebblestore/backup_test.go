package pebblestore

import (
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tongbao/internal/frame"
)

// A backup shares what never changes again with the folder that it is of, or copies
// it where that can't be; either way what one of the two does later the other does not
// see, and batches do not pay for frozen accounts while the journal is copied.
func TestABackupIsOfOneMomentHoweverItIsMade(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		name := map[bool]string{false: "linked", true: "copied to another file system"}[elsewhere]
		t.Run(name, func(t *testing.T) {
			disk := newDisk(t, "/data")
			var s *Store
			var links, copies, held atomic.Int64
			watch := errorfs.InjectorFunc(func(op errorfs.Op) error {
				segment := strings.HasSuffix(op.Path, frame.SegmentSuffix)
				switch {
				case op.Kind == errorfs.OpLink && segment:
					if elsewhere {
						return syscall.EXDEV
					}
					links.Add(1)
				case op.Kind == errorfs.OpLink && elsewhere && strings.HasSuffix(op.Path, runSuffix):
					return syscall.EXDEV
				case op.Kind == errorfs.OpCreate && segment && strings.HasPrefix(op.Path, "/copy"):
					copies.Add(1)
					s.mu.RLock()
					held.Add(int64(len(s.frozen)))
					s.mu.RUnlock()
				}
				return nil
			})
			options := small("/data", errorfs.Wrap(disk, watch))
			options.CheckpointBytes = 1 << 40 // the store's own checkpoints freeze accounts too
			s = mustOpen(t, options)
			for have := 0; have < 600; have += 30 {
				commit(t, s, have, 30)
			}
			segments := int64(s.journal.end.segment)
			if err := s.Backup(ctx, "/copy"); err != nil {
				t.Fatal(err)
			}
			if elsewhere && copies.Load() != segments || !elsewhere && (copies.Load() != 1 || links.Load() != segments-1) || segments < 3 {
				t.Errorf("of %d segments %d were linked and %d copied", segments, links.Load(), copies.Load())
			}
			if held.Load() > 0 {
				t.Errorf("accounts were still frozen while segments were copied")
			}
			commit(t, s, 600, 30)
			copied := mustOpen(t, small("/copy", disk))
			whole(t, copied, 600)
			commit(t, copied, 600, 90)
			whole(t, copied, 690)
			whole(t, s, 630)
			for _, one := range []*Store{copied, s} {
				if err := one.Close(); err != nil {
					t.Fatal(err)
				}
			}
			for dir, have := range map[string]int{"/copy": 690, "/data": 630} {
				again := mustOpen(t, small(dir, disk))
				whole(t, again, have)
				if err := again.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
