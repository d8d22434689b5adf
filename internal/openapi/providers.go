package openapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (s *Server) registerProviders(api huma.API) {
	const tag = "Applications"
	add(api, op{ID: "look-at-provider-request", Path: "/v1/provider-requests", Tag: tag, Who: merchant, Summary: "Who wants to act for me",
		Doc: "What a service provider's page asks for, before I say yes.", Codes: []refusal.Code{refusal.NotFound}}, s.providerRequest)
	add(api, op{ID: "give-provider-grant", Method: http.MethodPost, Path: "/v1/provider-grants", Tag: tag, Who: merchant, Summary: "Let a provider's application act for me",
		Doc: "The answer is where my browser goes, with a code that the application trades in for its app_auth_token. Given again, the scopes take the place of those before. Owners only.", Codes: []refusal.Code{refusal.NotFound}}, s.giveProviderGrant)
	add(api, op{ID: "list-provider-grants", Path: "/v1/provider-grants", Tag: tag, Who: merchant, Summary: "Which applications of others act for me"}, s.listProviderGrants)
	add(api, op{ID: "end-provider-grant", Method: http.MethodDelete, Path: "/v1/provider-grants/{id}", Tag: tag, Who: merchant, Summary: "Let it act for me no more",
		Doc: "Every token that it had of me is void at once. Owners only.", Codes: []refusal.Code{refusal.NotFound}}, s.endProviderGrant)
}

// ProviderAsked is what a service provider's page asks of a merchant.
type ProviderAsked struct {
	AppID       string `json:"app_id" query:"app_id" maxLength:"16" example:"2021000012345678"`
	RedirectURI string `json:"redirect_uri" query:"redirect_uri" maxLength:"1024" example:"https://provider.example.com/granted"`
	State       string `json:"state,omitempty" query:"state" maxLength:"512" example:"8f2a"`
}

// ProviderRequest says who asks.
type ProviderRequest struct {
	AppID    string      `json:"app_id" example:"2021000012345678"`
	AppName  string      `json:"app_name" example:"Till software"`
	Merchant MerchantRef `json:"merchant" doc:"The provider."`
	Scopes   []string    `json:"scopes" example:"[\"trade\",\"data\"]" doc:"What can be granted: trade, deposit, agreement, complaint, data, transfer."`
	Given    []string    `json:"given" example:"[]" doc:"What I have granted it before."`
}

func (s *Server) askedProvider(ctx context.Context, act party.Act, in ProviderAsked) (who identity.Principal, app party.App, err error) {
	if who, err = s.merchant(ctx, act); err != nil {
		return who, app, err
	}
	app, err = s.opt.Identity.AppByID(ctx, in.AppID)
	if err == nil && app.Disabled != 0 {
		err = refusal.New(refusal.NotFound, "no such application")
	}
	if err != nil {
		return who, app, named("app_id", err)
	}
	return who, app, app.MayReturnTo(in.RedirectURI)
}

func (s *Server) providerRequest(ctx context.Context, in *struct{ ProviderAsked }) (*answer[ProviderRequest], error) {
	who, app, err := s.askedProvider(ctx, party.View, in.ProviderAsked)
	if err != nil {
		return nil, err
	}
	known, given, err := s.opt.Identity.Grant(ctx, who.ID, app.ID)
	if err != nil {
		return nil, err
	}
	l := s.look(ctx)
	v := ProviderRequest{AppID: app.ID, AppName: app.Name, Merchant: l.merchantRef(app.Merchant), Scopes: app.ProviderScopes(), Given: []string{}}
	if given && known.Ended == 0 {
		v.Given = known.Scopes
	}
	return render(v, l.err)
}

// ProviderGiven is what I grant.
type ProviderGiven struct {
	ProviderAsked
	Scopes    []string `json:"scopes" minItems:"1" maxItems:"10" example:"[\"trade\",\"data\"]"`
	AuthAppID string   `json:"auth_app_id,omitempty" maxLength:"16" example:"2021000087654321" doc:"My application by whose id the provider knows me; my oldest where none is named, and a new one where I have none."`
}

func (s *Server) giveProviderGrant(ctx context.Context, in *struct{ Body ProviderGiven }) (*answer[GrantGiven], error) {
	who, app, err := s.askedProvider(ctx, party.ManageKeys, in.Body.ProviderAsked)
	if err != nil {
		return nil, err
	}
	own := in.Body.AuthAppID
	if own == "" {
		if own, err = s.ownApp(ctx, who); err != nil {
			return nil, err
		}
	}
	code, err := s.opt.Identity.GiveAppGrant(ctx, s.ask(ctx), who.ID, app, own, in.Body.Scopes)
	if err != nil {
		return nil, err
	}
	return goWith(in.Body.RedirectURI, in.Body.State, map[string]string{"app_auth_code": code.Reveal(), "app_id": app.ID, "source": "alipay_app_auth"})
}

// ownApp is a merchant's oldest application in use, or a new one where it has none.
func (s *Server) ownApp(ctx context.Context, who identity.Principal) (string, error) {
	apps, err := s.opt.Identity.AppsOf(ctx, who.ID)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(apps, func(a party.App) bool { return a.Disabled == 0 }); i >= 0 {
		return apps[i].ID, nil
	}
	m, err := s.opt.Identity.Merchant(ctx, who.ID)
	if err != nil {
		return "", err
	}
	made, _, err := s.opt.Identity.CreateApp(ctx, s.ask(ctx), who.ID, identity.NewApp{Name: m.Name})
	return made.ID, err
}

// ProviderGrant is an application of another merchant's that acts for me.
type ProviderGrant struct {
	ID        string      `json:"id" example:"2021000012345678" doc:"The application."`
	AppName   string      `json:"app_name" example:"Till software"`
	Merchant  MerchantRef `json:"merchant" doc:"The provider."`
	Scopes    []string    `json:"scopes" example:"[\"trade\",\"data\"]"`
	AuthAppID string      `json:"auth_app_id" example:"2021000087654321" doc:"My application by whose id it knows me."`
	GivenAt   Time        `json:"given_at"`
}

func (s *Server) listProviderGrants(ctx context.Context, _ *struct{}) (*answer[Page[ProviderGrant]], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	grants, err := s.opt.Identity.GrantsOf(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	l := s.look(ctx)
	page := Page[ProviderGrant]{Data: []ProviderGrant{}}
	for _, g := range grants {
		app, err := s.opt.Identity.AppByID(ctx, g.App)
		if err != nil {
			return nil, err
		}
		page.Data = append(page.Data, ProviderGrant{ID: g.App, AppName: app.Name, Merchant: l.merchantRef(g.Merchant), Scopes: g.Scopes, AuthAppID: g.AuthApp, GivenAt: Time(g.Given)})
	}
	return render(page, l.err)
}

func (s *Server) endProviderGrant(ctx context.Context, in *ByID) (*struct{}, error) {
	who, err := s.merchant(ctx, party.ManageKeys)
	if err != nil {
		return nil, err
	}
	return nil, named("id", s.opt.Identity.EndGrant(ctx, s.ask(ctx), who.ID, in.ID))
}
