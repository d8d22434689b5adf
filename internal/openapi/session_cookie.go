package openapi

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"tongbao/internal/party"
)

// cookies say how a session's token travels in a browser: one cookie for each
// face, so that the same browser can be a shopper and a merchant at once. No
// script reads it, no other site's form or picture sends it, and outside
// loopback it is sent over TLS alone.
//
// A Secure cookie carries the prefix __Host-, with which browsers take it from
// nobody but this very host: not from a neighbour under the same domain, nor
// from plain http. Over plain http to loopback browsers would refuse the
// prefix, so there the name goes without.
type cookies struct {
	tls bool // browsers reach us by https, here or at a proxy before us
}

func (s *Server) cookies() cookies { return cookies{tls: strings.HasPrefix(s.opt.BaseURL, "https:")} }

// secure says that the cookie must not travel in clear: always, but to a
// browser on this machine that asked by plain http.
func (c cookies) secure(host string) bool { return c.tls || !loopback(host) }

func (c cookies) make(host, name, value string, life time.Duration) *http.Cookie {
	secure := c.secure(host)
	if secure {
		name = "__Host-" + name
	}
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()), HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
}

func (c cookies) value(r *http.Request, name string) string {
	if c.secure(r.Host) {
		name = "__Host-" + name
	}
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// session is the cookie of a session's token. When a session ends is the
// server's to say; a phone keeps the cookie as long as any session lasts, a
// desk, which others may use, until its browser is closed.
func (c cookies) session(host string, face party.Face, token party.Secret) *http.Cookie {
	var life time.Duration
	if face == party.Wallet {
		life = 180 * 24 * time.Hour
	}
	return c.make(host, CookieName(face), token.Reveal(), life)
}

// noSession is the cookie that takes a session's token away.
func (c cookies) noSession(host string, face party.Face) *http.Cookie {
	return c.make(host, CookieName(face), "", -time.Second)
}

// token is the session's token at a face; empty where the request has none.
func (c cookies) token(r *http.Request, face party.Face) party.Secret {
	return party.Secret(c.value(r, CookieName(face)))
}

// device is the cookie by which a browser is known again when it signs in. It
// outlives the session, opens nothing, and is as long as browsers keep one.
func (c cookies) device(host string, face party.Face, id string) *http.Cookie {
	return c.make(host, deviceCookie(face), id, 400*24*time.Hour)
}

func deviceCookie(face party.Face) string { return CookieName(face) + "_device" }

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
