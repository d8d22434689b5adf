package pebblestore

import (
	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// warm brings what a batch will look at near to the processor. Each of a payment's
// look-ups goes to a random place in tables of a hundred megabytes, where the
// answer takes longer to come than all the rest of the payment; one after another
// they would be waited for one by one. Here they are asked for in loops in which
// nothing waits for anything, so a dozen are under way at a time.
//
// What is known to be new is noted instead, and need not be looked for.
func (t *txn) warm(touched *store.Touched) {
	s := t.store
	w := &s.warmth
	w.names = namesOf(touched, s.journal.names(), w.names[:0])
	w.seen += s.young.warm(w.names)
	unknown := w.names[:0]
	t.known.newCommands.forget()
	t.known.newRecords.forget()
	for i, name := range w.names[:len(touched.Commands)] {
		if i < len(touched.CommandsNew) && s.young.lacks(name, touched.CommandsNew[i]) {
			t.known.newCommands.note(name)
		} else {
			unknown = append(unknown, name)
		}
	}
	rest := w.names[len(touched.Commands):]
	for i := range touched.Records {
		if touched.Records[i].Origin != 0 {
			continue
		}
		name := rest[0]
		if rest = rest[1:]; i < len(touched.RecordsNew) && s.young.lacks(name, touched.RecordsNew[i]) {
			t.known.newRecords.note(touched.Records[i], name)
		} else {
			unknown = append(unknown, name)
		}
	}
	w.seen += s.filter.warm(unknown)

	b := s.latest
	b.soon = b.soon[:0]
	for _, id := range touched.Accounts {
		w.seen += b.line(id)
	}
	for _, id := range touched.Accounts {
		b.soon = append(b.soon, b.likely(id))
	}
	b.warmSoon()
}

// warmEntries is how many entries' accounts are warmed at a time.
const warmEntries = 64

// warmLegs warms the accounts that entries move, and their marks.
func (b *book) warmLegs(entries []store.Entry) {
	b.soon = b.soon[:0]
	for i := range entries {
		for k := range entries[i].Legs {
			if id := &entries[i].Legs[k].Account; *id != b.known[id.Kind&7].id {
				b.soon = append(b.soon, b.likely(*id))
			}
		}
	}
	b.warmSoon()
	for _, number := range b.soon {
		if number != 0 && int(number) <= len(b.marks) {
			b.seen += uint64(b.marks[number-1])
		}
	}
}

func (b *book) warmSoon() {
	for _, number := range b.soon {
		if number != 0 && int(number) <= b.count {
			b.seen += b.touch(int(number - 1))
		}
	}
}

// line reads where in the table the account is looked for first.
func (a *accounts) line(id ledger.AccountID) uint64 {
	return uint64(a.slots[hashAccount(id)&uint64(len(a.slots)-1)].next)
}

// touch reads both cache lines of an account.
func (a *accounts) touch(number int) uint64 {
	account := a.at(number)
	return uint64(account.Balance) + uint64(account.Meter.TimesADay)
}

// warmChanged warms the readers' accounts that are about to change.
func (s *Store) warmChanged(changed []changedAccount) {
	for i := range changed {
		if number := changed[i].number; number < s.accounts.count {
			s.readWarm += s.accounts.touch(number)
		}
	}
}

// warmth is what warm works with; who has the turn has it.
type warmth struct {
	names []uint64
	seen  uint64 // so that nobody takes the loads for useless
}

func (f *filter) warm(names []uint64) uint64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.lines(names)
}

func (f *filter) lines(names []uint64) (seen uint64) {
	for i := range f.parts {
		part := &f.parts[i]
		for _, name := range names {
			seen += part.line(name)[0]
		}
	}
	return seen
}

// warm reads where the names are looked for first.
func (y *young) warm(names []uint64) (seen uint64) {
	for _, name := range names {
		seen += y.now.rows[y.now.home(name)].position + y.before.rows[y.before.home(name)].position
	}
	return seen
}

func (g *gathered) warm(rows []place64) (seen uint64) {
	for i := range rows {
		seen += g.rows[g.home(rows[i].name)].position
	}
	return seen
}
