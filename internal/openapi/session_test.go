package openapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tongbao/internal/party"
)

// browser is one that keeps what it is given, as browsers do.
type browser struct {
	h       *house
	face    party.Face
	csrf    string
	cookies map[string]*http.Cookie
}

func (h *house) browser(face party.Face) *browser {
	return &browser{h: h, face: face, cookies: map[string]*http.Cookie{}}
}

// ask sends a request as the face's page would; change may alter it first.
func (b *browser) ask(method, path string, body any, change ...func(*http.Request)) reply {
	b.h.t.Helper()
	nobody := &actor{h: b.h}
	r := nobody.request(method, path, body)
	r.Header.Set("Tongbao-Face", string(b.face))
	r.Header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36")
	if method != http.MethodGet {
		r.Header.Set("Tongbao-CSRF", b.csrf)
		r.Header.Set("Origin", "http://localhost:8080")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	for _, f := range change {
		f(r)
	}
	got := b.h.serve(r)
	for _, c := range (&http.Response{Header: got.header}).Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c
	}
	if token, ok := got.object()["csrf_token"].(string); ok {
		b.csrf = token
	}
	return got
}

func (b *browser) do(status int, method, path string, body any, change ...func(*http.Request)) reply {
	b.h.t.Helper()
	got := b.ask(method, path, body, change...)
	if got.status != status {
		b.h.t.Fatalf("%s %s: %d, want %d: %s", method, path, got.status, status, got.body)
	}
	return got
}

func (b *browser) refused(code, field, method, path string, body any, change ...func(*http.Request)) {
	b.h.t.Helper()
	got := b.ask(method, path, body, change...)
	if got.code() != code || field != "" && got.field() != field {
		b.h.t.Errorf("%s %s: %d %s, want %s of %q", method, path, got.status, got.body, code, field)
	}
}

// codeFor has a one-time code sent and reads it off the pretend phone.
func (b *browser) codeFor(phone, purpose string) string {
	b.h.t.Helper()
	b.do(200, "POST", "/v1/one-time-codes", map[string]any{"phone": phone, "purpose": purpose})
	code, _ := b.h.codes.Load(phone)
	return code.(party.Secret).Reveal()
}

// signUp opens a wallet in the browser.
func (b *browser) signUp(phone string) reply {
	b.h.t.Helper()
	return b.do(200, "POST", "/v1/sign-up", map[string]any{"phone": phone, "code": b.codeFor(phone, "sign_up"), "password": loginPassword, "nickname": "小伟"})
}

func TestAStrangerBecomesAUserWithAWallet(t *testing.T) {
	h := openHouse(t)
	b := h.browser(party.Wallet)
	b.refused("unauthenticated", "", "GET", "/v1/session", nil)

	in := b.signUp("13812345678").object()
	if in["face"] != "wallet" || in["csrf_token"] == "" || in["time_zone"] != "Asia/Shanghai" {
		t.Errorf("session: %v", in)
	}
	again := b.do(200, "GET", "/v1/session", nil).object()
	if again["csrf_token"] != in["csrf_token"] || again["user"].(map[string]any)["nickname"] != "小伟" {
		t.Errorf("the session read again: %v", again)
	}
	me := b.do(200, "GET", "/v1/me", nil).object()
	if me["tier"] != "unknown" || me["phone_masked"] != "138****5678" || me["has_payment_password"] != false || me["name_masked"] != nil {
		t.Errorf("me: %v", me)
	}

	b.do(200, "POST", "/v1/me/payment-password", map[string]any{"payment_password": "258036"})
	b.refused("payment_password_required", "old_payment_password", "POST", "/v1/me/payment-password", map[string]any{"payment_password": "370148"})
	b.refused("payment_password_wrong", "", "POST", "/v1/me/payment-password", map[string]any{"payment_password": "370148", "old_payment_password": "999999"})
	b.do(200, "POST", "/v1/me/payment-password", map[string]any{"payment_password": "370148", "old_payment_password": "258036"})

	b.refused("identity_invalid", "id_number", "POST", "/v1/me/identity", map[string]any{"name": "王小伟", "id_number": "110105194912310021", "proof": "basic"})
	me = b.do(200, "POST", "/v1/me/identity", map[string]any{"name": "王小伟", "id_number": residentID(7), "proof": "bank_card"}).object()
	limits := me["limits"].(map[string]any)
	if me["tier"] != "II" || me["name_masked"] != "*小伟" || limits["per_year"] != float64(100_000_00) || limits["for_life"] != nil || limits["left_now"] != float64(50_000_00) {
		t.Errorf("me, verified: %v", me)
	}
	if me := b.do(200, "PATCH", "/v1/me", map[string]any{"nickname": "Wei", "locale": nil}).object(); me["nickname"] != "Wei" || me["locale"] != "zh-CN" {
		t.Errorf("me, renamed: %v", me)
	}
}

func TestTheSessionsCookieIsOutOfReachOfScript(t *testing.T) {
	h := openHouse(t)
	b := h.browser(party.Wallet)
	b.signUp("13812345678")
	for _, name := range []string{"tb_wallet", "tb_wallet_device"} {
		c := b.cookies[name]
		if c == nil {
			t.Fatalf("no cookie %s", name)
		}
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s: %s", name, c.Raw)
		}
		if c.Secure {
			t.Errorf("%s is Secure on loopback, where browsers would not take it: %s", name, c.Raw)
		}
	}

	away := h.browser(party.Wallet)
	away.ask("POST", "/v1/login", map[string]any{"face": "wallet", "login": "13812345678", "password": loginPassword}, func(r *http.Request) {
		r.Host = "pay.example.com"
		r.Header.Set("Origin", "http://pay.example.com")
	})
	c := away.cookies["__Host-tb_wallet"]
	if c == nil || !c.Secure || !c.HttpOnly {
		t.Errorf("outside loopback: %v", away.cookies)
	}
}

func TestARequestThatThePageDidNotMakeIsRefused(t *testing.T) {
	h := openHouse(t)
	b := h.browser(party.Wallet)
	b.signUp("13812345678")
	change := map[string]any{"payment_password": "258036"}
	for name, forge := range map[string]func(*http.Request){
		"no token":      func(r *http.Request) { r.Header.Del("Tongbao-CSRF") },
		"another token": func(r *http.Request) { r.Header.Set("Tongbao-CSRF", strings.Repeat("A", 43)) },
		"another site": func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", "https://evil.example")
		},
		"another site, old": func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") },
	} {
		if got := b.ask("POST", "/v1/me/payment-password", change, forge); got.code() != "csrf_failed" || got.status != 403 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	// Signing somebody in as somebody else, from another site, is refused too.
	b.refused("csrf_failed", "", "POST", "/v1/login", map[string]any{"face": "wallet", "login": "13812345678", "password": loginPassword},
		func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", "https://evil.example")
		})
	if me := b.do(200, "GET", "/v1/me", nil).object(); me["has_payment_password"] != false {
		t.Error("a forged request changed something")
	}
}

func TestASessionCountsAtItsOwnFaceAlone(t *testing.T) {
	h := openHouse(t)
	b := h.browser(party.Wallet)
	b.signUp("13812345678")
	for _, face := range []string{"merchant", "console"} {
		b.refused("unauthenticated", "", "GET", "/v1/me", nil, func(r *http.Request) { r.Header.Set("Tongbao-Face", face) })
		b.refused("unauthenticated", "", "GET", "/v1/me", nil, func(r *http.Request) {
			r.Header.Set("Tongbao-Face", face)
			r.AddCookie(&http.Cookie{Name: "tb_" + face, Value: b.cookies["tb_wallet"].Value})
		})
	}
	b.refused("unauthenticated", "", "GET", "/v1/me", nil, func(r *http.Request) { r.Header.Del("Tongbao-Face") })

	shop := h.shop()
	staff := h.staff(shop.id, party.Viewer)
	if got := h.serve(staff.request("GET", "/v1/me", nil)); got.code() != "forbidden" {
		t.Errorf("staff in the wallet: %s", got.body)
	}
}

func TestTenWrongPasswordsLockTheName(t *testing.T) {
	h := openHouse(t)
	b := h.browser(party.Wallet)
	b.signUp("13812345678")
	guess := func(login, password string) reply {
		return h.browser(party.Wallet).ask("POST", "/v1/login", map[string]any{"face": "wallet", "login": login, "password": password})
	}
	for range 10 {
		if got := guess("13812345678", "wrong password"); got.code() != "login_failed" || got.status != 401 {
			t.Fatalf("a wrong password: %d %s", got.status, got.body)
		}
	}
	locked := guess("13812345678", loginPassword)
	if locked.code() != "login_locked" || locked.status != 423 || locked.header.Get("Set-Cookie") != "" {
		t.Errorf("the eleventh, right: %d %s", locked.status, locked.body)
	}
	b.do(200, "GET", "/v1/me", nil) // who is signed in stays so
	if got := guess("13899999999", "x"); got.code() != "login_failed" {
		t.Errorf("nobody's name answers differently: %s", got.body)
	}
	h.pass(16 * time.Minute)
	if got := guess("13812345678", loginPassword); got.status != 200 {
		t.Errorf("after the lock: %d %s", got.status, got.body)
	}
}

func TestSigningInEndsTheSessionThatTheBrowserHad(t *testing.T) {
	h := openHouse(t)
	b := h.browser(party.Wallet)
	b.signUp("13812345678")
	before := *b.cookies["tb_wallet"]
	b.do(200, "POST", "/v1/login", map[string]any{"face": "wallet", "login": "13812345678", "password": loginPassword})
	if b.cookies["tb_wallet"].Value == before.Value {
		t.Fatal("the token is the same as before")
	}
	old := h.browser(party.Wallet)
	old.cookies["tb_wallet"] = &before
	old.refused("unauthenticated", "", "GET", "/v1/session", nil)

	devices := b.do(200, "GET", "/v1/me/devices", nil).object()["data"].([]any)
	if len(devices) != 1 || devices[0].(map[string]any)["name"] != "Chrome · Android" || devices[0].(map[string]any)["current"] != true {
		t.Errorf("the same browser is another device: %v", devices)
	}

	b.do(200, "POST", "/v1/logout", map[string]any{})
	if b.cookies["tb_wallet"] != nil {
		t.Error("the cookie is still there")
	}
	b.refused("unauthenticated", "", "GET", "/v1/me", nil)
}

func TestRemovingADeviceSignsItOut(t *testing.T) {
	h := openHouse(t)
	phone, desk := h.browser(party.Wallet), h.browser(party.Wallet)
	phone.signUp("13812345678")
	h.pass(2 * time.Minute)
	desk.do(200, "POST", "/v1/login/code", map[string]any{"phone": "13812345678", "code": desk.codeFor("13812345678", "login"), "device_name": "My desk"})
	devices := phone.do(200, "GET", "/v1/me/devices", nil).object()["data"].([]any)
	if len(devices) != 2 || devices[0].(map[string]any)["name"] != "My desk" {
		t.Fatalf("devices: %v", devices)
	}
	phone.do(204, "DELETE", "/v1/me/devices/"+devices[0].(map[string]any)["id"].(string), nil)
	desk.refused("unauthenticated", "", "GET", "/v1/me", nil)
	phone.do(200, "GET", "/v1/me", nil)
	phone.refused("not_found", "", "DELETE", "/v1/me/devices/dev_nobody", nil)

	messages := phone.do(200, "GET", "/v1/me/messages?limit=1", nil).object()
	first := messages["data"].([]any)[0].(map[string]any)
	if first["kind"] != "security_new_device" || first["read"] != false {
		t.Errorf("messages: %v", messages)
	}
	phone.do(200, "POST", "/v1/me/messages/read", map[string]any{"up_to": first["id"]})
	if me := phone.do(200, "GET", "/v1/me", nil).object(); me["unread_messages"] != float64(0) {
		t.Errorf("unread: %v", me["unread_messages"])
	}
}

func TestChangingThePasswordEndsOtherSessions(t *testing.T) {
	h := openHouse(t)
	here, there := h.browser(party.Wallet), h.browser(party.Wallet)
	here.signUp("13812345678")
	there.do(200, "POST", "/v1/login", map[string]any{"face": "wallet", "login": "13812345678", "password": loginPassword})
	here.refused("missing_field", "old_password", "POST", "/v1/me/password", map[string]any{"new_password": "another long one"})
	here.refused("login_failed", "", "POST", "/v1/me/password", map[string]any{"old_password": "wrong password", "new_password": "another long one"})
	here.refused("password_weak", "new_password", "POST", "/v1/me/password", map[string]any{"old_password": loginPassword, "new_password": "short"})
	here.do(200, "POST", "/v1/me/password", map[string]any{"old_password": loginPassword, "new_password": "another long one"})
	here.do(200, "GET", "/v1/me", nil)
	there.refused("unauthenticated", "", "GET", "/v1/me", nil)

	h.pass(2 * time.Minute)
	here.do(200, "POST", "/v1/me/password", map[string]any{"code": here.codeFor("13812345678", "reset_password"), "new_password": "a third long one"})
	there.do(200, "POST", "/v1/login", map[string]any{"face": "wallet", "login": "13812345678", "password": "a third long one"})
}

// Every field of the operations here, wrong in every way: a 4xx with its code
// and the field's name.
func TestBadInputNamesItsField(t *testing.T) {
	h := openHouse(t)
	b := h.browser(party.Wallet)
	b.signUp("13812345678")
	long := strings.Repeat("9", 300)
	for _, call := range []struct {
		path string
		good map[string]any
	}{
		{"/v1/one-time-codes", map[string]any{"phone": "13812345679", "purpose": "sign_up"}},
		{"/v1/sign-up", map[string]any{"phone": "13812345679", "code": "123456", "password": loginPassword}},
		{"/v1/login", map[string]any{"face": "wallet", "login": "13812345678", "password": loginPassword}},
		{"/v1/login/code", map[string]any{"phone": "13812345678", "code": "123456"}},
		{"/v1/me/payment-password", map[string]any{"payment_password": "258036"}},
		{"/v1/me/password", map[string]any{"new_password": "another long one"}},
		{"/v1/me/identity", map[string]any{"name": "王小伟", "id_number": residentID(9), "proof": "basic"}},
		{"/v1/me/cards", map[string]any{"bank_code": "ICBC", "card_number": "4111111111111111", "holder_name": "王小伟"}},
	} {
		for field := range call.good {
			for name, bad := range map[string]any{"absent": nil, "null": nil, "number": 7, "list": []int{1}, "object": map[string]int{}, "long": long, "empty": ""} {
				body := map[string]any{}
				for k, v := range call.good {
					body[k] = v
				}
				body[field] = bad
				if name == "absent" {
					delete(body, field)
				}
				got := b.ask("POST", call.path, body)
				if got.status < 400 || got.status >= 500 || got.code() == "" {
					t.Errorf("%s, %s %s: %d %s", call.path, field, name, got.status, got.body)
				}
				if got.field() != field && got.code() != "login_failed" {
					t.Errorf("%s, %s %s blames %q: %s", call.path, field, name, got.field(), got.body)
				}
			}
		}
		if got := b.ask("POST", call.path, `{"surprise": 1}`); got.status != 422 {
			t.Errorf("%s, an unknown member: %d %s", call.path, got.status, got.body)
		}
	}
}

func TestCardsAreBoundAtConnectedBanksAndShownMasked(t *testing.T) {
	h := openHouse(t)
	opt := h.options()
	opt.Banks = []Bank{{Code: "ICBC", Name: "中国工商银行"}}
	h.door = New(opt)
	b := h.browser(party.Wallet)
	b.signUp("13812345678")
	if banks := b.do(200, "GET", "/v1/banks", nil).object()["data"].([]any); len(banks) != 1 {
		t.Errorf("banks: %v", banks)
	}
	card := b.do(201, "POST", "/v1/me/cards", map[string]any{"bank_code": "ICBC", "card_number": "4111 1111 1111 1111", "holder_name": "王小伟"})
	if strings.Contains(string(card.body), "411111111") || card.object()["last4"] != "1111" || card.object()["bank_name"] != "中国工商银行" || card.object()["holder_masked"] != "王**" {
		t.Errorf("card: %s", card.body)
	}
	b.refused("invalid_field", "card_number", "POST", "/v1/me/cards", map[string]any{"bank_code": "ICBC", "card_number": "4111111111111112", "holder_name": "王小伟"})
	b.refused("invalid_field", "bank_code", "POST", "/v1/me/cards", map[string]any{"bank_code": "NONE", "card_number": "4111111111111111", "holder_name": "王小伟"})
	other := h.somebody(0)
	if got := h.serve(other.request("DELETE", "/v1/me/cards/"+card.id(), nil)); got.code() != "not_found" {
		t.Errorf("somebody else's card: %s", got.body)
	}
	b.do(204, "DELETE", "/v1/me/cards/"+card.id(), nil)
	if me := b.do(200, "GET", "/v1/me", nil).object(); len(me["cards"].([]any)) != 0 {
		t.Errorf("cards: %v", me["cards"])
	}
}

func TestSigningInTooOftenIsRefusedWithATime(t *testing.T) {
	h := openHouse(t)
	opt := h.options()
	opt.NoLimits = false
	h.door = New(opt)
	b := h.browser(party.Wallet)
	var last reply
	for i := range 100 {
		last = b.ask("POST", "/v1/login", map[string]any{"face": "wallet", "login": "13800000000", "password": fmt.Sprint("guess ", i)})
		if last.status == 429 {
			break
		}
	}
	var problem struct {
		RetryAfterSeconds int `json:"retry_after_seconds"`
	}
	json.Unmarshal(last.body, &problem)
	if last.code() != "rate_limited" || problem.RetryAfterSeconds < 1 || last.header.Get("Retry-After") == "" {
		t.Errorf("after a hundred: %d %s", last.status, last.body)
	}
}
