package openapi

import (
	"context"
	"strconv"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// AccountFile is an account as operators see one.
type AccountFile struct {
	Account
	Entries uint64     `json:"entries" doc:"How many it has."`
	Last    uint64     `json:"last" doc:"Journal position of the newest."`
	Tier    string     `json:"tier" enum:"none,unknown,I,II,III"`
	Limits  *MyLimits  `json:"limits" doc:"Of a person's."`
	Holds   []OpenHold `json:"holds" doc:"Open ones; they sum to held."`
}

// OpenHold is what keeps a part of a balance from being spent.
type OpenHold struct {
	ID        string    `json:"id"`
	Amount    int64     `json:"amount" doc:"As authorised."`
	Rest      int64     `json:"rest" doc:"Still held."`
	For       string    `json:"for" doc:"A withdrawal's id, or the merchant's words."`
	ExpiresAt MaybeTime `json:"expires_at"`
}

const mostHolds = 100

func (s *Server) getAccountFile(ctx context.Context, in *ByID) (*answer[AccountFile], error) {
	if _, err := s.operator(ctx, party.View); err != nil {
		return nil, err
	}
	id, err := accountNamed("id", in.ID)
	if err != nil {
		return nil, err
	}
	from := s.opt.Engine.Store()
	a, err := from.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	a.ID = id
	file := AccountFile{Account: s.account(a), Entries: a.Entries, Last: a.Last, Tier: party.TierName(a.Tier), Holds: []OpenHold{}}
	if id.Kind == ledger.User {
		limits := limitsOf(a, engine.DayOf(s.now(), s.opt.Engine.Zone()))
		file.Limits = &limits
	}
	// The index's Sort is the account's name alone, so this is its stretch.
	held, err := pay.Holds.Scan(ctx, from, store.Range{Index: pay.HoldsOpen, From: id.String(), Until: id.String() + "\x01", Limit: mostHolds})
	if err != nil {
		return nil, err
	}
	for _, item := range held {
		h := item.Value
		file.Holds = append(file.Holds, OpenHold{ID: h.ID, Amount: int64(h.Amount), Rest: int64(h.Rest()), For: h.For, ExpiresAt: MaybeTime(h.Expires)})
	}
	return &answer[AccountFile]{Body: file}, nil
}

// accountNamed reads an account's name. Refusals: missing_field, account_not_found.
func accountNamed(field, text string) (ledger.AccountID, error) {
	if text == "" {
		return ledger.AccountID{}, refusal.In(field, refusal.MissingField, "name the account, as kind:owner:currency")
	}
	id, err := ledger.ParseAccountID(text)
	if err != nil || id.String() != text {
		return id, refusal.In(field, refusal.AccountNotFound, "no such account; it is written kind:owner:currency")
	}
	return id, nil
}

// AccountEntry is a line of an account's history, with what made it.
type AccountEntry struct {
	Account      string `json:"account"`
	Number       uint64 `json:"number" doc:"In the account's history, from 1."`
	At           Time   `json:"at"`
	Why          string `json:"why" example:"payment"`
	Amount       int64  `json:"amount" doc:"On the account's normal side: what the balance changed by."`
	BalanceAfter int64  `json:"balance_after"`
	HeldAfter    int64  `json:"held_after"`
	Position     uint64 `json:"position" doc:"Of the command, in the journal."`
	Command      string `json:"command"`
	CommandName  string `json:"command_name" example:"pay_trade"`
}

func (s *Server) listAccountEntries(ctx context.Context, in *struct {
	Paging
	Account string `query:"account" maxLength:"128" example:"user:2088000000000012:CNY"`
}) (*answer[Page[AccountEntry]], error) {
	if _, err := s.operator(ctx, party.View); err != nil {
		return nil, err
	}
	id, err := accountNamed("account", in.Account)
	if err != nil {
		return nil, err
	}
	bound := store.Range{Index: "console entries", From: in.Account}
	before, err := s.numberCursor(ctx, in.Cursor, bound)
	if err != nil {
		return nil, err
	}
	history, err := s.opt.Engine.Store().History(ctx, id, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	page := Page[AccountEntry]{Data: []AccountEntry{}}
	if len(history) > in.Limit {
		history = history[:in.Limit]
		if page.NextCursor, err = s.sealCursor(ctx, strconv.FormatUint(history[in.Limit-1].Leg.Number, 10), bound, ""); err != nil {
			return nil, err
		}
	}
	for _, m := range history {
		page.Data = append(page.Data, AccountEntry{
			Account: in.Account, Number: m.Leg.Number, At: Time(m.At / 1000), Why: string(m.Leg.Why), Amount: int64(m.Leg.Change()),
			BalanceAfter: int64(m.Leg.After), HeldAfter: int64(m.Leg.Held), Position: m.Position, Command: m.Command, CommandName: m.Name})
	}
	return &answer[Page[AccountEntry]]{Body: page}, nil
}

// numberCursor is a cursor that names a number; 0 where there is none.
func (s *Server) numberCursor(ctx context.Context, cursor string, bound store.Range) (uint64, error) {
	at, err := s.openCursor(ctx, cursor, bound, "")
	if err != nil || at == "" {
		return 0, err
	}
	n, err := strconv.ParseUint(at, 10, 64)
	if err != nil {
		return 0, refusal.In("cursor", refusal.InvalidCursor, "the cursor is not one of this list")
	}
	return n, nil
}
