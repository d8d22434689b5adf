package mysqlstore

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tongbao/internal/store"
)

// Options say where the store is and how it is used.
type Options struct {
	Address string // see address
	Logger  *slog.Logger
	// Key signs the journal's head now and then; nil for never.
	Key func() (ed25519.PrivateKey, error)
	// ReadOnly opens books that are there, whose schema is this version's, and changes
	// nothing: any node will do that answers, and any user who may read.
	ReadOnly bool
	// Observe is told of every statement, from several goroutines; nil for nobody.
	Observe func(Statement)
}

// Open opens the store, after it has looked whether the database can be trusted
// with one, and brought its schema up to date. What is refused is refused in a
// sentence with the remedy.
func Open(ctx context.Context, o Options) (*Store, error) {
	a, err := parseAddress(o.Address)
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	is, err := inspect(ctx, a, o.ReadOnly)
	if err != nil {
		return nil, err
	}
	if o.ReadOnly {
		return openReading(ctx, a, is, o)
	}
	if a.unsafe {
		o.Logger.Warn("the store's address says durable=no: the database may lose what it has acknowledged; this is for trying things out", "database", is.name())
	}
	if err := migrate(ctx, a, is, o.Logger); err != nil {
		return nil, err
	}
	s := newStore(a, is, o, is.fit(a.hosts))
	err = s.mayDoAll(ctx, a)
	if err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.letGo())
	}
	return s, nil
}

// openReading opens the books for who changes nothing.
func openReading(ctx context.Context, a *address, is server, o Options) (*Store, error) {
	if err := hasBooks(ctx, a, is, o.Logger); err != nil {
		return nil, err
	}
	s := newStore(a, is, o, nil)
	s.key = nil
	if err := s.startReading(ctx); err != nil {
		return nil, errors.Join(err, s.letGo())
	}
	return s, nil
}

// newStore is a store whose connections are yet to be made.
func newStore(a *address, is server, o Options, fit []fitness) *Store {
	s := &Store{log: o.Logger, key: o.Key, server: is, turn: make(chan struct{}, 1), moved: make(chan struct{}), closing: make(chan struct{}),
		bulkKinds: map[string]bool{}, unknown: map[string]struct{}{}}
	s.write = sql.OpenDB(connector{address: a, config: a.config, settings: is.settings(true), fit: fit, told: o.Observe})
	s.write.SetMaxOpenConns(2)
	s.write.SetMaxIdleConns(2)
	s.write.SetConnMaxIdleTime(idleSeconds * time.Second / 2)
	s.read = sql.OpenDB(connector{address: a, config: a.config, settings: is.settings(false), fit: fit, told: o.Observe})
	s.read.SetMaxOpenConns(mostReading)
	s.read.SetMaxIdleConns(mostReading)
	s.read.SetConnMaxIdleTime(time.Minute)
	s.long = sql.OpenDB(connector{address: a, config: a.config, settings: is.settings(false), fit: fit, told: o.Observe})
	s.long.SetConnMaxIdleTime(time.Minute)
	s.look = look{ask: pool{s.read}, blocks: newBlocks(), kept: s}
	s.look.shared = newGathered(&s.look)
	s.archives.folder = a.archive
	return s
}

// mostReading is how many connections a server reads on at most, beside those of
// snapshots.
const mostReading = 24

func (s *Store) letGo() error {
	return errors.Join(s.closeArchives(), s.write.Close(), s.read.Close(), s.long.Close())
}

// inspect looks at the server before anything is done to it. Of several hosts the
// first is taken that answers and takes writes.
func inspect(ctx context.Context, a *address, readOnly bool) (is server, err error) {
	for range a.hosts {
		if is, err = inspectOne(ctx, a, readOnly); err == nil || !is.on("read_only") && !isLost(err) && !errors.Is(err, errNoPrimary) {
			break
		}
		a.leave(a.preferred.Load())
	}
	return is, err
}

func inspectOne(ctx context.Context, a *address, readOnly bool) (server, error) {
	db := sql.OpenDB(connector{address: a, config: a.config})
	defer db.Close()
	is, err := lookAt(ctx, db)
	if err != nil {
		return is, cannotOpen(a, err)
	}
	if readOnly {
		return is, is.checkVersion()
	}
	if err := is.check(!a.unsafe); err != nil {
		return is, err
	}
	if err := is.checkRole(ctx, db); err != nil {
		return is, err
	}
	return is, is.checkEngine(ctx, db, !a.unsafe)
}

// startReading reads what never changes.
func (s *Store) startReading(ctx context.Context) error {
	var salt uint32
	if err := s.read.QueryRowContext(ctx, "SELECT salt FROM head WHERE id = 1").Scan(&salt); err != nil {
		return fmt.Errorf("read the journal's head: %w", err)
	}
	s.names = store.Naming(salt)
	return nil
}

// start readies the store for being written to.
func (s *Store) start(ctx context.Context) error {
	if err := s.startReading(ctx); err != nil {
		return err
	}
	// A row of nobody's, which is over at once, for what is durable from the beginning.
	if err := s.renew(ctx, "", time.Millisecond); err != nil {
		return failed("write to the database", err)
	}
	head, err := s.Head(ctx)
	if err != nil {
		return err
	}
	s.reach(head.Position)
	if err := s.extend(ctx, head.Position); err != nil { // it is tried again as the journal grows
		s.log.Warn("the journal gets no new partition yet", "error", err)
	}
	var signed sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT MAX(position) FROM heads").Scan(&signed)
	s.signed.Store(uint64(signed.Int64))
	return failed("read the signed heads", err)
}
