package party

import (
	"strings"

	"tongbao/internal/refusal"
)

// Scope is what an API key may do: everything a program of the merchant's may,
// or read.
type Scope string

const (
	Full Scope = "full"
	Read Scope = "read"
)

// APIKey is a merchant's program's way in. The secret is the mode's prefix, 16
// characters that name the key, and 32 that only its owner knows; it is shown
// once.
type APIKey struct {
	ID       string `cbor:"1,keyasint"` // key_ and the 16 characters
	Merchant uint64 `cbor:"2,keyasint"`
	Name     string `cbor:"3,keyasint"`
	Scope    Scope  `cbor:"4,keyasint"`
	Mode     Mode   `cbor:"5,keyasint"`
	Hash     Hash   `cbor:"6,keyasint"` // SHA-256 of the secret: with 160 random bits it needs no slow hash
	Created  int64  `cbor:"7,keyasint"`
	Used     int64  `cbor:"8,keyasint,omitempty"` // about when last
	Revoked  int64  `cbor:"9,keyasint,omitempty"`
}

const (
	keyNameLength   = 16
	keySecretLength = 32
)

// Prefix is the part of the secret that may be shown: sk_test_ and the name.
func (k APIKey) Prefix() string { return keyPrefix(k.Mode) + strings.TrimPrefix(k.ID, "key_") }

func keyPrefix(mode Mode) string { return "sk_" + string(mode) + "_" }

// MakeKey puts a secret together from its random parts, and names the key.
func MakeKey(mode Mode, name, secret string) (id string, key Secret) {
	if len(name) != keyNameLength || len(secret) != keySecretLength {
		panic("party: an API key's parts are 16 and 32 characters")
	}
	return "key_" + name, Secret(keyPrefix(mode) + name + secret)
}

// KeyID is the id of the key that a secret belongs to. Refusal: invalid_key.
func KeyID(secret Secret, mode Mode) (string, error) {
	rest, ok := strings.CutPrefix(secret.Reveal(), keyPrefix(mode))
	if !ok || len(rest) != keyNameLength+keySecretLength {
		return "", ErrKey()
	}
	return "key_" + rest[:keyNameLength], nil
}

// ErrKey is the one answer to every key that opens nothing.
func ErrKey() error {
	return refusal.New(refusal.InvalidKey, "the API key is unknown, revoked or of another mode")
}

// ParseScope reads a scope. Refusal: invalid_field.
func ParseScope(text string) (Scope, error) {
	if scope := Scope(text); scope == Full || scope == Read {
		return scope, nil
	}
	return "", refusal.In("scope", refusal.InvalidField, "the scope must be full or read")
}

// ParseKeyName reads what a merchant calls a key. Refusal: invalid_field.
func ParseKeyName(text string) (string, error) { return parseLabel("name", text, 60) }

// Role is what a caller with a key of the scope may do.
func (s Scope) Role() Role {
	if s == Full {
		return FullKey
	}
	return ReadKey
}
