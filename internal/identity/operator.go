package identity

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// CreateOperator lets somebody work for the platform.
// Refusals: invalid_field (login, name, role), password_weak, login_taken.
func (s *Service) CreateOperator(ctx context.Context, ask Ask, n NewColleague) (party.Operator, error) {
	if !n.Role.OfOperator() {
		return party.Operator{}, refusal.In("role", refusal.InvalidField, "the role must be agent, auditor or admin")
	}
	hash, err := s.check(ctx, &n)
	if err != nil {
		return party.Operator{}, err
	}
	cmd := createOperator{id: s.id(ask, "create_operator", n.Login), Login: n.Login, Called: n.Name, Role: n.Role, Operator: "op_" + s.text(16), Hash: hash}
	id, err := engine.Result[string](s.engine.Submit(ctx, cmd, ask.By))
	if err != nil {
		return party.Operator{}, err
	}
	o, _, err := Operators.Read(ctx, s.engine.Store(), id)
	return o, err
}

type createOperator struct {
	id       string
	Login    string     `cbor:"1,keyasint"`
	Called   string     `cbor:"2,keyasint"`
	Role     party.Role `cbor:"3,keyasint"`
	Operator string     `cbor:"-"`
	Hash     party.Hash `cbor:"-"`
}

func (c createOperator) ID() string   { return c.id }
func (c createOperator) Name() string { return "create_operator" }
func (c createOperator) Touches(t *store.Touched) {
	t.Record(Operators.Key(c.Operator), logins.Key(loginID(party.Console, c.Login)))
}

func (c createOperator) Apply(tx *engine.Tx) (any, error) {
	if err := loginFree(tx, party.Console, c.Login); err != nil {
		return nil, err
	}

	o := party.Operator{ID: c.Operator, Name: c.Called, LoginAs: c.Login, Role: c.Role, Created: tx.NowMilli()}
	o.Login.Set(c.Hash, tx.NowMilli())
	Operators.Put(tx, c.Operator, o)
	logins.Put(tx, loginID(party.Console, c.Login), login{Subject: c.Operator})
	return c.Operator, nil
}

// ListOperators lists the platform's operators, the longest there first.
func (s *Service) ListOperators(ctx context.Context) ([]party.Operator, error) {
	items, err := Operators.Scan(ctx, s.engine.Store(), store.Range{Index: "operator", Limit: 1000})
	return values(items), err
}
