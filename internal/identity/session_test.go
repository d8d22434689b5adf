package identity

import (
	"strings"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (w *world) login(phone string, device DeviceHint) SignedIn {
	w.t.Helper()
	return must[SignedIn](w.t)(w.Login(w.t.Context(), engine.By{}, party.Wallet, phone, password, device))
}

func TestLoginDoesNotTellWhetherAPhoneExists(t *testing.T) {
	w := newWorld(t)
	w.person("13800000001")
	said := map[string]string{}
	for name, phone := range map[string]string{"known": "13800000001", "unknown": "13800000002", "not a phone": "alice"} {
		_, err := w.Login(t.Context(), engine.By{}, party.Wallet, phone, "wrong password", DeviceHint{})
		refuses(t, err, refusal.LoginFailed)
		said[name] = err.Error()
	}
	if said["known"] != said["unknown"] || said["known"] != said["not a phone"] {
		t.Errorf("the answers differ: %v", said)
	}
	for _, phone := range []string{"13800000001", "13800000002"} {
		a := must[SentCode](t)(w.SendCode(t.Context(), Ask{}, phone, party.LoginByCode))
		if a.RetryAfterSeconds != 60 {
			t.Errorf("%+v", a)
		}
	}
	_, err := w.Login(t.Context(), engine.By{}, "shop", "13800000001", password, DeviceHint{})
	refuses(t, err, refusal.InvalidField)
}

// Somebody who measures must not learn either: the slow part is done for a name
// that doesn't exist too, on a hash with the same parameters.
func TestANameThatDoesNotExistIsHashedAllTheSame(t *testing.T) {
	w := newWorld(t)
	if compare(w.decoyOf, "") || compare(w.decoyOf, password) {
		t.Error("the decoy compares with something")
	}
	real := w.opt.Argon.hash(password, make([]byte, 16)).Reveal()
	parameters := strings.LastIndex(real[:len(real)-60], "$") // before salt and hash
	if decoy := w.decoyOf.Reveal(); len(decoy) != len(real) || decoy[:parameters] != real[:parameters] {
		t.Errorf("the decoy %s is not like %s", decoy, real)
	}
}

func TestLoginByCode(t *testing.T) {
	w := newWorld(t)
	signedUp := w.person("13800000001")
	in := must[SignedIn](t)(w.LoginByCode(t.Context(), engine.By{}, "13800000001", w.code("13800000001", party.LoginByCode), DeviceHint{}))
	if in.Person.ID != signedUp.Person.ID || !w.stands(in) {
		t.Errorf("%+v", in.Principal)
	}
	_, err := w.LoginByCode(t.Context(), engine.By{}, "13800000002", w.code("13800000002", party.LoginByCode), DeviceHint{})
	refuses(t, err, refusal.NotFound)
}

func TestASessionOpensItsOwnFaceAlone(t *testing.T) {
	w := newWorld(t)
	in := w.person("13800000001")
	for _, row := range []struct {
		face  party.Face
		token party.Secret
	}{{party.MerchantFace, in.Token}, {party.Console, in.Token}, {party.Wallet, ""}, {party.Wallet, in.Token[1:]}, {party.Wallet, in.CSRF}, {party.Wallet, party.Secret(in.Principal.Session)}, {"", in.Token}} {
		_, err := w.Session(t.Context(), row.face, row.token, "")
		refuses(t, err, refusal.Unauthenticated)
	}
	again := must[SignedIn](t)(w.Session(t.Context(), party.Wallet, in.Token, ""))
	if again.CSRF != in.CSRF || again.Principal != in.Principal || again.Token != "" {
		t.Errorf("%+v, then %+v", in.Principal, again.Principal)
	}
}

func TestASessionSlidesWithUseAndCostsAWriteNowAndThen(t *testing.T) {
	w := newWorld(t)
	in := w.person("13800000001")
	writes := func() uint64 {
		head, err := w.store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return head.Position
	}
	before := writes()
	for range 10 {
		w.pass(time.Minute)
		if !w.stands(in) {
			t.Fatal("it ended")
		}
	}
	if writes() != before {
		t.Error("ten minutes' use was written")
	}
	for range 12 {
		w.pass(10 * 24 * time.Hour) // 120 days
		if !w.stands(in) {
			t.Fatal("it ended while it was used")
		}
	}
	if n := writes() - before; n != 12 {
		t.Errorf("twelve visits cost %d writes", n)
	}
	devices := must[[]party.Device](t)(w.DevicesOf(t.Context(), in.Principal))
	if len(devices) != 1 || devices[0].Last != w.now.UnixMilli() || devices[0].Name != "Mi 8" {
		t.Errorf("%+v", devices)
	}
	w.pass(30 * 24 * time.Hour)
	if w.stands(in) {
		t.Error("it outlives thirty days without use")
	}
	if n, err := w.SweepSessions(t.Context(), engine.By{}, 100); n != 1 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if n, err := w.SweepSessions(t.Context(), engine.By{}, 100); n != 0 || err != nil {
		t.Errorf("swept %d again, %v", n, err)
	}
}

func TestLogoutEndsOneSession(t *testing.T) {
	w := newWorld(t)
	a, b := w.person("13800000001"), w.login("13800000001", DeviceHint{})
	for range 2 { // twice is once
		if err := w.Logout(t.Context(), Ask{}, a.Principal); err != nil {
			t.Error(err)
		}
	}
	if w.stands(a) || !w.stands(b) {
		t.Errorf("%v %v", w.stands(a), w.stands(b))
	}
	if err := w.Logout(t.Context(), Ask{}, Principal{}); err != nil {
		t.Error(err)
	}
}

func TestRemovingADeviceEndsItsSessionsForGood(t *testing.T) {
	w := newWorld(t)
	here := w.person("13800000001")
	other := w.person("13800000002")
	phone := w.login("13800000001", DeviceHint{Name: "old phone"})
	samePhone := w.login("13800000001", DeviceHint{ID: phone.Principal.Device, Name: "old phone"})
	if phone.Principal.Device != samePhone.Principal.Device || phone.Principal.Device == here.Principal.Device {
		t.Error("devices are not told apart")
	}
	stolen := w.login("13800000002", DeviceHint{ID: phone.Principal.Device}) // an id alone is nobody's
	if stolen.Principal.Device == phone.Principal.Device {
		t.Error("somebody else's device was taken over")
	}

	refuses(t, w.RemoveDevice(t.Context(), Ask{}, other.Principal, phone.Principal.Device), refusal.NotFound)
	refuses(t, w.RemoveDevice(t.Context(), Ask{}, here.Principal, "dev_nothing"), refusal.NotFound)
	if err := w.RemoveDevice(t.Context(), Ask{}, here.Principal, phone.Principal.Device); err != nil {
		t.Fatal(err)
	}
	if w.stands(phone) || w.stands(samePhone) || !w.stands(here) || !w.stands(other) {
		t.Error("the wrong sessions stand")
	}
	back := w.login("13800000001", DeviceHint{ID: phone.Principal.Device})
	if w.stands(phone) || !w.stands(back) || back.Principal.Device == phone.Principal.Device {
		t.Error("the removed device came back")
	}
	if devices := must[[]party.Device](t)(w.DevicesOf(t.Context(), here.Principal)); len(devices) != 2 {
		t.Errorf("%+v", devices)
	}
}

func TestANewDeviceIsNews(t *testing.T) {
	w := newWorld(t)
	in := w.person("13800000001")
	w.login("13800000001", DeviceHint{ID: in.Principal.Device})
	w.login("13800000001", DeviceHint{Name: "Somebody's PC"})
	list, err := w.MessagesOf(t.Context(), in.Person.ID, "", 10)
	if err != nil || len(list) != 1 || list[0].Value.Kind != newDevice || list[0].Value.Params["device"] != "Somebody's PC" {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestANewPasswordEndsAllOtherSessions(t *testing.T) {
	w := newWorld(t)
	here := w.person("13800000001")
	there := w.login("13800000001", DeviceHint{})
	const next, third party.Secret = "correct horse", "battery staple"

	refuses(t, w.ChangePassword(t.Context(), Ask{}, here.Principal, "wrong password", next), refusal.LoginFailed)
	refuses(t, w.ChangePassword(t.Context(), Ask{}, here.Principal, password, "short"), refusal.PasswordWeak)
	if !w.stands(here) || !w.stands(there) {
		t.Error("a refusal ended a session")
	}
	ask := Ask{Key: "k", By: engine.By{Actor: here.Principal.Actor()}}
	for range 2 { // the repeat can't give the old password any more, and need not
		if err := w.ChangePassword(t.Context(), ask, here.Principal, password, next); err != nil {
			t.Fatal(err)
		}
	}
	if !w.stands(here) || w.stands(there) {
		t.Error("the wrong sessions stand")
	}
	_, err := w.Login(t.Context(), engine.By{}, party.Wallet, "13800000001", password, DeviceHint{})
	refuses(t, err, refusal.LoginFailed)

	reset := Ask{Key: "r", By: engine.By{Actor: "anonymous"}}
	code := w.code("13800000001", party.ResetPassword)
	for range 2 {
		if err := w.ResetPassword(t.Context(), reset, "13800000001", code, third, Principal{}); err != nil {
			t.Fatal(err)
		}
	}
	if w.stands(here) {
		t.Error("a reset left a session")
	}
	must[SignedIn](t)(w.Login(t.Context(), engine.By{}, party.Wallet, "13800000001", third, DeviceHint{}))
	refuses(t, w.ResetPassword(t.Context(), Ask{}, "13800000009", w.code("13800000009", party.ResetPassword), third, Principal{}), refusal.NotFound)
}
