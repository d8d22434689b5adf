package alipay

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tongbao/internal/identity"
	"tongbao/internal/party"
)

func (h *house) grant(person uint64, scopes ...string) string {
	h.t.Helper()
	code, err := h.who.GiveGrant(context.Background(), identity.Ask{By: asks}, person, h.app, scopes)
	h.must(err)
	return code.Reveal()
}

func (h *house) tokens(name, value string, more ...string) answer {
	h.t.Helper()
	kind := map[string]string{"code": "authorization_code", "refresh_token": "refresh_token"}[name]
	return h.call("alipay.system.oauth.token", "", append([]string{"biz_content", "-", "grant_type", kind, name, value}, more...)...)
}

func TestACodeBecomesTokensThatSayWhoItIs(t *testing.T) {
	h := openHouse(t)
	person, _ := h.somebody(1)
	code := h.grant(person, party.ScopeUser)
	got := h.tokens("code", code)
	if got.code() != "" || got.text("user_id") != party.FormatID(person) || got.fields["expires_in"] != float64(1296000) || got.fields["re_expires_in"] != float64(2592000) {
		t.Fatalf("got %s", got.raw)
	}
	if again := h.tokens("code", code); again.code() != "40002 isv.code-invalid" {
		t.Errorf("a code works twice: %s", again.raw)
	}
	who := h.call("alipay.user.info.share", "", "biz_content", "-", "auth_token", got.text("access_token"))
	if who.code() != "10000" || who.text("nick_name") != "Person" || who.text("is_certified") != "T" || who.text("user_id") != party.FormatID(person) {
		t.Errorf("got %s", who.raw)
	}
	fresh := h.tokens("refresh_token", got.text("refresh_token"))
	if fresh.text("access_token") == "" || fresh.text("access_token") == got.text("access_token") {
		t.Errorf("got %s", fresh.raw)
	}
	if again := h.tokens("refresh_token", got.text("refresh_token")); again.code() != "40002 isv.refresh-token-invalid" {
		t.Errorf("a refresh token works twice: %s", again.raw)
	}
	h.want("20001 aop.invalid-auth-token", "alipay.user.info.share", "", "auth_token", "x")
	h.want("20001 aop.invalid-auth-token", "alipay.user.info.share", "", "auth_token", got.text("refresh_token"))
	h.must(h.who.EndGrant(context.Background(), identity.Ask{By: asks}, person, h.app.ID))
	h.want("20001 aop.invalid-auth-token", "alipay.user.info.share", "", "auth_token", fresh.text("access_token"))
	if dead := h.tokens("refresh_token", fresh.text("refresh_token")); dead.code() != "40002 isv.refresh-token-invalid" {
		t.Errorf("an ended grant refreshes: %s", dead.raw)
	}
	base := h.tokens("code", h.grant(person, party.ScopeBase))
	h.want("40006 isv.insufficient-user-permissions", "alipay.user.info.share", "", "auth_token", base.text("access_token"))
	h.pass(party.UserGrant.AccessLife)
	h.want("20001 aop.auth-token-time-out", "alipay.user.info.share", "", "auth_token", base.text("access_token"))
}

func TestCodesAndTokensAreOneApplications(t *testing.T) {
	h := openHouse(t)
	person, _ := h.somebody(1)
	code := h.grant(person, party.ScopeUser)
	late := h.grant(person, party.ScopeUser)
	access := h.tokens("code", h.grant(person, party.ScopeUser)).text("access_token")
	mine := h.app
	h.app = h.register(otherKey())
	ask := func(method string, more ...string) answer {
		return h.post(h.signBy(otherKey(), h.request(method, "", more...)))
	}
	if a := ask("alipay.system.oauth.token", "grant_type", "authorization_code", "code", code); a.code() != "40002 isv.code-invalid" {
		t.Errorf("another application trades it in: %s", a.raw)
	}
	if a := ask("alipay.user.info.share", "auth_token", access); a.code() != "20001 aop.invalid-auth-token" {
		t.Errorf("another application uses it: %s", a.raw)
	}
	h.app = mine
	h.pass(party.GrantCodeLife)
	if a := h.tokens("code", late); a.code() != "40002 isv.code-invalid" {
		t.Errorf("after ten minutes: %s", a.raw)
	}
	h.want("40002 isv.grant-type-invalid", "alipay.system.oauth.token", "", "grant_type", "password")
	h.want("40001 isv.missing-parameter", "alipay.system.oauth.token", "", "grant_type", "authorization_code")
	h.want("20001 aop.invalid-app-auth-token", "alipay.trade.query", `{"out_trade_no":"x"}`, "app_auth_token", "x")
}

func TestTheConsentPageIsForTheApplicationsOwnAddress(t *testing.T) {
	h := openHouse(t)
	callback := "https://shop.example.com/granted"
	_, err := h.who.UpdateApp(context.Background(), identity.Ask{By: asks}, h.app.Merchant, h.app.ID, identity.AppChange{CallbackURL: &callback})
	h.must(err)
	for to, fine := range map[string]bool{
		callback: true, callback + "?x=1": true, callback + "/wechat": true,
		"https://shop.example.com/grantedelsewhere": false, "https://shop.example.com.evil.example/granted": false, "http://shop.example.com/granted": false,
		"https://shop.example.com/granted/../x": false, "https://a@shop.example.com/granted": false, "javascript:alert(1)": false, "": false,
	} {
		w := httptest.NewRecorder()
		q := url.Values{"app_id": {h.app.ID}, "scope": {"auth_user"}, "redirect_uri": {to}, "state": {"s&1"}}
		h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, authorizePath+"?"+q.Encode(), nil))
		if on := strings.HasPrefix(w.Header().Get("Location"), "https://pay.example.com/wallet/authorize?"); on != fine {
			t.Errorf("%q: leads to %q", to, w.Header().Get("Location"))
		}
	}
}
