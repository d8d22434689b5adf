package engine

import (
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// Tx is what Apply works on: the state as the commands before it left it, and
// the journal entry that it is writing. It is a ledger.Book.
type Tx struct {
	loaded   store.Txn
	zone     *time.Location
	accounts *table[ledger.AccountID, accountState]
	records  *table[store.Key, recordState]
	appended *table[store.Key, appendedRecord] // records that nobody touched: they are new

	// Of the command that is being applied.
	number   int // in the batch, from 1
	touched  touchedNumbers
	entry    *store.Entry
	command  store.Named
	keptFrom int // of kept, the command's own begin here
	made     int // ids

	*room        // of the batch
	told  []byte // of the command being applied

	day   ledger.Day // of dayAt
	dayAt int64
}

// touchedNumbers are what a command touches, by number in the tables, and how it
// found them. That is kept here and not in the tables: it is of one command, and what
// lies in a table is far away by the time it is looked at again.
type touchedNumbers struct {
	accounts, records []int
	accountsBefore    []ledger.Account
	recordsBefore     []recordBefore // those that were there and are written
}

type accountState struct {
	now       ledger.Account
	number    int  // of the last command that named it
	mentioned bool // by the command being applied
	changed   bool // by any command of the batch
}

type recordState struct {
	now     store.Record
	number  int // of the last command that named it
	there   bool
	was     bool // there, when that command began
	written bool // by the command being applied
}

type recordBefore struct {
	n      int // in the table
	record store.Record
}

// appendedRecord is where in kept the record is.
type appendedRecord struct{ kept int }

func newTx(zone *time.Location) *Tx {
	tx := &Tx{zone: zone, dayAt: -1 << 62,
		accounts: newTable(func(s *accountState) ledger.AccountID { return s.now.ID }, hashAccount),
		records:  newTable(func(s *recordState) store.Key { return s.now.Key }, hashKey)}
	tx.appended = newTable(func(a *appendedRecord) store.Key { return tx.kept[a.kept].Key }, hashKey)
	return tx
}

func hashAccount(id ledger.AccountID) uint64 {
	h := (id.Owner ^ uint64(id.Kind)<<56 ^ uint64(id.Currency)<<40) * 0x9E3779B97F4A7C15
	return h ^ h>>32
}

func hashKey(key store.Key) uint64 {
	if key.Origin != 0 {
		return key.Origin
	}
	return xxhash.Sum64String(key.ID)
}

// start begins a batch, in a room that is empty.
func (tx *Tx) start(loaded store.Txn, r *room) {
	tx.loaded, tx.room, tx.number = loaded, r, 0
	tx.accounts.empty()
	tx.records.empty()
	tx.appended.empty()
}

// Now is the business time of the command.
func (tx *Tx) Now() time.Time { return time.UnixMicro(tx.entry.At).UTC() }

// NowMilli is Now in Unix milliseconds, the unit of records.
func (tx *Tx) NowMilli() int64 { return tx.entry.At / 1000 }

// Zone is the business time zone.
func (tx *Tx) Zone() *time.Location { return tx.zone }

// Day is the business day of the command.
func (tx *Tx) Day() ledger.Day {
	if tx.dayAt != tx.entry.At {
		tx.day, tx.dayAt = DayOf(tx.Now(), tx.zone), tx.entry.At
	}
	return tx.day
}

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
	return MakeID(prefix, tx.command, tx.made)
}

// Account is an account to look at or, through the ledger's verbs, to change.
// It is good until the command ends. To ask for one that the command does not
// touch is a bug.
func (tx *Tx) Account(id ledger.AccountID) *ledger.Account { return &tx.account(id).now }

// account is one of the few that the command touches: looking through them takes
// less time than the table.
func (tx *Tx) account(id ledger.AccountID) *accountState {
	for _, n := range tx.touched.accounts {
		if state := &tx.accounts.items[n]; state.now.ID == id {
			return state
		}
	}
	panic(fmt.Sprintf("engine: %s reaches for account %s, which it does not say it touches", tx.entry.Name, id))
}

// encode is Encode, into memory that the records of the batch share.
func (tx *Tx) encode(v any) []byte {
	if c, ok := v.(Compact); ok {
		if b, ok := tx.compact(c.AppendTo); ok {
			return b
		}
	}
	return Encode(v)
}

// Post applies legs to the accounts and writes them into the journal.
// Refusals: insufficient_balance, amount_overflow.
func (tx *Tx) Post(legs ...ledger.Leg) error {
	if err := ledger.Post(tx, legs); err != nil {
		return err
	}
	tx.legs = append(tx.legs, legs...)
	tx.entry.Legs = tx.legs[len(tx.legs)-len(legs)-len(tx.entry.Legs):]
	return nil
}

// Mention puts the entry into the account's diary, also where it moves none of
// its money. To mention an account that the command does not touch is a bug.
func (tx *Tx) Mention(id ledger.AccountID) { tx.account(id).mentioned = true }

// Tell adds to what others are told of the command: tell appends it.
func (tx *Tx) Tell(tell func([]byte) []byte) { tx.told = tell(tx.told) }

func (tx *Tx) record(kind, id string) (*store.Record, bool) {
	state := &tx.records.items[tx.touchedNumber(kind, id)]
	return &state.now, state.there
}

// put keeps a record under the key by which it was touched; value nil deletes it. It is
// written where it stands: a record is a hundred bytes, and each payment writes two.
func (tx *Tx) put(kind, id string, value []byte, terms []store.Term, bulk bool) {
	n := tx.touchedNumber(kind, id)
	state := &tx.records.items[n]
	if !state.written && state.there {
		tx.touched.recordsBefore = append(tx.touched.recordsBefore, recordBefore{n, state.now})
	}
	state.now.Value, state.now.Terms, state.now.Bulk = value, terms, bulk
	state.there, state.written = value != nil, true
}

// append keeps a record that nobody can have written before.
func (tx *Tx) append(record store.Record) {
	_, again := tx.appended.find(record.Key)
	if n, ok := tx.records.find(record.Key); again || ok && tx.records.items[n].there {
		panic(fmt.Sprintf("engine: %s appends %s %s, which exists", tx.entry.Name, record.Key.Kind, record.Key.ID))
	}
	tx.kept = append(tx.kept, record)
	tx.appended.add(appendedRecord{len(tx.kept) - 1})
}

// touchedNumber is where in the table a record is that the command touches.
func (tx *Tx) touchedNumber(kind, id string) int {
	for _, n := range tx.touched.records {
		if key := &tx.records.items[n].now.Key; key.ID == id && key.Kind == kind {
			return n
		}
	}
	panic(fmt.Sprintf("engine: %s reaches for %s %s, which it does not say it touches", tx.entry.Name, kind, id))
}

// begin readies the state for one command, so that it can be undone.
func (tx *Tx) begin(entry *store.Entry, command store.Named, touched store.Touched) {
	tx.number++
	tx.entry, tx.command, tx.keptFrom, tx.made = entry, command, len(tx.kept), 0
	tx.told = tx.told[:0]
	tx.touched.accounts, tx.touched.records = tx.touched.accounts[:0], tx.touched.records[:0]
	tx.touched.accountsBefore, tx.touched.recordsBefore = tx.touched.accountsBefore[:0], tx.touched.recordsBefore[:0]
	for _, id := range touched.Accounts {
		hash := hashAccount(id)
		n, ok := tx.accounts.findHashed(id, hash)
		if !ok {
			n = tx.accounts.place(hash)
			state := &tx.accounts.items[n]
			*state = accountState{now: tx.loaded.Account(id)}
			state.now.ID = id
		}
		state := &tx.accounts.items[n]
		if state.number == tx.number {
			continue // named twice
		}
		state.number, state.mentioned = tx.number, false
		tx.touched.accounts, tx.touched.accountsBefore = append(tx.touched.accounts, n), append(tx.touched.accountsBefore, state.now)
	}
	for _, key := range touched.Records {
		hash := hashKey(key)
		n, ok := tx.records.findHashed(key, hash)
		if !ok {
			n = tx.records.place(hash)
			state := &tx.records.items[n]
			*state = recordState{}
			if a, fresh := tx.appended.findHashed(key, hash); fresh {
				state.now, state.there = tx.kept[tx.appended.items[a].kept], true
			} else if record, there := tx.loaded.Record(key); there {
				state.now, state.there = record, true
			}
			state.now.Key = key
		}
		state := &tx.records.items[n]
		if state.number == tx.number {
			continue
		}
		state.number, state.was, state.written = tx.number, state.there, false
		tx.touched.records = append(tx.touched.records, n)
	}
}

// undo puts everything back as begin found it.
func (tx *Tx) undo() {
	for i, n := range tx.touched.accounts {
		tx.accounts.items[n].now = tx.touched.accountsBefore[i]
	}
	for _, n := range tx.touched.records {
		if state := &tx.records.items[n]; state.written {
			state.now.Value, state.now.Terms, state.now.Bulk = nil, nil, false
			state.there, state.written = state.was, false
		}
	}
	for i := range tx.touched.recordsBefore {
		before := &tx.touched.recordsBefore[i]
		tx.records.items[before.n].now = before.record
	}
	for len(tx.kept) > tx.keptFrom {
		tx.appended.forget()
		tx.kept = tx.kept[:len(tx.kept)-1]
	}
	tx.legs = tx.legs[:len(tx.legs)-len(tx.entry.Legs)]
	tx.entry.Legs, tx.entry.Result = nil, nil
}

// finish writes into the entry what the command changed.
func (tx *Tx) finish() {
	legs := tx.entry.Legs
	states, mentions := len(tx.states), len(tx.mentions)
	for i, n := range tx.touched.accounts {
		state, before := &tx.accounts.items[n], &tx.touched.accountsBefore[i]
		if state.mentioned && !moves(legs, state.now.ID) {
			tx.mentions = append(tx.mentions, store.Mention{Account: state.now.ID})
			state.changed = true
		}
		if state.now == *before {
			continue
		}
		state.now.MustHold()
		if state.now.Held != before.Held || state.now.Tier != before.Tier || state.now.Meter != before.Meter {
			tx.states = append(tx.states, store.AccountChange{
				Account: state.now.ID, Held: state.now.Held, Tier: state.now.Tier, Meter: state.now.Meter})
		}
		state.changed = true
	}
	for i := range legs {
		legs[i].Held = tx.account(legs[i].Account).now.Held
	}
	for _, n := range tx.touched.records {
		state := &tx.records.items[n]
		if state.written && (state.there || state.was) {
			tx.kept = append(tx.kept, state.now)
		}
	}
	if len(tx.told) > 0 {
		tx.entry.Events = tx.share(tx.told)
	}
	tx.entry.States = stretch(tx.states, states)
	tx.entry.Mentions = stretch(tx.mentions, mentions)
	tx.entry.Records = stretch(tx.kept, tx.keptFrom)
	tx.entry.Legs = legs[:len(legs):len(legs)]
}

// stretch is what was added to a list since it had so many; nil for nothing. The
// list may be appended to and won't run into it.
func stretch[T any](list []T, since int) []T {
	if len(list) == since {
		return nil
	}
	return list[since:len(list):len(list)]
}

func moves(legs []ledger.Leg, id ledger.AccountID) bool {
	for i := range legs {
		if legs[i].Account == id {
			return true
		}
	}
	return false
}

// changed lists the accounts that the batch changed, in their last state.
func (tx *Tx) changed() []ledger.Account {
	for i := range tx.accounts.items {
		if tx.accounts.items[i].changed {
			tx.room.changed = append(tx.room.changed, tx.accounts.items[i].now)
		}
	}
	return tx.room.changed
}
