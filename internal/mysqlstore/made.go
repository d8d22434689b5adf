package mysqlstore

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"tongbao/internal/frame"
	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// made is a batch ready to be written: its statements can be sent as they are, and sent
// again, on top of the head that it was made from and no other.
type made struct {
	*changes
	base   store.Head          // that it was made from
	head   store.Head          // that it leads to
	at     int64               // business time of its newest entry
	fronts map[uint64][]byte   // each frame's header and its payload's table, by its first entry
	last   uint64              // first entry of the last frame
	blocks []*block            // in order
	line   string              // a signature of the head before it, where one was due
	known  map[uint64][]placed // places from before it, of all names that it touches
	rows   map[string]*changedRecord
	out    *writer
	say    func(context.Context, *sql.Conn) error // what is said when all else has been; nil for nothing
	frame  whole                                  // that holds it; none where there are several
	proven bool                                   // committed, whatever its own connection tells
	doubts []string                               // its commands, once nobody could say whether it was committed
	ends   map[ledger.AccountID]*end              // of accounts, where the batch is known by its draft alone
}

// encode gives the batch its frame.
func (t *txn) encode(c *changes) (frame.Header, []byte, error) {
	var buf bytes.Buffer
	encoder := frame.Encoder{Codec: frame.OldestCodec} // servers of the version before read it during a rolling restart
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
	m := &made{changes: c, base: t.head, head: store.Head{Position: last.Last(), Hash: last.Hash}, at: max(t.at, c.entries[len(c.entries)-1].At), last: last.First}
	if len(frames) == 1 {
		m.frame = frames[0]
	}
	if err := m.divide(frames...); err != nil {
		return nil, err
	}
	before := func(key store.Key) ([]store.Term, error) {
		r, _, err := t.record(key)
		return r.Terms, err
	}
	err := t.loadUntouched(c.entries)
	if err == nil {
		err = m.findPlaces(s.names, before)
	}
	if err == nil {
		err = t.err
	}
	if err == nil && !t.signs() {
		m.line, err = s.signature(t.head, signEvery)
	}
	if err != nil {
		return nil, err
	}
	m.known = t.places
	m.out = writers.Get().(*writer)
	m.write(m.out)
	return m, nil
}

// divide finds a batch's blocks in the frames that hold it.
func (m *made) divide(frames ...whole) error {
	m.fronts = make(map[uint64][]byte, len(frames))
	for _, f := range frames {
		table, err := f.h.ParseTable(f.bytes[frame.HeaderSize:])
		if err != nil {
			return err
		}
		_, start := table.Start(0)
		m.fronts[f.h.First] = f.bytes[:frame.HeaderSize+int(start)]
		m.blocks = append(m.blocks, blocksOf(f.h, table, f.bytes[frame.HeaderSize:])...)
	}
	return nil
}

// findPlaces works out which places and rows a batch leads to. before says under which
// terms a record stood.
func (m *made) findPlaces(names store.Naming, before func(store.Key) ([]store.Term, error)) error {
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
	if err := m.followRecords(names, back, before); err != nil {
		return err
	}
	m.rows = map[string]*changedRecord{}
	for _, key := range m.written {
		if r := *m.records[key]; !r.after.Bulk {
			r.after.Value = slices.Clone(r.after.Value) // the entries' memory is their maker's again once they are committed
			m.rows[recordName(key)] = &r
		}
	}
	slices.SortFunc(m.places, func(a, b namedPlace) int {
		return cmp.Or(cmp.Compare(int64(a.name), int64(b.name)), cmp.Compare(a.position, b.position))
	})
	return nil
}

// row is a record that is a row as the batch leaves it; there is false where the batch
// deletes it.
func (m *made) row(name string) (r store.Record, there, changed bool) {
	c, changed := m.rows[name]
	if !changed {
		return r, false, false
	}
	r = c.after
	r.Value, r.Terms = slices.Clone(r.Value), slices.Clone(r.Terms) // the reader's own
	return r, r.Value != nil, true
}

// added are the places that the batch gives a name.
func (m *made) added(name uint64) []namedPlace {
	from := sort.Search(len(m.places), func(i int) bool { return int64(m.places[i].name) >= int64(name) })
	until := from
	for until < len(m.places) && m.places[until].name == name {
		until++
	}
	return m.places[from:until]
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
	places, err := t.placesOf(t.ctx, slices.Compact(names))
	maps.Copy(t.places, places)
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

// write makes the batch's statements, one for each kind of row, or a few.
func (m *made) write(w *writer) {
	w.clear()
	m.writeNames(w)

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

	m.writeRecords(w)

	if m.line != "" {
		w.begin("INSERT IGNORE INTO heads (position, line) VALUES ", "")
		w.row()
		w.uint(m.base.Position)
		w.bytes([]byte(m.line))
		w.end()
	}
	w.add(fmt.Sprintf("UPDATE head SET position = %d, hash = x'%x', at = %d WHERE id = 1", m.head.Position, m.head.Hash, m.at))
}

// writeNames writes where things are: names that are new, which nearly all are, and then
// those that have places already.
func (m *made) writeNames(w *writer) {
	var spots []byte
	rows := func(known bool) {
		for from, until := 0, 0; from < len(m.places); from = until {
			name := m.places[from].name
			for until = from; until < len(m.places) && m.places[until].name == name; until++ {
			}
			if (len(m.known[name]) > 0) != known {
				continue
			}
			spots = spots[:0]
			for _, p := range m.known[name] {
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

func (m *made) writeRecords(w *writer) {
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
