package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

func (s *Server) registerRemind(api huma.API) {
	add(api, op{ID: "remind-payment", Method: http.MethodPost, Path: "/v1/payments/{id}/remind", Tag: "Payments", Who: user, Summary: "Ask the seller to ship",
		Doc: "The seller is told by an event, once a day.", Codes: []refusal.Code{refusal.TradeNotFound, refusal.TradeStateRefused, refusal.VelocityExceeded}}, s.remindPayment)
}

func (s *Server) remindPayment(ctx context.Context, in *ActOn) (*answer[Payment], error) {
	seen, err := s.act(ctx, "id", in.ID, party.Pay, trade.Buyer)
	if err != nil {
		return nil, err
	}
	err = s.opt.Desk.Remind(ctx, s.by(ctx), s.command(ctx), &seen.Trade)
	return s.payment(ctx, seen, seen.Trade, err)
}
