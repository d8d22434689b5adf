package identity

import (
	"errors"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func TestSignUp(t *testing.T) {
	w := newWorld(t)
	in := w.person("138-0000-0001")
	p := in.Person
	if p.Phone != "13800000001" || p.Nickname != "138****0001" || p.Locale != party.Chinese || p.Tier != ledger.TierUnknown || p.HasPaymentPassword() {
		t.Errorf("the person is %+v", *p)
	}
	if !party.ValidID(p.ID) || party.IsMerchant(p.ID) {
		t.Errorf("the id is %d", p.ID)
	}
	if in.Token == "" || in.Principal.Actor() != "user:"+party.FormatID(p.ID) || in.CheckCSRF(in.CSRF.Reveal()) != nil {
		t.Errorf("signed in as %+v", in.Principal)
	}
	refuses(t, in.CheckCSRF(""), refusal.CSRFFailed)
	refuses(t, in.CheckCSRF(in.Token.Reveal()), refusal.CSRFFailed)
	account, err := w.store.Account(t.Context(), walletOf(p.ID))
	if err != nil || account.Tier != ledger.TierUnknown {
		t.Errorf("the account is %+v, %v", account, err)
	}
	if n, err := w.Unread(t.Context(), p.ID, 10); n != 0 || err != nil {
		t.Errorf("a new account's device is no news: %d messages, %v", n, err)
	}

	// Each refusal, in order; the code is asked for anew where it was used up.
	for _, row := range []struct {
		n    NewPerson
		want refusal.Code
		in   string
	}{
		{NewPerson{Phone: "12345"}, refusal.PhoneInvalid, "phone"},
		{NewPerson{Phone: "13800000002", Password: "password"}, refusal.PasswordWeak, "password"},
		{NewPerson{Phone: "13800000002", Password: password, Nickname: "a\tb"}, refusal.InvalidField, "nickname"},
		{NewPerson{Phone: "13800000002", Password: password, Locale: "tlh"}, refusal.InvalidField, "locale"},
		{NewPerson{Phone: "13800000002", Password: password, Code: "123456"}, refusal.CodeExpired, "code"}, // none was sent
	} {
		_, err := w.SignUp(t.Context(), Ask{}, row.n)
		refuses(t, err, row.want)
		if no := refusal.Of(err); no != nil && no.Field != row.in {
			t.Errorf("%s blames %q", no.Code, no.Field)
		}
	}
	w.pass(time.Minute)
	_, err = w.SignUp(t.Context(), Ask{}, NewPerson{Phone: "13800000001", Code: w.code("13800000001", party.SignUp), Password: password})
	refuses(t, err, refusal.PhoneTaken)
}

func TestARepeatedSignUpIsTheSamePerson(t *testing.T) {
	w := newWorld(t)
	ask := Ask{Key: "k1", By: engine.By{Actor: "anonymous"}}
	n := NewPerson{Phone: "13800000001", Code: w.code("13800000001", party.SignUp), Password: password}
	first := must[SignedIn](t)(w.SignUp(t.Context(), ask, n))
	again := must[SignedIn](t)(w.SignUp(t.Context(), ask, n))
	if first.Person.ID != again.Person.ID || !w.stands(first) || !w.stands(again) || first.Token == again.Token {
		t.Errorf("%d and %d", first.Person.ID, again.Person.ID)
	}

	n.Password = "another password"
	_, err := w.SignUp(t.Context(), ask, n)
	refuses(t, err, refusal.LoginFailed) // the key and the code alone open nothing
	n.Code, n.Password = "000000", password
	_, err = w.SignUp(t.Context(), ask, n)
	refuses(t, err, refusal.IdempotencyConflict)
}

func TestACodeThatCannotBeSentIsTakenBack(t *testing.T) {
	w := newWorld(t)
	w.deaf = errors.New("no signal")
	if _, err := w.SendCode(t.Context(), Ask{}, "13800000001", party.SignUp); !errors.Is(err, w.deaf) {
		t.Errorf("got %v", err)
	}
	w.deaf = nil
	w.code("13800000001", party.SignUp) // at once

	sent, err := w.SendCode(t.Context(), Ask{}, "13800000001", party.SignUp)
	refuses(t, err, refusal.CodeTooOften)
	if sent.RetryAfterSeconds != 60 || sent.To != "138****0001" {
		t.Errorf("%+v", sent)
	}
	ask := Ask{Key: "k", By: engine.By{Actor: "anonymous"}}
	w.pass(time.Minute)
	before := w.sent
	for range 3 {
		if _, err := w.SendCode(t.Context(), ask, "13800000001", party.SignUp); err != nil {
			t.Error(err)
		}
	}
	if w.sent != before+1 {
		t.Errorf("three repeats sent %d codes", w.sent-before)
	}
	_, err = w.SendCode(t.Context(), Ask{}, "13800000001", "party")
	refuses(t, err, refusal.InvalidField)
}

func TestACodeIsGoodForItsPurposeAndPhoneAlone(t *testing.T) {
	w := newWorld(t)
	code := w.code("13800000001", party.LoginByCode)
	refuses(t, w.CheckCode(t.Context(), Ask{}, "13800000001", party.ResetPassword, code), refusal.CodeExpired)
	refuses(t, w.CheckCode(t.Context(), Ask{}, "13800000002", party.LoginByCode, code), refusal.CodeExpired)
	w.pass(party.CodeLife)
	refuses(t, w.CheckCode(t.Context(), Ask{}, "13800000001", party.LoginByCode, code), refusal.CodeExpired)
}
