package openapi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
	"tongbao/internal/webhook"
)

func (s *Server) registerEvents(api huma.API) {
	const tag = "Events"
	add(api, op{ID: "list-events", Path: "/v1/events", Tag: tag, Who: user | merchant, Summary: "What has happened",
		Doc: "To the caller, with each object as it stood then.", Codes: []refusal.Code{refusal.InvalidCursor}}, s.listEvents)
	add(api, op{ID: "get-event", Path: "/v1/events/{id}", Tag: tag, Who: user | merchant | operator, Summary: "Look at an event", Codes: []refusal.Code{refusal.NotFound}}, s.getEvent)
	add(api, op{ID: "stream-events", Path: "/v1/events/stream", Tag: tag, Who: user | merchant, Slow: true, Summary: "What happens, as it happens",
		Doc: "Server-sent events (text/event-stream): the event's id and type, and the Event as data. Last-Event-ID goes on after that event. A browser's EventSource names its face in the query.",
	}, s.streamEvents)
}

// Event is something that happened to an object.
type Event struct {
	ID       string `json:"id" example:"evt_0a1b2c3d4e5f60718293a4b5"`
	Type     string `json:"type" enum:"payment.created,payment.paid,payment.shipped,payment.extended,payment.finished,payment.closed,payment.reminded,refund.created,dispute.opened,dispute.updated,dispute.closed,transfer.created,top_up.updated,withdrawal.updated,webhook.test,agreement.signed,agreement.ended" example:"payment.paid"`
	At       Time   `json:"at"`
	Data     any    `json:"data" doc:"The Payment, Refund, Dispute, Transfer, BankOrder or Agreement as it stood then."`
	Position uint64 `json:"position" example:"4711" doc:"In the journal. Of two events the one with the smaller position happened first."`
}

type eventsAsked struct {
	Paging
	Stretch
	Type string `query:"type" maxLength:"40" example:"payment.paid"`
}

func (s *Server) listEvents(ctx context.Context, in *eventsAsked) (*answer[Page[Event]], error) {
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	if in.Type != "" && !slices.Contains(pay.EventTypes, in.Type) {
		return nil, refusal.In("type", refusal.InvalidField, "not a type of event")
	}
	return listDiary(ctx, s, pay.ListEvents, who.ID, in.Stretch, in.Paging, in.Type,
		func(item engine.Item[pay.Event]) bool { return in.Type == "" || item.Value.Type == in.Type },
		func(item engine.Item[pay.Event]) (Event, error) { return s.event(ctx, item.Value, who) })
}

func (s *Server) getEvent(ctx context.Context, in *ByID) (*answer[Event], error) {
	e, ok, err := pay.ReadEvent(ctx, s.opt.Engine.Store(), in.ID)
	if err != nil {
		return nil, err
	}
	who := s.caller(ctx)
	if !ok || who.Kind != identity.Operator && !slices.Contains(e.Parties, who.ID) {
		return nil, notFound("id", "event")
	}
	return render(s.event(ctx, e, who))
}

// event renders an event for the one who looks.
func (s *Server) event(ctx context.Context, e pay.Event, who identity.Principal) (Event, error) {
	entry, ok, err := s.opt.Engine.Store().Entry(ctx, e.Command)
	if err != nil || !ok {
		return Event{}, fmt.Errorf("read the command of event %s (there: %t): %w", e.ID, ok, err)
	}
	data, err := s.object(ctx, e, entry, who)
	return Event{ID: e.ID, Type: e.Type, At: Time(e.At), Data: data, Position: entry.Position}, err
}

// RenderEvent is the data of an event as a webhook carries it: the object as
// it stood then, as the merchant sees it.
func (s *Server) RenderEvent(ctx context.Context, e pay.Event) (json.RawMessage, error) {
	entry, ok, err := s.opt.Engine.Store().Entry(ctx, e.Command)
	if err != nil || !ok {
		return nil, fmt.Errorf("read the command of event %s (there: %t): %w", e.ID, ok, err)
	}
	reader := identity.Principal{Kind: identity.Merchant, Role: party.FullKey, Scope: party.Full, Mode: s.mode()}
	for _, id := range e.Parties {
		if party.IsMerchant(id) {
			reader.ID = id
		}
	}
	object, err := s.object(ctx, e, entry, reader)
	if err != nil {
		return nil, err
	}
	return json.Marshal(object)
}

// object is an event's object as its command left it.
func (s *Server) object(ctx context.Context, e pay.Event, entry store.Entry, who identity.Principal) (any, error) {
	l := s.look(ctx)
	switch e.Kind {
	case pay.Trades.Name:
		t, ok, err := pay.Trades.In(entry, e.Object)
		if err == nil && !ok { // a reminder changes nothing
			t, err = s.opt.Desk.Trade(ctx, e.Object)
		}
		if err != nil {
			return nil, err
		}
		return l.tradeObject(e, &t, who), l.err
	case pay.Transfers.Name:
		t, ok, err := pay.Transfers.In(entry, e.Object)
		if err != nil || !ok {
			return nil, lost(e, err)
		}
		return l.transfer(&t), l.err
	case pay.BankOrders.Name:
		o, ok, err := pay.BankOrders.In(entry, e.Object)
		if err != nil || !ok {
			return nil, lost(e, err)
		}
		return bankOrderView(&o), nil
	case pay.Agreements.Name:
		a, ok, err := pay.Agreements.In(entry, e.Object)
		if err != nil || !ok {
			return nil, lost(e, err)
		}
		return l.agreement(&a, who), l.err
	case webhook.Endpoints.Name:
		return TestObject{WebhookEndpointID: e.Object, Test: true}, nil
	}
	return nil, fmt.Errorf("event %s is about a %q, which has no picture", e.ID, e.Kind)
}

func lost(e pay.Event, err error) error {
	return fmt.Errorf("command %s lacks the %s of event %s: %w", e.Command, e.Kind, e.ID, err)
}

// TestObject is the data of an event that a merchant made to try an endpoint.
type TestObject struct {
	WebhookEndpointID string `json:"webhook_endpoint_id" example:"we_0a1b2c3d4e5f60718293a4b5"`
	Test              bool   `json:"test" example:"true"`
}

// tradeObject is the part of a payment that the event is about.
func (l *look) tradeObject(e pay.Event, t *trade.Trade, who identity.Principal) any {
	role, _ := sideOf(t, who)
	looking := eyes{who, role, trade.Time(e.At)}
	switch e.Type {
	case pay.RefundCreated:
		if i := refundAt(t, e.Detail); i >= 0 {
			return refundView(t, i)
		}
	case pay.DisputeOpened, pay.DisputeUpdated, pay.DisputeClosed:
		if t.Dispute != nil {
			return l.dispute(t, t.Dispute, looking)
		}
	}
	return l.payment(t, looking)
}
