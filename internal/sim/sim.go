// Package sim runs the platform against itself: one seed draws commands of every
// kind, and when the power goes, the disk fails and the bank is silent; they run
// through the real desks, the real engine and the real folder store on a file
// system in memory that loses what was not synced. An auditor that shares no
// code with the ledger, the trades or the desks predicts each answer and every
// balance from the commands acknowledged so far, in their order. The same seed
// gives the same run. Sim refuses to know how the platform does its work: it
// asks, cuts the power, asks again, and compares.
//
// The workload (workload.go) draws, the world (world.go) submits, the disk
// (disk.go) fails, the auditor (auditor*.go) predicts, and the runner (run.go)
// puts the four together.
package sim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"tongbao/internal/risk"
)

// Options say what to run.
type Options struct {
	Seed     uint64
	Commands int
	Faults   bool // writes and syncs that fail, besides power cuts
	Tell     func(share int, what string)

	// For tests that plant a bug and see it found.
	risk  risk.Hook
	plant func(*runner)
}

// Report is what a run came to.
type Report struct {
	Seed     uint64
	Commands int // submitted, retries not counted
	Entries  int // in the journals
	Crashes  int
	Faults   int            // writes and syncs that failed
	Races    int            // commands that were put into one batch with others
	Answers  map[string]int // by act and code; "" for yes
	Digest   string         // of all journals' entries: the same seed gives the same
}

// Failure is something that is not as predicted.
type Failure struct {
	Seed    uint64
	Step    int // the command's number in the run
	Command string
	Want    string
	Got     string
}

func (f *Failure) Error() string {
	return fmt.Sprintf("seed %d, step %d\n  command  %s\n  expected %s\n  found    %s", f.Seed, f.Step, f.Command, f.Want, f.Got)
}

// worldSize is how many commands a world sees before the next, empty one begins:
// so a long run stays small, and everything is new again and again.
const worldSize = 5000

// Run simulates. The error is a *Failure where something is not as predicted.
func Run(ctx context.Context, o Options) (Report, error) {
	if o.Tell == nil {
		o.Tell = func(int, string) {}
	}
	report := Report{Seed: o.Seed, Answers: map[string]int{}}
	all := sha256.New()
	for number := uint64(0); report.Commands < o.Commands; number++ {
		r := newRunner(o, number, report.Commands)
		err := r.run(ctx, min(worldSize, o.Commands-report.Commands))
		r.addTo(&report)
		if ended := ctx.Err(); ended != nil { // whatever went wrong, went wrong for that
			return report, ended
		}
		if err != nil {
			return report, err
		}
		all.Write(r.digest)
	}
	report.Digest = hex.EncodeToString(all.Sum(nil))
	return report, nil
}
