package openapi

import (
	"context"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// inSandbox opens the door with a pretend world behind it.
func (h *house) inSandbox() (told *string) {
	told = new(string)
	opt := h.options()
	opt.Sandbox = &Sandbox{
		Advance: func(_ context.Context, _ engine.By, _ string, d time.Duration) (time.Time, error) {
			h.pass(d)
			return h.now(), nil
		},
		Texts: func(phone string) []PhoneText {
			if code, ok := h.codes.Load(phone); ok {
				text := code.(party.Secret).Reveal()
				return []PhoneText{{At: Time(h.now().UnixMilli()), Text: "Your code is " + text, Code: &text}}
			}
			return nil
		},
		Behave: func(behaviour string, next int) error {
			if behaviour != "refuse" {
				return refusal.In("behaviour", refusal.InvalidField, "the bank can't behave like that")
			}
			*told = behaviour
			return nil
		},
		Guide: func() any { return map[string]string{"wallet_url": "http://localhost:8080/wallet/"} },
	}
	h.door = New(opt)
	return told
}

func TestTheSandboxHasAWorldThatCanBeTold(t *testing.T) {
	h := openHouse(t)
	told := h.inSandbox()
	nobody := &actor{h: h}
	if guide := nobody.do(200, "GET", "/v1/sandbox", nil).object(); guide["wallet_url"] == nil {
		t.Errorf("guide: %v", guide)
	}

	before := nobody.do(200, "GET", "/v1/sandbox/clock", nil).object()["now"].(string)
	after := nobody.do(200, "POST", "/v1/sandbox/clock", map[string]any{"advance": "72h"}).object()["now"].(string)
	if before != "2018-11-10T16:00:00.000Z" || after != "2018-11-13T16:00:00.000Z" {
		t.Errorf("the clock went from %s to %s", before, after)
	}
	for _, bad := range []any{"-1h", "0s", "tomorrow", "", nil, 3} {
		if got := h.serve(nobody.request("POST", "/v1/sandbox/clock", map[string]any{"advance": bad})); got.status < 400 || got.status >= 500 || got.field() != "advance" {
			t.Errorf("advance by %v: %d %s", bad, got.status, got.body)
		}
	}

	nobody.do(200, "POST", "/v1/one-time-codes", map[string]any{"phone": "13812345678", "purpose": "sign_up"})
	texts := nobody.do(200, "GET", "/v1/sandbox/phones/13812345678/messages", nil).object()["data"].([]any)
	if len(texts) != 1 || len(texts[0].(map[string]any)["code"].(string)) != 6 {
		t.Errorf("texts: %v", texts)
	}
	nobody.refused("phone_invalid", "GET", "/v1/sandbox/phones/1/messages", nil)

	nobody.do(200, "POST", "/v1/sandbox/bank", map[string]any{"behaviour": "refuse", "next": 2})
	if *told != "refuse" {
		t.Errorf("the bank was told %q", *told)
	}
	nobody.refused("invalid_field", "POST", "/v1/sandbox/bank", map[string]any{"behaviour": "smile"})
}

func TestAPretendPaymentCodePaysWithoutAPassword(t *testing.T) {
	h := openHouse(t)
	h.inSandbox()
	shop, buyer := h.shop(), h.somebody(5000)
	code := shop.do(200, "POST", "/v1/sandbox/payment-codes", map[string]any{"buyer_id": idText(buyer.id)}).object()["payment_code"].(string)
	paid := shop.do(201, "POST", "/v1/payments", h.order(3000_00, "payment_code", code))
	if paid.object()["status"] != "TRADE_SUCCESS" {
		t.Errorf("paid: %s", paid.body)
	}
	shop.refused("not_found", "POST", "/v1/sandbox/payment-codes", map[string]any{"buyer_id": "2088000000009999"})
	shop.refused("invalid_field", "POST", "/v1/sandbox/payment-codes", map[string]any{"buyer_id": "x"})
	(&actor{h: h}).refused("unauthenticated", "POST", "/v1/sandbox/payment-codes", map[string]any{"buyer_id": idText(buyer.id)})
	h.check()
}

func TestWhereMoneyIsRealThereIsNoSandbox(t *testing.T) {
	h := openHouse(t)
	shop := h.shop()
	for _, call := range []struct{ method, path string }{
		{"GET", "/v1/sandbox"}, {"GET", "/v1/sandbox/clock"}, {"POST", "/v1/sandbox/clock"}, {"POST", "/v1/sandbox/bank"},
		{"GET", "/v1/sandbox/phones/13812345678/messages"}, {"POST", "/v1/sandbox/payment-codes"},
	} {
		if got := h.serve(shop.request(call.method, call.path, nil)); got.status != 404 {
			t.Errorf("%s %s: %d %s", call.method, call.path, got.status, got.body)
		}
	}
}
