package alipay

import (
	"net/http"
	"net/url"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

const authorizePath = "/oauth2/publicAppAuthorize.htm"

// authorize is where merchants' pages send people to say who they are: on to the
// wallet's consent page, after a look at what is asked.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if err := s.mayAuthorize(r, q); err != nil {
		showRefusal(w, err)
		return
	}
	s.sendOn(w, q, "/wallet/authorize", "app_id", "scope", "redirect_uri", "state")
}

func (s *Server) mayAuthorize(r *http.Request, q url.Values) error {
	if _, err := party.ParseScopes(q.Get("scope")); err != nil {
		return refuse(invalidArguments, "isv.invalid-scope", "%s", refusal.Of(err).Message)
	}
	return s.mayReturn(r, q)
}

// mayReturn refuses an unknown application, and an address that is not its own.
func (s *Server) mayReturn(r *http.Request, q url.Values) error {
	a, err := s.app(r.Context(), q.Get("app_id"))
	if err != nil {
		return err
	}
	if a == nil {
		return refuse(invalidArguments, "isv.invalid-app-id", "there is no such application")
	}
	if err := a.MayReturnTo(q.Get("redirect_uri")); err != nil {
		return refuse(invalidArguments, "isv.invalid-redirect-uri", "%s", refusal.Of(err).Message)
	}
	return nil
}
