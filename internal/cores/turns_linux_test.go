package cores

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

func TestEveryThreadHasLongTurns(t *testing.T) {
	nice := policies(t)
	LongTurns()
	// Threads that are started later, by whichever there are.
	var started, done sync.WaitGroup
	done.Add(1)
	for range 8 {
		started.Add(1)
		go func() {
			runtime.LockOSThread()
			started.Done()
			done.Wait()
		}()
	}
	started.Wait()
	defer done.Done()
	threads := policies(t)
	if len(threads) < 8 {
		t.Fatalf("%d threads, of which eight are locked", len(threads))
	}
	for id, how := range threads {
		if how.Policy != unix.SCHED_BATCH {
			t.Errorf("thread %d has policy %d, want SCHED_BATCH", id, how.Policy)
		}
		if before, ok := nice[id]; ok && before.Nice != how.Nice {
			t.Errorf("thread %d was at nice %d and is at %d", id, before.Nice, how.Nice)
		}
	}
}

func policies(t *testing.T) map[int]*unix.SchedAttr {
	t.Helper()
	found := map[int]*unix.SchedAttr{}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			t.Fatal(err)
		}
		if how, err := unix.SchedGetAttr(id, 0); err == nil { // else it has just ended
			found[id] = how
		}
	}
	return found
}
