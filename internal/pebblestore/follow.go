package pebblestore

import (
	"fmt"
	"slices"

	"tongbao/internal/diary"
	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// change is what a frame's entries make of the accounts, the records and the
// places. It is worked out here, and nowhere else: in Commit, at the start
// after a crash, and when the whole journal is verified.
type change struct {
	entries []store.Entry
	first   uint64
	names   store.Naming
	records map[store.Key]recordChange // those that stand in Pebble, or have rows there
	changeRoom
}

// changeRoom is the memory of a change. A batch's is used again when the batch has
// landed, and no other in the making looks at it any more.
type changeRoom struct {
	accounts []changedAccount // in order of their first change
	numbers  []int32          // of those, while they are followed
	places   []place64        // of commands, and of bulk records that aren't found by their command
	named    gathered         // the places of a batch on its way, to be found by name
}

// changedAccount is an account's state after the change.
type changedAccount struct {
	number int
	after  ledger.Account
}

type recordChange struct {
	before []store.Term // rows before the batch
	after  store.Record // state after it; a nil value is a deleted record
}

// otherNames hands over the names of records that are not among the places.
func (c *change) otherNames(enter func(name uint64)) {
	for key := range c.records {
		enter(c.names.Of(key))
	}
}

func (c *change) last() uint64 { return c.first + uint64(len(c.entries)) - 1 }

// noCommand is no command's name.
const noCommand = 1

// newChange gives the entries their positions; nothing is worked out yet.
func newChange(first uint64, entries []store.Entry, names store.Naming, room changeRoom) *change {
	for i := range entries {
		entries[i].Position = first + uint64(i)
	}
	return &change{entries: entries, first: first, names: names, changeRoom: room}
}

// book is accounts that changes are followed on, in place. marks say which of
// them the change at work has had already, and before how they were.
type book struct {
	*accounts
	marks  []uint32 // by number: which change, and 0 for none
	mark   uint32
	before []accountBefore // of the change at work, in the order of its accounts
	known  [8]knownAccount // by kind: the one asked for last; the fees' is in every payment
	soon   []uint32        // see warm.go
	seen   uint64
}

type accountBefore struct {
	added bool
	state ledger.Account
}

type knownAccount struct {
	id     ledger.AccountID
	number int
}

func newBook(a *accounts) *book { return &book{accounts: a} }

// followAccounts brings the book's accounts to where the entries lead. An error
// says that entries and accounts do not fit together; then the book is as before.
func (c *change) followAccounts(link diary.Linking, b *book) (err error) {
	if b.mark++; b.mark == 0 {
		clear(b.marks)
		b.mark++
	}
	defer func() {
		if err != nil {
			c.undoAccounts(b)
		}
	}()
	account := func(id ledger.AccountID) (*ledger.Account, error) { return c.account(b, id), nil }
	b.before = b.before[:0]
	c.accounts, c.numbers = c.accounts[:0], slices.Grow(c.numbers[:0], 2*len(c.entries)+8)
	for i := range c.entries {
		if i%warmEntries == 0 {
			b.warmLegs(c.entries[i:min(i+warmEntries, len(c.entries))])
		}
		entry := &c.entries[i]
		if err := diary.Follow(entry, link, account); err != nil {
			return fmt.Errorf("entry %d of command %q: %w", entry.Position, entry.Command, err)
		}
	}
	c.accounts = slices.Grow(c.accounts, len(c.numbers))
	for _, number := range c.numbers {
		c.accounts = append(c.accounts, changedAccount{int(number), *b.at(int(number))})
	}
	return nil
}

// account is the book's, noted as changed.
func (c *change) account(b *book, id ledger.AccountID) *ledger.Account {
	count, number := b.count, 0
	if known := &b.known[id.Kind&7]; known.id == id && id.Kind != 0 {
		number = known.number
	} else {
		number = b.number(id)
		*known = knownAccount{id, number}
	}
	if number >= len(b.marks) {
		b.marks = append(b.marks, make([]uint32, number+1+max(1024, len(b.marks)/2)-len(b.marks))...)
	}
	a := b.at(number)
	if b.marks[number] != b.mark {
		b.marks[number] = b.mark
		c.numbers = append(c.numbers, int32(number))
		b.before = append(b.before, accountBefore{b.count > count, *a})
	}
	return a
}

// undoAccounts puts the book's accounts back to where they were before the change.
func (c *change) undoAccounts(b *book) {
	for i := len(c.numbers) - 1; i >= 0; i-- {
		if number := int(c.numbers[i]); b.before[i].added {
			b.marks[number] = 0
			b.forget()
		} else {
			*b.at(number) = b.before[i].state
		}
	}
	b.known = [8]knownAccount{}
	c.accounts, c.numbers = c.accounts[:0], c.numbers[:0]
}

// followRecords works out the records and places that the entries lead to, given
// the rows under which records stood before (a bulk record's by its name too, which is
// 0 for others).
func (c *change) followRecords(before func(key store.Key, name uint64) ([]store.Term, error)) error {
	c.places = slices.Grow(c.places[:0], 2*len(c.entries))
	for i := range c.entries {
		entry := &c.entries[i]
		own := entry.Stamp
		c.places = append(c.places, place64{store.CommandName(own), entry.Position})
		for r := range entry.Records {
			record, name := &entry.Records[r], uint64(0)
			if record.Bulk && record.Key.Origin == own {
				if len(record.Terms) == 0 {
					continue // found by its command
				}
			} else if record.Bulk {
				name = c.names.Of(record.Key)
				c.places = append(c.places, place64{name, entry.Position})
			}
			changed, known := c.records[record.Key]
			if !known && !(record.Bulk && record.Key.Origin == own) {
				rows, err := before(record.Key, name)
				if err != nil {
					return fmt.Errorf("entry %d of command %q: %w", entry.Position, entry.Command, err)
				}
				changed.before = rows
			}
			if record.Bulk && !known && len(changed.before) == 0 && len(record.Terms) == 0 {
				continue
			}
			changed.after = *record
			if c.records == nil {
				c.records = map[store.Key]recordChange{}
			}
			c.records[record.Key] = changed
		}
	}
	return nil
}
