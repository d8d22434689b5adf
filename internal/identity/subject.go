package identity

import (
	"context"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/store"
)

// subject is somebody who can sign in: a person at the wallet, a member of
// staff at the merchants' face, an operator at the console.
type subject struct {
	Face party.Face `cbor:"1,keyasint"`
	ID   string     `cbor:"2,keyasint"`
}

func (who subject) key() store.Key {
	switch who.Face {
	case party.Wallet:
		return People.Key(who.ID)
	case party.MerchantFace:
		return Staff.Key(who.ID)
	case party.Console:
		return Operators.Key(who.ID)
	}
	panic(fmt.Sprintf("identity: nobody signs in at the face %q", who.Face))
}

// credential is the subject's login password; ok is false where there is no
// such subject.
func (who subject) credential(tx *engine.Tx) (c party.Credential, ok bool) {
	switch who.Face {
	case party.Wallet:
		p, ok := People.Get(tx, who.ID)
		return p.Login, ok
	case party.MerchantFace:
		m, ok := Staff.Get(tx, who.ID)
		return m.Login, ok
	default:
		o, ok := Operators.Get(tx, who.ID)
		return o.Login, ok
	}
}

// setPassword changes the login password, which ends all sessions.
func (who subject) setPassword(tx *engine.Tx, hash party.Hash) (epoch uint64) {
	switch who.Face {
	case party.Wallet:
		p, _ := People.Get(tx, who.ID)
		p.Login.Set(hash, tx.NowMilli())
		People.Put(tx, who.ID, p)
		return p.Login.Epoch
	case party.MerchantFace:
		m, _ := Staff.Get(tx, who.ID)
		m.Login.Set(hash, tx.NowMilli())
		Staff.Put(tx, who.ID, m)
		return m.Login.Epoch
	default:
		o, _ := Operators.Get(tx, who.ID)
		o.Login.Set(hash, tx.NowMilli())
		Operators.Put(tx, who.ID, o)
		return o.Login.Epoch
	}
}

// known is what is durable about a subject.
type known struct {
	subject
	login    string // the name to sign in with
	password party.Credential
	person   *party.Person
	staff    *party.Staff
	merchant *party.Merchant
	operator *party.Operator
}

// know reads a subject; ok is false where there is none.
func (s *Service) know(ctx context.Context, who subject) (k known, ok bool, err error) {
	k.subject = who
	from := s.engine.Store()
	switch who.Face {
	case party.Wallet:
		p, ok, err := People.Read(ctx, from, who.ID)
		if err != nil || !ok {
			return k, false, err
		}
		k.person, k.login, k.password = &p, p.Phone, p.Login
	case party.MerchantFace:
		m, ok, err := Staff.Read(ctx, from, who.ID)
		if err != nil || !ok {
			return k, false, err
		}
		of, ok, err := Merchants.Read(ctx, from, party.FormatID(m.Merchant))
		if err != nil || !ok {
			return k, false, err
		}
		k.staff, k.merchant, k.login, k.password = &m, &of, m.LoginAs, m.Login
	case party.Console:
		o, ok, err := Operators.Read(ctx, from, who.ID)
		if err != nil || !ok {
			return k, false, err
		}
		k.operator, k.login, k.password = &o, o.LoginAs, o.Login
	default:
		return k, false, nil
	}
	return k, true, nil
}

// loginName reads a login name as the face takes it: a phone number at the
// wallet, a name elsewhere.
func loginName(face party.Face, text string) (string, error) {
	if face == party.Wallet {
		return party.ParsePhone(text)
	}
	return party.ParseLoginName(text)
}

// find reads who signs in with a login name at a face.
func (s *Service) find(ctx context.Context, face party.Face, name string) (known, bool, error) {
	of, ok, err := logins.Read(ctx, s.engine.Store(), loginID(face, name))
	if err != nil || !ok {
		return known{}, false, err
	}
	return s.know(ctx, subject{face, of.Subject})
}

// principal is the subject as the one who is asking.
func (k known) principal(mode party.Mode) Principal {
	p := Principal{Subject: k.ID, Face: k.Face, Scope: party.Full, Mode: mode}
	switch {
	case k.person != nil:
		p.Kind, p.ID, p.Role = User, k.person.ID, party.PersonRole
	case k.staff != nil:
		p.Kind, p.ID, p.Role = Merchant, k.merchant.ID, k.staff.Role
		if k.merchant.Status == party.MerchantFrozen {
			p.Scope = party.Read
		}
	case k.operator != nil:
		p.Kind, p.Role = Operator, k.operator.Role
	}
	return p
}
