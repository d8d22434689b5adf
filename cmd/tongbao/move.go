package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"tongbao"
	"tongbao/internal/move"
)

var moveCommand = command{
	name: "move", takes: "--from URL --to URL [--give-up] [--json]",
	does: "the books to another store, while they are used",
	long: `Copies the journal from one store to another while the platform goes on, then
sets the source aside for a moment, copies what has come since, and opens the
target. Positions, hashes and signatures stay what they were; accounts, records
and index rows are compared one by one before the target is opened.

A URL is a folder (pebble://DIR, a data folder or the store in it) or a database
(mysql://USER:PASSWORD@HOST:PORT/DATABASE). The target must be empty. A platform
that is running on the source folder does the work itself. When the move is done
the source takes nothing more: start the platform again on the target.

A move that was broken off is run again, and goes on where it was. --give-up ends
it instead: the source stays what it is, and what was copied is to be deleted.`,
	run: runMove,
}

func runMove(ctx context.Context, c *call) error {
	from := c.flags.String("from", "", "`URL` of the store to be moved")
	to := c.flags.String("to", "", "`URL` of the store to move to")
	giveUp := c.flags.Bool("give-up", false, "end a move that was broken off, and let the source go on")
	asJSON := c.flags.Bool("json", false, "print the report as JSON")
	if _, err := c.parse(0, 0); err != nil {
		return err
	}
	if *from == "" || *to == "" {
		return misused("--from and --to are both needed")
	}
	bar := newBar(c.errors)
	report, err := tongbao.Move(ctx, *from, tongbao.MoveCall{To: *to, GiveUp: *giveUp}, logger(c.errors, false), bar.show)
	bar.done()
	switch {
	case err != nil:
		return err
	case *giveUp:
		fmt.Fprintln(c.out, "The move is given up; the source takes payments as before.")
		return nil
	case *asJSON:
		return json.NewEncoder(c.out).Encode(report)
	}
	printMove(c.out, report)
	fmt.Fprintf(c.out, "start the platform on the target: it is the store %s\n", tongbao.StoreOf(*to))
	return nil
}

func printMove(out io.Writer, r move.Report) {
	for _, side := range []struct {
		name string
		move.Standing
	}{{"source", r.From}, {"target", r.To}} {
		fmt.Fprintf(out, "%s  %d entries; head of the chain %s\n        %d accounts; digest of their states %s\n", side.name, side.Entries, side.Hash, side.Accounts, side.Balances)
	}
	fmt.Fprintf(out, "%d index rows and %d other records compared, %d signed heads taken along\n", r.Rows, r.Records, r.Heads)
	fmt.Fprintf(out, "moved in %s, %s of it without taking payments; the source takes nothing more\n", r.Took.Round(time.Millisecond), r.Paused.Round(time.Millisecond))
}
