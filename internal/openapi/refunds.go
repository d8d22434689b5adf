package openapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/engine"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

func (s *Server) registerRefunds(api huma.API) {
	const tag = "Refunds"
	add(api, op{ID: "create-refund", Method: http.MethodPost, Path: "/v1/refunds", Tag: tag, Who: merchant, Status: http.StatusCreated,
		Summary: "Give money back to the buyer",
		Doc:     "Part or all, as often as needed, never more than is left. Before settlement it comes out of escrow, afterwards out of the merchant's balance; the fee shrinks with it.",
		Codes: []refusal.Code{refusal.TradeNotFound, refusal.InvalidAmount, refusal.CurrencyMismatch, refusal.TradeStateRefused, refusal.RefundExceedsRest, refusal.RefundWindowOver,
			refusal.RefundLimitReached, refusal.RefundNoTaken, refusal.DeadlinePassed, refusal.InsufficientBalance}}, s.createRefund)
	add(api, op{ID: "list-refunds", Path: "/v1/refunds", Tag: tag, Who: user | merchant | operator, Summary: "List refunds",
		Doc: "Of one payment, or all of the caller's.", Codes: []refusal.Code{refusal.TradeNotFound, refusal.InvalidCursor}}, s.listRefunds)
	add(api, op{ID: "get-refund", Path: "/v1/refunds/{id}", Tag: tag, Who: user | merchant | operator, Summary: "Look at a refund",
		Codes: []refusal.Code{refusal.NotFound}}, s.getRefund)
}

// NewRefund is what goes back.
type NewRefund struct {
	PaymentID string `json:"payment_id" maxLength:"64" example:"2018111112345678901234567890"`
	Amount    int64  `json:"amount" minimum:"1" maximum:"10000000000" example:"2800"`
	Currency  string `json:"currency,omitempty" maxLength:"3" example:"CNY" doc:"The payment's, if given."`
	Reason    string `json:"reason,omitempty" maxLength:"256" example:"One of two was out of stock" doc:"The buyer reads it."`
}

func (s *Server) createRefund(ctx context.Context, in *struct{ Body NewRefund }) (*answer[Refund], error) {
	if _, err := currencyIn("currency", in.Body.Currency); err != nil {
		return nil, err
	}
	seen, err := s.act(ctx, "payment_id", in.Body.PaymentID, party.Refund, trade.Seller)
	if err != nil {
		return nil, err
	}
	command := s.command(ctx)
	t, err := s.opt.Desk.Refund(ctx, s.by(ctx), command, seen.ID, money.Amount(in.Body.Amount), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return render(refundView(&t, refundAt(&t, pay.RefundID(command))), nil)
}

type refundsAsked struct {
	Paging
	Stretch
	PaymentID string `query:"payment_id" maxLength:"64"`
}

func (s *Server) listRefunds(ctx context.Context, in *refundsAsked) (*answer[Page[Refund]], error) {
	if in.PaymentID != "" {
		seen, err := s.see(ctx, "payment_id", in.PaymentID)
		if err != nil {
			return nil, err
		}
		page := Page[Refund]{Data: []Refund{}}
		for i := range seen.Refunds {
			page.Data = append(page.Data, refundView(&seen.Trade, i))
		}
		slices.Reverse(page.Data)
		return render(page, nil)
	}
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	return listDiary(ctx, s, pay.ListEvents, who.ID, in.Stretch, in.Paging, pay.RefundCreated,
		func(item engine.Item[pay.Event]) bool { return item.Value.Type == pay.RefundCreated },
		func(item engine.Item[pay.Event]) (Refund, error) {
			t, err := s.opt.Desk.Trade(ctx, item.Value.Object)
			if err != nil {
				return Refund{}, err
			}
			return refundView(&t, refundAt(&t, item.Value.Detail)), nil
		})
}

func (s *Server) getRefund(ctx context.Context, in *ByID) (*answer[Refund], error) {
	paymentID, no, ok := parseRefundID(in.ID)
	if !ok {
		return nil, notFound("id", "refund")
	}
	seen, err := s.see(ctx, "id", paymentID)
	switch {
	case refusal.Of(err) != nil, err == nil && no > len(seen.Refunds):
		return nil, notFound("id", "refund")
	case err != nil:
		return nil, err
	}
	return render(refundView(&seen.Trade, no-1), nil)
}
