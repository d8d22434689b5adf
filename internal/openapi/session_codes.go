package openapi

import (
	"context"

	"tongbao/internal/party"
)

// NewCode asks for a one-time code.
type NewCode struct {
	Phone   string `json:"phone" minLength:"1" maxLength:"32" example:"13812345678"`
	Purpose string `json:"purpose" enum:"sign_up,login,reset_password,reset_payment_password,step_up" doc:"A code is good for its purpose alone."`
}

// SentCode says where a one-time code went.
type SentCode struct {
	SentTo            string `json:"sent_to" example:"138****5678"`
	ExpiresAt         Time   `json:"expires_at"`
	RetryAfterSeconds int    `json:"retry_after_seconds" example:"60" doc:"When the next code may be asked for."`
}

func (s *Server) sendCode(ctx context.Context, in *struct {
	Browser
	Body NewCode
}) (*answer[SentCode], error) {
	if err := s.limitSignIn(in.Browser, codeByAddress, "code", in.Body.Phone, codeByPhone); err != nil {
		return nil, err
	}
	sent, err := s.opt.Identity.SendCode(ctx, s.ask(ctx), in.Body.Phone, party.Purpose(in.Body.Purpose))
	if err != nil {
		return nil, sentTooOften(err, sent.RetryAfterSeconds)
	}
	return &answer[SentCode]{Body: SentCode{SentTo: sent.To, ExpiresAt: Time(sent.ExpiresAt), RetryAfterSeconds: sent.RetryAfterSeconds}}, nil
}

// sentTooOften tells when the next code may be sent, where that is the reason.
func sentTooOften(err error, seconds int) error {
	if seconds == 0 {
		return err
	}
	return retryAfter(err, seconds)
}
