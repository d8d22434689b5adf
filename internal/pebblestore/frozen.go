package pebblestore

import (
	"tongbao/internal/ledger"
)

// frozen is the accounts at one moment, for a snapshot or a checkpoint. Nothing
// is copied when it is made: whoever changes an account first puts the state
// aside for each frozen view that has none yet. So it costs memory only for what
// changes while it is held: some 100 bytes for each account.
type frozen struct {
	reached standing
	count   int // accounts that existed
	before  *aside
	written int // accounts up to here are in the checkpoint, and nobody asks for them again
}

// aside is states of accounts by number. A map would do; but a checkpoint asks it for
// every account there is, and each payment while one is written puts two into it.
type aside struct {
	at     [][]uint32         // by number, in stretches: which of the states, counted from 1; 0 for none
	states [][]ledger.Account // in chunks, so that none moves
	count  int
}

const (
	asideStretch = 1 << 12
	asideChunk   = 1 << 10
	asideKept    = 1 << 19 // states at most of one that is used again: 50 MB
)

func (a *aside) find(number int) (state *ledger.Account, ok bool) {
	stretch := number / asideStretch
	if stretch >= len(a.at) || a.at[stretch] == nil {
		return nil, false
	}
	n := int(a.at[stretch][number%asideStretch])
	if n == 0 {
		return nil, false
	}
	return &a.states[(n-1)/asideChunk][(n-1)%asideChunk], true
}

// put takes in the state of an account that has none here.
func (a *aside) put(number int, state *ledger.Account) {
	stretch := number / asideStretch
	for stretch >= len(a.at) {
		a.at = append(a.at, nil)
	}
	if a.at[stretch] == nil {
		a.at[stretch] = make([]uint32, asideStretch)
	}
	if a.count == len(a.states)*asideChunk {
		a.states = append(a.states, make([]ledger.Account, asideChunk))
	}
	a.states[a.count/asideChunk][a.count%asideChunk] = *state
	a.count++
	a.at[stretch][number%asideStretch] = uint32(a.count)
}

func (a *aside) forget() {
	for _, stretch := range a.at {
		clear(stretch)
	}
	a.count = 0
}

// freeze begins a view of the accounts as they are. The caller holds applying.
func (s *Store) freeze() *frozen {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &frozen{reached: s.reached, count: s.accounts.count, before: s.spare}
	if s.spare = nil; f.before == nil {
		f.before = new(aside)
	}
	s.frozen[f] = struct{}{}
	return f
}

// thaw ends a view; again, it does nothing.
func (s *Store) thaw(f *frozen) {
	s.mu.Lock()
	_, held := s.frozen[f]
	delete(s.frozen, f)
	s.mu.Unlock()
	if !held || f.before.count > asideKept {
		return
	}
	f.before.forget()
	s.mu.Lock()
	s.spare = f.before
	s.mu.Unlock()
}

// keepForFrozen puts an account's state aside before it changes. The caller
// holds mu.
func (s *Store) keepForFrozen(number int) {
	for f := range s.frozen {
		if number < f.written || number >= f.count {
			continue
		}
		if _, kept := f.before.find(number); !kept {
			f.before.put(number, s.accounts.at(number))
		}
	}
}

// frozenAt is the state of the account with that number. The caller holds mu, as long as
// it looks at it.
func (s *Store) frozenAt(f *frozen, number int) *ledger.Account {
	if a, kept := f.before.find(number); kept {
		return a
	}
	return s.accounts.at(number)
}

func (s *Store) frozenState(f *frozen, id ledger.AccountID) ledger.Account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	number, ok := s.accounts.find(id)
	if !ok || number >= f.count {
		return ledger.Account{ID: id}
	}
	return *s.frozenAt(f, number)
}

func (s *Store) frozenStates(f *frozen, after ledger.AccountID, limit int) []ledger.Account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var page []ledger.Account
	for _, number := range s.accounts.page(after, limit, f.count) {
		page = append(page, *s.frozenAt(f, number))
	}
	return page
}
