package pebblestore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// verification reads the whole journal and works everything out again, then
// compares. What is compared in full (accounts) is small; the rest is summed up:
// two sets are the same if the sums of their members' hashes are, so no list of
// twenty million command ids has to be held. Only where sums differ is looked for
// the member that makes the difference. Of records it remembers a fingerprint of
// the key and one of the last value: 40 bytes or so each.
type verification struct {
	*snapshot
	ctx      context.Context
	fault    func(string)
	progress func(int)

	book       *accounts
	at         int64 // time of the entry before
	commands   sum
	milestones uint64
	records    map[uint64]uint64 // fingerprint of the key → of the value at rest
	guide      guide
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
func (v *snapshot) VerifyChain(ctx context.Context, fault func(string), progress func(int)) error {
	c := &verification{snapshot: v, ctx: ctx, fault: fault, progress: progress, book: newAccounts(), records: map[uint64]uint64{}}
	if err := ctx.Err(); err != nil {
		return err
	}
	if v.frozen.reached.head.Position > 0 {
		err := c.followJournal()
		var found damaged
		if errors.As(err, &found) {
			fault(found.Error()) // and nothing can be said of what was derived
			return nil
		}
		if err != nil {
			return err
		}
	}
	for i, check := range []func() error{c.checkStanding, c.checkAccounts, c.checkCommands, c.checkRecords, c.checkRows, c.checkMilestones, c.checkGuide} {
		if err := check(); err != nil {
			return err
		}
		progress(800 + 200*(i+1)/7)
	}
	return nil
}

func (c *verification) faultf(format string, args ...any) { c.fault(fmt.Sprintf(format, args...)) }

func (c *verification) followJournal() error {
	last, told := c.frozen.reached.head, -1
	_, head, err := c.journal.scan(place{1, 0}, store.Head{}, last.Position, func(h frameHeader, at place, _ []byte, entries []store.Entry) error {
		if c.guide.wants(at) {
			c.guide = append(c.guide, mark{h.first, at})
		}
		for i := range entries {
			c.followEntry(&entries[i])
		}
		if share := int(h.last() * 800 / last.Position); share > told {
			told = share
			c.progress(min(800, share))
		}
		return c.ctx.Err()
	})
	if err == nil && head != last {
		c.faultf("the journal's hash at entry %d is %x; the accounts were made from a journal with hash %x", head.Position, head.Hash, last.Hash)
	}
	return err
}

// followEntry works out what the entry does. Where it contradicts what came
// before it says so and goes on from what the entry says.
func (c *verification) followEntry(entry *store.Entry) {
	if entry.At < c.at {
		c.faultf("entry %d of command %q is of an earlier time (%d) than the entry before it (%d)", entry.Position, entry.Command, entry.At, c.at)
	}
	c.at = max(c.at, entry.At)
	var position [8]byte
	binary.LittleEndian.PutUint64(position[:], entry.Position)
	c.commands.add([]byte(entry.Command), position[:])
	for i := range entry.Legs {
		leg := &entry.Legs[i]
		a := c.book.get(leg.Account)
		if err := followLeg(entry, leg, &a, compareLink); err != nil {
			c.faultf("entry %d of command %q: %v", entry.Position, entry.Command, err)
			a.Balance, a.Entries, a.Last = leg.After, leg.Number, entry.Position
		}
		c.book.put(a)
		if leg.Number%milestoneEvery == 0 {
			c.milestones++
		}
	}
	for _, state := range entry.States {
		a := c.book.get(state.Account)
		a.Held, a.Tier, a.Meter = state.Held, state.Tier, state.Meter
		c.book.put(a)
	}
	for i := range entry.Legs { // a leg tells what is held once its command is done
		leg := &entry.Legs[i]
		if held := c.book.get(leg.Account).Held; leg.Held != held {
			c.faultf("entry %d of command %q: the leg on %s says that %d is held; it is %d", entry.Position, entry.Command, leg.Account, leg.Held, held)
		}
	}
	for _, record := range entry.Records {
		key := xxhash.Sum64(recordKey(record.Key))
		if record.Value == nil {
			delete(c.records, key)
			continue
		}
		value, err := encodeRecord(record)
		if err != nil {
			c.faultf("entry %d of command %q: record %s %s cannot be encoded: %v", entry.Position, entry.Command, record.Key.Kind, record.Key.ID, err)
		}
		c.records[key] = xxhash.Sum64(value)
	}
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

func (c *verification) checkCommands() error {
	var indexed sum
	err := each(c.index, []byte{keyCommand}, func(key, value []byte) error {
		indexed.add(key[1:], value)
		return c.ctx.Err()
	})
	if err != nil || indexed == c.commands {
		return err
	}
	err = each(c.index, []byte{keyCommand}, func(key, value []byte) error {
		id := string(key[1:])
		if len(value) != 8 {
			c.faultf("the index has %d bytes as the position of command %q", len(value), id)
			return nil
		}
		position := binary.LittleEndian.Uint64(value)
		if position == 0 || position > c.frozen.reached.head.Position {
			c.faultf("the index says that command %q is entry %d, which the journal does not have", id, position)
			return nil
		}
		entry, err := c.journal.entry(position)
		if err == nil && entry.Command != id {
			c.faultf("the index says that command %q is entry %d; that is command %q", id, position, entry.Command)
		}
		return errors.Join(err, c.ctx.Err())
	})
	if err != nil {
		return err
	}
	return c.eachEntry(func(entry *store.Entry) error {
		position, ok, err := getCommand(c.index, entry.Command)
		switch {
		case err != nil:
			c.faultf("command %q, entry %d: %v", entry.Command, entry.Position, err)
		case !ok:
			c.faultf("the index does not know command %q, which is entry %d", entry.Command, entry.Position)
		case position != entry.Position:
			c.faultf("command %q stands in the journal as entry %d and, says the index, as entry %d", entry.Command, entry.Position, position)
		}
		return nil
	})
}

// eachEntry reads the journal once more.
func (c *verification) eachEntry(visit func(*store.Entry) error) error {
	if c.frozen.reached.head.Position == 0 {
		return nil
	}
	_, _, err := c.journal.scan(place{1, 0}, store.Head{}, c.frozen.reached.head.Position, func(_ frameHeader, _ place, _ []byte, entries []store.Entry) error {
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
	err := eachRecord(func(record store.Record) error {
		for i, term := range record.Terms {
			if !slices.Contains(record.Terms[:i], term) {
				wanted.add(rowKey(term, record.Key))
			}
		}
		return nil
	})
	if err == nil {
		err = each(c.index, []byte{keyRow}, func(key, _ []byte) error {
			indexed.add(key)
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
	return each(c.index, []byte{keyRow}, func(key, _ []byte) error {
		index, at, _ := bytes.Cut(key[1:], []byte{0})
		sort, owner, err := parseRow(at)
		if err != nil {
			c.faultf("index %q: %v", index, err)
			return nil
		}
		record, ok, err := getRecord(c.index, owner)
		if err == nil && (!ok || !slices.Contains(record.Terms, store.Term{Index: string(index), Sort: sort})) {
			c.faultf("index %q has a row at %q for record %s %s, which should not stand there", index, sort, owner.Kind, owner.ID)
		}
		return errors.Join(err, c.ctx.Err())
	})
}

func (c *verification) checkMilestones() error {
	right := uint64(0)
	err := each(c.index, []byte{keyMilestone}, func(key, value []byte) error {
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
		if !holds || entry.At != int64(binary.LittleEndian.Uint64(value[8:])) || number%milestoneEvery != 0 {
			c.faultf("the milestone of account %s, entry %d, points at journal entry %d, which is not that one or of another time", id, number, position)
			return nil
		}
		right++
		return c.ctx.Err()
	})
	if err != nil || right == c.milestones {
		return err
	}
	for i := range c.book.count {
		a := c.book.at(i)
		for number := uint64(milestoneEvery); number <= a.Entries; number += milestoneEvery {
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
