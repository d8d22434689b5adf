package sim

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"tongbao/internal/identity"
	"tongbao/internal/pay"
	"tongbao/internal/risk"
	"tongbao/internal/webhook"
)

func mustRun(t *testing.T, o Options) Report {
	t.Helper()
	started := time.Now()
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d: %d commands, %d entries, %d crashes, %d faults, %d in races, in %s", r.Seed, r.Commands, r.Entries, r.Crashes, r.Faults, r.Races, time.Since(started).Round(time.Millisecond))
	return r
}

// The run that CI makes: 300,000 commands and more than 50 power cuts, in about a
// minute on two cores. make soak runs ten million.
func TestEverythingIsAsPredicted(t *testing.T) {
	o := Options{Seed: 1, Commands: 300_000, Faults: true, Calm: 1500}
	if testing.Short() {
		o.Commands, o.Calm = 10_000, 100
	}
	r := mustRun(t, o)
	if testing.Short() {
		return
	}
	if r.Crashes < 50 {
		t.Errorf("only %d crashes", r.Crashes)
	}
	everyCommandIsThere(t, r.Names)
	done := r.Answers
	for _, act := range append(dealActs, actOpen, actDeadline, actIssueCode, actTransfer, actTopUp, actWithdraw, actAskBank, actBankWord, actHold, actCapture, actVoid, actExpire, actSweep, actPayByCode, actGuess, actJoin, actFound, actHeld, actDesk, actReturn,
		actPayOut, actDeposit, actGive, actRelease, actCancel, actPayFrom, actPropose, actSign, actEnd, actMove, actCharge, actChargeNew) {
		if done[act+" "] == 0 {
			t.Errorf("%s never succeeded", act)
		}
	}
	for _, code := range []string{"refund refund_exceeds_remaining", "capture hold_ended", "pay insufficient_balance", "open payment_code_used", "open order_no_taken", "transfer tier_limit_exceeded"} {
		if done[code] == 0 {
			t.Errorf("never seen: %s", code)
		}
	}
}

// everyCommandIsThere holds the journals against the lists of commands: who adds a
// command to the platform adds it to the workload too.
func everyCommandIsThere(t *testing.T, names map[string]int) {
	t.Helper()
	for _, c := range slices.Concat(pay.Commands(), identity.Commands(), webhook.Commands()) {
		if names[c.Name()] == 0 && c.Name() != "claim_bank_order" { // that is for several servers on one store: package jobs' tests
			t.Errorf("command %s was never done", c.Name())
		}
	}
}

func TestASeedGivesTheSameRun(t *testing.T) {
	o := Options{Seed: 7, Commands: 1500, Faults: true}
	a, b := mustRun(t, o), mustRun(t, o)
	if a.Digest != b.Digest || a.Entries != b.Entries || a.Crashes != b.Crashes || a.Faults != b.Faults {
		t.Errorf("twice the same seed: %+v and %+v", a, b)
	}
	o.Seed = 8
	if c := mustRun(t, o); c.Digest == a.Digest {
		t.Error("another seed gave the same run")
	}
}

func mustFind(t *testing.T, o Options) *Failure {
	t.Helper()
	_, err := Run(context.Background(), o)
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("nothing was found: %v", err)
	}
	t.Log(f)
	return f
}

// Bugs planted, each where it would hurt, and each found.

func TestAWrongFeeIsFound(t *testing.T) {
	mustFind(t, Options{Seed: 1, Commands: 2000, plant: func(r *runner) {
		for merchant := range r.books.rates {
			r.books.rates[merchant] += 100
		}
	}})
}

func TestARiskRuleThatIsSkippedIsFound(t *testing.T) {
	everything := func(risk.Facts) risk.Decision { return risk.Decision{Verdict: risk.Allow} }
	mustFind(t, Options{Seed: 1, Commands: 4000, risk: everything})
}

func TestAnAcknowledgementBeforeTheSyncIsFound(t *testing.T) {
	mustFind(t, Options{Seed: 1, Commands: 5000, plant: func(r *runner) { r.world.disk.lies = true }})
}
