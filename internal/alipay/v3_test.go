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
	"tongbao/internal/pay"
)

// answerV3 is what came back by the third version.
type answerV3 struct {
	status int
	raw    string
	header http.Header
	fields map[string]any
}

func (a answerV3) text(name string) string { text, _ := a.fields[name].(string); return text }

// head is a header by its exact name, as a program looks for it that minds case.
func (a answerV3) head(name string) string { return strings.Join(a.header[name], ",") }

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
	if sign := a.head("alipay-signature"); sign != "" {
		public, err := wire.ParsePublicKey(h.app.PlatformPublicKey)
		h.must(err)
		if err := wire.Verify(public, wire.RSA2, []byte(a.head("alipay-timestamp")+"\n"+a.head("alipay-nonce")+"\n"+a.raw+"\n"), sign); err != nil {
			h.t.Errorf("the answer's signature: %v", err)
		}
	}
	_ = json.Unmarshal([]byte(a.raw), &a.fields)
	return a
}

func (h *house) v3(status int, code, verb, path, body string) answerV3 {
	h.t.Helper()
	a := h.v3As(verb, path, body, rand.Text(), h.wall, nil)
	if a.status != status || a.text("code") != code || a.head("alipay-signature") == "" {
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
	if err != nil || !strings.Contains(string(plain), `"out_trade_no":"e1"`) || a.head("alipay-encrypt-type") != "AES" {
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

// Each method is where the published paths have it, and members may stand in the
// path, the query and the body.
func TestTheThirdVersionIsWhereItIsPublished(t *testing.T) {
	h := openHouse(t)
	for _, address := range []string{"GET /v3/alipay/data/bill/balance/query", "POST /v3/alipay/data/bill/balance/query",
		"GET /v3/alipay/data/bill/accountlog/query?start_time=2018-11-11%2000%3A00%3A00&end_time=2018-11-11+01%3A00%3A00",
		"GET /v3/alipay/data/bill/sell/query?start_time=2018-11-11%2000%3A00%3A00&end_time=2018-11-11+01%3A00%3A00",
		"GET /v3/alipay/trade/royalty/rate/query?out_request_no=r"} {
		verb, path, _ := strings.Cut(address, " ")
		h.v3(200, "", verb, path, "")
	}
	h.v3(401, "invalid-app-auth-token", "GET", "/v3/alipay/open/auth/token/app/query?app_auth_token=x", "")
	h.v3(401, "invalid-auth-token", "POST", "/v3/alipay/user/info/share?auth_token=x", "") // the official programs have the token there
	h.v3(400, "COMPLAIN_NOT_EXIST", "GET", "/v3/alipay/merchant/tradecomplain/dp_1_1", "")
	h.v3(400, "COMPLAIN_NOT_EXIST", "GET", "/v3/alipay/merchant/tradecomplain/a%2Fb", "")
	h.v3(400, "COMPLAIN_NOT_EXIST", "POST", "/v3/alipay/merchant/tradecomplain/query", `{"complain_event_id":"dp_1_1"}`)
	for _, act := range []string{"feedback", "reply", "supplement", "feedback/submit"} {
		h.v3(400, "COMPLAIN_NOT_EXIST", "POST", "/v3/alipay/merchant/tradecomplain/"+act, `{"complain_event_id":"dp_1_1","feedback_code":"02","feedback_content":"x","reply_content":"x","supplement_content":"x"}`)
	}
	for _, address := range []string{"PUT /v3/alipay/trade/create", "PATCH /v3/alipay/trade/create", "DELETE /v3/alipay/merchant/tradecomplain/dp_1_1", "GET /v3/alipay/merchant/tradecomplain/", "POST /v3/alipay.trade.query", "POST /v3/alipay/trade/query/"} {
		verb, path, _ := strings.Cut(address, " ")
		h.v3(404, "invalid-method", verb, path, "{}")
	}
	made := h.v3(200, "", "POST", "/v3/alipay/trade/create?subject=of+the+query&out_trade_no=beside", `{"out_trade_no":"inside","total_amount":1.50}`)
	got, err := h.desk.Trade(t.Context(), made.text("trade_no"))
	h.must(err)
	if got.OrderNo != "inside" || got.Subject != "of the query" {
		t.Errorf("the body's word counts: %+v", got.Order)
	}
}

// A request without a body that says it is encrypted is answered so.
func TestTheThirdVersionIsAnsweredEncryptedWithoutABody(t *testing.T) {
	h := openHouse(t)
	for _, name := range []string{"alipay-encrypt-type", "alipay-encryption-algm"} {
		for _, address := range []string{"GET /v3/alipay/data/bill/balance/query", "POST /v3/alipay/data/bill/balance/query"} {
			verb, path, _ := strings.Cut(address, " ")
			a := h.v3As(verb, path, "", rand.Text(), h.wall, func(r *http.Request) { r.Header.Set(name, "AES") })
			plain, err := wire.Decrypt(h.app.EncryptKey.Reveal(), a.raw)
			if err != nil || !strings.Contains(string(plain), `"available_amount":"0.00"`) || a.header.Get("Content-Type") != "text/plain" {
				t.Errorf("%s: %d %s %v", address, a.status, a.raw, err)
			}
		}
	}
}

// What was listened in on and sent again, after a restart or to another server,
// does nothing twice, also where no number of the merchant's makes that safe.
func TestARepeatedRequestOfTheThirdVersionActsOnceOnAllServers(t *testing.T) {
	h := openHouse(t)
	ctx := t.Context()
	helper, _ := h.somebody(1)
	receiver := fmt.Sprintf(`{"out_request_no":"r","receiver_list":[{"type":"userId","account":"%d"}]}`, helper)
	complaint := h.disputed("replay")
	word := fmt.Sprintf(`{"complain_event_id":%q,"reply_content":"it is on its way"}`, complaint)
	words := func() int {
		t.Helper()
		got, err := h.desk.Trade(ctx, strings.Split(complaint, "_")[1])
		h.must(err)
		return len(got.Dispute.Evidence)
	}
	again := func(nonce, path, body string) {
		t.Helper()
		first := h.v3As("POST", path, body, nonce, h.wall, nil)
		if path == "/v3/alipay/trade/royalty/relation/unbind" {
			h.v3(200, "", "POST", "/v3/alipay/trade/royalty/relation/bind", receiver)
		}
		here := h.door
		if a := h.v3As("POST", path, body, nonce, h.wall, nil); a.text("code") != "suspected-attack" {
			t.Errorf("at the same server: %s", a.raw)
		}
		h.door = New(here.opt)
		if a := h.v3As("POST", path, body, nonce, h.wall, nil); first.status != 200 || a.status != 200 || a.raw != first.raw {
			t.Errorf("at another: %s, then %s", first.raw, a.raw)
		}
		h.door = here
	}
	again("once1", "/v3/alipay/merchant/tradecomplain/reply", word)
	h.v3(200, "", "POST", "/v3/alipay/trade/royalty/relation/bind", receiver)
	again("once2", "/v3/alipay/trade/royalty/relation/unbind", receiver)

	if n := words(); n != 1 {
		t.Errorf("the word stands there %d times", n)
	}
	if _, bound, err := pay.Receivers.Read(ctx, h.engine.Store(), pay.ReceiverID(h.app.Merchant, helper)); err != nil || !bound {
		t.Errorf("the receiver was unbound by what was sent again: %v", err)
	}
	h.wall = h.wall.Add(11 * time.Minute) // the nonce is free again, and means another request
	if a := h.v3As("POST", "/v3/alipay/merchant/tradecomplain/reply", word, "once1", h.wall, nil); a.status != 200 {
		t.Error(a.raw)
	}
	if n := words(); n != 2 {
		t.Errorf("said anew, it stands there %d times", n)
	}
}

// Programs of certificate mode name their certificate in the header, and some of
// them the root beside it.
func TestTheThirdVersionInCertificateMode(t *testing.T) {
	h := openHouse(t)
	root, _, err := h.who.KnownAppRoot(t.Context())
	h.must(err)
	const path, body = "/v3/alipay/trade/query", `{"out_trade_no":"none"}`
	for _, c := range []struct{ cert, root, code string }{
		{h.app.SerialNo, root.SerialNo, "ACQ.TRADE_NOT_EXIST"},
		{h.app.SerialNo, "", "ACQ.TRADE_NOT_EXIST"},
		{h.app.SerialNo, "x", "invalid-alipay-root-cert-sn"},
		{"x", root.SerialNo, "app-cert-not-exist"},
	} {
		said := fmt.Sprintf("app_id=%s,app_cert_sn=%s,nonce=%s,timestamp=%d", h.app.ID, c.cert, rand.Text(), h.wall.UnixMilli())
		sign, err := wire.Sign(appKey(), wire.RSA2, []byte(said+"\nPOST\n"+path+"\n"+body+"\n"))
		h.must(err)
		a := h.v3As("POST", path, body, "", h.wall, func(r *http.Request) {
			r.Header.Set("Authorization", "ALIPAY-SHA256withRSA "+said+",sign="+sign)
			if c.root != "" {
				r.Header.Set("alipay-root-cert-sn", c.root)
			}
		})
		if a.text("code") != c.code || a.head("alipay-sn") != h.app.PlatformSerialNo {
			t.Errorf("%+v: %d %s %v", c, a.status, a.raw, a.header)
		}
	}
}
