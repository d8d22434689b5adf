package webhook

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// Endpoint is an address at which a merchant wants to hear of events.
type Endpoint struct {
	ID            string        `cbor:"1,keyasint"` // we_…
	Merchant      uint64        `cbor:"2,keyasint"`
	URL           string        `cbor:"3,keyasint"`
	Types         []string      `cbor:"4,keyasint,omitempty"` // of events; empty for all
	Description   string        `cbor:"5,keyasint,omitempty"`
	Enabled       bool          `cbor:"6,keyasint"`
	DisabledWhy   string        `cbor:"7,keyasint,omitempty"` // where it wasn't the merchant
	Secret        SigningSecret `cbor:"8,keyasint"`
	Previous      SigningSecret `cbor:"9,keyasint,omitempty"`  // signs too until the next
	PreviousUntil int64         `cbor:"10,keyasint,omitempty"` // this and the next: Unix milliseconds
	Created       int64         `cbor:"11,keyasint"`
	Command       string        `cbor:"12,keyasint"` // that made it: what stands before it in the journal is not for this endpoint
}

// previousLife is how long a replaced secret goes on signing.
const previousLife = 24 * time.Hour

// MostEndpoints is how many a merchant can have.
const MostEndpoints = 16

// EndpointsOf lists a merchant's endpoints; Sort is merchant/created.
const EndpointsOf = "webhook_endpoint.merchant"

// Endpoints are found by id.
var Endpoints = engine.Kind[Endpoint]{Name: "webhook_endpoint", Terms: func(_ string, e Endpoint) []store.Term {
	return []store.Term{{Index: EndpointsOf, Sort: party.FormatID(e.Merchant) + "/" + sortable(e.Created)}}
}}

// tally counts a merchant's endpoints.
type tally struct {
	Endpoints int `cbor:"1,keyasint"`
}

var tallies = engine.Kind[tally]{Name: "webhook_endpoint_tally"}

// EndpointID is the id of the endpoint that a command makes.
func EndpointID(command string) string { return idFor("we_", command) }

// Wants says that the endpoint is to hear of an event that comes after it. A
// test event names the one endpoint that it is for.
func (e *Endpoint) Wants(event *pay.Event) bool {
	if !e.Enabled || !slices.Contains(event.Parties, e.Merchant) {
		return false
	}
	if event.Kind == Endpoints.Name {
		return event.Object == e.ID
	}
	return len(e.Types) == 0 || slices.Contains(e.Types, event.Type)
}

// secrets are those that sign at a moment (Unix milliseconds).
func (e *Endpoint) secrets(at int64) []SigningSecret {
	if e.Previous != "" && at < e.PreviousUntil {
		return []SigningSecret{e.Secret, e.Previous}
	}
	return []SigningSecret{e.Secret}
}

// NewEndpoint is an endpoint to register.
type NewEndpoint struct {
	URL         string
	Types       []string // empty for all
	Description string
}

// Create registers an endpoint. The answer carries the secret, on a repeat too.
// Refusals: webhook_url_refused, invalid_field (event_types, description),
// webhook_endpoint_limit_reached.
func (s *Service) Create(ctx context.Context, by engine.By, key string, merchant uint64, n NewEndpoint) (Endpoint, error) {
	if err := s.checkURL(ctx, n.URL); err != nil {
		return Endpoint{}, err
	}
	types, err := checkTypes(n.Types)
	if err != nil {
		return Endpoint{}, err
	}
	if err := checkDescription(n.Description); err != nil {
		return Endpoint{}, err
	}
	secret, err := newSecret(s.opt.Random)
	if err != nil {
		return Endpoint{}, err
	}
	receipt, err := s.engine.Submit(ctx, createEndpoint{Key: key, Merchant: merchant, URL: n.URL, Types: types, Description: n.Description, secret: secret}, by)
	return Endpoints.Written(EndpointID(key), receipt, err)
}

// Change is what may change of an endpoint; nil leaves a thing as it is.
type Change struct {
	URL         *string   `cbor:"1,keyasint,omitempty"`
	Types       *[]string `cbor:"2,keyasint,omitempty"`
	Description *string   `cbor:"3,keyasint,omitempty"`
	Enabled     *bool     `cbor:"4,keyasint,omitempty"`
}

// Update changes an endpoint. What is under way to it goes to the new address.
// Refusals: those of Create, not_found.
func (s *Service) Update(ctx context.Context, by engine.By, key string, merchant uint64, id string, change Change) (Endpoint, error) {
	if change.URL != nil {
		if err := s.checkURL(ctx, *change.URL); err != nil {
			return Endpoint{}, err
		}
	}
	if change.Types != nil {
		types, err := checkTypes(*change.Types)
		if err != nil {
			return Endpoint{}, err
		}
		change.Types = &types
	}
	if change.Description != nil {
		if err := checkDescription(*change.Description); err != nil {
			return Endpoint{}, err
		}
	}
	receipt, err := s.engine.Submit(ctx, updateEndpoint{Key: key, Merchant: merchant, Endpoint: id, Change: change}, by)
	return Endpoints.Written(id, receipt, err)
}

// Rotate gives the endpoint a new secret; the old one goes on signing beside it
// for a day. Refusal: not_found.
func (s *Service) Rotate(ctx context.Context, by engine.By, key string, merchant uint64, id string) (Endpoint, error) {
	secret, err := newSecret(s.opt.Random)
	if err != nil {
		return Endpoint{}, err
	}
	receipt, err := s.engine.Submit(ctx, rotateSecret{Key: key, Merchant: merchant, Endpoint: id, secret: secret}, by)
	return Endpoints.Written(id, receipt, err)
}

// Delete removes an endpoint. Deliveries to it that have not arrived are given
// up when their turn comes. Refusal: not_found.
func (s *Service) Delete(ctx context.Context, by engine.By, key string, merchant uint64, id string) error {
	_, err := s.engine.Submit(ctx, deleteEndpoint{Key: key, Merchant: merchant, Endpoint: id}, by)
	return err
}

// Endpoint is one of a merchant's. Refusal: not_found.
func (s *Service) Endpoint(ctx context.Context, merchant uint64, id string) (Endpoint, error) {
	e, ok, err := Endpoints.Read(ctx, s.engine.Store(), id)
	if err != nil {
		return Endpoint{}, err
	}
	if !ok || e.Merchant != merchant {
		return Endpoint{}, noEndpoint()
	}
	return e, nil
}

// EndpointList is all of a merchant's endpoints, the oldest first.
func (s *Service) EndpointList(ctx context.Context, merchant uint64) ([]Endpoint, error) {
	prefix := party.FormatID(merchant)
	items, err := Endpoints.Scan(ctx, s.engine.Store(), store.Range{Index: EndpointsOf, From: prefix + "/", Until: prefix + "0", Limit: MostEndpoints})
	list := make([]Endpoint, 0, len(items))
	for _, item := range items {
		list = append(list, item.Value)
	}
	return list, err
}

func noEndpoint() error { return refusal.New(refusal.NotFound, "no such webhook endpoint") }

func checkTypes(types []string) ([]string, error) {
	checked := make([]string, 0, len(types))
	for _, t := range types {
		if !slices.Contains(pay.EventTypes, t) {
			return nil, refusal.In("event_types", refusal.InvalidField, "one of them is not a type of event")
		}
		if !slices.Contains(checked, t) {
			checked = append(checked, t)
		}
	}
	return checked, nil
}

func checkDescription(text string) error {
	if len(text) > 400 || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
		return refusal.In("description", refusal.InvalidField, "a description is one line of at most 400 bytes")
	}
	return nil
}
