package pebblestore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"

	"tongbao/internal/diary"
	"tongbao/internal/frame"
	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// verification reads the whole journal and works everything out again, then
// compares. What is compared in full (accounts) is small; the rest is summed up:
// two sets are the same if the sums of their members' hashes are, so no list of
// twenty million command ids has to be held. Only where sums differ is looked for
// the member that makes the difference. Of records that stand in the index it
// remembers a fingerprint of the key and one of the last value, 40 bytes or so
// each; of bulk records only those that have rows now.
type verification struct {
	*snapshot
	ctx      context.Context
	each     func([]store.Entry)
	fault    func(string)
	progress func(int)
	telling  sync.Mutex

	book       *book
	row        []byte            // of the milestone at work
	moved      []*ledger.Account // by the entry at work; they never move
	at         int64             // time of the entry before
	places     placeSum
	milestones rowSum
	records    map[uint64]uint64          // fingerprint of the key → of the value at rest
	rows       map[store.Key][]store.Term // of bulk records
	guide      guide
}

// placeSum is a set of places, summed up. Nobody chooses both a name and the
// position that it gets, so a quick hash will do.
type placeSum struct{ members, one, two uint64 }

func (s *placeSum) add(row place64) {
	h := (row.name ^ row.position*0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9
	s.members++
	s.one += h ^ h>>31
	s.two += (h ^ h>>29) * (row.position | 1)
}

// rowSum is a set of rows that nobody outside can choose, summed up.
type rowSum struct{ members, one, two uint64 }

func (s *rowSum) add(row []byte) {
	h := xxhash.Sum64(row)
	s.members++
	s.one += h
	s.two += (h ^ h>>29) * 0xBF58476D1CE4E5B9
}

// sum is a set, summed up.
type sum struct {
	members uint64
	hashes  [4]uint64
}

func (s *sum) add(parts ...[]byte) {
	d := sha256.New()
	for _, part := range parts {
		d.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part))))
		d.Write(part)
	}
	h := d.Sum(nil)
	s.members++
	for i := range s.hashes {
		s.hashes[i] += binary.LittleEndian.Uint64(h[8*i:])
	}
}

// VerifyChain is store.Snapshot's.
func (v *snapshot) VerifyChain(ctx context.Context, each func([]store.Entry), fault func(string), progress func(int)) error {
	c := &verification{snapshot: v, ctx: ctx, each: each, fault: fault, progress: progress, book: newBook(newAccounts()),
		records: map[uint64]uint64{}, rows: map[store.Key][]store.Term{}}
	if err := ctx.Err(); err != nil {
		return err
	}
	if v.frozen.reached.head.Position > 0 {
		err := c.followJournal()
		var found damaged
		if errors.As(err, &found) {
			c.tell(found.Error()) // and nothing can be said of what was derived
			return nil
		}
		if err != nil {
			return err
		}
	}
	// The places are most of what is left: they are compared beside the rest.
	var places sync.WaitGroup
	var failed error
	places.Go(func() { failed = c.checkPlaces() })
	for i, check := range []func() error{c.checkStanding, c.checkAccounts, c.checkRecords, c.checkRows, c.checkMilestones, c.checkGuide} {
		if err := check(); err != nil {
			places.Wait()
			return errors.Join(err, failed)
		}
		progress(800 + 190*(i+1)/6)
	}
	places.Wait()
	progress(1000)
	return failed
}

func (c *verification) faultf(format string, args ...any) { c.tell(fmt.Sprintf(format, args...)) }

// tell tells of faults one at a time.
func (c *verification) tell(fault string) {
	c.telling.Lock()
	defer c.telling.Unlock()
	c.fault(fault)
}

// followJournal reads and hashes frames in order, unpacks several at a time, and
// follows their entries in order again, beside whoever else looks at each.
func (c *verification) followJournal() error {
	last, told := c.frozen.reached.head, -1
	signed, bad := c.store.heads.upTo(last.Position)
	for _, b := range bad {
		c.faultf("%s", b)
	}
	compare := compareHeads(signed)
	toShow := make(chan *unpacked, unpackAhead)
	var showing sync.WaitGroup
	showing.Go(func() {
		for u := range toShow {
			c.each(u.entries)
			if share := int(u.last() * 800 / last.Position); share > told {
				told = share
				c.progress(min(800, share))
			}
			u.free()
		}
	})
	_, head, err := c.journal.unpackFrames(place{1, 0}, store.Head{}, last.Position, func(h frame.Header, at place) error {
		if c.guide.wants(at) {
			c.guide = append(c.guide, mark{h.First, at})
		}
		if wrong := compare.frame(h); wrong != "" {
			c.tell(wrong)
		}
		return c.ctx.Err()
	}, func(u *unpacked) error {
		for some := range slices.Chunk(u.entries, warmEntries) {
			c.book.warmLegs(some)
			for i := range some {
				c.followEntry(&some[i])
			}
		}
		toShow <- u
		return nil
	})
	close(toShow)
	showing.Wait()
	if err == nil && head != last {
		c.faultf("the journal's hash at entry %d is %x; the accounts were made from a journal with hash %x", head.Position, head.Hash, last.Hash)
	}
	return err
}

// followEntry works out what the entry does. Where it contradicts what came
// before it says so and goes on from what the entry says.
func (c *verification) followEntry(entry *store.Entry) {
	if entry.At < c.at {
		c.entryFault(entry, "it is of an earlier time (%d) than the entry before it (%d)", entry.At, c.at)
	}
	c.at = max(c.at, entry.At)
	c.places.add(place64{store.CommandName(entry.Stamp), entry.Position})
	accounts := c.moved[:0]
	for i := range entry.Legs {
		leg := &entry.Legs[i]
		a := c.account(leg.Account)
		accounts = append(accounts, a)
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
			c.row = append(append(c.row[:0], milestoneKey(leg.Account, leg.Number)...), milestone{position: entry.Position, at: entry.At}.value()...)
			c.milestones.add(c.row)
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
		state := &entry.States[i]
		a := c.account(state.Account)
		a.Held, a.Tier, a.Meter = state.Held, state.Tier, state.Meter
	}
	for i := range entry.Legs { // a leg tells what is held once its command is done
		if leg := &entry.Legs[i]; leg.Held != accounts[i].Held {
			c.entryFault(entry, "the leg on %s says that %d is held; it is %d", leg.Account, leg.Held, accounts[i].Held)
		}
	}
	c.moved = accounts
	for i := range entry.Records {
		c.followRecord(entry, &entry.Records[i])
	}
}

func (c *verification) entryFault(entry *store.Entry, format string, args ...any) {
	c.faultf("entry %d of command %q: %s", entry.Position, entry.Command, fmt.Sprintf(format, args...))
}

func (c *verification) account(id ledger.AccountID) *ledger.Account {
	return c.book.at(c.book.number(id))
}

func (c *verification) followRecord(entry *store.Entry, record *store.Record) {
	if record.Bulk {
		if record.Key.Origin != entry.Stamp {
			c.places.add(place64{c.journal.names().Of(record.Key), entry.Position})
		}
		if len(record.Terms) > 0 {
			key := record.Key
			key.Kind, key.ID = strings.Clone(key.Kind), strings.Clone(key.ID)
			c.rows[key] = cloneTerms(record.Terms)
		} else if record.Key.Origin != entry.Stamp {
			delete(c.rows, record.Key)
		}
		return
	}
	key := xxhash.Sum64(recordKey(record.Key))
	if record.Value == nil {
		delete(c.records, key)
		return
	}
	c.records[key] = xxhash.Sum64(encodeRecord(*record))
}

// cloneTerms keeps terms longer than the journal's block that they were read from.
func cloneTerms(terms []store.Term) []store.Term {
	kept := make([]store.Term, len(terms))
	for i, t := range terms {
		kept[i] = store.Term{Index: strings.Clone(t.Index), Sort: strings.Clone(t.Sort)}
	}
	return kept
}

func (c *verification) checkStanding() error {
	b, err := get(c.index, []byte{keyApplied})
	if err != nil {
		return err
	}
	if c.frozen.reached.head.Position == 0 && b == nil {
		return nil
	}
	if !bytes.Equal(b, c.frozen.reached.value()) {
		c.faultf("the index says that it has followed the journal to %x; the accounts have to %x", b, c.frozen.reached.value())
	}
	return nil
}

func (c *verification) checkAccounts() error {
	for number := range c.book.count {
		want := *c.book.at(number)
		if got := c.stateOf(want.ID); got != want {
			c.faultf("account %s is kept as %s; its entries lead to %s", want.ID, describe(got), describe(want))
		}
	}
	for after := (ledger.AccountID{}); ; {
		page := c.statesOf(after, 10_000)
		for _, a := range page {
			if _, ok := c.book.find(a.ID); !ok {
				c.faultf("account %s is kept as %s; no entry knows it", a.ID, describe(a))
			}
		}
		if len(page) < 10_000 {
			return c.ctx.Err()
		}
		after = page[len(page)-1].ID
	}
}

func describe(a ledger.Account) string {
	return fmt.Sprintf("balance %d, held %d, %d entries, the last at %d, tier %d, meter %+v", a.Balance, a.Held, a.Entries, a.Last, a.Tier, a.Meter)
}

// checkPlaces compares the places as they are kept with the journal's, and looks
// for a command that is in the journal twice: the two would stand side by side.
func (c *verification) checkPlaces() error {
	last := c.frozen.reached.head.Position
	runs, rest, done := c.look.places.pinned()
	defer done()
	var kept placeSum
	eachPlace := func(visit func(place64) error) error {
		var failed error
		for row := range mergePlaces(runs, rest, &failed) {
			if row.position > last {
				continue // younger than the snapshot
			}
			if err := visit(row); err != nil {
				return err
			}
		}
		return failed
	}
	before := place64{}
	n := 0
	err := eachPlace(func(row place64) error {
		kept.add(row)
		if row.name == before.name && row.name&1 == 0 {
			if err := c.checkTwice(before.position, row.position); err != nil {
				return err
			}
		}
		before = row
		if n++; n%4096 == 0 {
			return c.ctx.Err()
		}
		return nil
	})
	if err != nil {
		c.faultf("the places cannot be read: %v", err)
		return c.ctx.Err()
	}
	if kept == c.places {
		return nil
	}
	err = eachPlace(func(row place64) error {
		entry, err := c.journal.entry(row.position)
		if err != nil {
			return err
		}
		if !namedSo(&entry, c.journal.names(), row.name) {
			c.faultf("the places say that entry %d has the name %x; it is command %q and has not", row.position, row.name, entry.Command)
		}
		return c.ctx.Err()
	})
	if err != nil {
		return err
	}
	return c.eachEntry(func(entry *store.Entry) error {
		ch := newChange(entry.Position, []store.Entry{*entry}, c.journal.names(), changeRoom{})
		if err := ch.followRecords(func(store.Key, uint64) ([]store.Term, error) { return nil, nil }); err != nil {
			return err
		}
		for _, row := range ch.places {
			found, err := c.look.places.find(row.name, last)
			if err != nil {
				return err
			}
			if !slices.Contains(found, row.position) {
				c.faultf("the places do not know entry %d of command %q by the name %x", entry.Position, entry.Command, row.name)
			}
		}
		return nil
	})
}

func (c *verification) checkTwice(a, b uint64) error {
	one, err := c.journal.entry(a)
	if err != nil {
		return err
	}
	two, err := c.journal.entry(b)
	if err == nil && one.Command == two.Command {
		c.faultf("command %q is in the journal twice, as entries %d and %d", one.Command, a, b)
	}
	return err
}

// namedSo says whether an entry is found by a name.
func namedSo(entry *store.Entry, names store.Naming, name uint64) bool {
	if store.CommandName(entry.Stamp) == name {
		return true
	}
	return slices.ContainsFunc(entry.Records, func(r store.Record) bool {
		return r.Bulk && r.Key.Origin != entry.Stamp && names.Of(r.Key) == name
	})
}

// mergePlaces lists all places in order: those in files, and those not yet.
func mergePlaces(runs []*run, rest [][]place64, failed *error) iter.Seq[place64] {
	var more []place64
	for _, rows := range rest {
		more = append(more, rows...)
	}
	slices.SortFunc(more, comparePlaces)
	return func(yield func(place64) bool) {
		more := more
		for row := range mergeRuns(runs, failed) {
			for len(more) > 0 && comparePlaces(more[0], row) < 0 {
				if !yield(more[0]) {
					return
				}
				more = more[1:]
			}
			if !yield(row) {
				return
			}
		}
		for _, row := range more {
			if !yield(row) {
				return
			}
		}
	}
}

// eachEntry reads the journal once more.
func (c *verification) eachEntry(visit func(*store.Entry) error) error {
	if c.frozen.reached.head.Position == 0 {
		return nil
	}
	_, _, err := c.journal.scan(place{1, 0}, store.Head{}, c.frozen.reached.head.Position, func(_ frame.Header, _ place, entries []store.Entry) error {
		for i := range entries {
			if err := visit(&entries[i]); err != nil {
				return err
			}
		}
		return c.ctx.Err()
	})
	return err
}

func (c *verification) checkRecords() error {
	matched := 0
	err := each(c.index, []byte{keyRecord}, func(key, value []byte) error {
		want, ok := c.records[xxhash.Sum64(key)]
		switch {
		case !ok:
			c.faultf("the index has a record %s that no entry wrote, or that was deleted", recordName(key))
		case want != xxhash.Sum64(value):
			c.faultf("record %s is kept otherwise than the last entry that wrote it says", recordName(key))
		}
		if ok {
			matched++
		}
		return c.ctx.Err()
	})
	if err != nil || matched == len(c.records) {
		return err
	}
	missing := map[uint64]bool{}
	return c.eachEntry(func(entry *store.Entry) error {
		for _, record := range entry.Records {
			if record.Bulk {
				continue
			}
			key := recordKey(record.Key)
			fingerprint := xxhash.Sum64(key)
			if _, lives := c.records[fingerprint]; !lives || missing[fingerprint] {
				continue
			}
			value, err := get(c.index, key)
			if err != nil {
				return err
			}
			if value == nil {
				missing[fingerprint] = true
				c.faultf("the index lacks record %s, which entry %d wrote", recordName(key), entry.Position)
			}
		}
		return nil
	})
}

func recordName(key []byte) string {
	kind, id, _ := bytes.Cut(key[1:], []byte{0})
	return fmt.Sprintf("%s %s", kind, id)
}

// checkRows compares the rows with the records that they belong to.
func (c *verification) checkRows() error {
	var wanted, indexed sum
	eachRecord := func(visit func(store.Record) error) error {
		return each(c.index, []byte{keyRecord}, func(key, value []byte) error {
			kind, id, _ := bytes.Cut(key[1:], []byte{0})
			record, err := decodeRecord(store.Key{Kind: string(kind), ID: string(id)}, value)
			if err != nil {
				c.faultf("%v", err)
				return nil
			}
			return errors.Join(visit(record), c.ctx.Err())
		})
	}
	// Bulk records have their rows here and themselves in the journal.
	records := eachRecord
	eachRecord = func(visit func(store.Record) error) error {
		for key, terms := range c.rows {
			if err := visit(store.Record{Key: key, Terms: terms, Bulk: true}); err != nil {
				return err
			}
		}
		return records(visit)
	}
	err := eachRecord(func(record store.Record) error {
		for i, term := range record.Terms {
			if !slices.Contains(record.Terms[:i], term) {
				wanted.add(rowKey(term, record.Key), rowValue(record.Key))
			}
		}
		return nil
	})
	if err == nil {
		err = each(c.index, []byte{keyRow}, func(key, value []byte) error {
			indexed.add(key, value)
			return c.ctx.Err()
		})
	}
	if err != nil || wanted == indexed {
		return err
	}
	err = eachRecord(func(record store.Record) error {
		for _, term := range record.Terms {
			row, err := get(c.index, rowKey(term, record.Key))
			if err != nil {
				return err
			}
			if row == nil {
				c.faultf("record %s %s should stand in index %q at %q, and does not", record.Key.Kind, record.Key.ID, term.Index, term.Sort)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return each(c.index, []byte{keyRow}, func(key, value []byte) error {
		index, at, _ := bytes.Cut(key[1:], []byte{0})
		sort, owner, err := parseRow(at)
		if err != nil {
			c.faultf("index %q: %v", index, err)
			return nil
		}
		if owner.Origin, err = rowOrigin(value); err != nil {
			c.faultf("index %q at %q: %v", index, sort, err)
			return nil
		}
		record, ok, err := c.record(c.index, owner, c.frozen.reached.head.Position)
		if err == nil && (!ok || !slices.Contains(record.Terms, store.Term{Index: string(index), Sort: sort})) {
			c.faultf("index %q has a row at %q for record %s %s, which should not stand there", index, sort, owner.Kind, owner.ID)
		}
		return errors.Join(err, c.ctx.Err())
	})
}

func (c *verification) checkMilestones() error {
	var kept rowSum
	err := each(c.index, []byte{keyMilestone}, func(key, value []byte) error {
		c.row = append(append(c.row[:0], key...), value...)
		kept.add(c.row)
		return c.ctx.Err()
	})
	if err != nil || kept == c.milestones {
		return err
	}
	err = each(c.index, []byte{keyMilestone}, func(key, value []byte) error {
		if len(key) != 1+accountKeySize+8 || len(value) != 16 {
			c.faultf("the index has a milestone %x that makes no sense", key)
			return nil
		}
		id := parseAccount(key[1:])
		number := binary.BigEndian.Uint64(key[1+accountKeySize:])
		position := binary.LittleEndian.Uint64(value)
		if position == 0 || position > c.frozen.reached.head.Position {
			c.faultf("the milestone of account %s, entry %d, points at entry %d, which the journal does not have", id, number, position)
			return nil
		}
		entry, err := c.journal.entry(position)
		if err != nil {
			return err
		}
		holds := slices.ContainsFunc(entry.Legs, func(leg ledger.Leg) bool { return leg.Account == id && leg.Number == number })
		if !holds || entry.At != int64(binary.LittleEndian.Uint64(value[8:])) || number%diary.MilestoneEvery != 0 {
			c.faultf("the milestone of account %s, entry %d, points at journal entry %d, which is not that one or of another time", id, number, position)
			return nil
		}
		return c.ctx.Err()
	})
	if err != nil {
		return err
	}
	for i := range c.book.count {
		a := c.book.at(i)
		for number := uint64(diary.MilestoneEvery); number <= a.Entries; number += diary.MilestoneEvery {
			b, err := get(c.index, milestoneKey(a.ID, number))
			if err != nil {
				return err
			}
			if b == nil {
				c.faultf("the index lacks the milestone of account %s, entry %d", a.ID, number)
			}
		}
	}
	return nil
}

func (c *verification) checkGuide() error {
	i := 0
	err := each(c.index, []byte{keyGuide}, func(key, value []byte) error {
		if i >= len(c.guide) || !bytes.Equal(key, guideKey(c.guide[i].first)) || !bytes.Equal(value, c.guide[i].at.value()) {
			c.faultf("the guide's row %x → %x is not where a frame should be noted", key, value)
		}
		i++
		return nil
	})
	if err == nil && i < len(c.guide) {
		c.faultf("the guide has %d rows of %d", i, len(c.guide))
	}
	return err
}
