package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// lease is how long the server that took an attempt on has for it. If it dies
// meanwhile, the timer rings again then.
const lease = 2 * answerTimeout

// Attempt makes one attempt at the delivery, unless its moment isn't due any
// more; jobs calls it when the timer rings. That an endpoint did not take the
// message is an ordinary end of it, kept in the record. An error says that
// nothing is known of an attempt; the timer will ring again.
func (s *Service) Attempt(ctx context.Context, id string, due int64) error {
	d, ok, err := Deliveries.Read(ctx, s.engine.Store(), id)
	if err != nil || !ok {
		return fmt.Errorf("read delivery %s (there: %t): %w", id, ok, err)
	}
	if d.Next != due {
		return nil
	}
	e, ok, err := Endpoints.Read(ctx, s.engine.Store(), d.Endpoint)
	if err != nil {
		return fmt.Errorf("read endpoint %s: %w", d.Endpoint, err)
	}
	if !ok || !e.Enabled {
		return s.keep(ctx, attempted{Key: fmt.Sprintf("webhook/%s/quit/%d", id, due), Delivery: id, Claim: d.Claims, Quit: true,
			Attempt: Attempt{At: s.engine.Now().UnixMilli(), Error: "the endpoint is disabled or gone; nothing was sent"}})
	}
	body, err := s.body(ctx, d.Event)
	if err != nil {
		return err
	}

	began := time.Now()
	claim := claimAttempt{Delivery: id, Claim: d.Claims + 1, Server: s.opt.Server}
	if _, err := s.engine.Submit(ctx, claim, byJob(claim.ID())); err != nil {
		if no := refusal.Of(err); no != nil && no.Code == refusal.IdempotencyConflict {
			return nil // another server has taken it on
		}
		return err
	}
	if time.Since(began) > lease-answerTimeout {
		return nil // we were held up, perhaps until the claim was over; the timer rings again
	}
	attempt := s.post(ctx, &e, d.Event, body)
	if ctx.Err() != nil {
		return ctx.Err() // we are being stopped, and it says nothing about the endpoint
	}
	c := attempted{Key: fmt.Sprintf("webhook/%s/attempt/%d", id, claim.Claim), Delivery: id, Claim: claim.Claim, Attempt: attempt}
	if attempt.Status == statusGone {
		c.Gone = e.URL
	}
	return s.keep(ctx, c)
}

func (s *Service) keep(ctx context.Context, c attempted) error {
	_, err := s.engine.Submit(ctx, c, byJob(c.Key))
	return err
}

func byJob(request string) engine.By { return engine.By{Actor: "job:" + Timer, Request: request} }

// body is the message, byte for byte as it is signed and sent.
func (s *Service) body(ctx context.Context, id string) ([]byte, error) {
	event, ok, err := pay.ReadEvent(ctx, s.engine.Store(), id)
	if err != nil || !ok {
		return nil, fmt.Errorf("read event %s (there: %t): %w", id, ok, err)
	}
	data, err := s.opt.Render(ctx, event)
	if err != nil {
		return nil, fmt.Errorf("render event %s: %w", id, err)
	}
	return json.Marshal(struct {
		ID        string          `json:"id"`
		Type      string          `json:"type"`
		Timestamp string          `json:"timestamp"`
		Data      json.RawMessage `json:"data"`
	}{event.ID, event.Type, time.UnixMilli(event.At).UTC().Format("2006-01-02T15:04:05.000Z"), data})
}

// claimAttempt is a server's word that it makes the next attempt. The timer
// moves behind the end of it, so that others leave it alone, and it comes back
// if the server does not.
type claimAttempt struct {
	Delivery string `cbor:"1,keyasint"`
	Claim    int    `cbor:"2,keyasint"`
	Server   string `cbor:"3,keyasint"` // another server's claim of the same number is a conflict
}

func (c claimAttempt) ID() string {
	return fmt.Sprintf("webhook/%s/claim/%d", c.Delivery, c.Claim)
}
func (c claimAttempt) Name() string { return "claim_webhook_attempt" }
func (c claimAttempt) Touches(t *store.Touched) {
	t.Record(Deliveries.Key(c.Delivery), pay.Timers.Key(timerID(c.Delivery)))
}

func (c claimAttempt) Apply(tx *engine.Tx) (any, error) {
	d, ok := Deliveries.Get(tx, c.Delivery)
	if !ok || d.Claims+1 != c.Claim || d.Next == 0 {
		return nil, refusal.New(refusal.IdempotencyConflict, "the delivery has moved on")
	}

	d.Claims = c.Claim
	d.setNext(tx, tx.NowMilli()+lease.Milliseconds())
	Deliveries.Put(tx, d.ID, d)
	return nil, nil
}

// attempted keeps what came of an attempt.
type attempted struct {
	Key      string  `cbor:"1,keyasint"`
	Delivery string  `cbor:"2,keyasint"`
	Claim    int     `cbor:"3,keyasint"`
	Attempt  Attempt `cbor:"4,keyasint"`
	Quit     bool    `cbor:"5,keyasint,omitempty"` // nothing was sent, and nothing will be
	Gone     string  `cbor:"6,keyasint,omitempty"` // the URL that answered that it is gone for good
}

func (c attempted) ID() string   { return c.Key }
func (c attempted) Name() string { return "webhook_attempted" }
func (c attempted) Touches(t *store.Touched) {
	t.Record(Deliveries.Key(c.Delivery), pay.Timers.Key(timerID(c.Delivery)))
	if c.Gone != "" {
		t.Record(Endpoints.Key(EndpointOf(c.Delivery)))
	}
}

func (c attempted) Apply(tx *engine.Tx) (any, error) {
	d, ok := Deliveries.Get(tx, c.Delivery)
	if !ok {
		return nil, noDelivery()
	}

	d.Attempts = append(d.Attempts, c.Attempt)
	if extra := len(d.Attempts) - mostAttempts; extra > 0 {
		d.Attempts = d.Attempts[extra:]
	}
	switch {
	case d.Next == 0: // it has arrived or was given up meanwhile
		if c.Attempt.delivered() {
			d.State = Delivered
		}
	case c.Attempt.delivered():
		d.State = Delivered
		d.setNext(tx, 0)
	case c.Claim != d.Claims: // a newer attempt is under way, and decides
	case c.Quit || c.Gone != "":
		d.State = GivenUp
		d.setNext(tx, 0)
	default:
		d.fail(tx)
	}
	Deliveries.Put(tx, d.ID, d)
	if c.Gone != "" {
		c.disable(tx)
	}
	return nil, nil
}

func (d *Delivery) fail(tx *engine.Tx) {
	d.Failures++
	if d.Failures > len(schedule) {
		d.State = GivenUp
		d.setNext(tx, 0)
		return
	}
	d.State = Failed
	d.setNext(tx, tx.NowMilli()+schedule[d.Failures-1].Milliseconds())
}

// disable takes 410 Gone at its word, unless the address was changed meanwhile.
func (c attempted) disable(tx *engine.Tx) {
	e, ok := Endpoints.Get(tx, EndpointOf(c.Delivery))
	if !ok || e.URL != c.Gone {
		return
	}
	e.Enabled, e.DisabledWhy = false, "the address answered 410 Gone"
	Endpoints.Put(tx, e.ID, e)
}
