package openapi

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"tongbao/internal/party"
)

func TestASessionsCookieIsKeptFromScriptsOtherSitesAndPlainHTTP(t *testing.T) {
	for _, c := range []struct {
		host   string
		tls    bool
		name   string
		secure bool
	}{
		{"127.0.0.1:8888", false, "tb_wallet", false},
		{"localhost:8888", false, "tb_wallet", false},
		{"[::1]:8888", false, "tb_wallet", false},
		{"[::1]", false, "tb_wallet", false},
		{"127.0.0.1:8888", true, "__Host-tb_wallet", true}, // behind a proxy that asks us by loopback
		{"pay.example.com", false, "__Host-tb_wallet", true},
		{"192.168.1.7:8888", false, "__Host-tb_wallet", true},
		{"localhost.example.com", false, "__Host-tb_wallet", true},
		{"", false, "__Host-tb_wallet", true},
	} {
		way := cookies{tls: c.tls}
		made := way.session(c.host, party.Wallet, "token")
		if made.Name != c.name || made.Secure != c.secure {
			t.Errorf("%q, TLS %t: %s, secure %t", c.host, c.tls, made.Name, made.Secure)
		}
		if !made.HttpOnly || made.SameSite != http.SameSiteLaxMode || made.Path != "/" || made.Domain != "" {
			t.Errorf("%q: %+v", c.host, made)
		}
		r := httptest.NewRequest("GET", "/v1/session", nil)
		r.Host = c.host
		r.AddCookie(made)
		if got := way.token(r, party.Wallet); got.Reveal() != "token" {
			t.Errorf("%q: the cookie is not found again", c.host)
		}
		if got := way.token(r, party.Console); got != "" {
			t.Errorf("%q: another face reads the cookie", c.host)
		}
	}
}
