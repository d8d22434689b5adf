package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (s *Server) registerKeys(api huma.API) {
	const tag = "Keys"
	add(api, op{ID: "list-keys", Path: "/v1/keys", Tag: tag, Who: merchant, Summary: "List API keys"}, s.listKeys)
	add(api, op{ID: "create-key", Method: http.MethodPost, Path: "/v1/keys", Tag: tag, Who: merchant, Status: http.StatusCreated, Summary: "Make an API key",
		Doc: "The secret is in this answer and in no other. Owners only."}, s.createKey)
	add(api, op{ID: "revoke-key", Method: http.MethodDelete, Path: "/v1/keys/{id}", Tag: tag, Who: merchant, Summary: "Revoke an API key", Codes: []refusal.Code{refusal.NotFound}}, s.revokeKey)
}

// Key is a merchant's program's way in.
type Key struct {
	ID         string    `json:"id" example:"key_abcdefghijkmnpqr"`
	Name       string    `json:"name" example:"Shop server"`
	Scope      string    `json:"scope" enum:"full,read" example:"full"`
	Prefix     string    `json:"prefix" example:"sk_test_abcdefghijkmnpqr"`
	CreatedAt  Time      `json:"created_at"`
	LastUsedAt MaybeTime `json:"last_used_at" doc:"To about ten minutes."`
	RevokedAt  MaybeTime `json:"revoked_at"`
	Secret     *string   `json:"secret,omitempty" example:"sk_test_…" doc:"Once, when it is made. A repeat of that request doesn't have it."`
}

func keyView(k party.APIKey, secret party.Secret) Key {
	return Key{ID: k.ID, Name: k.Name, Scope: string(k.Scope), Prefix: k.Prefix(), CreatedAt: Time(k.Created), LastUsedAt: MaybeTime(k.Used),
		RevokedAt: MaybeTime(k.Revoked), Secret: maybe(secret.Reveal())}
}

func (s *Server) listKeys(ctx context.Context, _ *struct{}) (*answer[Page[Key]], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	keys, err := s.opt.Identity.KeysOf(ctx, who.ID)
	page := Page[Key]{Data: []Key{}}
	for i := len(keys) - 1; i >= 0; i-- {
		page.Data = append(page.Data, keyView(keys[i], ""))
	}
	return render(page, err)
}

// NewKey is a key to make.
type NewKey struct {
	Name  string `json:"name" minLength:"1" maxLength:"60" example:"Shop server"`
	Scope string `json:"scope" enum:"full,read" example:"full"`
}

func (s *Server) createKey(ctx context.Context, in *struct{ Body NewKey }) (*answer[Key], error) {
	who, err := s.merchant(ctx, party.ManageKeys)
	if err != nil {
		return nil, err
	}
	k, secret, err := s.opt.Identity.CreateKey(ctx, s.ask(ctx), who.ID, in.Body.Name, party.Scope(in.Body.Scope))
	return show(k, err, func(k *party.APIKey) Key { return keyView(*k, secret) })
}

func (s *Server) revokeKey(ctx context.Context, in *ByID) (*struct{}, error) {
	who, err := s.merchant(ctx, party.ManageKeys)
	if err != nil {
		return nil, err
	}
	return nil, named("id", s.opt.Identity.RevokeKey(ctx, s.ask(ctx), who.ID, in.ID))
}
