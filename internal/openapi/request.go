package openapi

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
)

// request is what is known of the request under way, beside its contents.
type request struct {
	server  *Server
	id      string
	started time.Time
	method  string
	path    string
	header  http.Header // of the answer, until it is written
	who     identity.Principal
	by      string             // who, as the journal writes it; empty until somebody asks
	session *identity.SignedIn // nil for keys and for nobody
	key     string             // the Idempotency-Key
	code    string             // of the refusal that was answered
}

type requestKey struct{}

// requestOf is the request under way.
func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	if r == nil {
		return &request{header: http.Header{}}
	}
	return r
}

func newRequestID() string {
	var random [12]byte
	rand.Read(random[:])
	id := append(make([]byte, 0, 28), "req_"...)
	return string(hex.AppendEncode(id, random[:]))
}

// actor is who is asking, as the journal writes it.
func (r *request) actor() string {
	if r.who.Kind == identity.Anonymous {
		return r.who.Actor() // it may yet be found out
	}
	if r.by == "" {
		r.by = r.who.Actor()
	}
	return r.by
}

// by says who asks, for the journal, and has the answer's header say whether it
// was answered before. An act of several commands was if its last one was.
func (s *Server) by(ctx context.Context) engine.By {
	r := requestOf(ctx)
	return engine.By{Actor: r.actor(), Request: r.id, Told: r.replayed}
}

func (r *request) replayed(repeated bool) {
	if repeated {
		r.header.Set("Idempotency-Replayed", "true")
	} else {
		r.header.Del("Idempotency-Replayed")
	}
}

// ask is by with the idempotency key, as the desk of identity takes it.
func (s *Server) ask(ctx context.Context) identity.Ask {
	return identity.Ask{Key: requestOf(ctx).key, By: s.by(ctx)}
}

// command is the id of the command that this request makes: the caller's own,
// so that two callers' keys never meet.
func (s *Server) command(ctx context.Context) string {
	r := requestOf(ctx)
	if r.key == "" { // a PATCH or DELETE without one is an act of its own; no key has a space
		return scopeOf(r.who) + "/ " + r.id
	}
	return scopeOf(r.who) + "/" + r.key
}

// scopeOf names the party whose idempotency keys are one space: a person, an
// operator, or a merchant with all its keys and staff.
func scopeOf(who identity.Principal) string {
	if who.Kind == identity.Operator {
		return "operator:" + who.Subject
	}
	return string(who.Kind) + ":" + party.FormatID(who.ID)
}
