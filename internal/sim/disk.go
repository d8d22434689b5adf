package sim

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	dataDir    = "/data"
	journalDir = "/data/journal"
)

// mishap is what befalls one write to the journal.
type mishap int

const (
	none      mishap = iota
	cutBefore        // the power goes before anything is written
	cutTorn          // in the middle of the write, a part of which stays
	cutLost          // after the write and before its sync, and nothing of it stays
	cutKept          // the same, and all of it stays: it has happened, and nobody was told
	cutTold          // after the sync and before the answer
	failWrite        // the write fails after a part
	failLost         // the sync fails; after a restart the write turns out lost
	failKept         // the sync fails; after a restart the write turns out kept
)

var mishapNames = []string{"none", "power cut before the write", "power cut within the write", "power cut before the sync, write lost",
	"power cut before the sync, write kept", "power cut after the sync", "write failed", "sync failed, write lost", "sync failed, write kept"}

func (m mishap) String() string { return mishapNames[m] }
func (m mishap) cut() bool      { return m >= cutBefore && m <= cutTold }

// disk is a file system in memory with one mishap in wait. All files are lost or
// kept by chance, block by block, as far as they were not synced; but for the
// journal the mishap says which, because what becomes of the journal decides how
// the run goes on, and that must not hang on what the index did in the background.
type disk struct {
	vfs.FS
	mem *vfs.MemFS

	mu       sync.Mutex
	chance   *rand.Rand // for the files beside the journal
	wait     mishap
	write    int // falls on this write to the journal from now on
	part     int // percent of the write that is done
	syncing  mishap
	happened mishap
	after    *vfs.MemFS // what is found after a cut or a restart

	lies bool // syncs of the journal say yes and do nothing: a bug that a test plants

}

func newDisk(chance *rand.Rand) *disk {
	d := &disk{mem: vfs.NewCrashableMem(), chance: chance}
	d.FS = d.mem
	must(d.mem.MkdirAll(dataDir, 0o755))
	must(syncDir(d.mem, "/"))
	return d
}

func must(err error) {
	if err != nil {
		panic("sim: the disk in memory: " + err.Error())
	}
}

func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// arm sets a mishap for the nth write to the journal from now on.
func (d *disk) arm(m mishap, n, part int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wait, d.write, d.part, d.happened, d.syncing = m, n, part, none, none
}

// struck tells what has happened since arm.
func (d *disk) struck() mishap {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wait = none
	return d.happened
}

// next is the disk as the next process finds it.
func (d *disk) next() *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &disk{FS: d.after, mem: d.after, chance: d.chance, lies: d.lies}
}

// cutNow keeps what a power cut would leave at this moment. The lock is held.
func (d *disk) cutNow(m mishap) {
	if d.after != nil {
		return
	}
	d.happened, d.wait, d.syncing = m, none, none
	// The journal is copied second: nothing derived may be ahead of it.
	after := d.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: d.chance.IntN(101), RNG: d.chance})
	kept := vfs.CrashCloneCfg{}
	if m != cutLost && m != failLost {
		kept = vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: d.chance}
	}
	must(copyDir(d.mem.CrashClone(kept), after, journalDir))
	d.after = after
}

// copyDir makes the folder in to the same as in from, durably.
func copyDir(from, to vfs.FS, dir string) error {
	if err := to.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	names, err := to.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := to.Remove(to.PathJoin(dir, name)); err != nil {
			return err
		}
	}
	if names, err = from.List(dir); err != nil {
		return err
	}
	for _, name := range names {
		in, err := from.Open(from.PathJoin(dir, name))
		if err != nil {
			return err
		}
		bytes, err := io.ReadAll(in)
		if err := errors.Join(err, in.Close()); err != nil {
			return err
		}
		out, err := to.Create(to.PathJoin(dir, name), vfs.WriteCategoryUnspecified)
		if err != nil {
			return err
		}
		_, err = out.Write(bytes)
		if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
			return err
		}
	}
	return errors.Join(syncDir(to, dir), syncDir(to, dataDir))
}

// OpenReadWrite is how the journal's files are opened for writing.
func (d *disk) OpenReadWrite(name string, category vfs.DiskWriteCategory, options ...vfs.OpenOption) (vfs.File, error) {
	f, err := d.FS.OpenReadWrite(name, category, options...)
	if err != nil || !strings.HasPrefix(name, journalDir) {
		return f, err
	}
	return &journalFile{File: f, disk: d}, nil
}

// Unwrap is vfs.FS's.
func (d *disk) Unwrap() vfs.FS { return d.FS }

type journalFile struct {
	vfs.File
	disk *disk
}

func (f *journalFile) WriteAt(b []byte, offset int64) (int, error) {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	m := none
	if d.wait != none {
		if d.write--; d.write == 0 {
			m, d.wait = d.wait, none
		}
	}
	part := b[:len(b)*d.part/100]
	switch m {
	case cutBefore:
		d.cutNow(m)
	case cutTorn:
		if _, err := f.File.WriteAt(part, offset); err != nil {
			return 0, err
		}
		d.cutNow(m)
	case cutLost, cutKept:
		if _, err := f.File.WriteAt(b, offset); err != nil {
			return 0, err
		}
		d.cutNow(m)
	case cutTold, failLost, failKept:
		d.syncing = m
	case failWrite:
		d.happened = m
		n, _ := f.File.WriteAt(part, offset)
		return n, syscall.ENOSPC
	}
	return f.File.WriteAt(b, offset)
}

func (f *journalFile) SyncData() error { return f.sync(f.File.SyncData) }
func (f *journalFile) Sync() error     { return f.sync(f.File.Sync) }

func (f *journalFile) sync(do func() error) error {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	switch m := d.syncing; m {
	case failLost, failKept:
		d.cutNow(m)
		return syscall.EIO
	case cutTold:
		if err := do(); err != nil {
			return err
		}
		d.cutNow(m)
		return nil
	}
	if d.lies {
		return nil
	}
	return do()
}
