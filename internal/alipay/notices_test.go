package alipay

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/identity"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/webhook"
)

// program is a merchant's, which hears notices.
type program struct {
	h      *house
	server *httptest.Server
	heard  []wire.Params
	answer string
	status int
}

func (h *house) program() *program {
	p := &program{h: h, answer: "success", status: 200}
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, err := wire.ParseForm(string(body))
		if err != nil {
			h.t.Error(err)
		}
		p.heard = append(p.heard, form)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(p.status)
		io.WriteString(w, p.answer)
	}))
	h.t.Cleanup(p.server.Close)
	return p
}

// run does what is due now, as jobs does.
func (h *house) run() {
	h.t.Helper()
	ctx := context.Background()
	for {
		before, err := h.engine.Store().Head(ctx)
		h.must(err)
		reached, err := h.notices.FanOut(ctx)
		h.must(err)
		due, err := pay.Timers.Scan(ctx, h.engine.Store(), store.Range{Index: pay.DueIndex(notify.Timer), Limit: 100})
		h.must(err)
		for _, item := range due {
			if item.Value.Due <= h.clock.Now().UnixMilli() {
				h.must(h.notices.Attempt(ctx, item.Value.About, item.Value.Due))
			}
		}
		if reached >= before.Position && len(due) == 0 || reached == before.Position {
			return
		}
	}
}

func (h *house) noticesAbout(trade string) []notify.Notice {
	h.t.Helper()
	items, err := notify.Notices.Scan(context.Background(), h.engine.Store(), store.Range{Index: notify.AboutIndex, From: trade + "/", Until: trade + "0", Limit: 100})
	h.must(err)
	var list []notify.Notice
	for _, item := range items {
		list = append(list, item.Value)
	}
	return list
}

func (p *program) verify(form wire.Params) {
	p.h.t.Helper()
	public, err := wire.ParsePublicKey(p.h.app.PlatformPublicKey)
	p.h.must(err)
	charset, err := wire.ParseCharset(form["charset"])
	p.h.must(err)
	if _, err := form.Decode(charset); err != nil {
		p.h.t.Error(err)
	}
	if err := wire.Verify(public, wire.SignType(form["sign_type"]), []byte(form.Canonical(wire.KeepEmpty, "sign", "sign_type")), form["sign"]); err != nil {
		p.h.t.Errorf("%v: %v", err, form)
	}
	for name, value := range form {
		if value == "" || name == "alipay_cert_sn" {
			p.h.t.Errorf("%s is in a notice as %q", name, value)
		}
	}
}

func TestNoticesKeepTheirScheduleAndStopAtExactlySuccess(t *testing.T) {
	h := openHouse(t)
	p := h.program()
	_, code := h.somebody(100)
	p.answer = "fail"
	paid := h.want("10000", "alipay.trade.pay", orderOf("s1", "5.00", "auth_code", code), "notify_url", p.server.URL)
	h.run()
	waits := []time.Duration{4 * time.Minute, 10 * time.Minute, 10 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 15 * time.Hour}
	for i, wait := range waits {
		h.pass(wait - time.Second)
		h.run()
		if len(p.heard) != i+1 {
			t.Fatalf("before the wait of %v is over it was heard %d times, want %d", wait, len(p.heard), i+1)
		}
		h.pass(time.Second)
		h.run()
	}
	if len(p.heard) != 8 {
		t.Errorf("heard %d times, want 8", len(p.heard))
	}
	h.pass(48 * time.Hour)
	h.run()
	n := h.noticesAbout(paid.text("trade_no"))[0]
	if len(p.heard) != 8 || n.State != webhook.GivenUp || len(n.Attempts) != 8 {
		t.Errorf("after 25 hours: heard %d times, %s, %d attempts", len(p.heard), n.State, len(n.Attempts))
	}
	for _, form := range p.heard {
		p.verify(form)
		if form["notify_id"] != p.heard[0]["notify_id"] {
			t.Error("the id changes")
		}
	}

	p.answer = "success"
	_, err := h.notices.Resend(context.Background(), asks, "resend/1", h.app.Merchant, n.ID)
	h.must(err)
	h.run()
	if n = h.noticesAbout(paid.text("trade_no"))[0]; n.State != webhook.Delivered || len(p.heard) != 9 {
		t.Errorf("sent again by hand: %s, heard %d times", n.State, len(p.heard))
	}
}

func TestWhatIsNoSuccess(t *testing.T) {
	h := openHouse(t)
	p := h.program()
	for i, c := range []struct {
		status int
		answer string
	}{{200, "SUCCESS"}, {200, "success\n"}, {200, `"success"`}, {201, "success"}, {302, "success"}, {500, "success"}, {200, ""}} {
		p.status, p.answer, p.heard = c.status, c.answer, nil
		_, code := h.somebody(100)
		h.serial++
		paid := h.want("10000", "alipay.trade.pay", orderOf(url.QueryEscape("x"+time.Duration(i).String()), "5.00", "auth_code", code), "notify_url", p.server.URL)
		h.run()
		if n := h.noticesAbout(paid.text("trade_no"))[0]; n.State != webhook.Failed || len(p.heard) != 1 || n.Attempts[0].Error == "" {
			t.Errorf("%d %q: %s, heard %d times, %+v", c.status, c.answer, n.State, len(p.heard), n.Attempts)
		}
	}
}

func TestWhoIsToldWhat(t *testing.T) {
	h := openHouse(t)
	p := h.program()
	_, code := h.somebody(100)
	paid := h.want("10000", "alipay.trade.pay", orderOf("w1", "5.00", "auth_code", code, "subject", "春茶"), "notify_url", p.server.URL)
	h.want("10000", "alipay.trade.refund", `{"out_trade_no":"w1","refund_amount":"2.00","out_request_no":"r1"}`)
	h.want("10000", "alipay.trade.refund", `{"out_trade_no":"w1","refund_amount":"3.00","out_request_no":"r2"}`)
	h.want("10000", "alipay.trade.create", orderOf("w2", "5.00"), "notify_url", p.server.URL)
	h.want("10000", "alipay.trade.close", `{"out_trade_no":"w2"}`)
	h.want("10000", "alipay.trade.create", orderOf("w3", "5.00"))
	h.want("10000", "alipay.trade.close", `{"out_trade_no":"w3"}`, "notify_url", p.server.URL)
	h.run()
	var told [][3]string
	for _, form := range p.heard {
		p.verify(form)
		told = append(told, [3]string{form["out_trade_no"], form["trade_status"], form["out_biz_no"]})
	}
	want := map[[3]string]bool{{"w1", "TRADE_SUCCESS", ""}: true, {"w1", "TRADE_SUCCESS", "r1"}: true, {"w1", "TRADE_CLOSED", "r2"}: true, {"w3", "TRADE_CLOSED", ""}: true}
	for _, one := range told {
		if !want[one] {
			t.Errorf("told of %v", one)
		}
	}
	if len(told) != len(want) {
		t.Errorf("told %v", told)
	}

	ctx := context.Background()
	id := h.noticesAbout(paid.text("trade_no"))[0].ID
	if known, err := h.notices.Known(ctx, h.app.Merchant, id); err != nil || !known {
		t.Errorf("the notice is not known: %v", err)
	}
	if known, _ := h.notices.Known(ctx, h.app.Merchant+8, id); known {
		t.Error("another merchant's notice is known")
	}
	states := []string{"WAIT_BUYER_PAY", "TRADE_CLOSED"}
	_, err := h.who.UpdateApp(ctx, identity.Ask{}, h.app.Merchant, h.app.ID, identity.AppChange{Tells: &states})
	h.must(err)
	p.heard = nil
	h.want("10000", "alipay.trade.create", orderOf("w4", "5.00"), "notify_url", p.server.URL)
	h.want("10000", "alipay.trade.close", `{"out_trade_no":"w4"}`)
	h.run()
	if len(p.heard) != 2 {
		t.Errorf("one that asks for more was told %v", p.heard)
	}
}

func TestANoticeSpeaksAsTheOrderDid(t *testing.T) {
	h := openHouse(t)
	p := h.program()
	_, code := h.somebody(100)
	ask := h.request("alipay.trade.pay", orderOf("g9", "5.00", "auth_code", code, "subject", "春茶 %41"), "charset", "gbk", "notify_url", p.server.URL)
	for name, value := range ask {
		ask[name] = wire.GBK.Encode(value)
	}
	if a := h.post(h.sign(ask)); a.code() != "10000" {
		t.Fatal(a.raw)
	}
	h.run()
	p.verify(p.heard[0])
	if got, err := wire.GBK.Decode(p.heard[0]["subject"]); err != nil || got != "春茶 %41" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestLiveNoticesStayOutOfPrivateNetworks(t *testing.T) {
	h := openHouse(t)
	live := webhook.New(webhook.Options{Engine: h.engine, Mode: "live"})
	for _, address := range []string{"http://127.0.0.1/n", "http://localhost/n", "http://10.0.0.1/n", "http://169.254.169.254/latest", "http://[::1]/", "http://2130706433/", "http://db.internal/"} {
		if live.CheckAddress(address) == nil {
			t.Errorf("%s passes where money is real", address)
		}
		r, err := http.NewRequest(http.MethodPost, address, nil)
		h.must(err)
		if a := live.Post(r); a.Status != 0 {
			t.Errorf("%s was sent to", address)
		}
	}
	if err := live.CheckAddress("https://shop.example.com/n"); err != nil {
		t.Error(err)
	}
}

// A refund that was asked for without waiting is told at the address that came
// with it, and one that came again is not told again.
func TestARefundAppliedForIsToldWhereItAsks(t *testing.T) {
	h := openHouse(t)
	p, orders := h.program(), h.program()
	_, code := h.somebody(100)
	h.want("10000", "alipay.trade.pay", orderOf("a1", "20.00", "auth_code", code), "notify_url", orders.server.URL)
	h.run()
	const apply = "alipay.trade.refund.apply"
	ask := `{"out_trade_no":"a1","refund_amount":"5.00","out_request_no":"r1"}`
	for range 2 {
		if a := h.want("10000", apply, ask, "notify_url", p.server.URL); a.text("refund_status") != "REFUND_SUCCESS" || a.text("refund_amount") != "5.00" || a.text("out_request_no") != "r1" {
			t.Error(a.raw)
		}
		h.run()
	}
	if len(p.heard) != 1 || p.heard[0]["refund_fee"] != "5.00" || p.heard[0]["out_biz_no"] != "r1" || len(orders.heard) != 2 {
		t.Errorf("told %v; the order's address heard %d", p.heard, len(orders.heard))
	}
	p.verify(p.heard[0])
	h.want("10000", apply, strings.Replace(ask, "r1", "r2", 1), "notify_url", orders.server.URL)
	h.run()
	if len(orders.heard) != 3 {
		t.Errorf("where refunds are told anyway it is told %d times", len(orders.heard)-2)
	}
	h.want("40004 ACQ.DISCORDANT_REPEAT_REQUEST", apply, strings.Replace(ask, "5.00", "6.00", 1))
	h.want("40004 ACQ.REASON_TRADE_REFUND_FEE_ERR", apply, strings.Replace(strings.Replace(ask, "r1", "r3", 1), "5.00", "10.01", 1))
	h.want("40004 ACQ.INVALID_PARAMETER", apply, `{"out_trade_no":"a1","refund_amount":"20.00"}`)
	h.v3(200, "", "POST", "/v3/alipay/trade/refund/apply", strings.Replace(ask, "r1", "r4", 1))
}
