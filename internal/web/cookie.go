package web

import (
	"net"
	"net/http"
	"net/netip"
	"time"

	"tongbao/internal/party"
)

// Cookies says how a session's token travels in a browser: one cookie for each
// face, so that the same browser can be a shopper and a merchant at once. No
// script reads it, no other site's form or picture sends it, and outside
// loopback it is sent over TLS alone.
//
// A Secure cookie carries the prefix __Host-, with which browsers take it from
// nobody but this very host: not from a neighbour under the same domain, nor
// from plain http. Over plain http to loopback browsers would refuse the
// prefix, so there the name goes without.
type Cookies struct {
	TLS bool // browsers reach us by https, here or at a proxy before us
}

// secure says that the cookie must not travel in clear: always, but to a
// browser on this machine that asked by plain http.
func (c Cookies) secure(host string) bool { return c.TLS || !loopback(host) }

func (c Cookies) name(host string, face party.Face) string {
	if c.secure(host) {
		return "__Host-tb_" + string(face)
	}
	return "tb_" + string(face)
}

// Make is the cookie for a session's token. host is the request's.
func (c Cookies) Make(host string, face party.Face, token party.Secret, expires time.Time) *http.Cookie {
	return &http.Cookie{
		Name: c.name(host, face), Value: token.Reveal(), Path: "/", Expires: expires.UTC(),
		HttpOnly: true, Secure: c.secure(host), SameSite: http.SameSiteLaxMode,
	}
}

// Clear is the cookie that takes a session's token away.
func (c Cookies) Clear(host string, face party.Face) *http.Cookie {
	cookie := c.Make(host, face, "", time.Unix(0, 0))
	cookie.MaxAge = -1
	return cookie
}

// Token is the session's token at a face; empty where the request has none.
func (c Cookies) Token(r *http.Request, face party.Face) party.Secret {
	cookie, err := r.Cookie(c.name(r.Host, face))
	if err != nil {
		return ""
	}
	return party.Secret(cookie.Value)
}

// loopback says that the host names this very machine. Whoever lies in the Host
// header harms no cookie but their own.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" {
		return true
	}
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
