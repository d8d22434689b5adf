package webhook

import (
	"context"
	"fmt"
	"slices"

	"tongbao/internal/engine"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// Trigger makes an event of the type for one endpoint alone, so that a merchant
// can try its program. Its object is the endpoint: nothing else has happened.
// Refusals: not_found, webhook_endpoint_disabled, invalid_field (event_type).
func (s *Service) Trigger(ctx context.Context, by engine.By, key string, merchant uint64, endpoint, eventType string) (pay.Event, error) {
	if eventType == "" {
		eventType = pay.WebhookTest
	}
	if !slices.Contains(pay.EventTypes, eventType) {
		return pay.Event{}, refusal.In("event_type", refusal.InvalidField, "not a type of event")
	}
	if _, err := s.engine.Submit(ctx, trigger{Key: key, Merchant: merchant, Endpoint: endpoint, Type: eventType}, by); err != nil {
		return pay.Event{}, err
	}
	e, ok, err := pay.ReadEvent(ctx, s.engine.Store(), pay.EventID(key, 0))
	if err == nil && !ok {
		err = fmt.Errorf("command %s lacks its event", key)
	}
	return e, err
}

type trigger struct {
	Key      string `cbor:"1,keyasint"`
	Merchant uint64 `cbor:"2,keyasint"`
	Endpoint string `cbor:"3,keyasint"`
	Type     string `cbor:"4,keyasint"`
}

func (c trigger) ID() string   { return c.Key }
func (c trigger) Name() string { return "trigger_webhook" }
func (c trigger) Touches(t *store.Touched) {
	t.Record(Endpoints.Key(c.Endpoint))
	t.Account(pay.DiaryOf(c.Merchant))
}

func (c trigger) Apply(tx *engine.Tx) (any, error) {
	e, ok := Endpoints.Get(tx, c.Endpoint)
	if !ok || e.Merchant != c.Merchant {
		return nil, noEndpoint()
	}
	if !e.Enabled {
		return nil, refusal.New(refusal.EndpointDisabled, "the endpoint is disabled; enable it first")
	}

	pay.Tell(tx, pay.Event{Type: c.Type, Parties: []uint64{c.Merchant}, Kind: Endpoints.Name, Object: c.Endpoint, Detail: "test"})
	return nil, nil
}
