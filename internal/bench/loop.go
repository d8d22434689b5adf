package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// closedLoop has clients take items one after another, each waiting for its
// answer before it takes the next.
func closedLoop(ctx context.Context, l load, t *tally, from, count int, o Options, tell Tell) error {
	t.begin()
	stop := t.watch(tell)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(o.Clients, count) {
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
func openLoop(ctx context.Context, l load, t *tally, from, count int, rate float64, tell Tell) error {
	t.begin()
	stop := t.watch(tell)
	var wg sync.WaitGroup
	for i := 0; i < count && ctx.Err() == nil; {
		due := min(count, int(time.Since(t.began).Seconds()*rate)+1)
		for ; i < due; i++ {
			n := i // i goes on while the item waits for its turn
			planned := t.began.Add(time.Duration(float64(n) / rate * float64(time.Second)))
			wg.Go(func() {
				as, err := l.do(ctx, uint64(from+n))
				t.answered(time.Since(planned), as, err)
			})
		}
		time.Sleep(time.Until(t.began.Add(time.Duration(float64(i) / rate * float64(time.Second)))))
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
		last, lastAt := 0, t.began
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
