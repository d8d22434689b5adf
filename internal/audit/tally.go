package audit

import (
	"iter"

	"tongbao/internal/huge"
	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// tally is what the journal says of an account.
type tally struct {
	sum     sum // of all legs, on the normal side
	entries uint64
	state   store.AccountChange
	meter   ledger.Meter
}

// tallies are every account's, in blocks that never move, found through a table with
// open addressing. Every leg of the journal asks for one, and with a million accounts
// it is at a random place in memory, where looking takes longer than all the rest: so
// what some entries will ask for is fetched beforehand, together, and a slot tells of
// its account enough that hardly another's tally is looked at.
type tallies struct {
	blocks [][]tally
	count  int
	slots  []uint64 // an account's hash above its number+1, 0 where empty; a power of two, at most half full

	soon []uint32
	seen uint64 // so that nobody takes the loads for useless
}

const (
	talliesPerBlock = 1 << 16
	warmEntries     = 64        // whose tallies are fetched at a time
	slotNumber      = 1<<32 - 1 // of a slot, the part that is a number
	slotHash        = ^uint64(slotNumber)
)

func hashOf(id ledger.AccountID) uint64 {
	h := (id.Owner ^ uint64(id.Kind)<<56 ^ uint64(id.Currency)<<40) * 0xD6E8FEB86659FD93
	h = (h ^ h>>32) * 0xD6E8FEB86659FD93
	return h ^ h>>32
}

func (s *tallies) at(number uint32) *tally {
	return &s.blocks[number/talliesPerBlock][number%talliesPerBlock]
}

// of is the account's tally, an empty one where it is new.
func (s *tallies) of(id ledger.AccountID) *tally {
	if 2*s.count >= len(s.slots) {
		s.grow()
	}
	hash, mask := hashOf(id), uint64(len(s.slots)-1)
	i := hash & mask
	for ; s.slots[i] != 0; i = (i + 1) & mask {
		if (s.slots[i]^hash)&slotHash != 0 {
			continue
		}
		if t := s.at(uint32(s.slots[i]&slotNumber) - 1); t.state.Account == id {
			return t
		}
	}
	if s.count%talliesPerBlock == 0 {
		s.blocks = append(s.blocks, huge.Slice[tally](talliesPerBlock))
	}
	s.count++
	s.slots[i] = hash&slotHash | uint64(s.count)
	t := s.at(uint32(s.count - 1))
	t.state.Account = id
	return t
}

func (s *tallies) grow() {
	s.slots = huge.Slice[uint64](max(1<<10, 2*len(s.slots)))
	mask := uint64(len(s.slots) - 1)
	for number := range uint32(s.count) {
		hash := hashOf(s.at(number).state.Account)
		i := hash & mask
		for s.slots[i] != 0 {
			i = (i + 1) & mask
		}
		s.slots[i] = hash&slotHash | uint64(number+1)
	}
}

// warm fetches what entries will ask for.
func (s *tallies) warm(entries []store.Entry) {
	if s.count == 0 {
		return
	}
	mask := uint64(len(s.slots) - 1)
	s.soon = s.soon[:0]
	for i := range entries {
		for k := range entries[i].Legs {
			hash := hashOf(entries[i].Legs[k].Account)
			at := hash & mask
			for s.slots[at] != 0 && (s.slots[at]^hash)&slotHash != 0 {
				at = (at + 1) & mask
			}
			s.soon = append(s.soon, uint32(s.slots[at]&slotNumber))
		}
	}
	for _, number := range s.soon {
		if number != 0 {
			t := s.at(number - 1) // its three cache lines
			s.seen += t.sum.low + uint64(t.state.Meter.Today) + uint64(t.meter.TimesADay)
		}
	}
}

// all lists every tally, in the order in which the journal named them.
func (s *tallies) all() iter.Seq[*tally] {
	return func(yield func(*tally) bool) {
		for number := range uint32(s.count) {
			if !yield(s.at(number)) {
				return
			}
		}
	}
}
