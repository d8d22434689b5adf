package alipay

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A refusal to a known application is signed, and a signature costs the server
// what it costs nobody to provoke, an application's id being no secret. So each
// application has a measure of unproved requests; beyond it they are refused
// without a signature. A request that is signed well is never counted.
const (
	unprovedBurst = 60
	unprovedEvery = 100 * time.Millisecond // one more of them
)

type measure struct {
	mu   sync.Mutex
	apps map[string]*rate.Limiter
}

// take counts one unproved request; false where the measure is full.
func (m *measure) take(app string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.apps == nil {
		m.apps = map[string]*rate.Limiter{}
	}
	l, ok := m.apps[app]
	if !ok {
		l = rate.NewLimiter(rate.Every(unprovedEvery), unprovedBurst)
		m.apps[app] = l
	}
	return l.AllowN(now, 1)
}

// limited is the refusal in place of err where an application's measure of
// unproved requests is full; the answer then goes to nobody known, unsigned.
func (c *call) limited(err error) error {
	if err == nil || c.app == nil || c.proved || c.s.unproved.take(c.app.ID, c.s.opt.Wall()) {
		return err
	}
	c.app = nil
	return refuse(callLimited, "isv.app-call-limited", "too many requests that are not signed well")
}

// nonces are those seen within the window in which a request may come: none
// comes twice.
type nonces struct {
	mu   sync.Mutex
	seen map[string]time.Time // until when
	next time.Time            // when they are looked through
}

// mostNonces bounds what is remembered; beyond it the oldest doubt wins, and
// requests are refused until some have aged.
const mostNonces = 2_000_000

// take remembers a nonce; false where it was seen.
func (n *nonces) take(app, nonce string, now time.Time, window time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen == nil {
		n.seen = map[string]time.Time{}
	}
	if now.After(n.next) {
		for key, until := range n.seen {
			if now.After(until) {
				delete(n.seen, key)
			}
		}
		n.next = now.Add(window / 10)
	}
	key := app + "\x00" + nonce
	if until, ok := n.seen[key]; ok && !now.After(until) || len(n.seen) >= mostNonces {
		return false
	}
	n.seen[key] = now.Add(2 * window) // a clock may be off by the window either way
	return true
}
