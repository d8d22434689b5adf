package alipay

import (
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

type tokenOut struct {
	UserID       string `json:"user_id"`
	OpenID       string `json:"open_id"`
	AlipayUserID string `json:"alipay_user_id"` // deprecated, and still read
	AccessToken  string `json:"access_token"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	ReExpiresIn  int64  `json:"re_expires_in"`
	AuthStart    string `json:"auth_start,omitempty"`
}

// Its parameters are the request's own, not the content's, and its success has no code.
var systemOauthToken = of(method{name: "alipay.system.oauth.token", right: party.View, prefix: noPrefix}, func(c *call, _ *struct{}) (any, error) {
	who := c.s.opt.Identity
	var t identity.Tokens
	var err error
	switch kind, code, refresh := c.params.Get("grant_type"), c.params.Get("code"), c.params.Get("refresh_token"); {
	case kind == "authorization_code" && code == "", kind == "refresh_token" && refresh == "":
		return nil, refuse(missingArguments, "isv.missing-parameter", "code or refresh_token is missing")
	case kind == "authorization_code":
		t, err = who.TradeIn(c.ctx, c.by(), c.app.ID, party.GrantCode, party.Secret(code))
		if refusal.Of(err) != nil {
			return nil, refuse(invalidArguments, "isv.code-invalid", "the code is unknown, used, or its time is over")
		}
	case kind == "refresh_token":
		t, err = who.TradeIn(c.ctx, c.by(), c.app.ID, party.GrantRefresh, party.Secret(refresh))
		if refusal.Of(err) != nil {
			return nil, refuse(invalidArguments, "isv.refresh-token-invalid", "the refresh token is unknown, used, or its time is over")
		}
	default:
		return nil, refuse(invalidArguments, "isv.grant-type-invalid", "grant_type is authorization_code or refresh_token")
	}
	if err != nil {
		return nil, err
	}
	id := party.FormatID(t.Person)
	return bare{tokenOut{UserID: id, OpenID: id, AlipayUserID: id, AccessToken: t.Access.Reveal(), ExpiresIn: int64(party.AccessLife.Seconds()),
		RefreshToken: t.Refresh.Reveal(), ReExpiresIn: int64(party.RefreshLife.Seconds()), AuthStart: milli(t.Given)}}, nil
})
