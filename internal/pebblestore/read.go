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
	return getRecord(l.index, key)
}

// Entry is store.Reader's.
func (l *look) Entry(ctx context.Context, commandID string) (store.Entry, bool, error) {
	if err := ctx.Err(); err != nil {
		return store.Entry{}, false, err
	}
	if l.unknown(commandID) {
		return store.Entry{}, false, fmt.Errorf("command %q: %w; restart to find out", commandID, store.ErrUnknown)
	}
	position, ok, err := getCommand(l.index, commandID)
	if err != nil || !ok {
		return store.Entry{}, false, err
	}
	entry, err := l.journal.entry(position)
	return entry, err == nil, err
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
		record, found, err := getRecord(index, key)
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
	a := l.stateOf(id)
	// The newest milestone at or before the moment, then the entries after it.
	low, high := uint64(0), a.Entries/milestoneEvery // low is early enough; those above high are too late
	for low < high {
		middle := (low + high + 1) / 2
		m, err := l.milestone(id, middle*milestoneEvery)
		if err != nil {
			return 0, err
		}
		if m.at <= at {
			low = middle
		} else {
			high = middle - 1
		}
	}
	from := min(a.Entries, (low+1)*milestoneEvery)
	position, err := l.positionOf(ctx, a, from)
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

// walk follows the back links of an account's entries, from the one numbered so
// at that position on, newest first, until visit says false.
func (l *look) walk(ctx context.Context, id ledger.AccountID, number, position uint64, visit func(store.Movement) bool) error {
	for number > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry, err := l.journal.entry(position)
		if err != nil {
			return fmt.Errorf("history of account %s: %w", id, err)
		}
		// An entry may have several legs on the account.
		previous, found := uint64(0), false
		for i := len(entry.Legs) - 1; i >= 0; i-- {
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
