package alipay

import (
	"crypto/sha256"
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

// nonces are those seen within the time in which their requests could come
// again: none comes twice. They are kept as digests, which is what makes an hour
// of a busy day fit.
type nonces struct {
	mu   sync.Mutex
	seen map[[16]byte]int64 // until when, in Unix milliseconds
	next time.Time          // when they are looked through
}

// mostNonces bounds what is remembered: more than ten thousand a second. Beyond
// it requests are refused until some have aged, since one that is not remembered
// could come twice.
const mostNonces = 8_000_000

// take remembers a nonce until its request is too old; false where it was seen.
func (n *nonces) take(app, nonce string, now, until time.Time) bool {
	sum := sha256.Sum256([]byte(app + "\x00" + nonce))
	key := [16]byte(sum[:16])
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen == nil {
		n.seen = map[[16]byte]int64{}
	}
	if now.After(n.next) {
		for known, until := range n.seen {
			if now.UnixMilli() > until {
				delete(n.seen, known)
			}
		}
		n.next = now.Add(time.Minute)
	}
	if known, ok := n.seen[key]; ok && now.UnixMilli() <= known || len(n.seen) >= mostNonces {
		return false
	}
	n.seen[key] = until.UnixMilli()
	return true
}
