package sim

import (
	"context"
	"errors"
	"slices"
)

// mostReplays bounds what is spent on making a failure small.
const mostReplays = 600

// shrink finds a short run that fails like the one that failed, by delta debugging:
// it leaves out ever smaller stretches of the steps while what is left still fails
// in the same way, then single commands of a batch and mishaps.
func shrink(ctx context.Context, o Options, f *Failure) {
	replays := 0
	fails := func(steps []step) bool {
		if replays++; replays > mostReplays || ctx.Err() != nil {
			return false
		}
		r := newRunner(o, f.World, 0)
		var again *Failure
		return errors.As(r.replay(ctx, steps), &again) && again.about == f.about
	}
	steps := f.steps
	if !fails(steps) {
		return // it hangs on something that is not in the steps; seed and step must do
	}
	for size := (len(steps) + 1) / 2; size > 0; size /= 2 {
		for from := 0; from < len(steps); {
			less := slices.Delete(slices.Clone(steps), from, min(from+size, len(steps)))
			if fails(less) {
				steps = less
			} else {
				from += size
			}
		}
	}
	for i := range steps {
		for j := 0; j < len(steps[i].group) && len(steps[i].group) > 1; {
			less := slices.Clone(steps)
			less[i].group = slices.Delete(slices.Clone(steps[i].group), j, j+1)
			if fails(less) {
				steps = less
			} else {
				j++
			}
		}
		for _, calmer := range []func(*step){func(s *step) { s.mishap, s.opening = none, 0 }, func(s *step) { s.opening = 0 }, func(s *step) { s.look = false }} {
			less := slices.Clone(steps)
			calmer(&less[i])
			if less[i].String() != steps[i].String() && fails(less) {
				steps = less
			}
		}
	}
	for _, s := range steps {
		f.Small = append(f.Small, s.String())
	}
}
