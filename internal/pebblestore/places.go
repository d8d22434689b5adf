package pebblestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/huge"
)

// places tells where in the journal a command is, or the newest state of a bulk
// record: from 64 bits of a name to positions. It is the one index that every
// payment adds to, so it is not in Pebble, where a random key costs ten times as
// much as the rest of the payment: what is new gathers in memory, and every half
// million goes, sorted, into a file of its own (run.go), which is never changed;
// files of a size are merged into a larger one. 64 bits are not a name: whoever
// asks reads the entry to be sure.
//
// What files hold is what the journal implies up to a position, and says which;
// the rest is brought forward from there at the next start. Nothing is ever taken
// out, so a snapshot finds what it needs by passing over positions after its own.
type places struct {
	fs   vfs.FS
	dir  string
	pace *pace
	most int // rows that gather in memory

	mu      sync.RWMutex
	newest  *gathered
	seen    uint64      // see warm.go
	emptied *gathered   // its memory is used again
	sealed  []*gathered // full, and being written; oldest first
	runs    []*run      // oldest first, without gaps between their positions

	writing sync.Mutex // held while a file is written
	merging sync.Mutex // held while files are merged, so that nobody who needs one written waits for that
	busy    sync.WaitGroup
}

// place64 is one row.
type place64 struct{ name, position uint64 }

// gathered is what has come in since the last file: a table with open addressing,
// in which a name may stand several times. A row's home is where its name, which is a
// hash, would be among all names: so the table is nearly sorted already.
type gathered struct {
	rows     []place64           // position 0 where empty; a power of two
	next     *huge.Soon[place64] // twice as large, once it is needed soon; else nil
	count    int
	most     int      // after so many rows it is sealed; 0 where that isn't known
	from, to standing // it holds all of the journal after from, up to to
}

const (
	gatherSlot    = 1 << 10 // rows that there is room for at first
	gatheredLarge = 1 << 17 // a table of so many rows has its next one made beforehand
)

func newGathered(from standing) *gathered {
	return &gathered{rows: make([]place64, gatherSlot), from: from, to: from}
}

// empty makes it empty, with room for so many rows.
func (g *gathered) empty(rows int) {
	slots := 16
	for 2*slots < 3*rows+2 {
		slots *= 2
	}
	if g.count = 0; slots > cap(g.rows) {
		g.rows = make([]place64, slots)
		return
	}
	g.rows = g.rows[:slots]
	clear(g.rows)
}

func (g *gathered) add(row place64) {
	switch g.count++; {
	case len(g.rows) >= gatheredLarge && g.count == len(g.rows)/2+len(g.rows)/32 && 3*g.most > 2*len(g.rows):
		g.next = huge.Begin[place64](2 * len(g.rows))
	case 3*g.count > 2*len(g.rows):
		old := g.rows
		g.rows, g.next = g.next.Take(2*len(old)), nil
		for _, r := range old {
			if r.position != 0 {
				g.enter(r)
			}
		}
	}
	g.enter(row)
}

// home is the slot that a name is looked for in first.
func (g *gathered) home(name uint64) uint64 {
	return name >> (bits.LeadingZeros64(uint64(len(g.rows)-1)) & 63)
}

func (g *gathered) enter(row place64) {
	mask := uint64(len(g.rows) - 1)
	i := g.home(row.name)
	for g.rows[i].position != 0 {
		i = (i + 1) & mask
	}
	g.rows[i] = row
}

// find appends the positions of a name.
func (g *gathered) find(name, most uint64, found []uint64) []uint64 {
	mask := uint64(len(g.rows) - 1)
	for i := g.home(name); g.rows[i].position != 0; i = (i + 1) & mask {
		if g.rows[i].name == name && g.rows[i].position <= most {
			found = append(found, g.rows[i].position)
		}
	}
	return found
}

// hasAfter says whether a name has a position after one.
func (g *gathered) hasAfter(name, after uint64) bool {
	mask := uint64(len(g.rows) - 1)
	for i := g.home(name); g.rows[i].position != 0; i = (i + 1) & mask {
		if g.rows[i].name == name && g.rows[i].position > after {
			return true
		}
	}
	return false
}

// sorted lists the rows by name, then position.
func (g *gathered) sorted(b *burst) []place64 {
	rows := make([]place64, 0, g.count)
	var last []place64 // those that found no slot before the end, and so stand at the beginning
	first := 0
	for ; first < len(g.rows) && g.rows[first].position != 0; first++ {
		if row := g.rows[first]; g.home(row.name) > uint64(first) {
			last = append(last, row)
		} else {
			rows = append(rows, row)
		}
	}
	for some := range slices.Chunk(g.rows[first:], 1<<13) {
		for i := range some {
			if some[i].position != 0 {
				rows = append(rows, some[i])
			}
		}
		b.rest()
	}
	rows = append(rows, last...)
	settle(rows, b)
	return rows
}

// settle sorts rows that stand near to their places: each is moved down to its own. Where
// that takes long, as with a name that has very many, they are sorted like any others.
func settle(rows []place64, b *burst) {
	moves := 0
	for i := 1; i < len(rows); i++ {
		row := rows[i]
		k := i
		for ; k > 0 && comparePlaces(row, rows[k-1]) < 0; k-- {
			rows[k] = rows[k-1]
		}
		rows[k] = row
		if moves += i - k; moves > 32*len(rows) {
			slices.SortFunc(rows, comparePlaces)
			return
		}
		if i%(1<<13) == 0 {
			b.rest()
		}
	}
}

func comparePlaces(a, b place64) int {
	if c := cmp.Compare(a.name, b.name); c != 0 {
		return c
	}
	return cmp.Compare(a.position, b.position)
}

// openPlaces reads which files there are.
func openPlaces(fs vfs.FS, dir string, pace *pace, most int, readOnly bool, complain func(name string, err error)) (*places, error) {
	p := &places{fs: fs, dir: dir, pace: pace, most: most}
	found, err := listRuns(fs, dir)
	if err != nil {
		return nil, err
	}
	at := standing{}
	for _, r := range found { // by where they begin, the longest first
		if r.from < at.head.Position {
			if r.to <= at.head.Position && !readOnly { // merged into one that is there
				if err := fs.Remove(r.path); err != nil {
					return nil, err
				}
			}
			continue
		}
		if r.from > at.head.Position {
			break // what comes before it is missing: the journal has it
		}
		if err := r.open(fs); err != nil {
			// It is made again from the journal, with all that comes after it.
			complain(r.path, err)
			continue
		}
		p.runs = append(p.runs, r)
		at = r.reached
	}
	p.newest = p.spare(at)
	return p, nil
}

// reached is how far the places have followed the journal.
func (p *places) reached() standing {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.newest.to
}

// add takes in what a frame brings. It seals what has gathered when that is full;
// the caller then has it written.
func (p *places) add(rows []place64, reached standing) (full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen += p.newest.warm(rows)
	for _, row := range rows {
		p.newest.add(row)
	}
	p.newest.to = reached
	if p.newest.count < p.most {
		return false
	}
	p.seal()
	return true
}

func (p *places) seal() {
	p.sealed = append(p.sealed, p.newest)
	p.newest = p.spare(p.newest.to)
}

// spare is an empty table, as large as the last one has become. The caller holds
// the lock, so nobody reads the one that was emptied any more.
func (p *places) spare(from standing) *gathered {
	g := newGathered(from)
	g.most = p.most
	if p.emptied != nil {
		g.rows, p.emptied = p.emptied.rows, nil
		clear(g.rows)
	}
	return g
}

// find lists the positions up to most that a name has, newest first.
func (p *places) find(name, most uint64) (found []uint64, err error) {
	err = p.each(name, most, newestFirst, func(position uint64) (bool, error) {
		found = append(found, position)
		return true, nil
	})
	return found, err
}

// order is in which order the files are looked through, after what is in memory. Where
// a name has one position at most, it is likeliest in the largest file, which is the
// oldest, as files are merged: what was brought lately is in memory still.
type order bool

const (
	newestFirst  order = false
	largestFirst order = true
)

// each hands over the positions up to most that a name has, until it is told that this
// is enough: what comes after in the order is not looked for then.
func (p *places) each(name, most uint64, order order, more func(position uint64) (bool, error)) (err error) {
	var some [4]uint64
	visit := func(found []uint64) (bool, error) {
		slices.Sort(found)
		for _, position := range slices.Backward(found) {
			if on, err := more(position); !on || err != nil {
				return false, err
			}
		}
		return true, nil
	}
	p.mu.RLock()
	found := p.newest.find(name, most, some[:0])
	for _, g := range p.sealed {
		found = g.find(name, most, found)
	}
	runs := p.runs
	for _, r := range runs {
		r.acquire()
	}
	p.mu.RUnlock() // nobody waits while files are read
	defer func() {
		for _, r := range runs {
			err = errors.Join(err, r.release())
		}
	}()
	if on, err := visit(found); !on || err != nil {
		return err
	}
	for i := range runs {
		r := runs[len(runs)-1-i]
		if order == largestFirst {
			r = runs[i]
		}
		found, err := r.find(name, most, some[:0])
		if err != nil {
			return err
		}
		if on, err := visit(found); !on || err != nil {
			return err
		}
	}
	return nil
}

// write puts sealed rows into files.
func (p *places) write() error {
	p.writing.Lock()
	defer p.writing.Unlock()
	for {
		p.mu.RLock()
		sealed := p.sealed
		p.mu.RUnlock()
		if len(sealed) == 0 {
			return nil
		}
		g, b := sealed[0], p.pace.burst()
		r, err := writeRun(p.fs, p.dir, b, g.from.head.Position, g.to, slices.Values(g.sorted(b)), g.count)
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.runs = append(p.runs, r)
		p.sealed = slices.Delete(slices.Clone(p.sealed), 0, 1)
		p.emptied = g
		p.mu.Unlock()
	}
}

// flush puts everything that has gathered into files.
func (p *places) flush() error {
	p.mu.Lock()
	if p.newest.count > 0 {
		p.seal()
	}
	p.mu.Unlock()
	return p.write()
}

// mergeAt is how many files of a size make one of the next.
const mergeAt = 8

// merge joins the newest mergeAt files, where none of them is more than mergeAt
// times as large as another.
func (p *places) merge() error {
	p.merging.Lock()
	defer p.merging.Unlock()
	for {
		p.mu.RLock()
		runs := slices.Clone(p.runs)
		p.mu.RUnlock()
		n := len(runs)
		joined := 0
		for k := mergeAt; k <= n; k++ { // the longest tail whose oldest is not much larger than the rest together
			rest := int64(0)
			for _, r := range runs[n-k+1:] {
				rest += r.count
			}
			if runs[n-k].count <= rest {
				joined = k
			}
		}
		if joined == 0 {
			return nil
		}
		old := runs[n-joined:]
		count := 0
		for _, r := range old {
			count += int(r.count)
		}
		var failed error
		r, err := writeRun(p.fs, p.dir, p.pace.burst(), old[0].from, old[joined-1].reached, mergeRuns(old, &failed), count)
		if err := errors.Join(failed, err); err != nil {
			return fmt.Errorf("merge %d files of places: %w", joined, err)
		}
		p.mu.Lock()
		p.runs = slices.Concat(p.runs[:n-joined], []*run{r}, p.runs[n:]) // some may have been written meanwhile
		p.mu.Unlock()
		for _, r := range old {
			r.merged.Store(true)
			if err := r.release(); err != nil {
				return err
			}
		}
	}
}

// pinned lists the files with what has not been written yet, for who reads all
// of it; done lets the files go.
func (p *places) pinned() (runs []*run, rest [][]place64, done func() error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, r := range p.runs {
		r.acquire()
	}
	for _, g := range append(slices.Clone(p.sealed), p.newest) {
		rest = append(rest, g.sorted(nil))
	}
	runs = p.runs
	return runs, rest, func() error {
		var errs []error
		for _, r := range runs {
			errs = append(errs, r.release())
		}
		return errors.Join(errs...)
	}
}

// copyTo gives another folder the files.
func (p *places) copyTo(ctx context.Context, dir string) (err error) {
	runs, _, done := p.pinned()
	defer func() { err = errors.Join(err, done()) }()
	for _, r := range runs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := shareFile(ctx, p.fs, r.file, r.path, p.fs.PathJoin(dir, p.fs.PathBase(r.path)), p.pace.burst()); err != nil {
			return err
		}
	}
	return nil
}

func (p *places) close() error {
	p.busy.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, r := range p.runs {
		errs = append(errs, r.release())
	}
	p.runs = nil
	return errors.Join(errs...)
}
