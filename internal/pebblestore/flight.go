package pebblestore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"tongbao/internal/frame"
	"tongbao/internal/store"
)

// flight is a batch between Commit and the moment when it is durable and applied.
// It passes through three goroutines, so that while one batch is being synced the
// next is being encoded: encode, write, apply. The following Begins see its
// effects here; readers don't.
type flight struct {
	*change
	batch uint64 // its number; see young.go

	given  *store.Frame // its frame, where it comes from another journal
	frame  *bytes.Buffer
	header frame.Header
	at     place

	done chan struct{}
	err  error // valid once done is closed
}

// Wait is store.Pending's.
func (f *flight) Wait() error {
	<-f.done
	return f.err
}

// entryOf is the flight's entry of a command, if it has one.
func (f *flight) entryOf(command store.Named) *store.Entry {
	var some [4]uint64
	for _, position := range f.named.find(store.CommandName(command.Stamp), f.last(), some[:0]) {
		if entry := &f.entries[position-f.first]; entry.Command == command.ID {
			return entry
		}
	}
	return nil
}

// record is a record as the flight leaves it, if it writes it.
func (f *flight) record(key store.Key) (store.Record, bool) {
	if changed, ok := f.records[key]; ok {
		return changed.after, true
	}
	var some [8]uint64
	found := f.named.find(f.names.Of(key), f.last(), some[:0])
	if key.Origin != 0 {
		found = f.named.find(store.CommandName(key.Origin), f.last(), found)
	}
	slices.Sort(found)
	for _, position := range slices.Backward(found) { // the newest state is the last
		if record, ok := recordIn(&f.entries[position-f.first], key); ok {
			return record, true
		}
	}
	return store.Record{}, false
}

// recordIn is a record as an entry leaves it.
func recordIn(entry *store.Entry, key store.Key) (store.Record, bool) {
	for i := len(entry.Records) - 1; i >= 0; i-- {
		if r := &entry.Records[i]; r.Key.ID == key.ID && r.Key.Kind == key.Kind {
			return *r, true
		}
	}
	return store.Record{}, false
}

var frames = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// blockEntries is how many entries are packed together. To read one all of them are
// unpacked, and six commands in a thousand of the bench are earlier ones again: of 64 that took 2 %
// of all work. 24 of a payment's are three bytes more for each.
const blockEntries = 24

// encodeFlights gives each batch its frame and its place in the chain.
func (s *Store) encodeFlights() {
	defer close(s.toWrite)
	encoder := frame.Encoder{Together: blockEntries}
	for f := range s.toEncode {
		if s.troubled() {
			s.land(f, store.ErrLost)
			continue
		}
		s.filter.add(f.change)
		s.young.filtered.Store(f.batch)
		f.frame = frames.Get().(*bytes.Buffer)
		f.frame.Reset()
		s.flightMu.Lock()
		before, synced := s.chained, s.durable
		s.flightMu.Unlock()
		var header frame.Header
		var err error
		if f.given == nil {
			header, err = encoder.Encode(f.frame, s.journal.salt, before, f.first, synced, f.entries)
		} else {
			header, err = adoptFrame(f.frame, s.journal.salt, store.Head{Position: f.first - 1, Hash: before}, f.given)
		}
		if err != nil {
			s.stumble(err)
			s.land(f, fmt.Errorf("%w: %w", store.ErrLost, err))
			continue
		}
		f.header = header
		s.flightMu.Lock()
		s.chained = header.Hash
		s.flightMu.Unlock()
		s.toWrite <- f
	}
}

// writeFlights appends what has been encoded and syncs once for all that are
// ready: a frame closes when the sync before ends, not on a timer.
func (s *Store) writeFlights() {
	defer close(s.toApply)
	for f := range s.toWrite {
		group := []*flight{f}
		for more := true; more; {
			select {
			case next, ok := <-s.toWrite:
				if more = ok; ok {
					group = append(group, next)
				}
			default:
				more = false
			}
		}
		if s.troubled() {
			s.landAll(group, store.ErrLost)
			continue
		}
		err := s.journal.append(group)
		if errors.Is(err, errSyncFailed) {
			// Whether the frames are on disk is unknown, and a second sync would not
			// tell: the kernel may have dropped the pages and forgotten the error.
			s.breakDown(err, group)
			s.landAll(group, fmt.Errorf("%w: %w", store.ErrUnknown, err))
			continue
		}
		if errors.Is(err, errNotBlanked) {
			s.doubt(group)
			s.stumble(err)
			s.landAll(group, fmt.Errorf("%w: %w", store.ErrUnknown, err))
			continue
		}
		if err != nil {
			s.stumble(err)
			s.landAll(group, fmt.Errorf("%w: %w", store.ErrLost, err))
			continue
		}
		s.flightMu.Lock()
		s.durable = s.journal.head.Position
		s.flightMu.Unlock()
		for _, f := range group {
			s.toApply <- f
		}
	}
}

// applyFlights makes what is durable visible to readers.
func (s *Store) applyFlights() {
	defer close(s.applied)
	var stuck error
	for f := range s.toApply {
		frames.Put(f.frame)
		f.frame = nil
		err := stuck // nothing is applied after a gap
		if err == nil {
			err = s.apply(f.change, f.header, f.at)
		}
		if err != nil {
			// The batch is in the journal, and will be there after a restart.
			stuck = err
			s.breakDown(err, []*flight{f})
			s.land(f, fmt.Errorf("%w: %w", store.ErrUnknown, err))
			continue
		}
		s.young.landed.Store(f.batch)
		s.land(f, nil)
		s.checkpointIfDue(f.header.Size())
	}
}

// apply brings the index and the accounts forward by one durable frame. It is the
// only code that does, when running and when starting after a crash; each of the
// two skips what it has already.
func (s *Store) apply(c *change, h frame.Header, at place) error {
	reached := standing{store.Head{Position: h.Last(), Hash: h.Hash}, place{at.segment, at.offset + h.Size()}}

	s.applying.Lock()
	defer s.applying.Unlock()
	if h.First > s.indexed.head.Position {
		if h.First != s.indexed.head.Position+1 {
			panic(fmt.Sprintf("pebblestore: frame from entry %d on applied to an index that is at entry %d", h.First, s.indexed.head.Position))
		}
		var m *mark
		if s.journal.guide.wants(at) {
			m = &mark{h.First, at}
			s.journal.publish(*m)
		}
		batch := s.db.NewBatch()
		if err := c.write(batch, reached, m); err != nil {
			return errors.Join(fmt.Errorf("apply entries from %d on to the index: %w", h.First, err), batch.Close())
		}
		if err := batch.Commit(pebble.NoSync); err != nil {
			return fmt.Errorf("apply entries from %d on to the index: %w", h.First, err)
		}
		s.recent.changed(c.records)
		s.indexed = reached
	}
	if placed := s.places.reached().head.Position; h.First > placed {
		if h.First != placed+1 {
			panic(fmt.Sprintf("pebblestore: frame from entry %d on applied to places that are at entry %d", h.First, placed))
		}
		if s.places.add(c.places, reached) {
			s.writePlaces()
		}
	}
	if h.First > s.reached.head.Position {
		if h.First != s.reached.head.Position+1 {
			panic(fmt.Sprintf("pebblestore: frame from entry %d on applied to accounts that are at entry %d", h.First, s.reached.head.Position))
		}
		s.mu.Lock()
		for i := range c.accounts {
			if i%warmEntries == 0 {
				s.warmChanged(c.accounts[i:min(i+warmEntries, len(c.accounts))])
			}
			changed := &c.accounts[i]
			if len(s.frozen) > 0 {
				s.keepForFrozen(changed.number)
			}
			s.accounts.set(changed.number, changed.after)
		}
		s.reached = reached
		close(s.moved)
		s.moved = make(chan struct{})
		s.mu.Unlock()
	}
	return nil
}

// writePlaces has what has gathered written in the background, and files of a size
// merged.
func (s *Store) writePlaces() {
	s.places.busy.Go(func() {
		err := s.places.write()
		if err == nil {
			err = s.places.merge()
		}
		if err != nil {
			s.log.Error("places not written; they stay in memory, and the next start takes longer", "dir", s.dir, "error", err)
		}
	})
}

// land ends a flight.
func (s *Store) land(f *flight, err error) {
	s.flightMu.Lock()
	s.flying = slices.DeleteFunc(s.flying, func(other *flight) bool { return other == f })
	s.leaving = append(s.leaving, f.changeRoom)
	s.flightMu.Unlock()
	f.err = err
	close(f.done)
	<-s.slots
}

func (s *Store) landAll(group []*flight, err error) {
	for _, f := range group {
		s.land(f, err)
	}
}

// stumble notes that a batch could not be written and that the journal is as it
// was before. No batch that saw its effects may be written either; Begin tries
// again, see recover.
func (s *Store) stumble(err error) {
	s.flightMu.Lock()
	defer s.flightMu.Unlock()
	if s.trouble == nil {
		s.trouble = err
		s.log.Error("journal takes no writes; batches under way are lost, reading goes on", "dir", s.dir, "error", err)
	}
}

// breakDown notes a failure that only opening again can end.
func (s *Store) breakDown(err error, group []*flight) {
	s.doubt(group)
	s.flightMu.Lock()
	defer s.flightMu.Unlock()
	s.trouble, s.broken = err, true
	s.log.Error("store takes no writes until it is opened again; reading goes on", "dir", s.dir, "error", err)
}

// doubt notes that nobody can say of these batches' commands whether they happened.
func (s *Store) doubt(group []*flight) {
	s.flightMu.Lock()
	defer s.flightMu.Unlock()
	for _, f := range group {
		for i := range f.entries {
			s.unknown[f.entries[i].Command] = struct{}{}
		}
	}
}

func (s *Store) troubled() bool {
	s.flightMu.Lock()
	defer s.flightMu.Unlock()
	return s.trouble != nil
}

// recover tries to write again after a stumble. The caller has the turn, so no
// batch is being made.
func (s *Store) recover() error {
	s.flightMu.Lock()
	trouble, broken, flying := s.trouble, s.broken, slices.Clone(s.flying)
	s.flightMu.Unlock()
	if !broken && s.patient.full() { // also after a stumble: else one batch would be taken, and the next refused
		return fmt.Errorf("%w: %w: %s; it goes on by itself when that has changed", store.ErrUnavailable, errDiskFull, s.dir)
	}
	if trouble == nil {
		return nil
	}
	if broken {
		return fmt.Errorf("%w: %w; restart to find out what was kept", store.ErrUnavailable, trouble)
	}
	for _, f := range flying {
		<-f.done
	}
	if err := s.journal.probe(); err != nil {
		if errors.Is(err, errSyncFailed) {
			s.breakDown(err, nil)
		}
		return fmt.Errorf("%w: %w; free some disk space under %s", store.ErrUnavailable, err, s.dir)
	}

	s.flightMu.Lock()
	defer s.flightMu.Unlock()
	s.trouble = nil
	clear(s.unknown) // what was in doubt is blanked out
	s.chained, s.tail = s.journal.head.Hash, s.journal.head.Position
	s.mu.RLock()
	s.latest = newBook(s.accounts.clone()) // what the lost batches did is undone
	s.mu.RUnlock()
	s.log.Info("journal takes writes again", "dir", s.dir)
	return nil
}
