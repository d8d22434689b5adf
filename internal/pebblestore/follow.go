package pebblestore

import (
	"fmt"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// change is what a frame's entries make of the accounts, the records and the
// index. It is worked out here, and nowhere else: in Commit, at the start
// after a crash, and when the whole journal is verified.
type change struct {
	entries  []*store.Entry
	first    uint64
	accounts map[ledger.AccountID]ledger.Account // last states
	records  map[store.Key]recordChange
}

type recordChange struct {
	before []store.Term // rows before the batch
	after  store.Record // state after it; a nil value is a deleted record
}

func (c *change) last() uint64 { return c.first + uint64(len(c.entries)) - 1 }

// linking says what becomes of a leg's link to the account's entry before it: it
// is set in Commit, and compared ever after.
type linking func(leg *ledger.Leg, previous uint64) error

func setLink(leg *ledger.Leg, previous uint64) error {
	leg.Previous = previous
	return nil
}

func compareLink(leg *ledger.Leg, previous uint64) error {
	if leg.Previous != previous {
		return fmt.Errorf("the leg on %s says that the account's entry before is %d; it is %d", leg.Account, leg.Previous, previous)
	}
	return nil
}

// newChange gives the entries their positions; nothing is worked out yet.
func newChange(first uint64, entries []*store.Entry) *change {
	for i, entry := range entries {
		entry.Position = first + uint64(i)
	}
	return &change{entries: entries, first: first}
}

// followAccounts works out the accounts that the entries lead to, given their
// states before. An error says that entries and states do not fit together.
func (c *change) followAccounts(link linking, before func(ledger.AccountID) ledger.Account) error {
	c.accounts = make(map[ledger.AccountID]ledger.Account, 2*len(c.entries))
	load := func(id ledger.AccountID) ledger.Account {
		if a, ok := c.accounts[id]; ok {
			return a
		}
		return before(id)
	}
	for _, entry := range c.entries {
		for i := range entry.Legs {
			a := load(entry.Legs[i].Account)
			if err := followLeg(entry, &entry.Legs[i], &a, link); err != nil {
				return fmt.Errorf("entry %d of command %q: %w", entry.Position, entry.Command, err)
			}
			c.accounts[a.ID] = a
		}
		for _, state := range entry.States {
			a := load(state.Account)
			a.Held, a.Tier, a.Meter = state.Held, state.Tier, state.Meter
			c.accounts[a.ID] = a
		}
	}
	return nil
}

func followLeg(entry *store.Entry, leg *ledger.Leg, a *ledger.Account, link linking) error {
	after, err := a.Balance.Add(leg.Change())
	if err != nil || after != leg.After {
		return fmt.Errorf("the leg on %s says that the balance is %d after it; it is %d", leg.Account, leg.After, after)
	}
	if leg.Number != a.Entries+1 {
		return fmt.Errorf("the leg on %s says that it is the account's entry %d; it is %d", leg.Account, leg.Number, a.Entries+1)
	}
	if err := link(leg, a.Last); err != nil {
		return err
	}

	a.Balance, a.Entries, a.Last = after, leg.Number, entry.Position
	return nil
}

// followRecords works out the records that the entries lead to, given the rows
// under which they stood before.
func (c *change) followRecords(before func(store.Key) ([]store.Term, error)) error {
	c.records = make(map[store.Key]recordChange, len(c.entries))
	for _, entry := range c.entries {
		for _, record := range entry.Records {
			changed, known := c.records[record.Key]
			if !known {
				rows, err := before(record.Key)
				if err != nil {
					return fmt.Errorf("entry %d of command %q: %w", entry.Position, entry.Command, err)
				}
				changed.before = rows
			}
			changed.after = record
			c.records[record.Key] = changed
		}
	}
	return nil
}
