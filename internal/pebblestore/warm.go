package pebblestore

import (
	"tongbao/internal/store"
)

// warm brings what a batch will look at near to the processor. Each of a payment's
// look-ups goes to a random place in tables of a hundred megabytes, where the
// answer takes longer to come than all the rest of the payment; one after another
// they would be waited for one by one. Here they are asked for in loops in which
// nothing waits for anything, so a dozen are under way at a time.
func (s *Store) warm(touched *store.Touched) {
	w := &s.warmth
	w.names, w.numbers = w.names[:0], w.numbers[:0]
	for i := range touched.Commands {
		w.names = append(w.names, commandName(touched.Commands[i].Stamp))
	}
	for i := range touched.Records {
		if key := &touched.Records[i]; key.Origin == 0 {
			w.names = append(w.names, s.journal.names().of(*key))
		}
	}
	w.seen += s.filter.warm(w.names)

	a := s.latest.accounts
	mask := uint64(len(a.slots) - 1)
	for _, id := range touched.Accounts {
		w.numbers = append(w.numbers, a.slots[hashAccount(id)&mask])
	}
	for _, number := range w.numbers {
		if number != 0 && int(number) <= a.count {
			account := a.at(int(number - 1))
			w.seen += uint64(account.Balance) + uint64(account.Meter.TimesADay) // both its cache lines
		}
	}
}

// warmth is what warm works with; who has the turn has it.
type warmth struct {
	names   []uint64
	numbers []uint32
	seen    uint64 // so that nobody takes the loads for useless
}

func (f *filter) warm(names []uint64) (seen uint64) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for i := range f.parts {
		part := &f.parts[i]
		for _, name := range names {
			seen += part.line(name)[0]
		}
	}
	return seen
}

func (g *gathered) warm(rows []place64) (seen uint64) {
	mask := uint64(len(g.rows) - 1)
	for i := range rows {
		seen += g.rows[rows[i].name&mask].position
	}
	return seen
}
