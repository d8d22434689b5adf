package openapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// Headers and cookies of a browser's session.
const (
	faceHeader  = "Tongbao-Face"
	csrfHeader  = "Tongbao-CSRF"
	keyHeader   = "Idempotency-Key"
	cookieStart = "tb_" // and the face: tb_wallet, tb_merchant, tb_console
)

// CookieName is the cookie that holds the session of a face.
func CookieName(face party.Face) string { return cookieStart + string(face) }

// admit settles, before the handler, who is asking, whether too often, from
// where, and under which idempotency key.
func (s *Server) admit(hc huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(hc)
	ask := requestOf(hc.Context())
	who, _ := hc.Operation().Metadata[callersKey].(callers)
	err := s.identify(r, ask)
	if who == anyone && err != nil {
		err = nil // a stale cookie keeps nobody from signing in
	}
	if err != nil { // who guesses keys and sessions is counted by address
		if often := s.limits.take("address "+s.opt.ClientIP(r), nobodyQuota); often != nil {
			err = often
		}
	}
	if err == nil {
		err = s.checkLimit(r, ask, who)
	}
	if err == nil && !safe(r.Method) {
		err = s.checkUnsafe(r, ask, who)
	}
	if err == nil && who != anyone {
		err = who.admits(ask.who)
	}
	if err != nil {
		huma.WriteErr(s.api, hc, 0, "", err)
		return
	}
	next(hc)
}

// admits refuses who may not ask for the operation at all.
func (c callers) admits(who identity.Principal) error {
	is := anyone
	switch who.Kind {
	case identity.User:
		is = user
	case identity.Merchant:
		is = merchant
	case identity.Operator:
		is = operator
	}
	switch {
	case is == anyone:
		return refusal.New(refusal.Unauthenticated, "sign in, or send an API key")
	case c&is == 0:
		return refusal.New(refusal.Forbidden, "this is not for a %s", who.Kind)
	}
	return nil
}

// identify finds out who is asking: an API key, or the session that the face
// names. Neither is nobody, which is no error here.
func (s *Server) identify(r *http.Request, ask *request) (err error) {
	if given := r.Header.Get("Authorization"); given != "" {
		scheme, secret, _ := strings.Cut(given, " ")
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			return refusal.New(refusal.InvalidKey, "the header Authorization is Bearer and an API key")
		}
		ask.who, err = s.opt.Identity.Key(r.Context(), party.Secret(strings.TrimSpace(secret)), ask.id)
		return err
	}
	face := party.Face(r.Header.Get(faceHeader))
	if face == "" && safe(r.Method) {
		face = party.Face(r.URL.Query().Get("face")) // an <img> and an EventSource send no headers
	}
	if face == "" {
		return nil
	}
	if !face.Valid() {
		return refusal.In(faceHeader, refusal.InvalidField, "the face is wallet, merchant or console")
	}
	token := s.cookies().token(r, face)
	if token == "" {
		return nil
	}
	in, err := s.opt.Identity.Session(r.Context(), face, token, ask.id)
	if err != nil {
		return err
	}
	ask.who, ask.session = in.Principal, &in
	return nil
}

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// checkUnsafe refuses what another site made a browser send, and a POST
// without its key. A request with an API key can't come from another site's
// page: it would have to know the key.
func (s *Server) checkUnsafe(r *http.Request, ask *request, who callers) error {
	if ask.who.KeyID == "" {
		if err := s.origins.Check(r); err != nil {
			return refusal.New(refusal.CSRFFailed, "the request came from another site; nothing was done")
		}
	}
	if ask.session != nil && who != anyone {
		if err := ask.session.CheckCSRF(r.Header.Get(csrfHeader)); err != nil {
			return err
		}
	}
	ask.key = r.Header.Get(keyHeader)
	if ask.key == "" && (r.Method != http.MethodPost || who == anyone) {
		return nil
	}
	if ask.key == "" {
		return refusal.In(keyHeader, refusal.IdempotencyKeyMissing, "a POST needs the header Idempotency-Key; nothing was done")
	}
	if !validKey(ask.key) {
		return refusal.In(keyHeader, refusal.InvalidField, "an Idempotency-Key is 1 to 128 visible ASCII characters")
	}
	return nil
}

func validKey(key string) bool {
	if len(key) > 128 {
		return false
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}

func newOrigins(base string) *http.CrossOriginProtection {
	p := http.NewCrossOriginProtection()
	if u, err := url.Parse(base); err == nil && u.Host != "" {
		_ = p.AddTrustedOrigin(u.Scheme + "://" + u.Host) // an address that can't be an origin is nobody's
	}
	return p
}

// caller is who is asking.
func (s *Server) caller(ctx context.Context) identity.Principal { return requestOf(ctx).who }

// signedIn is the session that the request came with; nil for keys and nobody.
func (s *Server) signedIn(ctx context.Context) *identity.SignedIn { return requestOf(ctx).session }

// user is the person who is asking. Refusals: unauthenticated, forbidden.
func (s *Server) user(ctx context.Context) (identity.Principal, error) {
	return s.only(ctx, user, party.View)
}

// merchant is the merchant who is asking, where the key or the member of staff
// may do the act. Refusals: unauthenticated, forbidden.
func (s *Server) merchant(ctx context.Context, act party.Act) (identity.Principal, error) {
	return s.only(ctx, merchant, act)
}

// operator is the operator who is asking. Refusals: unauthenticated, forbidden.
func (s *Server) operator(ctx context.Context, act party.Act) (identity.Principal, error) {
	return s.only(ctx, operator, act)
}

// party is the person or merchant who is asking. Refusals: unauthenticated,
// forbidden.
func (s *Server) party(ctx context.Context, act party.Act) (identity.Principal, error) {
	return s.only(ctx, user|merchant, act)
}

func (s *Server) only(ctx context.Context, kinds callers, act party.Act) (identity.Principal, error) {
	who := s.caller(ctx)
	if err := kinds.admits(who); err != nil {
		return who, err
	}
	if !who.May(act) {
		return who, refusal.New(refusal.Forbidden, "the role %q may not: %s", who.Role, act)
	}
	return who, nil
}
