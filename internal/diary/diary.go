// Package diary is an account's entries in the journal as they hang together: each
// links to the one before it, and every 64th is a milestone from which deep history
// is reached. Stores link entries here when they commit, and read back along the
// links. It refuses to know where entries, accounts and milestones are kept: a Book
// gets them.
package diary

import (
	"context"
	"fmt"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// MilestoneEvery is how many entries of an account lie between two milestones.
const MilestoneEvery = 64

// Book is where what is read comes from.
type Book struct {
	Account func(context.Context, ledger.AccountID) (ledger.Account, error)
	Entry   func(ctx context.Context, position uint64) (store.Entry, error)
	// Milestone is where in the journal the account's entry with a number is, and
	// its time; the number is a multiple of MilestoneEvery.
	Milestone func(ctx context.Context, id ledger.AccountID, number uint64) (position uint64, at int64, err error)
}

// History is store.Reader's.
func (b Book) History(ctx context.Context, id ledger.AccountID, before uint64, limit int) ([]store.Movement, error) {
	a, err := b.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	number := a.Entries
	if before > 0 {
		number = min(number, before-1)
	}
	position, err := b.positionOf(ctx, a, number)
	if err != nil {
		return nil, err
	}
	var movements []store.Movement
	err = b.walk(ctx, id, number, position, func(m store.Movement) bool {
		if len(movements) == limit {
			return false
		}
		movements = append(movements, m)
		return len(movements) < limit
	})
	return movements, err
}

// HistoryAt is store.Reader's.
func (b Book) HistoryAt(ctx context.Context, id ledger.AccountID, at int64) (uint64, error) {
	from, position, err := b.later(ctx, id, at)
	if err != nil {
		return 0, err
	}
	found := uint64(0)
	err = b.walk(ctx, id, from, position, func(m store.Movement) bool {
		if m.At <= at {
			found = m.Leg.Number
		}
		return found == 0
	})
	return found, err
}

// later finds one of the account's entries that is later than a moment and near to
// it, or its newest: its number, and the position in the diary to begin from.
func (b Book) later(ctx context.Context, id ledger.AccountID, at int64) (number, position uint64, err error) {
	a, err := b.Account(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	low, high := uint64(0), a.Entries/MilestoneEvery // low is early enough; those above high are too late
	for low < high {
		middle := (low + high + 1) / 2
		_, is, err := b.Milestone(ctx, id, middle*MilestoneEvery)
		if err != nil {
			return 0, 0, err
		}
		if is <= at {
			low = middle
		} else {
			high = middle - 1
		}
	}
	number = min(a.Entries, (low+1)*MilestoneEvery)
	position, err = b.positionOf(ctx, a, number)
	return number, position, err
}

// positionOf finds the journal position of one of the account's entries, from the
// newest or from the milestone at or above it.
func (b Book) positionOf(ctx context.Context, a ledger.Account, number uint64) (uint64, error) {
	if number == a.Entries {
		return a.Last, nil
	}
	from, position := a.Entries, a.Last
	if near := (number + MilestoneEvery - 1) / MilestoneEvery * MilestoneEvery; near > 0 && near < from {
		is, _, err := b.Milestone(ctx, a.ID, near)
		if err != nil {
			return 0, err
		}
		from, position = near, is
	}
	err := b.walk(ctx, a.ID, from, position, func(m store.Movement) bool {
		position = m.Position
		return m.Leg.Number > number
	})
	return position, err
}

// walk follows the back links of an account's diary, from the entry at that
// position on, in which its leg numbered so is the newest to tell; it visits the
// legs, newest first, until visit says false.
func (b Book) walk(ctx context.Context, id ledger.AccountID, number, position uint64, visit func(store.Movement) bool) error {
	for number > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry, err := b.Entry(ctx, position)
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

// before is the entry before this one in an account's diary. Where an entry
// has several legs on the account, the first is the one that links out of it.
func before(entry *store.Entry, id ledger.AccountID) (previous uint64, ok bool) {
	for i := range entry.Legs {
		if entry.Legs[i].Account == id {
			return entry.Legs[i].Previous, true
		}
	}
	return mentionOf(entry, id)
}

// Diary is store.Reader's.
func (b Book) Diary(ctx context.Context, id ledger.AccountID, from uint64, limit int) ([]store.Page, error) {
	if from == 0 {
		a, err := b.Account(ctx, id)
		if err != nil {
			return nil, err
		}
		from = a.Last
	}
	var pages []store.Page
	for from > 0 && len(pages) < limit {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		entry, err := b.Entry(ctx, from)
		if err != nil {
			return nil, fmt.Errorf("diary of account %s: %w", id, err)
		}
		previous, ok := before(&entry, id)
		if !ok {
			return nil, fmt.Errorf("diary of account %s: journal entry %d is not in it", id, from)
		}
		pages = append(pages, store.Page{Entry: entry, Next: previous})
		from = previous
	}
	return pages, nil
}

// DiaryAt is store.Reader's.
func (b Book) DiaryAt(ctx context.Context, id ledger.AccountID, at int64) (uint64, error) {
	_, position, err := b.later(ctx, id, at)
	for err == nil && position > 0 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		entry, err := b.Entry(ctx, position)
		if err != nil {
			return 0, fmt.Errorf("diary of account %s: %w", id, err)
		}
		if entry.At <= at {
			return position, nil
		}
		position, _ = before(&entry, id)
	}
	return 0, err
}
