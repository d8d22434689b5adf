package identity

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// ChangePassword changes the principal's own login password, which ends all
// their sessions but this one. The old one is guessed at under the same rule as
// at the login. Refusals: password_weak, login_failed, login_locked, overloaded.
func (s *Service) ChangePassword(ctx context.Context, ask Ask, who Principal, old, password party.Secret) error {
	of, ok, err := s.know(ctx, subject{who.Face, who.Subject})
	if err != nil {
		return err
	}
	if !ok {
		return party.ErrSignedOut()
	}
	cmd := changePassword{id: s.id(ask, "change_password", who.Subject), Who: of.subject, Login: of.login, Keep: who.Session}
	if done, err := s.repeated(ctx, ask, cmd); done || err != nil {
		return err
	}
	if err := party.CheckLoginPassword(password, of.login); err != nil {
		return err
	}
	if cmd.Hash, err = s.hash(ctx, password); err != nil {
		return err
	}
	of, err = s.checkLogin(ctx, ask.By, who.Face, of.login, old)
	if err != nil {
		return err
	}
	cmd.Epoch = of.password.Epoch
	_, err = s.engine.Submit(ctx, cmd, ask.By)
	return err
}

// ResetPassword sets a new login password for whoever holds the phone, which
// ends all sessions but keep's, if the caller has one.
// Refusals: phone_invalid, password_weak, code_wrong, code_expired, not_found.
func (s *Service) ResetPassword(ctx context.Context, ask Ask, phone string, code, password party.Secret, keep Principal) error {
	phone, err := party.ParsePhone(phone)
	if err != nil {
		return err
	}
	if err := party.CheckLoginPassword(password, phone); err != nil {
		return err
	}
	hash, err := s.hash(ctx, password) // before the code is used up
	if err != nil {
		return err
	}
	if err := s.CheckCode(ctx, ask, phone, party.ResetPassword, code); err != nil {
		return err
	}
	of, ok, err := s.find(ctx, party.Wallet, phone)
	if err != nil {
		return err
	}
	if !ok {
		return errNoAccount()
	}
	cmd := changePassword{id: s.id(ask, "reset_password", phone), Who: of.subject, Login: phone, Keep: keep.Session, Epoch: of.password.Epoch, Hash: hash}
	_, err = s.engine.Submit(ctx, cmd, ask.By)
	return err
}

const passwordChanged = "security_password_changed"

type changePassword struct {
	id    string
	Who   subject    `cbor:"1,keyasint"`
	Login string     `cbor:"2,keyasint"`
	Keep  string     `cbor:"3,keyasint,omitempty"` // the session that goes on
	Epoch uint64     `cbor:"-"`                    // of the password that was checked
	Hash  party.Hash `cbor:"-"`
}

func (c changePassword) ID() string   { return c.id }
func (c changePassword) Name() string { return "change_password" }
func (c changePassword) Touches(t *store.Touched) {
	t.Record(c.Who.key(), loginTries.Key(loginID(c.Who.Face, c.Login)))
	if c.Keep != "" {
		t.Record(sessions.Key(c.Keep))
	}
}

func (c changePassword) Apply(tx *engine.Tx) (any, error) {
	password, ok := c.Who.credential(tx)
	if !ok {
		return nil, party.ErrSignedOut()
	}
	if password.Epoch != c.Epoch {
		return nil, refusal.New(refusal.LoginFailed, "the password was changed by somebody else just now; nothing was done")
	}

	epoch := c.Who.setPassword(tx, c.Hash)
	if c.Keep != "" {
		session, ok := sessions.Get(tx, c.Keep)
		if ok && session.Face == c.Who.Face && session.Subject == c.Who.ID && session.Epoch == c.Epoch {
			session.Epoch = epoch
			sessions.Put(tx, c.Keep, session)
		}
	}
	loginTries.Delete(tx, loginID(c.Who.Face, c.Login))
	if c.Who.Face == party.Wallet {
		PutMessage(tx, party.Message{Person: personID(c.Who), Kind: passwordChanged})
	}
	return nil, nil
}
