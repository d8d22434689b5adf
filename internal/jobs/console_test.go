package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tongbao/internal/jobs"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
	"tongbao/internal/webhook"
)

func TestTheConsoleSeesWhatWaitsAndWhatFailed(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	w := open(t, 1)
	w.renderWith(func(ctx context.Context, e pay.Event) (json.RawMessage, error) {
		if broken.Load() {
			return nil, errors.New("the printer is out of paper")
		}
		return render(ctx, e)
	})
	ctx, merchant := t.Context(), w.merchant()
	r := receive(t, w)
	w.endpoint(merchant, r)
	id := w.opened(merchant, 100).ID
	w.idle()
	runner := w.runners[0]

	failed, err := runner.Failures(ctx)
	w.must(err)
	if len(failed) != 1 || failed[0].Kind != webhook.Timer || failed[0].Attempts != 1 || !strings.Contains(failed[0].LastError, "out of paper") {
		t.Fatalf("failed: %+v", failed)
	}
	waiting, err := runner.List(ctx, jobs.Waiting)
	w.must(err)
	if len(waiting) != 1 || waiting[0].About != id || !waiting[0].Due.Equal(noon.Add(15*day)) {
		t.Fatalf("waiting: %+v", waiting)
	}
	if _, err := runner.List(ctx, "lost"); !errors.Is(err, refusal.InvalidField) {
		t.Errorf("a state that isn't one: %v", err)
	}

	w.pass(999 * time.Millisecond) // it isn't tried before its time
	w.pass(time.Millisecond)       // and then it is
	if failed, _ = runner.Failures(ctx); len(failed) != 1 || failed[0].Attempts != 2 || failed[0].NextTry.Sub(failed[0].TriedAt) != 2*time.Second {
		t.Fatalf("tried again: %+v", failed)
	}
	if err := runner.RunNow(ctx, failed[0].ID); err == nil {
		t.Error("run by hand it must tell what went wrong")
	}
	broken.Store(false)
	w.must(runner.RunNow(ctx, failed[0].ID))
	if len(r.heard) != 1 {
		t.Errorf("run by hand, it was heard %d times", len(r.heard))
	}
	if failed, _ = runner.Failures(ctx); len(failed) != 0 {
		t.Errorf("still failed: %+v", failed)
	}
}

// A deadline run by hand before its time would be refused for good under the
// key of its moment; so it is not asked.
func TestNobodyHurriesADeadline(t *testing.T) {
	w := open(t, 1)
	id := w.opened(w.merchant(), 100).ID
	job := pay.TimerTrade + "/" + id
	if err := w.runners[0].RunNow(t.Context(), job); !errors.Is(err, refusal.DeadlineNotReached) {
		t.Errorf("before its time: %v", err)
	}
	if err := w.runners[0].RunNow(t.Context(), "trade_deadline/none"); !errors.Is(err, refusal.NotFound) {
		t.Errorf("no such job: %v", err)
	}
	w.pass(15 * day)
	if got := w.trade(id).Status; got != trade.TradeClosed {
		t.Errorf("at its time: %s", got)
	}
}
