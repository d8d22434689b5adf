package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (s *Server) registerPasswords(api huma.API) {
	const tag = "People"
	add(api, op{ID: "change-password", Method: http.MethodPost, Path: "/v1/me/password", Tag: tag, Who: user | merchant | operator, Summary: "Change my login password",
		Doc:   "With the old one, or in the wallet with a code sent for the purpose reset_password. All other sessions end.",
		Codes: []refusal.Code{refusal.PasswordWeak, refusal.LoginFailed, refusal.LoginLocked, refusal.CodeWrong, refusal.CodeExpired}}, s.changePassword)
	add(api, op{ID: "set-payment-password", Method: http.MethodPost, Path: "/v1/me/payment-password", Tag: tag, Who: user, Summary: "Set or change my payment password",
		Doc: "The first needs neither the old one nor a code; later ones need either, the code sent for the purpose reset_payment_password.",
		Codes: []refusal.Code{refusal.PaymentPasswordWeak, refusal.PaymentPasswordMissing, refusal.PaymentPasswordWrong, refusal.PaymentPasswordLocked,
			refusal.CodeWrong, refusal.CodeExpired}}, s.setPaymentPassword)
}

// ChangePassword is a new login password, and the proof that one may set it.
type ChangePassword struct {
	OldPassword *party.Secret `json:"old_password,omitempty" nullable:"true" maxLength:"128" example:"correct horse battery"`
	Code        *party.Secret `json:"code,omitempty" nullable:"true" maxLength:"16" example:"394017"`
	NewPassword party.Secret  `json:"new_password" minLength:"1" maxLength:"128" example:"a lake boat in winter"`
}

func (s *Server) changePassword(ctx context.Context, in *struct{ Body ChangePassword }) (*answer[Empty], error) {
	who := s.caller(ctx)
	if who.Session == "" {
		return nil, refusal.New(refusal.Forbidden, "an API key has no password")
	}
	var err error
	switch old, code := given(in.Body.OldPassword), given(in.Body.Code); {
	case old != "":
		err = s.opt.Identity.ChangePassword(ctx, s.ask(ctx), who, old, in.Body.NewPassword)
	case code != "" && who.Kind == identity.User:
		var p party.Person
		if p, err = s.opt.Identity.Person(ctx, who.ID); err == nil {
			err = s.opt.Identity.ResetPassword(ctx, s.ask(ctx), p.Phone, code, in.Body.NewPassword, who)
		}
	default:
		err = refusal.In("old_password", refusal.MissingField, "the old password is needed, or in the wallet a code")
	}
	return render(Empty{}, blame(err, "password", "new_password"))
}

// PaymentPassword is a new payment password, and the proof that one may set it.
type PaymentPassword struct {
	PaymentPassword    party.Secret  `json:"payment_password" minLength:"1" maxLength:"32" example:"258036" doc:"Six digits."`
	OldPaymentPassword *party.Secret `json:"old_payment_password,omitempty" nullable:"true" maxLength:"32" example:"370148"`
	Code               *party.Secret `json:"code,omitempty" nullable:"true" maxLength:"16" example:"394017"`
}

func (s *Server) setPaymentPassword(ctx context.Context, in *struct{ Body PaymentPassword }) (*answer[Empty], error) {
	who, err := s.only(ctx, user, party.ManageWallet)
	if err != nil {
		return nil, err
	}
	return render(Empty{}, s.opt.Identity.SetPaymentPassword(ctx, s.ask(ctx), who.ID, in.Body.PaymentPassword, given(in.Body.OldPaymentPassword), given(in.Body.Code)))
}
