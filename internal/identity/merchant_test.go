package identity

import (
	"strings"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (w *world) staffLogin(login string, password party.Secret) (SignedIn, error) {
	return w.Login(w.t.Context(), engine.By{}, party.MerchantFace, login, password, DeviceHint{})
}

func TestMerchants(t *testing.T) {
	w := newWorld(t)
	m := w.merchant("Tea@Example.com")
	if !party.IsMerchant(m.ID) || m.OwnerLogin != "tea@example.com" || m.FeeRate != 6000 || m.Status != party.MerchantActive {
		t.Errorf("%+v", m)
	}
	in := must[SignedIn](t)(w.staffLogin("TEA@example.com", password))
	if in.Principal.Actor() != "merchant:"+party.FormatID(m.ID)+"/"+in.Staff.ID || in.Principal.Role != party.Owner || in.Merchant.ID != m.ID {
		t.Errorf("%+v", in.Principal)
	}
	for _, row := range []struct {
		n    NewMerchant
		want refusal.Code
	}{
		{NewMerchant{Name: "", Login: "x@y", Password: password}, refusal.InvalidField},
		{NewMerchant{Name: "X", FeeRate: -1, Login: "x@y", Password: password}, refusal.InvalidField},
		{NewMerchant{Name: "X", FeeRate: party.MaxFeeRate + 1, Login: "x@y", Password: password}, refusal.InvalidField},
		{NewMerchant{Name: "X", Login: "x y", Password: password}, refusal.InvalidField},
		{NewMerchant{Name: "X", Login: "x@y", Password: "x"}, refusal.PasswordWeak},
		{NewMerchant{Name: "X", Login: "tea@example.com", Password: password}, refusal.LoginTaken},
	} {
		_, err := w.CreateMerchant(t.Context(), Ask{}, row.n)
		refuses(t, err, row.want)
	}

	// Frozen, its staff and its keys look and no more.
	key, secret, err := w.CreateKey(t.Context(), Ask{}, m.ID, "server", party.Full)
	if err != nil {
		t.Fatal(err)
	}
	frozen, rate := party.MerchantFrozen, money.Rate(5500)
	m = must[party.Merchant](t)(w.UpdateMerchant(t.Context(), Ask{}, m.ID, MerchantChange{Status: &frozen, FeeRate: &rate}))
	if m.Status != frozen || m.FeeRate != rate {
		t.Errorf("%+v", m)
	}
	in = must[SignedIn](t)(w.Session(t.Context(), party.MerchantFace, in.Token, ""))
	who := must[Principal](t)(w.Key(t.Context(), secret, ""))
	if in.Principal.May(party.Refund) || !in.Principal.May(party.View) || who.May(party.CreatePayment) || !who.May(party.View) || who.KeyID != key.ID {
		t.Error("a frozen merchant acts")
	}
	card := "card_of_nobody"
	_, err = w.UpdateMerchant(t.Context(), Ask{}, m.ID, MerchantChange{SettlementCard: &card})
	refuses(t, err, refusal.NotFound)
}

func TestTheSettlementCardGoesWithTheCard(t *testing.T) {
	w := newWorld(t)
	m := w.merchant("tea@example.com")
	card := must[party.BankCard](t)(w.AddCard(t.Context(), Ask{}, m.ID, NewCard{Bank: "ICBC", Number: "6222020000000000000", Holder: "Tea & Co"}))
	m = must[party.Merchant](t)(w.UpdateMerchant(t.Context(), Ask{}, m.ID, MerchantChange{SettlementCard: &card.ID}))
	if m.SettlementCard != card.ID {
		t.Errorf("%+v", m)
	}
	if err := w.RemoveCard(t.Context(), Ask{}, m.ID, card.ID); err != nil {
		t.Fatal(err)
	}
	if m = must[party.Merchant](t)(w.Merchant(t.Context(), m.ID)); m.SettlementCard != "" {
		t.Errorf("%+v", m)
	}
}

func TestStaff(t *testing.T) {
	w := newWorld(t)
	m, rival := w.merchant("owner@tea"), w.merchant("owner@coffee")
	ask := Ask{Key: "k", By: engine.By{Actor: "merchant"}}
	n := NewColleague{Login: "till@tea", Name: "Till", Role: party.Cashier, Password: password}
	till := must[party.Staff](t)(w.AddStaff(t.Context(), ask, m.ID, n))
	again := must[party.Staff](t)(w.AddStaff(t.Context(), ask, m.ID, n))
	if till.ID != again.ID || till.Role != party.Cashier {
		t.Errorf("%+v, then %+v", till, again)
	}
	_, err := w.AddStaff(t.Context(), Ask{}, rival.ID, n)
	refuses(t, err, refusal.LoginTaken)
	n.Role = party.Admin
	_, err = w.AddStaff(t.Context(), Ask{}, m.ID, n)
	refuses(t, err, refusal.InvalidField)

	// A role counts at once, a password ends sessions, another merchant sees nobody.
	in := must[SignedIn](t)(w.staffLogin("till@tea", password))
	if !in.Principal.May(party.CreatePayment) || in.Principal.May(party.Refund) {
		t.Error("a cashier's rights are wrong")
	}
	manager, boss, next := party.Manager, party.Role("boss"), party.Secret("correct horse")
	must[party.Staff](t)(w.UpdateStaff(t.Context(), Ask{}, m.ID, till.ID, StaffChange{Role: &manager}))
	in = must[SignedIn](t)(w.Session(t.Context(), party.MerchantFace, in.Token, ""))
	if !in.Principal.May(party.Refund) {
		t.Error("the new role does not count")
	}
	_, err = w.UpdateStaff(t.Context(), Ask{}, m.ID, till.ID, StaffChange{Role: &boss})
	refuses(t, err, refusal.InvalidField)
	_, err = w.UpdateStaff(t.Context(), Ask{}, rival.ID, till.ID, StaffChange{Role: &manager})
	refuses(t, err, refusal.NotFound)
	refuses(t, w.RemoveStaff(t.Context(), Ask{}, rival.ID, till.ID), refusal.NotFound)
	opened := must[SignedIn](t)(w.staffLogin("till@tea", password))
	must[party.Staff](t)(w.UpdateStaff(t.Context(), Ask{}, m.ID, till.ID, StaffChange{Password: &next}))
	if w.stands(opened) {
		t.Error("a session outlived its password")
	}
	opened = must[SignedIn](t)(w.staffLogin("till@tea", next))

	// There is always an owner.
	team := must[[]party.Staff](t)(w.Team(t.Context(), m.ID))
	if len(team) != 2 || team[0].Role != party.Owner {
		t.Fatalf("%+v", team)
	}
	owner, asOwner := team[0], party.Owner
	_, err = w.UpdateStaff(t.Context(), Ask{}, m.ID, owner.ID, StaffChange{Role: &manager})
	refuses(t, err, refusal.LastOwner)
	refuses(t, w.RemoveStaff(t.Context(), Ask{}, m.ID, owner.ID), refusal.LastOwner)
	must[party.Staff](t)(w.UpdateStaff(t.Context(), Ask{}, m.ID, till.ID, StaffChange{Role: &asOwner}))
	remove := Ask{Key: "r", By: engine.By{Actor: "merchant"}}
	for range 2 {
		if err := w.RemoveStaff(t.Context(), remove, m.ID, owner.ID); err != nil {
			t.Fatal(err)
		}
	}
	refuses(t, w.RemoveStaff(t.Context(), Ask{}, m.ID, till.ID), refusal.LastOwner)
	if !w.stands(opened) {
		t.Error("the wrong session ended")
	}
	_, err = w.staffLogin("owner@tea", password)
	refuses(t, err, refusal.LoginFailed)
	w.merchant("owner@tea") // the name is free again
}

func TestAPIKeys(t *testing.T) {
	w := newWorld(t)
	m, rival := w.merchant("owner@tea"), w.merchant("owner@coffee")
	ask := Ask{Key: "k", By: engine.By{Actor: "merchant"}}
	key, secret, err := w.CreateKey(t.Context(), ask, m.ID, "server", party.Full)
	if err != nil || !strings.HasPrefix(secret.Reveal(), key.Prefix()) || !strings.HasPrefix(key.Prefix(), "sk_test_") {
		t.Fatalf("%+v, %v", key, err)
	}
	again, shown, err := w.CreateKey(t.Context(), ask, m.ID, "server", party.Full)
	if err != nil || again.ID != key.ID || shown != "" {
		t.Errorf("the repeat is %s, its secret %q, %v", again.ID, shown.Reveal(), err)
	}
	if where := w.journalHolds(secret.Reveal()[len(key.Prefix()):]); where != nil {
		t.Errorf("the secret is in %v", where)
	}

	who := must[Principal](t)(w.Key(t.Context(), secret, "req_1"))
	if who.Actor() != "merchant:"+party.FormatID(m.ID)+"/"+key.ID || !who.May(party.Refund) || who.May(party.ManageKeys) {
		t.Errorf("%+v", who)
	}
	_, readSecret, err := w.CreateKey(t.Context(), Ask{}, m.ID, "report", party.Read)
	if err != nil {
		t.Fatal(err)
	}
	if reader := must[Principal](t)(w.Key(t.Context(), readSecret, "")); !reader.May(party.View) || reader.May(party.Refund) {
		t.Errorf("%+v", reader)
	}

	// Used is noted once in ten minutes, by one of however many requests.
	head := func() uint64 {
		at, err := w.store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return at.Position
	}
	before := head()
	w.pass(11 * time.Minute)
	same(t, tally(50, func(int) error { _, err := w.Key(t.Context(), secret, ""); return err }), map[string]int{"yes": 50})
	if n := head() - before; n != 1 {
		t.Errorf("fifty requests wrote %d times", n)
	}
	if list := must[[]party.APIKey](t)(w.KeysOf(t.Context(), m.ID)); len(list) != 2 || list[1].Used != w.now.UnixMilli() {
		t.Errorf("%+v", list)
	}

	text := secret.Reveal()
	other := byte('a')
	if text[len(text)-1] == 'a' {
		other = 'b'
	}
	for _, wrong := range []string{"", "sk_test_", text[:len(text)-1], text[:len(text)-1] + string(other), strings.Replace(text, "test", "live", 1), text + " "} {
		_, err := w.Key(t.Context(), party.Secret(wrong), "")
		refuses(t, err, refusal.InvalidKey)
	}
	refuses(t, w.RevokeKey(t.Context(), Ask{}, rival.ID, key.ID), refusal.NotFound)
	for range 2 {
		if err := w.RevokeKey(t.Context(), Ask{}, m.ID, key.ID); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.Key(t.Context(), secret, "")
	refuses(t, err, refusal.InvalidKey)
	_, _, err = w.CreateKey(t.Context(), Ask{}, m.ID, "x", "half")
	refuses(t, err, refusal.InvalidField)
}

func TestOperators(t *testing.T) {
	w := newWorld(t)
	for _, role := range []party.Role{party.Agent, party.Auditor, party.Admin} {
		login := string(role) + "@tongbao"
		o := must[party.Operator](t)(w.CreateOperator(t.Context(), Ask{}, NewColleague{Login: login, Name: string(role), Role: role, Password: password}))
		in := must[SignedIn](t)(w.Login(t.Context(), engine.By{}, party.Console, login, password, DeviceHint{}))
		if in.Principal.Actor() != "operator:"+o.ID || in.Principal.May(party.DecideDispute) != (role != party.Auditor) || !in.Principal.May(party.View) {
			t.Errorf("%+v", in.Principal)
		}
		if err := w.ChangePassword(t.Context(), Ask{}, in.Principal, password, "correct horse"); err != nil || !w.stands(in) {
			t.Errorf("%s: %v", role, err)
		}
	}
	if list := must[[]party.Operator](t)(w.ListOperators(t.Context())); len(list) != 3 {
		t.Errorf("%+v", list)
	}
	_, err := w.CreateOperator(t.Context(), Ask{}, NewColleague{Login: "admin@tongbao", Name: "x", Role: party.Admin, Password: password})
	refuses(t, err, refusal.LoginTaken)
	_, err = w.CreateOperator(t.Context(), Ask{}, NewColleague{Login: "y@tongbao", Name: "x", Role: party.Owner, Password: password})
	refuses(t, err, refusal.InvalidField)
	_, err = w.Login(t.Context(), engine.By{}, party.MerchantFace, "admin@tongbao", password, DeviceHint{})
	refuses(t, err, refusal.LoginFailed) // each face has its own names
}
