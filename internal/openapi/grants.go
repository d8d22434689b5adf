package openapi

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (s *Server) registerGrants(api huma.API) {
	const tag = "Agreements"
	add(api, op{ID: "look-at-grant-request", Path: "/v1/grant-requests", Tag: tag, Who: user, Summary: "Who wants to know me",
		Doc: "What a merchant's page asks for, before I say yes.", Codes: []refusal.Code{refusal.NotFound}}, s.grantRequest)
	add(api, op{ID: "give-grant", Method: http.MethodPost, Path: "/v1/grants", Tag: tag, Who: user, Summary: "Let an application know me",
		Doc: "The answer is where my browser goes, with a code that the application trades in.", Codes: []refusal.Code{refusal.NotFound}}, s.giveGrant)
	add(api, op{ID: "list-grants", Path: "/v1/grants", Tag: tag, Who: user, Summary: "Which applications know me"}, s.listGrants)
	add(api, op{ID: "end-grant", Method: http.MethodDelete, Path: "/v1/grants/{id}", Tag: tag, Who: user, Summary: "Let it know me no more", Codes: []refusal.Code{refusal.NotFound}}, s.endGrant)
}

// GrantAsked is what a merchant's page asks of a person.
type GrantAsked struct {
	AppID       string `json:"app_id" query:"app_id" maxLength:"16" example:"2021000012345678"`
	Scope       string `json:"scope" query:"scope" maxLength:"64" example:"auth_user"`
	RedirectURI string `json:"redirect_uri" query:"redirect_uri" maxLength:"1024" example:"https://shop.example.com/granted"`
	State       string `json:"state,omitempty" query:"state" maxLength:"512" example:"8f2a"`
}

// GrantRequest says who asks.
type GrantRequest struct {
	AppID    string      `json:"app_id" example:"2021000012345678"`
	AppName  string      `json:"app_name" example:"Shop server"`
	Merchant MerchantRef `json:"merchant"`
	Scopes   []string    `json:"scopes" example:"[\"auth_user\"]"`
	Given    bool        `json:"given" doc:"I have said yes to this before."`
}

func (s *Server) askedGrant(ctx context.Context, in GrantAsked) (who identity.Principal, app party.App, scopes []string, err error) {
	if who, err = s.user(ctx); err != nil {
		return who, app, nil, err
	}
	app, err = s.opt.Identity.AppByID(ctx, in.AppID)
	if err == nil && app.Disabled != 0 {
		err = refusal.New(refusal.NotFound, "no such application")
	}
	if err != nil {
		return who, app, nil, named("app_id", err)
	}
	if scopes, err = party.ParseScopes(in.Scope); err != nil {
		return who, app, nil, err
	}
	return who, app, scopes, app.MayReturnTo(in.RedirectURI)
}

func (s *Server) grantRequest(ctx context.Context, in *struct{ GrantAsked }) (*answer[GrantRequest], error) {
	who, app, scopes, err := s.askedGrant(ctx, in.GrantAsked)
	if err != nil {
		return nil, err
	}
	known, given, err := s.opt.Identity.Grant(ctx, who.ID, app.ID)
	if err != nil {
		return nil, err
	}
	for _, scope := range scopes {
		given = given && known.Ended == 0 && known.Covers(scope)
	}
	l := s.look(ctx)
	return render(GrantRequest{AppID: app.ID, AppName: app.Name, Merchant: l.merchantRef(app.Merchant), Scopes: scopes, Given: given}, l.err)
}

// GrantGiven is where the browser goes with the code.
type GrantGiven struct {
	RedirectURL string `json:"redirect_url" example:"https://shop.example.com/granted?auth_code=…"`
}

func (s *Server) giveGrant(ctx context.Context, in *struct{ Body GrantAsked }) (*answer[GrantGiven], error) {
	who, app, scopes, err := s.askedGrant(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	if !who.May(party.ManageWallet) {
		return nil, refusal.New(refusal.Forbidden, "this session may not")
	}
	code, err := s.opt.Identity.GiveGrant(ctx, s.ask(ctx), who.ID, app, scopes)
	if err != nil {
		return nil, err
	}
	return goWith(in.Body.RedirectURI, in.Body.State, map[string]string{"auth_code": code.Reveal(), "app_id": app.ID, "scope": in.Body.Scope, "source": "alipay_wallet"})
}

// goWith is the program's address with what it is told there, its own state among it.
func goWith(address, state string, told map[string]string) (*answer[GrantGiven], error) {
	to, err := url.Parse(address)
	if err != nil {
		return nil, refusal.In("redirect_uri", refusal.InvalidField, "not an address")
	}
	q := to.Query()
	for name, value := range told {
		q.Set(name, value)
	}
	if state != "" {
		q.Set("state", state)
	}
	to.RawQuery = q.Encode()
	return render(GrantGiven{RedirectURL: to.String()}, nil)
}

// Grant is an application that knows me.
type Grant struct {
	ID       string      `json:"id" example:"2021000012345678" doc:"The application."`
	AppName  string      `json:"app_name" example:"Shop server"`
	Merchant MerchantRef `json:"merchant"`
	Scopes   []string    `json:"scopes" example:"[\"auth_user\"]"`
	GivenAt  Time        `json:"given_at"`
}

func (s *Server) listGrants(ctx context.Context, _ *struct{}) (*answer[Page[Grant]], error) {
	who, err := s.user(ctx)
	if err != nil {
		return nil, err
	}
	grants, err := s.opt.Identity.GrantsOf(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	l := s.look(ctx)
	page := Page[Grant]{Data: []Grant{}}
	for _, g := range grants {
		app, err := s.opt.Identity.AppByID(ctx, g.App)
		if err != nil {
			return nil, err
		}
		page.Data = append(page.Data, Grant{ID: g.App, AppName: app.Name, Merchant: l.merchantRef(g.Merchant), Scopes: g.Scopes, GivenAt: Time(g.Given)})
	}
	return render(page, l.err)
}

func (s *Server) endGrant(ctx context.Context, in *ByID) (*struct{}, error) {
	who, err := s.only(ctx, user, party.ManageWallet)
	if err != nil {
		return nil, err
	}
	return nil, named("id", s.opt.Identity.EndGrant(ctx, s.ask(ctx), who.ID, in.ID))
}
