package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

func keyHash(secret party.Secret) party.Hash {
	sum := sha256.Sum256([]byte(secret.Reveal()))
	return party.Hash(hex.EncodeToString(sum[:]))
}

// CreateKey makes a merchant an API key and returns its secret, this once: a
// repeated ask answers the key without it. Refusals: invalid_field (name, scope),
// not_found.
func (s *Service) CreateKey(ctx context.Context, ask Ask, merchant uint64, name string, scope party.Scope) (party.APIKey, party.Secret, error) {
	name, err := party.ParseKeyName(name)
	if err != nil {
		return party.APIKey{}, "", err
	}
	if scope, err = party.ParseScope(string(scope)); err != nil {
		return party.APIKey{}, "", err
	}
	id, secret := party.MakeKey(s.opt.Mode, s.text(16), s.text(32))
	cmd := createKey{id: s.id(ask, "create_key", party.FormatID(merchant)), Merchant: merchant, Called: name, Scope: scope, Mode: s.opt.Mode, Key: id, Hash: keyHash(secret)}
	receipt, err := s.engine.Submit(ctx, cmd, ask.By)
	made, err := engine.Result[string](receipt, err)
	if err != nil {
		return party.APIKey{}, "", err
	}
	if receipt.Repeated {
		secret = ""
	}
	key, _, err := Keys.Read(ctx, s.engine.Store(), made)
	return key, secret, err
}

type createKey struct {
	id       string
	Merchant uint64      `cbor:"1,keyasint"`
	Called   string      `cbor:"2,keyasint"`
	Scope    party.Scope `cbor:"3,keyasint"`
	Mode     party.Mode  `cbor:"4,keyasint"`
	Key      string      `cbor:"-"`
	Hash     party.Hash  `cbor:"-"`
}

func (c createKey) ID() string   { return c.id }
func (c createKey) Name() string { return "create_key" }
func (c createKey) Touches(t *store.Touched) {
	t.Record(Merchants.Key(party.FormatID(c.Merchant)), Keys.Key(c.Key))
}

func (c createKey) Apply(tx *engine.Tx) (any, error) {
	if _, err := merchant(tx, c.Merchant); err != nil {
		return nil, err
	}

	Keys.Put(tx, c.Key, party.APIKey{ID: c.Key, Merchant: c.Merchant, Name: c.Called, Scope: c.Scope, Mode: c.Mode, Hash: c.Hash, Created: tx.NowMilli()})
	return c.Key, nil
}

// KeysOf lists a merchant's keys, revoked ones too, the newest first.
func (s *Service) KeysOf(ctx context.Context, merchant uint64) ([]party.APIKey, error) {
	r := under("api_key_by_merchant", party.FormatID(merchant), "", 1000)
	r.Reverse = true
	items, err := Keys.Scan(ctx, s.engine.Store(), r)
	return values(items), err
}

// RevokeKey makes a merchant's key open nothing any more. Refusal: not_found.
func (s *Service) RevokeKey(ctx context.Context, ask Ask, merchant uint64, id string) error {
	_, err := s.engine.Submit(ctx, revokeKey{id: s.id(ask, "revoke_key", id), Merchant: merchant, Key: id}, ask.By)
	return err
}

type revokeKey struct {
	id       string
	Merchant uint64 `cbor:"1,keyasint"`
	Key      string `cbor:"2,keyasint"`
}

func (c revokeKey) ID() string               { return c.id }
func (c revokeKey) Name() string             { return "revoke_key" }
func (c revokeKey) Touches(t *store.Touched) { t.Record(Keys.Key(c.Key)) }

func (c revokeKey) Apply(tx *engine.Tx) (any, error) {
	key, ok := Keys.Get(tx, c.Key)
	if !ok || key.Merchant != c.Merchant {
		return nil, refusal.New(refusal.NotFound, "no such key")
	}

	if key.Revoked == 0 {
		key.Revoked = tx.NowMilli()
		Keys.Put(tx, c.Key, key)
	}
	return nil, nil
}

// keyUsedEvery is how exactly it is known when a key was last used.
const keyUsedEvery = 10 * 60 * 1000 // milliseconds

// Key is who holds the secret of an API key. request is for the journal.
// Refusal: invalid_key.
func (s *Service) Key(ctx context.Context, secret party.Secret, request string) (Principal, error) {
	id, err := party.KeyID(secret, s.opt.Mode)
	if err != nil {
		return Principal{}, err
	}
	key, err := s.keys.Read(ctx, s.engine.Store(), id)
	if err != nil {
		return Principal{}, fmt.Errorf("read the key: %w", err)
	}
	if key == nil || key.Revoked != 0 || subtle.ConstantTimeCompare([]byte(key.Hash.Reveal()), []byte(keyHash(secret).Reveal())) != 1 {
		return Principal{}, party.ErrKey()
	}
	m, err := s.merchants.Read(ctx, s.engine.Store(), key.Merchant)
	if err != nil {
		return Principal{}, fmt.Errorf("read the key's merchant: %w", err)
	}
	if m == nil {
		return Principal{}, party.ErrKey()
	}

	who := Principal{Kind: Merchant, ID: m.ID, Role: key.Scope.Role(), Scope: key.Scope, KeyID: key.ID, Mode: s.opt.Mode}
	if m.Status == party.MerchantFrozen {
		who.Scope = party.Read
	}
	if now := s.now(); now-key.Used >= keyUsedEvery {
		// One id for each ten minutes: of the many requests that notice, one writes.
		use := useKey{id: fmt.Sprintf("use_key/%s/%d", id, now/keyUsedEvery), Key: id}
		_, _ = s.engine.Submit(ctx, use, engine.By{Actor: who.Actor(), Request: request}) // a store that takes no writes still lets read
	}
	return who, nil
}

type useKey struct {
	id  string
	Key string `cbor:"1,keyasint"`
}

func (c useKey) ID() string               { return c.id }
func (c useKey) Name() string             { return "use_key" }
func (c useKey) Touches(t *store.Touched) { t.Record(Keys.Key(c.Key)) }

func (c useKey) Apply(tx *engine.Tx) (any, error) {
	if key, ok := Keys.Get(tx, c.Key); ok {
		key.Used = tx.NowMilli()
		Keys.Put(tx, c.Key, key)
	}
	return nil, nil
}
