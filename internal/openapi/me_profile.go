package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
)

func (s *Server) registerMe(api huma.API) {
	const tag = "People"
	add(api, op{ID: "get-me", Path: "/v1/me", Tag: tag, Who: user, Summary: "Who I am, and what I may spend"}, s.getMe)
	add(api, op{ID: "update-me", Method: http.MethodPatch, Path: "/v1/me", Tag: tag, Who: user, Summary: "Change my nickname or language"}, s.updateMe)
	add(api, op{ID: "verify-identity", Method: http.MethodPost, Path: "/v1/me/identity", Tag: tag, Who: user, Summary: "Prove my identity",
		Doc:   "basic makes class I, bank_card class II, face class III: what may be spent follows from it.",
		Codes: []refusal.Code{refusal.IdentityInvalid, refusal.IdentityTierRefused, refusal.IdentityTaken}}, s.verifyIdentity)
	s.registerPasswords(api)
	s.registerDevices(api)
	s.registerMessages(api)
	s.registerCards(api)
}

// Me is the person who is asking.
type Me struct {
	ID                         string     `json:"id" example:"2088000000000012"`
	PhoneMasked                string     `json:"phone_masked" example:"138****5678"`
	Nickname                   string     `json:"nickname" example:"Xiaowei"`
	NameMasked                 *string    `json:"name_masked" example:"*伟" doc:"Null while the identity is not proved."`
	Tier                       string     `json:"tier" enum:"unknown,I,II,III"`
	Limits                     MyLimits   `json:"limits"`
	HasPaymentPassword         bool       `json:"has_payment_password"`
	PaymentPasswordLockedUntil MaybeTime  `json:"payment_password_locked_until"`
	Locale                     string     `json:"locale" example:"zh-CN"`
	UnreadMessages             int        `json:"unread_messages" doc:"Counted as far as 100."`
	Balance                    Account    `json:"balance"`
	Cards                      []BankCard `json:"cards"`
	CreatedAt                  Time       `json:"created_at"`
}

// MyLimits are what a tier may spend from the balance; null is no limit.
type MyLimits struct {
	PerDay  *int64 `json:"per_day" example:"5000000"`
	PerYear *int64 `json:"per_year" example:"10000000"`
	ForLife *int64 `json:"for_life" example:"100000"`
	LeftNow *int64 `json:"left_now" example:"4872000" doc:"What may still be spent now under all of them."`
}

func limitsOf(a ledger.Account, day ledger.Day) MyLimits {
	most := a.Tier.Limits()
	return MyLimits{PerDay: limit(most.PerDay), PerYear: limit(most.PerYear), ForLife: limit(most.ForLife), LeftNow: limit(a.Left(day))}
}

func limit(amount money.Amount) *int64 {
	if amount == ledger.Unlimited {
		return nil
	}
	n := int64(amount)
	return &n
}

const mostUnread = 100

func (s *Server) me(ctx context.Context, who identity.Principal) (*answer[Me], error) {
	p, err := s.opt.Identity.Person(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	account, err := s.opt.Engine.Store().Account(ctx, pay.BalanceOf(who.ID, wallet))
	if err != nil {
		return nil, err
	}
	cards, err := s.cards(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	unread, err := s.opt.Identity.Unread(ctx, who.ID, mostUnread)
	if err != nil {
		return nil, err
	}
	now := s.now()
	return &answer[Me]{Body: Me{
		ID: idText(p.ID), PhoneMasked: p.PhoneMasked(), Nickname: p.Nickname, NameMasked: maybe(p.NameMasked()), Tier: party.TierName(p.Tier),
		Limits:             limitsOf(account, engine.DayOf(now, s.opt.Engine.Zone())),
		HasPaymentPassword: p.HasPaymentPassword(), PaymentPasswordLockedUntil: MaybeTime(p.PaymentTries.LockedUntil(now.UnixMilli())),
		Locale: p.Locale, UnreadMessages: unread, Balance: s.account(account), Cards: cards, CreatedAt: Time(p.Created),
	}}, nil
}

func (s *Server) getMe(ctx context.Context, _ *struct{}) (*answer[Me], error) {
	who, err := s.user(ctx)
	if err != nil {
		return nil, err
	}
	return s.me(ctx, who)
}

// ChangeMe is what a person may change freely.
type ChangeMe struct {
	Nickname *string `json:"nickname,omitempty" nullable:"true" maxLength:"80" example:"Xiaowei"`
	Locale   *string `json:"locale,omitempty" nullable:"true" maxLength:"20" example:"en"`
}

func (s *Server) updateMe(ctx context.Context, in *struct{ Body ChangeMe }) (*answer[Me], error) {
	who, err := s.only(ctx, user, party.ManageWallet)
	if err != nil {
		return nil, err
	}
	if _, err := s.opt.Identity.UpdateProfile(ctx, s.ask(ctx), who.ID, identity.ProfileChange{Nickname: in.Body.Nickname, Locale: in.Body.Locale}); err != nil {
		return nil, err
	}
	return s.me(ctx, who)
}

// ProveIdentity is a name and number, and how they are to be proved.
type ProveIdentity struct {
	Name     string `json:"name" minLength:"1" maxLength:"120" example:"王伟" doc:"As on the identity card."`
	IDNumber string `json:"id_number" minLength:"1" maxLength:"32" example:"11010519491231002X"`
	Proof    string `json:"proof" enum:"basic,bank_card,face"`
}

func (s *Server) verifyIdentity(ctx context.Context, in *struct{ Body ProveIdentity }) (*answer[Me], error) {
	who, err := s.only(ctx, user, party.ManageWallet)
	if err != nil {
		return nil, err
	}
	if err := s.prove(ctx, in.Body); err != nil {
		return nil, err
	}
	if _, err := s.opt.Identity.VerifyIdentity(ctx, s.ask(ctx), who.ID, in.Body.Name, in.Body.IDNumber, party.Proof(in.Body.Proof)); err != nil {
		return nil, err
	}
	return s.me(ctx, who)
}

// prove asks whoever knows who people are. The sandbox takes everybody at their
// word; where money is real and nobody is connected who knows, nobody's word
// raises a limit.
func (s *Server) prove(ctx context.Context, claim ProveIdentity) error {
	if s.opt.ProveIdentity != nil {
		return s.opt.ProveIdentity(ctx, claim.Name, claim.IDNumber, party.Proof(claim.Proof))
	}
	if s.mode() == party.Test {
		return nil
	}
	return refusal.New(refusal.Unavailable, "no source that knows identities is connected; nothing was changed")
}
