package identity

import (
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func TestPaymentPassword(t *testing.T) {
	w := newWorld(t)
	me := w.person("13800000001").Person.ID
	set := func(ask Ask, password, old, code party.Secret) error {
		return w.SetPaymentPassword(t.Context(), ask, me, password, old, code)
	}
	check := func(password party.Secret) error {
		return w.CheckPaymentPassword(t.Context(), engine.By{}, me, password)
	}

	refuses(t, check("582047"), refusal.PaymentPasswordUnset)
	refuses(t, check(""), refusal.PaymentPasswordMissing)
	refuses(t, set(Ask{}, "123456", "", ""), refusal.PaymentPasswordWeak)
	first := Ask{Key: "k", By: engine.By{Actor: "user"}}
	for range 2 {
		if err := set(first, "582047", "", ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := check("582047"); err != nil {
		t.Error(err)
	}

	err := check("582048")
	refuses(t, err, refusal.PaymentPasswordWrong)
	if got, want := refusal.Of(err).Message, "the payment password is wrong; 4 tries are left"; got != want {
		t.Errorf("it says %q", got)
	}
	refuses(t, set(Ask{}, "739102", "", ""), refusal.PaymentPasswordMissing)
	refuses(t, set(Ask{}, "739102", "111111", ""), refusal.PaymentPasswordWrong)
	if err := set(Ask{}, "739102", "582047", ""); err != nil {
		t.Error(err)
	}
	refuses(t, check("582047"), refusal.PaymentPasswordWrong)

	for range 3 { // with the one above, four
		refuses(t, check("000000"), refusal.PaymentPasswordWrong)
	}
	err = check("000000")
	if got, want := refusal.Of(err).Message, "the payment password is wrong; it is locked until 2018-11-11T07:00:00Z"; got != want {
		t.Errorf("it says %q", got)
	}
	refuses(t, set(Ask{}, "846201", "739102", ""), refusal.PaymentPasswordLocked)
	refuses(t, set(Ask{}, "846201", "", "123456"), refusal.CodeExpired)
	if err := set(Ask{}, "846201", "", w.code("13800000001", party.ResetPaymentPassword)); err != nil {
		t.Error(err)
	}
	if err := check("846201"); err != nil {
		t.Errorf("a reset ends the lock: %v", err)
	}
	refuses(t, w.CheckPaymentPassword(t.Context(), engine.By{}, party.IDFrom(1), "846201"), refusal.NotFound)
}

func TestVerifyIdentityRaisesPersonAndAccountTogether(t *testing.T) {
	w := newWorld(t)
	me, other := w.person("13800000001").Person.ID, w.person("13800000002").Person.ID
	const number = "11010519491231002X"
	verify := func(who uint64, name, number string, proof party.Proof) error {
		_, err := w.VerifyIdentity(t.Context(), Ask{}, who, name, number, proof)
		return err
	}
	tiers := func(want ledger.Tier) {
		t.Helper()
		p, err := w.Person(t.Context(), me)
		account, err2 := w.store.Account(t.Context(), walletOf(me))
		if err != nil || err2 != nil || p.Tier != want || account.Tier != want {
			t.Errorf("person %d, account %d, want %d; %v %v", p.Tier, account.Tier, want, err, err2)
		}
	}

	refuses(t, verify(me, "Tom", number, party.BasicProof), refusal.IdentityInvalid)
	refuses(t, verify(me, "王伟", "110105194912310021", party.BasicProof), refusal.IdentityInvalid)
	refuses(t, verify(me, "王伟", number, "magic"), refusal.InvalidField)
	refuses(t, verify(party.IDFrom(1), "王伟", number, party.BasicProof), refusal.NotFound)
	tiers(ledger.TierUnknown)
	if err := verify(me, "王伟", number, party.BasicProof); err != nil {
		t.Fatal(err)
	}
	tiers(ledger.TierI)
	refuses(t, verify(me, "王伟", number, party.BasicProof), refusal.IdentityTierRefused)
	refuses(t, verify(me, "王芳", number, party.CardProof), refusal.IdentityInvalid)
	refuses(t, verify(other, "王伟", number, party.FaceProof), refusal.IdentityTaken)
	tiers(ledger.TierI)
	if err := verify(me, "王伟", number, party.FaceProof); err != nil {
		t.Fatal(err)
	}
	tiers(ledger.TierIII)

	refuses(t, w.SetPaymentPassword(t.Context(), Ask{}, me, "491231", "", ""), refusal.PaymentPasswordWeak) // born that day
	p := must[party.Person](t)(w.PersonByPhone(t.Context(), "+86 13800000001"))
	if p.ID != me || p.NameMasked() != "*伟" {
		t.Errorf("%+v", p)
	}
	_, err := w.PersonByPhone(t.Context(), "13800000003")
	refuses(t, err, refusal.PayeeNotFound)
}

func TestProfile(t *testing.T) {
	w := newWorld(t)
	me := w.person("13800000001").Person.ID
	name, locale, bad := " 小明 ", "en", "\x00"
	p := must[party.Person](t)(w.UpdateProfile(t.Context(), Ask{}, me, ProfileChange{Nickname: &name}))
	if p.Nickname != "小明" || p.Locale != party.Chinese {
		t.Errorf("%+v", p)
	}
	p = must[party.Person](t)(w.UpdateProfile(t.Context(), Ask{}, me, ProfileChange{Locale: &locale}))
	if p.Nickname != "小明" || p.Locale != party.English {
		t.Errorf("%+v", p)
	}
	_, err := w.UpdateProfile(t.Context(), Ask{}, me, ProfileChange{Nickname: &bad})
	refuses(t, err, refusal.InvalidField)
}

func TestCards(t *testing.T) {
	w := newWorld(t)
	me, other := w.person("13800000001").Person.ID, w.person("13800000002").Person.ID
	if _, err := w.VerifyIdentity(t.Context(), Ask{}, me, "王伟", "11010519491231002X", party.BasicProof); err != nil {
		t.Fatal(err)
	}
	const number = "6222020000000000000"
	ask := Ask{Key: "k", By: engine.By{Actor: "user"}}
	card := must[party.BankCard](t)(w.AddCard(t.Context(), ask, me, NewCard{Bank: "ICBC", Number: number, Holder: "王伟"}))
	again := must[party.BankCard](t)(w.AddCard(t.Context(), ask, me, NewCard{Bank: "ICBC", Number: number, Holder: "王伟"}))
	if card != again || card.Last4 != "0000" || card.Token == "" || card.Kind != party.Debit {
		t.Errorf("%+v, then %+v", card, again)
	}
	if where := w.journalHolds(number); where != nil {
		t.Errorf("the card's number is in %v", where)
	}
	for _, row := range []struct {
		n    NewCard
		want refusal.Code
	}{
		{NewCard{Bank: "ICBC", Number: "6222020000000000001", Holder: "王伟"}, refusal.InvalidField},
		{NewCard{Bank: "icbc!", Number: number, Holder: "王伟"}, refusal.InvalidField},
		{NewCard{Bank: "ICBC", Number: number, Holder: ""}, refusal.InvalidField},
		{NewCard{Bank: "ICBC", Number: number, Holder: "李雷"}, refusal.IdentityInvalid},
	} {
		_, err := w.AddCard(t.Context(), Ask{}, me, row.n)
		refuses(t, err, row.want)
	}
	_, err := w.AddCard(t.Context(), Ask{}, party.IDFrom(1), NewCard{Bank: "ICBC", Number: number, Holder: "王伟"})
	refuses(t, err, refusal.NotFound)

	_, err = w.Card(t.Context(), other, card.ID)
	refuses(t, err, refusal.NotFound)
	refuses(t, w.RemoveCard(t.Context(), Ask{}, other, card.ID), refusal.NotFound)
	if list := must[[]party.BankCard](t)(w.CardsOf(t.Context(), me)); len(list) != 1 || list[0] != card {
		t.Errorf("%+v", list)
	}
	if err := w.RemoveCard(t.Context(), Ask{}, me, card.ID); err != nil {
		t.Error(err)
	}
	if list := must[[]party.BankCard](t)(w.CardsOf(t.Context(), me)); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestMessagesAreReadUpToOne(t *testing.T) {
	w := newWorld(t)
	in, other := w.person("13800000001"), w.person("13800000002")
	me := in.Person.ID
	for range 3 {
		w.pass(time.Minute)
		w.login("13800000001", DeviceHint{Name: "a new phone"})
	}
	list, err := w.MessagesOf(t.Context(), me, "", 10)
	if err != nil || len(list) != 3 || list[0].Value.At <= list[2].Value.At {
		t.Fatalf("%+v, %v", list, err)
	}
	unread := func(want int) {
		t.Helper()
		if n, err := w.Unread(t.Context(), me, 10); n != want || err != nil {
			t.Errorf("%d unread, %v; want %d", n, err, want)
		}
	}
	unread(3)
	refuses(t, w.MarkRead(t.Context(), engine.By{}, other.Person.ID, list[1].ID), refusal.NotFound)
	for range 2 {
		if err := w.MarkRead(t.Context(), engine.By{}, me, list[1].ID); err != nil {
			t.Fatal(err)
		}
		unread(1)
	}
	page, err := w.MessagesOf(t.Context(), me, list[0].At, 1)
	if err != nil || len(page) != 1 || page[0].ID != list[1].ID || !page[0].Value.Read {
		t.Errorf("%+v, %v", page, err)
	}
	if err := w.MarkRead(t.Context(), engine.By{}, me, ""); err != nil {
		t.Fatal(err)
	}
	unread(0)
}
