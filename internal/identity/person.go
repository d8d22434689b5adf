package identity

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// Person is the person with that id. Refusal: not_found.
func (s *Service) Person(ctx context.Context, id uint64) (party.Person, error) {
	p, ok, err := People.Read(ctx, s.engine.Store(), party.FormatID(id))
	if err == nil && !ok {
		err = refusal.New(refusal.NotFound, "no such person")
	}
	return p, err
}

// PersonByPhone is whose phone number it is. Refusals: phone_invalid,
// payee_not_found.
func (s *Service) PersonByPhone(ctx context.Context, phone string) (party.Person, error) {
	phone, err := party.ParsePhone(phone)
	if err != nil {
		return party.Person{}, err
	}
	who, ok, err := s.find(ctx, party.Wallet, phone)
	if err != nil {
		return party.Person{}, err
	}
	if !ok {
		return party.Person{}, refusal.In("phone", refusal.PayeeNotFound, "no account has this phone number")
	}
	return *who.person, nil
}

// ProfileChange is what a person may change freely; nil leaves a thing as it is.
type ProfileChange struct {
	Nickname *string
	Locale   *string
}

// UpdateProfile changes a person's nickname or locale.
// Refusals: invalid_field, not_found.
func (s *Service) UpdateProfile(ctx context.Context, ask Ask, personID uint64, change ProfileChange) (party.Person, error) {
	cmd := updateProfile{id: s.id(ask, "update_profile", party.FormatID(personID)), Person: personID}
	var err error
	if change.Nickname != nil {
		if cmd.Nickname, err = party.ParseNickname(*change.Nickname); err != nil {
			return party.Person{}, err
		}
	}
	if change.Locale != nil {
		if cmd.Locale, err = party.ParseLocale(*change.Locale); err != nil {
			return party.Person{}, err
		}
	}
	if _, err := s.engine.Submit(ctx, cmd, ask.By); err != nil {
		return party.Person{}, err
	}
	return s.Person(ctx, personID)
}

type updateProfile struct {
	id       string
	Person   uint64 `cbor:"1,keyasint"`
	Nickname string `cbor:"2,keyasint,omitempty"` // empty: stays
	Locale   string `cbor:"3,keyasint,omitempty"`
}

func (c updateProfile) ID() string   { return c.id }
func (c updateProfile) Name() string { return "update_profile" }
func (c updateProfile) Touches(t *store.Touched) {
	t.Record(People.Key(party.FormatID(c.Person)))
}

func (c updateProfile) Apply(tx *engine.Tx) (any, error) {
	p, err := person(tx, c.Person)
	if err != nil {
		return nil, err
	}

	if c.Nickname != "" {
		p.Nickname = c.Nickname
	}
	if c.Locale != "" {
		p.Locale = c.Locale
	}
	People.Put(tx, party.FormatID(c.Person), p)
	return nil, nil
}

// VerifyIdentity raises a person's tier, on the record and on the account in
// one commit, under a name and a resident's number. What proved them (a
// database, a bank, a face) has said yes before this is called.
// Refusals: identity_invalid, invalid_field (proof), identity_tier_refused,
// identity_taken, not_found.
func (s *Service) VerifyIdentity(ctx context.Context, ask Ask, personID uint64, name, number string, proof party.Proof) (party.Person, error) {
	name, err := party.ParseName(name)
	if err != nil {
		return party.Person{}, err
	}
	resident, err := party.ParseResidentID(number, s.engine.Now().In(s.engine.Zone()).Format("20060102"))
	if err != nil {
		return party.Person{}, err
	}
	tier, err := proof.Tier()
	if err != nil {
		return party.Person{}, err
	}
	cmd := verifyIdentity{id: s.id(ask, "verify_identity", party.FormatID(personID)), Person: personID, Tier: tier, RealName: name, Number: resident}
	if _, err := s.engine.Submit(ctx, cmd, ask.By); err != nil {
		return party.Person{}, err
	}
	return s.Person(ctx, personID)
}

// verifyIdentity keeps name and number out of its contents, which operators see
// in the console; they are in the record, where they are needed.
type verifyIdentity struct {
	id       string
	Person   uint64           `cbor:"1,keyasint"`
	Tier     ledger.Tier      `cbor:"2,keyasint"`
	RealName string           `cbor:"-"`
	Number   party.ResidentID `cbor:"-"`
}

func (c verifyIdentity) ID() string   { return c.id }
func (c verifyIdentity) Name() string { return "verify_identity" }
func (c verifyIdentity) Touches(t *store.Touched) {
	t.Record(People.Key(party.FormatID(c.Person)), residents.Key(c.Number.Reveal()))
	t.Account(walletOf(c.Person))
}

func (c verifyIdentity) Apply(tx *engine.Tx) (any, error) {
	p, err := person(tx, c.Person)
	if err != nil {
		return nil, err
	}
	if known, ok := residents.Get(tx, c.Number.Reveal()); ok && known.Person != c.Person {
		return nil, refusal.In("id_number", refusal.IdentityTaken, "another account was verified with this identity number")
	}
	if err := p.Verify(c.RealName, c.Number, c.Tier, tx.NowMilli()); err != nil {
		return nil, err
	}

	People.Put(tx, party.FormatID(c.Person), p)
	residents.Put(tx, c.Number.Reveal(), resident{Person: c.Person})
	tx.Account(walletOf(c.Person)).Tier = c.Tier
	return nil, nil
}
