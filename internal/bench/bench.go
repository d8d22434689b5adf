// Package bench measures the platform under load: full payments as the API
// makes them, plain transfers, and payments over HTTP. It opens accounts by
// commands of its own, makes each item of load from its number alone, submits
// through the same desks and the same engine as everybody, takes the time, and
// has the books audited afterwards. Nothing is left out to be faster: every
// answer that it counts is durable, and the making of the load, on the same
// machine, is in the figures. It refuses to know how the platform does its work.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/pprof"
	"time"

	"tongbao/internal/audit"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/mysqlstore"
	"tongbao/internal/party"
	"tongbao/internal/store"
)

// Options say what to measure.
type Options struct {
	Count    int       // items measured
	Accounts int       // buyers of payments; all accounts of transfers
	Zipf     float64   // how unequal merchants are: 0 for equal, 1 as in life
	Rate     float64   // items a second that arrive whether or not earlier ones are done; 0: each client waits for its answer
	Clients  int       // who wait, where Rate is 0; 0 for as many as fill three batches
	Servers  int       // stores and engines on the one database, among which the clients are shared out; 0 for one
	Together int       // items that a client hands in at once and waits for; 0 for usualTogether, or one where Clients is set
	Beside   string    // what else is done meanwhile: BesideReading, BesideBackup, or nothing
	Profile  io.Writer // gets a CPU profile of the measured part; nil for none

	Open func(context.Context) (store.Store, error) // opens the store; called again after Close
	// OpenCopy opens a backup.
	OpenCopy func(ctx context.Context, dir string) (store.Store, error)
	Empty    bool   // only a store without entries is filled: what another has may be somebody's
	Store    string // its name, for the report
	Folder   string // where its files are; empty where nobody can say
	Logger   *slog.Logger
	Tell     Tell

	warmup int // items before the measured ones
}

// Tell hears now and then how far a stage is, in thousandths.
type Tell func(share int, what string)

// load is a kind of traffic.
type load interface {
	// prepare opens the accounts that are not there yet.
	prepare(ctx context.Context, s store.Store, e *engine.Engine, tell Tell) error
	// start readies for the items of one run, which has a name that no run on the
	// store had before; with that name items get ids and numbers of their own.
	start(e *engine.Engine, run string)
	// do submits item n and returns its answer, and whether the answer is the one
	// that the item was made to get.
	do(ctx context.Context, n uint64) (as bool, err error)
	// touches lists the accounts that item n moves, and counts the names under which
	// it is found.
	touches(n uint64) (accounts []ledger.AccountID, names int)
	// doAll submits items from n on, as many as there is room for in outcomes, in
	// one request.
	doAll(ctx context.Context, n uint64, outcomes []outcome)
}

// outcome is what do returns.
type outcome struct {
	as  bool
	err error
}

// Payments measures full payments.
func Payments(ctx context.Context, o Options) (Report, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return Report{}, err
	}
	one := func() *payments {
		return &payments{accounts: o.Accounts, merchants: merchantsOf(o.Accounts), zipf: o.Zipf}
	}
	if err := one().enough(o.Count + o.warmup); err != nil {
		return Report{}, err
	}
	return run(ctx, o, func() load { return one() })
}

// Transfers measures plain transfers between accounts.
func Transfers(ctx context.Context, o Options) (Report, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return Report{}, err
	}
	return run(ctx, o, func() load { return &transfers{accounts: o.Accounts} })
}

// usualTogether is how many items a request has where nothing else was asked for: a
// bare ledger's benchmark hands in thousands.
const usualTogether = 256

func (o Options) withDefaults() Options {
	if o.Together == 0 {
		o.Together = usualTogether
		if o.Clients != 0 {
			o.Together = 1
		}
	}
	o.Servers = max(1, o.Servers)
	if o.Clients == 0 {
		o.Clients = max(3, 3*2048/o.Together)
	}
	o.warmup = min(200_000, max(warm, o.Count/10))
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Tell == nil {
		o.Tell = func(int, string) {}
	}
	return o
}

func (o Options) check() error {
	switch {
	case o.Count < 1:
		return errors.New("there must be something to measure: a count of at least 1")
	case o.Accounts < 2:
		return errors.New("at least two accounts are needed")
	case o.Servers > 1 && o.Folder != "":
		return errors.New("several servers need a database: name one by --store")
	case o.Rate < 0 || o.Clients < 1 || o.Zipf < 0:
		return errors.New("rate, clients and Zipf's exponent can't be negative")
	}
	return nil
}

// server is one tongbao's part of the load.
type server struct {
	store  store.Store
	engine *engine.Engine
	load   load
}

// run is a measurement from the opening of the accounts to the audit. The store
// is closed and opened again around the measured part, so that its size is told
// with everything at rest.
func run(ctx context.Context, o Options, newLoad func() load) (Report, error) {
	s, e, err := begin(ctx, o)
	if err != nil {
		return Report{}, err
	}
	if err := errors.Join(newLoad().prepare(ctx, s, e, o.Tell), shut(s, e)); err != nil {
		return Report{}, fmt.Errorf("open the accounts: %w", err)
	}
	before, err := sizeOf(o.Folder)
	if err != nil {
		return Report{}, err
	}

	var servers []server
	for range o.Servers {
		if s, e, err = open(ctx, o); err != nil {
			break
		}
		servers = append(servers, server{s, e, newLoad()})
	}
	var t *tally
	var other Beside
	var bare Bare
	if err == nil {
		t, other, bare, err = measure(ctx, o, servers)
	}
	memory := peakMemory()
	for _, one := range servers {
		err = errors.Join(err, shut(one.store, one.engine))
	}
	if err != nil {
		return Report{}, err
	}
	r, err := conclude(ctx, o, t, before, memory)
	r.Beside, r.Bare = other, bare
	if bare.PerSecond > 0 {
		r.BarePerSecond, r.OfBare = bare.PerSecond, r.PerSecond/bare.PerSecond
	}
	if err == nil && other.Copy != "" {
		r.Copy, err = verifyCopy(ctx, o, other.Copy)
	}
	return r, err
}

// verifyCopy audits a backup, and removes it.
func verifyCopy(ctx context.Context, o Options, dir string) (audit.Report, error) {
	defer os.RemoveAll(dir)
	s, err := o.OpenCopy(ctx, dir)
	if err != nil {
		return audit.Report{}, fmt.Errorf("open the copy: %w", err)
	}
	books, err := verify(ctx, s, o.Tell)
	return books, errors.Join(err, s.Close())
}

// conclude tells what was measured, with the store at rest, and has the books
// audited. before is how large the store was when the run began.
func conclude(ctx context.Context, o Options, t *tally, before, memory int64) (Report, error) {
	after, err := sizeOf(o.Folder)
	if err != nil {
		return Report{}, err
	}
	s, err := o.Open(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("open the store again: %w", err)
	}
	r := t.report(o)
	books, err := verify(ctx, s, func(share int, what string) {
		o.Tell(share, fmt.Sprintf("%.0f a second, %s of processor each; %s", r.PerSecond, r.Processor.Round(10*time.Nanosecond), what))
	})
	if err := errors.Join(err, s.Close()); err != nil {
		return Report{}, err
	}
	r.BytesOnDisk, r.RSSBytes, r.Books = after, memory, books
	r.BytesPerItem = float64(after-before) / float64(o.Count+o.warmup)
	return r, nil
}

// begin opens the store for the first time, and refuses books that are not for
// this: the entries would be in them for ever.
func begin(ctx context.Context, o Options) (store.Store, *engine.Engine, error) {
	s, e, err := open(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	if err := mayFill(ctx, o, s, e); err != nil {
		return nil, nil, errors.Join(err, shut(s, e))
	}
	return s, e, nil
}

func mayFill(ctx context.Context, o Options, s store.Store, e *engine.Engine) error {
	head, err := s.Head(ctx) // before the mode: a platform's first entry says it
	if err != nil {
		return fmt.Errorf("read the journal's head: %w", err)
	}
	if o.Empty && head.Position > 0 {
		return errors.New("bench fills the books that it is given: name an empty store")
	}
	mode, says, err := identity.ModeOf(ctx, s)
	if err != nil {
		return err
	}
	if head.Position > 0 && !says || mode == party.Live {
		return errors.New("bench fills the books that it is given: name an empty folder, or one that it or a sandbox began")
	}
	mode, err = identity.KeepMode(ctx, e, party.Test, by)
	if err == nil && mode != party.Test {
		err = errors.New("a platform has just started on these books; bench would fill them: name an empty store")
	}
	return err
}

func open(ctx context.Context, o Options) (store.Store, *engine.Engine, error) {
	s, err := o.Open(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("open the store: %w", err)
	}
	e, err := engine.New(ctx, s, engine.Options{Logger: o.Logger})
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, e, nil
}

func shut(s store.Store, e *engine.Engine) error {
	e.Close()
	return s.Close()
}

// measure warms up and takes the time of Count items. A run is named by where
// the journal stood when it began, which no other run on the store can share:
// each adds to it.
func measure(ctx context.Context, o Options, servers []server) (t *tally, other Beside, bare Bare, err error) {
	s := servers[0].store
	head, err := s.Head(ctx)
	if err != nil {
		return nil, other, bare, fmt.Errorf("read the journal's head: %w", err)
	}
	var loads []load
	for _, one := range servers {
		one.load.start(one.engine, fmt.Sprintf("%d", head.Position))
		loads = append(loads, one.load)
	}
	warm := newTally(o.warmup)
	if err := closedLoop(ctx, loads, warm, 0, o.warmup, o, func(int, string) {}); err != nil {
		return nil, other, bare, err
	}
	t = newTally(o.Count)
	if o.Beside != "" {
		stop := beside(ctx, o, loads[0], s)
		defer func() {
			var failed error
			other, failed = stop()
			err = errors.Join(err, failed)
		}()
	}
	if o.Profile != nil {
		if err := pprof.StartCPUProfile(o.Profile); err != nil {
			return nil, other, bare, err
		}
		defer pprof.StopCPUProfile()
	}
	if o.Rate > 0 {
		return t, other, bare, openLoop(ctx, loads, t, o.warmup, o.Count, o.Rate, o.Together, o.Tell)
	}
	database, can := s.(*mysqlstore.Store)
	if !can || o.Profile != nil || o.Beside != "" {
		return t, other, bare, closedLoop(ctx, loads, t, o.warmup, o.Count, o, o.Tell)
	}
	// The probe in the middle, so that what the machine does otherwise meets both.
	half := o.Count / 2
	if err = closedLoop(ctx, loads, t, o.warmup, half, o, o.Tell); err == nil {
		o.Tell(500, "the same rows are written bare")
		bare, err = bareOn(ctx, database, o.Count, loads[0])
	}
	if err == nil {
		err = closedLoop(ctx, loads, t, o.warmup+half, o.Count-half, o, o.Tell)
	}
	return t, other, bare, err
}

func verify(ctx context.Context, s store.Store, tell Tell) (audit.Report, error) {
	started := time.Now()
	return audit.Store(ctx, s, engine.Shanghai, func(share int) {
		tell(share, fmt.Sprintf("the books are audited, %s", time.Since(started).Round(time.Second)))
	})
}
