package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// tongbao calls the public API. These are all the calls that a shop needs:
//
//	createPayment          POST /v1/payments              then send the browser to cashier_url
//	payment                GET  /v1/payments/{id}         the truth, whatever a browser or a webhook says
//	closePayment           POST /v1/payments/{id}/close   the shopper cancels before paying
//	ship                   POST /v1/shipments             virtual goods, handed over at once
//	createWebhookEndpoint  POST /v1/webhook-endpoints     once, at the start
//
// Each POST carries an Idempotency-Key that is the same whenever the same act
// is tried again, so a lost answer costs nothing: ask again, get the answer.
type tongbao struct {
	url    string
	client *http.Client
	now    func() time.Time
	ahead  atomic.Int64 // how far Tongbao's clock is ahead of ours: in the sandbox it can be moved
}

// clock answers Tongbao's time at a moment of ours. What shoppers see of orders
// goes by it, or an order would be paid days before, or after, it was placed.
func (t *tongbao) clock(now time.Time) time.Time { return now.Add(time.Duration(t.ahead.Load())).UTC() }

// NewPayment is the body of POST /v1/payments.
type NewPayment struct {
	OrderNo   string            `json:"order_no"`
	Amount    int64             `json:"amount"`
	Currency  string            `json:"currency"`
	Subject   string            `json:"subject"`
	Body      string            `json:"body,omitempty"`
	Kind      string            `json:"kind"`
	Goods     string            `json:"goods"`
	ExpiresIn int64             `json:"expires_in_seconds,omitempty"`
	ReturnURL string            `json:"return_url"`
	Metadata  map[string]string `json:"metadata,omitempty"`
}

// Payment is the part of Tongbao's payment that the shop shows.
type Payment struct {
	ID           string     `json:"id"`
	OrderNo      string     `json:"order_no"`
	Status       string     `json:"status"`
	Amount       int64      `json:"amount"`
	Currency     string     `json:"currency"`
	InEscrow     int64      `json:"in_escrow"`
	Refunded     int64      `json:"refunded"`
	CreatedAt    *time.Time `json:"created_at,omitempty"`
	PayBy        *time.Time `json:"pay_by,omitempty"`
	PaidAt       *time.Time `json:"paid_at,omitempty"`
	ShippedAt    *time.Time `json:"shipped_at,omitempty"`
	ConfirmBy    *time.Time `json:"confirm_by,omitempty"`
	FinishedAt   *time.Time `json:"finished_at,omitempty"`
	ClosedAt     *time.Time `json:"closed_at,omitempty"`
	RefundBy     *time.Time `json:"refund_by,omitempty"`
	Shipment     *Shipment  `json:"shipment,omitempty"`
	Dispute      *Dispute   `json:"dispute,omitempty"`
	NextDeadline *Deadline  `json:"next_deadline,omitempty"`
	Refunds      []Refund   `json:"refunds,omitempty"`
	CashierURL   string     `json:"cashier_url,omitempty"`
}

type Shipment struct {
	Carrier    string     `json:"carrier"`
	TrackingNo string     `json:"tracking_no"`
	ShippedAt  *time.Time `json:"shipped_at,omitempty"`
}

type Dispute struct {
	ID          string     `json:"id"`
	Kind        string     `json:"kind"`
	Status      string     `json:"status"`
	ClaimAmount int64      `json:"claim_amount"`
	OpenedAt    *time.Time `json:"opened_at,omitempty"`
	AnswerBy    *time.Time `json:"answer_by,omitempty"`
}

func (d *Dispute) ended() bool { return d.Status == "REFUND_SUCCESS" || d.Status == "REFUND_CLOSED" }

type Deadline struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

type Refund struct {
	ID     string    `json:"id"`
	Amount int64     `json:"amount"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Endpoint is where Tongbao sends a merchant's events, and the secret it signs with.
type Endpoint struct {
	ID         string `json:"id"`
	Secret     string `json:"secret"`
	MerchantID string `json:"merchant_id"`
	URL        string `json:"url"`
}

// Refusal is Tongbao's ordinary no: it answered, and nothing was done.
// Everything else (no answer, a 5xx, a full queue) is a fault: the same call
// may be repeated and will be the same act.
type Refusal struct {
	Status int
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s", r.Code, r.Detail) }

func (t *tongbao) createPayment(ctx context.Context, apiKey, idempotencyKey string, n NewPayment) (Payment, error) {
	var p Payment
	if err := t.call(ctx, apiKey, idempotencyKey, "POST", "/v1/payments", n, &p); err != nil {
		return Payment{}, fmt.Errorf("create payment for order %s: %w", n.OrderNo, err)
	}
	return p, nil
}

func (t *tongbao) payment(ctx context.Context, apiKey, id string) (Payment, error) {
	var p Payment
	if err := t.call(ctx, apiKey, "", "GET", "/v1/payments/"+url.PathEscape(id), nil, &p); err != nil {
		return Payment{}, fmt.Errorf("ask for payment %s: %w", id, err)
	}
	return p, nil
}

func (t *tongbao) closePayment(ctx context.Context, apiKey, idempotencyKey, id string) error {
	in := map[string]string{"reason": "The shopper cancelled the order."}
	if err := t.call(ctx, apiKey, idempotencyKey, "POST", "/v1/payments/"+url.PathEscape(id)+"/close", in, nil); err != nil {
		return fmt.Errorf("close payment %s: %w", id, err)
	}
	return nil
}

func (t *tongbao) ship(ctx context.Context, apiKey, idempotencyKey, id, trackingNo string) error {
	in := map[string]any{"payment_id": id, "carrier": "online", "tracking_no": trackingNo, "virtual": true}
	if err := t.call(ctx, apiKey, idempotencyKey, "POST", "/v1/shipments", in, nil); err != nil {
		return fmt.Errorf("ship payment %s: %w", id, err)
	}
	return nil
}

func (t *tongbao) createWebhookEndpoint(ctx context.Context, apiKey, idempotencyKey, to string) (Endpoint, error) {
	in := map[string]any{"url": to, "description": "Lane Market, the example shop"}
	var e Endpoint
	if err := t.call(ctx, apiKey, idempotencyKey, "POST", "/v1/webhook-endpoints", in, &e); err != nil {
		return Endpoint{}, fmt.Errorf("create webhook endpoint: %w", err)
	}
	return e, nil
}

// hasWebhookEndpoint looks whether the endpoint of an earlier run is still there.
func (t *tongbao) hasWebhookEndpoint(ctx context.Context, apiKey, id string) (bool, error) {
	for cursor := ""; ; {
		path := "/v1/webhook-endpoints?limit=100"
		if cursor != "" {
			path += "&cursor=" + url.QueryEscape(cursor)
		}
		var page struct {
			Data []struct {
				ID string `json:"id"`
			} `json:"data"`
			NextCursor *string `json:"next_cursor"`
		}
		if err := t.call(ctx, apiKey, "", "GET", path, nil, &page); err != nil {
			return false, fmt.Errorf("list webhook endpoints: %w", err)
		}
		for _, e := range page.Data {
			if e.ID == id {
				return true, nil
			}
		}
		if page.NextCursor == nil || *page.NextCursor == "" {
			return false, nil
		}
		cursor = *page.NextCursor
	}
}

// moveWebhookEndpoint tells Tongbao that the shop answers elsewhere now.
func (t *tongbao) moveWebhookEndpoint(ctx context.Context, apiKey, id, to string) error {
	in := map[string]any{"url": to, "enabled": true}
	if err := t.call(ctx, apiKey, "", "PATCH", "/v1/webhook-endpoints/"+url.PathEscape(id), in, nil); err != nil {
		return fmt.Errorf("move webhook endpoint %s: %w", id, err)
	}
	return nil
}

func (t *tongbao) call(ctx context.Context, apiKey, idempotencyKey, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, t.url+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+apiKey)
	req.Header.Set("Accept", "application/json")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if idempotencyKey != "" {
		req.Header.Set("Idempotency-Key", idempotencyKey)
	}
	res, err := t.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if their, err := time.Parse(time.RFC3339, res.Header.Get("Tongbao-Now")); err == nil {
		t.ahead.Store(int64(their.Sub(t.now())))
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err != nil {
		return err
	}
	switch {
	case res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("tongbao answered %s", res.Status)
	case res.StatusCode >= 400:
		refusal := &Refusal{Status: res.StatusCode}
		if json.Unmarshal(answer, refusal); refusal.Code == "" {
			refusal.Code = "refused"
		}
		return refusal
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// refused says whether err is a refusal with that code.
func refused(err error, code string) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Code == code
}
