package alipay

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongbao/internal/alipay/wire"
)

// answerV3 is what came back by the third version.
type answerV3 struct {
	status int
	raw    string
	header http.Header
	fields map[string]any
}

func (a answerV3) text(name string) string { text, _ := a.fields[name].(string); return text }

// v3As asks as the application, with its header as more says.
func (h *house) v3As(verb, path, body, nonce string, at time.Time, change func(*http.Request)) answerV3 {
	h.t.Helper()
	return h.v3Sent(verb, path, body, nonce, at, "", change)
}

// v3For asks for the merchant of a token.
func (h *house) v3For(token, verb, path, body string) answerV3 {
	h.t.Helper()
	return h.v3Sent(verb, path, body, rand.Text(), h.wall, token+"\n", func(r *http.Request) { r.Header.Set("alipay-app-auth-token", token) })
}

func (h *house) v3Sent(verb, path, body, nonce string, at time.Time, end string, change func(*http.Request)) answerV3 {
	h.t.Helper()
	said := fmt.Sprintf("app_id=%s,nonce=%s,timestamp=%d", h.app.ID, nonce, at.UnixMilli())
	sign, err := wire.Sign(appKey(), wire.RSA2, []byte(said+"\n"+verb+"\n"+path+"\n"+body+"\n"+end))
	h.must(err)
	r := httptest.NewRequest(verb, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "ALIPAY-SHA256withRSA "+said+",sign="+sign)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	a := answerV3{status: w.Code, raw: w.Body.String(), header: w.Header()}
	if sign := a.header.Get("alipay-signature"); sign != "" {
		public, err := wire.ParsePublicKey(h.app.PlatformPublicKey)
		h.must(err)
		if err := wire.Verify(public, wire.RSA2, []byte(a.header.Get("alipay-timestamp")+"\n"+a.header.Get("alipay-nonce")+"\n"+a.raw+"\n"), sign); err != nil {
			h.t.Errorf("the answer's signature: %v", err)
		}
	}
	_ = json.Unmarshal([]byte(a.raw), &a.fields)
	return a
}

func (h *house) v3(status int, code, verb, path, body string) answerV3 {
	h.t.Helper()
	a := h.v3As(verb, path, body, rand.Text(), h.wall, nil)
	if a.status != status || a.text("code") != code || a.header.Get("alipay-signature") == "" {
		h.t.Errorf("%s %s: %d %s, want %d %s", verb, path, a.status, a.raw, status, code)
	}
	return a
}

func TestTheThirdVersionReachesTheSameTrades(t *testing.T) {
	h := openHouse(t)
	_, code := h.somebody(100)
	paid := h.v3(200, "", "POST", "/v3/alipay/trade/pay", fmt.Sprintf(`{"out_trade_no":"v1","total_amount":"20.00","subject":"茶","scene":"bar_code","auth_code":%q,"notify_url":"https://shop.example.com/n"}`, code))
	trade, err := h.desk.Trade(t.Context(), paid.text("trade_no"))
	h.must(err)
	if trade.NotifyURL != "https://shop.example.com/n" || strings.Contains(paid.raw, `"code"`) {
		t.Errorf("%s; told at %q", paid.raw, trade.NotifyURL)
	}
	if seen := h.v3(200, "", "POST", "/v3/alipay/trade/query", `{"out_trade_no":"v1"}`); seen.text("trade_status") != "TRADE_SUCCESS" {
		t.Error(seen.raw)
	}
	h.want("10000", "alipay.trade.refund", `{"out_trade_no":"v1","refund_amount":"20.00"}`)
	h.v3(400, "ACQ.TRADE_NOT_EXIST", "POST", "/v3/alipay/trade/query", `{"out_trade_no":"none"}`)
	h.v3(400, "ORDER_NOT_EXIST", "GET", "/v3/alipay/fund/trans/common/query?out_biz_no=no%20ne", "")
	h.v3(200, "", "GET", "/v3/alipay/fund/account/query?account_type=ACCTRANS_ACCOUNT", "")
	h.v3(404, "invalid-method", "POST", "/v3/alipay/fund/account/query", "{}")
	h.v3(404, "invalid-method", "GET", "/v3/alipay/trade/query?out_trade_no=v1", "")
	h.v3(404, "invalid-method", "DELETE", "/v3/alipay/trade/query", "")
	h.v3(404, "invalid-method", "POST", "/v3/alipay/trade/page/pay", "{}")
	h.v3(400, "illegal-json", "POST", "/v3/alipay/trade/query", `[1]`)
	h.v3(400, "illegal-json", "POST", "/v3/alipay/trade/query", strings.Repeat(`{"a":`, 40)+"1"+strings.Repeat("}", 40))
	h.v3(400, "ACQ.INVALID_PARAMETER", "POST", "/v3/alipay/trade/query", `{}`)
	h.v3(400, "invalid-parameter", "POST", "/v3/alipay/trade/query", `{"out_trade_no":"`+strings.Repeat("x", 2<<20)+`"}`)
}

func TestTheThirdVersionIsSignedFreshAndOnce(t *testing.T) {
	h := openHouse(t)
	const path, body = "/v3/alipay/trade/query", `{"out_trade_no":"none"}`
	want := func(code string, a answerV3) {
		t.Helper()
		if a.text("code") != code {
			t.Errorf("got %d %s, want %s", a.status, a.raw, code)
		}
	}
	once := rand.Text()
	want("ACQ.TRADE_NOT_EXIST", h.v3As("POST", path, body, once, h.wall, nil))
	want("suspected-attack", h.v3As("POST", path, body, once, h.wall, nil))
	want("invalid-timestamp", h.v3As("POST", path, body, rand.Text(), h.wall.Add(-11*time.Minute), nil))
	want("invalid-timestamp", h.v3As("POST", path, body, rand.Text(), h.wall.Add(11*time.Minute), nil))
	want("ACQ.TRADE_NOT_EXIST", h.v3As("POST", path, body, rand.Text(), h.wall.Add(-9*time.Minute), nil))
	want("invalid-parameter", h.v3As("POST", path, body, "", h.wall, nil))
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	want("missing-timestamp", h.v3As("POST", path, body, "n1", h.wall, func(r *http.Request) { r.Header.Del("Authorization") }))
	want("invalid-signature", h.v3As("POST", path, body, "n2", h.wall, header("Authorization", "Bearer x")))
	want("invalid-app-id", h.v3As("POST", path, body, "n3", h.wall, header("Authorization", "ALIPAY-SHA256withRSA app_id=2021000000000000,nonce=n,timestamp=1,sign=A")))
	want("invalid-signature", h.v3As("POST", path, body, "n4", h.wall, func(r *http.Request) { r.URL.RawQuery = "a=1" }))
	want("invalid-signature", h.v3As("POST", path, body, "n5", h.wall, header("alipay-app-auth-token", "t")))
	want("invalid-encrypt-type", h.v3As("POST", path, body, "n6", h.wall, header("alipay-encrypt-type", "DES")))

	secret, err := wire.Encrypt(h.app.EncryptKey.Reveal(), []byte(`{"out_trade_no":"e1","total_amount":"1.00","subject":"tea"}`))
	h.must(err)
	a := h.v3As("POST", "/v3/alipay/trade/create", secret, "n7", h.wall, header("alipay-encrypt-type", "AES"))
	plain, err := wire.Decrypt(h.app.EncryptKey.Reveal(), a.raw)
	if err != nil || !strings.Contains(string(plain), `"out_trade_no":"e1"`) || a.header.Get("alipay-encrypt-type") != "AES" {
		t.Errorf("%d %s: %s %v", a.status, a.raw, plain, err)
	}
	want("decryption-error-unknown", h.v3As("POST", path, body, "n8", h.wall, header("alipay-encrypt-type", "AES")))
}

func TestUnprovedRequestsAreNotSignedForLong(t *testing.T) {
	h := openHouse(t)
	bad := h.request("alipay.trade.query", `{}`)
	bad["sign"] = "AAAA"
	for i := range unprovedBurst {
		if a := h.post(bad); !a.signed || a.code() != "40002 isv.invalid-signature" {
			t.Fatalf("the %dth: %s", i, a.raw)
		}
	}
	if a := h.post(bad); a.signed || a.code() != "40005 isv.app-call-limited" {
		t.Errorf("beyond the measure: %s", a.raw)
	}
	h.want("40004 ACQ.TRADE_NOT_EXIST", "alipay.trade.query", `{"out_trade_no":"x"}`) // one that is signed well
	h.wall = h.wall.Add(unprovedEvery)
	if a := h.post(bad); !a.signed {
		t.Errorf("a moment later: %s", a.raw)
	}
}
