package openapi

import (
	"context"
	"strings"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

// sight is a trade that the caller may see, and from which side. Everybody
// else is told that there is no such payment.
type sight struct {
	trade.Trade
	eyes
}

// see reads a payment for the caller. A payment that nobody has paid and that
// names no buyer is seen by any person who has its id: so a QR code works.
// Refusal: payment_not_found, blamed on field.
func (s *Server) see(ctx context.Context, field, id string) (sight, error) {
	hidden := refusal.In(field, refusal.TradeNotFound, "no such payment")
	if len(id) != trade.IDDigits || strings.Trim(id, "0123456789") != "" {
		return sight{}, hidden
	}
	t, err := s.opt.Desk.Trade(ctx, id)
	if refusal.Of(err) != nil {
		return sight{}, hidden
	}
	if err != nil {
		return sight{}, err
	}
	who := s.caller(ctx)
	role, ok := sideOf(&t, who)
	if !ok {
		return sight{}, hidden
	}
	return sight{t, eyes{who, role, trade.At(s.now())}}, nil
}

func sideOf(t *trade.Trade, who identity.Principal) (trade.Role, bool) {
	switch who.Kind {
	case identity.Operator:
		return trade.Operator, who.May(party.View)
	case identity.Merchant:
		return trade.Seller, t.Merchant == who.ID
	case identity.User:
		return trade.Buyer, t.Buyer == who.ID || t.Buyer == 0 && t.Status == trade.WaitBuyerPay
	}
	return 0, false
}

// act reads a payment that the caller, on one of the sides, may do something
// to. Refusals: payment_not_found, forbidden.
func (s *Server) act(ctx context.Context, field, id string, right party.Act, sides ...trade.Role) (sight, error) {
	seen, err := s.see(ctx, field, id)
	if err != nil {
		return seen, err
	}
	for _, side := range sides {
		if seen.role == side && seen.who.May(right) {
			return seen, nil
		}
	}
	return seen, refusal.New(refusal.Forbidden, "the %s may not: %s", seen.role, right)
}

// seeDispute reads the dispute of an id, with its payment, for the caller.
// Refusal: not_found.
func (s *Server) seeDispute(ctx context.Context, id string) (sight, *trade.Dispute, error) {
	paymentID, no, ok := parseDisputeID(id)
	if !ok {
		return sight{}, nil, notFound("id", "dispute")
	}
	seen, err := s.see(ctx, "id", paymentID)
	if refusal.Of(err) != nil {
		return seen, nil, notFound("id", "dispute")
	}
	if err != nil {
		return seen, nil, err
	}
	for _, d := range disputesOf(&seen.Trade) {
		if d.No == no {
			return seen, &d, nil
		}
	}
	return seen, nil, notFound("id", "dispute")
}

// payment renders a trade that an act left, for the one who acted.
func (s *Server) payment(ctx context.Context, seen sight, t trade.Trade, err error) (*answer[Payment], error) {
	if err != nil {
		return nil, err
	}
	l := s.look(ctx)
	view := l.payment(&t, eyes{seen.who, seen.role, trade.At(s.now())})
	return render(view, l.err)
}
