package alipay

import (
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

type appTokenIn struct {
	GrantType    text `json:"grant_type"`
	Code         text `json:"code"`
	RefreshToken text `json:"refresh_token"`
}

type appToken struct {
	AppAuthToken    string `json:"app_auth_token,omitempty"`
	AppRefreshToken string `json:"app_refresh_token,omitempty"`
	AuthAppID       string `json:"auth_app_id,omitempty"`
	UserID          string `json:"user_id,omitempty"`
	ExpiresIn       int64  `json:"expires_in,omitempty"`
	ReExpiresIn     int64  `json:"re_expires_in,omitempty"`
}

// The tokens are a list of one, and stand beside it as they did before there was
// a list.
type appTokenOut struct {
	appToken
	Tokens []appToken `json:"tokens,omitempty"`
}

// A provider's application gets its tokens for the code that a merchant's browser
// brought, or new ones for the refresh token; the token in use works ten minutes on.
var authTokenApp = of(method{name: "alipay.open.auth.token.app", right: party.View, prefix: noPrefix}, func(c *call, in *appTokenIn) (any, error) {
	t, err := c.tradeIn(party.AppGrant, string(in.GrantType), string(in.Code), string(in.RefreshToken))
	if err != nil {
		return nil, err
	}
	g, _, err := c.s.opt.Identity.Grant(c.ctx, t.Giver, c.app.ID)
	if err != nil {
		return nil, err
	}
	said := appToken{AppAuthToken: t.Access.Reveal(), AppRefreshToken: t.Refresh.Reveal(), AuthAppID: g.AuthApp, UserID: party.FormatID(t.Giver),
		ExpiresIn: int64(party.AppGrant.AccessLife.Seconds()), ReExpiresIn: int64(party.AppGrant.RefreshLife.Seconds())}
	return appTokenOut{said, []appToken{said}}, nil
})

// tradeIn gives tokens for a code or a refresh token of that kind of grant.
func (c *call) tradeIn(kind party.GrantKind, grantType, code, refresh string) (t identity.Tokens, err error) {
	token, of, wrong := code, kind.Code, "isv.code-invalid"
	switch grantType {
	case "authorization_code":
	case "refresh_token":
		token, of, wrong = refresh, kind.Refresh, "isv.refresh-token-invalid"
	default:
		return t, refuse(invalidArguments, "isv.grant-type-invalid", "grant_type is authorization_code or refresh_token")
	}
	if token == "" {
		return t, refuse(missingArguments, "isv.missing-parameter", "code or refresh_token is missing")
	}
	t, err = c.s.opt.Identity.TradeIn(c.ctx, c.by(), c.app.ID, of, party.Secret(token))
	if refusal.Of(err) != nil {
		return t, refuse(invalidArguments, wrong, "the code or refresh token is unknown, used, or its time is over")
	}
	return t, err
}
