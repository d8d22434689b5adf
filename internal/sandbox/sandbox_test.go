package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongbao/internal/bank"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func openBank(t *testing.T, dir string) *Bank {
	t.Helper()
	b, err := OpenBank(dir)
	if err != nil {
		t.Fatal(err)
	}
	b.slow = func(ctx context.Context) error { return ctx.Err() }
	return b
}

func order1(ref, card string) bank.Instruction {
	return bank.Instruction{Ref: ref, Direction: bank.In, Card: card, Holder: "王", Amount: 100, Currency: money.CNY}
}

// What the bank says of an instruction, at once and when it is asked, and the
// same after every restart.
func TestTheBankKeepsItsWord(t *testing.T) {
	for _, c := range []struct {
		behaviour Behaviour
		answer    bank.Outcome // empty: none arrives
		asked     []bank.Outcome
		again     bank.Outcome // told again in the end
		funds     money.Amount
	}{
		{OK, bank.Succeeded, []bank.Outcome{bank.Succeeded}, bank.Succeeded, 100},
		{Refuse, bank.Refused, []bank.Outcome{bank.Refused}, bank.Refused, 0},
		{TimeoutPaid, "", []bank.Outcome{bank.Succeeded, bank.Succeeded}, bank.Succeeded, 100},
		{TimeoutUnpaid, "", []bank.Outcome{bank.NotFound, bank.NotFound}, bank.Refused, 0},
		{Slow, bank.Succeeded, []bank.Outcome{bank.Succeeded}, bank.Succeeded, 100},
		{Pending, bank.Unknown, []bank.Outcome{bank.Unknown, bank.Succeeded, bank.Succeeded}, bank.Succeeded, 100},
		{Doubled, bank.Succeeded, []bank.Outcome{bank.Succeeded}, bank.Succeeded, 100},
		{LateSuccess, bank.Refused, []bank.Outcome{bank.Succeeded}, bank.Succeeded, 100},
	} {
		t.Run(string(c.behaviour), func(t *testing.T) {
			dir := t.TempDir()
			b := openBank(t, dir)
			restart := func() {
				if err := b.Close(); err != nil {
					t.Fatal(err)
				}
				b = openBank(t, dir)
			}
			if err := b.Behave(c.behaviour, 1); err != nil {
				t.Fatal(err)
			}
			answer, err := b.Instruct(t.Context(), order1("r", "tok"))
			if answer.Outcome != c.answer || (err == nil) == (c.answer == "") {
				t.Errorf("told: %s, %v", answer.Outcome, err)
			}
			for i, want := range c.asked {
				restart()
				if answer, err := b.Query(t.Context(), "r"); err != nil || answer.Outcome != want {
					t.Errorf("question %d: %s, %v", i+1, answer.Outcome, err)
				}
			}
			restart()
			if answer, err := b.Instruct(t.Context(), order1("r", "tok")); err != nil || answer.Outcome != c.again {
				t.Errorf("told again: %s, %v", answer.Outcome, err)
			}
			if got := b.ClientFunds(money.CNY); got != c.funds {
				t.Errorf("client funds %d", got)
			}
		})
	}
}

func TestAMagicCardBehavesWhateverWasAskedFor(t *testing.T) {
	b := openBank(t, t.TempDir())
	if err := b.Behave(OK, 1); err != nil {
		t.Fatal(err)
	}
	if a, err := b.Instruct(t.Context(), order1("1", "sbx_ab_0002")); err != nil || a.Outcome != bank.Refused {
		t.Errorf("0002: %s, %v", a.Outcome, err)
	}
	if _, err := b.Instruct(t.Context(), order1("2", "sbx_ab_0003")); err == nil {
		t.Error("0003 was answered")
	}
	if a, _ := b.Query(t.Context(), "2"); a.Outcome != bank.Succeeded {
		t.Errorf("0003, asked: %s", a.Outcome)
	}
}

func TestARefIsOneInstruction(t *testing.T) {
	b := openBank(t, t.TempDir())
	first := order1("r", "tok")
	if _, err := b.Instruct(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	other := first
	other.Amount = 200
	if a, err := b.Instruct(t.Context(), other); err != nil || a.Outcome != bank.Refused || a.Code != "ref_taken" {
		t.Errorf("another instruction of the same number: %+v, %v", a, err)
	}
	if got := b.ClientFunds(money.CNY); got != 100 {
		t.Errorf("client funds %d", got)
	}
}

func TestWhatNobodyHeardIsSaidAgain(t *testing.T) {
	dir := t.TempDir()
	b := openBank(t, dir)
	if _, err := b.Instruct(t.Context(), order1("r", "x_0008")); err != nil {
		t.Fatal(err)
	}
	said := 0
	deaf := errors.New("deaf")
	if err := b.SpeakUp(t.Context(), func(context.Context, Word) error { said++; return deaf }); !errors.Is(err, deaf) {
		t.Errorf("%v", err)
	}
	_ = b.Close()
	b = openBank(t, dir)
	for range 2 {
		if err := b.SpeakUp(t.Context(), func(_ context.Context, w Word) error { said++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if said != 2 {
		t.Errorf("said %d times: once to the deaf and once after", said)
	}
}

func TestTheBankRefusesToBehaveAsNobodyDoes(t *testing.T) {
	b := openBank(t, t.TempDir())
	for _, c := range []struct {
		behaviour Behaviour
		next      int
	}{{"explode", 1}, {OK, 0}, {OK, -1}, {Refuse, 1001}} {
		if err := b.Behave(c.behaviour, c.next); !errors.Is(err, refusal.InvalidField) {
			t.Errorf("%s, %d: %v", c.behaviour, c.next, err)
		}
	}
}

// A power cut in the middle of a line: what was promised is there, and the half
// line is nothing.
func TestHalfALineIsDropped(t *testing.T) {
	dir := t.TempDir()
	b := openBank(t, dir)
	if _, err := b.Instruct(t.Context(), order1("r", "tok")); err != nil {
		t.Fatal(err)
	}
	_ = b.Close()
	path := filepath.Join(dir, "orders.jsonl")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.WriteString(`{"ref":"half","outco`)
	_ = file.Close()
	b = openBank(t, dir)
	if a, _ := b.Query(t.Context(), "r"); a.Outcome != bank.Succeeded {
		t.Errorf("the whole line says %s", a.Outcome)
	}
	if _, err := b.Instruct(t.Context(), order1("next", "tok")); err != nil {
		t.Fatal(err)
	}
	_ = b.Close()
	if b = openBank(t, dir); b.ClientFunds(money.CNY) != 200 {
		t.Errorf("client funds %d", b.ClientFunds(money.CNY))
	}
}

func TestCardsAreRecognised(t *testing.T) {
	if n := len(Banks()); n != 122 {
		t.Errorf("%d banks", n)
	}
	if b, ok := FindBank("ICBC"); !ok || b.Name != "中国工商银行" {
		t.Errorf("ICBC is %+v", b)
	}
	for _, bank := range []string{"ICBC", "CCB", "PSBC", "CMB"} {
		for last4 := range magicCards {
			number, ok := CardNumber(bank, last4)
			if !ok {
				t.Fatalf("no card of %s", bank)
			}
			token, err := BindCard(t.Context(), bank, number, "王小明")
			if err != nil || !strings.HasSuffix(token, "_"+last4) || strings.Contains(token, number.Reveal()[4:12]) {
				t.Errorf("%s of %s: token %s, %v", last4, bank, token, err)
			}
		}
	}
	number, _ := CardNumber("ICBC", "1234")
	if _, err := BindCard(t.Context(), "CCB", number, ""); !errors.Is(err, refusal.InvalidField) {
		t.Errorf("another bank's card: %v", err)
	}
	if _, _, err := Recognise("6222021234567890"); !errors.Is(err, refusal.InvalidField) {
		t.Errorf("a wrong check digit: %v", err)
	}
	if _, known, err := Recognise("4111 1111 1111 1111"); known || err != nil {
		t.Errorf("a foreign card: %t, %v", known, err)
	}
}

// Every line of the directory is a beginning by which its bank is found.
func TestEveryBinOfTheDirectory(t *testing.T) {
	for prefix, bins := range directory().bins {
		b := bins[0]
		for d := range 10 {
			number := party.Secret(prefix + strings.Repeat("0", b.length-len(prefix)-1) + fmt.Sprint(d))
			card, known, err := Recognise(number)
			if err == nil && (!known || card.Bank.Code != b.card.Bank.Code) {
				t.Errorf("%s is of %s, found %+v", prefix, b.card.Bank.Code, card)
			}
		}
	}
}

func TestPhonesShowTheirNewestMessages(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2018, 11, 11, 4, 0, 0, 0, time.UTC)
	p, err := OpenPhones(dir, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1100 {
		if err := p.SendCode(t.Context(), "13800000000", party.Secret(fmt.Sprintf("%06d", i)), party.SignUp); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Send(TextMessage{Phone: "13900000000", Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m := p.Messages("13800000000")
		if len(m) != messagesKept || m[0].Code != "001099" || !m[0].At.Equal(now) || !strings.Contains(m[0].Text, "001099") {
			t.Errorf("%d messages, the newest %+v", len(m), m[0])
		}
		if m := p.Messages("13900000000"); len(m) != 1 || m[0].Text != "hello" {
			t.Errorf("the other phone shows %+v", m)
		}
		if p.written > 1000 {
			t.Errorf("the file has %d lines", p.written)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if p, err = OpenPhones(dir, func() time.Time { return now }); err != nil {
			t.Fatal(err)
		}
	}
}
