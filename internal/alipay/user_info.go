package alipay

import (
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

type userOut struct {
	UserID      string `json:"user_id"`
	OpenID      string `json:"open_id"`
	NickName    string `json:"nick_name,omitempty"`
	UserType    string `json:"user_type"`
	UserStatus  string `json:"user_status"`
	IsCertified string `json:"is_certified"`
}

var userInfoShare = of(method{name: "alipay.user.info.share", right: party.View, prefix: noPrefix}, func(c *call, _ *struct{}) (any, error) {
	token := c.params.Get("auth_token")
	if token == "" {
		return nil, refuse(noToken, "aop.invalid-auth-token", "auth_token is missing")
	}
	granted, err := c.s.opt.Identity.Granted(c.ctx, c.app.ID, party.Secret(token))
	if no := refusal.Of(err); no != nil {
		if no.Code == refusal.CodeExpired {
			return nil, refuse(noToken, "aop.auth-token-time-out", "the token's time is over; ask for another with the refresh token")
		}
		return nil, refuse(noToken, "aop.invalid-auth-token", "the token is unknown, or the person has ended the grant")
	}
	if err != nil {
		return nil, err
	}
	if !granted.Has(party.ScopeUser) {
		return nil, refuse(noPermission, "isv.insufficient-user-permissions", "the person granted auth_base alone")
	}
	p, err := c.s.opt.Identity.Person(c.ctx, granted.Giver)
	if err != nil {
		return nil, err
	}
	out := userOut{UserID: party.FormatID(p.ID), OpenID: party.FormatID(p.ID), NickName: p.Nickname, UserType: "2", UserStatus: "T", IsCertified: "F"}
	if p.Name != "" {
		out.IsCertified = "T"
	}
	return out, nil
})
