package openapi

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (s *Server) registerDevices(api huma.API) {
	const tag = "People"
	add(api, op{ID: "list-devices", Path: "/v1/me/devices", Tag: tag, Who: user, Summary: "Where I have signed in, used last first"}, s.listDevices)
	add(api, op{ID: "remove-device", Method: http.MethodDelete, Path: "/v1/me/devices/{id}", Tag: tag, Who: user, Summary: "Sign a device out",
		Doc: "All sessions on it end, this one too if it is this device.", Codes: []refusal.Code{refusal.NotFound}}, s.removeDevice)
}

// Device is a browser or phone that one signed in with.
type Device struct {
	ID          string `json:"id" example:"dev_abcdefghjkmnpqrstuvw"`
	Name        string `json:"name" example:"Chrome · Android"`
	FirstSeenAt Time   `json:"first_seen_at"`
	LastSeenAt  Time   `json:"last_seen_at"`
	Current     bool   `json:"current" doc:"This request came from it."`
}

func (s *Server) listDevices(ctx context.Context, _ *struct{}) (*answer[Page[Device]], error) {
	who, err := s.user(ctx)
	if err != nil {
		return nil, err
	}
	devices, err := s.opt.Identity.DevicesOf(ctx, who)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(devices, func(a, b party.Device) int { return cmp.Compare(b.Last, a.Last) })
	page := Page[Device]{Data: []Device{}}
	for _, d := range devices {
		page.Data = append(page.Data, Device{ID: d.ID, Name: d.Name, FirstSeenAt: Time(d.First), LastSeenAt: Time(d.Last), Current: d.ID == who.Device})
	}
	return &answer[Page[Device]]{Body: page}, nil
}

func (s *Server) removeDevice(ctx context.Context, in *struct {
	Browser
	ID string `path:"id" maxLength:"128"`
}) (*struct{}, error) {
	who, err := s.only(ctx, user, party.ManageWallet)
	if err != nil {
		return nil, err
	}
	if err := s.opt.Identity.RemoveDevice(ctx, s.ask(ctx), who, in.ID); err != nil {
		return nil, named("id", err)
	}
	if in.ID == who.Device {
		s.setCookie(ctx, s.cookies().noSession(in.r.Host, who.Face))
	}
	return nil, nil
}
