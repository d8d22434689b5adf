package mysqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"tongbao/internal/diary"
	"tongbao/internal/frame"
	"tongbao/internal/ledger"
	"tongbao/internal/store"
	"tongbao/internal/wire"
)

// verification reads the whole journal, works everything out again, and compares.
// Accounts are compared in full. The rest is summed up: two sets are the same if
// the sums of their members' hashes are, so no list of twenty million command ids
// has to be held; only where sums differ is looked for the member that makes the
// difference. Of records that are rows it remembers a fingerprint of the key and
// one of the last state; of bulk records only those that have rows in an index.
type verification struct {
	*snapshot
	ctx     context.Context
	each    func([]store.Entry)
	entries []store.Entry // of the block at work
	fault   func(string)

	book    map[ledger.AccountID]*ledger.Account
	at      int64 // time of the entry before
	places  sum
	marks   sum
	records map[uint64]uint64          // fingerprint of the name → of the row
	terms   map[store.Key]bulkRows     // of bulk records
	rows    map[uint64]map[uint64]bool // of records that are rows: name → fingerprints of their places
	named   []uint64                   // names of the entry at hand
	buf     []byte
}

type bulkRows struct {
	terms []store.Term
	at    placed
}

// sum is a set of rows, summed up.
type sum struct{ members, one, two uint64 }

func (s *sum) add(row []byte) {
	h := xxhash.Sum64(row)
	s.members++
	s.one += h
	s.two += (h ^ h>>29) * 0xBF58476D1CE4E5B9
}

// VerifyChain is store.Snapshot's.
func (v *snapshot) VerifyChain(ctx context.Context, each func([]store.Entry), fault func(string), progress func(int)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &verification{snapshot: v, ctx: ctx, each: each, fault: fault, book: map[ledger.AccountID]*ledger.Account{},
		records: map[uint64]uint64{}, terms: map[store.Key]bulkRows{}, rows: map[uint64]map[uint64]bool{}}
	if err := c.followJournal(progress); err != nil {
		if frame.IsBad(err) {
			c.fault(err.Error()) // and nothing can be said of what was derived
			return nil
		}
		return err
	}
	for i, check := range []func() error{c.checkAccounts, c.checkPlaces, c.checkRecords, c.checkTerms, c.checkMilestones} {
		if err := check(); err != nil {
			return failed("verify", err)
		}
		progress(800 + 200*(i+1)/5)
	}
	return nil
}

func (c *verification) faultf(format string, args ...any) { c.fault(fmt.Sprintf(format, args...)) }

// pageRows is how many rows of the journal are read at once.
const pageRows = 128

// journalRow is a row of the journal as it is kept.
type journalRow struct {
	first   uint64
	entries int
	base    int64
	front   []byte
	block   []byte
}

// eachRow reads the journal's rows in order, those whose first entry is after one
// position and not after another.
func (l *look) eachRow(ctx context.Context, after, upTo uint64, visit func(journalRow) error) error {
	for {
		page, err := l.kept.rowsIn(ctx, after+1, pageRows)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			if r.first > upTo {
				return nil
			}
			if r.first <= after { // the row that holds it, and was handed over
				continue
			}
			if err := visit(r); err != nil {
				return err
			}
			after = r.first + uint64(r.entries) - 1
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return l.tableRowsUpTo(ctx, after, upTo, visit)
}

// tableRows is eachRow for what is in the table, without an end.
func (l *look) tableRows(ctx context.Context, after uint64, visit func(journalRow) error) error {
	return l.tableRowsUpTo(ctx, after, math.MaxInt64, visit)
}

func (l *look) tableRowsUpTo(ctx context.Context, after, upTo uint64, visit func(journalRow) error) error {
	for {
		var page []journalRow
		err := l.ask.each(ctx, "SELECT first, entries, base, frame, block FROM journal WHERE first > ? AND first <= ? ORDER BY first LIMIT ?", func(scan scanner) error {
			var r journalRow
			err := scan(&r.first, &r.entries, &r.base, &r.front, &r.block)
			page = append(page, r)
			return err
		}, after, upTo, pageRows)
		if err != nil {
			return failed("read the journal", err)
		}
		for _, r := range page {
			if err := visit(r); err != nil {
				return err
			}
			after = r.first
		}
		if len(page) < pageRows {
			return ctx.Err()
		}
	}
}

// frames reads the whole journal, frame by frame, and checks each against the one
// before.
func (l *look) frames(ctx context.Context, upTo store.Head, salt uint32, visit func(h frame.Header, whole []byte, rows []journalRow) error) error {
	var head store.Head
	err := l.framesFrom(ctx, 0, upTo.Position, salt, func(h frame.Header, whole []byte, rows []journalRow) error {
		if h.First != head.Position+1 {
			return damaged(h.First, fmt.Sprintf("the frame begins with entry %d, where %d follows", h.First, head.Position+1))
		}
		if frame.Chain(head.Hash, whole[:frame.Hashed], whole[frame.HeaderSize:]) != h.Hash {
			return damaged(h.First, "the hash of the frame is not the one that its bytes and the frames before it lead to")
		}
		head = store.Head{Position: h.Last(), Hash: h.Hash}
		return visit(h, whole, rows)
	})
	if err == nil && head != upTo {
		err = frame.Bad(fmt.Sprintf("the journal ends with entry %d and hash %x; its head says entry %d and hash %x", head.Position, head.Hash, upTo.Position, upTo.Hash))
	}
	return err
}

func damaged(at uint64, why string) error {
	return frame.Bad(fmt.Sprintf("journal is damaged at entry %d: %s; restore the database from a backup, or find out what changed its rows", at, why))
}

// framesFrom puts the journal's rows together to frames, from the one after a
// position on, which must be the end of one, and hands each over: its header, its
// bytes, and its rows.
func (l *look) framesFrom(ctx context.Context, after, upTo uint64, salt uint32, visit func(h frame.Header, whole []byte, rows []journalRow) error) error {
	var rows []journalRow
	take := func() error {
		if len(rows) == 0 {
			return nil
		}
		var whole []byte
		whole = append(whole, rows[0].front...)
		for _, r := range rows {
			whole = append(whole, r.block...)
		}
		h, err := frame.ParseHeader(whole, salt)
		if err == nil {
			err = h.CheckPayload(whole[frame.HeaderSize:])
		}
		if err == nil && h.First != rows[0].first {
			err = fmt.Errorf("the frame begins with entry %d", h.First)
		}
		if err != nil {
			return damaged(rows[0].first, err.Error())
		}
		done := rows
		rows = nil
		return visit(h, whole, done)
	}
	err := l.eachRow(ctx, after, upTo, func(r journalRow) error {
		switch {
		case len(rows) == 0 && (r.front == nil || r.first != after+1):
			return damaged(after+1, "no batch begins there")
		case r.front != nil:
			if err := take(); err != nil {
				return err
			}
		}
		rows = append(rows, r)
		return nil
	})
	if err == nil {
		err = take()
	}
	return err
}

func (c *verification) followJournal(progress func(int)) error {
	signed, bad, err := c.readHeads(c.ctx, c.upTo.Position)
	if err != nil {
		return err
	}
	for _, b := range bad {
		c.fault(b)
	}
	told := -1
	var room store.Room
	return c.frames(c.ctx, *c.upTo, uint32(c.store.names), func(h frame.Header, whole []byte, rows []journalRow) error {
		for len(signed) > 0 && signed[0].Position <= h.Last() {
			switch {
			case signed[0].Position != h.Last():
				c.faultf("entry %d was signed as the last of its batch, and is not", signed[0].Position)
			case signed[0].Hash != h.Hash:
				c.faultf("entry %d was signed with hash %x; the journal's is %x there", signed[0].Position, signed[0].Hash, h.Hash)
			}
			signed = signed[1:]
		}
		if err := c.followFrame(h, whole[frame.HeaderSize:], rows, &room); err != nil {
			return err
		}
		if share := int(h.Last() * 800 / c.upTo.Position); share > told {
			told = share
			progress(share)
		}
		return c.ctx.Err()
	})
}

func (c *verification) followFrame(h frame.Header, payload []byte, rows []journalRow, room *store.Room) error {
	t, err := h.ParseTable(payload)
	if err != nil {
		return frame.Bad(fmt.Sprintf("journal is damaged at entry %d: %v", h.First, err))
	}
	if len(t.Blocks) != len(rows) {
		return frame.Bad(fmt.Sprintf("journal is damaged at entry %d: the frame has %d blocks and stands in %d rows", h.First, len(t.Blocks), len(rows)))
	}
	for i, b := range blocksOf(h, t, payload) {
		if r := rows[i]; r.first != b.first || r.entries != b.entries || r.base != b.base || !bytes.Equal(r.block, b.packed) {
			return frame.Bad(fmt.Sprintf("journal is damaged at entry %d: its row says otherwise than its frame where it begins or what it holds", r.first))
		}
		if b.unpack(); b.err != nil {
			return frame.Bad(b.err.Error())
		}
		room.Clear()
		c.entries = c.entries[:0]
		for k, raw := range b.each {
			c.entries = append(c.entries, store.Entry{})
			entry := &c.entries[len(c.entries)-1]
			if err := room.ReadEntry(entry, raw, b.first+uint64(k), b.base); err != nil {
				return frame.Bad(err.Error())
			}
			c.followEntry(entry, uint8(k))
		}
		c.each(c.entries)
	}
	return nil
}

// followEntry works out what the entry does. Where it contradicts what came before
// it says so and goes on from what the entry says.
func (c *verification) followEntry(entry *store.Entry, back uint8) {
	if entry.At < c.at {
		c.entryFault(entry, "it is of an earlier time (%d) than the entry before it (%d)", entry.At, c.at)
	}
	c.at = max(c.at, entry.At)
	c.named = c.named[:0]
	c.place(store.CommandName(entry.Stamp), entry.Position, back)
	for i := range entry.Legs {
		leg := &entry.Legs[i]
		a := c.account(leg.Account)
		after, err := a.Balance.Add(leg.Change())
		if err != nil || after != leg.After {
			c.entryFault(entry, "the leg on %s says that the balance is %d after it; it is %d", leg.Account, leg.After, after)
		}
		if leg.Number != a.Entries+1 {
			c.entryFault(entry, "the leg on %s says that it is the account's entry %d; it is %d", leg.Account, leg.Number, a.Entries+1)
		}
		if leg.Previous != a.Last {
			c.entryFault(entry, "the leg on %s says that the entry before in its diary is %d; it is %d", leg.Account, leg.Previous, a.Last)
		}
		a.Balance, a.Entries, a.Last = leg.After, leg.Number, entry.Position
		if leg.Number%diary.MilestoneEvery == 0 {
			c.marks.add(c.mark(milestone{leg.Account, leg.Number, entry.Position, entry.At}))
		}
	}
	for i := range entry.Mentions {
		m := &entry.Mentions[i]
		a := c.account(m.Account)
		if m.Previous != a.Last {
			c.entryFault(entry, "the mention of %s says that the entry before in its diary is %d; it is %d", m.Account, m.Previous, a.Last)
		}
		a.Last = entry.Position
	}
	for i := range entry.States {
		s := &entry.States[i]
		a := c.account(s.Account)
		a.Held, a.Tier, a.Meter = s.Held, s.Tier, s.Meter
	}
	for i := range entry.Legs { // a leg tells what is held once its command is done
		if leg := &entry.Legs[i]; leg.Held != c.account(leg.Account).Held {
			c.entryFault(entry, "the leg on %s says that %d is held; it is %d", leg.Account, leg.Held, c.account(leg.Account).Held)
		}
	}
	for i := range entry.Records {
		c.followRecord(entry, &entry.Records[i], back)
	}
}

func (c *verification) entryFault(entry *store.Entry, format string, args ...any) {
	c.faultf("entry %d of command %q: %s", entry.Position, entry.Command, fmt.Sprintf(format, args...))
}

func (c *verification) account(id ledger.AccountID) *ledger.Account {
	a := c.book[id]
	if a == nil {
		a = &ledger.Account{ID: id}
		c.book[id] = a
	}
	return a
}

func (c *verification) place(name, position uint64, back uint8) {
	if slices.Contains(c.named, name) { // the entry has one place for it
		return
	}
	c.named = append(c.named, name)
	c.places.add(c.placeRow(name, position, back))
}

func (c *verification) placeRow(name, position uint64, back uint8) []byte {
	c.buf = append(wire.Fixed(wire.Fixed(c.buf[:0], name), position), back)
	return c.buf
}

func (c *verification) mark(m milestone) []byte {
	key := accountKey(m.account)
	c.buf = wire.Fixed(wire.Fixed(wire.Fixed(append(c.buf[:0], key[:]...), m.number), m.position), uint64(m.at))
	return c.buf
}

func (c *verification) followRecord(entry *store.Entry, record *store.Record, back uint8) {
	key := store.Key{Kind: strings.Clone(record.Key.Kind), ID: strings.Clone(record.Key.ID), Origin: record.Key.Origin}
	if record.Bulk {
		if record.Key.Origin != entry.Stamp {
			c.place(c.store.names.Of(record.Key), entry.Position, back)
		}
		if len(record.Terms) > 0 {
			c.terms[key] = bulkRows{cloneTerms(record.Terms), placed{position: entry.Position, back: back}}
		} else {
			delete(c.terms, key)
		}
		return
	}
	name := recordName(key)
	print := xxhash.Sum64String(name)
	delete(c.rows, print)
	if record.Value == nil {
		delete(c.records, print)
		return
	}
	c.records[print] = c.rowPrint(record.Value, store.AppendTerms(nil, record.Terms))
	for _, t := range record.Terms {
		if c.rows[print] == nil {
			c.rows[print] = map[uint64]bool{}
		}
		c.rows[print][xxhash.Sum64String(termPlace(t, key))] = true
	}
}

func (c *verification) rowPrint(value, terms []byte) uint64 {
	c.buf = wire.Bytes(wire.Bytes(c.buf[:0], value), terms)
	return xxhash.Sum64(c.buf)
}

// cloneTerms keeps terms longer than the block that they were read from.
func cloneTerms(terms []store.Term) []store.Term {
	kept := make([]store.Term, len(terms))
	for i, t := range terms {
		kept[i] = store.Term{Index: strings.Clone(t.Index), Sort: strings.Clone(t.Sort)}
	}
	return kept
}

func (c *verification) checkAccounts() error {
	seen := 0
	for after := (ledger.AccountID{}); ; {
		page, err := c.Accounts(c.ctx, after, 5000)
		if err != nil {
			return err
		}
		for _, a := range page {
			after = a.ID
			want := c.book[a.ID]
			switch {
			case want == nil:
				c.faultf("account %s is kept as %s; no entry knows it", a.ID, describe(a))
				continue
			case a != *want:
				c.faultf("account %s is kept as %s; its entries lead to %s", a.ID, describe(a), describe(*want))
			}
			seen++
		}
		if len(page) < 5000 {
			break
		}
	}
	if seen == len(c.book) {
		return nil
	}
	for id, want := range c.book {
		got, err := c.Account(c.ctx, id)
		if err != nil {
			return err
		}
		if got.Zero() && !want.Zero() {
			c.faultf("account %s is not kept; its entries lead to %s", id, describe(*want))
		}
	}
	return nil
}

func describe(a ledger.Account) string {
	return fmt.Sprintf("balance %d, held %d, %d entries, the last at %d, tier %d, meter %+v", a.Balance, a.Held, a.Entries, a.Last, a.Tier, a.Meter)
}

// eachPlace reads the places in order of their names.
func (c *verification) eachPlace(visit func(name uint64, p placed) error) error {
	const most = 20_000
	after, n := "name >= ?", most
	name := int64(math.MinInt64)
	for n == most {
		type row struct {
			name   uint64
			places []placed
		}
		var page []row
		err := c.ask.each(c.ctx, "SELECT name, spots FROM names WHERE "+after+" ORDER BY name LIMIT ?", func(scan scanner) error {
			var r row
			var err error
			r.name, r.places, err = scanName(scan)
			page = append(page, r)
			return err
		}, name, most)
		if err != nil {
			return err
		}
		for _, r := range page {
			for _, p := range r.places {
				if err := visit(r.name, p); err != nil {
					return err
				}
			}
			name = int64(r.name)
		}
		after, n = "name > ?", len(page)
	}
	return c.ctx.Err()
}

// checkPlaces compares the places as they are kept with the journal's, and looks
// for a command that is in the journal twice: the two would stand side by side.
func (c *verification) checkPlaces() error {
	var kept sum
	var before struct {
		name uint64
		placed
	}
	err := c.eachPlace(func(name uint64, p placed) error {
		kept.add(c.placeRow(name, p.position, p.back))
		same := name == before.name && kept.members > 1
		if same && p.position <= before.position {
			c.faultf("the places of the name %x are not in order", name)
		}
		if same && name&1 == 0 {
			if err := c.checkTwice(before.placed, p); err != nil {
				return err
			}
		}
		before.name, before.placed = name, p
		return nil
	})
	if err != nil || kept == c.places {
		return err
	}
	c.faultf("the places kept (%d) are not those that the journal leads to (%d)", kept.members, c.places.members)
	return c.eachPlace(func(name uint64, p placed) error {
		entry, err := c.entryAt(c.ctx, p)
		if err != nil {
			c.faultf("the places say that entry %d has the name %x: %v", p.position, name, err)
			return nil
		}
		if !namedSo(&entry, c.store.names, name) {
			c.faultf("the places say that entry %d has the name %x; it is command %q and has not", p.position, name, entry.Command)
		}
		return nil
	})
}

func (c *verification) checkTwice(a, b placed) error {
	one, err := c.entryAt(c.ctx, a)
	if err != nil {
		return err
	}
	two, err := c.entryAt(c.ctx, b)
	if err == nil && one.Command == two.Command {
		c.faultf("command %q is in the journal twice, as entries %d and %d", one.Command, a.position, b.position)
	}
	return err
}

// namedSo says whether an entry is found by a name.
func namedSo(entry *store.Entry, names store.Naming, name uint64) bool {
	return store.CommandName(entry.Stamp) == name || slices.ContainsFunc(entry.Records, func(r store.Record) bool {
		return r.Bulk && r.Key.Origin != entry.Stamp && names.Of(r.Key) == name
	})
}

func (c *verification) checkRecords() error {
	matched := 0
	name := []byte{}
	for n := 1; n > 0; {
		n = 0
		err := c.ask.each(c.ctx, "SELECT name, value, terms FROM records WHERE name > ? ORDER BY name LIMIT 500", func(scan scanner) error {
			var value, terms []byte
			if err := scan(&name, &value, &terms); err != nil {
				return err
			}
			n++
			key := parseName(string(name))
			want, ok := c.records[xxhash.Sum64(name)]
			switch {
			case !ok:
				c.faultf("the database has a record %s %s that no entry wrote, or that was deleted", key.Kind, key.ID)
			case want != c.rowPrint(value, terms):
				c.faultf("record %s %s is kept otherwise than the last entry that wrote it says", key.Kind, key.ID)
			}
			if ok {
				matched++
			}
			return nil
		}, name)
		if err != nil {
			return err
		}
	}
	if matched < len(c.records) {
		c.faultf("the database lacks %d records that the journal wrote", len(c.records)-matched)
	}
	return c.ctx.Err()
}

func (c *verification) checkTerms() error {
	place := []byte{}
	for n := 1; n > 0; {
		n = 0
		err := c.ask.each(c.ctx, "SELECT place, name, origin, position, back FROM terms WHERE place > ? ORDER BY place LIMIT 2000", func(scan scanner) error {
			var name []byte
			var origin uint64
			var p placed
			if err := scan(&place, &name, &origin, &p.position, &p.back); err != nil {
				return err
			}
			n++
			index, sort, key, err := parsePlace(string(place))
			if err != nil || recordName(key) != string(name) {
				c.faultf("the index row %q is not one of %q", place, name)
				return nil
			}
			if p.position == 0 {
				print := xxhash.Sum64(name)
				if !c.rows[print][xxhash.Sum64(place)] {
					c.faultf("index %q has a row for %s %s that it does not stand in", index, key.Kind, key.ID)
				}
				delete(c.rows[print], xxhash.Sum64(place))
				if len(c.rows[print]) == 0 {
					delete(c.rows, print)
				}
				return nil
			}
			key.Origin = origin
			known := c.terms[key]
			i := slices.Index(known.terms, store.Term{Index: index, Sort: sort})
			if i < 0 || known.at != p {
				c.faultf("index %q has a row for %s %s at entry %d that it does not stand in", index, key.Kind, key.ID, p.position)
				return nil
			}
			known.terms = slices.DeleteFunc(known.terms, func(t store.Term) bool { return t == store.Term{Index: index, Sort: sort} })
			if c.terms[key] = known; len(known.terms) == 0 {
				delete(c.terms, key)
			}
			return nil
		}, place)
		if err != nil {
			return err
		}
	}
	for key, lacking := range c.terms {
		for _, t := range lacking.terms {
			c.faultf("index %q lacks the row for %s %s", t.Index, key.Kind, key.ID)
		}
	}
	if len(c.rows) > 0 {
		c.faultf("the indexes lack rows of %d records", len(c.rows))
	}
	return c.ctx.Err()
}

func (c *verification) checkMilestones() error {
	var kept sum
	account, number := make([]byte, accountSize), uint64(0)
	const most = 5000
	for n := most; n == most; {
		n = 0
		err := c.ask.each(c.ctx, "SELECT account, number, position, at FROM milestones WHERE account > ? OR account = ? AND number > ? ORDER BY account, number LIMIT ?", func(scan scanner) error {
			m := milestone{}
			err := scan(&account, &number, &m.position, &m.at)
			if err == nil && len(account) != accountSize {
				err = errors.New("an account's id has another length")
			}
			if err == nil {
				m.account, m.number = parseAccount(account), number
				kept.add(c.mark(m))
				n++
			}
			return err
		}, bytes.Clone(account), bytes.Clone(account), number, most)
		if err != nil {
			return err
		}
	}
	if kept != c.marks {
		c.faultf("the milestones kept (%d) are not those that the journal leads to (%d)", kept.members, c.marks.members)
	}
	return nil
}
