package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"

	"tongbao"
	"tongbao/internal/bench"
	"tongbao/internal/cores"
	"tongbao/internal/door"
	"tongbao/internal/store"
)

var benchCommand = command{
	name: "bench", takes: "payments|transfers|http [--count N] [--accounts N] [--zipf S] [--rate N] [--clients N] [--together N] [--servers N] [--store URL] [--data DIR] [--json]",
	does: "measured load on this machine, and the books audited after it",
	long: `payments are full payments, by the same desk and engine as the API's: order
number unique, trade record, buyer to seller and the fee, limits, risk rules,
events, history, chained journal, fsync before the answer; 2 in 100 are made to
be refused. transfers are plain moves from account to account. http is one
payment for each request to the real API. The load is made on the same machine
and is in the figures. With --rate items arrive evenly and don't wait for one
another, and time runs from the planned moment. A warm-up comes first and is not
measured. On a folder of its own it goes on from there. A store that --store
names must be empty, since it is filled.

Exit status 1 where an answer is not the one meant, or the books don't verify.`,
	run: runBench,
}

func runBench(ctx context.Context, c *call) error {
	o := bench.Options{}
	c.flags.IntVar(&o.Count, "count", 1_000_000, "`items` to measure")
	c.flags.IntVar(&o.Accounts, "accounts", 0, "`number` of buyers, or of accounts for transfers; default: 10,000 for transfers, 1,000,000 buyers for a million payments or more, else 100,000")
	c.flags.Float64Var(&o.Zipf, "zipf", 1, "how unequal merchants are, Zipf's `exponent`: 0 for equal")
	c.flags.Float64Var(&o.Rate, "rate", 0, "`items` a second that arrive; default: each client waits for its answer")
	c.flags.IntVar(&o.Clients, "clients", 0, "`number` of clients; default: as many as have 6,144 items under way, and 64 for http")
	c.flags.IntVar(&o.Together, "together", 0, "`items` that a client hands in at once, in one request, and waits for; 0 for 256, or one where --clients is given")
	c.flags.IntVar(&o.Servers, "servers", 1, "`number` of servers on the one database, in this process, among which the clients are shared out")
	c.flags.StringVar(&o.Beside, "beside", "", "what else is done meanwhile: reading or backup")
	profile := c.flags.String("profile", "", "`file` for a CPU profile of the measured part")
	data := c.flags.String("data", "", "`folder` to make or go on with, and keep; default: a temporary one in this folder")
	address := c.flags.String("store", "", "`URL` of the store, in place of the data folder's")
	asJSON := c.flags.Bool("json", false, "print the figures as one JSON object on the last line")
	args, err := c.parse(1, 1)
	if err != nil {
		return err
	}

	if o.Accounts == 0 {
		switch {
		case args[0] == "transfers":
			o.Accounts = 10_000
		case args[0] == "payments" && o.Count >= 1_000_000:
			o.Accounts = 1_000_000
		default:
			o.Accounts = 100_000
		}
	}

	cores.LongTurns()
	folder := *data
	if folder == "" { // not the system's temporary folder, which may be memory, where a sync costs nothing
		if folder, err = os.MkdirTemp(".", "tongbao-bench-"); err != nil {
			return err
		}
		defer os.RemoveAll(folder)
	} else if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	where := *address
	if where == "" {
		where = tongbao.StoreIn(folder)
	}
	o.Empty = *address != ""
	o.Store, o.Folder = storeName(where)
	o.Logger = logger(c.errors, false)
	o.Open = func(ctx context.Context) (store.Store, error) { return tongbao.OpenStore(ctx, where, o.Logger) }
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		o.Profile = f
	}
	o.OpenCopy = func(ctx context.Context, dir string) (store.Store, error) {
		return tongbao.OpenStore(ctx, dir, o.Logger)
	}
	bar := newBar(c.errors)
	o.Tell = bar.show

	var report bench.Report
	switch args[0] {
	case "payments":
		report, err = bench.Payments(ctx, o)
	case "transfers":
		report, err = bench.Transfers(ctx, o)
	case "http":
		report, err = bench.HTTP(ctx, o, func(ctx context.Context) (bench.Platform, error) { return sandboxFor(ctx, folder, where, o.Logger) })
	default:
		return misused("%q can't be measured; payments, transfers and http can", args[0])
	}
	bar.done()
	if err != nil {
		return err
	}
	report.Print(c.out)
	if *asJSON {
		if err := report.WriteJSON(c.out); err != nil {
			return err
		}
	}
	if !report.OK() {
		return errFound
	}
	return nil
}

// storeName is a store's name for the report, and its folder where it has one.
func storeName(address string) (name, folder string) {
	scheme, rest, found := strings.Cut(address, ":")
	switch {
	case !found:
		return "pebble", address
	case scheme == "pebble":
		return "pebble", rest
	}
	return scheme, ""
}

// sandboxFor starts a sandbox in this process, without rate limits.
func sandboxFor(ctx context.Context, folder, address string, log *slog.Logger) (bench.Platform, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return bench.Platform{}, err
	}
	url := "http://" + listener.Addr().String()
	cores.OneMore()
	p, err := tongbao.Open(ctx, tongbao.Config{Sandbox: true, NoLimits: true, BaseURL: url, Data: folder, Store: address, Logger: log})
	if err != nil {
		return bench.Platform{}, errors.Join(err, listener.Close())
	}
	server, limited := door.New(p.Door())
	go server.Serve(limited(listener))
	return bench.Platform{URL: url, Close: func() error { return errors.Join(server.Close(), p.Close()) }}, nil
}
