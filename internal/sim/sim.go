// Package sim runs the platform against itself: one seed draws commands of every
// kind, and when the power goes, the disk fails and the bank is silent; they run
// through the real desks, the real engine and the real folder store on a file
// system in memory that loses what was not synced. An auditor that shares no
// code with the ledger, the trades or the desks predicts each answer and every
// balance from the commands acknowledged so far, in their order. The same seed
// gives the same run. Sim refuses to know how the platform does its work: it
// asks, cuts the power, asks again, and compares.
//
// The workload (workload.go) draws, the plan (plan.go) adds the time and the
// mishaps, the world (world.go) submits, the disk (disk.go) fails, the auditor
// (auditor*.go) predicts, and the runner (run.go) puts them together. What the
// plan drew is kept, so that a run that fails can be cut down (shrink.go).
package sim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"tongbao/internal/risk"
)

// Options say what to run.
type Options struct {
	Seed     uint64
	Commands int
	Faults   bool // writes and syncs that fail, and a full disk, besides power cuts
	Calm     int  // commands between mishaps, about; default 200
	Workers  int  // worlds at once; default one for each core
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
	Faults   int            // writes and syncs that failed, and times without space
	Races    int            // commands that were put into one batch with others
	Answers  map[string]int // by act and code; "" for yes
	Names    map[string]int // commands in the journals, by name
	Digest   string         // of all journals' entries: the same seed gives the same
}

// Failure is something that is not as predicted.
type Failure struct {
	Seed    uint64
	World   uint64
	Step    int // the command's number in the run
	Command string
	Want    string
	Got     string
	Small   []string // the shortest run that was found to fail like this

	about string // the act, or what was looked at
	steps []step
}

func (f *Failure) Error() string {
	text := fmt.Sprintf("seed %d, step %d (world %d)\n  command  %s\n  expected %s\n  found    %s", f.Seed, f.Step, f.World, f.Command, f.Want, f.Got)
	if len(f.Small) > 0 {
		text += fmt.Sprintf("\nthe same in %d steps, in a world of its own:\n  %s", len(f.Small), strings.Join(f.Small, "\n  "))
	}
	return text
}

// worldSize is how many commands a world sees before the next, empty one begins:
// so a long run stays small, and everything is new again and again.
const worldSize = 5000

// Run simulates, several worlds at once: none knows of another. The error is a
// *Failure where something is not as predicted, of the first such world, shrunk.
func Run(ctx context.Context, o Options) (Report, error) {
	if o.Tell == nil {
		o.Tell = func(int, string) {}
	}
	if o.Calm == 0 {
		o.Calm = 200
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	worlds := (o.Commands + worldSize - 1) / worldSize
	runners, errs := make([]*runner, worlds), make([]error, worlds)
	var next, done atomic.Int64
	var failed atomic.Int64 // the first world that failed; later ones need not end
	failed.Store(int64(worlds))
	var told sync.Mutex
	var busy sync.WaitGroup
	for range min(o.Workers, worlds) {
		busy.Go(func() {
			for n := next.Add(1) - 1; n < failed.Load(); n = next.Add(1) - 1 {
				r := newRunner(o, uint64(n), int(n)*worldSize)
				r.tell = func(commands int) {
					told.Lock()
					defer told.Unlock()
					total := int(done.Add(int64(commands)))
					o.Tell(min(999, total*1000/o.Commands), fmt.Sprintf("%d commands", total))
				}
				runners[n], errs[n] = r, r.run(ctx, min(worldSize, o.Commands-r.first))
				for at := failed.Load(); errs[n] != nil && n < at && !failed.CompareAndSwap(at, n); at = failed.Load() {
				}
				r.forget()
			}
		})
	}
	busy.Wait()
	if err := ctx.Err(); err != nil { // whatever went wrong, went wrong for that
		return Report{Seed: o.Seed}, err
	}
	return sum(ctx, o, runners, errs)
}

func sum(ctx context.Context, o Options, runners []*runner, errs []error) (Report, error) {
	report := Report{Seed: o.Seed, Answers: map[string]int{}, Names: map[string]int{}}
	all := sha256.New()
	for n, r := range runners {
		r.addTo(&report)
		var f *Failure
		if errors.As(errs[n], &f) {
			shrink(ctx, o, f)
		}
		if errs[n] != nil {
			return report, errs[n]
		}
		all.Write(r.digest)
	}
	report.Digest = hex.EncodeToString(all.Sum(nil))
	return report, nil
}
