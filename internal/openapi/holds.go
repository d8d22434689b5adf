package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

func (s *Server) registerHolds(api huma.API) {
	const tag = "Holds"
	end := []refusal.Code{refusal.HoldNotFound, refusal.HoldEnded}
	add(api, op{ID: "create-hold", Method: http.MethodPost, Path: "/v1/holds", Tag: tag, Who: merchant, Status: http.StatusCreated, Summary: "Set part of the balance aside",
		Doc: "It can't be spent otherwise until it is captured, voided or expired.", Codes: []refusal.Code{refusal.InvalidAmount, refusal.CurrencyMismatch, refusal.InsufficientBalance}}, s.createHold)
	add(api, op{ID: "list-holds", Path: "/v1/holds", Tag: tag, Who: user | merchant, Summary: "List holds on the balance", Doc: "By id, the last first.",
		Codes: []refusal.Code{refusal.InvalidCursor}}, s.listHolds)
	add(api, op{ID: "get-hold", Path: "/v1/holds/{id}", Tag: tag, Who: user | merchant | operator, Summary: "Look at a hold", Codes: []refusal.Code{refusal.HoldNotFound}}, s.getHold)
	add(api, op{ID: "capture-hold", Method: http.MethodPost, Path: "/v1/holds/{id}/capture", Tag: tag, Who: merchant, Summary: "Pay part or all of a hold to somebody",
		Codes: append([]refusal.Code{refusal.InvalidAmount, refusal.HoldExceeded, refusal.HoldExpired, refusal.PayeeNotFound, refusal.PhoneInvalid, refusal.SamePayerAndPayee}, end...)}, s.captureHold)
	add(api, op{ID: "void-hold", Method: http.MethodPost, Path: "/v1/holds/{id}/void", Tag: tag, Who: merchant, Summary: "Release a hold", Codes: end}, s.voidHold)
}

// Hold is part of a balance set aside.
type Hold struct {
	ID        string    `json:"id" example:"hold_0a1b2c3d4e5f60718293a4b5"`
	Account   string    `json:"account" example:"merchant:2088800000000016:CNY"`
	Amount    int64     `json:"amount" example:"20000"`
	Captured  int64     `json:"captured" example:"0"`
	Rest      int64     `json:"rest" example:"20000" doc:"Still set aside."`
	Currency  string    `json:"currency" example:"CNY"`
	Status    string    `json:"status" enum:"open,captured,voided,expired" example:"open"`
	For       string    `json:"for" example:"deposit 12"`
	ExpiresAt MaybeTime `json:"expires_at"`
}

func holdView(h *ledger.Hold) Hold {
	return Hold{ID: h.ID, Account: h.Account.String(), Amount: int64(h.Amount), Captured: int64(h.Captured), Rest: int64(h.Rest()), Currency: h.Account.Currency.String(),
		Status: string(h.Status), For: h.For, ExpiresAt: MaybeTime(h.Expires)}
}

// NewHold is what is set aside.
type NewHold struct {
	Amount           int64  `json:"amount" minimum:"1" maximum:"10000000000" example:"20000"`
	Currency         string `json:"currency" maxLength:"3" example:"CNY"`
	For              string `json:"for" minLength:"1" maxLength:"200" example:"deposit 12" doc:"What it is for; whoever gets it reads it."`
	ExpiresInSeconds int64  `json:"expires_in_seconds,omitempty" minimum:"1" maximum:"31536000" example:"86400" doc:"Never, by default."`
}

func (s *Server) createHold(ctx context.Context, in *struct{ Body NewHold }) (*answer[Hold], error) {
	who, err := s.merchant(ctx, party.Hold)
	if err != nil {
		return nil, err
	}
	currency, err := currencyIn("currency", in.Body.Currency)
	if err != nil {
		return nil, err
	}
	h, err := s.opt.Desk.Authorise(ctx, s.by(ctx), s.command(ctx), pay.BalanceOf(who.ID, currency), money.Amount(in.Body.Amount), in.Body.ExpiresInSeconds, in.Body.For)
	return show(h, err, holdView)
}

type holdsAsked struct {
	Paging
	Open bool `query:"open" doc:"Only those that still hold something."`
}

func (s *Server) listHolds(ctx context.Context, in *holdsAsked) (*answer[Page[Hold]], error) {
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	account := pay.BalanceOf(who.ID, wallet).String()
	r := store.Range{Index: pay.HoldsOf, From: account, Until: account + "\x01"} // this account alone
	if in.Open {
		r.Index = pay.HoldsOpen
	}
	return list(ctx, s, pay.Holds, r, in.Paging, "", nil, func(item engine.Item[ledger.Hold]) (Hold, error) { return holdView(&item.Value), nil })
}

// ownHold is a hold on an account of the caller's. Refusal: hold_not_found.
func (s *Server) ownHold(ctx context.Context, id string) (ledger.Hold, error) {
	h, ok, err := pay.Holds.Read(ctx, s.opt.Engine.Store(), id)
	if err != nil {
		return h, err
	}
	who := s.caller(ctx)
	if !ok || who.Kind != identity.Operator && h.Account != pay.BalanceOf(who.ID, h.Account.Currency) {
		return h, refusal.In("id", refusal.HoldNotFound, "no such hold")
	}
	return h, nil
}

func (s *Server) getHold(ctx context.Context, in *ByID) (*answer[Hold], error) {
	h, err := s.ownHold(ctx, in.ID)
	return show(h, err, holdView)
}

// CaptureHold pays out of a hold.
type CaptureHold struct {
	Amount int64    `json:"amount" minimum:"1" maximum:"10000000000" example:"5000"`
	Final  bool     `json:"final,omitempty" example:"true" doc:"The rest is released, and the hold ends."`
	To     PersonBy `json:"to"`
}

func (s *Server) captureHold(ctx context.Context, in *struct {
	ByID
	Body CaptureHold
}) (*answer[Hold], error) {
	if _, err := s.merchant(ctx, party.Hold); err != nil {
		return nil, err
	}
	if _, err := s.ownHold(ctx, in.ID); err != nil {
		return nil, err
	}
	to, err := s.personBy(ctx, "to", in.Body.To)
	if err != nil {
		return nil, err
	}
	h, err := s.opt.Desk.CaptureHold(ctx, s.by(ctx), s.command(ctx), in.ID, money.Amount(in.Body.Amount), in.Body.Final, to.ID)
	return show(h, err, holdView)
}

func (s *Server) voidHold(ctx context.Context, in *ActOn) (*answer[Hold], error) {
	if _, err := s.merchant(ctx, party.Hold); err != nil {
		return nil, err
	}
	if _, err := s.ownHold(ctx, in.ID); err != nil {
		return nil, err
	}
	h, err := s.opt.Desk.VoidHold(ctx, s.by(ctx), s.command(ctx), in.ID)
	return show(h, err, holdView)
}
