package alipay

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/store"
)

const (
	freezes   = "alipay.fund.auth.order.freeze"
	unfreezes = "alipay.fund.auth.order.unfreeze"
	asksHold  = "alipay.fund.auth.operation.detail.query"
	cancels   = "alipay.fund.auth.operation.cancel"
)

func freezeOf(no, amount, code string) string {
	return fmt.Sprintf(`{"auth_code":%q,"auth_code_type":"bar_code","out_order_no":%q,"out_request_no":"f-%s","order_title":"deposit","amount":%q,"product_code":"PRE_AUTH"}`, code, no, no, amount)
}

func releaseOf(auth, no, amount string) string {
	return fmt.Sprintf(`{"auth_no":%q,"out_request_no":%q,"amount":%q,"remark":"back"}`, auth, no, amount)
}

func payHold(no, amount, auth, mode string) string {
	return fmt.Sprintf(`{"out_trade_no":%q,"total_amount":%q,"subject":"room","product_code":"PREAUTH_PAY","auth_no":%q,"auth_confirm_mode":%q}`, no, amount, auth, mode)
}

func (h *house) held(person uint64) string {
	h.t.Helper()
	a, err := h.desk.Balance(h.t.Context(), pay.BalanceOf(person, money.CNY))
	h.must(err)
	return money.Format(a.Held, money.CNY)
}

func TestADepositIsFrozenPaidFromAndReleased(t *testing.T) {
	h := openHouse(t)
	guest, code := h.somebody(500)
	first := h.want("10000", freezes, freezeOf("d1", "300.00", code), "notify_url", "https://shop.example.com/n")
	auth := first.text("auth_no")
	if first.text("status") != "SUCCESS" || h.held(guest) != "300.00" || len(auth) != 28 {
		t.Error(first.raw)
	}
	if again := h.want("10000", freezes, freezeOf("d1", "300.00", code)); again.text("auth_no") != auth {
		t.Error(again.raw)
	}
	h.want("40004 ACQ.CONTEXT_INCONSISTENT", freezes, freezeOf("d1", "301.00", code))
	m, _, err := identity.Merchants.Read(t.Context(), h.engine.Store(), party.FormatID(h.app.Merchant))
	h.must(err)
	for login, want := range map[string]string{"OWNER" + m.OwnerLogin[len("owner"):]: "10000", "somebody@else.example": "40004 ACQ.INVALID_RECEIVE_ACCOUNT"} {
		h.want(want, freezes, strings.Replace(freezeOf("d1", "300.00", code), "{", fmt.Sprintf(`{"payee_logon_id":%q,`, login), 1))
	}
	h.want("40004 ACQ.BUYER_BALANCE_NOT_ENOUGH", freezes, freezeOf("d2", "201.00", h.code(guest, true)))
	h.want("40004 ACQ.PAYMENT_AUTH_CODE_INVALID", freezes, freezeOf("d2", "1.00", code))
	h.want("40004 ACQ.INVALID_PARAMETER", freezes, freezeOf("d2", "0.001", code))
	h.want("40004 ACQ.INVALID_PARAMETER", freezes, freezeOf("", "1.00", code))

	if back := h.want("10000", unfreezes, releaseOf(auth, "u1", "50.00")); back.text("status") != "SUCCESS" || h.held(guest) != "250.00" {
		t.Error(back.raw)
	}
	h.want("10000", unfreezes, releaseOf(auth, "u1", "50.00"))
	h.want("40004 ACQ.DISCORDANT_REPEAT_REQUEST", unfreezes, releaseOf(auth, "u1", "51.00"))
	h.want("40004 ACQ.AUTH_AMOUNT_NOT_ENOUGH", unfreezes, releaseOf(auth, "u2", "250.01"))
	h.want("40004 ACQ.AUTH_NO_ERROR", unfreezes, releaseOf("2018111100000000000000000000", "u2", "1.00"))

	paid := h.want("10000", "alipay.trade.pay", payHold("r1", "100.00", auth, "NOT_COMPLETE"))
	if h.want("10000", "alipay.trade.pay", payHold("r1", "100.00", auth, "NOT_COMPLETE")).text("trade_no") != paid.text("trade_no") || h.held(guest) != "150.00" || h.has(guest) != "400.00" {
		t.Errorf("%s; held %s of %s", paid.raw, h.held(guest), h.has(guest))
	}
	h.want("40004 ACQ.CONTEXT_INCONSISTENT", "alipay.trade.pay", payHold("r1", "101.00", auth, "NOT_COMPLETE"))
	h.want("40004 ACQ.REQUEST_AMOUNT_EXCEED", "alipay.trade.pay", payHold("r2", "150.01", auth, "COMPLETE"))
	h.want("40004 ACQ.AUTH_ORDER_HAS_CLOSED", cancels, fmt.Sprintf(`{"auth_no":%q,"out_request_no":"f-d1","remark":"no"}`, auth))
	h.want("10000", "alipay.trade.pay", payHold("r2", "120.00", auth, "COMPLETE"))
	if h.held(guest) != "0.00" || h.has(guest) != "280.00" {
		t.Errorf("at the end %s held of %s", h.held(guest), h.has(guest))
	}
	h.want("40004 ACQ.AUTH_ORDER_HAS_FINISHED", "alipay.trade.pay", payHold("r3", "1.00", auth, "COMPLETE"))
	seen := h.want("10000", asksHold, `{"out_order_no":"d1","out_request_no":"f-d1"}`)
	for name, want := range map[string]string{"order_status": "FINISH", "total_freeze_amount": "300.00", "total_pay_amount": "220.00", "rest_amount": "0.00", "operation_type": "FREEZE", "status": "SUCCESS"} {
		if seen.text(name) != want {
			t.Errorf("%s is %q, not %q", name, seen.text(name), want)
		}
	}
	h.want("10000", asksHold, fmt.Sprintf(`{"auth_no":%q,"out_request_no":"r1","operation_type":"PAY"}`, auth))
	h.want("40004 ACQ.AUTH_NO_ERROR", asksHold, fmt.Sprintf(`{"auth_no":%q,"out_request_no":"none"}`, auth))
	h.want("40004 ACQ.INVALID_PARAMETER", asksHold, fmt.Sprintf(`{"auth_no":%q}`, auth))
	h.want("10000", "alipay.trade.refund", `{"out_trade_no":"r1","refund_amount":"100.00"}`)

	told := h.toldOf(auth)
	if fmt.Sprint(told) != "[fund_auth_freeze 300.00 300.00 fund_auth_unfreeze 30.00 0.00 fund_auth_unfreeze 50.00 250.00]" {
		t.Errorf("told was %v", told)
	}
}

// toldOf lists the notices of an authorisation: type, amount and rest.
func (h *house) toldOf(auth string) (told []string) {
	h.t.Helper()
	for last := uint64(0); ; {
		reached, err := h.notices.FanOut(h.t.Context())
		h.must(err)
		if reached == last {
			break
		}
		last = reached
	}
	items, err := notify.Notices.Scan(h.t.Context(), h.engine.Store(), store.Range{Index: notify.AboutIndex, From: auth + "/", Until: auth + "0", Limit: 100})
	h.must(err)
	for _, item := range items {
		told = append(told, item.Value.Type+" "+item.Value.Fields["amount"]+" "+item.Value.Fields["rest_amount"])
		for name, value := range item.Value.Fields {
			if value == "" {
				h.t.Errorf("the field %s is empty", name)
			}
		}
	}
	slices.Sort(told) // the clock stands, so they are all of one moment
	return told
}

func TestACancelledFreezeGivesAllBack(t *testing.T) {
	h := openHouse(t)
	guest, code := h.somebody(500)
	h.want("10000", freezes, freezeOf("d1", "300.00", code))
	for range 2 {
		if done := h.want("10000", cancels, `{"out_order_no":"d1","out_request_no":"f-d1","remark":"no"}`); done.text("action") != "unfreeze" {
			t.Error(done.raw)
		}
	}
	if h.held(guest) != "0.00" || h.want("10000", asksHold, `{"out_order_no":"d1","out_request_no":"f-d1"}`).text("order_status") != "CLOSED" {
		t.Errorf("held is %s", h.held(guest))
	}
	h.want("40004 ACQ.AUTH_ORDER_HAS_CLOSED", unfreezes, releaseOf(h.want("10000", freezes, freezeOf("d1", "300.00", code)).text("auth_no"), "u", "1.00"))
}

func TestALargeDepositWaitsForThePayer(t *testing.T) {
	h := openHouse(t)
	guest, _ := h.somebody(3000)
	other, _ := h.somebody(3000)
	waits := h.want("10003", freezes, freezeOf("d1", "2000.00", h.code(guest, false)))
	auth := waits.text("auth_no")
	if waits.text("status") != "INIT" || h.held(guest) != "0.00" {
		t.Error(waits.raw)
	}
	h.want("40004 ACQ.AUTH_ORDER_NOT_PAID", "alipay.trade.pay", payHold("r1", "100.00", auth, ""))
	ctx, by := context.Background(), engine.By{Actor: "test", Request: "test"}
	if _, err := h.desk.GiveAuthProved(ctx, by, "give-other", auth, other, 2000_00); err == nil {
		t.Error("another person gave it")
	}
	if _, err := h.desk.GiveAuthProved(ctx, by, "give-less", auth, guest, 1999_00); err == nil {
		t.Error("another amount was given")
	}
	_, err := h.desk.GiveAuthProved(ctx, by, "give", auth, guest, 2000_00)
	h.must(err)
	if h.held(guest) != "2000.00" {
		t.Errorf("held is %s", h.held(guest))
	}
	h.want("10000", freezes, freezeOf("d1", "2000.00", "281234567890123456"))

	h.want("10003", freezes, freezeOf("d2", "1000.01", h.code(guest, false)))
	if done := h.want("10000", cancels, `{"out_order_no":"d2","out_request_no":"f-d2","remark":"no"}`); done.text("action") != "close" {
		t.Error(done.raw)
	}
}

func TestADepositIsAskedForByAppAndByCode(t *testing.T) {
	h := openHouse(t)
	payer, _ := h.somebody(1000)
	told := h.program()
	online := func(no, amount string) string {
		return fmt.Sprintf(`{"out_order_no":%q,"out_request_no":"f-%s","order_title":"room","amount":%q,"product_code":"PRE_AUTH_ONLINE"}`, no, no, amount)
	}
	ask := func(content string) (int, string) {
		w := httptest.NewRecorder()
		p := h.sign(h.request("alipay.fund.auth.order.app.freeze", content, "notify_url", told.server.URL))
		h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/gateway.do?"+formOf(p), nil))
		return w.Code, w.Header().Get("Location") + w.Body.String()
	}
	code, to := ask(online("d1", "500.00"))
	id, ok := strings.CutPrefix(to, "https://pay.example.com/wallet/deposits/")
	if code != http.StatusSeeOther || !ok {
		t.Fatalf("got %d %s", code, to)
	}
	if _, again := ask(online("d1", "500.00")); again != to {
		t.Errorf("another deposit: %s", again)
	}
	if _, other := ask(online("d1", "500.01")); !strings.Contains(other, "CONTEXT_INCONSISTENT") {
		t.Errorf("other terms: %s", other)
	}
	h.want("10000", asksHold, `{"out_order_no":"d1","out_request_no":"f-d1"}`)
	_, err := h.desk.GiveAuthProved(t.Context(), asks, "give", id, payer, 500_00)
	h.must(err)
	if h.held(payer) != "500.00" {
		t.Errorf("held %s", h.held(payer))
	}
	h.run()
	if len(told.heard) != 1 || told.heard[0]["notify_type"] != authFrozen || told.heard[0]["auth_no"] != id {
		t.Errorf("told %v", told.heard)
	}
	if _, after := ask(online("d1", "500.00")); !strings.Contains(after, "TRADE_HAS_SUCCESS") {
		t.Errorf("asked again for what was given: %s", after)
	}
	h.want("10000", "alipay.trade.pay", payHold("use", "120.00", id, "COMPLETE"))

	v := h.want("10000", "alipay.fund.auth.order.voucher.create", online("d2", "1.00"))
	_, id, _ = strings.Cut(v.text("code_value"), "/deposits/")
	if v.text("code_type") != "qr_code" || !strings.HasSuffix(v.text("code_url"), id) {
		t.Errorf("got %s", v.raw)
	}
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, strings.TrimPrefix(v.text("code_url"), "https://pay.example.com"), nil))
	if w.Code != 200 || w.Header().Get("Content-Type") != "image/png" {
		t.Errorf("the picture: %d", w.Code)
	}
	h.pass(time.Hour)
	h.want("40004 ACQ.AUTH_ORDER_HAS_CLOSED", "alipay.fund.auth.order.voucher.create", online("d2", "1.00"))
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.fund.auth.order.voucher.create", online("d3", "0.001"))
}
