package openapi

import (
	"tongbao/internal/identity"
)

// Session is who is signed in at a face.
type Session struct {
	Face      string `json:"face" enum:"wallet,merchant,console" example:"wallet"`
	CSRFToken string `json:"csrf_token" example:"k3Jm0w…" doc:"Goes back in the header Tongbao-CSRF with everything that changes something."`
	ExpiresAt Time   `json:"expires_at" doc:"When it ends if it is not used any more."`
	Now       Time   `json:"now" doc:"Business time; the sandbox's can be advanced."`
	TimeZone  string `json:"time_zone" example:"Asia/Shanghai" doc:"In which business days begin."`

	User     *SessionUser     `json:"user,omitempty"`
	Staff    *SessionStaff    `json:"staff,omitempty"`
	Operator *SessionOperator `json:"operator,omitempty"`
}

// SessionUser is a person in the wallet.
type SessionUser struct {
	ID          string `json:"id" example:"2088000000000012"`
	Nickname    string `json:"nickname" example:"Xiaowei"`
	PhoneMasked string `json:"phone_masked" example:"138****5678"`
	Locale      string `json:"locale" example:"zh-CN"`
}

// SessionStaff is a member of a merchant's staff in the portal.
type SessionStaff struct {
	ID       string      `json:"id" example:"stf_abcdefghjkmnpqrs"`
	Name     string      `json:"name" example:"Chen"`
	Role     string      `json:"role" enum:"owner,manager,cashier,viewer"`
	Merchant MerchantRef `json:"merchant"`
}

// SessionOperator is an operator in the console.
type SessionOperator struct {
	ID   string `json:"id" example:"op_abcdefghjkmnpqrs"`
	Name string `json:"name" example:"Li"`
	Role string `json:"role" enum:"agent,auditor,admin"`
}

func (s *Server) session(in identity.SignedIn) Session {
	v := Session{
		Face: string(in.Session.Face), CSRFToken: in.CSRF.Reveal(), ExpiresAt: Time(in.Session.Expires),
		Now: Time(s.now().UnixMilli()), TimeZone: s.opt.Engine.Zone().String(),
	}
	switch {
	case in.Person != nil:
		v.User = &SessionUser{ID: idText(in.Person.ID), Nickname: in.Person.Nickname, PhoneMasked: in.Person.PhoneMasked(), Locale: in.Person.Locale}
	case in.Staff != nil:
		v.Staff = &SessionStaff{ID: in.Staff.ID, Name: in.Staff.Name, Role: string(in.Staff.Role), Merchant: MerchantRef{ID: idText(in.Merchant.ID), Name: in.Merchant.Name}}
	case in.Operator != nil:
		v.Operator = &SessionOperator{ID: in.Operator.ID, Name: in.Operator.Name, Role: string(in.Operator.Role)}
	}
	return v
}
