package identity

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

func errLogin() error {
	return refusal.New(refusal.LoginFailed, "login name and password do not go together")
}

// Login opens a session for a login name and its password. A name that does not
// exist gets the same answer as a wrong password, after the same work, and locks
// alike. Each login is a session of its own, whatever the idempotency key.
// Refusals: invalid_field (face), login_failed, login_locked, overloaded.
func (s *Service) Login(ctx context.Context, by engine.By, face party.Face, name string, password party.Secret, device DeviceHint) (SignedIn, error) {
	if !face.Valid() {
		return SignedIn{}, refusal.In("face", refusal.InvalidField, "the face must be wallet, merchant or console")
	}
	who, err := s.checkLogin(ctx, by, face, name, password)
	if err != nil {
		return SignedIn{}, err
	}
	return s.open(ctx, by, who, device, warn)
}

// LoginByCode opens a wallet session for whoever holds the phone.
// Refusals: phone_invalid, code_wrong, code_expired, not_found (the phone has no
// account: sign up).
func (s *Service) LoginByCode(ctx context.Context, by engine.By, phone string, code party.Secret, device DeviceHint) (SignedIn, error) {
	phone, err := party.ParsePhone(phone)
	if err != nil {
		return SignedIn{}, err
	}
	if err := s.CheckCode(ctx, Ask{By: by}, phone, party.LoginByCode, code); err != nil {
		return SignedIn{}, err
	}
	who, ok, err := s.find(ctx, party.Wallet, phone)
	if err != nil {
		return SignedIn{}, err
	}
	if !ok { // who holds the phone may know
		return SignedIn{}, errNoAccount()
	}
	return s.open(ctx, by, who, device, warn)
}

func errNoAccount() error {
	return refusal.In("phone", refusal.NotFound, "this phone number has no account; sign up")
}

// checkLogin finds out who signs in. First it takes one of the login name's
// tries, durably, and only then looks; whoever signs in gives them back.
func (s *Service) checkLogin(ctx context.Context, by engine.By, face party.Face, name string, password party.Secret) (known, error) {
	name, err := loginName(face, name)
	if err != nil { // can't be anybody's
		return known{}, errLogin()
	}
	done, err := s.hasher.turn(ctx)
	if err != nil {
		return known{}, err
	}
	defer done()
	if _, err := s.engine.Submit(ctx, takeLoginTry{id: s.fresh("take_login_try"), Face: face, Login: name}, by); err != nil {
		return known{}, err
	}

	who, ok, err := s.find(ctx, face, name)
	if err != nil {
		return known{}, err
	}
	hash := s.decoyOf
	if ok {
		hash = who.password.Hash
	}
	if right := compare(hash, password); !ok || !right {
		return known{}, errLogin()
	}
	return who, nil
}

type takeLoginTry struct {
	id    string
	Face  party.Face `cbor:"1,keyasint"`
	Login string     `cbor:"2,keyasint"`
}

func (c takeLoginTry) ID() string   { return c.id }
func (c takeLoginTry) Name() string { return "take_login_try" }
func (c takeLoginTry) Touches(t *store.Touched) {
	t.Record(loginTries.Key(loginID(c.Face, c.Login)))
}

func (c takeLoginTry) Apply(tx *engine.Tx) (any, error) {
	tries, _ := loginTries.Get(tx, loginID(c.Face, c.Login))
	if _, err := tries.Take(party.LoginTries, tx.NowMilli()); err != nil {
		return nil, err
	}

	loginTries.Put(tx, loginID(c.Face, c.Login), tries)
	return nil, nil
}
