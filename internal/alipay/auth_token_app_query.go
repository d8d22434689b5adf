package alipay

import (
	"slices"
	"time"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

type appTokenQueryIn struct {
	AppAuthToken text `json:"app_auth_token"`
}

type appTokenQueryOut struct {
	UserID      string   `json:"user_id,omitempty"`
	AuthAppID   string   `json:"auth_app_id,omitempty"`
	ExpiresIn   int64    `json:"expires_in,omitempty"`
	AuthMethods []string `json:"auth_methods,omitempty"`
	AuthStart   string   `json:"auth_start,omitempty"`
	AuthEnd     string   `json:"auth_end,omitempty"`
	Status      string   `json:"status,omitempty"`
}

// A token of this application's is valid or invalid; one that never was is refused.
var authTokenAppQuery = of(method{name: "alipay.open.auth.token.app.query", v3: []string{"GET", "POST"}, right: party.View, prefix: noPrefix}, func(c *call, in *appTokenQueryIn) (any, error) {
	if in.AppAuthToken == "" {
		return nil, refuse(missingArguments, "isv.missing-parameter", "app_auth_token is missing")
	}
	t, g, err := c.s.opt.Identity.AppGranted(c.ctx, c.app.ID, party.Secret(in.AppAuthToken))
	if refusal.Of(err) != nil && t.App == "" {
		return nil, refuse(noToken, "aop.invalid-app-auth-token", "no merchant has given this application a grant of that name")
	}
	out := appTokenQueryOut{UserID: party.FormatID(t.Giver), AuthAppID: g.AuthApp, AuthStart: milli(t.Given), AuthEnd: milli(t.Expires), Status: "valid"}
	switch {
	case refusal.Of(err) != nil:
		out.Status = "invalid"
		return out, nil
	case err != nil:
		return nil, err
	}
	out.ExpiresIn = int64(time.UnixMilli(t.Expires).Sub(c.s.now()).Seconds())
	for name := range methodsByName {
		if scope := party.ScopeOf(name); scope != "" && g.Covers(scope) && c.app.May(name) {
			out.AuthMethods = append(out.AuthMethods, name)
		}
	}
	slices.Sort(out.AuthMethods)
	return out, nil
})
