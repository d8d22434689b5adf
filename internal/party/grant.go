package party

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"tongbao/internal/refusal"
)

// Scope of a grant: what a merchant's program may know of a person.
const (
	ScopeBase = "auth_base" // who it is, by number
	ScopeUser = "auth_user" // nickname and the like too
)

// GrantCodeLife is how long a code can be traded in.
const GrantCodeLife = 10 * time.Minute

// GrantKind says what a grant hands out, and how long that is good for.
type GrantKind struct {
	Code, Access, Refresh   string // the tokens' kinds
	AccessLife, RefreshLife time.Duration
	After                   time.Duration // how long a token works on after it was refreshed; 0 for all its life
	Prefix                  string        // of the tokens' texts
}

var (
	// UserGrant is a person's: the application knows who they are.
	UserGrant = GrantKind{Code: "code", Access: "access", Refresh: "refresh", AccessLife: 15 * 24 * time.Hour, RefreshLife: 30 * 24 * time.Hour, Prefix: "authusrB"}
	// AppGrant is a merchant's: the application acts for it.
	AppGrant = GrantKind{Code: "app_code", Access: "app_access", Refresh: "app_refresh", AccessLife: 365 * 24 * time.Hour, RefreshLife: 372 * 24 * time.Hour,
		After: 10 * time.Minute, Prefix: "authappB"}
)

// GrantKindOf is the kind of grant of a code or refresh token.
func GrantKindOf(token string) GrantKind {
	if token == AppGrant.Code || token == AppGrant.Refresh {
		return AppGrant
	}
	return UserGrant
}

// Grant is a consent: a person's, that an application knows who they are, or a
// merchant's, that a service provider's application acts for it.
type Grant struct {
	App      string   `cbor:"1,keyasint"`
	Merchant uint64   `cbor:"2,keyasint"` // whose the application is
	Giver    uint64   `cbor:"3,keyasint"`
	Scopes   []string `cbor:"4,keyasint"`
	Given    int64    `cbor:"5,keyasint"` // Unix milliseconds
	Ended    int64    `cbor:"6,keyasint,omitempty"`
	Epoch    uint64   `cbor:"7,keyasint"`           // counts endings: what was handed out before one is void
	AuthApp  string   `cbor:"8,keyasint,omitempty"` // a merchant's: its own application, by whose id the provider knows it
}

// Covers says that the grant has a scope.
func (g Grant) Covers(scope string) bool { return slices.Contains(g.Scopes, scope) }

// GrantToken is a code or token, found by its hash.
type GrantToken struct {
	Kind    string   `cbor:"1,keyasint"`
	App     string   `cbor:"2,keyasint"`
	Giver   uint64   `cbor:"3,keyasint"`
	Scopes  []string `cbor:"4,keyasint"`
	Epoch   uint64   `cbor:"5,keyasint"`
	Expires int64    `cbor:"6,keyasint"`
	Used    bool     `cbor:"7,keyasint,omitempty"`
	Given   int64    `cbor:"8,keyasint"`           // when the giver consented
	Beside  string   `cbor:"9,keyasint,omitempty"` // a refresh token's: the hash of the token that came with it
}

// Has says that the token covers a scope.
func (t GrantToken) Has(scope string) bool { return slices.Contains(t.Scopes, scope) }

// ParseScopes reads scopes as an address has them, comma between. Refusal: invalid_field.
func ParseScopes(text string) (scopes []string, err error) {
	for scope := range strings.SplitSeq(text, ",") {
		if scope != ScopeBase && scope != ScopeUser {
			return nil, refusal.In("scope", refusal.InvalidField, "a scope is auth_base or auth_user")
		}
		if !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes, nil
}

// MayReturnTo refuses an address that is not at or below the application's
// callback address: a code goes to nobody else. Refusal: invalid_field.
func (a *App) MayReturnTo(address string) error {
	to, err := url.Parse(address)
	at, err2 := url.Parse(a.CallbackURL)
	if err != nil || err2 != nil || a.CallbackURL == "" || to.Scheme != at.Scheme || to.Host != at.Host || to.User != nil ||
		strings.Contains(to.Path, "..") || to.Path != at.Path && !strings.HasPrefix(to.Path, strings.TrimSuffix(at.Path, "/")+"/") {
		return refusal.In("redirect_uri", refusal.InvalidField, "the address is not at the application's callback address")
	}
	return nil
}
