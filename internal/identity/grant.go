package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

const grantsOf = "grant_by_person"

// Grants are people's consents that an application knows them, by "person/application".
var Grants = engine.Kind[party.Grant]{Name: "grant", Terms: func(_ string, g party.Grant) []store.Term {
	if g.Ended != 0 {
		return nil
	}
	return []store.Term{{Index: grantsOf, Sort: party.FormatID(g.Person) + "/" + at(g.Given)}}
}}

// grantTokens are what grants hand out, by hash: the text itself is told once.
var grantTokens = engine.Kind[party.GrantToken]{Name: "grant_token"}

func grantID(person uint64, app string) string { return party.FormatID(person) + "/" + app }

// tokenHash names a token's record. Tokens have 130 random bits, so that a plain
// hash keeps them.
func tokenHash(token party.Secret) string {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return hex.EncodeToString(sum[:])
}

// Tokens is what a program gets for a code.
type Tokens struct {
	Access, Refresh party.Secret
	Person          uint64
	Given           int64 // when the person consented
}

// GiveGrant is a person's consent, and the code that the application can trade
// in once. Refusals: not_found, invalid_field.
func (s *Service) GiveGrant(ctx context.Context, ask Ask, person uint64, app party.App, scopes []string) (party.Secret, error) {
	code := party.Secret(s.text(26))
	_, err := s.engine.Submit(ctx, giveGrant{id: s.fresh("give_grant"), Person: person, App: app.ID, Scopes: scopes, Hash: tokenHash(code)}, ask.By)
	return code, err
}

type giveGrant struct {
	id     string
	Person uint64   `cbor:"1,keyasint"`
	App    string   `cbor:"2,keyasint"`
	Scopes []string `cbor:"3,keyasint"`
	Hash   string   `cbor:"4,keyasint"`
}

func (c giveGrant) ID() string   { return c.id }
func (c giveGrant) Name() string { return "give_grant" }
func (c giveGrant) Touches(t *store.Touched) {
	t.Record(Apps.Key(c.App), Grants.Key(grantID(c.Person, c.App)), grantTokens.Key(c.Hash))
}

func (c giveGrant) Apply(tx *engine.Tx) (any, error) {
	a, ok := Apps.Get(tx, c.App)
	if !ok || a.Disabled != 0 {
		return nil, noApp()
	}

	g, had := Grants.Get(tx, grantID(c.Person, c.App))
	if !had || g.Ended != 0 {
		g = party.Grant{App: c.App, Merchant: a.Merchant, Person: c.Person, Given: tx.NowMilli(), Epoch: g.Epoch}
	}
	for _, scope := range c.Scopes {
		if !slices.Contains(g.Scopes, scope) {
			g.Scopes = append(slices.Clone(g.Scopes), scope)
		}
	}
	Grants.Put(tx, grantID(c.Person, c.App), g)
	grantTokens.Put(tx, c.Hash, party.GrantToken{Kind: party.GrantCode, App: c.App, Person: c.Person, Scopes: c.Scopes, Epoch: g.Epoch,
		Given: tx.NowMilli(), Expires: tx.Now().Add(party.GrantCodeLife).UnixMilli()})
	return nil, nil
}

// TradeIn gives tokens for a code or a refresh token, each of which works once.
// Refusal: code_expired.
func (s *Service) TradeIn(ctx context.Context, by engine.By, app string, kind string, token party.Secret) (Tokens, error) {
	known, ok, err := grantTokens.Read(ctx, s.engine.Store(), tokenHash(token))
	if err == nil && !ok {
		err = deadToken()
	}
	if err != nil {
		return Tokens{}, err
	}
	t := Tokens{Access: party.Secret("authusrB" + s.text(32)), Refresh: party.Secret("authusrB" + s.text(32)), Person: known.Person, Given: known.Given}
	_, err = s.engine.Submit(ctx, tradeIn{id: s.fresh("trade_in_grant"), App: app, Kind: kind, Hash: tokenHash(token), Person: known.Person,
		Access: tokenHash(t.Access), Refresh: tokenHash(t.Refresh)}, by)
	return t, err
}

func deadToken() error {
	return refusal.New(refusal.CodeExpired, "the code or token is unknown, used, or its time is over")
}

type tradeIn struct {
	id      string
	App     string `cbor:"1,keyasint"`
	Kind    string `cbor:"2,keyasint"`
	Hash    string `cbor:"3,keyasint"`
	Person  uint64 `cbor:"4,keyasint"`
	Access  string `cbor:"5,keyasint"`
	Refresh string `cbor:"6,keyasint"`
}

func (c tradeIn) ID() string   { return c.id }
func (c tradeIn) Name() string { return "trade_in_grant" }
func (c tradeIn) Touches(t *store.Touched) {
	t.Record(grantTokens.Key(c.Hash), grantTokens.Key(c.Access), grantTokens.Key(c.Refresh), Grants.Key(grantID(c.Person, c.App)))
}

func (c tradeIn) Apply(tx *engine.Tx) (any, error) {
	given, ok := grantTokens.Get(tx, c.Hash)
	g, _ := Grants.Get(tx, grantID(c.Person, c.App))
	if !ok || given.App != c.App || given.Kind != c.Kind || given.Used || tx.NowMilli() >= given.Expires || g.Ended != 0 || given.Epoch != g.Epoch {
		return nil, deadToken()
	}

	given.Used = true
	grantTokens.Put(tx, c.Hash, given)
	fresh := given
	fresh.Used = false
	fresh.Kind, fresh.Expires = party.GrantAccess, tx.Now().Add(party.AccessLife).UnixMilli()
	grantTokens.Put(tx, c.Access, fresh)
	fresh.Kind, fresh.Expires = party.GrantRefresh, tx.Now().Add(party.RefreshLife).UnixMilli()
	grantTokens.Put(tx, c.Refresh, fresh)
	return nil, nil
}

// Granted is what an access token stands for. Refusals: not_found (unknown, of
// another application, or the person has ended it), code_expired.
func (s *Service) Granted(ctx context.Context, app string, access party.Secret) (party.GrantToken, error) {
	t, ok, err := grantTokens.Read(ctx, s.engine.Store(), tokenHash(access))
	if err != nil {
		return t, err
	}
	g, _, err := Grants.Read(ctx, s.engine.Store(), grantID(t.Person, app))
	switch {
	case err != nil:
		return t, err
	case !ok || t.App != app || t.Kind != party.GrantAccess || g.Ended != 0 || g.Epoch != t.Epoch:
		return t, refusal.New(refusal.NotFound, "no such grant")
	case s.now() >= t.Expires:
		return t, deadToken()
	}
	return t, nil
}

// GrantsOf lists a person's grants, the oldest first.
func (s *Service) GrantsOf(ctx context.Context, person uint64) ([]party.Grant, error) {
	items, err := Grants.Scan(ctx, s.engine.Store(), under(grantsOf, party.FormatID(person), "", 500))
	return values(items), err
}

// Grant is a person's grant to an application; ok is false for none that stands.
func (s *Service) Grant(ctx context.Context, person uint64, app string) (party.Grant, bool, error) {
	g, ok, err := Grants.Read(ctx, s.engine.Store(), grantID(person, app))
	return g, ok && g.Ended == 0, err
}

// EndGrant takes a consent back: nothing that it handed out works any more.
// Refusal: not_found.
func (s *Service) EndGrant(ctx context.Context, ask Ask, person uint64, app string) error {
	_, err := s.submit(ctx, endGrant{id: s.id(ask, "end_grant", grantID(person, app)), Person: person, App: app}, ask)
	return err
}

type endGrant struct {
	id     string
	Person uint64 `cbor:"1,keyasint"`
	App    string `cbor:"2,keyasint"`
}

func (c endGrant) ID() string               { return c.id }
func (c endGrant) Name() string             { return "end_grant" }
func (c endGrant) Touches(t *store.Touched) { t.Record(Grants.Key(grantID(c.Person, c.App))) }

func (c endGrant) Apply(tx *engine.Tx) (any, error) {
	g, ok := Grants.Get(tx, grantID(c.Person, c.App))
	if !ok || g.Ended != 0 {
		return nil, refusal.New(refusal.NotFound, "no such grant")
	}

	g.Ended = tx.NowMilli()
	g.Epoch++
	Grants.Put(tx, grantID(c.Person, c.App), g)
	return nil, nil
}
