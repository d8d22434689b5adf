package bench

import (
	"sync"
	"sync/atomic"
	"time"

	"tongbao/internal/refusal"
)

// tally counts the answers of a run, and the time that each took.
type tally struct {
	count int
	took  histogram
	done  atomic.Int64
	began time.Time            // of the run, or of its present round
	wall  time.Duration        // of all rounds
	spent time.Duration        // of the processors, by the whole process
	marks [tenths]atomic.Int64 // how much of the wall time had gone when each tenth of the items was done

	mu       sync.Mutex
	refused  map[string]int // on purpose, by code
	surprise map[string]int // answers that were not meant, by code or text
}

const tenths = 10

func newTally(count int) *tally {
	return &tally{count: count, refused: map[string]int{}, surprise: map[string]int{}}
}

func (t *tally) begin() {
	t.began = time.Now()
	t.spent -= processorTime()
}

func (t *tally) end() {
	t.wall += time.Since(t.began)
	t.spent += processorTime()
}

// answered counts one answer; as says that it was the one meant.
func (t *tally) answered(took time.Duration, as bool, err error) {
	t.took.add(took)
	done := int(t.done.Add(1))
	if part := done * tenths / t.count; done*tenths%t.count < tenths && part > 0 {
		t.marks[part-1].CompareAndSwap(0, int64(t.wall+time.Since(t.began)))
	}
	if as && err == nil {
		return
	}
	what := "was to be refused and was not"
	if no := refusal.Of(err); no != nil {
		what = string(no.Code)
	} else if err != nil {
		what = err.Error()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if as {
		t.refused[what]++
		return
	}
	t.surprise[what]++
}

// speeds are the items a second in each tenth of the run.
func (t *tally) speeds() []float64 {
	var speeds []float64
	before := time.Duration(0)
	for i := range t.marks {
		at := time.Duration(t.marks[i].Load())
		if at <= before {
			return nil // too short a run to tell
		}
		speeds = append(speeds, float64(t.count)/tenths/(at-before).Seconds())
		before = at
	}
	return speeds
}
