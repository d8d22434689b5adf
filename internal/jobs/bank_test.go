package jobs_test

import (
	"testing"
	"time"

	"tongbao/internal/bank"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/pay"
	"tongbao/internal/sandbox"
)

// Each outside call can fail in two ways: it didn't happen, or it happened and
// we weren't told. Each is gone through in both directions, with and without a
// restart before the question.
func TestABankThatDoesNotAnswer(t *testing.T) {
	for _, c := range []struct {
		name      string
		behaviour sandbox.Behaviour
		direction bank.Direction
		has       money.Amount // in the end, having begun with 100.00
		status    pay.BankStatus
	}{
		{"top-up happened and we weren't told", sandbox.TimeoutPaid, bank.In, 150_00, pay.BankSucceeded},
		{"top-up didn't happen", sandbox.TimeoutUnpaid, bank.In, 100_00, pay.BankRefused},
		{"withdrawal happened and we weren't told", sandbox.TimeoutPaid, bank.Out, 50_00, pay.BankSucceeded},
		{"withdrawal didn't happen", sandbox.TimeoutUnpaid, bank.Out, 100_00, pay.BankRefused},
	} {
		for _, restart := range []string{"", ", restart"} {
			t.Run(c.name+restart, func(t *testing.T) {
				w := open(t, 1)
				owner := w.merchant()
				w.topUp(owner, 100_00)
				w.must(w.bank.Behave(c.behaviour, 1))
				o := w.begin(c.direction, owner, "1234", 50_00)
				w.idle()
				if got := w.order(o.ID).Status; got != pay.BankUnknown {
					t.Fatalf("after the silence: %s", got)
				}
				if got := w.has(owner); got != 100_00 {
					t.Errorf("while nothing is known the balance is %d", got)
				}
				if restart != "" {
					w.restart(1)
				}
				w.pass(5 * time.Second)
				if got := w.order(o.ID).Status; got != c.status {
					t.Errorf("after the question: %s, want %s", got, c.status)
				}
				if got := w.has(owner); got != c.has {
					t.Errorf("the balance is %d, want %d", got, c.has)
				}
				w.atBank(c.has) // that nothing stays held, the audit at the end sees
			})
		}
	}
}

// Two servers that ask at the same moment may both be told something; whatever
// they are told, the books follow the bank.
func TestTwoRunnersAndABankThatMisbehaves(t *testing.T) {
	w := open(t, 2)
	owner := w.merchant()
	w.topUp(owner, 1000_00)
	var orders []string
	for i, behaviour := range sandbox.Behaviours {
		if behaviour == sandbox.Slow || behaviour == sandbox.LateSuccess {
			continue
		}
		w.must(w.bank.Behave(behaviour, 1))
		orders = append(orders, w.begin([]bank.Direction{bank.In, bank.Out}[i%2], owner, "1234", 50_00).ID)
	}
	for range 4 {
		w.must(w.bank.SpeakUp(t.Context(), w.hear))
		w.pass(time.Hour)
	}
	for _, id := range orders {
		if got := w.order(id); !got.Status.Final() {
			t.Errorf("order %s is %s after %d attempts", id, got.Status, got.Attempts)
		}
	}
	w.atBank(w.has(owner))
}

// The bank said yes and the power went out before it was kept: after the start
// the bank is told again, under the same number.
func TestTheBankDidItAndThePowerWentOut(t *testing.T) {
	w := open(t, 0)
	o := w.begin(bank.In, buyer, "1234", 50_00)
	_, err := w.bank.Instruct(t.Context(), bank.Instruction{Ref: o.ID, Direction: bank.In, Card: o.Card, Holder: o.Holder, Amount: 50_00, Currency: cny})
	w.must(err)
	w.restart(1)
	w.idle()
	if got := w.order(o.ID).Status; got != pay.BankSucceeded {
		t.Errorf("the order is %s", got)
	}
	if got := w.has(buyer); got != 50_00 {
		t.Errorf("the balance is %d", got)
	}
	w.atBank(50_00)
}

func TestAnAnswerThatComesTwiceCountsOnce(t *testing.T) {
	w := open(t, 2)
	o := w.begin(bank.In, buyer, "0007", 50_00)
	w.idle()
	for range 3 {
		w.must(w.bank.SpeakUp(t.Context(), w.hear))
	}
	seen := w.order(o.ID)
	_, err := w.desk.BankAnswered(t.Context(), "the same by another way", &seen, bank.Answer{Outcome: bank.Succeeded})
	w.must(err)
	if got := w.has(buyer); got != 50_00 {
		t.Errorf("the balance is %d", got)
	}
	w.atBank(50_00)
}

// What the bank says unasked may arrive before its answer does.
func TestAnswersOutOfOrder(t *testing.T) {
	w := open(t, 0)
	o := w.begin(bank.In, buyer, "1234", 50_00)
	w.must(w.hear(t.Context(), sandbox.Word{Ref: o.ID, Answer: bank.Answer{Outcome: bank.Succeeded}}))
	_, err := w.desk.BankAnswered(t.Context(), "late", &o, bank.Answer{Outcome: bank.Unknown})
	w.must(err)
	if got := w.order(o.ID).Status; got != pay.BankSucceeded {
		t.Errorf("an 'unknown' overtaken by a yes made it %s", got)
	}
	if got := w.has(buyer); got != 50_00 {
		t.Errorf("the balance is %d", got)
	}
}

func TestALateYesStandsInSuspense(t *testing.T) {
	for _, c := range []struct {
		direction     bank.Direction
		has, suspense money.Amount
	}{
		{bank.In, 100_00, 50_00},
		{bank.Out, 100_00, -50_00},
	} {
		t.Run(string(c.direction), func(t *testing.T) {
			w := open(t, 1)
			owner := w.merchant()
			w.topUp(owner, 100_00)
			o := w.begin(c.direction, owner, "0008", 50_00)
			w.idle()
			if got := w.order(o.ID).Status; got != pay.BankRefused {
				t.Fatalf("the order is %s", got)
			}
			w.restart(1) // the bank still means to say it
			for range 2 {
				w.must(w.bank.SpeakUp(t.Context(), w.hear))
			}
			if got := w.has(owner); got != c.has {
				t.Errorf("the balance is %d", got)
			}
			if got := w.balance(ledger.Of(ledger.Suspense, sandbox.BankNumber, cny)); got != c.suspense {
				t.Errorf("suspense is %d, want %d", got, c.suspense)
			}
			w.atBank(c.has + c.suspense)
		})
	}
}

// A bank that stays at it is asked less and less often, and not forgotten.
func TestABankThatIsStillAtItIsAskedAgain(t *testing.T) {
	w := open(t, 1)
	o := w.begin(bank.In, buyer, "0006", 50_00)
	w.idle()
	for _, wait := range []time.Duration{5 * time.Second, 30 * time.Second} {
		if got := w.order(o.ID).Status; got != pay.BankUnknown {
			t.Fatalf("the order is %s", got)
		}
		w.pass(wait)
	}
	if got := w.order(o.ID); got.Status != pay.BankSucceeded || got.Attempts != 3 {
		t.Errorf("the order is %s after %d attempts", got.Status, got.Attempts)
	}
	w.atBank(50_00)
}
