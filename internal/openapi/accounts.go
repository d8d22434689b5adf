package openapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/ledger"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (s *Server) registerAccounts(api huma.API) {
	const tag = "Accounts"
	codes := []refusal.Code{refusal.AccountNotFound}
	add(api, op{ID: "list-accounts", Path: "/v1/accounts", Tag: tag, Who: user | merchant, Summary: "My accounts", Doc: "A person has a balance; a merchant a balance, and what is in escrow for it."}, s.listAccounts)
	add(api, op{ID: "get-account", Path: "/v1/accounts/{id}", Tag: tag, Who: user | merchant | operator, Summary: "Look at an account", Codes: codes}, s.getAccount)
	add(api, op{ID: "get-balance", Path: "/v1/accounts/{id}/balance", Tag: tag, Who: user | merchant | operator, Summary: "The balance at a past moment", Codes: codes}, s.getBalance)
}

func (s *Server) listAccounts(ctx context.Context, _ *struct{}) (*answer[Page[Account]], error) {
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	page := Page[Account]{Data: []Account{}}
	for _, id := range accountsOf(who) {
		a, err := s.opt.Engine.Store().Account(ctx, id)
		if err != nil {
			return nil, err
		}
		page.Data = append(page.Data, s.account(a))
	}
	return render(page, nil)
}

func (s *Server) getAccount(ctx context.Context, in *ByID) (*answer[Account], error) {
	id, err := s.seeAccount(ctx, "id", in.ID)
	if err != nil {
		return nil, err
	}
	a, err := s.opt.Engine.Store().Account(ctx, id)
	return show(a, err, func(a *ledger.Account) Account { return s.account(*a) })
}

// PastBalance is what stood on an account at a moment.
type PastBalance struct {
	Account  string `json:"account" example:"user:2088000000000012:CNY"`
	At       Time   `json:"at"`
	Balance  int64  `json:"balance" example:"128000"`
	Held     int64  `json:"held" example:"0" doc:"As the newest entry until then found it."`
	Currency string `json:"currency" example:"CNY"`
	Entry    uint64 `json:"entry" example:"17" doc:"The number of the newest entry until then; 0 for none."`
}

func (s *Server) getBalance(ctx context.Context, in *struct {
	ByID
	At time.Time `query:"at" doc:"Now, by default."`
}) (*answer[PastBalance], error) {
	id, err := s.seeAccount(ctx, "id", in.ID)
	if err != nil {
		return nil, err
	}
	at := in.At
	if at.IsZero() {
		at = s.now()
	}
	v := PastBalance{Account: id.String(), At: Time(at.UnixMilli()), Currency: id.Currency.String()}
	newest, err := s.entryAt(ctx, id, at)
	if err != nil || newest == nil {
		return render(v, err)
	}
	v.Balance, v.Held, v.Entry = int64(newest.After), int64(newest.Held), newest.Number
	return render(v, nil)
}

// entryAt is an account's newest entry at or before a moment; nil for none.
func (s *Server) entryAt(ctx context.Context, id ledger.AccountID, at time.Time) (*ledger.Leg, error) {
	number, err := s.opt.Engine.Store().HistoryAt(ctx, id, at.UnixMicro())
	if err != nil || number == 0 {
		return nil, err
	}
	history, err := s.opt.Engine.Store().History(ctx, id, number+1, 1)
	if err != nil || len(history) == 0 {
		return nil, err
	}
	return &history[0].Leg, nil
}
