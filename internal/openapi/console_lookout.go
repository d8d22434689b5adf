package openapi

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tongbao/internal/store"
)

// lookout remembers what operators want to see of the running server: its
// newest requests, and a minute of rates. It is memory only and this process's
// alone; what counts for good is in the journal.
type lookout struct {
	started  time.Time
	underWay atomic.Int64
	served   atomic.Uint64

	mu      sync.Mutex
	lines   []SeenRequest
	next    int
	samples []sample // newest last
	health  Health
	books   booksSeen
}

const (
	mostSeen    = 10_000 // requests
	mostSamples = 60     // one a second
)

// SeenRequest is a request as the server remembers it.
type SeenRequest struct {
	ID         string  `json:"id"`
	At         Time    `json:"at"`
	Method     string  `json:"method"`
	Path       string  `json:"path"`
	Status     int     `json:"status"`
	DurationMS float64 `json:"duration_ms"`
	Actor      string  `json:"actor"`
	Code       *string `json:"code"`

	ended time.Time // by the wall
}

// sample is a second.
type sample struct {
	at       time.Time // by the wall
	position uint64
	served   uint64
}

func (l *lookout) start() { l.started = time.Now() }

// follow counts a request from here until the function it returns is called.
func (l *lookout) follow(ask *request, w *watched) func() {
	l.underWay.Add(1)
	return func() {
		l.underWay.Add(-1)
		l.served.Add(1)
		now := time.Now()
		l.keep(SeenRequest{ID: ask.id, At: Time(ask.server.now().UnixMilli()), Method: ask.method, Path: ask.path, Status: w.status,
			DurationMS: float64(now.Sub(ask.started).Microseconds()) / 1000, Actor: ask.actor(), Code: maybe(ask.code), ended: now})
	}
}

func (l *lookout) keep(line SeenRequest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) < mostSeen {
		l.lines = append(l.lines, line)
	} else {
		l.lines[l.next] = line
	}
	l.next = (l.next + 1) % mostSeen
}

// find is the request with that id, or nil. It looks through all of them: every
// request is kept, and few are looked for.
func (l *lookout) find(id string) *SeenRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.lines {
		if l.lines[i].ID == id {
			line := l.lines[i]
			return &line
		}
	}
	return nil
}

// latency is what half of the last minute's requests took at most, and what 99
// of a hundred did, in milliseconds.
func (l *lookout) latency(now time.Time) (p50, p99 float64) {
	l.mu.Lock()
	var took []float64
	for _, line := range l.lines {
		if now.Sub(line.ended) < time.Minute {
			took = append(took, line.DurationMS)
		}
	}
	l.mu.Unlock()
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	return took[(len(took)-1)/2], took[(len(took)-1)*99/100]
}

// Watch samples the rates once a second until the context ends, for the
// console's page about the system.
func (s *Server) Watch(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		if n%int(healthEach/time.Second) == 0 {
			s.examine(ctx)
		}
		if head, err := s.opt.Engine.Store().Head(ctx); err == nil {
			s.lookout.sample(head, time.Now())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (l *lookout) sample(head store.Head, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.samples) > mostSamples {
		l.samples = slices.Delete(l.samples, 0, 1)
	}
	l.samples = append(l.samples, sample{at: now, position: head.Position, served: l.served.Load()})
}

func (l *lookout) lastMinute() []sample {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.samples)
}
