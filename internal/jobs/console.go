package jobs

import (
	"context"
	"sort"
	"time"

	"tongbao/internal/pay"
	"tongbao/internal/refusal"
)

// State is where a job stands.
type State string

const (
	Waiting State = "waiting" // for its moment
	Running State = "running" // on this server
	Failed  State = "failed"  // tried on this server, and to be tried again
)

// Job is a timer as the console shows it.
type Job struct {
	ID        string
	Kind      string
	About     string // the id of the payment, order, hold or delivery
	Due       time.Time
	State     State
	Attempts  int    // faults in a row
	LastError string // of the newest
	TriedAt   time.Time
	NextTry   time.Time // after a fault
}

// maxListed is how many jobs of a kind a list holds.
const maxListed = 200

// List shows the timers of every kind that ring first, and all that failed; of
// one state, or of all where state is empty. Refusal: invalid_field (state).
func (r *Runner) List(ctx context.Context, state State) ([]Job, error) {
	if state != "" && state != Waiting && state != Running && state != Failed {
		return nil, refusal.In("state", refusal.InvalidField, "a job is waiting, running or failed")
	}
	var jobs []Job
	far := time.UnixMilli(9_999_999_999_998)
	for _, q := range r.queues {
		listed := 0
		_, err := q.look(ctx, "", far, func(id string, t pay.Timer) bool {
			if job := q.job(id, t); state == "" || job.State == state {
				jobs = append(jobs, job)
				listed++
			}
			return listed < maxListed
		})
		if err != nil {
			return nil, err
		}
	}
	sort.SliceStable(jobs, func(i, j int) bool { return jobs[i].Due.Before(jobs[j].Due) })
	return jobs, nil
}

// Failures are the jobs that failed on this server and wait to be tried again.
func (r *Runner) Failures(ctx context.Context) ([]Job, error) { return r.List(ctx, Failed) }

func (q *queue) job(id string, t pay.Timer) Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	job := Job{ID: id, Kind: t.Kind, About: t.About, Due: time.UnixMilli(t.Due).UTC(), State: Waiting}
	if f, ok := q.faults[id]; ok {
		job.State, job.Attempts, job.LastError, job.TriedAt, job.NextTry = Failed, f.times, f.err.Error(), f.at, f.next
	}
	if _, ok := q.running[id]; ok {
		job.State = Running
	}
	return job
}

// RunNow does a job's work at once, whatever went wrong before, and returns what
// goes wrong this time. What must not happen before its time doesn't.
// Refusals: not_found, deadline_not_reached, and those of the work itself.
func (r *Runner) RunNow(ctx context.Context, id string) error {
	t, there, err := pay.Timers.Read(ctx, r.opt.Store, id)
	if err != nil {
		return err
	}
	q := r.queue(t.Kind)
	if !there || q == nil {
		return refusal.New(refusal.NotFound, "no such job; it may be done already")
	}
	if due := time.UnixMilli(t.Due); q.Early == MustBeDue && due.After(r.opt.Clock.Now()) {
		return refusal.New(refusal.DeadlineNotReached, "this is due at %s and not before", due.UTC().Format(time.RFC3339))
	}
	q.mu.Lock()
	_, under := q.running[id]
	if !under {
		q.enter(id, t)
	}
	q.mu.Unlock()
	if under {
		return nil // it is being done
	}
	err = q.do(ctx, id, t)
	q.ended(id)
	r.news.ring() // there is a place free, and perhaps a new moment
	return err
}

func (r *Runner) queue(kind string) *queue {
	for _, q := range r.queues {
		if q.Kind == kind {
			return q
		}
	}
	return nil
}

// Behind counts the timers of all kinds that are due and not done, whosever they are;
// a thousand of a kind at most.
func (r *Runner) Behind(ctx context.Context) (n int, err error) {
	const most = 1000
	now := r.opt.Clock.Now()
	for _, q := range r.queues {
		some := 0
		_, err := q.look(ctx, "", now, func(string, pay.Timer) bool {
			some++
			return some < most
		})
		if err != nil {
			return 0, err
		}
		n += some
	}
	return n, nil
}
