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

// How long what a grant hands out is good for.
const (
	GrantCodeLife = 10 * time.Minute
	AccessLife    = 15 * 24 * time.Hour
	RefreshLife   = 30 * 24 * time.Hour
)

// Grant is a person's consent that an application knows who they are.
type Grant struct {
	App      string   `cbor:"1,keyasint"`
	Merchant uint64   `cbor:"2,keyasint"`
	Person   uint64   `cbor:"3,keyasint"`
	Scopes   []string `cbor:"4,keyasint"`
	Given    int64    `cbor:"5,keyasint"` // Unix milliseconds
	Ended    int64    `cbor:"6,keyasint,omitempty"`
	Epoch    uint64   `cbor:"7,keyasint"` // counts endings: what was handed out before one is void
}

// Kinds of what a grant hands out.
const (
	GrantCode    = "code"
	GrantAccess  = "access"
	GrantRefresh = "refresh"
)

// GrantToken is a code or token, found by its hash.
type GrantToken struct {
	Kind    string   `cbor:"1,keyasint"`
	App     string   `cbor:"2,keyasint"`
	Person  uint64   `cbor:"3,keyasint"`
	Scopes  []string `cbor:"4,keyasint"`
	Epoch   uint64   `cbor:"5,keyasint"`
	Expires int64    `cbor:"6,keyasint"`
	Used    bool     `cbor:"7,keyasint,omitempty"`
	Given   int64    `cbor:"8,keyasint"` // when the person consented
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
