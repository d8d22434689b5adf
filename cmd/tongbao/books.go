package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"tongbao"
	"tongbao/internal/audit"
	"tongbao/internal/engine"
	"tongbao/internal/money"
	"tongbao/internal/replay"
)

// storeFlags are the two ways to say where a store is.
func storeFlags(c *call) func() string {
	data := c.flags.String("data", "data", "`folder` of the platform")
	address := c.flags.String("store", "", "`URL` of the store, in place of --data")
	return func() string {
		if *address != "" {
			return *address
		}
		return tongbao.StoreIn(*data)
	}
}

var verifyCommand = command{
	name: "verify", takes: "[--data DIR] [--store URL] [--key FILE] [--json]",
	does: "check every invariant and the hash chain",
	long: `Reads everything that is kept, from the first journal entry, and checks it
against itself. Exit status 1 and the first faults by name where something is
wrong. A platform that is running on the folder does it itself, on a snapshot.
With --key every signed head must be by one of the public keys named, such as
one that was noted when the books were begun.`,
	run: func(ctx context.Context, c *call) error {
		where := storeFlags(c)
		asJSON := c.flags.Bool("json", false, "print the report as JSON")
		var trusted []string
		c.flags.Func("key", "`file` with a public key (PEM) that may sign the journal's heads; may be given several times", func(file string) error {
			key, err := tongbao.ReadPublicKey(file)
			trusted = append(trusted, fmt.Sprintf("%x", []byte(key)))
			return err
		})
		if _, err := c.parse(0, 0); err != nil {
			return err
		}
		bar := newBar(c.errors)
		var report audit.Report
		err := error(tongbao.ErrNotRunning)
		if c.flags.Lookup("store").Value.String() == "" {
			report, err = tongbao.ControlLong[audit.Report](ctx, c.flags.Lookup("data").Value.String(), "/verify", struct{}{}, bar.show)
			bar.done()
		}
		if err == nil {
			report.Trust(trusted)
			return printAudit(c.out, report, *asJSON)
		}
		if !errors.Is(err, tongbao.ErrNotRunning) {
			return err
		}
		s, err := tongbao.OpenBooks(ctx, where(), logger(c.errors, false))
		if err != nil {
			return err
		}
		defer s.Close()
		report, err = audit.Store(ctx, s, engine.Shanghai, func(share int) { bar.show(share, "verifying") })
		bar.done()
		if err != nil {
			return err
		}
		report.Trust(trusted)
		return printAudit(c.out, report, *asJSON)
	},
}

func printAudit(out io.Writer, r audit.Report, asJSON bool) error {
	if asJSON {
		if err := json.NewEncoder(out).Encode(r); err != nil {
			return err
		}
	} else {
		for _, check := range r.Checks {
			mark := "ok   "
			if !check.OK {
				mark = "FAULT"
			}
			fmt.Fprintf(out, "%s  %s (%d)\n", mark, check.Name, check.Looked)
			for _, fault := range check.Faults {
				fmt.Fprintln(out, "         ", fault)
			}
			if more := check.Count - len(check.Faults); more > 0 {
				fmt.Fprintf(out, "          and %d more\n", more)
			}
		}
		fmt.Fprintf(out, "%d entries in %s; head of the chain %s\n", r.Position, r.Took.Round(time.Millisecond), r.Hash)
		if len(r.Keys) > 0 {
			fmt.Fprintf(out, "signed up to entry %d with %s\n", r.SignedTo, strings.Join(r.Keys, ", "))
		}
	}
	if !r.OK() {
		return errFound
	}
	return nil
}

var backupCommand = command{
	name: "backup", takes: "DIR [--data DIR] [--store URL]",
	does: "an online backup",
	long: `Writes a complete, consistent copy of the store into DIR, which must be new or
empty. A platform that is running on the folder makes it itself, and goes on
serving meanwhile. On the same file system what never changes again is linked, not
copied: such a copy shares blocks of the disk with the store until it is taken
elsewhere.`,
	run: func(ctx context.Context, c *call) error {
		where := storeFlags(c)
		args, err := c.parse(1, 1)
		if err != nil {
			return err
		}
		dir, err := filepath.Abs(args[0])
		if err != nil {
			return err
		}
		done, err := askRunning[tongbao.BackupDone](ctx, c, "/backup", tongbao.BackupCall{Dir: dir})
		if err == nil {
			printBackup(c.out, args[0], done.Position)
			return nil
		}
		if !errors.Is(err, tongbao.ErrNotRunning) {
			return err
		}
		s, err := tongbao.OpenBooks(ctx, where(), logger(c.errors, false))
		if err != nil {
			return err
		}
		defer s.Close()
		if err := s.Backup(ctx, args[0]); err != nil {
			return err
		}
		head, err := s.Head(ctx)
		if err != nil {
			return err
		}
		printBackup(c.out, args[0], head.Position)
		return nil
	},
}

func printBackup(out io.Writer, dir string, position uint64) {
	fmt.Fprintf(out, "%s holds a copy of at least the first %d entries. Restore it with: tongbao restore %[1]s --data NEW\n", dir, position)
}

// askRunning asks the platform that runs on the folder of --data, where --store
// is not given.
func askRunning[Out any](ctx context.Context, c *call, path string, in any) (out Out, err error) {
	if c.flags.Lookup("store").Value.String() != "" {
		return out, tongbao.ErrNotRunning
	}
	return tongbao.Control[Out](ctx, c.flags.Lookup("data").Value.String(), path, in)
}

var restoreCommand = command{
	name: "restore", takes: "DIR [--data DIR]",
	does: "make a data folder of a backup",
	long: `Makes a store of the backup in DIR, in a data folder that has none yet, and
verifies it. Nothing that exists is overwritten.`,
	run: func(ctx context.Context, c *call) error {
		data := c.flags.String("data", "data", "data `folder` to make")
		args, err := c.parse(1, 1)
		if err != nil {
			return err
		}
		to := tongbao.StoreIn(*data)
		if _, err := os.Stat(to); err == nil {
			return fmt.Errorf("%s has a store already, which is left as it is; choose another --data", *data)
		}
		from, err := tongbao.OpenBooks(ctx, args[0], logger(c.errors, false))
		if err != nil {
			return fmt.Errorf("the backup cannot be read: %w", err)
		}
		defer from.Close()
		if err := os.MkdirAll(*data, 0o700); err != nil {
			return err
		}
		if err := from.Backup(ctx, to); err != nil {
			return err
		}
		s, err := tongbao.OpenStore(ctx, to, logger(c.errors, false))
		if err != nil {
			return err
		}
		defer s.Close()
		report, err := audit.Store(ctx, s, engine.Shanghai, nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s holds the backup's %d entries.\n", *data, report.Position)
		return printAudit(c.out, report, false)
	},
}

var replayCommand = command{
	name: "replay", takes: "orders FILE [--data DIR] [--store URL] [--json]",
	does: "run recorded real data through the platform on a simulated clock",
	long: `replay orders FILE takes recorded order lives (the Olist sample's columns): each
order is opened, paid from a topped-up balance, shipped, and confirmed on
delivery by even-numbered buyers, or automatically; cancelled and refunded as
recorded. Prints where everything ended and audits the books. The store must be
empty; without --data it is a temporary one.`,
	run: runReplay,
}

func runReplay(ctx context.Context, c *call) error {
	data := c.flags.String("data", "", "data `folder` to make and keep; default: a temporary one")
	address := c.flags.String("store", "", "`URL` of an empty store, in place of --data")
	asJSON := c.flags.Bool("json", false, "print the report as JSON")
	args, err := c.parse(2, 2)
	if err != nil {
		return err
	}
	if args[0] != "orders" {
		return misused("there is no recorded data of the kind %q; orders is one", args[0])
	}
	file, err := os.Open(args[1])
	if err != nil {
		return err
	}
	defer file.Close()
	orders, err := replay.ReadOrders(file)
	if err != nil {
		return fmt.Errorf("%s: %w", args[1], err)
	}
	where := *address
	if where == "" {
		folder := *data
		if folder == "" {
			if folder, err = os.MkdirTemp("", "tongbao-replay-"); err != nil {
				return err
			}
			defer os.RemoveAll(folder)
		}
		where = tongbao.StoreIn(folder)
		if err := os.MkdirAll(filepath.Dir(where), 0o700); err != nil {
			return err
		}
	}
	s, err := tongbao.OpenStore(ctx, where, logger(c.errors, false))
	if err != nil {
		return err
	}
	defer s.Close()
	bar := newBar(c.errors)
	report, err := replay.Orders(ctx, s, orders, bar.show)
	bar.done()
	if err != nil {
		return err
	}
	if *asJSON {
		if err := json.NewEncoder(c.out).Encode(report); err != nil {
			return err
		}
		if !report.Books.OK() {
			return errFound
		}
		return nil
	}
	printReplay(c.out, report)
	return printAudit(c.out, report.Books, false)
}

func printReplay(out io.Writer, r replay.Report) {
	fmt.Fprintf(out, "%d orders, until %s\n\n%-14s %s\n", r.Orders, r.Until.Format(time.DateOnly), "in the file", "here")
	var statuses []string
	for status := range r.Ends {
		statuses = append(statuses, status)
	}
	sort.Strings(statuses)
	for _, status := range statuses {
		var ends []string
		for end, n := range r.Ends[status] {
			ends = append(ends, fmt.Sprintf("%s %d", end, n))
		}
		sort.Strings(ends)
		fmt.Fprintf(out, "%-14s %s\n", status, strings.Join(ends, ", "))
	}
	fmt.Fprintf(out, "\nconfirmed by the buyer %d, automatically %d; %d buyers came too late; %d paid after the time to pay\n\n", r.Confirmed, r.Auto, r.TooLate, r.Expired)
	for _, line := range []struct {
		name   string
		amount money.Amount
	}{{"money in", r.MoneyIn}, {"paid", r.Paid}, {"in escrow", r.InEscrow}, {"paid out", r.PaidOut}, {"refunded", r.Refunded}, {"fees", r.Fees}} {
		fmt.Fprintf(out, "%-10s %16s CNY\n", line.name, money.Format(line.amount, money.CNY))
	}
	fmt.Fprintln(out)
}
