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
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

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
	// while everything goes on. When it returns the copy is durable. What never
	// changes again it may share with the store, where both are on one file system.
	Backup(ctx context.Context, dir string) error

	// Close waits for what is under way to become durable and lets go of
	// everything. Nothing may be called after it.
	Close() error
}

// Txn is one batch in the making.
type Txn interface {
	// Soon says what will be asked for next: a part of what was touched. It is a
	// hint, for a store to which the order of looking makes a difference.
	Soon(part *Touched)
	// Entry is the journal entry of the command with this id, if it was ever
	// committed. The id must be among those touched. A store that finds by Stamp
	// takes it from there.
	Entry(command Named) (*Entry, bool) // nobody may change it
	// At is the business time of the journal's newest entry, of whichever server;
	// 0 where there is none. No entry of the batch may be of an earlier time.
	At() int64
	// Account is the account's state; the zero account where nothing has
	// happened to it. It must be among those touched.
	Account(ledger.AccountID) ledger.Account
	// Record is the record's state. Its key must be among those touched.
	Record(Key) (Record, bool)

	// Commit appends the entries to the journal, in order, together with the
	// states of accounts and records that they lead to: all of it or nothing. It
	// sets each entry's Position and the links of its legs and mentions.
	// Accounts must be among those touched. A record that is not is a new one: the
	// caller vouches that nothing was ever kept under its key (its id is made from
	// the command's own), and so nothing is loaded or locked for it.
	// The store reads what it is given, and nobody may change it, until Wait has
	// returned and every Txn that began before that has ended.
	//
	// Commit returns when a following Begin sees the effects; Pending tells when
	// they are durable. An error means that nothing was or will be done: so it is
	// for a batch that writes what was not touched, repeats a command, or names
	// states of accounts that its entries don't lead to. ErrRetry is such an error
	// too: others came first, and the same commands may do if they are applied again
	// on what a new Begin finds. An empty batch changes nothing; once it is committed
	// what was read in it is as durable as the batches before are when their Wait has
	// returned.
	Commit(batch Batch) (Pending, error)
	// Rollback gives up. It is safe after Commit, where it does nothing.
	Rollback()
}

// Pending is a batch on its way to being durable.
type Pending interface {
	// Wait returns nil when the batch will survive a power cut. ErrLost says that
	// it has not happened and will not; ErrRetry that too, and that the same commands
	// may do if they are applied again on what a new Begin finds; ErrUnknown that this
	// can't be said before the command ids have been looked up again. After any of
	// them, a later batch of this process that saw the effects fails too.
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
	// ErrRetry: nothing was done, since another server's batch came first or the
	// database gave up the transaction. To begin and apply again is worth trying.
	ErrRetry = errors.New("batch given up: nothing was done, and it may be tried again")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store closed")
)

// Touched is what a batch of commands reads or writes. Duplicates are allowed.
type Touched struct {
	Commands []Named
	Accounts []ledger.AccountID
	Records  []Key

	// Where the store has looked beforehand: since when each command and each record
	// is known to be new, in numbers that only the store understands. 0, or nothing
	// at all, where that isn't known.
	CommandsNew, RecordsNew []uint64
	RecordNames             []uint64 // and what the store calls each record, where it has names of its own
}

// Named is a command's id with its stamp, which is worked out once.
type Named struct {
	ID    string
	Stamp uint64
	More  uint32 // 32 bits more of what the stamp is of
}

// Name makes a Named of a command's id.
func Name(command string) Named {
	sum := digest(command)
	return Named{command, binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint32(sum[8:])}
}

// Account adds accounts.
func (t *Touched) Account(ids ...ledger.AccountID) { t.Accounts = append(t.Accounts, ids...) }

// Record adds a record.
func (t *Touched) Record(keys ...Key) { t.Records = append(t.Records, keys...) }

// Batch is what one commit makes true.
type Batch struct {
	Entries  []Entry          // in order; the last state of each account and record below is what these lead to
	Accounts []ledger.Account // each account that changed, once, in its last state
	// Records that changed are in the entries, each time they changed.
}

// Key names a record: its kind ("trade", "person", ...) and its id in that kind.
// Neither holds zero bytes.
type Key struct {
	Kind string
	ID   string
	// Origin is the Stamp of the command that first wrote the record, where the id
	// tells it; else 0. A store may find the record by it.
	Origin uint64
}

// Stamp is 64 bits of a command's id, the first of its SHA-256, big-endian: short
// enough to be put into the ids of what the command makes, and hard enough to
// make two of that nobody can fill a store with them.
func Stamp(command string) uint64 {
	sum := digest(command)
	return binary.BigEndian.Uint64(sum[:])
}

func digest(command string) [32]byte {
	var b [128]byte // most ids fit, and then nothing is allocated
	return sha256.Sum256(append(b[:0], command...))
}

// Record is a business object at rest: bytes that only its owner understands,
// and the rows under which it is found.
type Record struct {
	Key   Key
	Value []byte // nil: the record is deleted
	Terms []Term // replaces all of the record's earlier rows
	// Bulk says that there are very many of its kind and each is seldom read: a
	// store may leave it in the journal and know only where. It can't be deleted.
	// Either all records of a kind are bulk or none is.
	Bulk bool
}

// Term is one row in an ordered index. Rows of an index are ordered by Sort
// bytewise, then by the record's id. A record may stand in an index several times.
type Term struct {
	Index string
	Sort  string // no zero bytes
}

// Entry is one command in the journal: what was asked, by whom, what was
// answered, and everything that it changed.
type Entry struct {
	Position uint64          // 1 for the first; the store's to set
	At       int64           // business time, Unix microseconds, never falling
	Command  string          // the command's id
	Stamp    uint64          // of Command
	Name     string          // the command's type: "pay_trade"
	Body     []byte          // the command's contents; the same id with others is a conflict
	Actor    string          // who asked: "user:2088…", "job:auto_confirm"
	Request  string          // the request that caused it, as in the access log
	Refused  string          // refusal code; then nothing below changed
	Message  string          // the refusal's sentence
	Field    string          // the refusal's field
	Result   []byte          // the answer
	Legs     []ledger.Leg    // postings, in order
	Records  []Record        // records as they are after the command
	States   []AccountChange // held, tier and meter of accounts where they changed
	Events   []byte          // what others are told of it, as the teller encodes it
	Mentions []Mention       // accounts that the command concerns and did not move, each once
}

// AccountChange is the part of an account's state that legs don't tell.
type AccountChange struct {
	Account ledger.AccountID
	Held    money.Amount
	Tier    ledger.Tier
	Meter   ledger.Meter
}

// Mention puts an entry into an account's diary beside those that move its money.
type Mention struct {
	Account ledger.AccountID
	// Previous is the journal position of the entry before this one in the
	// account's diary; 0 for the first. The store's to set.
	Previous uint64
}

// Movement is a leg in its place: a line of an account's history.
type Movement struct {
	Position uint64
	At       int64 // Unix microseconds
	Command  string
	Name     string
	Leg      ledger.Leg
}

// Page is an entry of an account's diary.
type Page struct {
	Entry
	Next uint64 // where the diary goes on: the entry before this one in it; 0 where it ends
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

	// Diary lists the entries that move or mention an account, newest first: from
	// the one at position from on, which is a Page.Next or a DiaryAt; 0 stands for
	// the newest.
	Diary(ctx context.Context, id ledger.AccountID, from uint64, limit int) ([]Page, error)
	// DiaryAt is the position of the diary's newest entry at or before a moment
	// (Unix microseconds); 0 where there was none.
	DiaryAt(ctx context.Context, id ledger.AccountID, at int64) (uint64, error)

	Record(ctx context.Context, key Key) (Record, bool, error)
	Scan(ctx context.Context, r Range) ([]Row, error)

	// Entry is the entry of a command, if it was committed.
	Entry(ctx context.Context, commandID string) (Entry, bool, error)
	// Stamped lists the entries of the commands with a stamp: one, or none, or by
	// the rarest chance several.
	Stamped(ctx context.Context, stamp uint64) ([]Entry, error)
	// Journal lists entries in order, from the one after position on.
	Journal(ctx context.Context, after uint64, limit int) ([]Entry, error)
	Head(ctx context.Context) (Head, error)
}

// Snapshot is a Reader of one moment.
type Snapshot interface {
	Reader
	// VerifyChain reads the journal from its first byte, recomputes every hash,
	// and checks that what the store derived from it (accounts, records, rows,
	// command ids, in both directions) is exactly what it implies. It hands all
	// entries to each, in order, some at a time, which may keep nothing of them; calls fault for each thing
	// wrong, and progress now and then with the share done in thousandths. The
	// error is for what kept it from looking.
	VerifyChain(ctx context.Context, each func([]Entry), fault func(string), progress func(int)) error
	// Heads lists the signed heads, oldest first, each genuine. VerifyChain says of
	// each whether it is the journal's.
	Heads(ctx context.Context) ([]SignedHead, error)
	Close() error
}

// ReadRecords reads several records, all at once where the store can. What is not
// in the answer is not there.
func ReadRecords(ctx context.Context, from Reader, keys []Key) (map[Key]Record, error) {
	if several, ok := from.(interface {
		Records(ctx context.Context, keys []Key) (map[Key]Record, error)
	}); ok {
		return several.Records(ctx, keys)
	}
	found := make(map[Key]Record, len(keys))
	for _, key := range keys {
		record, ok, err := from.Record(ctx, key)
		if err != nil {
			return nil, err
		}
		if ok {
			found[key] = record
		}
	}
	return found, nil
}

// Newest is the journal's newest entry, none where there is no entry at all.
func Newest(ctx context.Context, from Reader) (newest *Entry, err error) {
	head, err := from.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the journal's head: %w", err)
	}
	if head.Position == 0 {
		return nil, nil
	}
	last, err := from.Journal(ctx, head.Position-1, 1)
	if err != nil || len(last) != 1 {
		return nil, fmt.Errorf("read the journal's last entry, %d: %w", head.Position, err)
	}
	return &last[0], nil
}
