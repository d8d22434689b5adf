package identity

import (
	"testing"

	"tongbao/internal/engine"
	"tongbao/internal/party"
)

func TestNoSecretReachesTheJournal(t *testing.T) {
	w := newWorld(t)
	code := w.code("13800000001", party.SignUp)
	in := must[SignedIn](t)(w.SignUp(t.Context(), Ask{Key: "k"}, NewPerson{Phone: "13800000001", Code: code, Password: password}))
	if err := w.SetPaymentPassword(t.Context(), Ask{}, in.Person.ID, "582047", "", ""); err != nil {
		t.Fatal(err)
	}
	if err := w.CheckPaymentPassword(t.Context(), engine.By{}, in.Person.ID, "582047"); err != nil {
		t.Fatal(err)
	}
	_ = w.CheckPaymentPassword(t.Context(), engine.By{}, in.Person.ID, "739164")
	_, _ = w.Login(t.Context(), engine.By{}, party.Wallet, "13800000001", "a wrong password", DeviceHint{})
	for name, secret := range map[string]string{
		"password": password.Reveal(), "payment password": "582047", "wrong payment password": "739164", "wrong password": "a wrong password",
		"token": in.Token.Reveal(), "CSRF token": in.CSRF.Reveal(), "code": code.Reveal(),
	} {
		if where := w.journalHolds(secret); where != nil {
			t.Errorf("the %s is in %v", name, where)
		}
	}

	// Operators see contents and results: no hashes either, no identity number.
	if _, err := w.VerifyIdentity(t.Context(), Ask{}, in.Person.ID, "王伟", "11010519491231002X", party.BasicProof); err != nil {
		t.Fatal(err)
	}
	for _, seen := range []string{"$argon2id$", "11010519491231002X"} {
		for _, where := range w.journalHolds(seen) {
			switch where {
			case "sign_up person", "take_payment_try person", "clear_payment_tries person", "set_payment_password person", "verify_identity person", "verify_identity resident":
			default:
				t.Errorf("%s is in %q", seen, where)
			}
		}
	}
}

func TestTheJournalSaysWhoDidWhat(t *testing.T) {
	w := newWorld(t)
	in := w.person("13800000001")
	ask := Ask{By: engine.By{Actor: in.Principal.Actor(), Request: "req_7"}}
	if err := w.SetPaymentPassword(t.Context(), ask, in.Person.ID, "582047", "", ""); err != nil {
		t.Fatal(err)
	}
	entries, err := w.store.Journal(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	last := entries[len(entries)-1]
	if last.Name != "set_payment_password" || last.Actor != "user:"+party.FormatID(in.Person.ID) || last.Request != "req_7" {
		t.Errorf("%s by %q in %q", last.Name, last.Actor, last.Request)
	}
	for _, e := range entries {
		if e.Name == "open_session" && e.Actor != in.Principal.Actor() {
			t.Errorf("a session was opened by %q", e.Actor)
		}
	}
}

func TestArgon(t *testing.T) {
	hash := quick.hash(password, []byte("sixteen bytes!!!"))
	if !compare(hash, password) || compare(hash, password+"x") || compare("", password) || compare("$argon2id$v=19$m=0,t=0,p=0$$", password) || compare("plain", "plain") {
		t.Error("comparing is wrong")
	}
	// From the reference implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32 -e
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if !compare(reference, "password") {
		t.Error("the reference's hash does not compare")
	}
}
