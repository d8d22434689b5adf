//go:build unix

package bench

import (
	"syscall"
	"time"
)

// processorTime is what the process has had of the processors so far. Where
// others share the machine it says more of the work than the clock does.
func processorTime() time.Duration {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
