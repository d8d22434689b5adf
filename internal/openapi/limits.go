package openapi

import (
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tongbao/internal/identity"
	"tongbao/internal/refusal"
)

// quota is how many requests a second somebody may make for long, and how many
// at once.
type quota struct {
	perSecond rate.Limit
	burst     int
}

var (
	keyQuota     = quota{500, 1000} // a shop's server
	sessionQuota = quota{20, 100}   // a person at a screen
	nobodyQuota  = quota{10, 100}   // an address from which somebody signs in
	payeeQuota   = quota{0.2, 20}   // asking whose phone number it is: an address book, not a directory
)

// limits count requests by whoever makes them. Two generations are kept: who
// has not been seen for one of them has a full bucket anyway.
type limits struct {
	on   bool
	mu   sync.Mutex
	now  map[string]*rate.Limiter
	last map[string]*rate.Limiter
	turn time.Time
}

const (
	limitsTurn = 10 * time.Minute
	limitsMost = 50_000 // in one generation
)

func newLimits(on bool) *limits {
	return &limits{on: on, now: map[string]*rate.Limiter{}, last: map[string]*rate.Limiter{}, turn: time.Now()}
}

// take takes one of somebody's requests. Refusal: rate_limited.
func (l *limits) take(who string, q quota) error {
	if !l.on {
		return nil
	}
	now := time.Now()
	r := l.of(who, q, now).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	r.CancelAt(now)
	return retryAfter(refusal.New(refusal.RateLimited, "too many requests; nothing was done"), int((wait+time.Second-1)/time.Second))
}

func (l *limits) of(who string, q quota, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.turn) > limitsTurn || len(l.now) >= limitsMost {
		l.last, l.now, l.turn = l.now, map[string]*rate.Limiter{}, now
	}
	limiter, ok := l.now[who]
	if !ok {
		if limiter, ok = l.last[who]; !ok {
			limiter = rate.NewLimiter(q.perSecond, q.burst)
		}
		l.now[who] = limiter
	}
	return limiter
}

// checkLimit counts the request against the key, the session or the address.
func (s *Server) checkLimit(r *http.Request, ask *request, who callers) error {
	switch {
	case ask.who.KeyID != "":
		return s.limits.take("key "+ask.who.KeyID, keyQuota)
	case ask.who.Kind != identity.Anonymous && who != anyone:
		return s.limits.take("session "+ask.who.Session, sessionQuota)
	}
	return s.limits.take("address "+s.opt.ClientIP(r), nobodyQuota)
}

func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
