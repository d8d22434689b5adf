package webhook

import (
	"context"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// cursor is the journal position up to which every event has its deliveries.
type cursor struct {
	Position uint64 `cbor:"1,keyasint"`
}

const cursorID = "fan_out"

var cursors = engine.Kind[cursor]{Name: "webhook_cursor"}

const (
	stretch       = 512     // entries read at once
	mostAtOnce    = 1000    // deliveries made in a command, about
	lazyPositions = 100_000 // entries without deliveries after which the cursor is moved all the same
)

// FanOut reads a stretch of the journal and makes the deliveries of the events
// in it, and returns the position up to which that is done. Call it again until
// it has reached the journal's end, and whenever the journal has grown.
//
// All of a stretch's deliveries and the cursor's move are one command, so a
// stretch is fanned out once, however many servers try. A stretch without
// deliveries moves no cursor: this process remembers how far it has looked, and
// after a restart looks again.
func (s *Service) FanOut(ctx context.Context) (reached uint64, err error) {
	s.fan.Lock()
	defer s.fan.Unlock()
	from := s.engine.Store()
	kept, _, err := cursors.Read(ctx, from, cursorID)
	if err != nil {
		return s.reached, fmt.Errorf("read the cursor of webhooks: %w", err)
	}
	s.reached = max(s.reached, kept.Position)
	if skipped, err := s.skipAll(ctx); skipped || err != nil {
		return s.reached, err
	}
	entries, err := from.Journal(ctx, s.reached, stretch)
	if err != nil {
		return s.reached, fmt.Errorf("read the journal after %d: %w", s.reached, err)
	}

	until, made, err := s.deliveriesIn(ctx, entries)
	if err != nil || until == 0 {
		return s.reached, err
	}
	if len(made) > 0 || until-kept.Position >= lazyPositions {
		if err := s.commit(ctx, fanOut{From: kept.Position, Until: until, made: made}); err != nil {
			return s.reached, err
		}
	}
	s.reached = until
	return s.reached, nil
}

// skipAll jumps to the journal's end where nobody has an endpoint: an endpoint
// hears of nothing that was before it.
func (s *Service) skipAll(ctx context.Context) (bool, error) {
	head, err := s.engine.Store().Head(ctx) // before looking for endpoints
	if err != nil {
		return false, err
	}
	if s.reached >= head.Position {
		return true, nil
	}
	some, err := s.engine.Store().Scan(ctx, store.Range{Index: EndpointsOf, Limit: 1})
	if err != nil || len(some) > 0 {
		return false, err
	}
	s.reached = head.Position
	return true, nil
}

// deliveriesIn makes the deliveries of the events in the entries, up to the
// position at which they are enough for a command.
func (s *Service) deliveriesIn(ctx context.Context, entries []store.Entry) (until uint64, made []Delivery, err error) {
	endpoints := map[uint64][]Endpoint{}
	for i := range entries {
		entry := &entries[i]
		events, err := pay.EventsIn(entry)
		if err != nil {
			return 0, nil, err
		}
		for n := range events {
			for _, merchant := range events[n].Parties {
				if made, err = s.deliveriesTo(ctx, merchant, &events[n], entry.Position, endpoints, made); err != nil {
					return 0, nil, err
				}
			}
		}
		until = entry.Position
		if len(made) >= mostAtOnce {
			break
		}
	}
	return until, made, nil
}

func (s *Service) deliveriesTo(ctx context.Context, merchant uint64, event *pay.Event, position uint64, endpoints map[uint64][]Endpoint, made []Delivery) ([]Delivery, error) {
	if !party.IsMerchant(merchant) {
		return made, nil
	}
	list, known := endpoints[merchant]
	if !known {
		var err error
		if list, err = s.EndpointList(ctx, merchant); err != nil {
			return nil, fmt.Errorf("read the endpoints of %d: %w", merchant, err)
		}
		endpoints[merchant] = list
	}
	for _, e := range list {
		first, err := s.firstOf(ctx, &e)
		if err != nil {
			return nil, err
		}
		if position > first && e.Wants(event) {
			made = append(made, Delivery{ID: DeliveryID(e.ID, event.ID), Event: event.ID, Type: event.Type, Endpoint: e.ID, Merchant: merchant})
		}
	}
	return made, nil
}

// firstOf is the journal position at which the endpoint was made.
func (s *Service) firstOf(ctx context.Context, e *Endpoint) (uint64, error) {
	if position, ok := s.since[e.ID]; ok {
		return position, nil
	}
	entry, ok, err := s.engine.Store().Entry(ctx, e.Command)
	if err != nil || !ok {
		return 0, fmt.Errorf("read the entry that made endpoint %s (there: %t): %w", e.ID, ok, err)
	}
	s.since[e.ID] = entry.Position
	return entry.Position, nil
}

// commit submits the command of a stretch. That another server was faster is as
// good as having done it.
func (s *Service) commit(ctx context.Context, c fanOut) error {
	_, err := s.engine.Submit(ctx, c, engine.By{Actor: "job:" + Timer, Request: c.ID()})
	if no := refusal.Of(err); no != nil && no.Code == refusal.IdempotencyConflict {
		s.reached = c.From // look where the cursor is now
		return nil
	}
	return err
}

// fanOut makes the deliveries of a stretch of the journal. Which they are was
// worked out before, by whoever was first.
type fanOut struct {
	From  uint64 `cbor:"1,keyasint"`
	Until uint64 `cbor:"2,keyasint"`

	made []Delivery
}

func (c fanOut) ID() string               { return fmt.Sprintf("webhook/fan_out/%d-%d", c.From, c.Until) }
func (c fanOut) Name() string             { return "fan_out_webhooks" }
func (c fanOut) Touches(t *store.Touched) { t.Record(cursors.Key(cursorID)) }

func (c fanOut) Apply(tx *engine.Tx) (any, error) {
	kept, _ := cursors.Get(tx, cursorID)
	if kept.Position != c.From {
		return nil, refusal.New(refusal.IdempotencyConflict, "another server has followed the journal to %d", kept.Position)
	}

	now := tx.NowMilli()
	for _, d := range c.made {
		d.State, d.Created, d.Next = Pending, now, now
		Deliveries.Append(tx, d.ID, d)
		pay.Timers.Append(tx, timerID(d.ID), pay.Timer{Kind: Timer, About: d.ID, Due: now})
	}
	cursors.Put(tx, cursorID, cursor{Position: c.Until})
	return nil, nil
}
