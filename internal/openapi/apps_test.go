package openapi

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"strings"
	"testing"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
	"tongbao/internal/party"
)

func TestAnApplicationFromItsKeyToItsCertificate(t *testing.T) {
	h := openHouse(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	publicKey, err := wire.FormatPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	program := h.shop()
	shop, other := h.staff(program.id, party.Owner), h.staff(h.shop().id, party.Owner)
	made := shop.do(201, "POST", "/v1/apps", map[string]any{"name": "Shop server", "public_key": publicKey}).fields()
	id := made.text("id")
	if !strings.HasPrefix(id, "2021") || len(id) != 16 || made.text("encryption_key") == "" || made.text("gateway_url") != "http://localhost:8080/gateway.do" {
		t.Errorf("got %v", made)
	}
	if text := made.text("platform_public_key"); !strings.HasPrefix(text, "-----BEGIN PUBLIC KEY-----") {
		t.Errorf("got %q", text)
	}
	seen := shop.do(200, "GET", "/v1/apps/"+id, nil).fields()
	if _, told := seen["encryption_key"]; told || seen["certificate"] != nil {
		t.Errorf("got %v", seen)
	}
	certified := shop.do(200, "POST", "/v1/apps/"+id+"/certificate", nil).fields()
	if certified["certificate"] == nil || certified.text("certificate_serial_no") == "" || certified.text("root_certificate") == "" {
		t.Errorf("got %v", certified)
	}
	again := shop.do(200, "PATCH", "/v1/apps/"+id, map[string]any{"certificate": certified.text("certificate"), "methods": []string{"alipay.trade.*"}, "tells": []string{"TRADE_CLOSED"}}).fields()
	if again.text("certificate_serial_no") != certified.text("certificate_serial_no") {
		t.Errorf("the same certificate has another number: %v", again)
	}
	if reset := shop.do(200, "POST", "/v1/apps/"+id+"/encryption-key", nil).fields(); reset.text("encryption_key") == made.text("encryption_key") {
		t.Error("the encryption key stays")
	}
	if seen["has_md5_key"] != false || seen["md5_key"] != nil {
		t.Errorf("a key of the classic protocol that nobody asked for: %v", seen)
	}
	if classic := shop.do(200, "POST", "/v1/apps/"+id+"/md5-key", nil).fields(); len(classic.text("md5_key")) != 32 || classic["has_md5_key"] != true {
		t.Errorf("got %v", classic)
	}
	if seen = shop.do(200, "GET", "/v1/apps/"+id, nil).fields(); seen["has_md5_key"] != true || seen["md5_key"] != nil {
		t.Errorf("the key is told twice: %v", seen)
	}
	for _, bad := range []map[string]any{{"public_key": "x"}, {"certificate": publicKey}, {"message_url": "ftp://x"}, {"tells": []string{"TRADE_SUCCESS"}}} {
		shop.do(422, "PATCH", "/v1/apps/"+id, bad)
	}
	other.do(404, "GET", "/v1/apps/"+id, nil)
	other.do(404, "PATCH", "/v1/apps/"+id, map[string]any{"name": "Mine"})
	other.do(404, "POST", "/v1/apps/"+id+"/encryption-key", nil)
	other.do(404, "POST", "/v1/apps/"+id+"/md5-key", nil)
	program.do(403, "POST", "/v1/apps", map[string]any{"name": "By a key"})
}

func TestNoticesAreListedAndSentAgain(t *testing.T) {
	h := openHouse(t)
	shop, other := h.shop(), h.shop()
	err := h.notices.Make(context.Background(), engine.By{}, "test", notify.New{App: "2021000000000001", Merchant: shop.id, URL: "http://shop.example.com", Type: "trade_status_sync", About: "1", Fields: map[string]string{"a": "b"}})
	if err != nil {
		t.Fatal(err)
	}
	id := notify.ID("test", 0)
	list := shop.do(200, "GET", "/v1/notices?app_id=2021000000000001", nil).fields()
	if data := list["data"].([]any); len(data) != 1 || data[0].(map[string]any)["id"] != id {
		t.Errorf("got %v", list)
	}
	if got := shop.do(200, "POST", "/v1/notices/"+id+"/resend", nil).fields(); got.text("state") != "pending" {
		t.Errorf("got %v", got)
	}
	other.do(404, "GET", "/v1/notices/"+id, nil)
	other.do(404, "POST", "/v1/notices/"+id+"/resend", nil)
	if got := other.do(200, "GET", "/v1/notices?about=1", nil).fields(); len(got["data"].([]any)) != 0 {
		t.Errorf("another's notices: %v", got)
	}
}

// fields are an answer's members.
type fields map[string]any

func (r reply) fields() fields { return r.object() }

func (f fields) text(name string) string { text, _ := f[name].(string); return text }
