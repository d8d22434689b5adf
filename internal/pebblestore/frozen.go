package pebblestore

import (
	"tongbao/internal/ledger"
)

// frozen is the accounts at one moment, for a snapshot or a checkpoint. Nothing
// is copied when it is made: whoever changes an account first puts the state
// aside for each frozen view that has none yet. So it costs memory only for what
// changes while it is held: some 150 bytes for each account.
type frozen struct {
	reached standing
	count   int // accounts that existed
	before  map[int]ledger.Account
	written int // accounts up to here are in the checkpoint, and nobody asks for them again
}

// freeze begins a view of the accounts as they are. The caller holds applying.
func (s *Store) freeze() *frozen {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &frozen{reached: s.reached, count: s.accounts.count, before: map[int]ledger.Account{}}
	s.frozen[f] = struct{}{}
	return f
}

func (s *Store) thaw(f *frozen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.frozen, f)
}

// keepForFrozen puts an account's state aside before it changes. The caller
// holds mu.
func (s *Store) keepForFrozen(number int) {
	for f := range s.frozen {
		if number < f.written || number >= f.count {
			continue
		}
		if _, kept := f.before[number]; !kept {
			f.before[number] = *s.accounts.at(number)
		}
	}
}

// frozenAt is the state of the account with that number. The caller holds mu.
func (s *Store) frozenAt(f *frozen, number int) ledger.Account {
	if a, kept := f.before[number]; kept {
		return a
	}
	return *s.accounts.at(number)
}

func (s *Store) frozenState(f *frozen, id ledger.AccountID) ledger.Account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	number, ok := s.accounts.find(id)
	if !ok || number >= f.count {
		return ledger.Account{ID: id}
	}
	return s.frozenAt(f, number)
}

func (s *Store) frozenStates(f *frozen, after ledger.AccountID, limit int) []ledger.Account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var page []ledger.Account
	for _, number := range s.accounts.page(after, limit, f.count) {
		page = append(page, s.frozenAt(f, number))
	}
	return page
}
