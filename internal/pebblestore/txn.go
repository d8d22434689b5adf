package pebblestore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// txn is one batch in the making. It is loaded once, in Begin, and is a plain
// value from then on.
type txn struct {
	store    *Store
	accounts map[ledger.AccountID]ledger.Account
	records  map[store.Key]store.Record // not there: touched[key] is false
	touched  map[store.Key]bool         // record exists
	commands map[string]*store.Entry    // nil: never committed
	ended    bool
}

// Begin is store.Store's.
func (s *Store) Begin(ctx context.Context, touched *store.Touched) (store.Txn, error) {
	if s.readOnly {
		return nil, fmt.Errorf("%w: %s is open for reading only", store.ErrUnavailable, s.dir)
	}
	// First a free place in flight, then the turn: who has the turn never waits.
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		<-s.slots
		return nil, ctx.Err()
	}
	t, err := s.load(touched)
	if err != nil {
		<-s.turn
		<-s.slots
		return nil, err
	}
	return t, nil
}

func (s *Store) load(touched *store.Touched) (*txn, error) {
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	if err := s.recover(); err != nil {
		return nil, err
	}
	t := &txn{store: s,
		accounts: make(map[ledger.AccountID]ledger.Account, len(touched.Accounts)),
		records:  make(map[store.Key]store.Record, len(touched.Records)),
		touched:  make(map[store.Key]bool, len(touched.Records)),
		commands: make(map[string]*store.Entry, len(touched.Commands))}

	// What is in flight is looked at before what is durable: a batch that lands in
	// between is then found in both, and never in neither.
	s.flightMu.Lock()
	flying := slices.Clone(s.flying)
	s.flightMu.Unlock()
	slices.Reverse(flying) // newest first

	for _, id := range touched.Commands {
		if err := t.loadCommand(flying, id); err != nil {
			return nil, err
		}
	}
	for _, key := range touched.Records {
		if err := t.loadRecord(flying, key); err != nil {
			return nil, err
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
accounts:
	for _, id := range touched.Accounts {
		for _, f := range flying {
			if a, ok := f.accounts[id]; ok {
				t.accounts[id] = a
				continue accounts
			}
		}
		t.accounts[id] = s.accounts.get(id)
	}
	return t, nil
}

func (t *txn) loadCommand(flying []*flight, id string) error {
	for _, f := range flying {
		if entry, ok := f.commands[id]; ok {
			t.commands[id] = entry
			return nil
		}
	}
	t.commands[id] = nil
	key := commandKey(id)
	if !t.store.filter.mayHold(key) {
		return nil
	}
	position, ok, err := getCommand(t.store.db, id)
	if err != nil || !ok {
		return err
	}
	entry, err := t.store.journal.entry(position)
	if err != nil {
		return fmt.Errorf("entry of command %q: %w", id, err)
	}
	t.commands[id] = &entry
	return nil
}

func (t *txn) loadRecord(flying []*flight, key store.Key) error {
	for _, f := range flying {
		if changed, ok := f.records[key]; ok {
			t.keep(key, changed.after, changed.after.Value != nil)
			return nil
		}
	}
	if !t.store.filter.mayHold(recordKey(key)) {
		t.keep(key, store.Record{}, false)
		return nil
	}
	record, ok, err := getRecord(t.store.db, key)
	if err != nil {
		return err
	}
	t.keep(key, record, ok)
	return nil
}

func (t *txn) keep(key store.Key, record store.Record, exists bool) {
	t.touched[key] = exists
	if exists {
		t.records[key] = record
	}
}

// Entry is store.Txn's.
func (t *txn) Entry(commandID string) (store.Entry, bool) {
	entry, ok := t.commands[commandID]
	if !ok {
		panic(fmt.Sprintf("pebblestore: command %q was not among those touched", commandID))
	}
	if entry == nil {
		return store.Entry{}, false
	}
	return *entry, true
}

// Account is store.Txn's.
func (t *txn) Account(id ledger.AccountID) ledger.Account {
	a, ok := t.accounts[id]
	if !ok {
		panic(fmt.Sprintf("pebblestore: account %s was not among those touched", id))
	}
	return a
}

// Record is store.Txn's.
func (t *txn) Record(key store.Key) (store.Record, bool) {
	exists, ok := t.touched[key]
	if !ok {
		panic(fmt.Sprintf("pebblestore: record %s %s was not among those touched", key.Kind, key.ID))
	}
	return t.records[key], exists
}

// Commit is store.Txn's.
func (t *txn) Commit(batch store.Batch) (store.Pending, error) {
	if t.ended {
		panic("pebblestore: commit of a batch that has ended")
	}
	pending, err := t.commit(batch)
	if err != nil {
		t.Rollback()
		return nil, err
	}
	t.ended = true
	<-t.store.turn
	return pending, nil
}

func (t *txn) commit(batch store.Batch) (store.Pending, error) {
	s := t.store
	if len(batch.Entries) == 0 {
		if len(batch.Accounts) > 0 {
			return nil, fmt.Errorf("commit: %d accounts changed and no entry says why", len(batch.Accounts))
		}
		<-s.slots
		return nothing{}, nil
	}
	f := &flight{commands: make(map[string]*store.Entry, len(batch.Entries)), done: make(chan struct{})}
	for _, entry := range batch.Entries {
		if err := t.check(entry); err != nil {
			return nil, fmt.Errorf("commit: %w", err)
		}
		if f.commands[entry.Command] != nil {
			return nil, fmt.Errorf("commit: command %q is in the batch twice", entry.Command)
		}
		f.commands[entry.Command] = entry
	}
	// The tail moves with the turn, which is ours.
	s.flightMu.Lock()
	first := s.tail + 1
	s.flightMu.Unlock()
	f.change = newChange(first, batch.Entries)
	if err := f.followAccounts(setLink, t.Account); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	if err := f.followRecords(t.rows); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	if err := compareAccounts(f.accounts, batch.Accounts); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}

	s.flightMu.Lock()
	defer s.flightMu.Unlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	if s.trouble != nil {
		return nil, fmt.Errorf("%w: %w", store.ErrUnavailable, s.trouble)
	}
	s.tail = f.last()
	s.flying = append(s.flying, f)
	s.toEncode <- f // has room for all that may be in flight
	return f, nil
}

// check refuses an entry that could not be found again, or that the batch did
// not say it would write.
func (t *txn) check(entry *store.Entry) error {
	known, touched := t.commands[entry.Command]
	if !touched {
		return fmt.Errorf("command %q was not among those touched", entry.Command)
	}
	if known != nil {
		return fmt.Errorf("command %q was committed before, as entry %d", entry.Command, known.Position)
	}
	for _, leg := range entry.Legs {
		if _, ok := t.accounts[leg.Account]; !ok {
			return fmt.Errorf("account %s was not among those touched", leg.Account)
		}
	}
	for _, state := range entry.States {
		if _, ok := t.accounts[state.Account]; !ok {
			return fmt.Errorf("account %s was not among those touched", state.Account)
		}
	}
	for _, record := range entry.Records {
		if record.Value == nil && len(record.Terms) > 0 {
			return fmt.Errorf("record %s %s is deleted and yet has index rows", record.Key.Kind, record.Key.ID)
		}
		text := record.Key.Kind + record.Key.ID
		for _, term := range record.Terms {
			text += term.Index + term.Sort
		}
		if strings.Contains(text, "\x00") {
			return fmt.Errorf("record %s %q has a zero byte in its key or rows", record.Key.Kind, record.Key.ID)
		}
	}
	return nil
}

func (t *txn) rows(key store.Key) ([]store.Term, error) { return t.records[key].Terms, nil }

// compareAccounts refuses a batch whose accounts are not what its entries lead
// to, before anything false becomes durable; and tells each account where its
// newest entry is.
func compareAccounts(derived map[ledger.AccountID]ledger.Account, given []ledger.Account) error {
	if len(given) != len(derived) {
		return fmt.Errorf("the entries change %d accounts; the batch names %d", len(derived), len(given))
	}
	for i := range given {
		want, ok := derived[given[i].ID]
		if !ok {
			return fmt.Errorf("the batch names account %s, which no entry changes", given[i].ID)
		}
		given[i].Last = want.Last
		if given[i] != want {
			return fmt.Errorf("the batch says that account %s is %+v; its entries lead to %+v", want.ID, given[i], want)
		}
	}
	return nil
}

// Rollback is store.Txn's.
func (t *txn) Rollback() {
	if t.ended {
		return
	}
	t.ended = true
	<-t.store.turn
	<-t.store.slots
}

// nothing is the outcome of a batch without entries.
type nothing struct{}

func (nothing) Wait() error { return nil }
