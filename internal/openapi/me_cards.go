package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (s *Server) registerCards(api huma.API) {
	const tag = "People"
	add(api, op{ID: "list-cards", Path: "/v1/me/cards", Tag: tag, Who: user | merchant, Summary: "My bound bank cards"}, s.listCards)
	add(api, op{ID: "add-card", Method: http.MethodPost, Path: "/v1/me/cards", Tag: tag, Who: user | merchant, Status: http.StatusCreated, Summary: "Bind a bank card",
		Doc: "The number goes to the bank and is not kept.", Codes: []refusal.Code{refusal.IdentityInvalid}}, s.addCard)
	add(api, op{ID: "remove-card", Method: http.MethodDelete, Path: "/v1/me/cards/{id}", Tag: tag, Who: user | merchant, Summary: "Unbind a bank card",
		Doc: "What is under way with it goes on.", Codes: []refusal.Code{refusal.NotFound}}, s.removeCard)
	add(api, op{ID: "list-banks", Path: "/v1/banks", Tag: tag, Who: anyone, Summary: "The banks whose cards can be bound"}, s.listBanks)
}

// BankCard is a bound card.
type BankCard struct {
	ID           string `json:"id" example:"card_abcdefghjkmnpqrstuvw"`
	BankName     string `json:"bank_name" example:"中国工商银行"`
	BankCode     string `json:"bank_code" example:"ICBC"`
	Last4        string `json:"last4" example:"1234"`
	Kind         string `json:"kind" enum:"debit,credit"`
	HolderMasked string `json:"holder_masked" example:"王*"`
}

// Bank is one whose cards can be bound.
type Bank struct {
	Code string `json:"code" example:"ICBC"`
	Name string `json:"name" example:"中国工商银行"`
}

// bankCard shows a card. A bank that is not connected any more is called by its code.
func (s *Server) bankCard(c party.BankCard) BankCard {
	v := BankCard{ID: c.ID, BankName: c.Bank, BankCode: c.Bank, Last4: c.Last4, Kind: string(c.Kind), HolderMasked: c.HolderMasked()}
	for _, bank := range s.opt.Banks {
		if bank.Code == c.Bank {
			v.BankName = bank.Name
		}
	}
	return v
}

func (s *Server) cards(ctx context.Context, owner uint64) ([]BankCard, error) {
	kept, err := s.opt.Identity.CardsOf(ctx, owner)
	views := []BankCard{}
	for _, c := range kept {
		views = append(views, s.bankCard(c))
	}
	return views, err
}

func (s *Server) listCards(ctx context.Context, _ *struct{}) (*answer[Page[BankCard]], error) {
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	cards, err := s.cards(ctx, who.ID)
	return render(Page[BankCard]{Data: cards}, err)
}

// NewCard is a card to bind.
type NewCard struct {
	BankCode   string       `json:"bank_code" minLength:"1" maxLength:"16" example:"ICBC"`
	CardNumber party.Secret `json:"card_number" minLength:"1" maxLength:"40" example:"6222020200112233445"`
	HolderName string       `json:"holder_name" minLength:"1" maxLength:"240" example:"王伟"`
	Kind       *string      `json:"kind,omitempty" nullable:"true" enum:"debit,credit" doc:"debit by default."`
}

func (s *Server) addCard(ctx context.Context, in *struct{ Body NewCard }) (*answer[BankCard], error) {
	who, err := s.party(ctx, party.ManageCards)
	if err != nil {
		return nil, err
	}
	if !s.connected(in.Body.BankCode) {
		return nil, refusal.In("bank_code", refusal.InvalidField, "no bank of this code is connected; GET /v1/banks lists them")
	}
	card, err := s.opt.Identity.AddCard(ctx, s.ask(ctx), who.ID, identity.NewCard{
		Bank: in.Body.BankCode, Kind: party.CardKind(given(in.Body.Kind)), Number: in.Body.CardNumber, Holder: in.Body.HolderName})
	return render(s.bankCard(card), err)
}

func (s *Server) connected(bank string) bool {
	for _, b := range s.opt.Banks {
		if b.Code == bank {
			return true
		}
	}
	return false
}

func (s *Server) removeCard(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"128"`
}) (*struct{}, error) {
	who, err := s.party(ctx, party.ManageCards)
	if err != nil {
		return nil, err
	}
	return nil, blame(s.opt.Identity.RemoveCard(ctx, s.ask(ctx), who.ID, in.ID), "card_id", "id")
}

func (s *Server) listBanks(context.Context, *struct{}) (*answer[Page[Bank]], error) {
	page := Page[Bank]{Data: []Bank{}}
	page.Data = append(page.Data, s.opt.Banks...)
	return &answer[Page[Bank]]{Body: page}, nil
}
