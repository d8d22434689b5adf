package alipay

import (
	"context"
	"net/http"
	"net/url"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// A service provider's application acts for another merchant where that has
// given it a grant: the request names it by app_auth_token, and is then about the
// merchant's business in everything, as if an application of its own had asked.
// Who is answered and told, and by whose key, remains the provider's application.

// actFor finds the grant of a token.
func (c *call) actFor(token string) (*party.Grant, error) {
	_, g, err := c.s.opt.Identity.AppGranted(c.ctx, c.app.ID, party.Secret(token))
	if no := refusal.Of(err); no != nil {
		if no.Code == refusal.CodeExpired {
			return nil, refuse(noToken, "aop.app-auth-token-time-out", "the token's time is over; ask for another with the refresh token")
		}
		return nil, refuse(noToken, "aop.invalid-app-auth-token", "no merchant has given this application a grant of that name, or it was ended")
	}
	if err != nil {
		return nil, err
	}
	scope := party.ScopeOf(c.method.name)
	switch {
	case scope == "":
		return nil, refuse(invalidArguments, "isv.not-support-app-auth", "an application calls this method for itself alone")
	case !g.Covers(scope):
		return nil, refuse(noToken, "aop.invalid-app-auth-token-no-api", "the merchant's grant does not cover this method")
	}
	return &g, nil
}

// authApp is the application by whose id a merchant is known to another's that
// acted for it, which is the application itself for its own merchant; ok is false
// where that merchant never let it. What was begun under a grant is told to its
// end, also when the grant is over.
func (s *Server) authApp(ctx context.Context, a *app, merchant uint64) (id string, ok bool, err error) {
	if a.Merchant == merchant {
		return a.ID, true, nil
	}
	g, ok, err := s.opt.Identity.Grant(ctx, merchant, a.ID)
	return g.AuthApp, ok, err
}

// addressed begins a notice to an application about a merchant's business; ok is
// false where that is none of the application's.
func (s *Server) addressed(ctx context.Context, a *app, merchant uint64) (n notify.New, ok bool, err error) {
	n = notify.New{App: a.ID, Merchant: merchant}
	if a.Merchant == merchant {
		return n, true, nil
	}
	n.Provider = a.Merchant
	n.AuthApp, ok, err = s.authApp(ctx, a, merchant)
	return n, ok, err
}

const authorizeAppPath = "/oauth2/appToAppAuth.htm"

// authorizeApp is where a provider sends a merchant to let its application act
// for it: on to the merchant portal's consent page, after a look at what is asked.
func (s *Server) authorizeApp(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if err := s.mayReturn(r, q); err != nil {
		showRefusal(w, err)
		return
	}
	s.sendOn(w, q, "/merchant/authorize", "app_id", "redirect_uri", "state")
}

// sendOn sends the browser to a face's page with the named parameters.
func (s *Server) sendOn(w http.ResponseWriter, q url.Values, page string, names ...string) {
	on := url.Values{}
	for _, name := range names {
		if v := q.Get(name); v != "" {
			on.Set(name, v)
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", s.opt.BaseURL+page+"?"+on.Encode())
	w.WriteHeader(http.StatusSeeOther)
}
