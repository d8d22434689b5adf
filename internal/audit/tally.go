package audit

import (
	"iter"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
)

// tally is what the journal says of an account.
type tally struct {
	sum     sum // of all legs, on the normal side
	entries uint64
	state   store.AccountChange
	meter   ledger.Meter
}

// tallies are found by owner within a kind and currency, of which there are few:
// every leg of the journal asks for one, and a number is found much sooner than
// a struct.
type tallies struct {
	shelves []shelf
	count   int
	fresh   []tally // room for the next ones
}

type shelf struct {
	kind     ledger.Kind
	currency money.Currency
	of       map[uint64]*tally
}

// of is the account's tally, an empty one where it is new.
func (s *tallies) of(id ledger.AccountID) *tally {
	owners := s.shelf(id)
	t, ok := owners[id.Owner]
	if !ok {
		if len(s.fresh) == 0 {
			s.fresh = make([]tally, 1024)
		}
		t, s.fresh = &s.fresh[0], s.fresh[1:]
		t.state.Account = id
		owners[id.Owner] = t
		s.count++
	}
	return t
}

func (s *tallies) shelf(id ledger.AccountID) map[uint64]*tally {
	for i := range s.shelves {
		if s.shelves[i].kind == id.Kind && s.shelves[i].currency == id.Currency {
			return s.shelves[i].of
		}
	}
	s.shelves = append(s.shelves, shelf{id.Kind, id.Currency, map[uint64]*tally{}})
	return s.shelves[len(s.shelves)-1].of
}

// all lists every tally, in no order.
func (s *tallies) all() iter.Seq[*tally] {
	return func(yield func(*tally) bool) {
		for _, shelf := range s.shelves {
			for _, t := range shelf.of {
				if !yield(t) {
					return
				}
			}
		}
	}
}
