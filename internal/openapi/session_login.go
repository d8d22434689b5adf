package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (s *Server) registerSessions(api huma.API) {
	const tag = "Sessions"
	add(api, op{ID: "send-code", Method: http.MethodPost, Path: "/v1/one-time-codes", Tag: tag, Who: anyone, Summary: "Send a one-time code to a phone",
		Doc: "Whether the phone has an account makes no difference to the answer.", Codes: []refusal.Code{refusal.PhoneInvalid, refusal.CodeTooOften}}, s.sendCode)
	add(api, op{ID: "sign-up", Method: http.MethodPost, Path: "/v1/sign-up", Tag: tag, Who: anyone, Summary: "Open a wallet",
		Doc:   "For whoever holds the phone. The answer sets the session's cookie.",
		Codes: []refusal.Code{refusal.PhoneInvalid, refusal.CodeWrong, refusal.CodeExpired, refusal.PhoneTaken, refusal.PasswordWeak}}, s.signUp)
	add(api, op{ID: "login", Method: http.MethodPost, Path: "/v1/login", Tag: tag, Who: anyone, Summary: "Sign in with a password",
		Doc:   "The answer sets the session's cookie: tb_wallet, tb_merchant or tb_console, outside loopback with the prefix __Host-. Ten wrong passwords lock the name for a quarter of an hour.",
		Codes: []refusal.Code{refusal.LoginFailed, refusal.LoginLocked}}, s.login)
	add(api, op{ID: "login-by-code", Method: http.MethodPost, Path: "/v1/login/code", Tag: tag, Who: anyone, Summary: "Sign in with a one-time code",
		Codes: []refusal.Code{refusal.PhoneInvalid, refusal.CodeWrong, refusal.CodeExpired, refusal.NotFound}}, s.loginByCode)
	add(api, op{ID: "logout", Method: http.MethodPost, Path: "/v1/logout", Tag: tag, Who: user | merchant | operator, Summary: "End the session"}, s.logout)
	add(api, op{ID: "get-session", Path: "/v1/session", Tag: tag, Who: anyone, Summary: "Who is signed in",
		Doc: "Of the face that the header Tongbao-Face names.", Codes: []refusal.Code{refusal.Unauthenticated}}, s.getSession)
}

// SignUp is what somebody opens a wallet with.
type SignUp struct {
	Phone      string       `json:"phone" minLength:"1" maxLength:"32" example:"13812345678"`
	Code       party.Secret `json:"code" minLength:"1" maxLength:"16" example:"394017" doc:"Sent for the purpose sign_up."`
	Password   party.Secret `json:"password" minLength:"1" maxLength:"128" example:"a long sentence" doc:"Eight characters or more."`
	Nickname   *string      `json:"nickname,omitempty" nullable:"true" maxLength:"80" example:"Xiaowei"`
	Locale     *string      `json:"locale,omitempty" nullable:"true" maxLength:"20" example:"zh-CN"`
	DeviceName *string      `json:"device_name,omitempty" nullable:"true" maxLength:"200" example:"My phone"`
}

func (s *Server) signUp(ctx context.Context, in *struct {
	Browser
	Body SignUp
}) (*answer[Session], error) {
	if err := s.limitSignIn(in.Browser, loginByAddress, "sign-up", in.Body.Phone, signUpByPhone); err != nil {
		return nil, err
	}
	signed, err := s.opt.Identity.SignUp(ctx, s.ask(ctx), identity.NewPerson{
		Phone: in.Body.Phone, Code: in.Body.Code, Password: in.Body.Password, Nickname: given(in.Body.Nickname), Locale: given(in.Body.Locale),
		Device: s.device(in.Browser, party.Wallet, given(in.Body.DeviceName)),
	})
	if err != nil {
		return nil, err
	}
	return s.open(ctx, in.Browser, signed)
}

// Login is a login name and its password.
type Login struct {
	Face       string       `json:"face" enum:"wallet,merchant,console"`
	Login      string       `json:"login" minLength:"1" maxLength:"128" example:"13812345678" doc:"A phone number at the wallet, a name or e-mail address elsewhere."`
	Password   party.Secret `json:"password" minLength:"1" maxLength:"128" example:"correct horse battery"`
	DeviceName *string      `json:"device_name,omitempty" nullable:"true" maxLength:"200" example:"My phone"`
}

func (s *Server) login(ctx context.Context, in *struct {
	Browser
	Body Login
}) (*answer[Session], error) {
	face := party.Face(in.Body.Face)
	if err := s.limitSignIn(in.Browser, loginByAddress, "login", in.Body.Face+" "+in.Body.Login, loginByName); err != nil {
		return nil, err
	}
	signed, err := s.opt.Identity.Login(ctx, s.by(ctx), face, in.Body.Login, in.Body.Password, s.device(in.Browser, face, given(in.Body.DeviceName)))
	if err != nil {
		return nil, err
	}
	return s.open(ctx, in.Browser, signed)
}

// LoginByCode is a phone and the code that was sent to it.
type LoginByCode struct {
	Phone      string       `json:"phone" minLength:"1" maxLength:"32" example:"13812345678"`
	Code       party.Secret `json:"code" minLength:"1" maxLength:"16" example:"394017" doc:"Sent for the purpose login."`
	DeviceName *string      `json:"device_name,omitempty" nullable:"true" maxLength:"200" example:"My phone"`
}

func (s *Server) loginByCode(ctx context.Context, in *struct {
	Browser
	Body LoginByCode
}) (*answer[Session], error) {
	if err := s.limitSignIn(in.Browser, loginByAddress, "login", "wallet "+in.Body.Phone, loginByName); err != nil {
		return nil, err
	}
	signed, err := s.opt.Identity.LoginByCode(ctx, s.by(ctx), in.Body.Phone, in.Body.Code, s.device(in.Browser, party.Wallet, given(in.Body.DeviceName)))
	if err != nil {
		return nil, err
	}
	return s.open(ctx, in.Browser, signed)
}

func (s *Server) logout(ctx context.Context, in *struct {
	Browser
	Body *Empty
}) (*answer[Empty], error) {
	who := s.caller(ctx)
	if err := s.opt.Identity.Logout(ctx, s.ask(ctx), who); err != nil {
		return nil, err
	}
	if who.Session != "" {
		s.setCookie(ctx, s.cookies().noSession(in.r.Host, who.Face))
	}
	return &answer[Empty]{}, nil
}

func (s *Server) getSession(ctx context.Context, _ *struct{}) (*answer[Session], error) {
	in := s.signedIn(ctx)
	if in == nil {
		return nil, party.ErrSignedOut()
	}
	return &answer[Session]{Body: s.session(*in)}, nil
}
