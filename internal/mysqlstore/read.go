package mysqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tongbao/internal/diary"
	"tongbao/internal/ledger"
	"tongbao/internal/store"
	"tongbao/internal/wire"
)

// look reads what is committed: now, or at the moment of a snapshot. Each
// question is one statement, so it is answered from one moment; where there are
// several, those after the first read the journal, which only grows.
type look struct {
	ask    asker
	blocks *blocks
	kept   *Store
	upTo   *store.Head // of a snapshot or a batch; nil for what is newest
	shared *gathered   // nil on a connection of one's own
	batch  *blocks     // those that this batch has read and nobody may keep; nil outside of one
}

// known is the block that holds a position, where it was read before.
func (l *look) known(position uint64) *block {
	b := l.blocks.at(position)
	if b == nil && l.batch != nil {
		b = l.batch.at(position)
	}
	return b
}

// keep keeps a block that was read when the journal was durable up to sure.
func (l *look) keep(b *block, sure uint64) {
	switch {
	case b.last() <= sure:
		l.blocks.add(b)
	case l.batch != nil:
		l.batch.add(b)
	}
}

// gathered are look-ups that concurrent readers share.
type gathered struct {
	rows   gather[string, row]
	places gather[uint64, []placed]
}

// row is a record as its row has it.
type row struct{ value, terms []byte }

func newGathered(l *look) *gathered {
	g := &gathered{}
	g.rows.ask = func(ctx context.Context, names []string) (map[string]row, error) { return l.rowsOf(ctx, names) }
	g.places.ask = func(ctx context.Context, names []uint64) (map[uint64][]placed, error) {
		return l.placesOf(ctx, names...)
	}
	return g
}

const accountColumns = "id, balance, held, entries, last, limits"

func scanAccount(scan scanner) (a ledger.Account, err error) {
	var id, limits sql.RawBytes
	err = scan(&id, (*int64)(&a.Balance), (*int64)(&a.Held), &a.Entries, &a.Last, &limits)
	if err == nil && len(id) != accountSize {
		err = fmt.Errorf("an account's id has %d bytes", len(id))
	}
	if err == nil {
		a.ID = parseAccount(id)
		err = readLimits(limits, &a)
	}
	return a, err
}

// Account is store.Reader's.
func (l *look) Account(ctx context.Context, id ledger.AccountID) (ledger.Account, error) {
	found, key := ledger.Account{ID: id}, accountKey(id)
	err := l.ask.each(ctx, "SELECT "+accountColumns+" FROM accounts WHERE id = ?", func(scan scanner) (err error) {
		found, err = scanAccount(scan)
		return err
	}, key[:])
	return found, failed("read account "+id.String(), err)
}

// Accounts is store.Reader's.
func (l *look) Accounts(ctx context.Context, after ledger.AccountID, limit int) (list []ledger.Account, err error) {
	key := accountKey(after)
	err = l.ask.each(ctx, "SELECT "+accountColumns+" FROM accounts WHERE id > ? ORDER BY id LIMIT ?", func(scan scanner) error {
		a, err := scanAccount(scan)
		list = append(list, a)
		return err
	}, key[:], limit)
	return list, failed("list accounts", err)
}

// Head is store.Reader's.
func (l *look) Head(ctx context.Context) (h store.Head, err error) {
	if l.upTo != nil {
		return *l.upTo, ctx.Err()
	}
	err = l.ask.each(ctx, "SELECT position, hash FROM head WHERE id = 1", func(scan scanner) error {
		var hash sql.RawBytes
		err := scan(&h.Position, &hash)
		copy(h.Hash[:], hash)
		return err
	})
	return h, failed("read the journal's head", err)
}

// placed is where something is in the journal.
type placed struct {
	position uint64
	back     uint8 // how far before it its block begins
}

func (p placed) block() uint64 { return p.position - uint64(p.back) }

// placesOf finds where the things with some names are, in order.
func (l *look) placesOf(ctx context.Context, names ...uint64) (map[uint64][]placed, error) {
	found := map[uint64][]placed{}
	for some := range slices.Chunk(names, mostInList) {
		err := l.ask.each(ctx, namesIn("names", some), func(scan scanner) error {
			name, places, err := scanName(scan)
			found[name] = places
			return err
		})
		if err != nil {
			return nil, failed("look up places", err)
		}
	}
	return found, nil
}

// namesIn asks a table for the places of some names.
func namesIn[Name int64 | uint64](table string, names []Name) string {
	q := []byte("SELECT name, spots FROM " + table + " WHERE name IN (")
	for i, name := range names {
		if i > 0 {
			q = append(q, ',')
		}
		q = strconv.AppendInt(q, int64(name), 10)
	}
	return string(append(q, ')'))
}

// accountsIn asks a table for some accounts.
func accountsIn(table string, ids []ledger.AccountID) string {
	q := []byte("SELECT " + accountColumns + " FROM " + table + " WHERE id IN (")
	for i, id := range ids {
		if i > 0 {
			q = append(q, ',')
		}
		key := accountKey(id)
		q = appendHex(q, key[:])
	}
	return string(append(q, ')'))
}

func scanName(scan scanner) (name uint64, places []placed, err error) {
	var signed int64
	var spots sql.RawBytes
	if err = scan(&signed, &spots); err == nil {
		places, err = readSpots(spots)
	}
	return uint64(signed), places, err
}

// placesFor is placesOf, together with others who look.
func (l *look) placesFor(ctx context.Context, names ...uint64) (map[uint64][]placed, error) {
	if l.shared == nil {
		return l.placesOf(ctx, names...)
	}
	found, err := l.shared.places.get(ctx, names...)
	return found, failed("look up places", err)
}

// load brings the blocks that begin at some positions within reach.
func (l *look) load(ctx context.Context, firsts []uint64) (map[uint64]*block, error) {
	loaded := map[uint64]*block{}
	missing := firsts[:0:0]
	for _, first := range firsts {
		if b := l.known(first); b != nil {
			loaded[first] = b
		} else {
			missing = append(missing, first)
		}
	}
	missing, err := l.loadArchived(ctx, missing, loaded)
	if err != nil {
		return nil, err
	}
	sure := l.blocks.sure.Load()
	for some := range slices.Chunk(missing, 200) {
		q := appendUints([]byte("SELECT "+blockColumns+" FROM journal WHERE first IN ("), some)
		err := l.ask.each(ctx, string(append(q, ')')), func(scan scanner) error {
			b, err := scanBlock(scan)
			if err == nil {
				l.keep(b, sure)
				loaded[b.first] = b
			}
			return err
		})
		if err != nil {
			return nil, failed("read the journal", err)
		}
	}
	return loaded, nil
}

// loadArchived is load for blocks that stand in files; it returns the others.
func (l *look) loadArchived(ctx context.Context, firsts []uint64, loaded map[uint64]*block) (others []uint64, err error) {
	for _, first := range firsts {
		archived, err := l.archivedBlocks(ctx, first, 1)
		if err != nil {
			return nil, err
		}
		if len(archived) == 0 {
			others = append(others, first)
			continue
		}
		loaded[archived[0].first] = archived[0]
	}
	return others, nil
}

// archivedBlocks lists blocks that stand in a file, from the one that holds a position
// on, some at most; none where the position is in the table.
func (l *look) archivedBlocks(ctx context.Context, position uint64, most int) (blocks []*block, err error) {
	rows, err := l.kept.rowsIn(ctx, position, most)
	for _, r := range rows {
		b := &block{first: r.first, entries: r.entries, base: r.base, packed: r.block}
		l.blocks.add(b)
		blocks = append(blocks, b)
	}
	return blocks, err
}

const blockColumns = "first, entries, base, block"

func scanBlock(scan scanner) (*block, error) {
	b := &block{}
	err := scan(&b.first, &b.entries, &b.base, &b.packed)
	if err == nil && b.entries == 0 {
		err = fmt.Errorf("the journal's block from entry %d on has no entries; run verify", b.first)
	}
	return b, err
}

// blockOf is the block that holds a position.
func (l *look) blockOf(ctx context.Context, position uint64) (*block, error) {
	b := l.known(position)
	if b != nil {
		return b, nil
	}
	archived, err := l.archivedBlocks(ctx, position, 1)
	if err != nil {
		return nil, err
	}
	if len(archived) > 0 {
		return archived[0], nil
	}
	sure := l.blocks.sure.Load()
	err = l.ask.each(ctx, "SELECT "+blockColumns+" FROM journal WHERE first <= ? ORDER BY first DESC LIMIT 1", func(scan scanner) (err error) {
		b, err = scanBlock(scan)
		return err
	}, position)
	if err != nil {
		return nil, failed("read the journal", err)
	}
	if b == nil || b.last() < position {
		return nil, fmt.Errorf("the journal has no entry %d; run verify", position)
	}
	l.keep(b, sure)
	return b, nil
}

// entry is the one at a position.
func (l *look) entry(ctx context.Context, position uint64) (store.Entry, error) {
	b, err := l.blockOf(ctx, position)
	if err != nil {
		return store.Entry{}, err
	}
	return b.entry(position)
}

// entryAt is the entry at a place.
func (l *look) entryAt(ctx context.Context, p placed) (store.Entry, error) {
	b := l.known(p.position)
	if b == nil {
		loaded, err := l.load(ctx, []uint64{p.block()})
		if err != nil {
			return store.Entry{}, err
		}
		if b = loaded[p.block()]; b == nil || b.last() < p.position {
			return store.Entry{}, fmt.Errorf("the journal has no entry %d; run verify", p.position)
		}
	}
	return b.entry(p.position)
}

// Record is store.Reader's.
func (l *look) Record(ctx context.Context, key store.Key) (store.Record, bool, error) {
	if bulk, known := l.kept.isBulk(key.Kind); key.Origin == 0 && !(known && bulk) {
		if r, ok, err := l.ordinary(ctx, key); ok || err != nil || known {
			return r, ok, err
		}
	}
	r, ok, err := l.bulk(ctx, key)
	if !ok && err == nil && key.Origin != 0 {
		return l.ordinary(ctx, key)
	}
	return r, ok, err
}

// Records reads several records; those that are rows with one statement.
func (l *look) Records(ctx context.Context, keys []store.Key) (map[store.Key]store.Record, error) {
	var names []string
	for _, key := range keys {
		if bulk, _ := l.kept.isBulk(key.Kind); !bulk && key.Origin == 0 {
			names = append(names, recordName(key))
		}
	}
	rows, err := l.rowsFor(ctx, names...)
	if err != nil {
		return nil, failed(fmt.Sprintf("read %d records", len(names)), err)
	}
	found := make(map[store.Key]store.Record, len(keys))
	for _, key := range keys {
		var record store.Record
		r, ok := rows[recordName(key)]
		if ok {
			record, err = ordinaryOf(key, r.value, r.terms)
			l.kept.learnKind(key.Kind, false)
		} else if bulk, known := l.kept.isBulk(key.Kind); bulk || !known || key.Origin != 0 {
			record, ok, err = l.Record(ctx, key)
		}
		if err != nil {
			return nil, err
		}
		if ok {
			found[key] = record
		}
	}
	return found, nil
}

// rowsFor is rowsOf, together with others who look.
func (l *look) rowsFor(ctx context.Context, names ...string) (map[string]row, error) {
	if len(names) == 0 || l.shared == nil {
		return l.rowsOf(ctx, names)
	}
	return l.shared.rows.get(ctx, names...)
}

// ordinary finds a record that is a row.
func (l *look) ordinary(ctx context.Context, key store.Key) (store.Record, bool, error) {
	name := recordName(key)
	found, err := l.rowsFor(ctx, name)
	r, ok := found[name]
	if err != nil || !ok {
		return store.Record{}, false, failed("read "+key.Kind+" "+key.ID, err)
	}
	l.kept.learnKind(key.Kind, false)
	record, err := ordinaryOf(key, r.value, r.terms)
	return record, err == nil, err
}

// rowsOf finds records that are rows.
func (l *look) rowsOf(ctx context.Context, names []string) (map[string]row, error) {
	found := make(map[string]row, len(names))
	for some := range slices.Chunk(names, mostInList) {
		q := []byte("SELECT name, value, terms FROM records WHERE name IN (")
		for i, name := range some {
			if i > 0 {
				q = append(q, ',')
			}
			q = appendHex(q, []byte(name))
		}
		err := l.ask.each(ctx, string(append(q, ')')), func(scan scanner) error {
			var name string
			var r row
			err := scan(&name, &r.value, &r.terms)
			found[name] = r
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func ordinaryOf(key store.Key, value, terms []byte) (store.Record, error) {
	value = append([]byte{}, value...) // the reader's own
	reader := wire.Over(terms)
	r := store.Record{Key: key, Value: value, Terms: store.ReadTerms(&reader)}
	return r, reader.End()
}

// bulk finds a record that is nowhere but in the journal: by its own name where
// another command wrote it, else by the command that wrote it first.
func (l *look) bulk(ctx context.Context, key store.Key) (store.Record, bool, error) {
	names := []uint64{l.kept.names.Of(key)}
	if key.Origin != 0 {
		names = append(names, store.CommandName(key.Origin))
	}
	found, err := l.placesFor(ctx, names...)
	if err != nil {
		return store.Record{}, false, err
	}
	return bulkAmong(key, names, found, func(p placed) (store.Entry, error) { return l.entryAt(ctx, p) })
}

// bulkAmong looks at the places of a bulk record's names, newest first.
func bulkAmong(key store.Key, names []uint64, found map[uint64][]placed, entry func(placed) (store.Entry, error)) (store.Record, bool, error) {
	for _, name := range names {
		for _, p := range slices.Backward(found[name]) {
			e, err := entry(p)
			if err != nil {
				return store.Record{}, false, fmt.Errorf("%s %s: %w", key.Kind, key.ID, err)
			}
			if r, ok := recordIn(&e, key); ok && r.Bulk {
				return r, true, nil
			}
		}
	}
	return store.Record{}, false, nil
}

// Entry is store.Reader's.
func (l *look) Entry(ctx context.Context, commandID string) (store.Entry, bool, error) {
	if l.kept.Doubts(commandID) {
		return store.Entry{}, false, fmt.Errorf("command %q: %w; ask again when the database is back", commandID, store.ErrUnknown)
	}
	named := store.Name(commandID)
	entries, err := l.Stamped(ctx, named.Stamp)
	for _, e := range entries {
		if e.Command == commandID {
			return e, true, nil
		}
	}
	return store.Entry{}, false, err
}

// Stamped is store.Reader's.
func (l *look) Stamped(ctx context.Context, stamp uint64) (entries []store.Entry, err error) {
	name := store.CommandName(stamp)
	found, err := l.placesFor(ctx, name)
	if err != nil {
		return nil, err
	}
	for _, p := range found[name] {
		e, err := l.entryAt(ctx, p)
		if err != nil {
			return nil, err
		}
		if e.Stamp == stamp { // a name has a bit less
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// Journal is store.Reader's.
func (l *look) Journal(ctx context.Context, after uint64, limit int) (entries []store.Entry, err error) {
	for len(entries) < limit {
		if l.upTo != nil && after >= l.upTo.Position {
			break
		}
		some, err := l.blocksFrom(ctx, after+1, limit-len(entries))
		if err != nil {
			return nil, err
		}
		before := after
		for _, b := range some {
			if l.upTo != nil && b.first > l.upTo.Position {
				return entries, nil
			}
			for position := max(b.first, after+1); position <= b.last() && len(entries) < limit; position++ {
				e, err := b.entry(position)
				if err != nil {
					return nil, err
				}
				entries, after = append(entries, e), position
			}
		}
		if after == before {
			break
		}
	}
	return entries, nil
}

// blocksFrom lists some blocks in order, from the one that holds a position on;
// none where the journal ends before it.
func (l *look) blocksFrom(ctx context.Context, position uint64, entries int) (list []*block, err error) {
	for b := l.known(position); b != nil && entries > 0; b = l.known(b.last() + 1) {
		if l.upTo != nil && b.first > l.upTo.Position {
			break
		}
		list = append(list, b)
		entries -= b.entries
	}
	if len(list) > 0 {
		return list, nil
	}
	rows := min(max(entries/32+2, 2), 256)
	if list, err = l.archivedBlocks(ctx, position, rows); err != nil || len(list) > 0 {
		return list, err
	}
	sure := l.blocks.sure.Load()
	err = l.ask.each(ctx, "SELECT "+blockColumns+" FROM journal WHERE first >= (SELECT COALESCE(MAX(first), 0) FROM journal WHERE first <= ?) ORDER BY first LIMIT ?", func(scan scanner) error {
		b, err := scanBlock(scan)
		if err == nil && b.last() >= position {
			l.keep(b, sure)
			list = append(list, b)
		}
		return err
	}, position, rows)
	return list, failed("read the journal", err)
}

// Scan is store.Reader's.
func (l *look) Scan(ctx context.Context, r store.Range) (rows []store.Row, err error) {
	if r.Limit <= 0 {
		return nil, fmt.Errorf("scan of index %q: limit %d is not positive", r.Index, r.Limit)
	}
	prefix := r.Index + "\x00"
	from, until, above, order := prefix+r.From, r.Index+"\x01", ">=", ""
	if r.Until != "" {
		until = prefix + r.Until
	}
	if r.After != "" && r.Reverse {
		until = min(until, prefix+r.After)
	} else if r.After != "" && prefix+r.After >= from {
		from, above = prefix+r.After, ">"
	}
	if r.Reverse {
		order = " DESC"
	}
	var wanted []uint64 // blocks of the bulk records
	var at []placed
	err = l.ask.each(ctx, "SELECT /*+ INL_JOIN(r) */ t.place, t.origin, t.position, t.back, r.value, r.terms FROM "+
		"(SELECT place, name, origin, position, back FROM terms WHERE place "+above+" ? AND place < ? ORDER BY place"+order+" LIMIT ?) t "+
		"LEFT JOIN records r ON r.name = t.name AND t.position = 0 ORDER BY t.place"+order, func(scan scanner) error {
		var place string
		var key store.Key
		var row store.Row
		var p placed
		var value, terms []byte
		var origin uint64
		err := scan(&place, &origin, &p.position, &p.back, &value, &terms)
		if err == nil {
			_, row.Sort, key, err = parsePlace(place)
		}
		key.Origin, row.At = origin, strings.TrimPrefix(place, prefix)
		switch {
		case err != nil:
			return err
		case p.position > 0:
			wanted = append(wanted, p.block())
		case terms == nil:
			return fmt.Errorf("index %q has a row for record %s %s, which does not exist; run verify", r.Index, key.Kind, key.ID)
		default:
			row.Record, err = ordinaryOf(key, value, terms)
		}
		if row.Record.Key.Kind == "" {
			row.Record.Key = key
		}
		rows, at = append(rows, row), append(at, p)
		return err
	}, []byte(from), []byte(until), r.Limit)
	if err != nil || len(wanted) == 0 {
		return rows, failed("scan of index "+r.Index, err)
	}
	slices.Sort(wanted)
	loaded, err := l.load(ctx, slices.Compact(wanted))
	if err != nil {
		return nil, err
	}
	for i, p := range at {
		if p.position == 0 {
			continue
		}
		key := rows[i].Record.Key
		b := loaded[p.block()]
		if b == nil || b.last() < p.position {
			return nil, fmt.Errorf("index %q has a row for %s %s in entry %d, which is not there; run verify", r.Index, key.Kind, key.ID, p.position)
		}
		e, err := b.entry(p.position)
		if err != nil {
			return nil, err
		}
		record, ok := recordIn(&e, key)
		if !ok {
			return nil, fmt.Errorf("index %q has a row for %s %s in entry %d, which did not write it; run verify", r.Index, key.Kind, key.ID, p.position)
		}
		rows[i].Record = record
	}
	return rows, nil
}

// History is store.Reader's.
func (l *look) History(ctx context.Context, id ledger.AccountID, before uint64, limit int) ([]store.Movement, error) {
	return l.diary().History(ctx, id, before, limit)
}

// HistoryAt is store.Reader's.
func (l *look) HistoryAt(ctx context.Context, id ledger.AccountID, at int64) (uint64, error) {
	return l.diary().HistoryAt(ctx, id, at)
}

// Diary is store.Reader's.
func (l *look) Diary(ctx context.Context, id ledger.AccountID, from uint64, limit int) ([]store.Page, error) {
	return l.diary().Diary(ctx, id, from, limit)
}

// DiaryAt is store.Reader's.
func (l *look) DiaryAt(ctx context.Context, id ledger.AccountID, at int64) (uint64, error) {
	return l.diary().DiaryAt(ctx, id, at)
}

// diary reads an account's entries along their links.
func (l *look) diary() diary.Book {
	return diary.Book{Account: l.Account, Entry: l.entry, Milestone: l.milestone}
}

func (l *look) milestone(ctx context.Context, id ledger.AccountID, number uint64) (position uint64, at int64, err error) {
	key, found := accountKey(id), false
	err = l.ask.each(ctx, "SELECT position, at FROM milestones WHERE account = ? AND number = ?", func(scan scanner) error {
		found = true
		return scan(&position, &at)
	}, key[:], number)
	if err == nil && !found {
		err = fmt.Errorf("there is none of account %s, entry %d; run verify", id, number)
	}
	return position, at, failed("read a milestone", err)
}
