package webhook

import (
	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// The commands that change endpoints. Secrets are drawn anew at every try and
// are no part of a command's contents; the first try's is the one.

type createEndpoint struct {
	Key         string   `cbor:"1,keyasint"`
	Merchant    uint64   `cbor:"2,keyasint"`
	URL         string   `cbor:"3,keyasint"`
	Types       []string `cbor:"4,keyasint"`
	Description string   `cbor:"5,keyasint"`

	secret SigningSecret
}

func (c createEndpoint) ID() string   { return c.Key }
func (c createEndpoint) Name() string { return "create_webhook_endpoint" }
func (c createEndpoint) Touches(t *store.Touched) {
	t.Record(tallies.Key(party.FormatID(c.Merchant)))
}

func (c createEndpoint) Apply(tx *engine.Tx) (any, error) {
	count, _ := tallies.Get(tx, party.FormatID(c.Merchant))
	if count.Endpoints >= MostEndpoints {
		return nil, refusal.New(refusal.EndpointLimitReached, "a merchant has at most %d webhook endpoints", MostEndpoints)
	}

	count.Endpoints++
	tallies.Put(tx, party.FormatID(c.Merchant), count)
	id := EndpointID(c.Key)
	Endpoints.Append(tx, id, Endpoint{ID: id, Merchant: c.Merchant, URL: c.URL, Types: c.Types, Description: c.Description,
		Enabled: true, Secret: c.secret, Created: tx.NowMilli(), Command: c.Key})
	return nil, nil
}

type updateEndpoint struct {
	Key      string `cbor:"1,keyasint"`
	Merchant uint64 `cbor:"2,keyasint"`
	Endpoint string `cbor:"3,keyasint"`
	Change   Change `cbor:"4,keyasint"`
}

func (c updateEndpoint) ID() string               { return c.Key }
func (c updateEndpoint) Name() string             { return "update_webhook_endpoint" }
func (c updateEndpoint) Touches(t *store.Touched) { t.Record(Endpoints.Key(c.Endpoint)) }

func (c updateEndpoint) Apply(tx *engine.Tx) (any, error) {
	e, ok := Endpoints.Get(tx, c.Endpoint)
	if !ok || e.Merchant != c.Merchant {
		return nil, noEndpoint()
	}

	if c.Change.URL != nil {
		e.URL = *c.Change.URL
	}
	if c.Change.Types != nil {
		e.Types = *c.Change.Types
	}
	if c.Change.Description != nil {
		e.Description = *c.Change.Description
	}
	if c.Change.Enabled != nil {
		e.Enabled, e.DisabledWhy = *c.Change.Enabled, ""
	}
	Endpoints.Put(tx, e.ID, e)
	return nil, nil
}

type rotateSecret struct {
	Key      string `cbor:"1,keyasint"`
	Merchant uint64 `cbor:"2,keyasint"`
	Endpoint string `cbor:"3,keyasint"`

	secret SigningSecret
}

func (c rotateSecret) ID() string               { return c.Key }
func (c rotateSecret) Name() string             { return "rotate_webhook_secret" }
func (c rotateSecret) Touches(t *store.Touched) { t.Record(Endpoints.Key(c.Endpoint)) }

func (c rotateSecret) Apply(tx *engine.Tx) (any, error) {
	e, ok := Endpoints.Get(tx, c.Endpoint)
	if !ok || e.Merchant != c.Merchant {
		return nil, noEndpoint()
	}

	e.Previous, e.PreviousUntil = e.Secret, tx.NowMilli()+previousLife.Milliseconds()
	e.Secret = c.secret
	Endpoints.Put(tx, e.ID, e)
	return nil, nil
}

type deleteEndpoint struct {
	Key      string `cbor:"1,keyasint"`
	Merchant uint64 `cbor:"2,keyasint"`
	Endpoint string `cbor:"3,keyasint"`
}

func (c deleteEndpoint) ID() string   { return c.Key }
func (c deleteEndpoint) Name() string { return "delete_webhook_endpoint" }
func (c deleteEndpoint) Touches(t *store.Touched) {
	t.Record(Endpoints.Key(c.Endpoint), tallies.Key(party.FormatID(c.Merchant)))
}

func (c deleteEndpoint) Apply(tx *engine.Tx) (any, error) {
	e, ok := Endpoints.Get(tx, c.Endpoint)
	if !ok || e.Merchant != c.Merchant {
		return nil, noEndpoint()
	}

	Endpoints.Delete(tx, e.ID)
	count, _ := tallies.Get(tx, party.FormatID(c.Merchant))
	count.Endpoints--
	tallies.Put(tx, party.FormatID(c.Merchant), count)
	return nil, nil
}
