package openapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongbao/internal/bank"
	"tongbao/internal/ledger"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

// dig walks into an answer: dig(v, "refunds", 0, "id").
func dig(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			v = v.(map[string]any)[step]
		case int:
			v = v.([]any)[step]
		}
	}
	return v
}

func (r reply) at(path ...any) any { return dig(any(r.object()), path...) }

func rows(r reply) []any { list, _ := r.object()["data"].([]any); return list }

func TestADisputeIsWonAndOneIsLost(t *testing.T) {
	h := openHouse(t)
	shop, buyer, agent := h.shop(), h.somebody(1000), h.clerk(party.Agent)
	claim := func(payment string) string {
		return buyer.do(201, "POST", "/v1/disputes", map[string]any{"payment_id": payment, "reason": "damaged", "claim_amount": 10000, "wants_return": true, "text": "Open tin"}).id()
	}

	won := h.shipped(shop, buyer, 10000)
	d := claim(won)
	if allowed := fmt.Sprint(shop.do(200, "GET", "/v1/disputes/"+d, nil).at("allowed")); allowed != "[agree refuse evidence]" {
		t.Errorf("the shop may %s", allowed)
	}
	shop.refused("invalid_field", "POST", "/v1/disputes/"+d+"/agree", map[string]any{"return_required": false})
	shop.do(200, "POST", "/v1/disputes/"+d+"/agree", map[string]any{"return_required": true, "note": "Lane 4"})
	buyer.do(200, "POST", "/v1/disputes/"+d+"/return-shipped", map[string]any{"carrier": "SF Express", "tracking_no": "R1"})
	back := shop.do(200, "POST", "/v1/disputes/"+d+"/return-received", map[string]any{})
	if back.at("status") != "REFUND_SUCCESS" || back.at("outcome", "decided_by") != "seller" || back.at("outcome", "to_buyer") != float64(10000) {
		t.Errorf("won: %s", back.body)
	}

	lost := h.shipped(shop, buyer, 10000)
	d = claim(lost)
	shop.do(200, "POST", "/v1/disputes/"+d+"/refuse", map[string]any{"text": "It was sealed"})
	buyer.do(200, "POST", "/v1/disputes/"+d+"/revise", map[string]any{"reason": "damaged", "claim_amount": 8000})
	shop.do(200, "POST", "/v1/disputes/"+d+"/refuse", map[string]any{"text": "No"})
	buyer.do(200, "POST", "/v1/disputes/"+d+"/escalate", map[string]any{"text": "Please look"})
	if got := agent.do(200, "POST", "/v1/disputes/"+d+"/assign", map[string]any{}); got.at("assigned_to") == nil {
		t.Errorf("assigned: %s", got.body)
	}
	if open := rows(agent.do(200, "GET", "/v1/disputes?status=ALIPAY_CHECK", nil)); len(open) != 1 {
		t.Errorf("to decide: %v", open)
	}
	if got := agent.refused("refund_exceeds_remaining", "POST", "/v1/disputes/"+d+"/arbitrate", map[string]any{"to_buyer": 8001, "reason": "x"}); got.field() != "to_buyer" {
		t.Errorf("%s", got.body)
	}
	end := agent.do(200, "POST", "/v1/disputes/"+d+"/arbitrate", map[string]any{"to_buyer": 0, "reason": "Nothing shows damage"})
	if end.at("status") != "REFUND_CLOSED" || end.at("outcome", "decided_by") != "operator" {
		t.Errorf("lost: %s", end.body)
	}
	p := buyer.do(200, "GET", "/v1/payments/"+lost, nil)
	if p.at("status") != "TRADE_FINISHED" || fmt.Sprint(p.at("allowed")) != "[]" {
		t.Errorf("after it: %s", p.body)
	}
	if got := h.balance(ledger.User, buyer.id); got != 90000 {
		t.Errorf("the buyer has %d", got)
	}
	h.check()
}

func TestARefundIsAskedForBeforeShipping(t *testing.T) {
	h := openHouse(t)
	shop, buyer := h.shop(), h.somebody(1000)
	id := h.paid(shop, buyer, 10000)
	if got := buyer.refused("refund_exceeds_remaining", "POST", "/v1/payments/"+id+"/request-refund", map[string]any{"amount": 10001}); got.field() != "amount" {
		t.Errorf("%s", got.body)
	}
	d := buyer.do(201, "POST", "/v1/payments/"+id+"/request-refund", map[string]any{"amount": 4000, "reason": "Wrong size"})
	if d.at("kind") != "refund_request" || d.at("text") != "Wrong size" {
		t.Errorf("%s", d.body)
	}
	shop.do(200, "POST", "/v1/disputes/"+d.id()+"/agree", map[string]any{})
	refund := shop.do(200, "GET", "/v1/refunds/rf_"+id+"_1", nil)
	if refund.at("amount") != float64(4000) || refund.at("by") != "buyer_request" {
		t.Errorf("%s", refund.body)
	}
	buyer.do(200, "POST", "/v1/payments/"+id+"/remind", map[string]any{})
	buyer.refused("velocity_exceeded", "POST", "/v1/payments/"+id+"/remind", map[string]any{})
	h.pass(24 * time.Hour)
	buyer.do(200, "POST", "/v1/payments/"+id+"/remind", map[string]any{})
	if events := rows(shop.do(200, "GET", "/v1/events?type=payment.reminded", nil)); len(events) != 2 || dig(events[0], "data", "id") != id {
		t.Errorf("reminders: %v", events)
	}
	results := shop.do(200, "POST", "/v1/shipments/batch", map[string]any{"shipments": []any{
		map[string]any{"payment_id": id, "carrier": "SF Express"}, map[string]any{"payment_id": "nowhere", "carrier": "SF Express"}, map[string]any{"payment_id": id, "carrier": "SF Express"}}})
	if fmt.Sprintf("%v %v %v", results.at("results", 0, "ok"), results.at("results", 1, "code"), results.at("results", 2, "code")) != "true payment_not_found payment_state_refused" {
		t.Errorf("%s", results.body)
	}
	buyer.do(200, "POST", "/v1/payments/"+id+"/extend", map[string]any{})
	shop.refused("already_extended", "POST", "/v1/payments/"+id+"/extend", nil)
	h.check()
}

func TestACodeAtTheTill(t *testing.T) {
	h := openHouse(t)
	shop, buyer := h.shop(), h.somebody(5000)
	till := h.staff(shop.id, party.Cashier)
	code := func() string {
		c := buyer.do(201, "POST", "/v1/payment-codes", map[string]any{})
		for _, picture := range []string{"qr_svg", "code128_svg"} {
			if svg, _ := c.at(picture).(string); !strings.HasPrefix(svg, "<svg ") || !strings.HasSuffix(svg, "</svg>") {
				t.Errorf("%s: %.80s", picture, svg)
			}
		}
		return c.at("payment_code").(string)
	}
	used := code()
	paid := till.do(201, "POST", "/v1/payments", h.order(9900, "payment_code", used))
	if paid.at("status") != "TRADE_SUCCESS" || paid.at("channel") != "payment_code" || paid.at("step_up") != nil {
		t.Errorf("%s", paid.body)
	}
	if got := till.refused("payment_code_used", "POST", "/v1/payments", h.order(100, "payment_code", used)); got.field() != "payment_code" {
		t.Errorf("%s", got.body)
	}
	late := code()
	h.pass(2 * time.Minute)
	till.refused("payment_code_invalid", "POST", "/v1/payments", h.order(100, "payment_code", late))
	till.refused("payment_code_invalid", "POST", "/v1/payments", h.order(100, "payment_code", "281234567890123456"))

	large := till.do(201, "POST", "/v1/payments", h.order(200000, "payment_code", code()))
	if large.at("status") != "WAIT_BUYER_PAY" || large.at("step_up") != true || fmt.Sprint(buyer.do(200, "GET", "/v1/payments/"+large.id(), nil).at("allowed")) != "[pay close]" {
		t.Errorf("above the limit: %s", large.body)
	}
	buyer.do(200, "POST", "/v1/payments/"+large.id()+"/pay", map[string]any{"payment_password": paymentPassword, "expected_amount": 200000})
	h.check()
}

func TestAShopperScans(t *testing.T) {
	h := openHouse(t)
	shop, buyer, friend := h.shop(), h.somebody(500), h.somebody(0)
	resolve := func(text string) reply {
		return h.serve(buyer.request("GET", "/v1/collection-codes/resolve?text="+url.QueryEscape(text), nil))
	}
	static := shop.do(200, "GET", "/v1/collection-code", nil).at("text").(string)
	if got := resolve(static); got.at("merchant", "name") != "Lane Market" {
		t.Errorf("%s", got.body)
	}
	person := friend.do(200, "GET", "/v1/collection-code", nil).at("text").(string)
	if strings.Contains(person, friend.person.Phone) {
		t.Errorf("the code shows the phone number: %s", person)
	}
	if got := resolve(person); got.at("user", "id") != idText(friend.id) {
		t.Errorf("%s", got.body)
	}
	unpaid := shop.do(201, "POST", "/v1/payments", h.order(700))
	if got := resolve(unpaid.at("qr_text").(string)); got.at("payment_id") != unpaid.id() || got.at("amount") != float64(700) {
		t.Errorf("%s", got.body)
	}
	altered := person[:len(person)-1] + "x"
	if altered == person {
		altered = person[:len(person)-1] + "y"
	}
	for _, text := range []string{"https://evil.example.com/q/m/" + idText(shop.id), "http://localhost:8080/q/m/2088899999999999", altered,
		"http://localhost:8080/q/u/" + idText(friend.id), "http://localhost:8080/q/z/1", "http://localhost:8080/", "%", "hello"} {
		if got := resolve(text); got.code() != "collection_code_invalid" || got.field() != "text" {
			t.Errorf("%s: %s", text, got.body)
		}
	}
	paid := buyer.do(201, "POST", "/v1/collect", map[string]any{"collection_code": static, "amount": 1200, "note": "Two coffees", "payment_password": paymentPassword})
	if paid.at("status") != "TRADE_SUCCESS" || paid.at("channel") != "qr" || paid.at("body") != "Two coffees" || h.balance(ledger.Merchant, shop.id) != 1193 {
		t.Errorf("%s", paid.body)
	}
	buyer.refused("collection_code_invalid", "POST", "/v1/collect", map[string]any{"collection_code": person, "amount": 1200, "payment_password": paymentPassword})
	h.check()
}

func TestMoneyComesInAndGoesOut(t *testing.T) {
	h := openHouse(t)
	a := h.somebody(0)
	ask := func(id string) {
		if _, err := h.desk.AskBank(context.Background(), id); err != nil {
			t.Fatal(err)
		}
	}
	in := a.do(201, "POST", "/v1/top-ups", map[string]any{"card_id": a.card, "amount": 5000, "currency": "CNY"})
	if in.at("status") != "instructed" {
		t.Errorf("%s", in.body)
	}
	h.bank.next = []bank.Answer{{Outcome: bank.Unknown}}
	ask(in.id())
	if got := a.do(200, "GET", "/v1/top-ups/"+in.id(), nil); got.at("status") != "unknown" || got.at("next_check_at") == nil {
		t.Errorf("%s", got.body)
	}
	ask(in.id())
	if got := a.do(200, "GET", "/v1/top-ups/"+in.id(), nil); got.at("status") != "succeeded" || got.at("next_check_at") != nil || h.balance(ledger.User, a.id) != 5000 {
		t.Errorf("%s", got.body)
	}
	a.refused("payment_password_required", "POST", "/v1/withdrawals", map[string]any{"card_id": a.card, "amount": 2000, "currency": "CNY"})
	wrong := a.refused("payment_password_wrong", "POST", "/v1/withdrawals", map[string]any{"card_id": a.card, "amount": 2000, "currency": "CNY", "payment_password": "111111"})
	if wrong.at("tries_left") != float64(4) {
		t.Errorf("%s", wrong.body)
	}
	out := a.do(201, "POST", "/v1/withdrawals", map[string]any{"card_id": a.card, "amount": 2000, "currency": "CNY", "payment_password": paymentPassword})
	account := rows(a.do(200, "GET", "/v1/accounts", nil))[0]
	if dig(account, "held") != float64(2000) || dig(account, "available") != float64(3000) {
		t.Errorf("%v", account)
	}
	if hold := rows(a.do(200, "GET", "/v1/holds?open=true", nil)); len(hold) != 1 || dig(hold[0], "id") != out.at("hold_id") {
		t.Errorf("%v", hold)
	}
	a.do(200, "GET", "/v1/holds/"+url.PathEscape(out.at("hold_id").(string)), nil)
	ask(out.id())
	if h.balance(ledger.User, a.id) != 3000 || len(rows(a.do(200, "GET", "/v1/withdrawals?status=succeeded", nil))) != 1 {
		t.Errorf("after the bank paid: %d", h.balance(ledger.User, a.id))
	}
	for range 5 {
		h.serve(a.request("POST", "/v1/withdrawals", map[string]any{"card_id": a.card, "amount": 1, "currency": "CNY", "payment_password": "111111"}))
	}
	if got := a.refused("payment_password_locked", "POST", "/v1/withdrawals", map[string]any{"card_id": a.card, "amount": 1, "currency": "CNY", "payment_password": paymentPassword}); got.at("locked_until") == nil {
		t.Errorf("%s", got.body)
	}
	h.check()
}

func TestMoneyIsSentToAPerson(t *testing.T) {
	h := openHouse(t)
	from, to, shop := h.somebody(100), h.somebody(0), h.shop()
	h.fill(shop.id, 100)
	payee := from.do(200, "GET", "/v1/payees?phone="+to.person.Phone, nil)
	if payee.at("name_masked") != "*小伟" || strings.Contains(string(payee.body), "王") {
		t.Errorf("%s", payee.body)
	}
	if got := from.refused("payee_not_found", "GET", "/v1/payees?phone=13900000000", nil); got.field() != "phone" {
		t.Errorf("%s", got.body)
	}
	send := func(more ...any) map[string]any {
		body := map[string]any{"to": map[string]any{"phone": to.person.Phone}, "amount": 1000, "currency": "CNY", "payment_password": paymentPassword}
		for i := 0; i < len(more); i += 2 {
			body[more[i].(string)] = more[i+1]
		}
		return body
	}
	from.refused("payee_name_mismatch", "POST", "/v1/transfers", send("name_check", "李"))
	if got := from.refused("same_payer_and_payee", "POST", "/v1/transfers", send("to", map[string]any{"user_id": idText(from.id)})); got.field() != "to" {
		t.Errorf("%s", got.body)
	}
	sent := from.do(201, "POST", "/v1/transfers", send("name_check", "王", "note", "Dinner"))
	to.do(200, "GET", "/v1/transfers/"+sent.id(), nil)
	payout := send()
	delete(payout, "payment_password")
	shop.do(201, "POST", "/v1/transfers", payout)
	if got := rows(to.do(200, "GET", "/v1/transfers?direction=received", nil)); len(got) != 2 {
		t.Errorf("received %v", got)
	}
	if got := rows(from.do(200, "GET", "/v1/payees/recent", nil)); len(got) != 1 || dig(got[0], "user_id") != idText(to.id) {
		t.Errorf("recent %v", got)
	}
	entries := rows(to.do(200, "GET", "/v1/entries?why=transfer&q=dinner", nil))
	if len(entries) != 1 || dig(entries[0], "amount") != float64(1000) || dig(entries[0], "about", "transfer_id") != sent.id() || dig(entries[0], "about", "counterparty", "id") != idText(from.id) {
		t.Errorf("entries %v", entries)
	}
	h.check()
}

func TestAHoldIsCapturedInPart(t *testing.T) {
	h := openHouse(t)
	shop, courier := h.shop(), h.somebody(0)
	h.fill(shop.id, 100)
	hold := shop.do(201, "POST", "/v1/holds", map[string]any{"amount": 8000, "currency": "CNY", "for": "wages", "expires_in_seconds": 3600}).id()
	shop.refused("insufficient_balance", "POST", "/v1/holds", map[string]any{"amount": 2001, "currency": "CNY", "for": "more"})
	to := map[string]any{"user_id": idText(courier.id)}
	shop.refused("hold_exceeded", "POST", "/v1/holds/"+hold+"/capture", map[string]any{"amount": 8001, "to": to})
	got := shop.do(200, "POST", "/v1/holds/"+hold+"/capture", map[string]any{"amount": 3000, "to": to})
	if got.at("rest") != float64(5000) || h.balance(ledger.User, courier.id) != 3000 {
		t.Errorf("%s", got.body)
	}
	shop.do(200, "POST", "/v1/holds/"+hold+"/void", map[string]any{})
	shop.refused("hold_ended", "POST", "/v1/holds/"+hold+"/void", map[string]any{})
	h.check()
}

func TestTheWayOfTheMoney(t *testing.T) {
	h := openHouse(t)
	shop, buyer := h.shop(), h.somebody(500)
	id := h.shipped(shop, buyer, 10000)
	h.pass(48 * time.Hour)
	before := h.now()
	h.pass(time.Second)
	buyer.do(200, "POST", "/v1/payments/"+id+"/confirm", map[string]any{"payment_password": paymentPassword})
	h.pass(time.Second)
	shop.do(201, "POST", "/v1/refunds", map[string]any{"payment_id": id, "amount": 1000, "reason": "x"})
	var way []string
	for _, m := range rows(shop.do(200, "GET", "/v1/payments/"+id+"/entries", nil)) {
		way = append(way, fmt.Sprint(dig(m, "why"), " ", strings.Split(dig(m, "from").(string), ":")[0], "→", strings.Split(dig(m, "to").(string), ":")[0], " ", dig(m, "amount")))
	}
	want := "payment user→escrow 10000, settlement escrow→merchant 9940, fee escrow→fee_income 60, fee_refund fee_income→merchant 6, refund merchant→user 1000"
	if got := strings.Join(way, ", "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	receipt := buyer.do(200, "GET", "/v1/payments/"+id+"/receipt", nil)
	if receipt.at("net") != float64(9000) || receipt.at("buyer_name") != "王**" {
		t.Errorf("%s", receipt.body)
	}
	account := "merchant:" + idText(shop.id) + ":CNY"
	past := shop.do(200, "GET", "/v1/accounts/"+account+"/balance?at="+url.QueryEscape(before.UTC().Format(time.RFC3339Nano)), nil)
	now := shop.do(200, "GET", "/v1/accounts/"+account+"/balance", nil)
	if past.at("balance") != float64(0) || now.at("balance") != float64(8946) {
		t.Errorf("%s %s", past.body, now.body)
	}
	month := buyer.do(200, "GET", "/v1/entries/summary?month=2018-11", nil)
	if month.at("money_in") != float64(51000) || month.at("money_out") != float64(10000) || len(month.at("by_day").([]any)) != 30 || dig(month.at("by_day"), 10, "out") != float64(10000) || dig(month.at("by_day"), 12, "in") != float64(1000) {
		t.Errorf("%s", month.body)
	}
	day := shop.do(200, "GET", "/v1/merchant/summary?day=2018-11-11", nil)
	if day.at("volume") != float64(10000) || day.at("count") != float64(1) || day.at("success_rate") != float64(1000000) {
		t.Errorf("%s", day.body)
	}
	if me := shop.do(200, "GET", "/v1/merchant", nil); me.at("balance", "balance") != float64(8946) || me.at("in_escrow") != float64(0) {
		t.Errorf("%s", me.body)
	}
}

func TestListsGoOnByTheirCursor(t *testing.T) {
	h := openHouse(t)
	shop, other := h.shop(), h.shop()
	buyer := h.somebody(500)
	var made []string
	for range 7 {
		made = append(made, h.paid(shop, buyer, 100))
		h.pass(time.Second)
	}
	for path, who := range map[string]*actor{"/v1/payments": shop, "/v1/payments?status=WAIT_SELLER_SEND_GOODS": shop, "/v1/payments?needs=to_ship": buyer, "/v1/payments?q=TEA": shop} {
		var got []string
		for cursor := ""; ; {
			next := path + map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "limit=3"
			if cursor != "" {
				next += "&cursor=" + cursor
			}
			page := who.do(200, "GET", next, nil)
			for _, p := range rows(page) {
				got = append([]string{dig(p, "id").(string)}, got...)
			}
			if page.at("next_cursor") == nil {
				break
			}
			cursor = page.at("next_cursor").(string)
			other.refused("invalid_cursor", "GET", "/v1/payments?cursor="+cursor, nil)
			shop.refused("invalid_cursor", "GET", "/v1/payments?status=TRADE_CLOSED&cursor="+cursor, nil)
			shop.refused("invalid_cursor", "GET", "/v1/entries?cursor="+cursor, nil)
		}
		if strings.Join(got, " ") != strings.Join(made, " ") {
			t.Errorf("%s: %v\nwant %v", path, got, made)
		}
	}
	from := url.QueryEscape(h.now().Add(-2500 * time.Millisecond).Format(time.RFC3339Nano))
	if got := rows(shop.do(200, "GET", "/v1/payments?created_from="+from, nil)); len(got) != 2 {
		t.Errorf("of the last 2.5 s: %d", len(got))
	}
	if got := rows(shop.do(200, "GET", "/v1/payments?created_to="+from, nil)); len(got) != 5 {
		t.Errorf("before them: %d", len(got))
	}
	seen := 0
	for cursor := ""; ; {
		page := buyer.do(200, "GET", "/v1/entries?limit=3&why=payment&cursor="+cursor, nil)
		seen += len(rows(page))
		if page.at("next_cursor") == nil {
			break
		}
		cursor = page.at("next_cursor").(string)
	}
	if seen != 7 {
		t.Errorf("%d payments in the history", seen)
	}
}

func TestAnEventTellsTheObjectAsItStood(t *testing.T) {
	h := openHouse(t)
	shop, buyer := h.shop(), h.somebody(500)
	id := h.shipped(shop, buyer, 10000)
	shop.do(201, "POST", "/v1/refunds", map[string]any{"payment_id": id, "amount": 1000, "reason": "x"})
	buyer.do(200, "POST", "/v1/payments/"+id+"/confirm", map[string]any{"payment_password": paymentPassword})
	var told []string
	events := rows(shop.do(200, "GET", "/v1/events", nil))
	for i := len(events) - 1; i >= 0; i-- {
		told = append(told, fmt.Sprint(dig(events[i], "type"), " ", dig(events[i], "data", "status")))
	}
	want := []string{"payment.created WAIT_BUYER_PAY", "payment.paid WAIT_SELLER_SEND_GOODS", "payment.shipped WAIT_BUYER_CONFIRM_GOODS", "refund.created <nil>", "payment.finished TRADE_FINISHED"}
	for _, w := range want {
		if !strings.Contains(strings.Join(told, ", "), w) {
			t.Errorf("%v lacks %s", told, w)
		}
	}
	e, ok, err := pay.ReadEvent(context.Background(), h.engine.Store(), dig(events[len(events)-1], "id").(string))
	if err != nil || !ok {
		t.Fatal(err)
	}
	first, err := h.door.RenderEvent(context.Background(), e)
	again, _ := h.door.RenderEvent(context.Background(), e)
	if err != nil || string(first) != string(again) || !json.Valid(first) {
		t.Errorf("%s\n%s\n%v", first, again, err)
	}
	h.serve(shop.request("GET", "/v1/events/"+e.ID, nil))
}

func TestTheStreamGoesOnWhereItWasLeft(t *testing.T) {
	h := openHouse(t)
	shop, buyer := h.shop(), h.somebody(500)
	server := httptest.NewServer(h.door)
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	listen := func(after string) func() (id, kind string) {
		r, _ := http.NewRequestWithContext(ctx, "GET", server.URL+"/v1/events/stream", nil)
		r.Header.Set("Authorization", "Bearer "+shop.key)
		if after != "" {
			r.Header.Set("Last-Event-ID", after)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil || answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatal(err, answer)
		}
		t.Cleanup(func() { answer.Body.Close() })
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 1<<20)
		return func() (id, kind string) {
			for lines.Scan() {
				line := lines.Text()
				if v, ok := strings.CutPrefix(line, "id: "); ok {
					id = v
				}
				if v, ok := strings.CutPrefix(line, "event: "); ok {
					kind = v
				}
				if strings.HasPrefix(line, "data: ") {
					return id, kind
				}
			}
			t.Fatal("the stream ended: ", lines.Err())
			return "", ""
		}
	}

	live := listen("")
	payment := shop.do(201, "POST", "/v1/payments", h.order(100)).id()
	created, kind := live()
	if kind != pay.PaymentCreated {
		t.Errorf("first came %s", kind)
	}
	h.pass(time.Second)
	buyer.do(200, "POST", "/v1/payments/"+payment+"/pay", map[string]any{"payment_password": paymentPassword, "expected_amount": 100})
	shop.do(201, "POST", "/v1/shipments", map[string]any{"payment_id": payment, "carrier": "SF Express"})
	resumed := listen(created)
	for _, want := range []string{pay.PaymentPaid, pay.PaymentShipped} {
		if _, kind := live(); kind != want {
			t.Errorf("live: %s, want %s", kind, want)
		}
		if _, kind := resumed(); kind != want {
			t.Errorf("resumed: %s, want %s", kind, want)
		}
	}
	buyer.do(200, "POST", "/v1/payments/"+payment+"/confirm", map[string]any{"payment_password": paymentPassword})
	if _, kind := resumed(); kind != pay.PaymentFinished {
		t.Errorf("resumed, then live: %s", kind)
	}
}

func TestKeysTeamAndWebhooks(t *testing.T) {
	h := openHouse(t)
	shop := h.shop()
	owner := h.staff(shop.id, party.Owner)
	key := owner.do(201, "POST", "/v1/keys", map[string]any{"name": "Shop server", "scope": "read"})
	program := &actor{h: h, key: key.at("secret").(string)}
	program.do(200, "GET", "/v1/merchant", nil)
	program.refused("forbidden", "POST", "/v1/payments", h.order(100))
	owner.do(204, "DELETE", "/v1/keys/"+key.id(), nil)
	program.refused("invalid_key", "GET", "/v1/merchant", nil)

	clerk := owner.do(201, "POST", "/v1/team", map[string]any{"login": "lihua@example.com", "name": "Li Hua", "role": "cashier", "password": loginPassword})
	owner.refused("login_taken", "POST", "/v1/team", map[string]any{"login": "lihua@example.com", "name": "Li Hua", "role": "cashier", "password": loginPassword})
	if got := owner.do(200, "PATCH", "/v1/team/"+clerk.id(), map[string]any{"role": "manager"}); got.at("role") != "manager" {
		t.Errorf("%s", got.body)
	}
	owner.do(204, "DELETE", "/v1/team/"+clerk.id(), nil)

	hook := shop.do(201, "POST", "/v1/webhook-endpoints", map[string]any{"url": "http://127.0.0.1:9/hook", "event_types": []string{"payment.paid"}})
	if secret, _ := hook.at("secret").(string); !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("%s", hook.body)
	}
	if got := shop.do(200, "GET", "/v1/webhook-endpoints/"+hook.id(), nil); got.at("secret") != nil {
		t.Errorf("the secret is shown again: %s", got.body)
	}
	if got := shop.refused("webhook_url_refused", "POST", "/v1/webhook-endpoints", map[string]any{"url": "ftp://example.com"}); got.field() != "url" {
		t.Errorf("%s", got.body)
	}
	test := shop.do(201, "POST", "/v1/webhook-endpoints/"+hook.id()+"/test", map[string]any{"event_type": "payment.paid"})
	if test.at("data", "test") != true {
		t.Errorf("%s", test.body)
	}
	shop.do(200, "PATCH", "/v1/webhook-endpoints/"+hook.id(), map[string]any{"enabled": false})
	shop.refused("webhook_endpoint_disabled", "POST", "/v1/webhook-endpoints/"+hook.id()+"/test", map[string]any{})
	shop.do(200, "POST", "/v1/webhook-endpoints/"+hook.id()+"/rotate-secret", map[string]any{})
	shop.do(204, "DELETE", "/v1/webhook-endpoints/"+hook.id(), nil)
	if log := rows(shop.do(200, "GET", "/v1/request-log?limit=3", nil)); len(log) != 3 || dig(log[0], "method") != "DELETE" || dig(log[1], "path") == nil {
		t.Errorf("%v", log)
	}
}

func TestTooManyRequestsAreTurnedAway(t *testing.T) {
	h := openHouse(t)
	options := h.options()
	options.NoLimits = false
	h.door = New(options)
	a := h.somebody(0)
	var turned reply
	for range 30 {
		if got := h.serve(a.request("GET", "/v1/payees?phone=13900000000", nil)); got.code() == "rate_limited" {
			turned = got
			break
		}
	}
	if turned.status != 429 || turned.header.Get("Retry-After") == "" || turned.at("retry_after_seconds") == nil {
		t.Errorf("%d %s %v", turned.status, turned.body, turned.header)
	}
}
