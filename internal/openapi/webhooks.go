package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/webhook"
)

func (s *Server) registerWebhooks(api huma.API) {
	const tag = "Webhooks"
	change := []refusal.Code{refusal.NotFound, refusal.WebhookURLRefused}
	add(api, op{ID: "create-webhook-endpoint", Method: http.MethodPost, Path: "/v1/webhook-endpoints", Tag: tag, Who: merchant, Status: http.StatusCreated, Summary: "Be told of events at an address",
		Doc:   "Messages are signed by the Standard Webhooks rules with the secret in this answer. A message comes at least once, in any order: keep webhook-id, and ask for the object.",
		Codes: []refusal.Code{refusal.WebhookURLRefused, refusal.EndpointLimitReached}}, s.createEndpoint)
	add(api, op{ID: "list-webhook-endpoints", Path: "/v1/webhook-endpoints", Tag: tag, Who: merchant, Summary: "List webhook endpoints", Codes: []refusal.Code{refusal.InvalidCursor}}, s.listEndpoints)
	add(api, op{ID: "get-webhook-endpoint", Path: "/v1/webhook-endpoints/{id}", Tag: tag, Who: merchant, Summary: "Look at a webhook endpoint", Codes: []refusal.Code{refusal.NotFound}}, s.getEndpoint)
	add(api, op{ID: "update-webhook-endpoint", Method: http.MethodPatch, Path: "/v1/webhook-endpoints/{id}", Tag: tag, Who: merchant, Summary: "Change a webhook endpoint", Codes: change}, s.updateEndpoint)
	add(api, op{ID: "delete-webhook-endpoint", Method: http.MethodDelete, Path: "/v1/webhook-endpoints/{id}", Tag: tag, Who: merchant, Summary: "Remove a webhook endpoint", Codes: change[:1]}, s.deleteEndpoint)
	add(api, op{ID: "rotate-webhook-secret", Method: http.MethodPost, Path: "/v1/webhook-endpoints/{id}/rotate-secret", Tag: tag, Who: merchant, Summary: "Change the secret",
		Doc: "The old one goes on signing beside it for a day.", Codes: change[:1]}, s.rotateSecret)
	add(api, op{ID: "test-webhook-endpoint", Method: http.MethodPost, Path: "/v1/webhook-endpoints/{id}/test", Tag: tag, Who: merchant, Status: http.StatusCreated, Summary: "Send a test event",
		Codes: []refusal.Code{refusal.NotFound, refusal.EndpointDisabled}}, s.testEndpoint)
	add(api, op{ID: "list-webhook-deliveries", Path: "/v1/webhook-deliveries", Tag: tag, Who: merchant, Summary: "What was sent, and what came of it", Codes: []refusal.Code{refusal.InvalidCursor}}, s.listDeliveries)
	add(api, op{ID: "get-webhook-delivery", Path: "/v1/webhook-deliveries/{id}", Tag: tag, Who: merchant, Summary: "Look at a delivery", Codes: []refusal.Code{refusal.NotFound}}, s.getDelivery)
	add(api, op{ID: "resend-webhook-delivery", Method: http.MethodPost, Path: "/v1/webhook-deliveries/{id}/resend", Tag: tag, Who: merchant, Summary: "Send it again",
		Codes: []refusal.Code{refusal.NotFound, refusal.EndpointDisabled}}, s.resendDelivery)
}

// WebhookEndpoint is an address that is told of events.
type WebhookEndpoint struct {
	ID             string    `json:"id" example:"we_0a1b2c3d4e5f60718293a4b5"`
	URL            string    `json:"url" example:"https://shop.example.com/hooks/tongbao"`
	EventTypes     []string  `json:"event_types" example:"[\"payment.paid\"]" doc:"Empty for all."`
	Description    string    `json:"description" example:"Shop server"`
	Enabled        bool      `json:"enabled" example:"true"`
	DisabledReason *string   `json:"disabled_reason" example:"no delivery arrived for days" doc:"Where it was not the merchant who disabled it."`
	CreatedAt      Time      `json:"created_at"`
	OldSecretUntil MaybeTime `json:"old_secret_until" doc:"While a replaced secret goes on signing."`
	Secret         *string   `json:"secret,omitempty" example:"whsec_…" doc:"When it is made or changed, and never again."`
	MerchantID     string    `json:"merchant_id" example:"2088800000000016"`
}

// endpointView makes the view, with the secret or without.
func (s *Server) endpointView(secret showSecret) func(*webhook.Endpoint) WebhookEndpoint {
	return func(e *webhook.Endpoint) WebhookEndpoint { return s.viewEndpoint(e, secret) }
}

func (s *Server) viewEndpoint(e *webhook.Endpoint, secret showSecret) WebhookEndpoint {
	v := WebhookEndpoint{ID: e.ID, URL: e.URL, EventTypes: e.Types, Description: e.Description, Enabled: e.Enabled, DisabledReason: maybe(e.DisabledWhy), CreatedAt: Time(e.Created), MerchantID: idText(e.Merchant)}
	if v.EventTypes == nil {
		v.EventTypes = []string{}
	}
	if e.Previous != "" && s.now().UnixMilli() < e.PreviousUntil {
		v.OldSecretUntil = MaybeTime(e.PreviousUntil)
	}
	if secret {
		v.Secret = maybe(e.Secret.Reveal().Reveal())
	}
	return v
}

type showSecret bool

const (
	withoutSecret showSecret = false
	withSecret    showSecret = true
)

// NewWebhookEndpoint is an address to tell.
type NewWebhookEndpoint struct {
	URL         string   `json:"url" minLength:"1" maxLength:"1024" example:"https://shop.example.com/hooks/tongbao"`
	EventTypes  []string `json:"event_types,omitempty" maxItems:"32" example:"[\"payment.paid\"]" doc:"All, by default."`
	Description string   `json:"description,omitempty" maxLength:"200" example:"Shop server"`
}

func (s *Server) createEndpoint(ctx context.Context, in *struct{ Body NewWebhookEndpoint }) (*answer[WebhookEndpoint], error) {
	who, err := s.merchant(ctx, party.ManageWebhooks)
	if err != nil {
		return nil, err
	}
	e, err := s.opt.Webhooks.Create(ctx, s.by(ctx), s.command(ctx), who.ID, webhook.NewEndpoint{URL: in.Body.URL, Types: in.Body.EventTypes, Description: in.Body.Description})
	return show(e, err, s.endpointView(withSecret))
}

// listEndpoints answers all of them: there are so few that one page has them,
// and no cursor is ever given out.
func (s *Server) listEndpoints(ctx context.Context, in *Paging) (*answer[Page[WebhookEndpoint]], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	if in.Cursor != "" {
		return nil, refusal.In("cursor", refusal.InvalidCursor, "this list has one page")
	}
	endpoints, err := s.opt.Webhooks.EndpointList(ctx, who.ID)
	page := Page[WebhookEndpoint]{Data: []WebhookEndpoint{}}
	for i := len(endpoints) - 1; i >= 0; i-- {
		page.Data = append(page.Data, s.viewEndpoint(&endpoints[i], withoutSecret))
	}
	return render(page, err)
}

func (s *Server) getEndpoint(ctx context.Context, in *ByID) (*answer[WebhookEndpoint], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	e, err := s.opt.Webhooks.Endpoint(ctx, who.ID, in.ID)
	return show(e, named("id", err), s.endpointView(withoutSecret))
}

// WebhookEndpointChange is what changes; what is absent stays.
type WebhookEndpointChange struct {
	URL         *string   `json:"url,omitempty" minLength:"1" maxLength:"1024" example:"https://shop.example.com/hooks/tongbao"`
	EventTypes  *[]string `json:"event_types,omitempty" maxItems:"32" example:"[\"payment.paid\"]"`
	Description *string   `json:"description,omitempty" maxLength:"200" example:"Shop server"`
	Enabled     *bool     `json:"enabled,omitempty" example:"false"`
}

func (s *Server) updateEndpoint(ctx context.Context, in *struct {
	ByID
	Body WebhookEndpointChange
}) (*answer[WebhookEndpoint], error) {
	who, err := s.merchant(ctx, party.ManageWebhooks)
	if err != nil {
		return nil, err
	}
	change := webhook.Change{URL: in.Body.URL, Types: in.Body.EventTypes, Description: in.Body.Description, Enabled: in.Body.Enabled}
	e, err := s.opt.Webhooks.Update(ctx, s.by(ctx), s.command(ctx), who.ID, in.ID, change)
	return show(e, named("id", err), s.endpointView(withoutSecret))
}

func (s *Server) deleteEndpoint(ctx context.Context, in *ByID) (*struct{}, error) {
	who, err := s.merchant(ctx, party.ManageWebhooks)
	if err != nil {
		return nil, err
	}
	return nil, named("id", s.opt.Webhooks.Delete(ctx, s.by(ctx), s.command(ctx), who.ID, in.ID))
}

func (s *Server) rotateSecret(ctx context.Context, in *ActOn) (*answer[WebhookEndpoint], error) {
	who, err := s.merchant(ctx, party.ManageWebhooks)
	if err != nil {
		return nil, err
	}
	e, err := s.opt.Webhooks.Rotate(ctx, s.by(ctx), s.command(ctx), who.ID, in.ID)
	return show(e, named("id", err), s.endpointView(withSecret))
}

// TestWebhook says what to send.
type TestWebhook struct {
	EventType string `json:"event_type,omitempty" maxLength:"40" example:"payment.paid" doc:"webhook.test by default. The data says that it is a test."`
}

func (s *Server) testEndpoint(ctx context.Context, in *struct {
	ByID
	Body *TestWebhook
}) (*answer[Event], error) {
	who, err := s.merchant(ctx, party.ManageWebhooks)
	if err != nil {
		return nil, err
	}
	kind := ""
	if in.Body != nil {
		kind = in.Body.EventType
	}
	e, err := s.opt.Webhooks.Trigger(ctx, s.by(ctx), s.command(ctx), who.ID, in.ID, kind)
	if err != nil {
		return nil, named("id", err)
	}
	return render(s.event(ctx, e, who))
}

// WebhookDelivery is one event on its way to one endpoint.
type WebhookDelivery struct {
	ID            string           `json:"id" example:"we_0a1b2c3d4e5f60718293a4b5-evt_0a1b2c3d4e5f60718293a4b5"`
	EventID       string           `json:"event_id" example:"evt_0a1b2c3d4e5f60718293a4b5"`
	EventType     string           `json:"event_type" example:"payment.paid"`
	EndpointID    string           `json:"endpoint_id" example:"we_0a1b2c3d4e5f60718293a4b5"`
	State         string           `json:"state" enum:"pending,delivered,failed,given_up" example:"delivered"`
	Attempts      []WebhookAttempt `json:"attempts" doc:"The newest 24, in order."`
	CreatedAt     Time             `json:"created_at"`
	NextAttemptAt MaybeTime        `json:"next_attempt_at"`
}

// WebhookAttempt is one try.
type WebhookAttempt struct {
	At              Time    `json:"at"`
	Status          *int    `json:"status" example:"200" doc:"Null where no answer came."`
	DurationMS      int64   `json:"duration_ms" example:"48"`
	Error           *string `json:"error" example:"connection refused"`
	ResponseSnippet string  `json:"response_snippet" example:"ok"`
}

func deliveryView(d *webhook.Delivery) WebhookDelivery {
	v := WebhookDelivery{ID: d.ID, EventID: d.Event, EventType: d.Type, EndpointID: d.Endpoint, State: string(d.State), Attempts: []WebhookAttempt{}, CreatedAt: Time(d.Created), NextAttemptAt: MaybeTime(d.Next)}
	for _, a := range d.Attempts {
		v.Attempts = append(v.Attempts, attemptView(a))
	}
	return v
}

func attemptView(a webhook.Attempt) WebhookAttempt {
	v := WebhookAttempt{At: Time(a.At), DurationMS: a.Milli, Error: maybe(a.Error), ResponseSnippet: a.Answer}
	if a.Status != 0 {
		v.Status = &a.Status
	}
	return v
}

type deliveriesAsked struct {
	Paging
	EndpointID string `query:"endpoint_id" maxLength:"64"`
	EventID    string `query:"event_id" maxLength:"64"`
	State      string `query:"state" enum:"pending,delivered,failed,given_up"`
}

func (s *Server) listDeliveries(ctx context.Context, in *deliveriesAsked) (*answer[Page[WebhookDelivery]], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	bound := store.Range{Index: "deliveries", From: idText(who.ID), Until: in.EndpointID}
	bind := in.EventID + "\x00" + in.State
	after, err := s.openCursor(ctx, in.Cursor, bound, bind)
	if err != nil {
		return nil, err
	}
	filter := webhook.Filter{Merchant: who.ID, Endpoint: in.EndpointID, Event: in.EventID, State: webhook.State(in.State)}
	deliveries, next, err := s.opt.Webhooks.DeliveryList(ctx, filter, after, in.Limit)
	if err != nil {
		return nil, err
	}
	page := Page[WebhookDelivery]{Data: []WebhookDelivery{}}
	for i := range deliveries {
		page.Data = append(page.Data, deliveryView(&deliveries[i]))
	}
	if next != "" {
		page.NextCursor, err = s.sealCursor(ctx, next, bound, bind)
	}
	return render(page, err)
}

func (s *Server) getDelivery(ctx context.Context, in *ByID) (*answer[WebhookDelivery], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	d, err := s.opt.Webhooks.Delivery(ctx, who.ID, in.ID)
	return show(d, named("id", err), deliveryView)
}

func (s *Server) resendDelivery(ctx context.Context, in *ActOn) (*answer[WebhookDelivery], error) {
	who, err := s.merchant(ctx, party.ManageWebhooks)
	if err != nil {
		return nil, err
	}
	d, err := s.opt.Webhooks.Resend(ctx, s.by(ctx), s.command(ctx), who.ID, in.ID)
	return show(d, named("id", err), deliveryView)
}
