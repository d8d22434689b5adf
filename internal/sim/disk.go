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

// mishap is what goes wrong at a step. Most befall one write to the journal.
type mishap int

const (
	none       mishap = iota
	cutBefore         // the power goes before anything is written
	cutTorn           // in the middle of the write, a part of which stays
	cutLost           // after the write and before its sync, and nothing of it stays
	cutKept           // the same, and all of it stays: it has happened, and nobody was told
	cutTold           // after the sync and before the answer
	failWrite         // the write fails after a part
	failLost          // the sync fails; after a restart the write turns out lost
	failKept          // the sync fails; after a restart the write turns out kept
	diskFull          // there is no space, for the index neither, until the answers are there
	failBeside        // from this step on, until a restart: a write or sync beside the journal fails
	restart           // after the step the platform is closed in order, and opened again
	restartCut        // after the step the power goes
)

var mishapNames = []string{"none", "power cut before the write", "power cut within the write", "power cut before the sync, write lost",
	"power cut before the sync, write kept", "power cut after the sync", "write failed", "sync failed, write lost", "sync failed, write kept",
	"disk full", "a write beside the journal failing from here on", "a restart", "a power cut afterwards"}

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

	beside  mishap // in wait for a file beside the journal
	nth     int    // write or sync of such a file that it befalls
	full    bool
	opening int // writes and syncs until the power goes during a start; 0: it doesn't

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

// arm sets a mishap of the journal for the nth write to it from now on.
func (d *disk) arm(m mishap, n, part int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wait, d.write, d.part, d.happened, d.syncing = m, n, part, none, none
}

// sicken has the nth write or sync of a file beside the journal fail.
func (d *disk) sicken(m mishap, nth int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.beside, d.nth = m, nth
}

// fill takes away all space that is left, or gives it back.
func (d *disk) fill(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}

// cutIn lets the power go at the nth write or sync from now on, of any file.
func (d *disk) cutIn(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opening = n
}

// wasCut says that the power has gone.
func (d *disk) wasCut() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.after != nil
}

// cut lets the power go now.
func (d *disk) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cutNow(restartCut)
}

// trouble is what befalls a write or a sync of a file beside the journal. The
// lock is held. Once the power has gone nothing fails any more: it is the past of
// a process that is dead.
func (d *disk) trouble() error {
	if d.after != nil {
		return nil
	}
	if d.opening > 0 {
		if d.opening--; d.opening == 0 {
			d.cutNow(restartCut)
		}
	}
	if d.full {
		return syscall.ENOSPC
	}
	if d.beside == failBeside {
		if d.nth--; d.nth == 0 {
			return syscall.EIO
		}
	}
	return nil
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
	if d.after == nil { // closed in order
		d.after = d.mem
	}
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

// The file system's own words, for who writes.

func (d *disk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := d.guard(name); err != nil {
		return nil, err
	}
	f, err := d.FS.Create(name, category)
	return d.watch(name, f), err
}

func (d *disk) OpenReadWrite(name string, category vfs.DiskWriteCategory, options ...vfs.OpenOption) (vfs.File, error) {
	f, err := d.FS.OpenReadWrite(name, category, options...)
	return d.watch(name, f), err
}

func (d *disk) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(old, name, category)
	return d.watch(name, f), err
}

func (d *disk) Rename(old, name string) error {
	if err := d.guard(name); err != nil {
		return err
	}
	return d.FS.Rename(old, name)
}

func (d *disk) Link(old, name string) error {
	if err := d.guard(name); err != nil {
		return err
	}
	return d.FS.Link(old, name)
}

func (d *disk) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	return d.watch(name, f), err
}

func (d *disk) guard(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if strings.HasPrefix(name, journalDir) {
		if d.full && d.after == nil {
			return syscall.ENOSPC
		}
		return nil
	}
	return d.trouble()
}

func (d *disk) watch(name string, f vfs.File) vfs.File {
	switch {
	case f == nil:
		return nil
	case strings.HasPrefix(name, journalDir):
		return &journalFile{File: f, disk: d}
	}
	return &besideFile{File: f, disk: d}
}

// Unwrap is vfs.FS's.
func (d *disk) Unwrap() vfs.FS { return d.FS }

// besideFile is a file beside the journal: of the index, the accounts, the places.
type besideFile struct {
	vfs.File
	disk *disk
}

// guard takes the disk's lock for no longer than it needs: the index writes a lot.
func (f *besideFile) guard() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return f.disk.trouble()
}

func (f *besideFile) Write(b []byte) (int, error) {
	if err := f.guard(); err != nil {
		return 0, err
	}
	return f.File.Write(b)
}

func (f *besideFile) WriteAt(b []byte, offset int64) (int, error) {
	if err := f.guard(); err != nil {
		return 0, err
	}
	return f.File.WriteAt(b, offset)
}

func (f *besideFile) Sync() error {
	if err := f.syncGuard(); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *besideFile) SyncData() error {
	if err := f.syncGuard(); err != nil {
		return err
	}
	return f.File.SyncData()
}

// A full disk lets be synced what is written.
func (f *besideFile) syncGuard() error {
	if err := f.guard(); err != syscall.ENOSPC {
		return err
	}
	return nil
}

type journalFile struct {
	vfs.File
	disk *disk
}

func (f *journalFile) WriteAt(b []byte, offset int64) (int, error) {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.opening > 0 {
		if d.opening--; d.opening == 0 {
			d.cutNow(restartCut)
		}
	}
	if d.full && d.after == nil {
		return 0, syscall.ENOSPC
	}
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
