package alipay

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/identity"
	"tongbao/internal/party"
)

const query = `{"out_trade_no":"none"}`

// Every refusal of the gateway's own, in the order in which it looks.
func TestTheGatewayRefusesInItsOrderAndSignsForWhomItKnows(t *testing.T) {
	h := openHouse(t)
	for _, c := range []struct {
		what   string
		code   string
		signed bool
		key    string
		p      wire.Params
	}{
		{"nothing at all", "40001 isv.missing-app-id", false, "error_response", wire.Params{}},
		{"an unknown application without a signature", "40002 isv.invalid-app-id", false, "alipay_trade_query_response", wire.Params{"app_id": "2021000000000000", "method": "alipay.trade.query"}},
		{"an unknown application and method", "40002 isv.invalid-app-id", false, "error_response", wire.Params{"app_id": "2021000000000000", "method": "alipay.trade.dance"}},
		{"no method", "40001 isv.missing-method", true, "error_response", h.request("-", query, "method", "-")},
		{"an unknown method", "40002 isv.invalid-method", true, "error_response", h.request("alipay.trade.dance", query)},
		{"another format", "40002 isv.invalid-format", true, "alipay_trade_query_response", h.request("alipay.trade.query", query, "format", "XML")},
		{"no sign type", "40001 isv.missing-signature-type", true, "alipay_trade_query_response", h.request("alipay.trade.query", query, "sign_type", "-")},
		{"an unknown sign type", "40002 isv.invalid-signature-type", true, "alipay_trade_query_response", h.request("alipay.trade.query", query, "sign_type", "MD5")},
		{"the old sign type without leave", "40002 isv.invalid-signature-type", true, "alipay_trade_query_response", h.request("alipay.trade.query", query, "sign_type", "RSA")},
		{"no signature", "40001 isv.missing-signature", true, "alipay_trade_query_response", h.request("alipay.trade.query", query)},
		{"no timestamp", "40001 isv.missing-timestamp", true, "alipay_trade_query_response", h.request("alipay.trade.query", query, "sign", "x", "timestamp", "-")},
		{"a timestamp of another form", "40002 isv.invalid-timestamp", true, "alipay_trade_query_response", h.request("alipay.trade.query", query, "sign", "x", "timestamp", "2018-11-11T12:00:00Z")},
		{"an expired timestamp", "40002 isv.invalid-timestamp", true, "alipay_trade_query_response", h.request("alipay.trade.query", query, "sign", "x", "timestamp", "2018-11-01 12:00:00")},
		{"no version", "40001 isv.missing-version", true, "alipay_trade_query_response", h.request("alipay.trade.query", query, "sign", "x", "version", "-")},
		{"another version", "40002 isv.invalid-parameter", true, "alipay_trade_query_response", h.request("alipay.trade.query", query, "sign", "x", "version", "2.0")},
		{"a signature that is not base64", "40002 isv.invalid-signature", true, "alipay_trade_query_response", h.request("alipay.trade.query", query, "sign", "not base64")},
		{"a signature by another key", "40002 isv.invalid-signature", true, "alipay_trade_query_response", h.signBy(otherKey(), h.request("alipay.trade.query", query))},
		{"an unknown charset", "40002 isv.invalid-charset", true, "alipay_trade_query_response", h.request("alipay.trade.query", query, "charset", "ebcdic")},
		{"text of another charset", "40002 isv.invalid-charset", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", "{\"out_trade_no\":\"\xb4\xba\"}"))},
		{"a grant that nobody gave", "20001 aop.invalid-app-auth-token", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", query, "app_auth_token", "x"))},
		{"no JSON", "40002 isv.illegal-json", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", "{out_trade_no:1}"))},
		{"JSON, but a list", "40002 isv.illegal-json", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", "[1]"))},
		{"JSON too deep", "40002 isv.illegal-json", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", `{"a":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+"}"))},
		{"a member of another type", "40004 ACQ.INVALID_PARAMETER", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", `{"out_trade_no":{"a":1}}`))},
		{"nothing to find it by", "40004 ACQ.INVALID_PARAMETER", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", `{"trade_no":"","out_trade_no":null}`))},
		{"no such trade", "40004 ACQ.TRADE_NOT_EXIST", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", query))},
		{"a ciphertext that does not say so", "40001 isv.decryption-error-missing-encrypt-type", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", strings.Repeat("AAAA", 16)))},
		{"another encryption", "40002 isv.invalid-encrypt-type", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", query, "encrypt_type", "DES"))},
		{"no ciphertext", "40002 isv.decryption-error-unknown", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", query, "encrypt_type", "AES"))},
		{"a certificate without its root", "40001 isv.missing-alipay-root-cert-sn", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", query, "app_cert_sn", h.app.SerialNo))},
		{"a root without its certificate", "40001 isv.missing-app-cert-sn", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", query, "alipay_root_cert_sn", "x"))},
		{"an unknown certificate", "40002 isv.app-cert-not-exist", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", query, "app_cert_sn", "x", "alipay_root_cert_sn", "x"))},
		{"an unknown root", "40002 isv.invalid-alipay-root-cert-sn", true, "alipay_trade_query_response", h.sign(h.request("alipay.trade.query", query, "app_cert_sn", h.app.SerialNo, "alipay_root_cert_sn", "x"))},
	} {
		t.Run(c.what, func(t *testing.T) {
			a := h.post(c.p)
			if a.code() != c.code || a.signed != c.signed || a.key != c.key {
				t.Errorf("got %s, want %s under %s, signed %t", a.raw, c.code, c.key, c.signed)
			}
		})
	}
}

func TestARefusedSignatureShowsTheStringThatIsSigned(t *testing.T) {
	h := openHouse(t)
	p := h.signBy(otherKey(), h.request("alipay.trade.query", `{"out_trade_no":"<b>"}`, "notify_url", ""))
	a := h.post(p)
	if m := a.text("sub_msg"); !strings.Contains(m, "app_id="+h.app.ID+"&amp;biz_content=") || strings.Contains(m, "<b>") || strings.Contains(m, "notify_url") {
		t.Errorf("got %s", m)
	}
	if strings.Contains(a.raw, "<") {
		t.Errorf("the answer, whose type is HTML's, holds a tag: %s", a.raw)
	}
}

func TestSignaturesOverEmptyParametersAreTakenEitherWay(t *testing.T) {
	h := openHouse(t)
	for _, keep := range []wire.Empties{wire.KeepEmpty, wire.DropEmpty} {
		p := h.request("alipay.trade.query", query, "notify_url", "", "ws_service_url", "")
		sign, err := wire.Sign(appKey(), wire.RSA2, []byte(p.Canonical(keep, "sign")))
		h.must(err)
		p["sign"] = sign
		if a := h.post(p); a.code() != "40004 ACQ.TRADE_NOT_EXIST" {
			t.Errorf("got %s", a.raw)
		}
	}
}

func TestParametersTravelWhereProgramsPutThem(t *testing.T) {
	h := openHouse(t)
	const want = "40004 ACQ.TRADE_NOT_EXIST"
	whole := h.sign(h.request("alipay.trade.query", query))

	if a := h.send(httptest.NewRequest(http.MethodGet, "/gateway.do?"+formOf(whole), nil)); a.code() != want {
		t.Errorf("all in the address: %s", a.raw)
	}
	common, rest := wire.Params{}, wire.Params{"biz_content": whole["biz_content"], "charset": "utf-8"} // charset in both
	for name, value := range whole {
		if name != "biz_content" {
			common[name] = value
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/gateway.do?"+formOf(common), strings.NewReader(formOf(rest)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := h.send(r); a.code() != want {
		t.Errorf("some in each: %s", a.raw)
	}
	kind, body := multipartOf(whole)
	r = httptest.NewRequest(http.MethodPost, "/gateway.do", body)
	r.Header.Set("Content-Type", kind)
	if a := h.send(r); a.code() != want {
		t.Errorf("multipart: %s", a.raw)
	}

	for what, c := range map[string]struct {
		kind, body, code string
	}{
		"a name with two values": {"application/x-www-form-urlencoded", "version=2.0&" + formOf(whole), "40002 isv.invalid-parameter"},
		"bad escapes":            {"application/x-www-form-urlencoded", formOf(whole) + "&x=%zz", "40002 isv.invalid-parameter"},
		"JSON as the body":       {"application/json", query, "40002 isv.invalid-content-type"},
		"10 MB":                  {"application/x-www-form-urlencoded", strings.Repeat("a", 10<<20), "40002 isv.invalid-parameter"},
		"10 MB of parts":         {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + strings.Repeat("a", 10<<20), "40002 isv.invalid-parameter"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/gateway.do?"+formOf(wire.Params{"app_id": h.app.ID, "method": "alipay.trade.query"}), strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		if a := h.send(r); a.code() != c.code || !a.signed {
			t.Errorf("%s: %.300s", what, a.raw)
		}
	}
	if a := h.send(httptest.NewRequest(http.MethodPut, "/gateway.do", nil)); a.code() != "40002 isv.invalid-parameter" {
		t.Errorf("PUT: %s", a.raw)
	}
}

func TestGBKGoesBothWays(t *testing.T) {
	h := openHouse(t)
	p := h.request("alipay.trade.create", `{"out_trade_no":"g1","total_amount":"1.00","subject":"春茶"}`, "charset", "GBK")
	for name, value := range p {
		p[name] = wire.GBK.Encode(value)
	}
	if a := h.post(h.sign(p)); a.code() != "10000" {
		t.Fatalf("got %s", a.raw)
	}
	p = h.request("alipay.trade.query", `{"out_trade_no":"g1"}`, "charset", "gbk")
	a := h.post(h.sign(p))
	if a.text("subject") != "春茶" || strings.ContainsFunc(a.raw, func(r rune) bool { return r > 127 }) {
		t.Errorf("got %s", a.raw)
	}
}

func TestWhoMayNotIsRefused(t *testing.T) {
	h := openHouse(t)
	ctx := context.Background()
	h.want("10000", "alipay.trade.create", `{"out_trade_no":"m1","total_amount":"1.00","subject":"tea"}`)
	mine := h.app

	h.app = h.register(appKey())
	h.want("40004 ACQ.TRADE_NOT_EXIST", "alipay.trade.query", `{"out_trade_no":"m1"}`)
	h.want("40004 ACQ.TRADE_NOT_EXIST", "alipay.trade.close", `{"out_trade_no":"m1"}`)
	h.want("40004 ACQ.INVALID_RECEIVE_ACCOUNT", "alipay.trade.create", `{"out_trade_no":"m2","total_amount":"1.00","subject":"tea","seller_id":"`+party.FormatID(mine.Merchant)+`"}`)

	h.app = mine
	some := []string{"alipay.trade.query", "alipay.fund.*"}
	_, err := h.who.UpdateApp(ctx, identity.Ask{}, mine.Merchant, mine.ID, identity.AppChange{Methods: &some})
	h.must(err)
	h.want("40006 isv.insufficient-isv-permissions", "alipay.trade.close", `{"out_trade_no":"m1"}`)
	h.want("10000", "alipay.trade.query", `{"out_trade_no":"m1"}`)
	none, frozen := []string{}, party.MerchantFrozen
	_, err = h.who.UpdateApp(ctx, identity.Ask{}, mine.Merchant, mine.ID, identity.AppChange{Methods: &none})
	h.must(err)
	_, err = h.who.UpdateMerchant(ctx, identity.Ask{}, mine.Merchant, identity.MerchantChange{Status: &frozen})
	h.must(err)
	h.want("40004 ACQ.ACCESS_FORBIDDEN", "alipay.trade.close", `{"out_trade_no":"m1"}`)
	h.want("10000", "alipay.trade.query", `{"out_trade_no":"m1"}`)
	off := true
	_, err = h.who.UpdateApp(ctx, identity.Ask{}, mine.Merchant, mine.ID, identity.AppChange{Disabled: &off})
	h.must(err)
	if a := h.call("alipay.trade.query", query); a.code() != "40002 isv.invalid-app-id" || a.signed {
		t.Errorf("a disabled application: %s", a.raw)
	}
}

func TestCertificateMode(t *testing.T) {
	h := openHouse(t)
	root, _, err := h.who.KnownAppRoot(context.Background())
	h.must(err)
	names := []string{"app_cert_sn", h.app.SerialNo, "alipay_root_cert_sn", root.SerialNo}
	a := h.want("40004 ACQ.TRADE_NOT_EXIST", "alipay.trade.query", query, names...)
	if a.certSN != h.app.PlatformSerialNo {
		t.Errorf("the answer names the certificate %q, want %q", a.certSN, h.app.PlatformSerialNo)
	}
	early := h.want("40002 isv.app-cert-not-exist", "alipay.trade.query", query, "app_cert_sn", "x", "alipay_root_cert_sn", root.SerialNo)
	if early.certSN != h.app.PlatformSerialNo {
		t.Errorf("a refusal of a request with certificates names %q", early.certSN)
	}
	h.want("40002 isv.alipay-cert-not-exist", "alipay.open.app.alipaycert.download", `{"alipay_cert_sn":"x"}`)
	h.wall = h.wall.Add(6 * 365 * 24 * time.Hour)
	h.want("40002 isv.app-cert-expired", "alipay.trade.query", query, names...)
}

func TestABrowserIsShownTheCodeOfABadRequest(t *testing.T) {
	h := openHouse(t)
	for code, p := range map[string]wire.Params{
		"isv.invalid-signature": h.signBy(otherKey(), h.request("alipay.trade.page.pay", `{"out_trade_no":"<script>"}`)),
		"ACQ.INVALID_PARAMETER": h.sign(h.request("alipay.trade.page.pay", `{"out_trade_no":"1","total_amount":"1","subject":"tea"}`)),
		"isv.invalid-app-id":    h.sign(h.request("alipay.trade.wap.pay", `{}`, "app_id", "2021000000000000")),
	} {
		w := httptest.NewRecorder()
		h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/gateway.do?"+formOf(p), nil))
		if w.Code != 200 || !strings.Contains(w.Body.String(), code) || strings.Contains(w.Body.String(), "<script>") {
			t.Errorf("%s: %d %s", code, w.Code, w.Body)
		}
	}
}

func TestAStrangerLearnsNothingAtTheReturnAddress(t *testing.T) {
	h := openHouse(t)
	h.want("10000", "alipay.trade.create", `{"out_trade_no":"b1","total_amount":"1.00","subject":"tea"}`)
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/gateway/return?app_id="+h.app.ID+"&out_trade_no=b1&key=0", nil))
	if w.Code != 200 || w.Header().Get("Location") != "" || !strings.Contains(w.Body.String(), "isv.invalid-parameter") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func FuzzContent(f *testing.F) {
	for _, seed := range []string{`{"out_trade_no":"1","total_amount":1.50,"subject":"茶","royalty_info":"","settle_info":{},"query_options":["a"]}`, `{"trade_no":null}`, `{"refund_royalty_parameters":"[]"}`,
		`{"query_options":"[\"a\"]"}`, `{`, `[]`, `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		c := &call{params: wire.Params{"biz_content": string(content)}, method: tradeCreate}
		for _, into := range []any{new(payIn), new(refundIn), new(refundQueryIn), new(precreateIn)} {
			if err := c.content(into); err != nil && refusalOf(err) == nil {
				t.Errorf("%q is answered by a fault: %v", content, err)
			}
		}
		if shown := ascii(encode(string(bytes.ToValidUTF8(content, nil)))); bytes.ContainsFunc(shown, func(r rune) bool { return r > 127 }) {
			t.Errorf("not ASCII: %q", shown)
		}
	})
}

// What is wrong is answered by its code by whatever way it comes: in the address,
// as a form, as multipart, in either charset, and by the third version; and never
// as a fault of ours.
func TestBadInputGetsItsCodeByEveryWay(t *testing.T) {
	h := openHouse(t)
	others := h.app
	h.app = h.register(otherKey())
	made := h.post(h.signBy(otherKey(), h.request("alipay.trade.create", orderOf("theirs", "1.00"))))
	if made.code() != "10000" {
		t.Fatal(made.raw)
	}
	h.app = others
	type row struct{ what, method, content, code, v3 string }
	rows := []row{
		{"no JSON", "alipay.trade.query", `{out_trade_no}`, "40002 isv.illegal-json", "illegal-json"},
		{"JSON too deep", "alipay.trade.query", `{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}", "40002 isv.illegal-json", "illegal-json"},
		{"an unknown method", "alipay.trade.dance", query, "40002 isv.invalid-method", "invalid-method"},
		{"another merchant's order", "alipay.trade.query", `{"out_trade_no":"theirs"}`, "40004 ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_NOT_EXIST"},
		{"another merchant's order by number", "alipay.trade.close", fmt.Sprintf(`{"trade_no":%q}`, made.text("trade_no")), "40004 ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_NOT_EXIST"},
		{"too much", "alipay.trade.create", orderOf("bad", "100000000.01"), "40004 ACQ.TOTAL_FEE_EXCEED", "ACQ.TOTAL_FEE_EXCEED"},
	}
	for _, amount := range []string{"0.001", "1e3", "-1", " 1", "１", "0", "", "NaN", "0x1", "1,000", "+1", "1.", ".1"} {
		rows = append(rows, row{"amount " + amount, "alipay.trade.create", orderOf("bad", amount), "40004 ACQ.INVALID_PARAMETER", "ACQ.INVALID_PARAMETER"})
	}
	ways := map[string]func(p wire.Params) *http.Request{
		"GET": func(p wire.Params) *http.Request {
			return httptest.NewRequest(http.MethodGet, "/gateway.do?"+formOf(p), nil)
		},
		"form": func(p wire.Params) *http.Request {
			r := httptest.NewRequest(http.MethodPost, "/gateway.do", strings.NewReader(formOf(p)))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return r
		},
		"multipart": func(p wire.Params) *http.Request {
			kind, body := multipartOf(p)
			r := httptest.NewRequest(http.MethodPost, "/gateway.do", body)
			r.Header.Set("Content-Type", kind)
			return r
		},
	}
	for way, ask := range ways {
		for _, charset := range []wire.Charset{wire.UTF8, wire.GBK} {
			sent := func(method, content string, more ...string) wire.Params {
				p := h.request(method, content, append([]string{"charset", string(charset), "note", "春茶"}, more...)...)
				for name, value := range p {
					p[name] = charset.Encode(value)
				}
				return p
			}
			check := func(what, code string, p wire.Params) {
				t.Helper()
				if a := h.send(ask(p)); a.code() != code || !a.signed {
					t.Errorf("%s, %s, %s: got %s, want %s", way, charset, what, a.raw, code)
				}
			}
			for _, r := range rows {
				check(r.what, r.code, h.sign(sent(r.method, r.content)))
			}
			check("a wrong signature", "40002 isv.invalid-signature", h.signBy(otherKey(), sent("alipay.trade.query", query)))
			check("an expired timestamp", "40002 isv.invalid-timestamp", h.sign(sent("alipay.trade.query", query, "timestamp", "2018-11-01 12:00:00")))
			check("another version", "40002 isv.invalid-parameter", h.sign(sent("alipay.trade.query", query, "version", "2.0")))
			other := map[wire.Charset]wire.Charset{wire.UTF8: wire.GBK, wire.GBK: wire.UTF8}[charset]
			wrong := h.request("alipay.trade.query", `{"out_trade_no":"x"}`, "charset", string(charset), "note", other.Encode("茶"))
			if charset == wire.UTF8 { // three bytes of UTF-8 may be GBK, but not the other way about
				check("text of another charset", "40002 isv.invalid-charset", h.sign(wrong))
			}
		}
	}
	double := httptest.NewRequest(http.MethodGet, "/gateway.do?"+formOf(h.sign(h.request("alipay.trade.query", query)))+"&version=2.0", nil)
	if a := h.send(double); a.code() != "40002 isv.invalid-parameter" || !a.signed {
		t.Errorf("a name that comes twice: %s", a.raw)
	}
	for _, r := range rows {
		a := h.v3As(http.MethodPost, "/v3/"+strings.ReplaceAll(r.method, ".", "/"), r.content, rand.Text(), h.wall, nil)
		if a.text("code") != r.v3 || a.status < 400 || a.status > 499 {
			t.Errorf("v3, %s: %d %s, want %s", r.what, a.status, a.raw, r.v3)
		}
	}
	// Last, since what it proves is nobody's word, and such requests have a measure.
	for _, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		r := httptest.NewRequest(http.MethodPost, "/gateway.do?"+formOf(h.request("alipay.trade.query", "-", "biz_content", "-")), strings.NewReader("biz_content="+strings.Repeat("a", 10<<20)))
		r.Header.Set("Content-Type", kind)
		if a := h.send(r); a.code() != "40002 isv.invalid-parameter" {
			t.Errorf("10 MB as %s: %.300s", kind, a.raw)
		}
	}
}
