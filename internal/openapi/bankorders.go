package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/bank"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
)

func (s *Server) registerBankOrders(api huma.API) {
	codes := []refusal.Code{refusal.NotFound, refusal.InvalidAmount, refusal.CurrencyMismatch, refusal.PaymentPasswordWrong, refusal.PaymentPasswordLocked, refusal.PaymentPasswordUnset,
		refusal.BankRefused, refusal.VelocityExceeded, refusal.RiskRefused}
	who, notFound, list := user|merchant, []refusal.Code{refusal.NotFound}, []refusal.Code{refusal.InvalidCursor}
	add(api, op{ID: "create-top-up", Method: http.MethodPost, Path: "/v1/top-ups", Tag: "Top-ups", Who: who, Status: http.StatusCreated, Summary: "Bring money in from a card",
		Doc: "The bank is told at once and answers soon: ask again, or wait for top_up.updated. unknown means that the bank did not say; it is asked until it does.", Codes: codes}, s.createTopUp)
	add(api, op{ID: "list-top-ups", Path: "/v1/top-ups", Tag: "Top-ups", Who: who, Summary: "List top-ups", Codes: list}, s.listTopUps)
	add(api, op{ID: "get-top-up", Path: "/v1/top-ups/{id}", Tag: "Top-ups", Who: who | operator, Summary: "Look at a top-up", Codes: notFound}, s.getTopUp)
	add(api, op{ID: "create-withdrawal", Method: http.MethodPost, Path: "/v1/withdrawals", Tag: "Withdrawals", Who: who, Status: http.StatusCreated, Summary: "Send money out to a card",
		Doc:   "It is held from now on, and leaves the balance when the bank says that it has paid.",
		Codes: append([]refusal.Code{refusal.InsufficientBalance, refusal.PaymentPasswordMissing}, codes...)}, s.createWithdrawal)
	add(api, op{ID: "list-withdrawals", Path: "/v1/withdrawals", Tag: "Withdrawals", Who: who, Summary: "List withdrawals", Codes: list}, s.listWithdrawals)
	add(api, op{ID: "get-withdrawal", Path: "/v1/withdrawals/{id}", Tag: "Withdrawals", Who: who | operator, Summary: "Look at a withdrawal", Codes: notFound}, s.getWithdrawal)
}

// BankOrder is a top-up or a withdrawal.
type BankOrder struct {
	ID          string    `json:"id" example:"tu_0a1b2c3d4e5f60718293a4b5"`
	Amount      int64     `json:"amount" example:"50000"`
	Currency    string    `json:"currency" example:"CNY"`
	Card        CardRef   `json:"card"`
	Status      string    `json:"status" enum:"instructed,unknown,succeeded,refused" example:"instructed"`
	CreatedAt   Time      `json:"created_at"`
	NextCheckAt MaybeTime `json:"next_check_at" doc:"When the bank is asked next."`
	FinishedAt  MaybeTime `json:"finished_at"`
	Detail      string    `json:"detail" example:"" doc:"The bank's words."`
	HoldID      *string   `json:"hold_id" example:"wd_0a1b2c3d4e5f60718293a4b5/owner" doc:"Of a withdrawal: what sets the money aside."`
	OwnerID     string    `json:"owner_id" example:"2088000000000012"`
}

// CardRef names a card.
type CardRef struct {
	ID    string `json:"id" example:"card_abcdefghijkmnpqr"`
	Label string `json:"label" example:"ICBC ****1234"`
}

func bankOrderView(o *pay.BankOrder) BankOrder {
	v := BankOrder{ID: o.ID, Amount: int64(o.Amount), Currency: o.Currency.String(), Card: CardRef{o.CardID, o.CardLabel}, Status: string(o.Status),
		CreatedAt: Time(o.Created), FinishedAt: MaybeTime(o.Finished), Detail: o.Detail, OwnerID: idText(o.Owner)}
	if !o.Status.Final() {
		v.NextCheckAt = MaybeTime(o.NextCheck)
	}
	if o.Direction == bank.Out {
		v.HoldID = maybe(o.ID + "/owner")
	}
	return v
}

// NewBankOrder asks for money to come in or go out.
type NewBankOrder struct {
	CardID          string       `json:"card_id" maxLength:"64" example:"card_abcdefghijkmnpqr"`
	Amount          int64        `json:"amount" minimum:"1" maximum:"10000000000" example:"50000"`
	Currency        string       `json:"currency" maxLength:"3" example:"CNY"`
	PaymentPassword party.Secret `json:"payment_password,omitempty" maxLength:"64" example:"258036" doc:"A person gives it for a withdrawal, and may for a top-up."`
}

// ordered is what both ways have in common before the desk is asked.
func (s *Server) ordered(ctx context.Context, right party.Act, n *NewBankOrder) (who identity.Principal, card party.BankCard, currency money.Currency, err error) {
	if who, err = s.party(ctx, right); err != nil {
		return
	}
	if currency, err = currencyIn("currency", n.Currency); err != nil {
		return
	}
	card, err = s.opt.Identity.Card(ctx, who.ID, n.CardID)
	return
}

func (s *Server) createTopUp(ctx context.Context, in *struct{ Body NewBankOrder }) (*answer[BankOrder], error) {
	who, card, currency, err := s.ordered(ctx, party.TopUp, &in.Body)
	if err != nil {
		return nil, err
	}
	if who.Kind == identity.User && in.Body.PaymentPassword != "" {
		if err := s.opt.Identity.CheckPaymentPassword(ctx, s.by(ctx), who.ID, in.Body.PaymentPassword); err != nil {
			return nil, err
		}
	}
	o, err := s.opt.Desk.TopUp(ctx, s.by(ctx), s.command(ctx), who.ID, card, money.Amount(in.Body.Amount), currency)
	return show(o, err, bankOrderView)
}

func (s *Server) createWithdrawal(ctx context.Context, in *struct{ Body NewBankOrder }) (*answer[BankOrder], error) {
	who, card, currency, err := s.ordered(ctx, party.Withdraw, &in.Body)
	if err != nil {
		return nil, err
	}
	o, err := s.opt.Desk.Withdraw(ctx, s.by(ctx), s.command(ctx), who.ID, card, money.Amount(in.Body.Amount), currency, in.Body.PaymentPassword)
	return show(o, err, bankOrderView)
}

type bankOrdersAsked struct {
	Paging
	Stretch
	Status string `query:"status" enum:"instructed,unknown,succeeded,refused"`
}

func (s *Server) listTopUps(ctx context.Context, in *bankOrdersAsked) (*answer[Page[BankOrder]], error) {
	return s.listBankOrders(ctx, bank.In, in)
}

func (s *Server) listWithdrawals(ctx context.Context, in *bankOrdersAsked) (*answer[Page[BankOrder]], error) {
	return s.listBankOrders(ctx, bank.Out, in)
}

func (s *Server) listBankOrders(ctx context.Context, direction bank.Direction, in *bankOrdersAsked) (*answer[Page[BankOrder]], error) {
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	prefix := idText(who.ID) + "/" + string(direction)
	return list(ctx, s, pay.BankOrders, in.within(under(pay.BankOrdersOf, prefix), prefix), in.Paging, in.Status,
		func(item engine.Item[pay.BankOrder]) bool {
			return in.Status == "" || string(item.Value.Status) == in.Status
		},
		func(item engine.Item[pay.BankOrder]) (BankOrder, error) { return bankOrderView(&item.Value), nil })
}

func (s *Server) getTopUp(ctx context.Context, in *ByID) (*answer[BankOrder], error) {
	return s.getBankOrder(ctx, bank.In, in.ID, "top-up")
}

func (s *Server) getWithdrawal(ctx context.Context, in *ByID) (*answer[BankOrder], error) {
	return s.getBankOrder(ctx, bank.Out, in.ID, "withdrawal")
}

func (s *Server) getBankOrder(ctx context.Context, direction bank.Direction, id, what string) (*answer[BankOrder], error) {
	o, ok, err := pay.BankOrders.Read(ctx, s.opt.Engine.Store(), id)
	if err != nil {
		return nil, err
	}
	who := s.caller(ctx)
	if !ok || o.Direction != direction || o.Owner != who.ID && who.Kind != identity.Operator {
		return nil, notFound("id", what)
	}
	return render(bankOrderView(&o), nil)
}
