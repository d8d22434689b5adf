package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tongbao"
)

var archiveCommand = command{
	name: "archive", takes: "--store URL --before DATE --to DIR [--json]",
	does: "a database's old journal into Parquet files",
	long: `Moves what was committed before a day (business time, Asia/Shanghai) out of the
database's journal into Parquet files in a folder, while the servers run. Each file is
read back and compared before anything is removed. History, verify, backup and move
go on reading it there, so every server must reach the folder: under the same path,
or with ?archive=FOLDER in its store's address. Balances, records and the names by
which payments are found stay in the database. It is safe to run again. A day that has
not begun is refused.

A folder needs no archive: its journal is files already.`,
	run: runArchive,
}

func runArchive(ctx context.Context, c *call) error {
	address := c.flags.String("store", "", "`URL` of the store")
	before := c.flags.String("before", "", "`day`, as 2026-01-31, that stays, with all after it")
	to := c.flags.String("to", "", "`folder` of the files")
	asJSON := c.flags.Bool("json", false, "print the report as JSON")
	if _, err := c.parse(0, 0); err != nil {
		return err
	}
	if *address == "" || *before == "" || *to == "" {
		return misused("--store, --before and --to are all needed")
	}
	day, err := time.ParseInLocation(time.DateOnly, *before, tongbao.Shanghai)
	if err != nil {
		return misused("--before %q is no day; wanted is one like 2026-01-31", *before)
	}
	bar := newBar(c.errors)
	done, err := tongbao.Archive(ctx, *address, day, *to, logger(c.errors, false), func(share int) { bar.show(share, "the old journal is written to files") })
	bar.done()
	switch {
	case err != nil:
		return err
	case *asJSON:
		return json.NewEncoder(c.out).Encode(done)
	}
	for _, file := range done.Files {
		fmt.Fprintln(c.out, file)
	}
	fmt.Fprintf(c.out, "%d entries archived now; those up to %d stand in files\n", done.Entries, done.UpTo)
	return nil
}
