package openapi

import (
	"context"

	"tongbao/internal/bank"
	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/store"
)

// Unknown is a top-up or withdrawal that a bank has not answered.
type Unknown struct {
	ID          string    `json:"id" example:"tu_5f0c2a7b9d3e4f1a2b3c4d5e"`
	Kind        string    `json:"kind" enum:"top_up,withdrawal"`
	Owner       PartyRef  `json:"owner"`
	Amount      int64     `json:"amount"`
	Currency    string    `json:"currency"`
	Card        string    `json:"card" example:"ICBC ****1234"`
	Bank        uint64    `json:"bank"`
	Attempts    int       `json:"attempts" doc:"How often the bank was told or asked."`
	Detail      string    `json:"detail"`
	CreatedAt   Time      `json:"created_at"`
	NextCheckAt MaybeTime `json:"next_check_at"`
}

func (s *Server) listUnknowns(ctx context.Context, in *struct{ Paging }) (*answer[Page[Unknown]], error) {
	if _, err := s.operator(ctx, party.View); err != nil {
		return nil, err
	}
	l := s.look(ctx)
	return list(ctx, s, pay.BankOrders, store.Range{Index: pay.BankOrdersUnknown}, in.Paging, "", nil, func(item engine.Item[pay.BankOrder]) (Unknown, error) {
		o := item.Value
		kind := "top_up"
		if o.Direction == bank.Out {
			kind = "withdrawal"
		}
		return Unknown{ID: o.ID, Kind: kind, Owner: l.partyRef(o.Owner), Amount: int64(o.Amount), Currency: o.Currency.String(), Card: o.CardLabel, Bank: o.Bank,
			Attempts: o.Attempts, Detail: o.Detail, CreatedAt: Time(o.Created), NextCheckAt: MaybeTime(o.NextCheck)}, l.err
	})
}
