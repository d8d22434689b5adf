package pebblestore

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"tongbao/internal/diary"
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
	names := [2]uint64{l.journal.names().Of(key), store.CommandName(key.Origin)}
	for i, name := range names {
		if i == 1 && key.Origin == 0 {
			break
		}
		var record store.Record
		there := false
		err := l.places.each(name, most, newestFirst, func(position uint64) (bool, error) {
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
	found, err := l.places.find(store.CommandName(stamp), l.head().Position)
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
	err = l.places.each(store.CommandName(command.Stamp), most, largestFirst, func(position uint64) (bool, error) {
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
// engine asks it on its callers' goroutines. Of the others, and of records that aren't
// found by a command, it notes up to which batch they are new, so that who has the turn
// need look neither into the filter nor, for the few in a thousand that the filter takes
// for known, through the files.
func (s *Store) Probe(touched *store.Touched, found func(command int, entry store.Entry)) {
	// Up to which batch it is then known; read before what they are about.
	filtered, landed := s.young.filtered.Load(), s.young.landed.Load()
	head := s.headNow().Position
	touched.CommandsNew = slices.Grow(touched.CommandsNew[:0], len(touched.Commands))[:len(touched.Commands)]
	touched.RecordsNew = slices.Grow(touched.RecordsNew[:0], len(touched.Records))[:len(touched.Records)]

	p := probes.Get().(*probe)
	defer probes.Put(p)
	touched.RecordNames = touched.RecordNames[:0]
	for i := range touched.Records {
		name := uint64(0) // nobody asks for those of records that are found by their command
		if touched.Records[i].Origin == 0 {
			name = s.journal.names().Of(touched.Records[i])
		}
		touched.RecordNames = append(touched.RecordNames, name)
	}
	p.names = namesOf(touched, s.journal.names(), p.names[:0])
	p.may = s.filter.among(p.names, p.may[:0])
	kept := p.may
	for i, may := range kept[:len(touched.Commands)] {
		since := &touched.CommandsNew[i]
		if *since = filtered; !may {
			continue
		}
		*since = 0
		entry, ok, err := s.command(touched.Commands[i], head)
		switch {
		case err != nil:
		case ok:
			found(i, entry)
		default:
			*since = landed
		}
	}
	kept = kept[len(touched.Commands):]
	for i := range touched.Records {
		key, since := &touched.Records[i], &touched.RecordsNew[i]
		if *since = 0; key.Origin != 0 {
			continue
		}
		if *since = filtered; kept[0] {
			if *since = 0; s.isNowhere(*key, head) {
				*since = landed
			}
		}
		kept = kept[1:]
	}
}

// probe is what Probe works with, to be used again.
type probe struct {
	names []uint64
	may   []bool // the filter may hold them
}

var probes = sync.Pool{New: func() any { return new(probe) }}

// isNowhere says that no record up to a position has ever had the key: it is not in
// Pebble, and no place has its name.
func (s *Store) isNowhere(key store.Key, most uint64) bool {
	if _, ok := s.recent.get(key); ok {
		return false
	}
	if _, ok, err := getRecord(s.db, key); ok || err != nil {
		return false
	}
	nowhere := true
	err := s.places.each(s.journal.names().Of(key), most, largestFirst, func(uint64) (bool, error) {
		nowhere = false
		return false, nil
	})
	return nowhere && err == nil
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
	return diary.Book{
		Account:   l.Account,
		Entry:     func(_ context.Context, position uint64) (store.Entry, error) { return l.journal.entry(position) },
		Milestone: l.milestone,
	}
}

func (l *look) milestone(_ context.Context, id ledger.AccountID, number uint64) (position uint64, at int64, err error) {
	b, err := get(l.index, milestoneKey(id, number))
	if err != nil {
		return 0, 0, err
	}
	if len(b) != 16 {
		return 0, 0, fmt.Errorf("index holds no milestone of account %s, entry %d; run verify", id, number)
	}
	return binary.LittleEndian.Uint64(b), int64(binary.LittleEndian.Uint64(b[8:])), nil
}
