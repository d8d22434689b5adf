package mysqlstore

import (
	"errors"
	"fmt"
	"slices"

	"tongbao/internal/diary"
	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// changes are what a batch's entries make of the accounts, the records and the
// places.
type changes struct {
	first    uint64
	entries  []store.Entry
	accounts map[ledger.AccountID]*ledger.Account
	order    []ledger.AccountID // of those that changed, as they first did
	places   []namedPlace
	marks    []milestone
	records  map[store.Key]*changedRecord
	written  []store.Key // of those, as they were first written
}

type namedPlace struct {
	name uint64
	placed
}

type milestone struct {
	account          ledger.AccountID
	number, position uint64
	at               int64
}

// changedRecord is a record that is a row, or has rows in an index.
type changedRecord struct {
	before []store.Term // rows before the batch
	after  store.Record // a nil value is a deleted record
	placed placed       // of the entry that wrote it last
}

// followAccounts gives the entries their positions and their links, and works out
// where they lead. An error says that entries and accounts do not fit together.
func (c *changes) followAccounts(link diary.Linking, state func(ledger.AccountID) (ledger.Account, bool)) error {
	account := func(id ledger.AccountID) (*ledger.Account, error) { return c.account(id, state) }
	for i := range c.entries {
		entry := &c.entries[i]
		entry.Position = c.first + uint64(i)
		if err := diary.Follow(entry, link, account); err != nil {
			return fmt.Errorf("entry %d of command %q: %w", entry.Position, entry.Command, err)
		}
		for l := range entry.Legs {
			if leg := &entry.Legs[l]; leg.Number%diary.MilestoneEvery == 0 {
				c.marks = append(c.marks, milestone{leg.Account, leg.Number, entry.Position, entry.At})
			}
		}
	}
	return nil
}

func (c *changes) account(id ledger.AccountID, state func(ledger.AccountID) (ledger.Account, bool)) (*ledger.Account, error) {
	a := c.accounts[id]
	if a == nil {
		before, touched := state(id)
		if !touched {
			return nil, fmt.Errorf("account %s was not touched", id)
		}
		a = &before
		c.accounts[id] = a
		c.order = append(c.order, id)
	}
	return a, nil
}

// compare refuses a batch whose accounts are not what its entries lead to, before
// anything false is written.
func (c *changes) compare(given []ledger.Account) error {
	if len(given) != len(c.order) {
		return fmt.Errorf("the entries change %d accounts; the batch names %d", len(c.order), len(given))
	}
	seen := map[ledger.AccountID]bool{}
	for i := range given {
		want := c.accounts[given[i].ID]
		if want == nil {
			return fmt.Errorf("the batch names account %s, which no entry changes", given[i].ID)
		}
		got := given[i]
		if got.Last = want.Last; got != *want {
			return fmt.Errorf("the batch says that account %s is %+v; its entries lead to %+v", want.ID, given[i], *want)
		}
		if seen[got.ID] {
			return fmt.Errorf("the batch names account %s twice", got.ID)
		}
		seen[got.ID] = true
	}
	return nil
}

// followRecords works out the places and rows that the entries lead to. back says
// how far before an entry its block begins, and before the rows under which a record
// stands.
func (c *changes) followRecords(names store.Naming, back func(position uint64) uint8, before func(store.Key) ([]store.Term, error)) error {
	for i := range c.entries {
		entry := &c.entries[i]
		at, from := placed{entry.Position, back(entry.Position)}, len(c.places)
		place := func(name uint64) {
			for _, p := range c.places[from:] {
				if p.name == name { // written twice, or two of one name: it is one place
					return
				}
			}
			c.places = append(c.places, namedPlace{name, at})
		}
		place(store.CommandName(entry.Stamp))
		for r := range entry.Records {
			record := &entry.Records[r]
			own := record.Bulk && record.Key.Origin == entry.Stamp // found by its command
			if record.Bulk && !own {
				place(names.Of(record.Key))
			}
			changed := c.records[record.Key]
			if changed == nil && own && len(record.Terms) == 0 {
				continue
			}
			if changed == nil {
				changed = &changedRecord{}
				if !own {
					var err error
					if changed.before, err = before(record.Key); err != nil {
						return fmt.Errorf("entry %d of command %q: %w", entry.Position, entry.Command, err)
					}
				}
				if record.Bulk && len(changed.before) == 0 && len(record.Terms) == 0 {
					continue
				}
				c.records[record.Key] = changed
				c.written = append(c.written, record.Key)
			}
			changed.after, changed.placed = *record, at
		}
	}
	return nil
}

// checkEntry refuses an entry that could not be found again.
func (s *Store) checkEntry(entry *store.Entry) error {
	for i := range entry.Records {
		r := &entry.Records[i]
		if bulk, known := s.isBulk(r.Key.Kind); known && bulk != r.Bulk {
			return fmt.Errorf("record %s %s is bulk, or is not, otherwise than others of its kind", r.Key.Kind, r.Key.ID)
		}
		if err := r.Check(); err != nil {
			return err
		}
		long := len(r.Key.Kind)+1+len(r.Key.ID) > mostName
		for _, t := range r.Terms {
			long = long || len(t.Index)+len(t.Sort)+len(r.Key.ID)+len(r.Key.Kind)+3 > mostPlace
		}
		if long {
			return fmt.Errorf("record %s %.40q… has a longer key, or a longer row, than the schema has room for", r.Key.Kind, r.Key.ID)
		}
	}
	return nil
}

// termChanges are the rows of a record to be written and to be removed.
func (r *changedRecord) terms() (put, gone []store.Term) {
	var after []store.Term
	if r.after.Value != nil {
		after = r.after.Terms
	}
	for _, t := range r.before {
		if !slices.Contains(after, t) {
			gone = append(gone, t)
		}
	}
	for i, t := range after {
		if slices.Contains(after[:i], t) || !r.after.Bulk && slices.Contains(r.before, t) {
			continue // it stands there as it is
		}
		put = append(put, t)
	}
	return put, gone
}

var errTwice = errors.New("is in the batch twice")
