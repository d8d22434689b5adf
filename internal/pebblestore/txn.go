package pebblestore

import (
	"context"
	"fmt"
	"slices"

	"tongbao/internal/diary"
	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// txn is one batch in the making. Whoever has the turn is alone, so what a batch
// touches is looked at when it is asked for: the newest accounts are in memory, with
// what is in flight, and the filter knows at once that a new command and a new
// record are new. Beforehand it is only warmed; see warm.go.
type txn struct {
	store  *Store
	flying []*flight // newest first, as when the batch began
	absent uint64    // a name that is not there, asked for last: a command's, and then its trade's
	known  *known
	err    error // what kept something from being read; Commit tells it
	ended  bool
}

// bestBatch is how many commands a batch has best: what they are made of stays in the
// second-level cache from Apply to Commit. It costs no syncs, since all batches that are
// ready when one ends share the next.
const bestBatch = 512

// BestBatch is for the engine.
func (s *Store) BestBatch() (commands, least, inFlight int) {
	return bestBatch, bestBatch, max(1, cap(s.slots)-1)
}

// Begin is store.Store's.
func (s *Store) Begin(ctx context.Context, _ *store.Touched) (store.Txn, error) {
	if s.readOnly {
		return nil, fmt.Errorf("%w: %s is open for reading only", store.ErrUnavailable, s.dir)
	}
	// First a free place in flight, then the turn: who has the turn never waits.
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		<-s.slots
		return nil, ctx.Err()
	}
	t, err := s.beginTxn()
	if why := s.whyAside(); err == nil && why != "" {
		err = fmt.Errorf("%w: %s", store.ErrUnavailable, why)
	}
	if err != nil {
		<-s.turn
		<-s.slots
		return nil, err
	}
	return t, nil
}

// Soon is store.Txn's.
func (t *txn) Soon(part *store.Touched) { t.warm(part) }

func (s *Store) beginTxn() (*txn, error) {
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	if err := s.recover(); err != nil {
		return nil, err
	}
	// What is in flight is looked at before what is durable: a batch that lands in
	// between is then found in both, and never in neither.
	s.flightMu.Lock()
	flying := slices.Clone(s.flying)
	s.rooms, s.leaving = append(s.rooms, s.leaving...), s.leaving[:0] // whoever looked at those has ended
	s.flightMu.Unlock()
	slices.Reverse(flying)
	s.known.forget()
	return &txn{store: s, known: &s.known, flying: flying, absent: noCommand}, nil
}

// At is store.Txn's.
func (t *txn) At() int64 { return t.store.newestAt }

// Account is store.Txn's.
func (t *txn) Account(id ledger.AccountID) ledger.Account { return t.store.latest.get(id) }

// Entry is store.Txn's.
func (t *txn) Entry(command store.Named) (*store.Entry, bool) {
	name := store.CommandName(command.Stamp)
	if t.known.newCommands.noted(name) {
		t.absent = name
	}
	if t.knowsNot(name) {
		t.known.noCommands.note(name)
		return nil, false
	}
	for _, f := range t.flying {
		if entry := f.entryOf(command); entry != nil {
			return entry, true
		}
	}
	entry, ok := t.durableEntry(command)
	if !ok {
		t.known.noCommands.note(name)
	}
	return entry, ok
}

// known is what a batch knows not to be there. Its memory is used again.
type known struct {
	// What was asked for, in the order of asking: Commit need not look for it again.
	noCommands, noRecords names
	// What will be asked for soon.
	newCommands names
	newRecords  keyNames
}

func (k *known) forget() {
	for _, n := range []*names{&k.noCommands, &k.noRecords, &k.newCommands} {
		n.forget()
	}
	k.newRecords.forget()
}

// names are names in the order in which they were asked for.
type names struct {
	list []uint64
	next int // where to look for the next: they are wanted in that order too
}

func (n *names) forget() { n.list, n.next = n.list[:0], 0 }

func (n *names) note(name uint64) { n.list = append(n.list, name) }

// noted says that the name is among the next few.
func (n *names) noted(name uint64) bool {
	for i := n.next; i < min(n.next+namesAhead, len(n.list)); i++ {
		if n.list[i] == name {
			n.next = i + 1
			return true
		}
	}
	return false
}

// keyNames are keys in the order in which they will be asked for, with their names.
type keyNames struct {
	keys  []store.Key
	names []uint64
	next  int
}

func (n *keyNames) forget() { n.keys, n.names, n.next = n.keys[:0], n.names[:0], 0 }

func (n *keyNames) note(key store.Key, name uint64) {
	n.keys, n.names = append(n.keys, key), append(n.names, name)
}

// of is the name of a key that is among the next few.
func (n *keyNames) of(key store.Key) (name uint64, ok bool) {
	for i := n.next; i < min(n.next+namesAhead, len(n.keys)); i++ {
		if n.keys[i] == key {
			n.next = i + 1
			return n.names[i], true
		}
	}
	return 0, false
}

// namesAhead is how many names are passed over at most: those of commands that were
// refused, which write no records.
const namesAhead = 16

func (t *txn) durableEntry(command store.Named) (*store.Entry, bool) {
	entry, ok, err := t.store.command(command, t.store.headNow().Position)
	if err != nil {
		t.fail(fmt.Errorf("look for command %q: %w", command.ID, err))
	}
	return &entry, ok
}

// knowsNot says that nothing has that name.
func (t *txn) knowsNot(name uint64) bool {
	if name == t.absent {
		return true
	}
	if t.mayHold(name) {
		return false
	}
	t.absent = name
	return true
}

// mayHold says whether the name may be kept, or be under way to it: what has not
// landed may be missing in the filter.
func (t *txn) mayHold(name uint64) bool {
	filtered := t.store.young.filtered.Load()
	return !t.store.young.lacks(name, filtered) || t.store.filter.mayHold(name)
}

// Record is store.Txn's.
func (t *txn) Record(key store.Key) (store.Record, bool) {
	if key.Origin != 0 {
		if t.knowsNot(store.CommandName(key.Origin)) {
			return store.Record{}, false // the command that makes it has not been
		}
		return t.record(key)
	}
	if name, ok := t.known.newRecords.of(key); ok {
		t.known.noRecords.note(name)
		return store.Record{}, false
	}
	name := t.store.journal.names().Of(key)
	if !t.mayHold(name) {
		t.known.noRecords.note(name)
		return store.Record{}, false
	}
	record, ok := t.record(key)
	if !ok && t.err == nil {
		t.known.noRecords.note(name)
	}
	return record, ok
}

func (t *txn) record(key store.Key) (store.Record, bool) {
	for _, f := range t.flying {
		if record, ok := f.record(key); ok {
			return record, record.Value != nil
		}
	}
	record, ok, err := t.store.Record(context.Background(), key)
	if err != nil {
		t.fail(fmt.Errorf("read %s %s: %w", key.Kind, key.ID, err))
	}
	return record, ok
}

// fail keeps the batch from being committed: something could not be read, and so
// nobody knows what was decided on.
func (t *txn) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// Commit is store.Txn's.
func (t *txn) Commit(batch store.Batch) (store.Pending, error) {
	if t.ended {
		panic("pebblestore: commit of a batch that has ended")
	}
	pending, err := t.commit(batch)
	if err != nil {
		t.Rollback()
		return nil, err
	}
	t.ended = true
	<-t.store.turn
	return pending, nil
}

func (t *txn) commit(batch store.Batch) (store.Pending, error) {
	s := t.store
	if t.err != nil {
		return nil, fmt.Errorf("%w: %w", store.ErrUnavailable, t.err)
	}
	if len(batch.Entries) == 0 {
		if len(batch.Accounts) > 0 {
			return nil, fmt.Errorf("commit: %d accounts changed and no entry says why", len(batch.Accounts))
		}
		<-s.slots
		return nothing{}, nil
	}
	f, err := t.follow(batch.Entries, diary.SetLink, func(f *flight) error { return s.compareAccounts(f.accounts, batch.Accounts) })
	if err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	return s.send(f)
}

// follow works out what the entries come to, on the newest accounts; agreed has
// the last word.
func (t *txn) follow(entries []store.Entry, link diary.Linking, agreed func(*flight) error) (*flight, error) {
	s := t.store
	for i := range entries {
		if err := t.check(&entries[i]); err != nil {
			return nil, err
		}
	}
	// The tail moves with the turn, which is ours.
	s.flightMu.Lock()
	first := s.tail + 1
	s.flightMu.Unlock()
	f := &flight{change: newChange(first, entries, s.journal.names(), s.takeRoom()), done: make(chan struct{})}
	if err := f.followAccounts(link, s.latest); err != nil {
		return nil, err
	}
	err := f.followRecords(t.rows)
	if err == nil {
		err = agreed(f)
	}
	if err == nil {
		err = f.number()
	}
	if err != nil {
		f.undoAccounts(s.latest)
		return nil, err
	}
	return f, nil
}

// takeRoom is memory for a change.
func (s *Store) takeRoom() (room changeRoom) {
	if last := len(s.rooms) - 1; last >= 0 {
		room, s.rooms = s.rooms[last], s.rooms[:last]
	}
	return room
}

// send lets a flight go: from here on the following batches see its effects.
func (s *Store) send(f *flight) (store.Pending, error) {
	s.flightMu.Lock()
	defer s.flightMu.Unlock()
	if s.closed || s.trouble != nil {
		f.undoAccounts(s.latest)
		if s.closed {
			return nil, store.ErrClosed
		}
		return nil, fmt.Errorf("%w: %w", store.ErrUnavailable, s.trouble)
	}
	f.batch = s.young.add(f.places, f.otherNames)
	s.tail, s.newestAt = f.last(), f.entries[len(f.entries)-1].At
	s.flying = append(s.flying, f)
	s.toEncode <- f // has room for all that may be in flight
	return f, nil
}

// check refuses an entry that could not be found again.
func (t *txn) check(entry *store.Entry) error {
	if entry.Stamp == 0 {
		entry.Stamp = store.Stamp(entry.Command)
	}
	if !t.known.noCommands.noted(store.CommandName(entry.Stamp)) {
		if known, ok := t.Entry(store.Named{ID: entry.Command, Stamp: entry.Stamp}); ok {
			return fmt.Errorf("command %q was committed before, as entry %d", entry.Command, known.Position)
		}
	}
	for i := range entry.Records {
		if err := entry.Records[i].Check(); err != nil {
			return err
		}
	}
	return nil
}

// number makes the flight's places findable by name, and refuses a batch that has
// a command twice.
func (f *flight) number() error {
	f.named.empty(len(f.places))
	for _, row := range f.places {
		entry := &f.entries[row.position-f.first]
		if row.name == store.CommandName(entry.Stamp) && f.entryOf(store.Named{ID: entry.Command, Stamp: entry.Stamp}) != nil {
			return fmt.Errorf("command %q is in the batch twice", entry.Command)
		}
		f.named.add(row)
	}
	return nil
}

func (t *txn) rows(key store.Key, name uint64) ([]store.Term, error) {
	if t.known.noRecords.noted(name) {
		return nil, t.err
	}
	record, _ := t.Record(key)
	return record.Terms, t.err
}

// compareAccounts refuses a batch whose accounts are not what its entries lead
// to, before anything false becomes durable. The two lists are in orders of their
// own, so sums of their members are compared; only where those differ is looked
// for the account that makes the difference.
func (s *Store) compareAccounts(derived []changedAccount, given []ledger.Account) error {
	var want, got uint64
	for i := range derived {
		want += stateSum(&derived[i].after)
	}
	for i := range given {
		got += stateSum(&given[i])
	}
	if want == got && len(derived) == len(given) {
		return nil
	}
	if len(given) != len(derived) {
		return fmt.Errorf("the entries change %d accounts; the batch names %d", len(derived), len(given))
	}
	for i := range given {
		number, ok := s.latest.find(given[i].ID)
		if !ok || s.latest.marks[number] != s.latest.mark {
			return fmt.Errorf("the batch names account %s, which no entry changes", given[i].ID)
		}
		want := *s.latest.at(number)
		want.Last = given[i].Last
		if given[i] != want {
			return fmt.Errorf("the batch says that account %s is %+v; its entries lead to %+v", want.ID, given[i], want)
		}
	}
	return fmt.Errorf("the batch names an account twice")
}

// stateSum is a number for an account's state, but for where its newest entry is.
func stateSum(a *ledger.Account) uint64 {
	h := a.ID.Owner ^ uint64(a.ID.Kind)<<56 ^ uint64(a.ID.Currency)<<40 ^ uint64(a.Tier)<<32
	for _, v := range [...]uint64{uint64(a.Balance), uint64(a.Held), a.Entries, uint64(uint32(a.Meter.Day.Number))<<32 | uint64(uint32(a.Meter.Day.Year)),
		uint64(a.Meter.Today), uint64(a.Meter.ThisYear), uint64(a.Meter.Ever), uint64(a.Meter.TimesADay)} {
		h = (h ^ v) * 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	return h
}

// Rollback is store.Txn's.
func (t *txn) Rollback() {
	if t.ended {
		return
	}
	t.ended = true
	<-t.store.turn
	<-t.store.slots
}

// nothing is the outcome of a batch without entries.
type nothing struct{}

func (nothing) Wait() error { return nil }
