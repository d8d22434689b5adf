package openapi

import (
	"context"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// look finds the names that views show, each person once for a request. The
// first fault stays, and is asked for at the end.
type look struct {
	s      *Server
	ctx    context.Context
	people map[uint64]party.Person // nil until there is one
	err    error
}

func (s *Server) look(ctx context.Context) *look { return &look{s: s, ctx: ctx} }

// person is the zero Person where there is none.
func (l *look) person(id uint64) party.Person {
	p, known := l.people[id]
	if known || id == 0 || l.err != nil {
		return p
	}
	p, _, l.err = identity.People.Read(l.ctx, l.s.opt.Engine.Store(), party.FormatID(id))
	if l.people == nil {
		l.people = map[uint64]party.Person{}
	}
	l.people[id] = p
	return p
}

// merchant is the zero Merchant where there is none.
func (l *look) merchant(id uint64) (m party.Merchant) {
	if id == 0 || l.err != nil {
		return m
	}
	m, err := l.s.opt.Identity.Merchant(l.ctx, id)
	if err != nil && refusal.Of(err) == nil {
		l.err = err
	}
	return m
}

// MerchantRef names a merchant.
type MerchantRef struct {
	ID   string `json:"id" example:"2088800000000016"`
	Name string `json:"name" example:"Lane Market"`
}

// PersonRef names a person as others may see them.
type PersonRef struct {
	ID          string `json:"id" example:"2088000000000012"`
	Nickname    string `json:"nickname" example:"Xiaowei"`
	PhoneMasked string `json:"phone_masked" example:"138****5678"`
}

// PartyRef names a person or a merchant.
type PartyRef struct {
	ID         string  `json:"id" example:"2088000000000012"`
	Kind       string  `json:"kind" enum:"user,merchant" example:"user"`
	Nickname   string  `json:"nickname" example:"Xiaowei" doc:"A merchant's name."`
	NameMasked *string `json:"name_masked" example:"*伟" doc:"Of a person whose name is known."`
}

func (l *look) merchantRef(id uint64) MerchantRef {
	return MerchantRef{ID: idText(id), Name: l.merchant(id).Name}
}

func (l *look) personRef(id uint64) *PersonRef {
	if id == 0 {
		return nil
	}
	p := l.person(id)
	return &PersonRef{ID: idText(id), Nickname: p.Nickname, PhoneMasked: p.PhoneMasked()}
}

func (l *look) partyRef(id uint64) PartyRef {
	if party.IsMerchant(id) {
		return PartyRef{ID: idText(id), Kind: "merchant", Nickname: l.merchant(id).Name}
	}
	p := l.person(id)
	return PartyRef{ID: idText(id), Kind: "user", Nickname: p.Nickname, NameMasked: maybe(p.NameMasked())}
}
