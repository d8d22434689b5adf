package identity

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// NewPerson is what somebody signs up with.
type NewPerson struct {
	Phone    string
	Code     party.Secret // sent to the phone for the purpose sign_up
	Password party.Secret
	Nickname string // empty: the phone number, masked
	Locale   string // empty: Chinese
	Device   DeviceHint
}

// SignUp opens a wallet for whoever holds the phone, and a session.
// Refusals: phone_invalid, password_weak, invalid_field (nickname, locale),
// code_wrong, code_expired, phone_taken.
func (s *Service) SignUp(ctx context.Context, ask Ask, n NewPerson) (SignedIn, error) {
	phone, err := party.ParsePhone(n.Phone)
	if err != nil {
		return SignedIn{}, err
	}
	if err := party.CheckLoginPassword(n.Password, phone); err != nil {
		return SignedIn{}, err
	}
	nickname := party.MaskPhone(phone)
	if n.Nickname != "" {
		if nickname, err = party.ParseNickname(n.Nickname); err != nil {
			return SignedIn{}, err
		}
	}
	locale, err := party.ParseLocale(n.Locale)
	if err != nil {
		return SignedIn{}, err
	}
	hash, err := s.hash(ctx, n.Password) // before the code is used up: being overloaded must not cost one
	if err != nil {
		return SignedIn{}, err
	}
	if err := s.CheckCode(ctx, ask, phone, party.SignUp, n.Code); err != nil {
		return SignedIn{}, err
	}

	cmd := signUp{id: s.id(ask, "sign_up", phone), Phone: phone, Nickname: nickname, Locale: locale, Free: s.candidates(party.IDFrom), Hash: hash}
	receipt, err := s.engine.Submit(ctx, cmd, ask.By)
	if err != nil {
		return SignedIn{}, err
	}
	if receipt.Repeated { // the password is not among the contents that were compared
		return s.Login(ctx, ask.By, party.Wallet, phone, n.Password, n.Device)
	}
	who, ok, err := s.find(ctx, party.Wallet, phone)
	if err != nil || !ok {
		return SignedIn{}, err
	}
	return s.open(ctx, ask.By, who, n.Device, welcome)
}

// candidates are ids for a new party, of which the first that is free is taken.
// That all four are taken does not happen before the heat death of the platform.
type candidates [4]uint64

func (s *Service) candidates(from func(random uint64) uint64) (free candidates) {
	for i := range free {
		free[i] = from(s.number())
	}
	return free
}

func (free candidates) touch(t *store.Touched) {
	for _, id := range free {
		t.Record(ownerKey(id))
		if !party.IsMerchant(id) {
			t.Account(walletOf(id))
		}
	}
}

// choose is the first id that is nobody's.
func (free candidates) choose(tx *engine.Tx) (uint64, error) {
	for _, id := range free {
		if !exists(tx, id) {
			return id, nil
		}
	}
	return 0, refusal.New(refusal.Unavailable, "no free number was found; ask again with a new idempotency key")
}

// exists says that there is a person or merchant of that id.
func exists(tx *engine.Tx, id uint64) (ok bool) {
	if party.IsMerchant(id) {
		_, ok = Merchants.Get(tx, party.FormatID(id))
	} else {
		_, ok = People.Get(tx, party.FormatID(id))
	}
	return ok
}

// ownerKey names the record of a person or merchant.
func ownerKey(id uint64) store.Key {
	if party.IsMerchant(id) {
		return Merchants.Key(party.FormatID(id))
	}
	return People.Key(party.FormatID(id))
}

// walletOf is the account of a person's balance.
func walletOf(person uint64) ledger.AccountID { return ledger.Of(ledger.User, person, money.CNY) }

type signUp struct {
	id       string
	Phone    string     `cbor:"1,keyasint"`
	Nickname string     `cbor:"2,keyasint"`
	Locale   string     `cbor:"3,keyasint"`
	Free     candidates `cbor:"-"`
	Hash     party.Hash `cbor:"-"`
}

func (c signUp) ID() string   { return c.id }
func (c signUp) Name() string { return "sign_up" }
func (c signUp) Touches(t *store.Touched) {
	t.Record(logins.Key(loginID(party.Wallet, c.Phone)))
	c.Free.touch(t)
}

func (c signUp) Apply(tx *engine.Tx) (any, error) {
	if _, taken := logins.Get(tx, loginID(party.Wallet, c.Phone)); taken {
		return nil, refusal.In("phone", refusal.PhoneTaken, "%s has an account already; sign in", party.MaskPhone(c.Phone))
	}
	id, err := c.Free.choose(tx)
	if err != nil {
		return nil, err
	}

	now := tx.NowMilli()
	person := party.Person{ID: id, Phone: c.Phone, Nickname: c.Nickname, Locale: c.Locale, Tier: ledger.TierUnknown, Created: now}
	person.Login.Set(c.Hash, now)
	People.Put(tx, party.FormatID(id), person)
	logins.Put(tx, loginID(party.Wallet, c.Phone), login{Subject: party.FormatID(id)})
	tx.Account(walletOf(id)).Tier = ledger.TierUnknown
	return id, nil
}
