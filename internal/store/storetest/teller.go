package storetest

import (
	"context"
	"fmt"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
)

// teller makes batches as the engine would: it loads, posts through the ledger,
// and commits.
type teller struct {
	testing.TB
	store store.Store
	now   int64 // business time of the next entry
}

func newTeller(t testing.TB, s store.Store) *teller { return &teller{TB: t, store: s, now: 1_000_000} }

// step is one command: what it moves, and the records it writes.
type step struct {
	id      string
	legs    []ledger.Leg
	records []store.Record
	states  []store.AccountChange
	// mentions are accounts that it concerns and does not move.
	mentions []ledger.AccountID
}

func move(id string, from, to ledger.AccountID, amount money.Amount) step {
	return step{id: id, legs: ledger.Move(from, to, amount, ledger.Transfer)}
}

func write(id string, records ...store.Record) step { return step{id: id, records: records} }

func user(n uint64) ledger.AccountID { return ledger.Of(ledger.User, n, money.CNY) }

// bank is an account that may be overdrawn, where money comes from.
var bank = ledger.Of(ledger.Suspense, 1, money.CNY)

func touchedBy(steps []step) *store.Touched {
	touched := &store.Touched{}
	for _, s := range steps {
		touched.Commands = append(touched.Commands, store.Name(s.id))
		touched.Account(s.mentions...)
		for _, leg := range s.legs {
			touched.Account(leg.Account)
		}
		for _, state := range s.states {
			touched.Account(state.Account)
		}
		for _, record := range s.records {
			touched.Record(record.Key)
		}
	}
	return touched
}

// book is the accounts of a batch in the making.
type book struct {
	txn     store.Txn
	changed map[ledger.AccountID]*ledger.Account
}

func (b *book) Account(id ledger.AccountID) *ledger.Account {
	a := b.changed[id]
	if a == nil {
		state := b.txn.Account(id)
		a = &state
		b.changed[id] = a
	}
	return a
}

// batch turns steps into what is committed.
func (b *teller) batch(txn store.Txn, steps []step) store.Batch {
	b.Helper()
	book := &book{txn: txn, changed: map[ledger.AccountID]*ledger.Account{}}
	var batch store.Batch
	for _, s := range steps {
		legs := append([]ledger.Leg(nil), s.legs...)
		if len(legs) > 0 {
			if err := ledger.Post(book, legs); err != nil {
				b.Fatalf("step %s: %v", s.id, err)
			}
		}
		for _, state := range s.states {
			a := book.Account(state.Account)
			a.Held, a.Tier, a.Meter = state.Held, state.Tier, state.Meter
		}
		for i := range legs { // a leg tells what is held once its command is done
			legs[i].Held = book.Account(legs[i].Account).Held
		}
		entry := store.Entry{
			At: b.now, Command: s.id, Stamp: store.Stamp(s.id), Name: "test", Body: []byte("body of " + s.id),
			Actor: "user:1", Result: []byte("result of " + s.id), Legs: legs, Records: s.records, States: s.states,
		}
		for _, id := range s.mentions {
			book.Account(id)
			entry.Mentions = append(entry.Mentions, store.Mention{Account: id})
		}
		batch.Entries = append(batch.Entries, entry)
		b.now += 10
	}
	for _, a := range book.changed {
		batch.Accounts = append(batch.Accounts, *a)
	}
	return batch
}

// start commits the steps as one batch and does not wait.
func (b *teller) start(steps ...step) store.Pending {
	b.Helper()
	txn := b.begin(touchedBy(steps))
	pending, err := txn.Commit(b.batch(txn, steps))
	if err != nil {
		b.Fatalf("commit: %v", err)
	}
	return pending
}

// do commits the steps as one batch and waits until it is durable.
func (b *teller) do(steps ...step) {
	b.Helper()
	if err := b.start(steps...).Wait(); err != nil {
		b.Fatalf("wait: %v", err)
	}
}

func (b *teller) begin(touched *store.Touched) store.Txn {
	b.Helper()
	txn, err := b.store.Begin(context.Background(), touched)
	if err != nil {
		b.Fatalf("begin: %v", err)
	}
	return txn
}

// fill does n transfers from the bank to users 0 to users-1, perBatch in a batch,
// each with a record that stands in two rows.
func (b *teller) fill(prefix string, n, users, perBatch int) {
	b.Helper()
	var steps []step
	for i := range n {
		id := fmt.Sprintf("%s-%06d", prefix, i)
		s := move(id, bank, user(uint64(i%users)), money.Amount(1+i))
		s.records = []store.Record{{Key: store.Key{Kind: "trade", ID: id}, Value: []byte("trade " + id),
			Terms: []store.Term{{Index: "trade.all", Sort: fmt.Sprintf("%06d", i)}, {Index: "trade.user", Sort: fmt.Sprintf("%03d/%06d", i%users, i)}}}}
		s.records = append(s.records, bulk("order_no", id, "of "+id, ""), bulk("event", id, "event of "+id, id))
		if i%3 == 2 { // an earlier one is written again, and now stands in a row
			earlier := fmt.Sprintf("%s-%06d", prefix, i-2)
			s.records = append(s.records, bulk("event", earlier, "again", earlier, store.Term{Index: "event.all", Sort: earlier}))
		}
		s.mentions = []ledger.AccountID{user(uint64(1000 + i%7))}
		steps = append(steps, s)
		if len(steps) == perBatch || i == n-1 {
			b.do(steps...)
			steps = nil
		}
	}
}
