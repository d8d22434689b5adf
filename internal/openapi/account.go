package openapi

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// Account is a place where money stands.
type Account struct {
	ID         string `json:"id" example:"user:2088000000000012:CNY"`
	Kind       string `json:"kind" enum:"user,merchant,escrow,fee_income,client_funds,suspense,own_funds" example:"user"`
	Owner      string `json:"owner" example:"2088000000000012"`
	Currency   string `json:"currency" example:"CNY"`
	Balance    int64  `json:"balance" example:"128000"`
	Held       int64  `json:"held" example:"0" doc:"Set aside by open holds."`
	Available  int64  `json:"available" example:"128000" doc:"What may be spent: balance less held."`
	SpentToday *int64 `json:"spent_today" example:"12800" doc:"Of a person's balance, by the business day."`
	SpentYear  *int64 `json:"spent_year" example:"12800"`
}

func (s *Server) account(a ledger.Account) Account {
	v := Account{ID: a.ID.String(), Kind: a.ID.Kind.String(), Owner: idText(a.ID.Owner), Currency: a.ID.Currency.String(),
		Balance: int64(a.Balance), Held: int64(a.Held), Available: int64(a.Available())}
	if a.ID.Kind == ledger.User {
		meter := a.Meter.At(engine.DayOf(s.now(), s.opt.Engine.Zone()))
		today, year := int64(meter.Today), int64(meter.ThisYear)
		v.SpentToday, v.SpentYear = &today, &year
	}
	return v
}

// accountsOf are the accounts that a party sees as its own.
func accountsOf(who identity.Principal) []ledger.AccountID {
	if who.Kind == identity.Merchant {
		return []ledger.AccountID{ledger.Of(ledger.Merchant, who.ID, wallet), ledger.Of(ledger.Escrow, who.ID, wallet)}
	}
	return []ledger.AccountID{ledger.Of(ledger.User, who.ID, wallet)}
}

// seeAccount is an account that the caller may look at: its own, or for
// operators any. Empty is the caller's balance. Refusal: account_not_found.
func (s *Server) seeAccount(ctx context.Context, field, text string) (ledger.AccountID, error) {
	who := s.caller(ctx)
	if text == "" && who.Kind != identity.Operator {
		return accountsOf(who)[0], nil
	}
	if text == "" {
		return ledger.AccountID{}, refusal.In(field, refusal.MissingField, "an operator names the account")
	}
	hidden := refusal.In(field, refusal.AccountNotFound, "no such account")
	id, err := ledger.ParseAccountID(text)
	if err != nil || id.String() != text {
		return id, hidden
	}
	if who.Kind == identity.Operator {
		if !who.May(party.View) {
			return id, hidden
		}
		return id, nil
	}
	own := id.Kind == ledger.User && who.Kind == identity.User || (id.Kind == ledger.Merchant || id.Kind == ledger.Escrow) && who.Kind == identity.Merchant
	if !own || id.Owner != who.ID {
		return id, hidden
	}
	return id, nil
}
