package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
)

func (s *Server) registerDeposits(api huma.API) {
	const tag = "Deposits"
	add(api, op{ID: "get-deposit", Path: "/v1/deposits/{id}", Tag: tag, Who: user | merchant | operator, Summary: "Look at a deposit",
		Doc: "What a merchant asks to have held of somebody's money. One that nobody has given can be seen by whoever may give it.", Codes: []refusal.Code{refusal.HoldNotFound}}, s.getDeposit)
	add(api, op{ID: "give-deposit", Method: http.MethodPost, Path: "/v1/deposits/{id}/give", Tag: tag, Who: user, Summary: "Give a deposit",
		Doc: "The amount is held, and stays the payer's until the merchant has some of it paid or gives it free.",
		Codes: []refusal.Code{refusal.HoldNotFound, refusal.TradeExpired, refusal.TradeStateRefused, refusal.InvalidAmount, refusal.BuyerMismatch, refusal.InsufficientBalance,
			refusal.PaymentPasswordMissing, refusal.PaymentPasswordWrong, refusal.PaymentPasswordLocked, refusal.PaymentPasswordUnset}}, s.giveDeposit)
}

// Deposit is a merchant's claim on money that stays its payer's.
type Deposit struct {
	ID        string      `json:"id" example:"2018111112345678901234567890"`
	Status    string      `json:"status" enum:"INIT,AUTHORIZED,FINISH,CLOSED" doc:"Asked for, held, paid, closed or released."`
	Merchant  MerchantRef `json:"merchant"`
	Payer     *PersonRef  `json:"payer"`
	OrderNo   string      `json:"order_no" example:"room-8812"`
	Title     string      `json:"title" example:"Room deposit"`
	Amount    int64       `json:"amount" example:"50000"`
	Paid      int64       `json:"paid" example:"0"`
	Released  int64       `json:"released" example:"0"`
	Rest      int64       `json:"rest" example:"50000" doc:"Still held."`
	Currency  string      `json:"currency" example:"CNY"`
	CreatedAt Time        `json:"created_at"`
	GiveBy    Time        `json:"give_by" doc:"Until when it can be given."`
	GivenAt   MaybeTime   `json:"given_at"`
}

func (s *Server) deposit(ctx context.Context, a pay.Auth, err error) (*answer[Deposit], error) {
	if err != nil {
		return nil, err
	}
	l := s.look(ctx)
	v := Deposit{ID: a.ID, Status: string(a.Status), Merchant: l.merchantRef(a.Merchant), Payer: l.personRef(a.Payer), OrderNo: a.OrderNo, Title: a.Title, Amount: int64(a.Amount), Paid: int64(a.Paid),
		Released: int64(a.Released), Rest: int64(a.Rest()), Currency: a.Currency.String(), CreatedAt: Time(a.Created), GiveBy: Time(a.Until), GivenAt: MaybeTime(a.Ops[0].Done)}
	return render(v, l.err)
}

// seeDeposit is the deposit, where the caller may see it.
func (s *Server) seeDeposit(ctx context.Context, id string) (pay.Auth, identity.Principal, error) {
	who := s.caller(ctx)
	if err := (user | merchant | operator).admits(who); err != nil {
		return pay.Auth{}, who, err
	}
	a, err := s.opt.Desk.Auth(ctx, id)
	if err != nil && refusal.Of(err) == nil {
		return a, who, err
	}
	visible := err == nil && (who.Kind == identity.Operator || who.Kind == identity.Merchant && a.Merchant == who.ID ||
		who.Kind == identity.User && (a.Payer == who.ID || a.Payer == 0))
	if !visible {
		return a, who, refusal.In("id", refusal.HoldNotFound, "no such deposit")
	}
	return a, who, nil
}

func (s *Server) getDeposit(ctx context.Context, in *ByID) (*answer[Deposit], error) {
	a, _, err := s.seeDeposit(ctx, in.ID)
	return s.deposit(ctx, a, err)
}

// GiveDeposit is the payer's yes to the amount that was shown.
type GiveDeposit struct {
	PaymentPassword party.Secret `json:"payment_password" maxLength:"64" example:"258036"`
	ExpectedAmount  int64        `json:"expected_amount" minimum:"1" maximum:"10000000000" example:"50000" doc:"What the payer saw."`
}

func (s *Server) giveDeposit(ctx context.Context, in *struct {
	ByID
	Body GiveDeposit
}) (*answer[Deposit], error) {
	a, who, err := s.seeDeposit(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := s.only(ctx, user, party.Pay); err != nil {
		return nil, err
	}
	a, err = s.opt.Desk.GiveAuth(ctx, s.by(ctx), s.command(ctx), a.ID, who.ID, in.Body.PaymentPassword, money.Amount(in.Body.ExpectedAmount))
	return s.deposit(ctx, a, named("id", err))
}
