// Package store is what Tongbao needs of a place that keeps things: load what
// a batch of commands touches, commit the batch as a whole, and read it back.
// It says this in words and types only; pebblestore keeps everything in one
// folder, others on a database that several servers share. A store knows
// accounts, records and journal entries; it does not know what any of them is
// for, and it decides nothing about money.
//
// Every store passes the suite in store/storetest.
package store

import (
	"context"
	"errors"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
)

// Store keeps accounts, records and the journal.
//
// All methods may be called from several goroutines. Readers see what is
// durable and nothing younger, so that no one is ever told of something that a
// power cut could take back.
type Store interface {
	Reader

	// Begin loads what touched names, and makes sure that until Commit or
	// Rollback nobody else, in this process or another, changes it. It sees the
	// effects of every transaction that Commit has returned for in this process,
	// durable or not. One goroutine at a time may be between Begin and Commit.
	Begin(ctx context.Context, touched *Touched) (Txn, error)

	// Snapshot is a Reader that goes on seeing what was durable at one moment,
	// all parts at the same journal position. Close it.
	Snapshot(ctx context.Context) (Snapshot, error)

	// Await returns as soon as the journal holds an entry after position, or
	// with the context's error.
	Await(ctx context.Context, position uint64) error

	// Backup writes a complete, consistent copy into an empty or new folder,
	// while everything goes on. When it returns the copy is durable.
	Backup(ctx context.Context, dir string) error

	// Close waits for what is under way to become durable and lets go of
	// everything. Nothing may be called after it.
	Close() error
}

// Txn is one batch in the making.
type Txn interface {
	// Entry is the journal entry of the command with this id, if it was ever
	// committed. The id must be among those touched.
	Entry(commandID string) (Entry, bool)
	// Account is the account's state; the zero account where nothing has
	// happened to it. It must be among those touched.
	Account(ledger.AccountID) ledger.Account
	// Record is the record's state. Its key must be among those touched.
	Record(Key) (Record, bool)

	// Commit appends the entries to the journal, in order, together with the
	// states of accounts and records that they lead to: all of it or nothing. It
	// sets each entry's Position, each leg's Previous and each account's Last.
	// Accounts must be among those touched. A record that is not is a new one: the
	// caller vouches that nothing was ever kept under its key (its id is made from
	// the command's own), and so nothing is loaded or locked for it.
	// The store keeps the values it is given; nobody may change them afterwards.
	//
	// Commit returns when a following Begin sees the effects; Pending tells when
	// they are durable. An error means that nothing was or will be done: so it is
	// for a batch that writes what was not touched, repeats a command, or names
	// states of accounts that its entries don't lead to.
	Commit(batch Batch) (Pending, error)
	// Rollback gives up. It is safe after Commit, where it does nothing.
	Rollback()
}

// Pending is a batch on its way to being durable.
type Pending interface {
	// Wait returns nil when the batch will survive a power cut. ErrLost says that
	// it has not happened and will not; ErrUnknown that this can't be said before
	// the command ids have been looked up again. After either, a later batch of
	// this process that saw the effects fails too.
	Wait() error
}

var (
	// ErrLost: the batch was not made durable and never will be.
	ErrLost = errors.New("batch lost: nothing was done")
	// ErrUnknown: whether the batch is durable is not known yet.
	ErrUnknown = errors.New("outcome of the batch unknown")
	// ErrUnavailable: the store takes no writes now (disk full, database gone).
	// Nothing was done.
	ErrUnavailable = errors.New("store takes no writes now")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store closed")
)

// Touched is what a batch of commands reads or writes. Duplicates are allowed.
type Touched struct {
	Commands []string
	Accounts []ledger.AccountID
	Records  []Key
}

// Account adds accounts.
func (t *Touched) Account(ids ...ledger.AccountID) { t.Accounts = append(t.Accounts, ids...) }

// Record adds a record.
func (t *Touched) Record(keys ...Key) { t.Records = append(t.Records, keys...) }

// Batch is what one commit makes true.
type Batch struct {
	Entries  []*Entry         // in order; the last state of each account and record below is what these lead to
	Accounts []ledger.Account // each account that changed, once, in its last state
	// Records that changed are in the entries, each time they changed.
}

// Key names a record: its kind ("trade", "person", ...) and its id in that kind.
// Neither holds zero bytes.
type Key struct {
	Kind string `cbor:"1,keyasint"`
	ID   string `cbor:"2,keyasint"`
}

// Record is a business object at rest: bytes that only its owner understands,
// and the rows under which it is found.
type Record struct {
	Key   Key    `cbor:"1,keyasint"`
	Value []byte `cbor:"2,keyasint"`           // nil: the record is deleted
	Terms []Term `cbor:"3,keyasint,omitempty"` // replaces all of the record's earlier rows
}

// Term is one row in an ordered index. Rows of an index are ordered by Sort
// bytewise, then by the record's id. A record may stand in an index several times.
type Term struct {
	Index string `cbor:"1,keyasint"`
	Sort  string `cbor:"2,keyasint"` // no zero bytes
}

// Entry is one command in the journal: what was asked, by whom, what was
// answered, and everything that it changed.
type Entry struct {
	Position uint64          `cbor:"-"`                     // 1 for the first; the store's to set
	At       int64           `cbor:"1,keyasint"`            // business time, Unix microseconds, never falling
	Command  string          `cbor:"2,keyasint"`            // the command's id
	Name     string          `cbor:"3,keyasint"`            // the command's type: "pay_trade"
	Body     []byte          `cbor:"4,keyasint,omitempty"`  // the command's contents
	Digest   [32]byte        `cbor:"5,keyasint"`            // of name and contents: the same id with another digest is a conflict
	Actor    string          `cbor:"6,keyasint,omitempty"`  // who asked: "user:2088…", "job:auto_confirm"
	Request  string          `cbor:"7,keyasint,omitempty"`  // the request that caused it, as in the access log
	Refused  string          `cbor:"8,keyasint,omitempty"`  // refusal code; then nothing below changed
	Message  string          `cbor:"9,keyasint,omitempty"`  // the refusal's sentence
	Field    string          `cbor:"10,keyasint,omitempty"` // the refusal's field
	Result   []byte          `cbor:"11,keyasint,omitempty"` // the answer
	Legs     []ledger.Leg    `cbor:"12,keyasint,omitempty"` // postings, in order
	Records  []Record        `cbor:"13,keyasint,omitempty"` // records as they are after the command
	States   []AccountChange `cbor:"14,keyasint,omitempty"` // held, tier and meter of accounts where they changed
}

// AccountChange is the part of an account's state that legs don't tell.
type AccountChange struct {
	Account ledger.AccountID `cbor:"1,keyasint"`
	Held    money.Amount     `cbor:"2,keyasint,omitempty"`
	Tier    ledger.Tier      `cbor:"3,keyasint,omitempty"`
	Meter   ledger.Meter     `cbor:"4,keyasint,omitempty"`
}

// Movement is a leg in its place: a line of an account's history.
type Movement struct {
	Position uint64
	At       int64 // Unix microseconds
	Command  string
	Name     string
	Leg      ledger.Leg
}

// Range is a stretch of an index.
type Range struct {
	Index   string
	From    string // first Sort, inclusive; empty for the beginning
	Until   string // Sort that ends it, exclusive; empty for the end
	After   string // go on after this row, a Row.At of an earlier answer with the same direction
	Reverse bool   // last row first
	Limit   int    // at most so many rows; must be positive
}

// Row is a record found in an index.
type Row struct {
	At     string // the row's place, for Range.After; opaque to callers
	Sort   string
	Record Record
}

// Head is the end of the journal: how many entries it has, and the hash that
// covers all of them.
type Head struct {
	Position uint64
	Hash     [32]byte
}

// Reader reads what is durable.
type Reader interface {
	Account(ctx context.Context, id ledger.AccountID) (ledger.Account, error)
	// Accounts lists accounts in order of their names, from the one after on.
	Accounts(ctx context.Context, after ledger.AccountID, limit int) ([]ledger.Account, error)
	// History lists an account's entries newest first, those numbered below
	// before (0: from the newest).
	History(ctx context.Context, id ledger.AccountID, before uint64, limit int) ([]Movement, error)
	// HistoryAt is the number of the account's newest entry at or before a moment
	// (Unix microseconds); 0 where there was none. History from number+1 gives
	// the balance at that moment.
	HistoryAt(ctx context.Context, id ledger.AccountID, at int64) (uint64, error)

	Record(ctx context.Context, key Key) (Record, bool, error)
	Scan(ctx context.Context, r Range) ([]Row, error)

	// Entry is the entry of a command, if it was committed.
	Entry(ctx context.Context, commandID string) (Entry, bool, error)
	// Journal lists entries in order, from the one after position on.
	Journal(ctx context.Context, after uint64, limit int) ([]Entry, error)
	Head(ctx context.Context) (Head, error)
}

// Snapshot is a Reader of one moment.
type Snapshot interface {
	Reader
	// VerifyChain reads the journal from its first byte, recomputes every hash,
	// and checks that what the store derived from it (accounts, records, rows,
	// command ids, in both directions) is exactly what it implies. It calls fault
	// for each thing wrong, and progress now and then with the share done in
	// thousandths. The error is for what kept it from looking.
	VerifyChain(ctx context.Context, fault func(string), progress func(int)) error
	Close() error
}
