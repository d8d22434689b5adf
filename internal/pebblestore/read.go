package pebblestore

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// look reads what is durable: now, or at the moment of a snapshot. The journal is
// the same for both, since it only grows; what differs is how far one may look,
// which state of the index, and whose accounts.
type look struct {
	journal  *journal
	index    pebble.Reader
	places   *places
	recent   *recent                           // nil where the newest state is not what is looked for
	pin      func() (pebble.Reader, io.Closer) // the index at one moment, for what must read it twice
	head     func() store.Head
	stateOf  func(ledger.AccountID) ledger.Account
	statesOf func(after ledger.AccountID, limit int) []ledger.Account
	unknown  func(commandID string) bool
}

// Account is store.Reader's.
func (l *look) Account(ctx context.Context, id ledger.AccountID) (ledger.Account, error) {
	return l.stateOf(id), ctx.Err()
}

// Accounts is store.Reader's.
func (l *look) Accounts(ctx context.Context, after ledger.AccountID, limit int) ([]ledger.Account, error) {
	return l.statesOf(after, limit), ctx.Err()
}

// Head is store.Reader's.
func (l *look) Head(ctx context.Context) (store.Head, error) { return l.head(), ctx.Err() }

// Record is store.Reader's.
func (l *look) Record(ctx context.Context, key store.Key) (store.Record, bool, error) {
	if err := ctx.Err(); err != nil {
		return store.Record{}, false, err
	}
	if l.recent == nil {
		return l.record(l.index, key, l.head().Position)
	}
	changes := l.recent.changes.Load() // before it is read
	if record, ok := l.recent.get(key); ok {
		return *record, true, nil
	}
	record, ok, err := l.record(l.index, key, l.head().Position)
	if ok && err == nil && !record.Bulk {
		l.recent.put(record, changes)
	}
	return record, ok, err
}

// record finds a record in the index, or, where it is bulk, its newest state in
// the journal up to a position.
func (l *look) record(index pebble.Reader, key store.Key, most uint64) (store.Record, bool, error) {
	if key.Origin != 0 { // bulk, most likely
		if record, ok, err := l.bulk(key, most); ok || err != nil {
			return record, ok, err
		}
	}
	record, ok, err := getRecord(index, key)
	if !ok && err == nil && key.Origin == 0 {
		return l.bulk(key, most)
	}
	return record, ok, err
}

// bulk finds a record that is nowhere but in the journal: by its own name where it
// was written again, else by the command that wrote it first.
func (l *look) bulk(key store.Key, most uint64) (store.Record, bool, error) {
	names := [2]uint64{l.journal.names().of(key), commandName(key.Origin)}
	for i, name := range names {
		if i == 1 && key.Origin == 0 {
			break
		}
		var record store.Record
		there := false
		err := l.places.each(name, most, func(position uint64) (bool, error) {
			entry, err := l.journal.entry(position)
			if err != nil {
				return false, fmt.Errorf("%s %s: %w", key.Kind, key.ID, err)
			}
			r, ok := recordIn(&entry, key)
			if ok && r.Bulk {
				record, there = r, true
			}
			return !there, nil
		})
		if there || err != nil {
			return record, there, err
		}
	}
	return store.Record{}, false, nil
}

// Entry is store.Reader's.
func (l *look) Entry(ctx context.Context, commandID string) (store.Entry, bool, error) {
	if err := ctx.Err(); err != nil {
		return store.Entry{}, false, err
	}
	if l.unknown(commandID) {
		return store.Entry{}, false, fmt.Errorf("command %q: %w; restart to find out", commandID, store.ErrUnknown)
	}
	return l.command(store.Name(commandID), l.head().Position)
}

// Stamped is store.Reader's.
func (l *look) Stamped(ctx context.Context, stamp uint64) ([]store.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found, err := l.places.find(commandName(stamp), l.head().Position)
	if err != nil {
		return nil, err
	}
	var entries []store.Entry
	for _, position := range found {
		entry, err := l.journal.entry(position)
		if err != nil {
			return nil, err
		}
		if entry.Stamp == stamp { // a name has a bit less
			entries = append(entries, entry)
		}
	}
	return entries, nil
}

// command finds a command's entry up to a position.
func (l *look) command(command store.Named, most uint64) (entry store.Entry, ok bool, err error) {
	err = l.places.each(commandName(command.Stamp), most, func(position uint64) (bool, error) {
		entry, err = l.journal.entry(position)
		ok = err == nil && entry.Command == command.ID
		return !ok, err
	})
	if !ok {
		entry = store.Entry{}
	}
	return entry, ok, err
}

// Probe finds those of the commands that are durable, as far as they can be read; the
// engine asks it on its callers' goroutines. Names that the filter takes for known and
// that are nowhere, a few in a thousand, are kept in mind, so that who has the turn
// need not look through the files for them.
func (s *Store) Probe(touched *store.Touched, found func(command int, entry store.Entry)) {
	head := s.headNow().Position
	var some [4]int
	commands, records := s.filter.among(touched, s.journal.names(), some[:0])
	for _, i := range commands {
		entry, ok, err := s.command(touched.Commands[i], head)
		switch {
		case err != nil:
		case ok:
			found(i, entry)
		default:
			s.places.inVain(commandName(touched.Commands[i].Stamp), head)
		}
	}
	for _, name := range records {
		nowhere := true
		err := s.places.each(name, head, func(uint64) (bool, error) {
			nowhere = false
			return false, nil
		})
		if nowhere && err == nil {
			s.places.inVain(name, head)
		}
	}
}

// Journal is store.Reader's.
func (l *look) Journal(ctx context.Context, after uint64, limit int) ([]store.Entry, error) {
	var entries []store.Entry
	head := l.head().Position
	for len(entries) < limit && after < head {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		more, err := l.journal.read(after+1, int(min(uint64(limit-len(entries)), head-after)))
		if err != nil {
			return nil, err
		}
		entries = append(entries, more...)
		after += uint64(len(more))
	}
	return entries, nil
}

// Scan is store.Reader's.
func (l *look) Scan(ctx context.Context, r store.Range) (rows []store.Row, err error) {
	if r.Limit <= 0 {
		return nil, fmt.Errorf("scan of index %q: limit %d is not positive", r.Index, r.Limit)
	}
	index, unpin := l.pin()
	defer func() {
		if closeErr := unpin.Close(); err == nil {
			err = closeErr
		}
	}()
	// Bulk records as they were when the index was pinned.
	reached, err := standingOf(index)
	if err != nil {
		return nil, err
	}
	prefix := rowPrefix(r.Index)
	bounds := &pebble.IterOptions{LowerBound: append(prefix[:len(prefix):len(prefix)], r.From...), UpperBound: after(prefix)}
	if r.Until != "" {
		bounds.UpperBound = append(prefix[:len(prefix):len(prefix)], r.Until...)
	}
	iter, err := index.NewIter(bounds)
	if err != nil {
		return nil, fmt.Errorf("scan of index %q: %w", r.Index, err)
	}
	defer func() {
		if closeErr := iter.Close(); err == nil {
			err = closeErr
		}
	}()

	for ok := start(iter, prefix, r); ok && len(rows) < r.Limit; ok = step(iter, r.Reverse) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		at := string(iter.Key()[len(prefix):])
		sort, key, err := parseRow([]byte(at))
		if err != nil {
			return nil, err
		}
		value, err := iter.ValueAndErr()
		if err == nil {
			key.Origin, err = rowOrigin(value)
		}
		if err != nil {
			return nil, err
		}
		record, found, err := l.record(index, key, reached.head.Position)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fmt.Errorf("index %q has a row for record %s %s, which does not exist; run verify", r.Index, key.Kind, key.ID)
		}
		rows = append(rows, store.Row{At: at, Sort: sort, Record: record})
	}
	return rows, iter.Error()
}

func start(iter *pebble.Iterator, prefix []byte, r store.Range) bool {
	after := append(prefix[:len(prefix):len(prefix)], r.After...)
	switch {
	case r.After == "" && r.Reverse:
		return iter.Last()
	case r.After == "":
		return iter.First()
	case r.Reverse:
		return iter.SeekLT(after)
	}
	return iter.SeekGE(append(after, 0))
}

func step(iter *pebble.Iterator, reverse bool) bool {
	if reverse {
		return iter.Prev()
	}
	return iter.Next()
}

// History is store.Reader's.
func (l *look) History(ctx context.Context, id ledger.AccountID, before uint64, limit int) ([]store.Movement, error) {
	a := l.stateOf(id)
	number := a.Entries
	if before > 0 {
		number = min(number, before-1)
	}
	position, err := l.positionOf(ctx, a, number)
	if err != nil {
		return nil, err
	}
	var movements []store.Movement
	err = l.walk(ctx, id, number, position, func(m store.Movement) bool {
		if len(movements) == limit {
			return false
		}
		movements = append(movements, m)
		return len(movements) < limit
	})
	return movements, err
}

// HistoryAt is store.Reader's.
func (l *look) HistoryAt(ctx context.Context, id ledger.AccountID, at int64) (uint64, error) {
	from, position, err := l.later(ctx, id, at)
	if err != nil {
		return 0, err
	}
	found := uint64(0)
	err = l.walk(ctx, id, from, position, func(m store.Movement) bool {
		if m.At <= at {
			found = m.Leg.Number
		}
		return found == 0
	})
	return found, err
}

// later finds one of the account's entries that is later than a moment and near to
// it, or its newest: its number, and the position in the diary to begin from.
func (l *look) later(ctx context.Context, id ledger.AccountID, at int64) (number, position uint64, err error) {
	a := l.stateOf(id)
	low, high := uint64(0), a.Entries/milestoneEvery // low is early enough; those above high are too late
	for low < high {
		middle := (low + high + 1) / 2
		m, err := l.milestone(id, middle*milestoneEvery)
		if err != nil {
			return 0, 0, err
		}
		if m.at <= at {
			low = middle
		} else {
			high = middle - 1
		}
	}
	number = min(a.Entries, (low+1)*milestoneEvery)
	position, err = l.positionOf(ctx, a, number)
	return number, position, err
}

// positionOf finds the journal position of one of the account's entries, from the
// newest or from the milestone at or above it.
func (l *look) positionOf(ctx context.Context, a ledger.Account, number uint64) (uint64, error) {
	if number == a.Entries {
		return a.Last, nil
	}
	from, position := a.Entries, a.Last
	if near := (number + milestoneEvery - 1) / milestoneEvery * milestoneEvery; near > 0 && near < from {
		m, err := l.milestone(a.ID, near)
		if err != nil {
			return 0, err
		}
		from, position = near, m.position
	}
	err := l.walk(ctx, a.ID, from, position, func(m store.Movement) bool {
		position = m.Position
		return m.Leg.Number > number
	})
	return position, err
}

func (l *look) milestone(id ledger.AccountID, number uint64) (milestone, error) {
	b, err := get(l.index, milestoneKey(id, number))
	if err != nil {
		return milestone{}, err
	}
	if len(b) != 16 {
		return milestone{}, fmt.Errorf("index holds no milestone of account %s, entry %d; run verify", id, number)
	}
	return milestone{id, number, binary.LittleEndian.Uint64(b), int64(binary.LittleEndian.Uint64(b[8:]))}, nil
}

// walk follows the back links of an account's diary, from the entry at that
// position on, in which its leg numbered so is the newest to tell; it visits the
// legs, newest first, until visit says false.
func (l *look) walk(ctx context.Context, id ledger.AccountID, number, position uint64, visit func(store.Movement) bool) error {
	for number > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry, err := l.journal.entry(position)
		if err != nil {
			return fmt.Errorf("history of account %s: %w", id, err)
		}
		previous, found := mentionOf(&entry, id)
		for i := len(entry.Legs) - 1; i >= 0; i-- { // there may be several on the account
			leg := entry.Legs[i]
			if leg.Account != id || leg.Number != number {
				continue
			}
			if !visit(store.Movement{Position: position, At: entry.At, Command: entry.Command, Name: entry.Name, Leg: leg}) {
				return nil
			}
			previous, found = leg.Previous, true
			number--
		}
		if !found {
			return fmt.Errorf("history of account %s: journal entry %d should hold the account's entry %d, and does not; run verify", id, position, number)
		}
		position = previous
	}
	return nil
}

func mentionOf(entry *store.Entry, id ledger.AccountID) (previous uint64, ok bool) {
	for i := range entry.Mentions {
		if entry.Mentions[i].Account == id {
			return entry.Mentions[i].Previous, true
		}
	}
	return 0, false
}

// diaryLink is the entry before this one in an account's diary. Where an entry
// has several legs on the account, the first is the one that links out of it.
func diaryLink(entry *store.Entry, id ledger.AccountID) (previous uint64, ok bool) {
	for i := range entry.Legs {
		if entry.Legs[i].Account == id {
			return entry.Legs[i].Previous, true
		}
	}
	return mentionOf(entry, id)
}

// Diary is store.Reader's.
func (l *look) Diary(ctx context.Context, id ledger.AccountID, from uint64, limit int) ([]store.Page, error) {
	if from == 0 {
		from = l.stateOf(id).Last
	}
	var pages []store.Page
	for from > 0 && len(pages) < limit {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		entry, err := l.journal.entry(from)
		if err != nil {
			return nil, fmt.Errorf("diary of account %s: %w", id, err)
		}
		previous, ok := diaryLink(&entry, id)
		if !ok {
			return nil, fmt.Errorf("diary of account %s: journal entry %d is not in it", id, from)
		}
		pages = append(pages, store.Page{Entry: entry, Next: previous})
		from = previous
	}
	return pages, nil
}

// DiaryAt is store.Reader's.
func (l *look) DiaryAt(ctx context.Context, id ledger.AccountID, at int64) (uint64, error) {
	_, position, err := l.later(ctx, id, at)
	for err == nil && position > 0 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		entry, err := l.journal.entry(position)
		if err != nil {
			return 0, fmt.Errorf("diary of account %s: %w", id, err)
		}
		if entry.At <= at {
			return position, nil
		}
		position, _ = diaryLink(&entry, id)
	}
	return 0, err
}
