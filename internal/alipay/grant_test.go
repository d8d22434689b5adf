package alipay

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

// everything is every scope of a provider's grant.
func everything() (all []string) {
	for _, s := range party.ProviderScopes {
		all = append(all, s.Name)
	}
	return all
}

// client is a merchant that lets the house's application act for it, its own
// application, and the tokens.
func (h *house) client(scopes ...string) (own party.App, tokens answer) {
	h.t.Helper()
	own = h.register(otherKey())
	code, err := h.who.GiveAppGrant(context.Background(), identity.Ask{By: asks}, own.Merchant, h.app, own.ID, scopes)
	h.must(err)
	return own, h.want("10000", "alipay.open.auth.token.app", fmt.Sprintf(`{"grant_type":"authorization_code","code":%q}`, code.Reveal()))
}

func TestAProviderActsForTheMerchantThatLetIt(t *testing.T) {
	h := openHouse(t)
	p := h.program()
	buyer, code := h.somebody(1000)
	own, tokens := h.client(everything()...)
	token, client := tokens.text("app_auth_token"), party.FormatID(own.Merchant)
	if tokens.text("user_id") != client || tokens.text("auth_app_id") != own.ID || tokens.fields["expires_in"] != float64(365*86400) || tokens.fields["re_expires_in"] != float64(372*86400) || len(tokens.fields["tokens"].([]any)) != 1 {
		t.Fatalf("got %s", tokens.raw)
	}
	as := func(code, method, content string) answer {
		t.Helper()
		return h.want(code, method, content, "app_auth_token", token)
	}

	// The trade is the client's: found by its application, and not by the provider for itself.
	paid := h.want("10000", "alipay.trade.pay", orderOf("g1", "30.00", "auth_code", code), "app_auth_token", token, "notify_url", p.server.URL)
	made, err := h.desk.Trade(context.Background(), paid.text("trade_no"))
	h.must(err)
	if made.Merchant != own.Merchant {
		t.Errorf("the trade is %s's, want %s's", party.FormatID(made.Merchant), client)
	}
	h.want("40004 ACQ.TRADE_NOT_EXIST", "alipay.trade.query", `{"out_trade_no":"g1"}`)
	as("10000", "alipay.trade.query", `{"out_trade_no":"g1"}`)
	h.want("10000", "alipay.trade.pay", orderOf("g1", "2.00", "auth_code", h.code(buyer, true))) // the provider's own g1
	as("10000", "alipay.trade.refund", `{"out_trade_no":"g1","refund_amount":"10.00","out_request_no":"r1"}`)
	mine := h.app
	h.app = own
	if a := h.post(h.signBy(otherKey(), h.request("alipay.trade.query", `{"out_trade_no":"g1"}`))); a.text("trade_no") != paid.text("trade_no") || a.text("total_amount") != "30.00" {
		t.Errorf("the client's own program sees %s", a.raw)
	}
	h.app = mine
	if got := as("10000", "alipay.fund.account.query", `{}`); got.text("available_amount") != "19.88" { // 30.00 less 10.00, and 0.12 of fee
		t.Errorf("the client's balance: %s", got.raw)
	}
	if got, _ := h.engine.Store().Account(context.Background(), pay.BalanceOf(mine.Merchant, money.CNY)); got.Balance != 199 {
		t.Errorf("the provider's balance is %v", got.Balance)
	}

	// Notices go to the provider, whose key signs them, and name both applications.
	h.run()
	if len(p.heard) != 2 {
		t.Fatalf("%d notices", len(p.heard))
	}
	for _, form := range p.heard {
		p.verify(form)
		if form["app_id"] != mine.ID || form["auth_app_id"] != own.ID || form["seller_id"] != client {
			t.Errorf("got %v", form)
		}
	}
	for _, who := range []uint64{own.Merchant, mine.Merchant} {
		list, _, err := h.notices.List(context.Background(), notify.Filter{Merchant: who, App: mine.ID}, "", 10)
		h.must(err)
		if len(list) != 2 {
			t.Errorf("%s sees %d of 2 notices", party.FormatID(who), len(list))
		}
	}

	// Transfers come out of the client's balance, and shares of its orders go to its own receivers.
	payee, _ := h.somebody(1)
	as("10000", "alipay.fund.trans.uni.transfer", fmt.Sprintf(`{"out_biz_no":"t1","trans_amount":"1.00","product_code":"TRANS_ACCOUNT_NO_PWD","biz_scene":"DIRECT_TRANSFER","payee_info":{"identity":"%s","identity_type":"ALIPAY_USER_ID"}}`, party.FormatID(payee)))
	as("10000", "alipay.trade.royalty.relation.bind", fmt.Sprintf(`{"out_request_no":"b1","receiver_list":[{"type":"userId","account":"%s"}]}`, party.FormatID(payee)))
	if _, bound, _ := pay.Receivers.Read(context.Background(), h.engine.Store(), pay.ReceiverID(own.Merchant, payee)); !bound {
		t.Error("the receiver is not the client's")
	}
	if got, _ := h.engine.Store().Account(context.Background(), ledger.Of(ledger.Merchant, own.Merchant, money.CNY)); got.Balance != 1888 {
		t.Errorf("the client's balance is %v", got.Balance)
	}
	h.pass(24 * time.Hour)
	bill := as("10000", "alipay.data.dataservice.bill.downloadurl.query", `{"bill_type":"trade","bill_date":"2018-11-11"}`)
	status, sheets := h.download(bill.text("bill_download_url"))
	rows := 0
	for _, sheet := range sheets {
		for _, row := range sheet {
			if strings.Contains(strings.Join(row, ","), paid.text("trade_no")) {
				rows++
			}
		}
	}
	if status != http.StatusOK || rows != 2 {
		t.Errorf("the client's bill: %d, %d lines of its trade", status, rows)
	}
	if status, _ := h.download(strings.Replace(bill.text("bill_download_url"), client, party.FormatID(mine.Merchant), 1)); status != http.StatusForbidden {
		t.Errorf("an address made over to another merchant: %d", status)
	}
	slip := as("10000", "alipay.data.bill.ereceipt.apply", fmt.Sprintf(`{"type":"FUND_DETAIL","key":%q}`, paid.text("trade_no")))
	file := fmt.Sprintf(`{"file_id":%q}`, slip.text("file_id"))
	as("10000", "alipay.data.bill.ereceipt.query", file)
	h.want("40004 INVALID_PARAMETER", "alipay.data.bill.ereceipt.query", file)
}

func TestTheBrowserComesBackFromAProvidersOrder(t *testing.T) {
	h := openHouse(t)
	own, tokens := h.client("trade")
	h.browse("alipay.trade.page.pay", orderOf("w1", "9.00", "product_code", "FAST_INSTANT_TRADE_PAY"), "app_auth_token", tokens.text("app_auth_token"), "return_url", "https://shop.example.com/back")
	known, _, err := pay.OrderNos.Read(context.Background(), h.engine.Store(), pay.OrderNoID(own.Merchant, "w1"))
	h.must(err)
	made, err := h.desk.Trade(context.Background(), known.Trade)
	h.must(err)
	buyer := h.payer(100)
	_, err = h.desk.Pay(context.Background(), asks, "pay/w1", made.ID, buyer, pin, made.Amount)
	h.must(err)
	u, err := url.Parse(made.ReturnURL)
	h.must(err)
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, u.RequestURI(), nil))
	back, err := url.Parse(w.Header().Get("Location"))
	h.must(err)
	if q := back.Query(); q.Get("app_id") != h.app.ID || q.Get("auth_app_id") != own.ID || q.Get("seller_id") != party.FormatID(own.Merchant) || q.Get("trade_no") != made.ID {
		t.Errorf("back at %s", back)
	}
}

func TestATokenIsRefusedByItsCode(t *testing.T) {
	h := openHouse(t)
	own, tokens := h.client("trade", "data")
	token, refresh := tokens.text("app_auth_token"), tokens.text("app_refresh_token")
	query := `{"out_trade_no":"none"}`
	type row struct{ what, code, method, token string }
	look := func(rows ...row) {
		t.Helper()
		for _, r := range rows {
			content := query
			if strings.HasPrefix(r.method, "alipay.data") {
				content = `{}`
			}
			if a := h.call(r.method, content, "app_auth_token", r.token); a.code() != r.code {
				t.Errorf("%s: %s got %s, want %s", r.what, r.method, a.raw, r.code)
			}
		}
	}
	look(row{"in scope", "40004 ACQ.TRADE_NOT_EXIST", "alipay.trade.query", token},
		row{"in scope", "10000", "alipay.data.bill.balance.query", token},
		row{"out of scope", "20001 aop.invalid-app-auth-token-no-api", "alipay.fund.trans.common.query", token},
		row{"no merchant's business", "40002 isv.not-support-app-auth", "alipay.open.app.alipaycert.download", token},
		row{"no merchant's business", "40002 isv.not-support-app-auth", "alipay.user.info.share", token},
		row{"unknown", "20001 aop.invalid-app-auth-token", "alipay.trade.query", "x"},
		row{"a refresh token", "20001 aop.invalid-app-auth-token", "alipay.trade.query", refresh})

	// A code and a refresh token work once, each in its own place.
	person, _ := h.somebody(1)
	if a := h.tokens("code", h.grant(person, party.ScopeUser)); a.text("access_token") != "" {
		look(row{"a person's token", "20001 aop.invalid-app-auth-token", "alipay.trade.query", a.text("access_token")})
	}
	if a := h.tokens("refresh_token", refresh); a.code() != "40002 isv.refresh-token-invalid" {
		t.Errorf("a merchant's refresh token gives a person's: %s", a.raw)
	}
	h.want("20001 aop.invalid-auth-token", "alipay.user.info.share", "", "auth_token", token)
	again := fmt.Sprintf(`{"grant_type":"refresh_token","refresh_token":%q}`, refresh)
	fresh := h.want("10000", "alipay.open.auth.token.app", again)
	h.want("40002 isv.refresh-token-invalid", "alipay.open.auth.token.app", again)
	h.want("40002 isv.code-invalid", "alipay.open.auth.token.app", `{"grant_type":"authorization_code","code":"x"}`)
	h.want("40002 isv.grant-type-invalid", "alipay.open.auth.token.app", `{"grant_type":"password","code":"x"}`)
	h.want("40001 isv.missing-parameter", "alipay.open.auth.token.app", `{"grant_type":"authorization_code"}`)

	// The refreshed token works for ten minutes more, the new one for a year.
	h.pass(10*time.Minute - time.Second)
	look(row{"nine minutes after", "40004 ACQ.TRADE_NOT_EXIST", "alipay.trade.query", token})
	h.pass(time.Second)
	token2 := fresh.text("app_auth_token")
	look(row{"ten minutes after", "20001 aop.app-auth-token-time-out", "alipay.trade.query", token},
		row{"the new one", "40004 ACQ.TRADE_NOT_EXIST", "alipay.trade.query", token2})
	ask := func(token string) answer {
		return h.call("alipay.open.auth.token.app.query", fmt.Sprintf(`{"app_auth_token":%q}`, token))
	}
	if a := ask(token); a.text("status") != "invalid" || a.text("user_id") != party.FormatID(own.Merchant) {
		t.Errorf("got %s", a.raw)
	}
	valid := ask(token2)
	methods, _ := valid.fields["auth_methods"].([]any)
	if valid.text("status") != "valid" || valid.text("auth_app_id") != own.ID || !slices.Contains(methods, any("alipay.trade.pay")) || slices.Contains(methods, any("alipay.fund.trans.uni.transfer")) || valid.fields["expires_in"] != float64(365*86400-600) {
		t.Errorf("got %s", valid.raw)
	}
	if a := ask("x"); a.code() != "20001 aop.invalid-app-auth-token" {
		t.Errorf("got %s", a.raw)
	}

	// Giving it anew with other scopes counts at once, for the tokens in use too.
	_, err := h.who.GiveAppGrant(context.Background(), identity.Ask{By: asks}, own.Merchant, h.app, own.ID, []string{"data"})
	h.must(err)
	look(row{"narrowed", "20001 aop.invalid-app-auth-token-no-api", "alipay.trade.query", token2})

	// Another application has nothing of it.
	mine := h.app
	h.app = h.register(otherKey())
	if a := h.post(h.signBy(otherKey(), h.request("alipay.data.bill.balance.query", `{}`, "app_auth_token", token2))); a.code() != "20001 aop.invalid-app-auth-token" {
		t.Errorf("another application uses it: %s", a.raw)
	}
	h.app = mine

	// Ending it ends the tokens; a frozen client's business stands still.
	frozen := party.MerchantFrozen
	_, err = h.who.UpdateMerchant(context.Background(), identity.Ask{By: asks}, own.Merchant, identity.MerchantChange{Status: &frozen})
	h.must(err)
	look(row{"of a frozen merchant, looking", "10000", "alipay.data.bill.balance.query", token2})
	h.must(h.who.EndGrant(context.Background(), identity.Ask{By: asks}, own.Merchant, h.app.ID))
	look(row{"ended", "20001 aop.invalid-app-auth-token", "alipay.data.bill.balance.query", token2})
	h.want("40002 isv.refresh-token-invalid", "alipay.open.auth.token.app", fmt.Sprintf(`{"grant_type":"refresh_token","refresh_token":%q}`, fresh.text("app_refresh_token")))
	if a := ask(token2); a.text("status") != "invalid" {
		t.Errorf("got %s", a.raw)
	}
}

func TestTheThirdVersionsHeaderNamesTheMerchantActedFor(t *testing.T) {
	h := openHouse(t)
	_, tokens := h.client("data")
	a := h.v3For(tokens.text("app_auth_token"), http.MethodPost, "/v3/alipay/data/bill/balance/query", "{}")
	if a.status != http.StatusOK || a.text("total_amount") != "0.00" {
		t.Errorf("got %d %s", a.status, a.raw)
	}
	for token, code := range map[string]string{"x": "invalid-app-auth-token"} {
		if a := h.v3For(token, http.MethodPost, "/v3/alipay/data/bill/balance/query", "{}"); a.status != http.StatusUnauthorized || a.text("code") != code {
			t.Errorf("got %d %s", a.status, a.raw)
		}
	}
	if a := h.v3For(tokens.text("app_auth_token"), http.MethodPost, "/v3/alipay/trade/query", `{"out_trade_no":"x"}`); a.status != http.StatusUnauthorized || a.text("code") != "invalid-app-auth-token-no-api" {
		t.Errorf("got %d %s", a.status, a.raw)
	}
}
