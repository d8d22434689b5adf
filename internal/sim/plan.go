package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tongbao/internal/pay"
	"tongbao/internal/store"
)

// step is one thing that the plan drew: commands at a moment, together in one
// batch where they are several, and what goes wrong meanwhile. A run is its steps.
type step struct {
	at      int64 // business time, Unix milliseconds
	look    bool  // the timers are compared with those that are expected
	group   []command
	call    bool // the commands, all payments to open, are handed in by one call
	mishap  mishap
	nth     int // write to the journal that it befalls
	part    int // percent of that write that is done
	opening int // the power goes once more at this write or sync of the start that follows; 0: it doesn't
}

func (s step) String() string {
	var parts []string
	if s.look {
		parts = append(parts, "the timers are compared")
	}
	for _, c := range s.group {
		parts = append(parts, c.String())
	}
	if s.call {
		parts = append(parts, "in one call")
	}
	if s.mishap != none {
		parts = append(parts, "with "+s.mishap.String())
	}
	if s.opening > 0 {
		parts = append(parts, fmt.Sprintf("and a power cut at write %d of the start", s.opening))
	}
	return fmt.Sprintf("at %d: %s", s.at, strings.Join(parts, " | "))
}

// step moves the clock, has timers run, and submits what the workload draws.
func (r *runner) step(ctx context.Context) error {
	r.setTime(r.world.now.Load() + r.load.step())
	if r.fate.IntN(3) > 0 { // else the timers are slow
		due := r.due()
		if len(due) > 0 || r.fate.IntN(20) == 0 { // nothing should be due: look only now and then
			if err := r.perform(ctx, step{at: r.books.now, look: true}); err != nil {
				return err
			}
		}
		for _, c := range due {
			if err := r.perform(ctx, r.withMishap(step{at: r.books.now, group: []command{c}})); err != nil {
				return err
			}
		}
	}
	s := step{at: r.books.now}
	if !r.ill { // see withMishap
		switch r.fate.IntN(60) {
		case 0:
			s.call, s.group = true, r.load.openings()
		case 1, 2, 3, 4:
			s.group = r.load.race()
		}
	}
	switch {
	case s.group != nil:
	case r.fate.IntN(40) == 0 && len(r.books.handles) > 0 && !r.ill:
		s.group = []command{r.load.house()}
	default:
		s.group = []command{r.load.draw()}
	}
	return r.perform(ctx, r.withMishap(s))
}

// withMishap adds what goes wrong, by chance. From a fault beside the journal up to
// the next restart nothing else does: when that one strikes hangs on what the index
// does in the background, and must not decide what happens.
func (r *runner) withMishap(s step) step {
	if r.ill {
		if r.fate.IntN(20) == 0 {
			s.mishap = restartCut
		}
		return s
	}
	if r.fate.IntN(r.opt.Calm) > 0 || s.group[0].delicate() {
		return s
	}
	kinds := []mishap{cutBefore, cutTorn, cutLost, cutKept, cutTold, restart}
	if r.opt.Faults && r.fate.IntN(2) == 0 {
		kinds = []mishap{failWrite, failLost, failKept, diskFull, failBeside}
	}
	s.mishap, s.nth, s.part = kinds[r.fate.IntN(len(kinds))], 1, r.fate.IntN(100)
	switch c := s.group[0]; {
	case len(s.group) > 1 && !s.call:
		s.nth = 2 // the first is the gate's
	case c.compound():
		s.nth = 1 + r.fate.IntN(3)
	}
	if r.fate.IntN(4) == 0 {
		s.opening = 1 + r.fate.IntN(40)
	}
	return s
}

func (r *runner) setTime(at int64) {
	r.books.now = at
	r.world.now.Store(at)
}

// perform does one step, and remembers it.
func (r *runner) perform(ctx context.Context, s step) error {
	r.trace = append(r.trace, s)
	r.setTime(s.at)
	if s.look {
		if err := r.checkTimers(ctx); err != nil {
			return err
		}
	}
	s.group = slices.DeleteFunc(slices.Clone(s.group), r.baseless)
	if len(s.group) == 0 {
		return nil
	}
	return r.submit(ctx, s)
}

// baseless is a command about an order that no bank and no book knows: in a run
// that was cut down, what made it may be gone.
func (r *runner) baseless(c command) bool {
	return (c.Act == actAskBank || c.Act == actBankWord) && r.books.orders[c.On] == nil
}

// expectedTimers are the timers that must be due, with the commands that they mean.
func (r *runner) expectedTimers() map[string]command {
	want := map[string]command{}
	expect := func(kind, about string, at int64, c command) { want[fmt.Sprintf("%s %s at %d", kind, about, at)] = c }
	for handle, d := range r.books.deals {
		if at := d.deadline(); at != 0 && at <= r.books.now && d.status != "TRADE_SUCCESS" { // that is the sweep's, which has no timers
			expect(pay.TimerTrade, r.books.ids[handle], at, r.load.deadline(handle))
		}
	}
	for key, o := range r.books.orders {
		if !o.final() && o.check <= r.books.now {
			c := r.load.ask(key)
			expect(pay.TimerBank, orderOf(c), o.check, c)
		}
	}
	for key, h := range r.books.holds {
		if h.status == "open" && h.expires != 0 && h.expires <= r.books.now {
			expect(pay.TimerHold, pay.HoldID(key), h.expires, r.load.expire(key))
		}
	}
	return want
}

// due lists the commands of what is due, not in a map's order.
func (r *runner) due() []command {
	commands := slices.Collect(maps.Values(r.expectedTimers()))
	if r.books.sweepDue() {
		commands = append(commands, r.load.sweep())
	}
	slices.SortFunc(commands, func(a, b command) int { return strings.Compare(a.Key, b.Key) })
	return commands
}

// checkTimers compares what the platform's timers say with what the auditor says.
func (r *runner) checkTimers(ctx context.Context) error {
	want := slices.Sorted(maps.Keys(r.expectedTimers()))
	var got []string
	for _, kind := range []string{pay.TimerTrade, pay.TimerBank, pay.TimerHold} {
		items, err := pay.Timers.Scan(ctx, r.world.store, store.Range{Index: pay.DueIndex(kind), Until: fmt.Sprintf("%013d", r.books.now+1), Limit: 100_000})
		if err != nil {
			return r.fail(note("list the timers"), "a list", err)
		}
		for _, item := range items {
			got = append(got, fmt.Sprintf("%s %s at %d", kind, item.Value.About, item.Value.Due))
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return r.fail(note("the timers that are due"), want, got)
	}
	return nil
}
