package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"time"

	"tongbao/internal/sim"
)

var simulateCommand = command{
	name: "simulate", takes: "[--seed N] [--commands N] [--faults]",
	does: "the deterministic simulation, with power cuts",
	long: `Draws commands of every kind from one seed and runs them through the real desks,
engine and store on a disk in memory that loses what was not synced whenever the
power goes, also while it starts; with --faults writes and syncs fail too, of the
journal and of the index, and the disk is full. An auditor that shares no code with
the ledger predicts every answer and every balance. The same seed gives the same
run: two digests can be compared.

Exit status 1 with seed, step, command, what was expected and found, and the
shortest run that was found to fail like it, where anything is not as predicted.`,
	run: runSimulate,
}

func runSimulate(ctx context.Context, c *call) error {
	seed := c.flags.Uint64("seed", 0, "`number` that the whole run follows from; default: a random one, which is printed")
	commands := c.flags.Int("commands", 100_000, "`number` of commands")
	faults := c.flags.Bool("faults", false, "let writes and syncs fail, besides power cuts")
	if _, err := c.parse(0, 0); err != nil {
		return err
	}
	if *commands < 1 {
		return misused("there must be at least one command")
	}
	if *seed == 0 {
		*seed = rand.Uint64N(1_000_000_000) + 1
	}
	fmt.Fprintln(c.out, "seed", *seed)
	started := time.Now()
	bar := newBar(c.errors)
	r, err := sim.Run(ctx, sim.Options{Seed: *seed, Commands: *commands, Faults: *faults, Tell: bar.show})
	bar.done()
	var failure *sim.Failure
	if errors.As(err, &failure) {
		again := fmt.Sprintf("tongbao simulate --seed %d --commands %d", *seed, *commands)
		if *faults {
			again += " --faults"
		}
		fmt.Fprintf(c.out, "NOT AS PREDICTED\n%v\nagain: %s\n", failure, again)
		return errFound
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%d commands (%d in one batch with others), %d journal entries, %d power cuts, %d failed writes and syncs, in %s\n",
		r.Commands, r.Races, r.Entries, r.Crashes, r.Faults, time.Since(started).Round(time.Second))
	fmt.Fprintf(c.out, "every answer, balance and timer as predicted; nothing acknowledged was lost, nothing happened twice\n%s\n", refusals(r.Answers))
	fmt.Fprintln(c.out, "digest", r.Digest)
	return nil
}

// refusals sums the answers up by code.
func refusals(answers map[string]int) string {
	byCode := map[string]int{}
	for what, n := range answers {
		_, code, _ := strings.Cut(what, " ")
		if code == "" {
			code = "done"
		}
		byCode[code] += n
	}
	var parts []string
	for code, n := range byCode {
		parts = append(parts, fmt.Sprintf("%s %d", code, n))
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}
