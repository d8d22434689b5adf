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

const grantsOf = "grant_by_person" // or merchant

// Grants are people's and merchants' consents, by "giver/application".
var Grants = engine.Kind[party.Grant]{Name: "grant", Terms: func(_ string, g party.Grant) []store.Term {
	if g.Ended != 0 {
		return nil
	}
	return []store.Term{{Index: grantsOf, Sort: party.FormatID(g.Giver) + "/" + at(g.Given)}}
}}

// grantTokens are what grants hand out, by hash: the text itself is told once.
var grantTokens = engine.Kind[party.GrantToken]{Name: "grant_token"}

func grantID(giver uint64, app string) string { return party.FormatID(giver) + "/" + app }

// tokenHash names a token's record. Tokens have 130 random bits, so that a plain
// hash keeps them.
func tokenHash(token party.Secret) string {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return hex.EncodeToString(sum[:])
}

// Tokens is what a program gets for a code.
type Tokens struct {
	Access, Refresh party.Secret
	Giver           uint64
	Given           int64 // when the giver consented
}

// GiveGrant is a person's consent, and the code that the application can trade
// in once. Refusals: not_found, invalid_field.
func (s *Service) GiveGrant(ctx context.Context, ask Ask, person uint64, app party.App, scopes []string) (party.Secret, error) {
	code := party.Secret(s.text(26))
	_, err := s.engine.Submit(ctx, giveGrant{id: s.fresh("give_grant"), Giver: person, App: app.ID, Scopes: scopes, Hash: tokenHash(code)}, ask.By)
	return code, err
}

// GiveAppGrant is a merchant's consent that a provider's application acts for it
// within the scopes, which take the place of those that it had; authApp is the
// merchant's own application by whose id the provider knows it. The code can be
// traded in once. Refusals: not_found, invalid_field.
func (s *Service) GiveAppGrant(ctx context.Context, ask Ask, merchant uint64, app party.App, authApp string, scopes []string) (party.Secret, error) {
	if err := party.CheckProviderScopes(scopes); err != nil {
		return "", err
	}
	code := party.Secret(s.text(26))
	_, err := s.engine.Submit(ctx, giveGrant{id: s.fresh("give_grant"), Giver: merchant, App: app.ID, Scopes: scopes, Hash: tokenHash(code), AuthApp: authApp}, ask.By)
	return code, err
}

type giveGrant struct {
	id      string
	Giver   uint64   `cbor:"1,keyasint"`
	App     string   `cbor:"2,keyasint"`
	Scopes  []string `cbor:"3,keyasint"`
	Hash    string   `cbor:"4,keyasint"`
	AuthApp string   `cbor:"5,keyasint,omitempty"`
}

func (c giveGrant) ID() string   { return c.id }
func (c giveGrant) Name() string { return "give_grant" }
func (c giveGrant) Touches(t *store.Touched) {
	t.Record(Apps.Key(c.App), Grants.Key(grantID(c.Giver, c.App)), grantTokens.Key(c.Hash))
	if c.AuthApp != "" && c.AuthApp != c.App {
		t.Record(Apps.Key(c.AuthApp))
	}
}

func (c giveGrant) Apply(tx *engine.Tx) (any, error) {
	a, ok := Apps.Get(tx, c.App)
	if !ok || a.Disabled != 0 {
		return nil, noApp()
	}
	kind := party.UserGrant
	if c.AuthApp != "" {
		kind = party.AppGrant
		if own, ok := Apps.Get(tx, c.AuthApp); !ok || own.Merchant != c.Giver || own.Disabled != 0 {
			return nil, refusal.In("auth_app_id", refusal.InvalidField, "that is not an application of the merchant's")
		}
	}

	g, had := Grants.Get(tx, grantID(c.Giver, c.App))
	if !had || g.Ended != 0 {
		g = party.Grant{App: c.App, Merchant: a.Merchant, Giver: c.Giver, Given: tx.NowMilli(), Epoch: g.Epoch}
	}
	if c.AuthApp != "" {
		g.AuthApp, g.Scopes = c.AuthApp, nil
	}
	for _, scope := range c.Scopes {
		if !slices.Contains(g.Scopes, scope) {
			g.Scopes = append(slices.Clone(g.Scopes), scope)
		}
	}
	Grants.Put(tx, grantID(c.Giver, c.App), g)
	grantTokens.Put(tx, c.Hash, party.GrantToken{Kind: kind.Code, App: c.App, Giver: c.Giver, Scopes: c.Scopes, Epoch: g.Epoch,
		Given: tx.NowMilli(), Expires: tx.Now().Add(party.GrantCodeLife).UnixMilli()})
	return nil, nil
}

// TradeIn gives tokens for a code or a refresh token, each of which works once;
// kind is its kind.
// Refusal: code_expired.
func (s *Service) TradeIn(ctx context.Context, by engine.By, app string, kind string, token party.Secret) (Tokens, error) {
	known, ok, err := grantTokens.Read(ctx, s.engine.Store(), tokenHash(token))
	if err == nil && !ok {
		err = deadToken()
	}
	if err != nil {
		return Tokens{}, err
	}
	prefix := party.GrantKindOf(kind).Prefix
	t := Tokens{Access: party.Secret(prefix + s.text(32)), Refresh: party.Secret(prefix + s.text(32)), Giver: known.Giver, Given: known.Given}
	_, err = s.engine.Submit(ctx, tradeIn{id: s.fresh("trade_in_grant"), App: app, Kind: kind, Hash: tokenHash(token), Giver: known.Giver,
		Access: tokenHash(t.Access), Refresh: tokenHash(t.Refresh), Beside: known.Beside}, by)
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
	Giver   uint64 `cbor:"4,keyasint"`
	Access  string `cbor:"5,keyasint"`
	Refresh string `cbor:"6,keyasint"`
	Beside  string `cbor:"7,keyasint,omitempty"`
}

func (c tradeIn) ID() string   { return c.id }
func (c tradeIn) Name() string { return "trade_in_grant" }
func (c tradeIn) Touches(t *store.Touched) {
	t.Record(grantTokens.Key(c.Hash), grantTokens.Key(c.Access), grantTokens.Key(c.Refresh), Grants.Key(grantID(c.Giver, c.App)))
	if c.Beside != "" {
		t.Record(grantTokens.Key(c.Beside))
	}
}

func (c tradeIn) Apply(tx *engine.Tx) (any, error) {
	given, ok := grantTokens.Get(tx, c.Hash)
	g, _ := Grants.Get(tx, grantID(c.Giver, c.App))
	if !ok || given.App != c.App || given.Kind != c.Kind || given.Used || tx.NowMilli() >= given.Expires || g.Ended != 0 || given.Epoch != g.Epoch || given.Beside != c.Beside {
		return nil, deadToken()
	}

	kind := party.GrantKindOf(c.Kind)
	if given.Beside != "" && kind.After != 0 {
		old, _ := grantTokens.Get(tx, given.Beside)
		old.Expires = min(old.Expires, tx.Now().Add(kind.After).UnixMilli())
		grantTokens.Put(tx, given.Beside, old)
	}
	given.Used = true
	grantTokens.Put(tx, c.Hash, given)
	fresh := given
	fresh.Used, fresh.Beside = false, ""
	fresh.Kind, fresh.Expires = kind.Access, tx.Now().Add(kind.AccessLife).UnixMilli()
	grantTokens.Put(tx, c.Access, fresh)
	fresh.Kind, fresh.Expires, fresh.Beside = kind.Refresh, tx.Now().Add(kind.RefreshLife).UnixMilli(), c.Access
	grantTokens.Put(tx, c.Refresh, fresh)
	return nil, nil
}

// Granted is what a person's access token stands for. Refusals: not_found
// (unknown, of another application, or the person has ended it), code_expired.
func (s *Service) Granted(ctx context.Context, app string, access party.Secret) (party.GrantToken, error) {
	t, _, err := s.granted(ctx, party.UserGrant, app, access)
	return t, err
}

// AppGranted is what a merchant's access token stands for, and the grant as it is
// now. Refusals as Granted; the token is told with them where it is known.
func (s *Service) AppGranted(ctx context.Context, app string, access party.Secret) (party.GrantToken, party.Grant, error) {
	return s.granted(ctx, party.AppGrant, app, access)
}

func (s *Service) granted(ctx context.Context, kind party.GrantKind, app string, access party.Secret) (party.GrantToken, party.Grant, error) {
	t, ok, err := grantTokens.Read(ctx, s.engine.Store(), tokenHash(access))
	if err == nil && (!ok || t.App != app || t.Kind != kind.Access) {
		err = refusal.New(refusal.NotFound, "no such grant")
	}
	if err != nil {
		return party.GrantToken{}, party.Grant{}, err
	}
	g, _, err := Grants.Read(ctx, s.engine.Store(), grantID(t.Giver, app))
	switch {
	case err != nil:
	case g.Ended != 0 || g.Epoch != t.Epoch:
		err = refusal.New(refusal.NotFound, "no such grant")
	case s.now() >= t.Expires:
		err = deadToken()
	}
	return t, g, err
}

// GrantsOf lists a person's or merchant's grants, the oldest first.
func (s *Service) GrantsOf(ctx context.Context, giver uint64) ([]party.Grant, error) {
	items, err := Grants.Scan(ctx, s.engine.Store(), under(grantsOf, party.FormatID(giver), "", 500))
	return values(items), err
}

// Grant is a giver's grant to an application, ended or not; ok is false where
// there was none ever.
func (s *Service) Grant(ctx context.Context, giver uint64, app string) (party.Grant, bool, error) {
	return Grants.Read(ctx, s.engine.Store(), grantID(giver, app))
}

// EndGrant takes a consent back: nothing that it handed out works any more.
// Refusal: not_found.
func (s *Service) EndGrant(ctx context.Context, ask Ask, giver uint64, app string) error {
	_, err := s.engine.Submit(ctx, endGrant{id: s.id(ask, "end_grant", grantID(giver, app)), Giver: giver, App: app}, ask.By)
	return err
}

type endGrant struct {
	id    string
	Giver uint64 `cbor:"1,keyasint"`
	App   string `cbor:"2,keyasint"`
}

func (c endGrant) ID() string               { return c.id }
func (c endGrant) Name() string             { return "end_grant" }
func (c endGrant) Touches(t *store.Touched) { t.Record(Grants.Key(grantID(c.Giver, c.App))) }

func (c endGrant) Apply(tx *engine.Tx) (any, error) {
	g, ok := Grants.Get(tx, grantID(c.Giver, c.App))
	if !ok || g.Ended != 0 {
		return nil, refusal.New(refusal.NotFound, "no such grant")
	}

	g.Ended = tx.NowMilli()
	g.Epoch++
	Grants.Put(tx, grantID(c.Giver, c.App), g)
	return nil, nil
}
