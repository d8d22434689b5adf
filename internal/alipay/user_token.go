package alipay

import "tongbao/internal/party"

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
	t, err := c.tradeIn(party.UserGrant, c.params.Get("grant_type"), c.params.Get("code"), c.params.Get("refresh_token"))
	if err != nil {
		return nil, err
	}
	id := party.FormatID(t.Giver)
	return bare{tokenOut{UserID: id, OpenID: id, AlipayUserID: id, AccessToken: t.Access.Reveal(), ExpiresIn: int64(party.UserGrant.AccessLife.Seconds()),
		RefreshToken: t.Refresh.Reveal(), ReExpiresIn: int64(party.UserGrant.RefreshLife.Seconds()), AuthStart: milli(t.Given)}}, nil
})
