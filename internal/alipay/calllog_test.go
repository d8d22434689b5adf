package alipay

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tongbao/internal/alipay/calls"
	"tongbao/internal/alipay/diagnose"
	"tongbao/internal/alipay/wire"
)

func TestTheLogShowsWhatWasSignedAndWhyItDoesNotFit(t *testing.T) {
	h := openHouse(t)
	log := &calls.Log{}
	h.door.opt.Calls = log
	last := func() calls.Call {
		t.Helper()
		list := log.Newest(h.app.ID, calls.Filter{}, 1)
		if len(list) == 0 {
			t.Fatal("nothing is kept")
		}
		return list[0]
	}

	h.want("40004 ACQ.TRADE_NOT_EXIST", "alipay.trade.query", `{"out_trade_no":"茶"}`)
	c := last()
	if c.Sub != "ACQ.TRADE_NOT_EXIST" || !c.Proved || c.Finding != nil || !strings.Contains(c.Signed, `biz_content={"out_trade_no":"茶"}`) || c.ID == "" || c.Verb != "POST" {
		t.Errorf("got %+v", c)
	}

	h.wall = h.wall.Add(1)
	unsigned := h.request("alipay.trade.query", `{"out_trade_no":"1"}`)
	sign, err := wire.Sign(appKey(), wire.RSA2, []byte(unsigned.Canonical(wire.DropEmpty, "sign", "sign_type")))
	h.must(err)
	unsigned["sign"] = sign
	h.post(unsigned)
	if c = last(); c.Finding == nil || c.Finding.Cause != diagnose.SignTypeLeftOut || string(c.Finding.Signed) != unsigned.Canonical(wire.DropEmpty, "sign", "sign_type") {
		t.Errorf("got %+v", c)
	}
	h.post(h.signBy(otherKey(), h.request("alipay.trade.query", `{"out_trade_no":"1"}`)))
	if c = last(); c.Finding == nil || c.Finding.Cause != diagnose.WrongKey {
		t.Errorf("got %+v", c)
	}
	h.post(h.request("alipay.trade.query", `{}`))
	if c = last(); c.Finding == nil || c.Finding.Cause != diagnose.SignMissing || c.Sub != "isv.missing-signature" {
		t.Errorf("got %+v", c)
	}

	bad := h.request("alipay.trade.pay", `{"auth_code":"281234567890123456","out_trade_no":"4111111111111111"}`)
	bad["sign"] = sign
	if a := h.post(bad); a.code() != "40002 isv.invalid-signature" {
		t.Error(a.raw)
	}
	if c = last(); strings.Contains(c.Signed+c.Message, "281234567890123456") || !strings.Contains(c.Signed, "4111111111111111") {
		t.Errorf("a payment code is shown: %+v", c)
	}
}

func TestTheLogOfTheThirdVersionAndOfGBK(t *testing.T) {
	h := openHouse(t)
	log := &calls.Log{}
	h.door.opt.Calls = log
	h.v3(400, "ACQ.TRADE_NOT_EXIST", "POST", "/v3/alipay/trade/query", `{"out_trade_no":"none"}`)
	c := log.Newest(h.app.ID, calls.Filter{}, 1)[0]
	if c.Protocol != diagnose.V3 || !strings.HasSuffix(c.Signed, "\nPOST\n/v3/alipay/trade/query\n{\"out_trade_no\":\"none\"}\n") || c.Method != "alipay.trade.query" {
		t.Errorf("got %+v", c)
	}
	h.v3As("POST", "/v3/alipay/trade/query", `{}`, "n", h.wall, func(r *http.Request) { r.URL.RawQuery = "a=1" })
	if c = log.Newest(h.app.ID, calls.Filter{Unfit: true}, 1)[0]; c.Finding.Cause != diagnose.PathDiffers {
		t.Errorf("got %+v", c.Finding)
	}

	p := h.request("alipay.trade.query", `{"out_trade_no":"茶"}`, "charset", "GBK")
	text := p.Canonical(wire.DropEmpty, "sign")
	sent := wire.Params{}
	for name, value := range p {
		sent[name] = wire.GBK.Encode(value)
	}
	var err error
	sent["sign"], err = wire.Sign(appKey(), wire.RSA2, []byte(text)) // signed as UTF-8, sent as GBK
	h.must(err)
	h.post(sent)
	c = log.Newest(h.app.ID, calls.Filter{Unfit: true}, 1)[0]
	if c.Finding.Cause != diagnose.OtherCharset || c.Finding.Detail != "utf-8" || !strings.Contains(c.Signed, "茶") {
		t.Errorf("got %+v %+v", c, c.Finding)
	}
}

func TestABrowserIsLoggedToo(t *testing.T) {
	h := openHouse(t)
	log := &calls.Log{}
	h.door.opt.Calls = log
	p := h.sign(h.request("alipay.trade.page.pay", `{"out_trade_no":"p1","total_amount":"1.00","subject":"tea","product_code":"FAST_INSTANT_TRADE_PAY"}`))
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/gateway.do?"+formOf(p), nil))
	c := log.Newest(h.app.ID, calls.Filter{}, 1)[0]
	if fmt.Sprintf("%d %s %s %t", w.Code, c.Code, c.Verb, c.Proved) != "303 10000 GET true" {
		t.Errorf("%d, %+v", w.Code, c)
	}
}

func TestTheClassicProtocolIsLoggedToo(t *testing.T) {
	h := openHouse(t)
	log := &calls.Log{}
	h.door.opt.Calls = log
	s := h.oldShop()
	s.begins(s.order("c1"))
	c := log.Newest(h.app.ID, calls.Filter{}, 1)[0]
	if c.Protocol != diagnose.Classic || c.Method != "create_partner_trade_by_buyer" || c.Code != "T" || c.Failed() || !c.Proved || strings.Contains(c.Signed, "sign_type=") {
		t.Errorf("got %+v", c)
	}
	p := s.order("c2")
	p["sign"] = wire.SumMD5(s.key, p.Canonical(wire.DropEmpty, "sign"))
	s.get(p)
	c = log.Newest(h.app.ID, calls.Filter{Unfit: true}, 1)[0]
	if c.Sub != "ILLEGAL_SIGN" || c.Finding.Cause != diagnose.SignTypeSigned || strings.Contains(string(c.Finding.Signed)+c.Signed, s.key) {
		t.Errorf("got %+v %+v", c, c.Finding)
	}
	p["sign"] = wire.SumMD5("another", p.Classic())
	s.get(p)
	if c = log.Newest(h.app.ID, calls.Filter{Unfit: true}, 1)[0]; c.Finding.Cause != diagnose.SumDiffers {
		t.Errorf("got %+v", c.Finding)
	}
}
