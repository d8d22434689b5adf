package alipay

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/trade"
)

// oldShop is a shop's program of the classic protocol: a partner and a key.
type oldShop struct {
	h       *house
	partner string
	key     string
	login   string
}

func (h *house) oldShop() *oldShop {
	h.t.Helper()
	_, key, err := h.who.ResetMD5Key(context.Background(), identity.Ask{}, h.app.Merchant, h.app.ID)
	h.must(err)
	m, _, err := identity.Merchants.Read(context.Background(), h.engine.Store(), party.FormatID(h.app.Merchant))
	h.must(err)
	return &oldShop{h: h, partner: party.FormatID(h.app.Merchant), key: key.Reveal(), login: m.OwnerLogin}
}

// request is signed as the old samples do it: filtered, sorted, joined, and
// summed with the key behind it.
func (s *oldShop) request(service string, more ...string) wire.Params {
	p := wire.Params{"service": service, "partner": s.partner, "_input_charset": "utf-8", "sign_type": "MD5"}
	for i := 0; i < len(more); i += 2 {
		if p[more[i]] = more[i+1]; more[i+1] == "-" {
			delete(p, more[i])
		}
	}
	p["sign"] = wire.SumMD5(s.key, p.Classic())
	return p
}

func (s *oldShop) order(no string, more ...string) wire.Params {
	return s.request("create_partner_trade_by_buyer", append([]string{"out_trade_no", no, "subject", "龙井", "payment_type", "1", "seller_email", s.login, "price", "50.00", "quantity", "2",
		"discount", "-5.00", "logistics_type", "EXPRESS", "logistics_fee", "8.00", "logistics_payment", "BUYER_PAY", "receive_name", "王小伟"}, more...)...)
}

func (s *oldShop) get(p wire.Params) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/gateway.do?"+formOf(p), nil))
	return w
}

// begins sends the browser, and is the trade that the cashier is asked to show.
func (s *oldShop) begins(p wire.Params) trade.Trade {
	s.h.t.Helper()
	w := s.get(p)
	_, id, ok := strings.Cut(w.Header().Get("Location"), "/wallet/cashier/")
	if w.Code != http.StatusSeeOther || !ok {
		s.h.t.Fatalf("got %d %s", w.Code, w.Body)
	}
	t, err := s.h.desk.Trade(context.Background(), id)
	s.h.must(err)
	return t
}

type classicAnswer struct {
	Success  string `xml:"is_success"`
	Error    string `xml:"error"`
	Response struct {
		Inner string `xml:",innerxml"`
		Trade struct {
			Fields []field `xml:",any"`
		} `xml:",any"`
	} `xml:"response"`
	Sign     string `xml:"sign"`
	SignType string `xml:"sign_type"`
}

type field struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
}

// ask sends a program's request, and checks the answer's signature.
func (s *oldShop) ask(p wire.Params) (classicAnswer, wire.Params) {
	s.h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/gateway.do?_input_charset="+p["_input_charset"], strings.NewReader(formOf(p)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.h.door.ServeHTTP(w, r)
	if w.Code != 200 {
		s.h.t.Fatalf("answered with %d %s", w.Code, w.Body)
	}
	var a classicAnswer
	if err := xml.Unmarshal(w.Body.Bytes(), &a); err != nil {
		s.h.t.Fatalf("%v in %s", err, w.Body)
	}
	fields := wire.Params{}
	for _, f := range a.Response.Trade.Fields {
		fields[f.XMLName.Local] = f.Text
	}
	if a.Sign != "" && a.SignType == "MD5" && a.Sign != wire.SumMD5(s.key, fields.Classic()) {
		s.h.t.Errorf("the answer's sum does not fit: %s", w.Body)
	}
	return a, fields
}

func (s *oldShop) wants(code, service string, more ...string) wire.Params {
	s.h.t.Helper()
	a, fields := s.ask(s.request(service, more...))
	got := a.Error
	if a.Success == "T" {
		got = "T"
	}
	if got != code {
		s.h.t.Errorf("%s %v: got %s, want %s", service, more, got, code)
	}
	return fields
}

// hears sends what is due and gives the states that were told, checked.
func (s *oldShop) hears(p *program) (states []string) {
	s.h.t.Helper()
	s.h.run()
	for _, form := range p.heard {
		if form["sign"] != wire.SumMD5(s.key, form.Classic()) || form["sign_type"] != "MD5" {
			s.h.t.Errorf("a notice's sum does not fit: %v", form)
		}
		for _, none := range []string{"app_id", "charset", "version"} {
			if form[none] != "" {
				s.h.t.Errorf("a classic notice has %s", none)
			}
		}
		w := s.get(wire.Params{"service": "notify_verify", "partner": s.partner, "notify_id": form["notify_id"]})
		if w.Body.String() != "true" {
			s.h.t.Errorf("notify_verify of %s says %s", form["notify_id"], w.Body)
		}
		state := form["trade_status"]
		if form["refund_status"] != "" {
			state += " " + form["refund_status"]
		}
		states = append(states, state)
	}
	p.heard = nil
	slices.Sort(states) // no order of delivery is promised
	return states
}

func TestClassicEscrowToTheEnd(t *testing.T) {
	h := openHouse(t)
	s, told := h.oldShop(), h.program()
	buyer, _ := h.somebody(1000)
	ctx := context.Background()
	back := "https://shop.example.com/back?from=mall"
	order := s.order("c1", "notify_url", told.server.URL, "return_url", back, "t_b_rec_post", "7d", "it_b_pay", "1d", "extra_common_param", "a b")
	opened := s.begins(order)
	if opened.Amount != 103_00 || opened.Kind != trade.Escrow || opened.Terms.ConfirmWithin != 7*trade.Day || opened.PayBy != opened.Created.Add(trade.Day) {
		t.Errorf("opened %+v", opened)
	}
	if again := s.begins(order); again.ID != opened.ID {
		t.Error("two trades of one number")
	}
	if w := s.get(s.order("c1", "price", "50.01")); !strings.Contains(w.Body.String(), "CONTEXT_INCONSISTENT") {
		t.Errorf("other terms: %s", w.Body)
	}
	paid, err := h.desk.PayProved(ctx, asks, "pay", &opened, buyer, opened.Amount)
	h.must(err)
	if got := s.hears(told); fmt.Sprint(got) != "[WAIT_BUYER_PAY WAIT_SELLER_SEND_GOODS]" {
		t.Errorf("told %v", got)
	}

	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, strings.TrimPrefix(paid.ReturnURL, "https://pay.example.com"), nil))
	to, err := url.Parse(w.Header().Get("Location"))
	h.must(err)
	said, err := wire.ParseForm(to.RawQuery)
	h.must(err)
	delete(said, "from")
	if said["sign"] != wire.SumMD5(s.key, said.Classic()) || said["is_success"] != "T" || said["trade_status"] != "WAIT_SELLER_SEND_GOODS" || said["total_fee"] != "103.00" || said["extra_common_param"] != "a b" {
		t.Errorf("returned with %v", said)
	}
	for id, want := range map[string]string{said["notify_id"]: "true", said["notify_id"][:20]: "false", "r" + said["notify_id"]: "false", "": "false"} {
		if got := s.get(wire.Params{"service": "notify_verify", "partner": s.partner, "notify_id": id}).Body.String(); got != want {
			t.Errorf("notify_verify of a return's id %q says %s", id, got)
		}
	}

	ship := []string{"trade_no", paid.ID, "logistics_name", "顺丰", "invoice_no", "SF1", "transport_type", "EXPRESS"}
	s.wants("ILLEGAL_ARGUMENT", "send_goods_confirm_by_platform", "trade_no", paid.ID)
	s.wants("TRADE_NOT_EXIST", "send_goods_confirm_by_platform", "trade_no", "2018111100001000010000000000", "logistics_name", "x", "transport_type", "EMS")
	for range 2 {
		if f := s.wants("T", "send_goods_confirm_by_platform", ship...); f["trade_status"] != "WAIT_BUYER_CONFIRM_GOODS" {
			t.Errorf("shipped: %v", f)
		}
	}
	s.wants("TRADE_STATUS_NOT_AVAILD", "send_goods_confirm_by_platform", append(ship, "invoice_no", "SF2")...)
	s.wants("TRADE_STATUS_NOT_AVAILD", "close_trade", "out_order_no", "c1")
	if f := s.wants("T", "single_trade_query", "out_trade_no", "c1"); f["trade_status"] != "WAIT_BUYER_CONFIRM_GOODS" || f["buyer_actions"] != "REFUND,CONFIRM_GOODS" || f["quantity"] != "2" || f["discount"] != "-5.00" {
		t.Errorf("asked: %v", f)
	}
	h.pass(7 * 24 * time.Hour) // the time that the order named
	_, err = h.desk.Deadline(ctx, paid.ID, int64(paid.Paid.Add(7*trade.Day)))
	h.must(err)
	if got := s.hears(told); fmt.Sprint(got) != "[TRADE_FINISHED WAIT_BUYER_CONFIRM_GOODS]" {
		t.Errorf("told %v", got)
	}
}

// What one door begins the other finishes: the second version refunds, the
// native desk has the quarrel.
func TestClassicRefunds(t *testing.T) {
	h := openHouse(t)
	s, told := h.oldShop(), h.program()
	buyer, _ := h.somebody(1000)
	ctx := context.Background()
	opened := s.begins(s.order("r1", "notify_url", told.server.URL))
	_, err := h.desk.PayProved(ctx, asks, "pay r1", &opened, buyer, opened.Amount)
	h.must(err)
	s.hears(told)
	_, err = h.desk.RequestRefund(ctx, asks, "ask", opened.ID, opened.Amount, "no more")
	h.must(err)
	_, err = h.desk.Refuse(ctx, asks, "refuse", opened.ID, "it is on its way")
	h.must(err)
	_, err = h.desk.WithdrawDispute(ctx, asks, "withdraw", opened.ID)
	h.must(err)
	if got := s.hears(told); fmt.Sprint(got) != "[WAIT_SELLER_SEND_GOODS REFUND_CLOSED WAIT_SELLER_SEND_GOODS SELLER_REFUSE_BUYER WAIT_SELLER_SEND_GOODS WAIT_SELLER_AGREE]" {
		t.Errorf("told %v", got)
	}
	h.want("10000", "alipay.trade.refund", `{"out_trade_no":"r1","refund_amount":"103.00"}`)
	if got := s.hears(told); fmt.Sprint(got) != "[TRADE_CLOSED REFUND_CLOSED]" {
		t.Errorf("told %v", got)
	}
	if w := s.get(s.order("r1")); !strings.Contains(w.Body.String(), "TRADE_HAS_CLOSE") {
		t.Errorf("a closed order: %s", w.Body)
	}
	s.wants("T", "single_trade_query", "out_trade_no", "r1")
	if byPost := s.begins(s.order("post", "logistics_type", "POST")); byPost.Terms.ConfirmWithin != 30*trade.Day {
		t.Errorf("what goes by post is to be confirmed within %v", byPost.Terms.ConfirmWithin)
	}

	h.want("10000", "alipay.trade.create", orderOf("new", "1.00"))
	s.wants("T", "single_trade_query", "out_order_no", "new")
	s.wants("T", "close_trade", "out_trade_no", "new")
	if a := h.want("10000", "alipay.trade.query", `{"out_trade_no":"new"}`); a.text("trade_status") != "TRADE_CLOSED" {
		t.Errorf("got %s", a.raw)
	}
}

func TestDirectLogisticsAreDeliveredAsTheyArePaid(t *testing.T) {
	h := openHouse(t)
	s, told := h.oldShop(), h.program()
	buyer, _ := h.somebody(1000)
	opened := s.begins(s.order("d1", "notify_url", told.server.URL, "logistics_type", "DIRECT", "logistics_fee", "0.00", "logistics_payment", "SELLER_PAY"))
	paid, err := h.desk.PayProved(context.Background(), asks, "pay d1", &opened, buyer, opened.Amount)
	h.must(err)
	if paid.Status != trade.WaitBuyerConfirmGoods || paid.ConfirmBy != paid.Paid.Add(3*trade.Day) {
		t.Errorf("paid: %+v", paid)
	}
	if got := s.hears(told); fmt.Sprint(got) != "[WAIT_BUYER_CONFIRM_GOODS WAIT_BUYER_PAY]" {
		t.Errorf("told %v", got)
	}
	_, err = h.desk.ConfirmProved(context.Background(), asks, "confirm", paid.ID)
	h.must(err)
}

func TestTheBuyerChooses(t *testing.T) {
	h := openHouse(t)
	s := h.oldShop()
	request := s.order("b1", "service", "trade_create_by_buyer", "logistics_type_1", "EMS", "logistics_fee_1", "20.00", "logistics_payment_1", "BUYER_PAY")
	page := s.get(request)
	for _, word := range []string{"担保交易", "即时到账", "¥103.00", "¥115.00"} {
		if !strings.Contains(page.Body.String(), word) {
			t.Errorf("the page has no %s: %s", word, page.Body)
		}
	}
	choose := func(kind, way string, request wire.Params) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, choosePath, strings.NewReader(url.Values{"kind": {kind}, "way": {way}, "request": {formOf(request)}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.door.ServeHTTP(w, r)
		return w
	}
	forged := wire.Params{}
	for name, value := range request {
		forged[name] = value
	}
	forged["price"] = "0.01"
	if w := choose("0", "1", forged); !strings.Contains(w.Body.String(), "ILLEGAL_SIGN") {
		t.Errorf("a changed request: %d %s", w.Code, w.Body)
	}
	w := choose("1", "1", request)
	_, id, _ := strings.Cut(w.Header().Get("Location"), "/cashier/")
	got, err := h.desk.Trade(context.Background(), id)
	h.must(err)
	if got.Kind != trade.Instant || got.Amount != 115_00 || got.Metadata["logistics_type"] != "EMS" {
		t.Errorf("chose %+v", got)
	}
	if again := s.begins(request); again.ID != id {
		t.Error("asked again after the choice")
	}
}

func TestClassicByRSAInGBK(t *testing.T) {
	h := openHouse(t)
	s := h.oldShop()
	p := s.request("create_direct_pay_by_user", "out_trade_no", "g1", "subject", wire.GBK.Encode("乌龙茶"), "total_fee", "1.00", "seller_id", s.partner, "_input_charset", "GBK", "sign_type", "RSA", "payment_type", "1")
	sign, err := wire.Sign(appKey(), wire.RSA, []byte(p.Classic()))
	h.must(err)
	p["sign"] = sign
	if w := s.get(p); !strings.Contains(w.Body.String(), "ILLEGAL_SIGN_TYPE") {
		t.Errorf("an application that may not sign by the old RSA: %s", w.Body)
	}
	old := true
	_, err = h.who.UpdateApp(context.Background(), identity.Ask{}, h.app.Merchant, h.app.ID, identity.AppChange{SHA1: &old})
	h.must(err)
	if got := s.begins(p); got.Subject != "乌龙茶" || got.Kind != trade.Instant || got.Amount != 100 {
		t.Errorf("opened %+v", got)
	}
	w := httptest.NewRecorder()
	q := s.request("single_trade_query", "out_trade_no", "g1", "_input_charset", "gbk")
	h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/gateway.do?"+formOf(q), nil))
	text, err := wire.GBK.Decode(w.Body.String())
	h.must(err)
	if !strings.Contains(text, "<subject>乌龙茶</subject>") || !strings.Contains(text, `encoding="gbk"`) {
		t.Errorf("answered %s", text)
	}
}

func TestClassicBadInput(t *testing.T) {
	h := openHouse(t)
	s := h.oldShop()
	other := h.register(otherKey())
	for code, more := range map[string][]string{
		"ILLEGAL_PARTNER":   {"partner", "2088"},
		"ILLEGAL_SERVICE":   {"service", "no_such_service"},
		"ILLEGAL_SIGN_TYPE": {"sign_type", "DSA"},
		"ILLEGAL_CHARSET":   {"_input_charset", "big5"},
		"TRADE_NOT_EXIST":   {"out_trade_no", "none"},
	} {
		s.wants(code, "single_trade_query", more...)
	}
	s.wants("ILLEGAL_ARGUMENT", "single_trade_query")
	p := s.request("single_trade_query", "out_trade_no", "x")
	p["sign"] = strings.Repeat("0", 32)
	if a, _ := s.ask(p); a.Error != "ILLEGAL_SIGN" {
		t.Errorf("a wrong sum: %s", a.Error)
	}
	if a, _ := s.ask(s.request("single_trade_query", "partner", party.FormatID(other.Merchant), "out_trade_no", "x")); a.Error != "ILLEGAL_SIGN_TYPE" {
		t.Errorf("another merchant's number: %s", a.Error)
	}
	for name, values := range map[string][]string{
		"price":             {"0.001", "1e3", "-1", " 1", "１", "100000000.01", "-", "0"},
		"quantity":          {"0", "-1", "1.5", "+1", "１", "99999999999", "-"},
		"discount":          {"-200.00", "x", "0.001"},
		"logistics_type":    {"PIGEON", "-"},
		"logistics_fee":     {"-1", "x", "-"},
		"logistics_payment": {"NOBODY", "-"},
		"t_b_rec_post":      {"0d", "91d", "7", "7h"},
		"it_b_pay":          {"0m", "16d", "1.5h"},
		"seller_email":      {"somebody@else.example", "-"},
		"notify_url":        {"javascript:alert(1)", "ftp://x"},
		"payment_type":      {"47"},
		"out_trade_no":      {"-", strings.Repeat("9", 65), "a b"},
		"subject":           {"-", strings.Repeat("茶", 257)},
		"receive_address":   {strings.Repeat("茶", 513)},
		"buyer_id":          {"2088000000000001", "x", s.partner},
		"anti_phishing_key": {"x", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
	} {
		for _, value := range values {
			h.serial++
			w := s.get(s.order(fmt.Sprint("bad", h.serial), name, value))
			if w.Code != 200 || !strings.Contains(w.Body.String(), "<code>") || strings.Contains(w.Body.String(), "isp.unknow-error") {
				t.Errorf("%s=%q: %d %s", name, value, w.Code, w.Body)
			}
		}
	}
	_, stamp := s.ask(s.request("query_timestamp"))
	if stamp["encrypt_key"] == "" {
		t.Error("no timestamp")
	}
	s.begins(s.order("fresh", "anti_phishing_key", stamp["encrypt_key"]))
	h.wall = h.wall.Add(2 * time.Hour)
	if w := s.get(s.order("stale", "anti_phishing_key", stamp["encrypt_key"])); !strings.Contains(w.Body.String(), "ILLEGAL_ARGUMENT") {
		t.Errorf("an old timestamp: %s", w.Body)
	}
	for _, raw := range []string{"service=single_trade_query&service=close_trade", "service=single_trade_query&x=%zz", "service=create_direct_pay_by_user&_input_charset=gbk&subject=%ff%ff"} {
		w := httptest.NewRecorder()
		h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/gateway.do?"+raw, nil))
		if w.Code != 200 || !strings.Contains(w.Body.String(), "ILLEGAL_") {
			t.Errorf("%s: %d %s", raw, w.Code, w.Body)
		}
	}
}

// What comes from outside is answered, whatever it is. Each process of the fuzzer
// has a house of its own, so that the partner and the sum are put in here; and no
// order is opened, which would be a durable write for each input: the buyer is
// asked to choose first. The engine's goroutines make what an input covers vary,
// so that go test spends its minute on making each new one smaller, and counts
// nothing meanwhile: -fuzzminimizetime=50x keeps it going.
func FuzzClassic(f *testing.F) {
	h := openHouse(f)
	s := h.oldShop()
	f.Add(formOf(s.order("f1")), "0", "0")
	f.Add(formOf(s.order("f2", "logistics_type_1", "POST", "logistics_fee_1", "0.00", "logistics_payment_1", "SELLER_PAY", "t_b_rec_post", "7d", "it_b_pay", "1c", "buyer_id", s.partner)), "1", "2")
	f.Add(formOf(s.request("create_direct_pay_by_user", "out_trade_no", "f3", "subject", "x", "total_fee", "1e3", "seller_id", s.partner, "_input_charset", "gbk")), "-1", "9")
	f.Add(formOf(s.request("single_trade_query", "trade_no", "x")), "", "")
	f.Add(formOf(s.request("send_goods_confirm_by_platform", "trade_no", "x", "logistics_name", "]]>", "transport_type", "EMS")), "", "")
	f.Add(formOf(s.request("close_trade", "out_order_no", "x", "trade_role", "S")), "", "")
	f.Add("service=query_timestamp", "1", "-1")
	f.Add("service=notify_verify&notify_id=r2018111100000000000000000000x.y", "1", "-1")
	f.Fuzz(func(t *testing.T, raw, kind, way string) {
		signed, _ := wire.ParseForm(raw)
		signed["partner"], signed["sign_type"] = s.partner, "MD5"
		if m := serviceNamed(signed.Get("service")); m != nil && m.browser {
			signed["service"], signed["seller_id"] = createTrade.name, s.partner
		}
		delete(signed, "sign")
		signed["sign"] = wire.SumMD5(s.key, signed.Classic())
		for _, r := range []*http.Request{
			{Method: http.MethodGet, URL: &url.URL{Path: "/gateway.do", RawQuery: raw}, Body: http.NoBody, Header: http.Header{}},
			{Method: http.MethodGet, URL: &url.URL{Path: "/gateway.do", RawQuery: formOf(signed)}, Body: http.NoBody, Header: http.Header{}},
			httptest.NewRequest(http.MethodPost, choosePath, strings.NewReader(url.Values{"request": {raw}, "kind": {kind}, "way": {way}}.Encode())),
		} {
			w := httptest.NewRecorder()
			h.door.ServeHTTP(w, r)
			if w.Code >= 500 || strings.Contains(w.Body.String(), "SYSTEM_ERROR") {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if body := w.Body.String(); strings.HasPrefix(body, `<?xml version="1.0" encoding="utf-8"?>`) && xml.Unmarshal([]byte(body), new(classicAnswer)) != nil {
				t.Fatalf("not XML: %q", body)
			}
		}
		from := offer{kinds: []trade.Kind{trade.Escrow, trade.Instant}, ways: make([]logistics, 3)}
		if p, asks := (&call{chosen: wire.Params{"kind": kind, "way": way}}).picked(from); asks || p.kind < 0 || p.kind > 1 || p.way < 0 || p.way > 2 {
			t.Fatalf("%q and %q choose %+v", kind, way, p)
		}
	})
}
