package sim

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"tongbao/internal/identity"
	"tongbao/internal/party"
)

func askOf(person uint64) identity.Ask {
	return identity.Ask{Key: "sim/" + party.FormatID(person), By: by}
}

// submit puts the commands to the platform, together where they are several, with
// the mishap in wait, and holds what comes back against the prediction. Whatever
// got no answer is asked again, until it has one.
func (r *runner) submit(ctx context.Context, s step) error {
	group, disk := s.group, r.world.disk
	r.done += len(group)
	for i := range group {
		group[i].seen = r.books.look(&group[i])
		r.asked[group[i].Key]++
	}
	switch s.mishap {
	case none, restart, restartCut:
		disk.arm(none, 0, 0)
	case diskFull:
		r.faults++
		disk.fill(true)
	case failBeside:
		r.faults++
		r.ill = true
		disk.sicken(s.mishap, 1+s.part/10)
	default:
		disk.arm(s.mishap, s.nth, s.part)
	}
	replies := r.put(ctx, s)
	if s.mishap != none || r.ill || r.wasFull {
		r.unnoted(group, replies)
	}
	if s.mishap == diskFull {
		disk.fill(false)
		r.wasFull = true
	}
	// What found no space looks again every few milliseconds, and may only begin to wait
	// when there is space again: until then the answer is "unavailable", some steps later too.
	if s.mishap == diskFull || r.wasFull && s.mishap == none && !r.ill && slices.ContainsFunc(replies, reply.failed) {
		if err := r.world.writable(ctx); err != nil {
			return r.fail(note("wait for the disk that has space again"), "a batch that begins", err)
		}
		return r.retryFull(ctx, group, replies)
	}
	if r.ill && slices.ContainsFunc(replies, reply.failed) { // it has struck the index's manifest: only a restart helps, sooner than planned
		disk.cut()
		return r.restart(ctx, s)
	}
	switch struck := disk.struck(); {
	case struck == none:
		if err := r.settle(ctx, group, replies); err != nil {
			return err
		}
		return r.after(ctx, s)
	case struck == failWrite:
		r.faults++
		return r.retryFailed(ctx, group, replies)
	case struck.cut():
		r.crashes++
	default:
		r.faults++
		if err := r.mustBeUnknown(group, replies); err != nil {
			return err
		}
	}
	return r.restart(ctx, s)
}

// unnoted takes who came back and was let in until the end that his session had before
// for somebody who was told that nothing could be written: that his use could not be
// noted signs nobody out.
func (r *runner) unnoted(group []command, replies []reply) {
	for i, c := range group {
		if c.Act == actReturn && replies[i].err == nil && r.books.staysAsItWas(c, replies[i].answer) {
			replies[i].answer = answer{code: "unavailable"}
		}
	}
}

// after restarts the platform after a step that says so.
func (r *runner) after(ctx context.Context, s step) error {
	s.group = nil
	switch s.mishap {
	case restart:
		if err := r.world.close(); err != nil && !r.ill {
			return r.fail(note("close in order"), "no error", err)
		}
		return r.restart(ctx, s)
	case restartCut:
		r.ill = false
		r.crashes++
		r.world.disk.cut()
		return r.restart(ctx, s)
	}
	return nil
}

// put submits one command, or several in one batch, in their order.
func (r *runner) put(ctx context.Context, s step) []reply {
	group := s.group
	if s.call {
		r.world.random.restart(group[0].Key)
		return r.world.openAll(ctx, group)
	}
	replies := make([]reply, len(group))
	if len(group) == 1 {
		replies[0] = r.do(ctx, group[0])
		return replies
	}
	r.races += len(group)
	r.gates++
	g := gate{Key: fmt.Sprintf("gate/%s/%d", r.load.prefix, r.gates), inside: make(chan struct{}), open: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = r.world.engine.Submit(ctx, g, by)
	}()
	<-g.inside
	for r.world.engine.Waiting() != 0 { // the gate is counted only after it was queued, and may have been taken before
		runtime.Gosched()
	}
	done := make([]chan struct{}, len(group))
	for i, c := range group {
		done[i] = make(chan struct{})
		waiting := r.world.engine.Waiting()
		go func() {
			defer close(done[i])
			replies[i] = r.do(ctx, c)
		}()
		for r.world.engine.Waiting() == waiting && !closed(done[i]) { // until it is queued, or refused before
			runtime.Gosched()
		}
	}
	close(g.open)
	<-ended
	for i := range done {
		<-done[i]
	}
	return replies
}

// do submits one command; what the platform draws for it hangs on nothing else.
func (r *runner) do(ctx context.Context, c command) reply {
	r.world.random.restart(fmt.Sprintf("%d %s %s", r.asked[c.Key], c.Key, c.contents()))
	return r.world.do(ctx, c)
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// settle compares answers with predictions, in order.
func (r *runner) settle(ctx context.Context, group []command, replies []reply) error {
	laters := make([]func() answer, len(group))
	wants := make([]answer, len(group))
	for i, c := range group {
		r.hear(&group[i])
		c = group[i]
		wants[i], laters[i] = r.books.predict(c)
	}
	for i, c := range group {
		if err := r.accept(c, replies[i], wants[i], laters[i]); err != nil {
			return err
		}
	}
	return nil
}

// accept takes a reply as given, if it is the one that was predicted.
func (r *runner) accept(c command, got reply, want answer, later func() answer) error {
	if got.name != "" {
		if err := r.world.learn(c, got.name); err != nil {
			return r.fail(c, "the name that it had", err)
		}
	}
	if c.Act == actJoin {
		r.books.joins(got.name)
	}
	if later != nil {
		want = later()
	}
	r.name(c, &want)
	if got.err != nil || got.answer != want {
		return r.fail(c, want, got)
	}
	r.answers[c.Act+" "+want.code]++
	return nil
}

// hear tells the auditor what the bank answered, which is not the platform's to decide.
func (r *runner) hear(c *command) {
	if c.Act == actAskBank {
		c.Outcome = string(r.world.bank.said)
	}
}

// name puts the payment's number, which only the platform can give, into a
// prediction that was made before it was known.
func (r *runner) name(c command, want *answer) {
	if c.Act != actOpen && c.Act != actPayFrom && c.Act != actChargeNew || want.code != "" {
		return
	}
	if first := r.books.answers[c.Key]; len(want.says) > 0 && want.says[0] == ' ' {
		want.says = r.books.ids[c.On] + want.says
		if first.answer.says != existing {
			first.answer.says = want.says
			r.books.answers[c.Key] = first
		}
	}
}
