package identity

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// tally runs n at once and counts their answers by code.
func tally(n int, act func(i int) error) map[string]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	count := map[string]int{}
	for i := range n {
		all.Go(func() {
			err := act(i)
			said := "yes"
			if no := refusal.Of(err); no != nil {
				said = string(no.Code)
			} else if err != nil {
				said = err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			count[said]++
		})
	}
	all.Wait()
	return count
}

func same(t *testing.T, got, want map[string]int) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAHundredGuessesAtAPaymentPasswordGetFiveLooks(t *testing.T) {
	w := newWorld(t)
	me := w.person("13800000001").Person.ID
	if err := w.SetPaymentPassword(t.Context(), Ask{}, me, "582047", "", ""); err != nil {
		t.Fatal(err)
	}
	guess := func(i int) error {
		return w.CheckPaymentPassword(t.Context(), engine.By{}, me, party.Secret(fmt.Sprintf("%06d", i)))
	}
	same(t, tally(100, guess), map[string]int{"payment_password_wrong": 5, "payment_password_locked": 95})

	// Locked is locked for the right one too, until three hours are over.
	right := func() error { return w.CheckPaymentPassword(t.Context(), engine.By{}, me, "582047") }
	err := right()
	refuses(t, err, refusal.PaymentPasswordLocked)
	if got, want := refusal.Of(err).Message, "too many wrong tries; locked until 2018-11-11T07:00:00Z"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	w.pass(3*time.Hour - time.Second)
	refuses(t, right(), refusal.PaymentPasswordLocked)
	w.pass(time.Second)
	if err := right(); err != nil {
		t.Errorf("after three hours: %v", err)
	}
	same(t, tally(100, guess), map[string]int{"payment_password_wrong": 5, "payment_password_locked": 95})
}

func TestAHundredGuessesAtALoginGetTenLooks(t *testing.T) {
	w := newWorld(t)
	w.person("13800000001")
	for _, phone := range []string{"13800000001", "13800000099"} { // known and unknown lock alike
		guess := func(i int) error {
			_, err := w.Login(t.Context(), engine.By{}, party.Wallet, phone, party.Secret(fmt.Sprintf("guess number %d", i)), DeviceHint{})
			return err
		}
		same(t, tally(100, guess), map[string]int{"login_failed": 10, "login_locked": 90})
	}
	login := func() error {
		_, err := w.Login(t.Context(), engine.By{}, party.Wallet, "13800000001", password, DeviceHint{})
		return err
	}
	refuses(t, login(), refusal.LoginLocked)
	w.pass(15 * time.Minute)
	if err := login(); err != nil {
		t.Errorf("after a quarter of an hour: %v", err)
	}
}

func TestAHundredGuessesAtACodeGetFiveLooks(t *testing.T) {
	w := newWorld(t)
	code := w.code("13800000001", party.StepUp)
	wrong := func(i int) error {
		guess := party.Secret(fmt.Sprintf("%06d", i))
		if guess == code {
			guess = "no code"
		}
		return w.CheckCode(t.Context(), Ask{}, "13800000001", party.StepUp, guess)
	}
	same(t, tally(100, wrong), map[string]int{"code_wrong": 5, "code_expired": 95})
	refuses(t, w.CheckCode(t.Context(), Ask{}, "13800000001", party.StepUp, code), refusal.CodeExpired)
}

func TestOneCodeSignsOnePersonUpHoweverManyUseIt(t *testing.T) {
	w := newWorld(t)
	code := w.code("13800000001", party.SignUp)
	got := tally(20, func(int) error {
		_, err := w.SignUp(t.Context(), Ask{}, NewPerson{Phone: "13800000001", Code: code, Password: password})
		return err
	})
	same(t, got, map[string]int{"yes": 1, "code_expired": 19})
}

func TestTwoWhoChangeAPasswordAtOnceDoNotBothSucceed(t *testing.T) {
	w := newWorld(t)
	in := w.person("13800000001")
	got := tally(8, func(i int) error {
		return w.ChangePassword(t.Context(), Ask{}, in.Principal, password, party.Secret(fmt.Sprintf("new password %d", i)))
	})
	same(t, got, map[string]int{"yes": 1, "login_failed": 7})
}

func TestAFloodOfLoginsIsRefusedBeforeItTakesTheMemory(t *testing.T) {
	h := newHasher(quick, 1, 2)
	done, err := h.turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	answers := make(chan error, 8)
	for range 8 {
		go func() {
			done, err := h.turn(t.Context())
			answers <- err
			if err == nil {
				<-release
				done()
			}
		}()
	}
	for range 6 { // two wait, the rest are told at once
		refuses(t, <-answers, refusal.Overloaded)
	}
	done()
	close(release)
	for range 2 {
		if err := <-answers; err != nil {
			t.Errorf("who waited: %v", err)
		}
	}
}

func TestEveryIDGoesToOneParty(t *testing.T) {
	w := newWorld(t)
	var taken candidates
	for i := range taken {
		taken[i] = party.IDFrom(7) // as if chance gave everybody the same number
	}
	first := signUp{id: "a", Phone: "13800000001", Free: taken}
	second := signUp{id: "b", Phone: "13800000002", Free: taken}
	if _, err := w.engine.Submit(t.Context(), first, engine.By{}); err != nil {
		t.Fatal(err)
	}
	_, err := w.engine.Submit(t.Context(), second, engine.By{})
	refuses(t, err, refusal.Unavailable)
	second.id, second.Free[3] = "c", party.IDFrom(8)
	id, err := engine.Result[uint64](w.engine.Submit(t.Context(), second, engine.By{}))
	if err != nil || id != party.IDFrom(8) {
		t.Errorf("%d, %v", id, err)
	}
}
