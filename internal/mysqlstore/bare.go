package mysqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"tongbao/internal/ledger"
)

// BareLoad is row work for Bare: of Count items, Batch in a transaction.
type BareLoad struct {
	Count, Batch int
	Places       int                               // rows in names for an item
	Accounts     func(n uint64) []ledger.AccountID // that item n moves
}

// bareTables are those that Bare writes, each like one of the store's; whether it
// begins with the same rows.
var bareTables = []struct {
	name string
	full bool
}{{"head", true}, {"journal", false}, {"accounts", true}, {"names", true}, {"milestones", false}}

// Bare measures what the database does with a load's rows alone: it reads and writes
// as many of the same shape, in tables of its own that begin as large as the store's,
// in transactions of the same size on one connection, and removes them again. Nothing
// is decided, followed or hashed. It tells the time that each item took.
func (s *Store) Bare(ctx context.Context, load BareLoad) (each time.Duration, err error) {
	conn, err := s.long.Conn(ctx)
	if err != nil {
		return 0, failed("measure bare rows", err)
	}
	defer conn.Close()
	drop := func() (err error) {
		for _, t := range bareTables {
			_, failed := conn.ExecContext(ctx, "DROP TABLE IF EXISTS bare_"+t.name)
			err = errors.Join(err, failed)
		}
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	if err := drop(); err != nil {
		return 0, err
	}
	for _, t := range bareTables {
		statements := []string{"CREATE TABLE bare_" + t.name + " LIKE " + t.name}
		if t.full {
			statements = append(statements, "INSERT INTO bare_"+t.name+" SELECT * FROM "+t.name)
		}
		for _, statement := range statements {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return 0, fmt.Errorf("%s: %w", statement, err)
			}
		}
	}
	b := bare{ctx: ctx, conn: conn, load: load}
	if err := b.blockSize(); err != nil {
		return 0, err
	}
	started := time.Now()
	for done := 0; done < load.Count; done += load.Batch {
		if err := b.batch(uint64(done), min(load.Batch, load.Count-done)); err != nil {
			return 0, failed("measure bare rows", err)
		}
	}
	return time.Since(started) / time.Duration(load.Count), nil
}

type bare struct {
	writer
	ctx   context.Context
	conn  *sql.Conn
	load  BareLoad
	block []byte // 64 items, packed
	at    uint64
}

// blockSize takes the size of the newest blocks of the journal.
func (b *bare) blockSize() error {
	var bytes, entries sql.NullFloat64
	err := b.conn.QueryRowContext(b.ctx, "SELECT SUM(LENGTH(block)), SUM(entries) FROM (SELECT block, entries FROM journal ORDER BY first DESC LIMIT 200) newest").Scan(&bytes, &entries)
	if err == nil && entries.Float64 == 0 {
		err = errors.New("the journal is empty")
	}
	if err != nil {
		return fmt.Errorf("measure bare rows: %w", err)
	}
	b.block = make([]byte, int(bytes.Float64/entries.Float64*64))
	for i := range b.block {
		b.block[i] = byte(rand.Uint32())
	}
	return nil
}

func (b *bare) batch(from uint64, n int) error {
	var ids []ledger.AccountID
	names := make([]int64, 0, n*b.load.Places)
	for i := range uint64(n) {
		ids = append(ids, b.load.Accounts(from+i)...)
		for range b.load.Places {
			names = append(names, int64(rand.Uint64()))
		}
	}
	legs := len(ids)
	slices.SortFunc(ids, ledger.AccountID.Compare)
	ids = slices.Compact(ids)
	slices.Sort(names)

	accounts, err := b.read(ids, names)
	if err != nil {
		return errors.Join(err, b.rollback())
	}
	b.clear()
	b.begin("INSERT INTO bare_names (name, spots) VALUES ", "")
	spot := appendSpot(nil, placed{position: b.at})
	for _, name := range names {
		b.row()
		b.int(name)
		b.bytes(spot)
	}
	b.end()
	b.begin("INSERT INTO bare_journal (first, entries, base, frame, block) VALUES ", "")
	for done := 0; done < n; done += 64 {
		b.row()
		b.uint(b.at + uint64(done) + 1)
		b.uint(64)
		b.int(0)
		b.null()
		b.bytes(b.block[:len(b.block)*min(64, n-done)/64])
	}
	b.end()
	b.begin("INSERT INTO bare_accounts ("+accountColumns+") VALUES ", putAccount)
	for i := range accounts {
		accounts[i].Entries++
		accounts[i].Balance++
		b.account(&accounts[i])
	}
	b.end()
	b.begin("INSERT INTO bare_milestones (account, number, position, at) VALUES ", "")
	for i := range legs / 64 {
		key := accountKey(ids[i%len(ids)])
		b.row()
		b.bytes(key[:])
		b.uint(b.at + uint64(i))
		b.uint(b.at)
		b.int(0)
	}
	b.end()
	b.at += uint64(n)
	b.add(fmt.Sprintf("UPDATE bare_head SET position = %d, hash = x'%x', at = %d WHERE id = 1", b.at, [32]byte{}, time.Now().UnixMicro()))
	b.add("COMMIT")
	if err := b.send(b.ctx, b.conn); err != nil {
		return errors.Join(err, b.rollback())
	}
	return nil
}

// read takes the turn and reads what the batch touches.
func (b *bare) read(ids []ledger.AccountID, names []int64) (accounts []ledger.Account, err error) {
	if _, err := b.conn.ExecContext(b.ctx, "START TRANSACTION"); err != nil {
		return nil, err
	}
	ask := &session{conn: b.conn}
	nothing := func(scan scanner) error { return nil }
	if err := ask.each(b.ctx, "SELECT position, hash, at, aside FROM bare_head WHERE id = 1 FOR UPDATE", nothing); err != nil {
		return nil, err
	}
	known := map[ledger.AccountID]bool{}
	for some := range slices.Chunk(ids, mostInList) {
		err := ask.each(b.ctx, accountsIn("bare_accounts", some), func(scan scanner) error {
			a, err := scanAccount(scan)
			accounts, known[a.ID] = append(accounts, a), true
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for _, id := range ids {
		if !known[id] {
			accounts = append(accounts, ledger.Account{ID: id})
		}
	}
	slices.SortFunc(accounts, func(x, y ledger.Account) int { return x.ID.Compare(y.ID) })
	for some := range slices.Chunk(names, mostInList) {
		if err := ask.each(b.ctx, namesIn("bare_names", some), nothing); err != nil {
			return nil, err
		}
	}
	return accounts, nil
}

func (b *bare) rollback() error {
	_, err := b.conn.ExecContext(b.ctx, "ROLLBACK")
	return err
}
