package mysqlstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tongbao/internal/diary"
	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// txn is one batch in the making. Either it has locked the head, under which everything
// stands still; or it reads ahead of that, behind a batch that is under way: one of this
// server's (flight.go), or another's that was handed over (draft.go).
// What was touched is read with plain statements, each of a few thousand keys.
type txn struct {
	store  *Store
	ctx    context.Context
	lock   *locked
	view   *snapshot // of who reads ahead
	over   []*made   // batches laid over what was read, which were not committed yet, in order
	before *flight   // newest of those, where it is this server's and under way
	look   look      // on the connection of either
	head   store.Head
	at     int64 // of the newest entry

	read
	err   error // what kept something from being read; Commit tells it
	ended bool
}

// read is what a batch has read, as it is at its head.
type read struct {
	accounts map[ledger.AccountID]ledger.Account // all that were touched
	places   map[uint64][]placed                 // by name, of all that were touched; nil where there are none
	rows     map[string]store.Record             // records that are rows
	looked   map[string]bool                     // names that were looked for among them
}

func newRead() read {
	return read{map[ledger.AccountID]ledger.Account{}, map[uint64][]placed{}, map[string]store.Record{}, map[string]bool{}}
}

// Begin is store.Store's. It waits for its turn among this process's batches, and,
// where none of them is under way, among all servers', or until another's last batch is
// handed over to it.
func (s *Store) Begin(ctx context.Context, touched *store.Touched) (store.Txn, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	t, err := s.begin(ctx, touched)
	if err != nil {
		<-s.turn
		return nil, err
	}
	return t, nil
}

func (s *Store) begin(ctx context.Context, touched *store.Touched) (t *txn, err error) {
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	if s.flight != nil && s.flight.underWay() && s.mayFollow(s.flight, touched) {
		if t, err = s.ahead(ctx, s.flight, touched); err == nil {
			return t, nil
		} // it is begun again once that one has ended, and then tells what is wrong
		s.flight.turn.givesUp()
	}
	if err = s.landed(ctx); err != nil {
		return nil, err
	}
	for began := time.Now(); ; {
		var early *txn
		if s.busyOthers() { // where that fails, what follows tells why
			if t, early, _ = s.onDraft(ctx, touched, began); t != nil {
				return t, nil
			}
		}
		read := early
		err = patiently(ctx, func() error {
			t, err = s.inTurn(ctx, touched, read, time.Since(began) > patience)
			read = nil // a try that failed has changed it, and perhaps to what a crash then took back
			return err
		})
		early.end()
		switch {
		case errors.Is(err, errTaken):
			continue
		case err != nil && ctx.Err() != nil:
			return nil, ctx.Err()
		}
		return t, failed("begin a batch", err)
	}
}

// landed waits until no batch is under way, and it is known what became of each.
func (s *Store) landed(ctx context.Context) error {
	if err := s.land(ctx); err != nil {
		return err
	}
	return failed("find out what became of a batch", s.settleUnknown(ctx))
}

// inTurn begins a batch that has locked the head, unless that is left to another server.
// Where others are about it reads while it waits for the lock, and then again what their
// batches have touched.
func (s *Store) inTurn(ctx context.Context, touched *store.Touched, read *txn, inAnyCase bool) (*txn, error) {
	var early *early
	if read == nil && !s.alone() {
		early = s.readEarly(ctx, touched)
		defer early.end()
	}
	l, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	leave, err := s.leaves(ctx, l)
	if err == nil && leave && !inAnyCase {
		err = errTaken
	}
	if err != nil {
		l.end()
		return nil, err
	}
	if early != nil {
		read = <-early.read
	}
	return s.locked(ctx, l, read, touched)
}

// locked begins a batch under a lock.
func (s *Store) locked(ctx context.Context, l *locked, early *txn, touched *store.Touched) (t *txn, err error) {
	s.find(l.head)
	if l.aside != "" {
		l.end()
		return nil, fmt.Errorf("%w: %s", store.ErrUnavailable, l.aside)
	}
	t = s.under(ctx, l)
	if early != nil {
		err = t.follows(ctx, early)
	}
	if err == nil {
		err = t.load(ctx, touched)
	}
	if err != nil {
		t.end()
		return nil, err
	}
	return t, nil
}

// under is a batch in the making under a lock, which has read nothing yet.
func (s *Store) under(ctx context.Context, l *locked) *txn {
	t := &txn{store: s, ctx: context.WithoutCancel(ctx), lock: l, head: l.head, at: l.at, read: newRead()}
	t.look = look{ask: &session{conn: l.conn}, blocks: s.blocks, kept: s, upTo: &t.head, batch: newBlocks()}
	return t
}

// load reads what was touched and has not been read: accounts, places, and then the
// records that are rows and the journal's blocks that the places lead to.
func (t *txn) load(ctx context.Context, touched *store.Touched) error {
	if err := t.loadAccounts(ctx, touched.Accounts); err != nil {
		return err
	}
	names := make([]uint64, 0, len(touched.Commands)+2*len(touched.Records))
	for _, c := range touched.Commands {
		names = append(names, store.CommandName(c.Stamp))
	}
	var rows []string
	for _, key := range touched.Records {
		if bulk, known := t.store.isBulk(key.Kind); bulk || !known || key.Origin != 0 {
			names = append(names, t.store.names.Of(key))
			if key.Origin != 0 {
				names = append(names, store.CommandName(key.Origin))
			}
		}
		if bulk, _ := t.store.isBulk(key.Kind); !bulk {
			rows = append(rows, recordName(key))
		}
	}
	if err := t.loadPlaces(ctx, names); err != nil {
		return err
	}
	return t.loadRows(ctx, rows)
}

func (t *txn) loadAccounts(ctx context.Context, ids []ledger.AccountID) error {
	sorted := make([]ledger.AccountID, 0, len(ids))
	for _, id := range ids {
		if _, known := t.accounts[id]; known {
			continue
		}
		sorted = append(sorted, id)
		t.accounts[id] = ledger.Account{ID: id}
	}
	slices.SortFunc(sorted, ledger.AccountID.Compare)
	for some := range slices.Chunk(sorted, mostInList) {
		err := t.look.ask.each(ctx, accountsIn("accounts", some), func(scan scanner) error {
			a, err := scanAccount(scan)
			t.accounts[a.ID] = a
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *txn) loadPlaces(ctx context.Context, names []uint64) error {
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), t.knows)
	places, err := t.placesOf(ctx, names)
	if err != nil {
		return err
	}
	maps.Copy(t.places, places)
	var wanted []uint64
	for _, list := range t.places {
		if len(list) > 0 {
			wanted = append(wanted, list[len(list)-1].block())
		}
	}
	slices.Sort(wanted)
	_, err = t.look.load(ctx, slices.Compact(wanted))
	return err
}

// placesOf finds the places of some names; nil for those that have none.
func (t *txn) placesOf(ctx context.Context, names []uint64) (map[uint64][]placed, error) {
	places := make(map[uint64][]placed, len(names))
	for _, name := range names {
		places[name] = nil
	}
	found, err := t.look.placesOf(ctx, names...)
	maps.Copy(places, found)
	for _, m := range t.over {
		for _, name := range names {
			for _, p := range m.added(name) {
				places[name] = append(places[name], p.placed)
			}
		}
	}
	return places, err
}

func (t *txn) loadRows(ctx context.Context, names []string) error {
	slices.Sort(names)
	names = slices.Compact(names)
	names = slices.DeleteFunc(names, func(name string) bool { return t.looked[name] })
	found, err := t.look.rowsOf(ctx, names)
	if err != nil {
		return err
	}
	for _, name := range names {
		t.looked[name] = true
	}
	for name, r := range found {
		if t.rows[name], err = ordinaryOf(parseName(name), r.value, r.terms); err != nil {
			return err
		}
	}
	return nil
}

// Soon is store.Txn's.
func (t *txn) Soon(*store.Touched) {}

// At is store.Txn's.
func (t *txn) At() int64 { return t.at }

// Account is store.Txn's.
func (t *txn) Account(id ledger.AccountID) ledger.Account {
	a, touched := t.accounts[id]
	if !touched {
		t.fail(fmt.Errorf("account %s was not touched", id))
		a.ID = id
	}
	return a
}

// Entry is store.Txn's.
func (t *txn) Entry(command store.Named) (*store.Entry, bool) {
	found, err := t.placesFor(store.CommandName(command.Stamp))
	for _, p := range found {
		var entry store.Entry
		if entry, err = t.look.entryAt(t.ctx, p); err != nil {
			break
		}
		if entry.Command == command.ID {
			return &entry, true
		}
	}
	if err != nil {
		t.fail(fmt.Errorf("look for command %q: %w", command.ID, err))
	}
	return nil, false
}

// placesFor is a name's places; those that nobody touched are looked for now.
func (t *txn) placesFor(name uint64) ([]placed, error) {
	found, looked := t.places[name]
	if looked {
		return found, nil
	}
	more, err := t.placesOf(t.ctx, []uint64{name})
	if err == nil {
		t.places[name] = more[name]
	}
	return more[name], err
}

// Record is store.Txn's.
func (t *txn) Record(key store.Key) (store.Record, bool) {
	r, ok, err := t.record(key)
	if err != nil {
		t.fail(fmt.Errorf("read %s %s: %w", key.Kind, key.ID, err))
	}
	return r, ok
}

func (t *txn) record(key store.Key) (r store.Record, ok bool, err error) {
	bulk, known := t.store.isBulk(key.Kind)
	if !bulk {
		name := recordName(key)
		if r, ok = t.rows[name]; ok {
			r.Key = key
			return r, true, nil
		}
		if !t.looked[name] {
			if r, ok, err = t.untouchedRow(key, name); ok || err != nil {
				return r, ok, err
			}
		}
		if known && key.Origin == 0 {
			return store.Record{}, false, nil
		}
	}
	names := []uint64{t.store.names.Of(key)}
	if key.Origin != 0 {
		names = append(names, store.CommandName(key.Origin))
	}
	found := make(map[uint64][]placed, 2)
	for _, name := range names {
		if found[name], err = t.placesFor(name); err != nil {
			return store.Record{}, false, err
		}
	}
	return bulkAmong(key, names, found, func(p placed) (store.Entry, error) { return t.look.entryAt(t.ctx, p) })
}

// untouchedRow looks for a record that is a row and that nobody touched.
func (t *txn) untouchedRow(key store.Key, name string) (store.Record, bool, error) {
	for _, m := range slices.Backward(t.over) {
		if r, there, changed := m.row(name); changed {
			r.Key = key
			return r, there, nil
		}
	}
	return t.look.ordinary(t.ctx, key)
}

// fail keeps the batch from being committed: something could not be read, and so
// nobody knows what was decided on.
func (t *txn) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// Commit is store.Txn's. It returns when the batch has the head locked, and is then
// written and committed beside what follows; or, where other servers are about, when it
// is committed.
func (t *txn) Commit(batch store.Batch) (store.Pending, error) {
	if t.ended {
		panic("mysqlstore: commit of a batch that has ended")
	}
	defer t.Rollback()
	if t.err != nil {
		return nil, notDone(t.err)
	}
	if len(batch.Entries) == 0 {
		if len(batch.Accounts) > 0 {
			return nil, fmt.Errorf("commit: %d accounts changed and no entry says why", len(batch.Accounts))
		}
		return t.confirm()
	}
	m, err := t.prepare(batch)
	if err != nil {
		return nil, notDone(err)
	}
	if t.lock == nil {
		err = t.catchUp()
	}
	var done store.Pending
	if err == nil {
		done, err = t.send(m)
	}
	return done, err
}

// prepare works out what a batch does, and refuses one that cannot be.
func (t *txn) prepare(batch store.Batch) (*made, error) {
	c, err := t.follow(batch.Entries, diary.SetLink)
	if err == nil {
		err = c.compare(batch.Accounts)
	}
	if err != nil {
		return nil, err
	}
	var f whole
	if f.h, f.bytes, err = t.encode(c); err != nil {
		return nil, err
	}
	return t.make(c, f)
}

// confirm makes what a batch has read durable, where that isn't known: an answer that
// was given by it must not be taken back by a crash.
func (t *txn) confirm() (store.Pending, error) {
	if t.before != nil { // once that one is durable, all before it is
		return t.before, nil
	}
	if t.lock == nil {
		if err := t.catchUp(); err != nil {
			return nil, err
		}
	}
	if t.head.Position > t.store.blocks.sure.Load() {
		_, err := t.lock.conn.ExecContext(t.ctx, "UPDATE head SET fence = fence + 1 WHERE id = 1")
		if err == nil {
			err = t.lock.commit(t.ctx)
		}
		if err != nil {
			return nil, notDone(err)
		}
		t.store.blocks.surely(t.head.Position)
	}
	return outcome{}, nil
}

// notDone is what a failure before COMMIT means: the transaction has gone, and where
// others or the network are to blame it can be done again.
func notDone(err error) error {
	if isConflict(err) || isLost(err) {
		return fmt.Errorf("commit: %w: %w", store.ErrRetry, err)
	}
	return failed("commit", err)
}

// send has a batch written under the lock.
func (t *txn) send(m *made) (store.Pending, error) {
	l, s := t.lock, t.store
	t.lock, s.left = nil, m.head
	if in, may := s.turnOf(t, len(m.entries)); may {
		return s.takeOff(t.ctx, l, m, in), nil
	}
	err := s.send(t.ctx, l, m)
	writers.Put(m.out)
	if errors.Is(err, store.ErrUnknown) {
		return outcome{err}, nil
	}
	if err != nil {
		return nil, err
	}
	return outcome{}, nil
}

// follow works out what entries do, and refuses those that cannot be.
func (t *txn) follow(entries []store.Entry, link diary.Linking) (*changes, error) {
	s := t.store
	c := &changes{first: t.head.Position + 1, entries: entries, accounts: make(map[ledger.AccountID]*ledger.Account, len(t.accounts)),
		records: map[store.Key]*changedRecord{}}
	fresh := make(map[string]bool, len(entries))
	for i := range entries {
		entry := &entries[i]
		if entry.Stamp == 0 {
			entry.Stamp = store.Stamp(entry.Command)
		}
		if known, ok := t.Entry(store.Named{ID: entry.Command, Stamp: entry.Stamp}); ok {
			return nil, fmt.Errorf("command %q was committed before, as entry %d", entry.Command, known.Position)
		}
		if fresh[entry.Command] {
			return nil, fmt.Errorf("command %q %w", entry.Command, errTwice)
		}
		fresh[entry.Command] = true
		if err := s.checkEntry(entry); err != nil {
			return nil, err
		}
	}
	if err := c.followAccounts(link, func(id ledger.AccountID) (ledger.Account, bool) { a, ok := t.accounts[id]; return a, ok }); err != nil {
		return nil, err
	}
	return c, nil
}

// Rollback is store.Txn's.
func (t *txn) Rollback() {
	if t.ended {
		return
	}
	t.ended = true
	t.end()
	<-t.store.turn
}

// end gives back what the batch was made with.
func (t *txn) end() {
	if t == nil {
		return
	}
	if t.lock != nil {
		t.lock.end()
	}
	if t.view != nil {
		t.view.Close()
	}
}

// outcome is a batch that has been committed, or of which that is not known.
type outcome struct{ err error }

// Wait is store.Pending's.
func (o outcome) Wait() error { return o.err }
