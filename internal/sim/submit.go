package sim

import (
	"context"
	"fmt"
	"runtime"

	"tongbao/internal/identity"
	"tongbao/internal/party"
)

func askOf(person uint64) identity.Ask {
	return identity.Ask{Key: "sim/" + party.FormatID(person), By: by}
}

// submit puts the commands to the platform, together where they are several, with
// a mishap in wait by chance, and holds what comes back against the prediction.
// Whatever got no answer is asked again, until it has one.
func (r *runner) submit(ctx context.Context, group []command) error {
	r.done += len(group)
	m := r.mishap()
	if m != none {
		nth := 1
		switch c := group[0]; {
		case len(group) > 1:
			nth = 2 // the first is the gate's
		case (c.Act == actTransfer || c.Act == actWithdraw) && c.Who < firstMerchant:
			nth = 1 + r.fate.IntN(3) // the payment password's commands come first
		}
		r.world.disk.arm(m, nth, r.fate.IntN(100))
	}
	for i, c := range group {
		if d := r.books.deals[c.On]; d != nil {
			group[i].seenBuyer = d.buyer
		}
	}
	replies := r.put(ctx, group)
	if m == none {
		return r.settle(ctx, group, replies)
	}
	switch struck := r.world.disk.struck(); {
	case struck == none:
		return r.settle(ctx, group, replies)
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
	return r.restart(ctx, group)
}

func (r *runner) mishap() mishap {
	if r.fate.IntN(oneInCut) == 0 {
		return cutBefore + mishap(r.fate.IntN(5))
	}
	if r.opt.Faults && r.fate.IntN(oneInFail) == 0 {
		return failWrite + mishap(r.fate.IntN(3))
	}
	return none
}

// put submits one command, or several in one batch, in their order.
func (r *runner) put(ctx context.Context, group []command) []reply {
	replies := make([]reply, len(group))
	if len(group) == 1 {
		replies[0] = r.world.do(ctx, group[0])
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
	done := make([]chan struct{}, len(group))
	for i, c := range group {
		done[i] = make(chan struct{})
		waiting := r.world.engine.Waiting()
		go func() {
			defer close(done[i])
			replies[i] = r.world.do(ctx, c)
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
	if c.Act != actOpen || want.code != "" {
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
