package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// closedLoop has clients take items one after another, each waiting for its
// answer before it takes the next. The clients are shared out among the servers,
// each of which has a load of its own.
func closedLoop(ctx context.Context, servers []load, t *tally, from, count int, o Options, tell Tell) error {
	t.begin()
	stop := t.watch(tell)
	var next atomic.Int64
	var wg sync.WaitGroup
	for client := range min(o.Clients, count) {
		l := servers[client%len(servers)]
		wg.Go(func() {
			outcomes := make([]outcome, o.Together)
			for ctx.Err() == nil {
				i := int(next.Add(int64(o.Together))) - o.Together
				if i >= count {
					return
				}
				n := min(o.Together, count-i)
				started := time.Now()
				if n == 1 {
					outcomes[0].as, outcomes[0].err = l.do(ctx, uint64(from+i))
				} else {
					l.doAll(ctx, uint64(from+i), outcomes[:n])
				}
				took := time.Since(started)
				for k := range n {
					t.answered(took, outcomes[k].as, outcomes[k].err)
				}
			}
		})
	}
	wg.Wait()
	t.end()
	stop()
	return ctx.Err()
}

// openLoop lets items arrive at an even rate, whether or not earlier ones have
// been answered. Each item's time runs from the moment at which it was to
// arrive, so a generator that falls behind makes the figures worse, not better.
// Up to together items that are due by the time they are looked at are handed in
// as one request.
func openLoop(ctx context.Context, servers []load, t *tally, from, count int, rate float64, together int, tell Tell) error {
	t.begin()
	stop := t.watch(tell)
	planned := func(i int) time.Time { return t.began.Add(time.Duration(float64(i) / rate * float64(time.Second))) }
	var wg sync.WaitGroup
	for i, turn := 0, 0; i < count && ctx.Err() == nil; {
		due := min(count, int(time.Since(t.began).Seconds()*rate)+1)
		for i < due {
			first, n := i, min(together, due-i) // i goes on while these wait for their turn
			l := servers[turn%len(servers)]
			turn++
			i += n
			wg.Go(func() {
				outcomes := make([]outcome, n)
				if n == 1 {
					outcomes[0].as, outcomes[0].err = l.do(ctx, uint64(from+first))
				} else {
					l.doAll(ctx, uint64(from+first), outcomes)
				}
				now := time.Now()
				for k, o := range outcomes {
					t.answered(now.Sub(planned(first+k)), o.as, o.err)
				}
			})
		}
		next := planned(i)
		if together > 1 {
			next = planned(i + together/2) // a request is worth its while
			if soon := time.Now().Add(time.Millisecond); next.After(soon) {
				next = soon
			}
		}
		time.Sleep(time.Until(next))
	}
	wg.Wait()
	t.end()
	stop()
	return ctx.Err()
}

// watch tells now and then how far the tally is.
func (t *tally) watch(tell Tell) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		last, lastAt := int(t.done.Load()), t.began
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Second):
			}
			now, at := int(t.done.Load()), time.Now()
			perSecond := float64(now-last) / at.Sub(lastAt).Seconds()
			tell(now*1000/t.count, fmt.Sprintf("%d of %d, %.0f a second", now, t.count, perSecond))
			last, lastAt = now, at
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}
