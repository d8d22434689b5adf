package identity

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/store"
)

// ResetMD5Key gives an application a key for the classic protocol's MD5, told
// this once; the one before it, if any, signs nothing any more. Refusal:
// not_found.
func (s *Service) ResetMD5Key(ctx context.Context, ask Ask, merchant uint64, id string) (party.App, party.Secret, error) {
	key := party.KeptSecret(s.text(32)) // letters and digits, as merchants' programs expect
	return s.toldOnce(ctx, resetMD5Key{id: s.id(ask, "reset_md5_key", id), Merchant: merchant, App: id, Key: key}, ask.By, merchant, id, key)
}

type resetMD5Key struct {
	id       string
	Merchant uint64           `cbor:"1,keyasint"`
	App      string           `cbor:"2,keyasint"`
	Key      party.KeptSecret `cbor:"-"`
}

func (c resetMD5Key) ID() string               { return c.id }
func (c resetMD5Key) Name() string             { return "reset_md5_key" }
func (c resetMD5Key) Touches(t *store.Touched) { t.Record(Apps.Key(c.App)) }

func (c resetMD5Key) Apply(tx *engine.Tx) (any, error) {
	return nil, changeKey(tx, c.Merchant, c.App, func(a *party.App) { a.MD5Key = c.Key })
}
