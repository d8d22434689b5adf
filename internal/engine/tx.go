package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// Tx is what Apply works on: the state as the commands before it left it, and
// the journal entry that it is writing. It is a ledger.Book.
type Tx struct {
	loaded   store.Txn
	zone     *time.Location
	accounts map[ledger.AccountID]*accountState
	records  map[store.Key]*recordState

	// Of the command that is being applied.
	number   int // in the batch, from 1
	touched  *store.Touched
	entry    *store.Entry
	appended []store.Key
	made     int // ids
}

type accountState struct {
	now, before ledger.Account // before: as the command found it
	number      int            // of the last command that named it
	changed     bool           // by any command of the batch
}

type recordState struct {
	now, before store.Record
	there, was  bool
	number      int
	written     bool // by the command being applied
}

func newTx(loaded store.Txn, zone *time.Location) *Tx {
	return &Tx{loaded: loaded, zone: zone, accounts: map[ledger.AccountID]*accountState{}, records: map[store.Key]*recordState{}}
}

// Now is the business time of the command.
func (tx *Tx) Now() time.Time { return time.UnixMicro(tx.entry.At).UTC() }

// NowMilli is Now in Unix milliseconds, the unit of records.
func (tx *Tx) NowMilli() int64 { return tx.entry.At / 1000 }

// Zone is the business time zone.
func (tx *Tx) Zone() *time.Location { return tx.zone }

// Day is the business day of the command.
func (tx *Tx) Day() ledger.Day { return DayOf(tx.Now(), tx.zone) }

// DayOf is the business day of a moment in a time zone.
func DayOf(at time.Time, zone *time.Location) ledger.Day {
	local := at.In(zone)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	return ledger.Day{Number: int32(midnight.Unix() / 86400), Year: int32(local.Year())}
}

// Command is the id of the command that is being applied.
func (tx *Tx) Command() string { return tx.entry.Command }

// NewID makes an id that is this command's alone: of its own id, and of how many
// it has made before. So a repeat makes the same, and no other command can.
func (tx *Tx) NewID(prefix string) string {
	tx.made++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", prefix, tx.entry.Command, tx.made))
	return prefix + hex.EncodeToString(sum[:12])
}

// Account is an account to look at or, through the ledger's verbs, to change.
// To ask for one that the command does not touch is a bug.
func (tx *Tx) Account(id ledger.AccountID) *ledger.Account {
	state, ok := tx.accounts[id]
	if !ok || state.number != tx.number {
		panic(fmt.Sprintf("engine: %s reaches for account %s, which it does not say it touches", tx.entry.Name, id))
	}
	return &state.now
}

// Post applies legs to the accounts and writes them into the journal.
// Refusals: insufficient_balance, amount_overflow.
func (tx *Tx) Post(legs ...ledger.Leg) error {
	if err := ledger.Post(tx, legs); err != nil {
		return err
	}
	tx.entry.Legs = append(tx.entry.Legs, legs...)
	return nil
}

func (tx *Tx) record(key store.Key) (store.Record, bool) {
	state := tx.touchedRecord(key)
	return state.now, state.there
}

func (tx *Tx) put(record store.Record) {
	state := tx.touchedRecord(record.Key)
	state.now, state.there, state.written = record, record.Value != nil, true
}

// append keeps a record that nobody can have written before.
func (tx *Tx) append(record store.Record) {
	if state, ok := tx.records[record.Key]; ok && state.there {
		panic(fmt.Sprintf("engine: %s appends %s %s, which exists", tx.entry.Name, record.Key.Kind, record.Key.ID))
	}
	tx.records[record.Key] = &recordState{now: record, there: true, number: tx.number, written: true}
	tx.appended = append(tx.appended, record.Key)
}

func (tx *Tx) touchedRecord(key store.Key) *recordState {
	state, ok := tx.records[key]
	if !ok || state.number != tx.number {
		panic(fmt.Sprintf("engine: %s reaches for %s %s, which it does not say it touches", tx.entry.Name, key.Kind, key.ID))
	}
	return state
}

// begin readies the state for one command, so that it can be undone.
func (tx *Tx) begin(entry *store.Entry, touched *store.Touched) {
	tx.number++
	tx.entry, tx.touched, tx.appended, tx.made = entry, touched, tx.appended[:0], 0
	for _, id := range touched.Accounts {
		state, ok := tx.accounts[id]
		if !ok {
			state = &accountState{now: tx.loaded.Account(id)}
			state.now.ID = id
			tx.accounts[id] = state
		}
		state.before, state.number = state.now, tx.number
	}
	for _, key := range touched.Records {
		state, ok := tx.records[key]
		if !ok {
			state = &recordState{}
			state.now, state.there = tx.loaded.Record(key)
			tx.records[key] = state
		}
		state.before, state.was, state.number, state.written = state.now, state.there, tx.number, false
	}
}

// undo puts everything back as begin found it.
func (tx *Tx) undo() {
	for _, id := range tx.touched.Accounts {
		state := tx.accounts[id]
		state.now = state.before
	}
	for _, key := range tx.touched.Records {
		state := tx.records[key]
		state.now, state.there, state.written = state.before, state.was, false
	}
	for _, key := range tx.appended {
		delete(tx.records, key)
	}
	tx.entry.Legs, tx.entry.Records, tx.entry.States, tx.entry.Result = nil, nil, nil, nil
}

// finish writes into the entry what the command changed.
func (tx *Tx) finish() {
	for _, id := range tx.touched.Accounts {
		state := tx.accounts[id]
		if state.now == state.before {
			continue
		}
		state.now.MustHold()
		if state.now.Held != state.before.Held || state.now.Tier != state.before.Tier || state.now.Meter != state.before.Meter {
			tx.entry.States = append(tx.entry.States, store.AccountChange{
				Account: id, Held: state.now.Held, Tier: state.now.Tier, Meter: state.now.Meter})
		}
		state.changed = true
		state.before = state.now // an account that was named twice is written once
	}
	for i := range tx.entry.Legs {
		leg := &tx.entry.Legs[i]
		leg.Held = tx.accounts[leg.Account].now.Held
	}
	for _, key := range tx.touched.Records {
		state := tx.records[key]
		if !state.written {
			continue
		}
		state.written = false
		if state.there || state.was {
			tx.entry.Records = append(tx.entry.Records, state.now)
		}
	}
	for _, key := range tx.appended {
		if state := tx.records[key]; state.written {
			state.written = false
			tx.entry.Records = append(tx.entry.Records, state.now)
		}
	}
}

// changed lists the accounts that the batch changed, in their last state.
func (tx *Tx) changed() []ledger.Account {
	accounts := make([]ledger.Account, 0, len(tx.accounts))
	for _, state := range tx.accounts {
		if state.changed {
			accounts = append(accounts, state.now)
		}
	}
	return accounts
}
