package webhook

import (
	"context"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/fanout"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/store"
)

// deliveries are what events call for: one to each endpoint that wants to hear of it.
var deliveries = fanout.Work[Delivery]{What: "webhooks", Actor: "job:" + Timer, Command: "fan_out_webhooks", Prefix: "webhook/fan_out",
	Cursor: "webhook_cursor", Key: "fan_out", Keep: keepNew}

func keepNew(tx *engine.Tx, d Delivery) {
	now := tx.NowMilli()
	d.State, d.Created, d.Next = Pending, now, now
	Deliveries.Append(tx, d.ID, d)
	pay.Timers.Append(tx, timerID(d.ID), pay.Timer{Kind: Timer, About: d.ID, Due: now})
}

// FanOut makes the deliveries of the events in a stretch of the journal, and returns the
// position up to which that is done: fanout.Follower's.
func (s *Service) FanOut(ctx context.Context) (reached uint64, err error) { return s.fan.FanOut(ctx) }

// anyEndpoint says that nothing calls for a delivery where nobody has an endpoint: an endpoint
// hears of nothing that was before it.
func (s *Service) anyEndpoint(ctx context.Context) (position uint64, some bool, err error) {
	list, err := s.engine.Store().Scan(ctx, store.Range{Index: EndpointsOf, Limit: 1})
	return 0, len(list) > 0, err
}

// deliveriesOf makes the deliveries of entries' events.
func (s *Service) deliveriesOf(ctx context.Context) func(*store.Entry, []Delivery) ([]Delivery, error) {
	endpoints := map[uint64][]Endpoint{}
	return func(entry *store.Entry, made []Delivery) ([]Delivery, error) {
		events, err := pay.EventsIn(entry)
		if err != nil {
			return nil, err
		}
		for n := range events {
			for _, merchant := range events[n].Parties {
				if made, err = s.deliveriesTo(ctx, merchant, &events[n], entry.Position, endpoints, made); err != nil {
					return nil, err
				}
			}
		}
		return made, nil
	}
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
