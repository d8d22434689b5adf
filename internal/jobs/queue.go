package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"tongbao/internal/pay"
	"tongbao/internal/store"
)

// Work is one kind of timer and what is done when it rings.
type Work struct {
	Kind     string
	Parallel int // how many at once
	// Do does the work and moves or deletes the timer, in one commit. It is called
	// again, later, as long as the timer is still there.
	Do func(ctx context.Context, t pay.Timer) error
	// Lane and PerLane keep those of one lane, a merchant's endpoint, from taking
	// all the places. Nil where there are no lanes.
	Lane    func(t pay.Timer) string
	PerLane int
	Early   Early
}

// Early says whether a person may have the work done before its time.
type Early int

const (
	MustBeDue    Early = iota // a deadline: before it, nobody's silence is over
	MayComeEarly              // a question or a message
)

// queue is the timers of one kind: each kind waits for itself alone, so that a
// slow webhook delays no deadline.
type queue struct {
	Work
	r       *Runner
	workers sync.WaitGroup
	done    chan string // ids of timers whose work has ended
	further string      // where to look beyond the first look's end, see startDue; run's own

	mu      sync.Mutex
	running map[string]pay.Timer
	lanes   map[string]int
	faults  map[string]fault
	trouble error // why the timers could not be read the last time
}

// fault is what went wrong with a timer's work. It is kept in memory only: after
// a restart everything due is tried at once.
type fault struct {
	times int
	err   error
	at    time.Time // business time, as is the next
	next  time.Time
}

func newQueue(r *Runner, w Work) *queue {
	return &queue{Work: w, r: r, done: make(chan string, w.Parallel),
		running: map[string]pay.Timer{}, lanes: map[string]int{}, faults: map[string]fault{}}
}

// run starts what is due, sleeps until something may have changed, and repeats.
// Ended work is taken out of running here and nowhere else, between two looks,
// so that a look never starts again what ended while it was reading.
func (q *queue) run(ctx context.Context) {
	for ctx.Err() == nil {
		news, advanced := q.r.news.next(), q.r.opt.Clock.Changed()
		next := q.startDue(ctx)
		moment, stop := q.r.opt.Clock.Until(next)
		var further <-chan time.Time
		if q.further != "" {
			further = time.After(soon)
		}
		select {
		case <-ctx.Done():
		case <-further:
		case <-news:
		case <-advanced:
		case <-moment:
		case id := <-q.done:
			q.ended(id)
		}
		stop()
		q.takeEnded()
	}
	q.workers.Wait()
	q.takeEnded()
}

func (q *queue) takeEnded() {
	for {
		select {
		case id := <-q.done:
			q.ended(id)
		default:
			return
		}
	}
}

func (q *queue) ended(id string) {
	q.mu.Lock()
	q.leave(id)
	q.mu.Unlock()
	q.r.quiet.ring()
}

func (q *queue) underWay() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.running)
}

// A look reads a page after another, so many timers at most, and looks ahead by
// as long as a clock waits. Where it ends at its limit, the next comes soon.
const (
	page      = 128
	lookLimit = 64 * page
	ahead     = time.Minute
	soon      = 200 * time.Millisecond // by the machine's clock
)

// startDue starts as much of what is due as there is room for, and returns when
// to look again at the latest. Where more timers are due than a look reads, and can't be
// started, since their lane is full or they wait after a fault, it looks beyond them too, a
// stretch further each time: those of one merchant must not keep others' from being seen.
func (q *queue) startDue(ctx context.Context) (next time.Time) {
	now := q.r.opt.Clock.Now()
	next = now.Add(ahead)
	start := func(id string, t pay.Timer) (more bool) {
		if due := time.UnixMilli(t.Due); due.After(now) {
			next = due
			return false
		}
		if !q.r.share.mine(id) {
			return true // news comes when it is
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		if f, ok := q.faults[id]; ok && f.next.After(now) {
			next = earlier(next, f.next)
			return true
		}
		if len(q.running) >= q.Parallel {
			return false // whoever ends makes us look again
		}
		if _, under := q.running[id]; !under && q.laneFree(t) {
			q.enter(id, t)
			q.workers.Go(func() { q.work(ctx, id, t) })
		}
		return true
	}
	end, trouble := q.look(ctx, "", now.Add(ahead), start)
	if end == "" || q.further == "" {
		q.further = end
	}
	if q.further != "" {
		q.further, trouble = q.look(ctx, q.further, now.Add(ahead), start)
	}
	if trouble != nil && ctx.Err() == nil {
		q.r.opt.Logger.Error("timers could not be read; they are read again", "kind", q.Kind, "error", trouble)
		next = now.Add(time.Second)
	}
	q.mu.Lock()
	q.trouble = trouble
	q.mu.Unlock()
	return next
}

// look shows the timers until a moment in order, from a place on, until show has had
// enough. Where it ends at its limit, end is the place to go on from; else it is empty.
func (q *queue) look(ctx context.Context, from string, until time.Time, show func(id string, t pay.Timer) (more bool)) (end string, err error) {
	r := store.Range{Index: pay.DueIndex(q.Kind), Until: fmt.Sprintf("%013d", until.UnixMilli()+1), After: from, Limit: page}
	for seen := 0; seen < lookLimit; {
		items, err := pay.Timers.Scan(ctx, q.r.opt.Store, r)
		if err != nil {
			return "", fmt.Errorf("read the timers of kind %s: %w", q.Kind, err)
		}
		for _, item := range items {
			if !show(item.ID, item.Value) {
				return "", nil
			}
			r.After = item.At
		}
		if seen += len(items); len(items) < page {
			return "", nil
		}
	}
	return r.After, nil
}

func (q *queue) laneFree(t pay.Timer) bool { return q.Lane == nil || q.lanes[q.Lane(t)] < q.PerLane }

// enter takes a place for the timer. The caller holds the lock.
func (q *queue) enter(id string, t pay.Timer) {
	q.running[id] = t
	if q.Lane != nil {
		q.lanes[q.Lane(t)]++
	}
}

// leave gives the place back. The caller holds the lock.
func (q *queue) leave(id string) {
	t := q.running[id]
	delete(q.running, id)
	if q.Lane != nil {
		if q.lanes[q.Lane(t)]--; q.lanes[q.Lane(t)] == 0 {
			delete(q.lanes, q.Lane(t))
		}
	}
}

func (q *queue) work(ctx context.Context, id string, t pay.Timer) {
	_ = q.do(ctx, id, t) // what went wrong is kept beside the timer
	q.done <- id
}

var errStillThere = errors.New("the work was done and the timer is still there")

// do does the work, unless another server has, and looks whether the timer has
// gone or moved: that alone says that it was done, by us or by somebody else.
func (q *queue) do(ctx context.Context, id string, t pay.Timer) error {
	done, err := q.moved(ctx, id, t)
	if err == nil && !done {
		failed := q.call(ctx, t)
		if done, err = q.moved(ctx, id, t); !done {
			err = errors.Join(failed, err)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err() // stopping; the timer is there or not, and a start will see
	}

	q.mu.Lock()
	defer q.mu.Unlock()
	if done {
		delete(q.faults, id)
		return nil
	}
	if err == nil {
		err = errStillThere
	}
	f := q.faults[id]
	f.times++
	f.err, f.at = err, q.r.opt.Clock.Now()
	f.next = f.at.Add(backOff(f.times))
	q.faults[id] = f
	q.r.opt.Logger.Error("a timer's work failed; it is tried again", "timer", id, "times", f.times, "at", f.next, "error", err)
	return err
}

// moved says that the timer doesn't ring at this moment any more.
func (q *queue) moved(ctx context.Context, id string, t pay.Timer) (bool, error) {
	kept, there, err := pay.Timers.Read(ctx, q.r.opt.Store, id)
	return err == nil && (!there || kept.Due != t.Due), err
}

// call turns a panic into an error: one broken record must not stop the rest.
func (q *queue) call(ctx context.Context, t pay.Timer) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return q.Do(ctx, t)
}

// backOff is how long to wait after the nth fault in a row: a second, then twice
// as long each time, five minutes at most.
func backOff(times int) time.Duration {
	return min(time.Second<<min(times-1, 20), 5*time.Minute)
}

// busy says that something is under way, or due and not held back by a fault.
func (q *queue) busy(ctx context.Context) (busy bool, err error) {
	if q.underWay() > 0 {
		return true, nil
	}
	now := q.r.opt.Clock.Now()
	_, err = q.look(ctx, "", now, func(id string, t pay.Timer) bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		f, failed := q.faults[id]
		busy = t.Due <= now.UnixMilli() && !(failed && f.next.After(now)) && q.r.share.mine(id)
		return !busy
	})
	return busy, err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
