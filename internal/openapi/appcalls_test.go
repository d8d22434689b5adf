package openapi

import (
	"crypto/rand"
	"crypto/rsa"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tongbao/internal/alipay/calls"
	"tongbao/internal/alipay/diagnose"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
)

func TestAnApplicationsCallsAreItsMerchantsAlone(t *testing.T) {
	h := openHouse(t)
	shop, other := h.staff(h.shop().id, party.Viewer), h.staff(h.shop().id, party.Owner)
	owner := h.staff(shop.id, party.Owner)
	id := owner.do(201, "POST", "/v1/apps", map[string]any{"name": "Shop server"}).fields().text("id")
	if got := shop.do(200, "GET", "/v1/apps/"+id+"/calls", nil).fields(); len(got["data"].([]any)) != 0 {
		t.Errorf("got %v", got)
	}
	h.calls.Keep(id, calls.Call{ID: "one", At: 1, Code: "10000", Protocol: diagnose.V2, SignType: wire.RSA2, Charset: wire.UTF8, Proved: true, Signed: "app_id=1"})
	h.calls.Keep(id, calls.Call{ID: "two", At: 2, Code: "40002", Sub: "isv.invalid-signature", Protocol: diagnose.V2, SignType: wire.RSA2, Charset: wire.UTF8,
		Finding: &diagnose.Finding{Cause: diagnose.LeftOut, Detail: "notify_url", By: "public_key", Signed: []byte("app_id=2")}})
	for query, want := range map[string]int{"": 2, "?outcome=failed": 1, "?outcome=signature": 1, "?code=10000": 1, "?method=none": 0, "?limit=1": 1} {
		if got := shop.do(200, "GET", "/v1/apps/"+id+"/calls"+query, nil).fields()["data"].([]any); len(got) != want {
			t.Errorf("%s: got %v", query, got)
		}
	}
	two := shop.do(200, "GET", "/v1/apps/"+id+"/calls/two", nil).fields()
	finding := two["finding"].(map[string]any)
	if two.text("signature") != "refused" || finding["cause"] != "parameter_left_out" || finding["detail"] != "notify_url" || finding["signed_string"] != "app_id=2" {
		t.Errorf("got %v", two)
	}
	if one := shop.do(200, "GET", "/v1/apps/"+id+"/calls/one", nil).fields(); one.text("signature") != "verified" || one.text("string_to_sign") != "app_id=1" || one["finding"] != nil {
		t.Errorf("got %v", one)
	}
	shop.do(404, "GET", "/v1/apps/"+id+"/calls/three", nil)
	other.do(404, "GET", "/v1/apps/"+id+"/calls", nil)
	other.do(404, "GET", "/v1/apps/"+id+"/calls/two", nil)
	other.do(404, "POST", "/v1/apps/"+id+"/signature-checks", map[string]any{"request": "app_id=" + id})
}

func TestAPastedRequestIsChecked(t *testing.T) {
	h := openHouse(t)
	owner := h.staff(h.shop().id, party.Owner)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := wire.FormatPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	id := owner.do(201, "POST", "/v1/apps", map[string]any{"name": "Shop server", "public_key": public}).fields().text("id")
	check := func(status int, request, yours string) checked {
		t.Helper()
		return checked(owner.do(status, "POST", "/v1/apps/"+id+"/signature-checks", map[string]any{"request": request, "string": yours}).fields())
	}
	signed := func(text string) string {
		s, err := wire.Sign(key, wire.RSA2, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return url.QueryEscape(s)
	}
	sent := "app_id=" + id + "&method=alipay.trade.query&sign_type=RSA2&biz_content=%7B%7D&sign="
	text := "app_id=" + id + "&biz_content={}&method=alipay.trade.query&sign_type=RSA2"
	got := check(200, "https://pay.example.com/gateway.do?"+sent+signed(text), "")
	if got["verified"] != true || got["string_to_sign"] != text || got["kind"] != "v2" || got["parameters"].(map[string]any)["method"] != "alipay.trade.query" {
		t.Errorf("got %v", got)
	}
	if got = check(200, sent+signed("mine&"+text), "mine&"+text); got["verified"] != false || got["finding"].(map[string]any)["cause"] != "your_string" {
		t.Errorf("got %v", got)
	}
	if got = check(200, "notify_id=1&"+sent+signed(text), ""); got["kind"] != "notice" || got["finding"].(map[string]any)["cause"] != "wrong_key" {
		t.Errorf("got %v", got)
	}
	check(422, "nothing to read", "")
	check(422, strings.Replace(sent, id, "2021000000000000", 1)+"AAAA", "")
}

type checked map[string]any

func TestTheDocumentNamesEachCause(t *testing.T) {
	h := openHouse(t)
	document := string(h.door.Document())
	at := strings.Index(document, `"SignatureFit"`)
	for _, cause := range diagnose.Causes {
		if !strings.Contains(document[at:], `"`+string(cause)+`"`) {
			t.Errorf("the document does not name %s", cause)
		}
	}
	if !slices.Contains(diagnose.Causes, diagnose.Verified) {
		t.Error("the list is another one")
	}
}
