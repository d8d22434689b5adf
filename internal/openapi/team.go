package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (s *Server) registerTeam(api huma.API) {
	const tag = "Team"
	codes := []refusal.Code{refusal.NotFound, refusal.LastOwner, refusal.PasswordWeak}
	add(api, op{ID: "list-team", Path: "/v1/team", Tag: tag, Who: merchant, Summary: "List the merchant's staff"}, s.listTeam)
	add(api, op{ID: "add-colleague", Method: http.MethodPost, Path: "/v1/team", Tag: tag, Who: merchant, Status: http.StatusCreated, Summary: "Let somebody work for the merchant",
		Doc: "Owners only.", Codes: []refusal.Code{refusal.PasswordWeak, refusal.LoginTaken}}, s.addColleague)
	add(api, op{ID: "update-colleague", Method: http.MethodPatch, Path: "/v1/team/{id}", Tag: tag, Who: merchant, Summary: "Change a colleague's name, role or password", Codes: codes}, s.updateColleague)
	add(api, op{ID: "remove-colleague", Method: http.MethodDelete, Path: "/v1/team/{id}", Tag: tag, Who: merchant, Summary: "End somebody's work for the merchant", Codes: codes}, s.removeColleague)
}

// Colleague is somebody who works for the merchant.
type Colleague struct {
	ID        string `json:"id" example:"stf_abcdefghijkmnpqr"`
	Name      string `json:"name" example:"Li Hua"`
	Login     string `json:"login" example:"lihua@shop.example.com"`
	Role      string `json:"role" enum:"owner,manager,cashier,viewer" example:"cashier"`
	CreatedAt Time   `json:"created_at"`
}

func colleagueView(m *party.Staff) Colleague {
	return Colleague{ID: m.ID, Name: m.Name, Login: m.LoginAs, Role: string(m.Role), CreatedAt: Time(m.Created)}
}

func (s *Server) listTeam(ctx context.Context, _ *struct{}) (*answer[Page[Colleague]], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	team, err := s.opt.Identity.Team(ctx, who.ID)
	page := Page[Colleague]{Data: []Colleague{}}
	for i := range team {
		page.Data = append(page.Data, colleagueView(&team[i]))
	}
	return render(page, err)
}

// NewColleague is somebody to let in.
type NewColleague struct {
	Login    string       `json:"login" minLength:"3" maxLength:"64" example:"lihua@shop.example.com"`
	Name     string       `json:"name" minLength:"1" maxLength:"40" example:"Li Hua"`
	Role     string       `json:"role" enum:"owner,manager,cashier,viewer" example:"cashier"`
	Password party.Secret `json:"password" maxLength:"128" example:"a long enough one"`
}

func (s *Server) addColleague(ctx context.Context, in *struct{ Body NewColleague }) (*answer[Colleague], error) {
	who, err := s.merchant(ctx, party.ManageTeam)
	if err != nil {
		return nil, err
	}
	m, err := s.opt.Identity.AddStaff(ctx, s.ask(ctx), who.ID, identity.NewColleague{Login: in.Body.Login, Name: in.Body.Name, Role: party.Role(in.Body.Role), Password: in.Body.Password})
	return show(m, err, colleagueView)
}

// ColleagueChange is what changes; what is absent stays.
type ColleagueChange struct {
	Name     *string       `json:"name,omitempty" minLength:"1" maxLength:"40" example:"Li Hua"`
	Role     *party.Role   `json:"role,omitempty" enum:"owner,manager,cashier,viewer" example:"manager"`
	Password *party.Secret `json:"password,omitempty" maxLength:"128" example:"a long enough one" doc:"Ends all their sessions."`
}

func (s *Server) updateColleague(ctx context.Context, in *struct {
	ByID
	Body ColleagueChange
}) (*answer[Colleague], error) {
	who, err := s.merchant(ctx, party.ManageTeam)
	if err != nil {
		return nil, err
	}
	m, err := s.opt.Identity.UpdateStaff(ctx, s.ask(ctx), who.ID, in.ID, identity.StaffChange{Name: in.Body.Name, Role: in.Body.Role, Password: in.Body.Password})
	return show(m, named("id", err), colleagueView)
}

func (s *Server) removeColleague(ctx context.Context, in *ByID) (*struct{}, error) {
	who, err := s.merchant(ctx, party.ManageTeam)
	if err != nil {
		return nil, err
	}
	return nil, named("id", s.opt.Identity.RemoveStaff(ctx, s.ask(ctx), who.ID, in.ID))
}
