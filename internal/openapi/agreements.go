package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/agreement"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
)

func (s *Server) registerAgreements(api huma.API) {
	const tag = "Agreements"
	add(api, op{ID: "list-agreements", Path: "/v1/agreements", Tag: tag, Who: user | merchant, Summary: "List agreements to be charged",
		Doc: "By which merchants may take money without asking each time: those that were signed, newest first.", Codes: []refusal.Code{refusal.InvalidCursor}}, s.listAgreements)
	add(api, op{ID: "get-agreement", Path: "/v1/agreements/{id}", Tag: tag, Who: user | merchant | operator, Summary: "Look at an agreement",
		Doc: "A proposal can be seen by whoever may sign it.", Codes: []refusal.Code{refusal.AgreementNotFound}}, s.getAgreement)
	add(api, op{ID: "sign-agreement", Method: http.MethodPost, Path: "/v1/agreements/{id}/sign", Tag: tag, Who: user, Summary: "Agree",
		Codes: []refusal.Code{refusal.AgreementNotFound, refusal.AgreementStateRefused, refusal.BuyerMismatch, refusal.PaymentPasswordMissing, refusal.PaymentPasswordWrong,
			refusal.PaymentPasswordLocked, refusal.PaymentPasswordUnset}}, s.signAgreement)
	add(api, op{ID: "end-agreement", Method: http.MethodPost, Path: "/v1/agreements/{id}/end", Tag: tag, Who: user | merchant, Summary: "End an agreement",
		Doc: "At once; what was paid stays paid. Either side may.", Codes: []refusal.Code{refusal.AgreementNotFound, refusal.AgreementStateRefused}}, s.endAgreement)
}

// Agreement is a person's consent to be charged by a merchant.
type Agreement struct {
	ID         string      `json:"id" example:"20181111345678901234"`
	Status     string      `json:"status" enum:"TEMP,NORMAL,STOP" doc:"Proposed, signed, ended."`
	Merchant   MerchantRef `json:"merchant"`
	Person     *PersonRef  `json:"person" doc:"Who signed."`
	ExternalNo string      `json:"external_no" example:"member-8812" doc:"The merchant's own number."`
	LogonID    string      `json:"logon_id" example:"lin@shop.example" doc:"Whom the merchant knows the person as."`
	Most       int64       `json:"most" example:"3000" doc:"What one charge may be at most."`
	Currency   string      `json:"currency" example:"CNY"`
	Plan       *ChargePlan `json:"plan" doc:"None where charges come when the person buys."`
	Times      int         `json:"times" example:"2" doc:"Charges so far."`
	Charged    int64       `json:"charged" example:"6000" doc:"Their sum."`
	ProposedAt Time        `json:"proposed_at"`
	SignBy     Time        `json:"sign_by"`
	SignedAt   MaybeTime   `json:"signed_at"`
	Until      MaybeTime   `json:"until" doc:"None where it is for good."`
	EndedAt    MaybeTime   `json:"ended_at"`
	EndedBy    *string     `json:"ended_by" enum:"person,merchant" example:"person"`
	ReturnURL  *string     `json:"return_url" example:"https://shop.example.com/signed" doc:"Where the browser goes back to."`
}

// ChargePlan is when charges come.
type ChargePlan struct {
	Unit  string `json:"unit" enum:"DAY,MONTH"`
	Every int    `json:"every" example:"1"`
	Next  string `json:"next" example:"2018-12-11" doc:"The planned day of the next one, which comes five days before it at the earliest."`
	Total *int64 `json:"total" example:"36000"`
	Times *int   `json:"times" example:"12"`
	First string `json:"first" example:"2018-11-11"`
}

func (l *look) agreement(a *agreement.Agreement, who identity.Principal) Agreement {
	v := Agreement{ID: a.ID, Status: string(a.Status), Merchant: l.merchantRef(a.Merchant), Person: l.personRef(a.Person), ExternalNo: a.ExternalNo, LogonID: a.LogonID,
		Most: int64(a.Most()), Currency: "CNY", Times: a.Times, Charged: int64(a.Charged), ProposedAt: Time(a.Proposed), SignBy: Time(a.SignBy),
		SignedAt: MaybeTime(a.Signed), Until: MaybeTime(a.Until), EndedAt: MaybeTime(a.Ended), EndedBy: maybe(a.EndedBy)}
	if p := a.Period; p.Given() {
		v.Plan = &ChargePlan{Unit: string(p.Unit), Every: p.Every, Next: a.Next, First: p.First}
		if p.Total != 0 {
			total := int64(p.Total)
			v.Plan.Total = &total
		}
		if p.Times != 0 {
			v.Plan.Times = &p.Times
		}
	}
	if who.Kind == identity.User {
		v.ReturnURL = maybe(a.Asked[pay.AskedReturn])
	}
	return v
}

// seeAgreement is the agreement, where the caller may see it.
func (s *Server) seeAgreement(ctx context.Context, id string) (agreement.Agreement, identity.Principal, error) {
	who := s.caller(ctx)
	if err := (user | merchant | operator).admits(who); err != nil {
		return agreement.Agreement{}, who, err
	}
	a, err := s.opt.Desk.Agreement(ctx, id)
	if err != nil && refusal.Of(err) == nil {
		return a, who, err
	}
	visible := err == nil && (who.Kind == identity.Operator || who.Kind == identity.Merchant && a.Merchant == who.ID ||
		who.Kind == identity.User && (a.Person == who.ID || a.Status == agreement.Temp && (a.Only == 0 || a.Only == who.ID)))
	if !visible {
		return a, who, refusal.In("id", refusal.AgreementNotFound, "no such agreement")
	}
	return a, who, nil
}

func (s *Server) listAgreements(ctx context.Context, in *struct{ Paging }) (*answer[Page[Agreement]], error) {
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	index := pay.AgreementsOfPerson
	if who.Kind == identity.Merchant {
		index = pay.AgreementsOfMerchant
	}
	l := s.look(ctx)
	return list(ctx, s, pay.Agreements, under(index, idText(who.ID)), in.Paging, "",
		func(engine.Item[agreement.Agreement]) bool { return true },
		func(item engine.Item[agreement.Agreement]) (Agreement, error) {
			return l.agreement(&item.Value, who), l.err
		})
}

func (s *Server) getAgreement(ctx context.Context, in *ByID) (*answer[Agreement], error) {
	a, who, err := s.seeAgreement(ctx, in.ID)
	return s.agreement(ctx, a, who, err)
}

func (s *Server) agreement(ctx context.Context, a agreement.Agreement, who identity.Principal, err error) (*answer[Agreement], error) {
	if err != nil {
		return nil, err
	}
	l := s.look(ctx)
	v := l.agreement(&a, who)
	return render(v, l.err)
}

// Consent is the proof that it is the person who agrees.
type Consent struct {
	PaymentPassword party.Secret `json:"payment_password" maxLength:"64" example:"258036"`
}

func (s *Server) signAgreement(ctx context.Context, in *struct {
	ByID
	Body Consent
}) (*answer[Agreement], error) {
	a, who, err := s.seeAgreement(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := s.only(ctx, user, party.Pay); err != nil {
		return nil, err
	}
	a, err = s.opt.Desk.SignAgreement(ctx, s.by(ctx), s.command(ctx), a.ID, who.ID, in.Body.PaymentPassword)
	return s.agreement(ctx, a, who, named("id", err))
}

func (s *Server) endAgreement(ctx context.Context, in *ActOn) (*answer[Agreement], error) {
	a, who, err := s.seeAgreement(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	right, by := party.ManageWallet, agreement.ByPerson
	if who.Kind == identity.Merchant {
		right, by = party.CreatePayment, agreement.ByMerchant
	}
	if _, err := s.party(ctx, right); err != nil {
		return nil, err
	}
	a, err = s.opt.Desk.EndAgreement(ctx, s.by(ctx), s.command(ctx), a.ID, by)
	return s.agreement(ctx, a, who, named("id", err))
}
