package mysqlstore

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongbao/internal/diary"
	"tongbao/internal/frame"
	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// txn is one batch in the making: a transaction that has locked the head. Under the
// lock everything stands still, so what was touched is read with plain statements,
// each of a few thousand keys.
type txn struct {
	store *Store
	ctx   context.Context
	conn  *sql.Conn
	look  look // on conn
	head  store.Head
	at    int64  // of the newest entry
	aside string // why no batch may begin

	accounts map[ledger.AccountID]ledger.Account // all that were touched
	places   map[uint64][]placed                 // by name, of all that were touched; nil where there are none
	rows     map[string]store.Record             // records that are rows
	looked   map[string]bool                     // names that were looked for among them
	err      error                               // what kept something from being read; Commit tells it
	ended    bool
}

// longTurn is how long Begin waits for other servers' batches before it says that
// no writes are taken.
const longTurn = 20 * time.Second

// Begin is store.Store's. It waits for its turn among this process's batches, and
// then among all servers'.
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

func (s *Store) begin(ctx context.Context, touched *store.Touched) (*txn, error) {
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	if err := s.settleUnknown(ctx); err != nil {
		return nil, failed("find out what became of a batch", err)
	}
	for started := time.Now(); ; {
		t := &txn{store: s, ctx: context.WithoutCancel(ctx)}
		err := t.lock(ctx)
		if err == nil && t.aside != "" {
			t.end()
			return nil, fmt.Errorf("%w: %s", store.ErrUnavailable, t.aside)
		}
		if err == nil {
			err = t.load(ctx, touched)
		}
		if err == nil {
			return t, nil
		}
		t.end()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if tries := time.Since(started); tries > longTurn || isLost(err) && tries > time.Second || !isLost(err) && !isConflict(err) {
			return nil, failed("begin a batch", err)
		}
		if isLost(err) { // perhaps only this connection was; the next may be to another host
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// lock begins the transaction and locks the head: from here on no other server
// changes anything.
func (t *txn) lock(asked context.Context) (err error) {
	ctx, cancel := context.WithTimeout(asked, askFor)
	defer cancel()
	defer func() { err = answered(err, ctx, asked) }()
	if t.conn, err = t.store.write.Conn(ctx); err != nil {
		return err
	}
	if _, err = t.conn.ExecContext(ctx, "START TRANSACTION"); err != nil {
		return err
	}
	var hash []byte
	err = t.conn.QueryRowContext(ctx, "SELECT position, hash, at, aside FROM head WHERE id = 1 FOR UPDATE").Scan(&t.head.Position, &hash, &t.at, &t.aside)
	copy(t.head.Hash[:], hash)
	t.look = look{ask: &session{conn: t.conn}, blocks: t.store.blocks, kept: t.store, upTo: &t.head, batch: newBlocks()}
	return err
}

// load reads what was touched: accounts, places, and then the records that are rows
// and the journal's blocks that the places lead to.
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
	t.accounts = make(map[ledger.AccountID]ledger.Account, len(ids))
	sorted := make([]ledger.AccountID, 0, len(ids))
	for _, id := range ids {
		if _, known := t.accounts[id]; !known {
			t.accounts[id] = ledger.Account{ID: id}
			sorted = append(sorted, id)
		}
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

func (t *txn) loadPlaces(ctx context.Context, names []uint64) (err error) {
	slices.Sort(names)
	names = slices.Compact(names)
	if t.places, err = t.look.placesOf(ctx, names...); err != nil {
		return err
	}
	var wanted []uint64
	for _, list := range t.places {
		wanted = append(wanted, list[len(list)-1].block())
	}
	for _, name := range names {
		if t.places[name] == nil {
			t.places[name] = nil // looked for
		}
	}
	slices.Sort(wanted)
	_, err = t.look.load(ctx, slices.Compact(wanted))
	return err
}

func (t *txn) loadRows(ctx context.Context, names []string) error {
	slices.Sort(names)
	names = slices.Compact(names)
	found, err := t.look.rowsOf(ctx, names)
	if err != nil {
		return err
	}
	t.rows, t.looked = make(map[string]store.Record, len(found)), make(map[string]bool, len(names))
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
	more, err := t.look.placesOf(t.ctx, name)
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
			if r, ok, err = t.look.ordinary(t.ctx, key); ok || err != nil {
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

// fail keeps the batch from being committed: something could not be read, and so
// nobody knows what was decided on.
func (t *txn) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// Commit is store.Txn's. It returns when the batch is committed.
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
	c, err := t.follow(batch.Entries, diary.SetLink)
	if err == nil {
		err = c.compare(batch.Accounts)
	}
	var m *made
	if err == nil {
		var f whole
		if f.h, f.bytes, err = t.encode(c); err == nil {
			m, err = t.make(c, f)
		}
	}
	if err != nil {
		return nil, notDone(err)
	}
	return t.send(m)
}

// confirm makes what a batch has read durable, where that isn't known: an answer that
// was given by it must not be taken back by a crash.
func (t *txn) confirm() (store.Pending, error) {
	if t.head.Position > t.store.blocks.sure.Load() {
		for _, statement := range []string{"UPDATE head SET fence = fence + 1 WHERE id = 1", "COMMIT"} {
			if _, err := t.conn.ExecContext(t.ctx, statement); err != nil {
				return nil, notDone(err)
			}
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

// send writes a batch and commits it.
func (t *txn) send(m *made) (store.Pending, error) {
	if err := t.write(m); err != nil {
		return nil, notDone(err)
	}
	return t.finish(m)
}

// made is a batch ready to be written.
type made struct {
	*changes
	head   store.Head // that it leads to
	at     int64
	fronts map[uint64][]byte // each frame's header and its payload's table, by its first entry
	last   uint64            // first entry of the last frame
	blocks []*block
	line   string // a signature of the head before it, where one was due
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

// encode gives the batch its frame.
func (t *txn) encode(c *changes) (frame.Header, []byte, error) {
	var buf bytes.Buffer
	var encoder frame.Encoder
	h, err := encoder.Encode(&buf, uint32(t.store.names), t.head.Hash, c.first, t.head.Position, c.entries)
	return h, buf.Bytes(), err
}

// whole is a frame as it is kept: its header, and that with its payload.
type whole struct {
	h     frame.Header
	bytes []byte
}

// make works out the rows of a batch and of the frames that hold it: one, or several
// that are taken over from another journal.
func (t *txn) make(c *changes, frames ...whole) (*made, error) {
	s := t.store
	last := frames[len(frames)-1].h
	m := &made{changes: c, at: c.entries[len(c.entries)-1].At, head: store.Head{Position: last.Last(), Hash: last.Hash}, last: last.First,
		fronts: make(map[uint64][]byte, len(frames))}
	for _, f := range frames {
		table, err := f.h.ParseTable(f.bytes[frame.HeaderSize:])
		if err != nil {
			return nil, err
		}
		_, start := table.Start(0)
		m.fronts[f.h.First] = f.bytes[:frame.HeaderSize+int(start)]
		m.blocks = append(m.blocks, blocksOf(f.h, table, f.bytes[frame.HeaderSize:])...)
	}

	block := 0
	back := func(position uint64) uint8 {
		for position < m.blocks[block].first {
			block--
		}
		for position > m.blocks[block].last() {
			block++
		}
		return uint8(position - m.blocks[block].first)
	}
	before := func(key store.Key) ([]store.Term, error) {
		r, _, err := t.record(key)
		return r.Terms, err
	}
	err := t.loadUntouched(c.entries)
	if err == nil {
		err = c.followRecords(s.names, back, before)
	}
	if err == nil {
		err = t.err
	}
	if err == nil {
		m.line, err = s.signature(t.head, signEvery)
	}
	return m, err
}

// loadUntouched looks for places of bulk records that nobody touched, all at once.
func (t *txn) loadUntouched(entries []store.Entry) error {
	var names []uint64
	for i := range entries {
		for r := range entries[i].Records {
			record := &entries[i].Records[r]
			t.store.learnKind(record.Key.Kind, record.Bulk)
			if record.Bulk && record.Key.Origin != entries[i].Stamp {
				if name := t.store.names.Of(record.Key); !t.knows(name) {
					names = append(names, name)
				}
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	found, err := t.look.placesOf(t.ctx, slices.Compact(names)...)
	for _, name := range names {
		t.places[name] = found[name]
	}
	return err
}

func (t *txn) knows(name uint64) bool { _, known := t.places[name]; return known }

// putAccount ends a statement that puts accounts.
const putAccount = " ON DUPLICATE KEY UPDATE balance = VALUES(balance), held = VALUES(held), entries = VALUES(entries), last = VALUES(last), limits = VALUES(limits)"

// account is a row of accounts.
func (w *writer) account(a *ledger.Account) {
	key, limits := accountKey(a.ID), appendLimits(nil, a)
	w.row()
	w.bytes(key[:])
	w.int(int64(a.Balance))
	w.int(int64(a.Held))
	w.uint(a.Entries)
	w.uint(a.Last)
	w.bytes(limits)
}

// write does the batch's statements, one for each kind of row, or a few.
func (t *txn) write(m *made) error {
	w := &t.store.out
	w.ctx, w.conn, w.err = t.ctx, t.conn, nil

	t.writeNames(w, m)

	w.begin("INSERT INTO journal (first, entries, base, frame, block) VALUES ", "")
	for _, b := range m.blocks {
		w.row()
		w.uint(b.first)
		w.uint(uint64(b.entries))
		w.int(b.base)
		if front, begins := m.fronts[b.first]; begins {
			w.bytes(front)
		} else {
			w.null()
		}
		w.bytes(b.packed)
	}
	w.end()

	w.begin("INSERT INTO accounts ("+accountColumns+") VALUES ", putAccount)
	slices.SortFunc(m.order, ledger.AccountID.Compare)
	for _, id := range m.order {
		w.account(m.accounts[id])
	}
	w.end()

	w.begin("INSERT INTO milestones (account, number, position, at) VALUES ", "")
	for _, k := range m.marks {
		key := accountKey(k.account)
		w.row()
		w.bytes(key[:])
		w.uint(k.number)
		w.uint(k.position)
		w.int(k.at)
	}
	w.end()

	t.writeRecords(w, m)

	if m.line != "" {
		w.exec("INSERT IGNORE INTO heads (position, line) VALUES (?, ?)", t.head.Position, []byte(m.line))
	}
	w.exec("UPDATE head SET position = ?, hash = ?, at = ? WHERE id = 1", m.head.Position, m.head.Hash[:], max(m.at, t.at))
	return w.err
}

// writeNames writes where things are: names that are new, which nearly all are, and then
// those that have places already.
func (t *txn) writeNames(w *writer, m *made) {
	slices.SortFunc(m.places, func(a, b namedPlace) int {
		return cmp.Or(cmp.Compare(int64(a.name), int64(b.name)), cmp.Compare(a.position, b.position))
	})
	var spots []byte
	rows := func(known bool) {
		for from, until := 0, 0; from < len(m.places); from = until {
			name := m.places[from].name
			for until = from; until < len(m.places) && m.places[until].name == name; until++ {
			}
			if (len(t.places[name]) > 0) != known {
				continue
			}
			spots = spots[:0]
			for _, p := range t.places[name] {
				spots = appendSpot(spots, p)
			}
			for _, p := range m.places[from:until] {
				spots = appendSpot(spots, p.placed)
			}
			w.row()
			w.int(int64(name))
			w.bytes(spots)
		}
		w.end()
	}
	w.begin("INSERT INTO names (name, spots) VALUES ", "")
	rows(false)
	w.begin("INSERT INTO names (name, spots) VALUES ", " ON DUPLICATE KEY UPDATE spots = VALUES(spots)")
	rows(true)
}

func (t *txn) writeRecords(w *writer, m *made) {
	slices.SortFunc(m.written, func(a, b store.Key) int { return strings.Compare(recordName(a), recordName(b)) })
	var terms []byte
	w.begin("INSERT INTO records (name, value, terms) VALUES ", " ON DUPLICATE KEY UPDATE value = VALUES(value), terms = VALUES(terms)")
	for _, key := range m.written {
		if r := &m.records[key].after; !r.Bulk && r.Value != nil {
			terms = store.AppendTerms(terms[:0], r.Terms)
			w.row()
			w.bytes([]byte(recordName(key)))
			w.bytes(r.Value)
			w.bytes(terms)
		}
	}
	w.end()
	w.begin("DELETE FROM records WHERE name IN (", ")")
	for _, key := range m.written {
		if r := &m.records[key].after; !r.Bulk && r.Value == nil {
			w.row()
			w.bytes([]byte(recordName(key)))
		}
	}
	w.end()

	// Rows that go first: another record may come to stand where one stood.
	w.begin("DELETE FROM terms WHERE place IN (", ")")
	for _, key := range m.written {
		_, gone := m.records[key].terms()
		for _, term := range gone {
			w.row()
			w.bytes([]byte(termPlace(term, key)))
		}
	}
	w.end()
	w.begin("INSERT INTO terms (place, name, origin, position, back) VALUES ", " ON DUPLICATE KEY UPDATE origin = VALUES(origin), position = VALUES(position), back = VALUES(back)")
	for _, key := range m.written {
		r := m.records[key]
		put, _ := r.terms()
		for _, term := range put {
			w.row()
			w.bytes([]byte(termPlace(term, key)))
			w.bytes([]byte(recordName(key)))
			w.uint(key.Origin)
			if r.after.Bulk {
				w.uint(r.placed.position)
				w.uint(uint64(r.placed.back))
			} else {
				w.uint(0)
				w.uint(0)
			}
		}
	}
	w.end()
}

// finish commits. This is the moment of truth.
func (t *txn) finish(m *made) (store.Pending, error) {
	s := t.store
	_, err := t.conn.ExecContext(t.ctx, "COMMIT")
	switch {
	case err == nil:
		t.committed(m)
		return outcome{}, nil
	case isConflict(err) && numberOf(err) != errTimedOut: // with Galera and TiDB; the transaction has gone
		return nil, fmt.Errorf("commit: %w: %w", store.ErrRetry, err)
	}
	s.log.Warn("a commit was not answered; finding out", "entries", len(m.entries), "from", m.first, "error", err)
	t.end()
	done, settleErr := s.settle(m)
	switch {
	case settleErr != nil:
		s.doubt(m)
		return outcome{fmt.Errorf("%w: %w", store.ErrUnknown, settleErr)}, nil
	case done:
		t.committed(m)
		return outcome{}, nil
	}
	return nil, fmt.Errorf("commit: %w: %w", store.ErrRetry, err)
}

func (t *txn) committed(m *made) {
	s := t.store
	s.blocks.surely(m.head.Position)
	for _, b := range m.blocks {
		s.blocks.add(b)
	}
	if m.line != "" {
		s.signed = t.head.Position
	}
	s.reach(m.head.Position)
	s.keepAhead(m.head.Position)
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

// end gives the connection back, and ends the transaction where it has not ended.
func (t *txn) end() {
	if t.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if _, err := t.conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		_ = t.conn.Raw(func(any) error { return errBroken }) // the database ends it
	}
	t.conn.Close()
	t.conn = nil
}

// outcome is a batch that has been committed, or of which that is not known.
type outcome struct{ err error }

// Wait is store.Pending's.
func (o outcome) Wait() error { return o.err }
