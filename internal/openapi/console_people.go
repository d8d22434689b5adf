package openapi

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

// PersonFile is a person as operators see one: known, and masked.
type PersonFile struct {
	ID                         string     `json:"id" example:"2088000000000012"`
	PhoneMasked                string     `json:"phone_masked" example:"138****5678"`
	Nickname                   string     `json:"nickname" example:"Xiaowei"`
	NameMasked                 *string    `json:"name_masked" example:"王*"`
	IDNumberMasked             *string    `json:"id_number_masked" example:"1****************X"`
	Tier                       string     `json:"tier" enum:"unknown,I,II,III"`
	Limits                     MyLimits   `json:"limits"`
	HasPaymentPassword         bool       `json:"has_payment_password"`
	PaymentPasswordTries       int        `json:"payment_password_tries" doc:"Wrong ones since the last right one."`
	PaymentPasswordLockedUntil MaybeTime  `json:"payment_password_locked_until"`
	PasswordChangedAt          Time       `json:"password_changed_at"`
	VerifiedAt                 MaybeTime  `json:"verified_at"`
	CreatedAt                  Time       `json:"created_at"`
	Locale                     string     `json:"locale"`
	Accounts                   []Account  `json:"accounts"`
	Cards                      []BankCard `json:"cards"`
	Devices                    []Device   `json:"devices"`
}

func (s *Server) getPerson(ctx context.Context, in *ByID) (*answer[PersonFile], error) {
	if _, err := s.operator(ctx, party.View); err != nil {
		return nil, err
	}
	id, err := party.ParseID(in.ID)
	if err != nil {
		return nil, notFound("id", "person")
	}
	p, err := s.opt.Identity.Person(ctx, id)
	if err != nil {
		return nil, named("id", err)
	}
	account, err := s.opt.Engine.Store().Account(ctx, pay.BalanceOf(id, wallet))
	if err != nil {
		return nil, err
	}
	cards, err := s.cards(ctx, id)
	if err != nil {
		return nil, err
	}
	devices, err := s.opt.Identity.DevicesOf(ctx, identity.Principal{Kind: identity.User, ID: id, Subject: party.FormatID(id), Face: party.Wallet})
	if err != nil {
		return nil, err
	}
	now := s.now()
	file := PersonFile{
		ID: in.ID, PhoneMasked: p.PhoneMasked(), Nickname: p.Nickname, Tier: party.TierName(p.Tier), Limits: limitsOf(account, engine.DayOf(now, s.opt.Engine.Zone())),
		HasPaymentPassword: p.HasPaymentPassword(), PaymentPasswordTries: p.PaymentTries.Count,
		PaymentPasswordLockedUntil: MaybeTime(p.PaymentTries.LockedUntil(now.UnixMilli())), PasswordChangedAt: Time(p.Login.Changed),
		VerifiedAt: MaybeTime(p.Verified), CreatedAt: Time(p.Created), Locale: p.Locale, Accounts: []Account{s.account(account)}, Cards: cards, Devices: []Device{},
	}
	if p.Name != "" {
		file.NameMasked, file.IDNumberMasked = maybe(party.MaskGivenName(p.Name)), maybe(p.IDNumber.String())
	}
	for _, d := range devices {
		file.Devices = append(file.Devices, Device{ID: d.ID, Name: d.Name, FirstSeenAt: Time(d.First), LastSeenAt: Time(d.Last)})
	}
	return &answer[PersonFile]{Body: file}, nil
}

// MerchantFile is a merchant as operators see one.
type MerchantFile struct {
	ID        string       `json:"id" example:"2088800000000016"`
	Name      string       `json:"name" example:"Lane Market"`
	FeeRate   int64        `json:"fee_rate" example:"6000" doc:"In millionths."`
	Status    string       `json:"status" enum:"active,frozen"`
	CreatedAt Time         `json:"created_at"`
	Accounts  []Account    `json:"accounts" doc:"Its balance, and what is in escrow for it."`
	Cards     []BankCard   `json:"cards"`
	Team      []TeamMember `json:"team"`
	Keys      []KeyOf      `json:"keys"`
}

// TeamMember is one of a merchant's staff, to an operator.
type TeamMember struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Login     string `json:"login"`
	Role      string `json:"role"`
	CreatedAt Time   `json:"created_at"`
}

// KeyOf is one of a merchant's API keys, to an operator.
type KeyOf struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Prefix    string    `json:"prefix"`
	Scope     string    `json:"scope"`
	CreatedAt Time      `json:"created_at"`
	UsedAt    MaybeTime `json:"used_at"`
	RevokedAt MaybeTime `json:"revoked_at"`
}

func (s *Server) getMerchantFile(ctx context.Context, in *ByID) (*answer[MerchantFile], error) {
	if _, err := s.operator(ctx, party.View); err != nil {
		return nil, err
	}
	id, err := party.ParseID(in.ID)
	if err != nil {
		return nil, notFound("id", "merchant")
	}
	m, err := s.opt.Identity.Merchant(ctx, id)
	if err != nil {
		return nil, named("id", err)
	}
	file := MerchantFile{ID: in.ID, Name: m.Name, FeeRate: int64(m.FeeRate), Status: string(m.Status), CreatedAt: Time(m.Created), Team: []TeamMember{}, Keys: []KeyOf{}}
	for _, kind := range []ledger.Kind{ledger.Merchant, ledger.Escrow} {
		account, err := s.opt.Engine.Store().Account(ctx, ledger.Of(kind, id, wallet))
		if err != nil {
			return nil, err
		}
		file.Accounts = append(file.Accounts, s.account(account))
	}
	if file.Cards, err = s.cards(ctx, id); err != nil {
		return nil, err
	}
	team, err := s.opt.Identity.Team(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, t := range team {
		file.Team = append(file.Team, TeamMember{ID: t.ID, Name: t.Name, Login: t.LoginAs, Role: string(t.Role), CreatedAt: Time(t.Created)})
	}
	keys, err := s.opt.Identity.KeysOf(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		file.Keys = append(file.Keys, KeyOf{ID: k.ID, Name: k.Name, Prefix: k.Prefix(), Scope: string(k.Scope), CreatedAt: Time(k.Created), UsedAt: MaybeTime(k.Used), RevokedAt: MaybeTime(k.Revoked)})
	}
	return &answer[MerchantFile]{Body: file}, nil
}
