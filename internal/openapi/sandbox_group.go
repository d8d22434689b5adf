package openapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// Sandbox is the pretend world outside, as far as the API can have it do
// something. Where money is real there is none, and none of its operations.
type Sandbox struct {
	// Advance moves the business clock on and returns the new time.
	Advance func(ctx context.Context, by engine.By, key string, d time.Duration) (time.Time, error)
	// Texts are what a pretend phone has received, newest first.
	Texts func(phone string) []PhoneText
	// Behave has the pretend bank treat the next instructions so.
	Behave func(behaviour string, next int) error
	// Guide says who one can be, and where things are; it is shown as JSON.
	Guide func() any
}

// PhoneText is a message on a pretend phone.
type PhoneText struct {
	At   Time    `json:"at"`
	Text string  `json:"text" example:"【通宝】394017 is your code to sign up."`
	Code *string `json:"code" example:"394017"`
}

func (s *Server) registerSandbox(api huma.API) {
	if s.opt.Sandbox == nil {
		return
	}
	const tag = "Sandbox"
	add(api, op{ID: "get-sandbox", Path: "/v1/sandbox", Tag: tag, Who: anyone, Summary: "Who to be, and where"}, s.getSandbox)
	add(api, op{ID: "get-clock", Path: "/v1/sandbox/clock", Tag: tag, Who: anyone, Summary: "Business time"}, s.getClock)
	add(api, op{ID: "advance-clock", Method: http.MethodPost, Path: "/v1/sandbox/clock", Tag: tag, Who: anyone, Summary: "Move business time on",
		Doc: "For good, and for everybody: what falls due on the way happens."}, s.advanceClock)
	add(api, op{ID: "read-phone", Path: "/v1/sandbox/phones/{phone}/messages", Tag: tag, Who: anyone, Summary: "What a pretend phone has received", Codes: []refusal.Code{refusal.PhoneInvalid}}, s.readPhone)
	add(api, op{ID: "set-bank", Method: http.MethodPost, Path: "/v1/sandbox/bank", Tag: tag, Who: anyone, Summary: "Have the pretend bank misbehave"}, s.setBank)
	add(api, op{ID: "pretend-payment-code", Method: http.MethodPost, Path: "/v1/sandbox/payment-codes", Tag: tag, Who: merchant, Summary: "A buyer's payment code, without the buyer",
		Doc: "Fresh, and good without a password whatever the amount.", Codes: []refusal.Code{refusal.NotFound}}, s.pretendPaymentCode)
}

func (s *Server) getSandbox(context.Context, *struct{}) (*answer[any], error) {
	return &answer[any]{Body: s.opt.Sandbox.Guide()}, nil
}

// ClockNow is business time.
type ClockNow struct {
	Now Time `json:"now"`
}

func (s *Server) getClock(context.Context, *struct{}) (*answer[ClockNow], error) {
	return &answer[ClockNow]{Body: ClockNow{Now: Time(s.now().UnixMilli())}}, nil
}

// AdvanceClock says by how much.
type AdvanceClock struct {
	Advance string `json:"advance" minLength:"1" maxLength:"32" example:"72h" doc:"A duration: 90s, 30m, 72h."`
}

func (s *Server) advanceClock(ctx context.Context, in *struct{ Body AdvanceClock }) (*answer[ClockNow], error) {
	d, err := time.ParseDuration(in.Body.Advance)
	if err != nil || d <= 0 {
		return nil, refusal.In("advance", refusal.InvalidField, "a duration ahead, such as 72h; business time never goes back")
	}
	now, err := s.opt.Sandbox.Advance(ctx, s.by(ctx), s.sandboxCommand(ctx), d)
	return render(ClockNow{Now: Time(now.UnixMilli())}, err)
}

// sandboxCommand names a command of somebody who need not be anybody: without a
// key it is an act of its own.
func (s *Server) sandboxCommand(ctx context.Context) string {
	if r := requestOf(ctx); r.key == "" {
		return "sandbox/" + r.id
	}
	return "sandbox/" + s.command(ctx)
}

func (s *Server) readPhone(_ context.Context, in *struct {
	Phone string `path:"phone" maxLength:"32" example:"13800000001"`
}) (*answer[Page[PhoneText]], error) {
	phone, err := party.ParsePhone(in.Phone)
	if err != nil {
		return nil, err
	}
	page := Page[PhoneText]{Data: []PhoneText{}}
	page.Data = append(page.Data, s.opt.Sandbox.Texts(phone)...)
	return &answer[Page[PhoneText]]{Body: page}, nil
}

// BankBehaviour is how the pretend bank is to treat the next instructions.
type BankBehaviour struct {
	Behaviour string `json:"behaviour" minLength:"1" maxLength:"32" example:"timeout_paid" doc:"ok, refuse, timeout_paid, timeout_unpaid, slow, pending, doubled or late_success."`
	Next      *int   `json:"next,omitempty" nullable:"true" minimum:"1" maximum:"1000" doc:"How many; 1 by default."`
}

func (s *Server) setBank(_ context.Context, in *struct{ Body BankBehaviour }) (*answer[Empty], error) {
	return render(Empty{}, s.opt.Sandbox.Behave(in.Body.Behaviour, max(1, given(in.Body.Next))))
}

// PretendCode asks for a buyer's payment code.
type PretendCode struct {
	BuyerID string `json:"buyer_id" minLength:"1" maxLength:"16" example:"2088000000000012"`
}

// PretendedCode is the code.
type PretendedCode struct {
	PaymentCode string `json:"payment_code" example:"281234567890123456"`
	ExpiresAt   Time   `json:"expires_at"`
}

func (s *Server) pretendPaymentCode(ctx context.Context, in *struct{ Body PretendCode }) (*answer[PretendedCode], error) {
	if _, err := s.merchant(ctx, party.CreatePayment); err != nil {
		return nil, err
	}
	buyer, err := partyID("buyer_id", in.Body.BuyerID)
	if err != nil {
		return nil, err
	}
	if _, err := s.opt.Identity.Person(ctx, buyer); err != nil {
		return nil, named("buyer_id", err)
	}
	code, err := s.opt.Desk.IssueCode(ctx, s.by(ctx), "sandbox/"+s.command(ctx), buyer, true)
	return render(PretendedCode{PaymentCode: code.Digits, ExpiresAt: Time(code.Expires)}, err)
}
