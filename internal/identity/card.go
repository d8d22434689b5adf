package identity

import (
	"context"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// NewCard is a card to bind.
type NewCard struct {
	Bank   string
	Kind   party.CardKind // empty: debit
	Number party.Secret
	Holder string
}

// AddCard binds a card to a person or a merchant. The bank is told the number,
// and keeps it; here its token and the last four digits stay. A person whose
// name is known binds cards of that name alone.
// Refusals: invalid_field, identity_invalid (holder_name), not_found.
func (s *Service) AddCard(ctx context.Context, ask Ask, owner uint64, n NewCard) (party.BankCard, error) {
	number, err := party.ParseCardNumber(n.Number)
	if err != nil {
		return party.BankCard{}, err
	}
	bank, err := party.ParseBankCode(n.Bank)
	if err != nil {
		return party.BankCard{}, err
	}
	holder, err := party.ParseHolder(n.Holder)
	if err != nil {
		return party.BankCard{}, err
	}
	if n.Kind == "" {
		n.Kind = party.Debit
	}
	cmd := addCard{id: s.id(ask, "add_card", party.FormatID(owner)), Card: "card_" + s.text(20),
		Owner: owner, Bank: bank, Kind: n.Kind, Holder: holder, Last4: number.Reveal()[len(number)-4:]}
	done, err := s.repeated(ctx, ask, cmd)
	if err != nil {
		return party.BankCard{}, err
	}
	if !done { // the bank is told once
		if cmd.Token, err = s.bind(ctx, bank, number, holder); err != nil {
			return party.BankCard{}, err
		}
	}
	return engine.Result[party.BankCard](s.engine.Submit(ctx, cmd, ask.By))
}

func (s *Service) bind(ctx context.Context, bank string, number party.Secret, holder string) (token string, err error) {
	if s.opt.BindCard == nil {
		return "tok_" + s.text(26), nil
	}
	if token, err = s.opt.BindCard(ctx, bank, number, holder); err != nil {
		return "", fmt.Errorf("bind a card at %s: %w; no card was added", bank, err)
	}
	return token, nil
}

type addCard struct {
	id     string
	Owner  uint64         `cbor:"1,keyasint"`
	Bank   string         `cbor:"2,keyasint"`
	Kind   party.CardKind `cbor:"3,keyasint"`
	Last4  string         `cbor:"4,keyasint"`
	Holder string         `cbor:"5,keyasint"`
	Card   string         `cbor:"-"`
	Token  string         `cbor:"-"`
}

func (c addCard) ID() string   { return c.id }
func (c addCard) Name() string { return "add_card" }
func (c addCard) Touches(t *store.Touched) {
	t.Record(ownerKey(c.Owner), Cards.Key(c.Card))
}

func (c addCard) Apply(tx *engine.Tx) (any, error) {
	if !exists(tx, c.Owner) {
		return nil, refusal.New(refusal.NotFound, "no such person or merchant")
	}
	if !party.IsMerchant(c.Owner) {
		if p, _ := People.Get(tx, party.FormatID(c.Owner)); p.Name != "" && p.Name != c.Holder {
			return nil, refusal.In("holder_name", refusal.IdentityInvalid, "the card must be in the account holder's own name")
		}
	}

	card := party.BankCard{ID: c.Card, Owner: c.Owner, Bank: c.Bank, Kind: c.Kind, Last4: c.Last4, Token: c.Token, Holder: c.Holder, Created: tx.NowMilli()}
	Cards.Put(tx, c.Card, card)
	return card, nil
}

// CardsOf lists the cards of a person or merchant, the oldest first.
func (s *Service) CardsOf(ctx context.Context, owner uint64) ([]party.BankCard, error) {
	items, err := Cards.Scan(ctx, s.engine.Store(), under("bank_card_by_owner", party.FormatID(owner), "", 100))
	return values(items), err
}

// Card is one card of a person or merchant. Refusal: not_found.
func (s *Service) Card(ctx context.Context, owner uint64, id string) (party.BankCard, error) {
	card, ok, err := Cards.Read(ctx, s.engine.Store(), id)
	if err == nil && (!ok || card.Owner != owner) {
		return party.BankCard{}, refusal.In("card_id", refusal.NotFound, "no such card")
	}
	return card, err
}

// RemoveCard unbinds a card. What is under way with it goes on.
// Refusal: not_found.
func (s *Service) RemoveCard(ctx context.Context, ask Ask, owner uint64, id string) error {
	_, err := s.engine.Submit(ctx, removeCard{id: s.id(ask, "remove_card", party.FormatID(owner)), Owner: owner, Card: id}, ask.By)
	return err
}

type removeCard struct {
	id    string
	Owner uint64 `cbor:"1,keyasint"`
	Card  string `cbor:"2,keyasint"`
}

func (c removeCard) ID() string   { return c.id }
func (c removeCard) Name() string { return "remove_card" }
func (c removeCard) Touches(t *store.Touched) {
	t.Record(Cards.Key(c.Card), ownerKey(c.Owner))
}

func (c removeCard) Apply(tx *engine.Tx) (any, error) {
	card, ok := Cards.Get(tx, c.Card)
	if !ok || card.Owner != c.Owner {
		return nil, refusal.In("card_id", refusal.NotFound, "no such card")
	}

	Cards.Delete(tx, c.Card)
	if party.IsMerchant(c.Owner) {
		if m, ok := Merchants.Get(tx, party.FormatID(c.Owner)); ok && m.SettlementCard == c.Card {
			m.SettlementCard = ""
			Merchants.Put(tx, party.FormatID(c.Owner), m)
		}
	}
	return nil, nil
}

// CardOnce reads a card that money is to be sent to once, and that stays
// unbound. The bank is told the number; what comes back has its token and the
// last four digits. Refusals: invalid_field (card_number, bank_code, holder_name).
func (s *Service) CardOnce(ctx context.Context, n NewCard) (party.BankCard, error) {
	number, err := party.ParseCardNumber(n.Number)
	if err != nil {
		return party.BankCard{}, err
	}
	holder, err := party.ParseHolder(n.Holder)
	if err != nil {
		return party.BankCard{}, err
	}
	if n.Bank, err = party.ParseBankCode(n.Bank); err != nil {
		return party.BankCard{}, err
	}
	token, err := s.bind(ctx, n.Bank, number, holder)
	if err != nil {
		return party.BankCard{}, err
	}
	return party.BankCard{Bank: n.Bank, Kind: party.Debit, Last4: number.Reveal()[len(number)-4:], Token: token, Holder: holder}, nil
}
