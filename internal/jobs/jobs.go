// Package jobs does what is due. It looks for timers whose moment has come by
// the business clock, does each one's work, and looks again; and it follows the
// journal so that merchants hear of events. All that it needs to know is in
// records: after a restart it goes on by doing the same. What a deadline, a
// bank's answer or a webhook means is the desks' affair; jobs refuses to know
// more than whom to call, how many at once, and when to try again.
//
// Several servers may run jobs on one store. They share the work out, and each does
// its own part (share.go). At the edges, when one comes or goes or was stopped for a
// while, work may be begun twice, and takes effect once: the desks' commands see to
// that.
package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/clock"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/webhook"
)

// Journal is what jobs needs of a store: reading, and word of what is new.
type Journal interface {
	store.Reader
	Await(ctx context.Context, position uint64) error
}

// Options say what a Runner works on. All but Notices and Logger must be set.
type Options struct {
	Store    Journal // the engine's
	Desk     *pay.Desk
	Webhooks *webhook.Service
	Notices  *notify.Service // nil for none
	Clock    *clock.Clock    // the engine's
	Logger   *slog.Logger
	// Shared is the store where other servers may use it too, and Server this one's
	// name among them. Nil: all the work is this server's.
	Shared store.Shared
	Server string
}

// Runner does what is due.
type Runner struct {
	opt    Options
	queues []*queue
	fans   []*follower
	swept  sweeping
	share  share
	news   *bell // rung when the journal has grown
	quiet  *bell // rung when a piece of work has ended
}

// New makes a runner; Run sets it to work.
func New(opt Options) *Runner {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Runner{opt: opt, news: newBell(), quiet: newBell(), share: share{store: opt.Shared, server: opt.Server}}
	r.fans = followers(opt)
	for _, w := range works(opt) {
		r.queues = append(r.queues, newQueue(r, w))
	}
	return r
}

// works is the handwritten list: each kind of timer, and what it asks for.
func works(opt Options) []Work {
	list := []Work{
		{Kind: pay.TimerTrade, Parallel: 256, Do: func(ctx context.Context, t pay.Timer) error {
			_, err := opt.Desk.Deadline(ctx, t.About, t.Due)
			return err
		}},
		{Kind: pay.TimerBank, Parallel: 16, Early: MayComeEarly, Do: func(ctx context.Context, t pay.Timer) error {
			_, err := opt.Desk.AskBank(ctx, t.About)
			return err
		}},
		{Kind: pay.TimerHold, Parallel: 16, Do: func(ctx context.Context, t pay.Timer) error {
			_, err := opt.Desk.ExpireHold(ctx, t.About)
			return err
		}},
		{Kind: webhook.Timer, Parallel: 64, Early: MayComeEarly, Lane: endpointOf, PerLane: 8, Do: func(ctx context.Context, t pay.Timer) error {
			return opt.Webhooks.Attempt(ctx, t.About, t.Due)
		}},
	}
	if opt.Notices != nil {
		list = append(list, Work{Kind: notify.Timer, Parallel: 64, Early: MayComeEarly, Lane: appOf, PerLane: 8, Do: func(ctx context.Context, t pay.Timer) error {
			return opt.Notices.Attempt(ctx, t.About, t.Due)
		}})
	}
	return list
}

func appOf(t pay.Timer) string { return notify.AppOf(t.About) }

func endpointOf(t pay.Timer) string { return webhook.EndpointOf(t.About) }

// Run works until the context ends, and returns when nothing is under way any
// more. Call it once.
func (r *Runner) Run(ctx context.Context) {
	var done sync.WaitGroup
	done.Go(func() {
		r.share.run(ctx, r.news, func(err error) {
			r.opt.Logger.Warn("this server could not say that it is there; its part of the work is others' until it can", "error", err)
		})
	})
	done.Go(func() { r.watch(ctx) })
	for _, f := range r.fans {
		done.Go(func() { r.follow(ctx, f) })
	}
	done.Go(func() { r.sweep(ctx) })
	for _, q := range r.queues {
		done.Go(func() { q.run(ctx) })
	}
	done.Wait()
}

// newsEvery is how often, at most, a busy journal has the queues look. The first
// entry after a pause is looked at once.
const newsEvery = 20 * time.Millisecond

// watch rings when the journal has grown.
func (r *Runner) watch(ctx context.Context) {
	var position uint64
	for {
		err := r.opt.Store.Await(ctx, position)
		if err == nil {
			var head store.Head
			if head, err = r.opt.Store.Head(ctx); err == nil {
				if err = r.opt.Clock.Follow(ctx, r.opt.Store); err == nil { // another server may have advanced it
					position = head.Position
				}
			}
		}
		pause := newsEvery
		if err != nil && ctx.Err() == nil {
			r.opt.Logger.Warn("jobs cannot watch the journal; timers are looked at every minute", "error", err)
			pause = time.Second
		}
		r.news.ring()
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// Idle returns when nothing is left to do now: for tests, which advance a
// standing clock and then want to see what it led to. Timers that wait after a
// fault don't count.
func (r *Runner) Idle(ctx context.Context) error {
	for {
		quiet, news := r.quiet.next(), r.news.next()
		busy, err := r.busy(ctx)
		if err != nil || !busy {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-quiet:
		case <-news:
		}
	}
}

func (r *Runner) busy(ctx context.Context) (bool, error) {
	before, err := r.opt.Store.Head(ctx)
	if err != nil {
		return false, err
	}
	for _, f := range r.fans {
		if !f.caughtUp(before.Position) {
			return true, nil
		}
	}
	if !r.swept.idle(before.Position, r.opt.Clock.Now()) {
		return true, nil
	}
	for _, q := range r.queues {
		if busy, err := q.busy(ctx); busy || err != nil {
			return busy, err
		}
	}
	after, err := r.opt.Store.Head(ctx)
	return after.Position != before.Position, err
}
