package webhook

import (
	"context"
	"strings"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// State is where a delivery stands.
type State string

const (
	Pending   State = "pending"   // on its way for the first time, or again by hand
	Delivered State = "delivered" // the endpoint answered 2xx
	Failed    State = "failed"    // it didn't; it is tried again
	GivenUp   State = "given_up"  // it isn't tried any more
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID       string    `cbor:"1,keyasint"` // of endpoint and event, so that there is one
	Event    string    `cbor:"2,keyasint"`
	Type     string    `cbor:"3,keyasint"` // the event's
	Endpoint string    `cbor:"4,keyasint"`
	Merchant uint64    `cbor:"5,keyasint"`
	Created  int64     `cbor:"6,keyasint"` // Unix milliseconds, as is the next
	Next     int64     `cbor:"7,keyasint,omitempty"`
	State    State     `cbor:"8,keyasint"`
	Attempts []Attempt `cbor:"9,keyasint,omitempty"` // the newest, in order
	Failures int       `cbor:"10,keyasint,omitempty"`
	Claims   int       `cbor:"11,keyasint,omitempty"` // attempts that a server has taken on, and resendings
}

// Attempt is one try and what came of it.
type Attempt struct {
	At     int64  `cbor:"1,keyasint"`           // Unix milliseconds
	Status int    `cbor:"2,keyasint,omitempty"` // of the answer; 0 where none came
	Milli  int64  `cbor:"3,keyasint,omitempty"` // how long it took
	Error  string `cbor:"4,keyasint,omitempty"`
	Answer string `cbor:"5,keyasint,omitempty"` // its first bytes
}

func (a Attempt) delivered() bool { return a.Status >= 200 && a.Status < 300 }

// schedule is how long after each failure the next attempt comes. After the
// last, there is none.
var schedule = []time.Duration{5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// mostAttempts is how many attempts a record remembers: two rounds.
const mostAttempts = 24

// The indexes of deliveries.
const (
	DeliveriesOf         = "webhook_delivery.merchant" // Sort is merchant/created
	DeliveriesOfEndpoint = "webhook_delivery.endpoint" // endpoint/created
	DeliveriesOfEvent    = "webhook_delivery.event"    // event/created
	DeliveriesIn         = "webhook_delivery.state"    // merchant/state/created
)

// Deliveries are found by id.
var Deliveries = engine.Kind[Delivery]{Name: "webhook_delivery", Terms: func(_ string, d Delivery) []store.Term {
	merchant, created := party.FormatID(d.Merchant), sortable(d.Created)
	return []store.Term{
		{Index: DeliveriesOf, Sort: merchant + "/" + created},
		{Index: DeliveriesOfEndpoint, Sort: d.Endpoint + "/" + created},
		{Index: DeliveriesOfEvent, Sort: d.Event + "/" + created},
		{Index: DeliveriesIn, Sort: merchant + "/" + string(d.State) + "/" + created},
	}
}}

// DeliveryID names the one delivery of an event to an endpoint.
func DeliveryID(endpoint, event string) string { return endpoint + "-" + event }

// EndpointOf is the endpoint in a delivery's id.
func EndpointOf(delivery string) string {
	endpoint, _, _ := strings.Cut(delivery, "-")
	return endpoint
}

// Timer is the kind of the timers of deliveries; they are about a Delivery's id.
const Timer = "webhook"

func timerID(delivery string) string { return Timer + "/" + delivery }

// setNext moves the delivery and its timer; 0 says that nothing comes next.
func (d *Delivery) setNext(tx *engine.Tx, next int64) {
	d.Next = next
	if next == 0 {
		pay.Timers.Delete(tx, timerID(d.ID))
		return
	}
	pay.Timers.Put(tx, timerID(d.ID), pay.Timer{Kind: Timer, About: d.ID, Due: next})
}

// Filter chooses deliveries of a merchant; empty members choose all.
type Filter struct {
	Merchant uint64
	Endpoint string
	Event    string
	State    State
}

// index is the shortest list that holds all that the filter chooses.
func (f Filter) index() (index, prefix string) {
	merchant := party.FormatID(f.Merchant)
	switch {
	case f.Event != "":
		return DeliveriesOfEvent, f.Event
	case f.Endpoint != "":
		return DeliveriesOfEndpoint, f.Endpoint
	case f.State != "":
		return DeliveriesIn, merchant + "/" + string(f.State)
	}
	return DeliveriesOf, merchant
}

func (f Filter) chooses(d *Delivery) bool {
	return d.Merchant == f.Merchant &&
		(f.Endpoint == "" || d.Endpoint == f.Endpoint) &&
		(f.Event == "" || d.Event == f.Event) &&
		(f.State == "" || d.State == f.State)
}

// DeliveryList lists deliveries, the newest first, from the one after the place
// that an earlier answer called next: engine.Kind's Choose.
func (s *Service) DeliveryList(ctx context.Context, f Filter, next string, limit int) (list []Delivery, newNext string, err error) {
	index, prefix := f.index()
	r := store.Range{Index: index, From: prefix + "/", Until: prefix + "0", After: next, Reverse: true}
	return Deliveries.Choose(ctx, s.engine.Store(), r, limit, f.chooses)
}

// Delivery is one of a merchant's. Refusal: not_found.
func (s *Service) Delivery(ctx context.Context, merchant uint64, id string) (Delivery, error) {
	d, ok, err := Deliveries.Read(ctx, s.engine.Store(), id)
	if err == nil && (!ok || d.Merchant != merchant) {
		return Delivery{}, noDelivery()
	}
	return d, err
}

func noDelivery() error { return refusal.New(refusal.NotFound, "no such webhook delivery") }

// Resend sends a delivery again at once, whatever became of it, and begins the
// schedule anew. Refusals: not_found, webhook_endpoint_disabled.
func (s *Service) Resend(ctx context.Context, by engine.By, key string, merchant uint64, id string) (Delivery, error) {
	receipt, err := s.engine.Submit(ctx, resend{Key: key, Merchant: merchant, Delivery: id}, by)
	return Deliveries.Written(id, receipt, err)
}

type resend struct {
	Key      string `cbor:"1,keyasint"`
	Merchant uint64 `cbor:"2,keyasint"`
	Delivery string `cbor:"3,keyasint"`
}

func (c resend) ID() string   { return c.Key }
func (c resend) Name() string { return "resend_webhook" }
func (c resend) Touches(t *store.Touched) {
	t.Record(Deliveries.Key(c.Delivery), pay.Timers.Key(timerID(c.Delivery)), Endpoints.Key(EndpointOf(c.Delivery)))
}

func (c resend) Apply(tx *engine.Tx) (any, error) {
	d, ok := Deliveries.Get(tx, c.Delivery)
	if !ok || d.Merchant != c.Merchant {
		return nil, noDelivery()
	}
	e, ok := Endpoints.Get(tx, d.Endpoint)
	if !ok {
		return nil, noEndpoint()
	}
	if !e.Enabled {
		return nil, refusal.New(refusal.EndpointDisabled, "the endpoint is disabled; enable it first")
	}

	d.State, d.Failures = Pending, 0
	d.Claims++ // a claim of the next number may have been refused while nothing was due, and a refusal is kept
	d.setNext(tx, tx.NowMilli())
	Deliveries.Put(tx, d.ID, d)
	return nil, nil
}
