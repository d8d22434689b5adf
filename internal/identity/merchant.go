package identity

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// NewMerchant is a merchant to take on, with its first owner.
type NewMerchant struct {
	Name      string
	FeeRate   money.Rate // millionths
	OwnerName string     // empty: the merchant's name
	Login     string     // the owner's
	Password  party.Secret
}

// CreateMerchant takes a merchant on.
// Refusals: invalid_field (name, fee_rate, login), password_weak, login_taken.
func (s *Service) CreateMerchant(ctx context.Context, ask Ask, n NewMerchant) (party.Merchant, error) {
	name, err := party.CheckMerchant(n.Name, n.FeeRate)
	if err != nil {
		return party.Merchant{}, err
	}
	loginAs, err := party.ParseLoginName(n.Login)
	if err != nil {
		return party.Merchant{}, err
	}
	ownerName := name
	if n.OwnerName != "" {
		ownerName = n.OwnerName
	}
	if ownerName, err = party.ParseColleagueName(ownerName); err != nil {
		return party.Merchant{}, err
	}
	if err := party.CheckLoginPassword(n.Password, loginAs); err != nil {
		return party.Merchant{}, err
	}
	hash, err := s.hash(ctx, n.Password)
	if err != nil {
		return party.Merchant{}, err
	}
	cmd := createMerchant{id: s.id(ask, "create_merchant", loginAs), Title: name, FeeRate: n.FeeRate, OwnerName: ownerName, Login: loginAs,
		Free: s.candidates(party.MerchantIDFrom), Owner: "stf_" + s.text(16), Hash: hash}
	return engine.Result[party.Merchant](s.engine.Submit(ctx, cmd, ask.By))
}

type createMerchant struct {
	id        string
	Title     string     `cbor:"1,keyasint"`
	FeeRate   money.Rate `cbor:"2,keyasint"`
	OwnerName string     `cbor:"3,keyasint"`
	Login     string     `cbor:"4,keyasint"`
	Free      candidates `cbor:"-"`
	Owner     string     `cbor:"-"`
	Hash      party.Hash `cbor:"-"`
}

func (c createMerchant) ID() string   { return c.id }
func (c createMerchant) Name() string { return "create_merchant" }
func (c createMerchant) Touches(t *store.Touched) {
	c.Free.touch(t)
	t.Record(Staff.Key(c.Owner), logins.Key(loginID(party.MerchantFace, c.Login)))
}

func (c createMerchant) Apply(tx *engine.Tx) (any, error) {
	if err := loginFree(tx, party.MerchantFace, c.Login); err != nil {
		return nil, err
	}
	id, err := c.Free.choose(tx)
	if err != nil {
		return nil, err
	}

	now := tx.NowMilli()
	m := party.Merchant{ID: id, Name: c.Title, OwnerLogin: c.Login, FeeRate: c.FeeRate, Status: party.MerchantActive, Owners: 1, Created: now}
	owner := party.Staff{ID: c.Owner, Merchant: id, Name: c.OwnerName, LoginAs: c.Login, Role: party.Owner, Created: now}
	owner.Login.Set(c.Hash, now)
	Merchants.Put(tx, party.FormatID(id), m)
	Staff.Put(tx, owner.ID, owner)
	logins.Put(tx, loginID(party.MerchantFace, c.Login), login{Subject: owner.ID})
	return m, nil
}

func loginFree(tx *engine.Tx, face party.Face, name string) error {
	if _, taken := logins.Get(tx, loginID(face, name)); taken {
		return refusal.In("login", refusal.LoginTaken, "the login name %s belongs to somebody already", name)
	}
	return nil
}

// MerchantMemo reads merchants that are read over and over: one for all who do.
func (s *Service) MerchantMemo() *engine.Memo[uint64, party.Merchant] { return s.merchants }

// Merchant is the merchant with that id. Refusal: not_found.
func (s *Service) Merchant(ctx context.Context, id uint64) (party.Merchant, error) {
	m, err := s.merchants.Read(ctx, s.engine.Store(), id)
	switch {
	case err != nil:
		return party.Merchant{}, err
	case m == nil:
		return party.Merchant{}, refusal.New(refusal.NotFound, "no such merchant")
	}
	return *m, nil
}

// MerchantChange is what may change about a merchant; nil leaves a thing as it is.
type MerchantChange struct {
	FeeRate        *money.Rate
	Status         *party.MerchantStatus
	SettlementCard *string
}

// UpdateMerchant changes a merchant: its card is the owner's to choose, the
// rest the platform's. Refusals: invalid_field, not_found (merchant, card).
func (s *Service) UpdateMerchant(ctx context.Context, ask Ask, id uint64, change MerchantChange) (party.Merchant, error) {
	cmd := updateMerchant{id: s.id(ask, "update_merchant", party.FormatID(id)), Merchant: id, FeeRate: change.FeeRate, Status: change.Status, Card: change.SettlementCard}
	if _, err := s.engine.Submit(ctx, cmd, ask.By); err != nil {
		return party.Merchant{}, err
	}
	return s.Merchant(ctx, id)
}

type updateMerchant struct {
	id       string
	Merchant uint64                `cbor:"1,keyasint"`
	FeeRate  *money.Rate           `cbor:"2,keyasint,omitempty"`
	Status   *party.MerchantStatus `cbor:"3,keyasint,omitempty"`
	Card     *string               `cbor:"4,keyasint,omitempty"`
}

func (c updateMerchant) ID() string   { return c.id }
func (c updateMerchant) Name() string { return "update_merchant" }
func (c updateMerchant) Touches(t *store.Touched) {
	t.Record(Merchants.Key(party.FormatID(c.Merchant)))
	if c.Card != nil {
		t.Record(Cards.Key(*c.Card))
	}
}

func (c updateMerchant) Apply(tx *engine.Tx) (any, error) {
	m, err := merchant(tx, c.Merchant)
	if err != nil {
		return nil, err
	}
	if c.FeeRate != nil {
		if _, err := party.CheckMerchant(m.Name, *c.FeeRate); err != nil {
			return nil, err
		}
		m.FeeRate = *c.FeeRate
	}
	if c.Status != nil {
		if *c.Status != party.MerchantActive && *c.Status != party.MerchantFrozen {
			return nil, refusal.In("status", refusal.InvalidField, "the status must be active or frozen")
		}
		m.Status = *c.Status
	}
	if c.Card != nil {
		if card, ok := Cards.Get(tx, *c.Card); !ok || card.Owner != c.Merchant {
			return nil, refusal.In("settlement_card", refusal.NotFound, "no such card")
		}
		m.SettlementCard = *c.Card
	}

	Merchants.Put(tx, party.FormatID(c.Merchant), m)
	return nil, nil
}

// merchant is the merchant's record, or the refusal not_found.
func merchant(tx *engine.Tx, id uint64) (party.Merchant, error) {
	m, ok := Merchants.Get(tx, party.FormatID(id))
	if !ok {
		return m, refusal.New(refusal.NotFound, "no such merchant")
	}
	return m, nil
}
