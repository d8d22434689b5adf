package openapi

import "tongbao/internal/ledger"

// Account is one account of the caller's.
type Account struct {
	ID        string `json:"id" example:"user:2088000000000012:CNY"`
	Kind      string `json:"kind" example:"user"`
	Owner     string `json:"owner" example:"2088000000000012"`
	Currency  string `json:"currency" example:"CNY"`
	Balance   int64  `json:"balance" example:"128000"`
	Held      int64  `json:"held" example:"0"`
	Available int64  `json:"available" example:"128000"`
}

func (s *Server) account(a ledger.Account) Account {
	return Account{ID: a.ID.String(), Kind: a.ID.Kind.String(), Owner: idText(a.ID.Owner), Currency: a.ID.Currency.String(),
		Balance: int64(a.Balance), Held: int64(a.Held), Available: int64(a.Available())}
}
