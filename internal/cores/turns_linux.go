package cores

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// turn is how long a thread is at work before another of the same process has its turn.
const turn = 20 * time.Millisecond

// LongTurns asks the kernel not to interrupt this process's threads for each other:
// SCHED_BATCH, and turns of 20 ms where it knows of such (Linux 6.12). Left to itself it
// stops a thread at work for each that comes back from a sync, and has it wait behind that
// one, at times for milliseconds beside an idle core. Other processes have their share
// as before. It takes no privilege; where somebody has chosen how the process is scheduled, or
// the kernel says no, all stays as it was.
func LongTurns() {
	// Threads inherit it from the one that starts them, so once all that there are have it,
	// all that come have it.
	seen := map[int]bool{}
	for more := true; more; {
		more = false
		threads, _ := os.ReadDir("/proc/self/task") // none are listed where that fails
		for _, t := range threads {
			id, err := strconv.Atoi(t.Name())
			if err != nil || seen[id] {
				continue
			}
			seen[id], more = true, true
			how, err := unix.SchedGetAttr(id, 0)
			if err != nil || how.Policy != unix.SCHED_NORMAL { // it has ended, or is as somebody wants it
				continue
			}
			how.Policy, how.Runtime = unix.SCHED_BATCH, uint64(turn)
			_ = unix.SchedSetAttr(id, how, 0) // a favour
		}
	}
}
