package openapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tongbao/internal/identity"
	"tongbao/internal/party"
)

// Browser is the part of an input that sets or reads cookies: what came with
// the request beside its contents.
type Browser struct {
	r *http.Request
}

// Resolve keeps the request.
func (b *Browser) Resolve(hc huma.Context) []error {
	b.r, _ = humago.Unwrap(hc)
	return nil
}

// device is what the browser says about itself, under the name that the person
// gave it, if any.
func (s *Server) device(b Browser, face party.Face, name string) identity.DeviceHint {
	if name == "" {
		name = browserName(b.r.UserAgent())
	}
	return identity.DeviceHint{ID: s.cookies().value(b.r, deviceCookie(face)), Name: name}
}

// open hands the browser a session that was opened just now, and ends the one
// that it had at this face: a token that somebody planted before is worth
// nothing after.
func (s *Server) open(ctx context.Context, b Browser, in identity.SignedIn) (*answer[Session], error) {
	way, face := s.cookies(), in.Session.Face
	if old := way.token(b.r, face); old != "" {
		if was, err := s.opt.Identity.Session(ctx, face, old, requestOf(ctx).id); err == nil {
			if err := s.opt.Identity.Logout(ctx, identity.Ask{By: s.by(ctx)}, was.Principal); err != nil {
				return nil, err
			}
		}
	}
	s.setCookie(ctx, way.session(b.r.Host, face, in.Token))
	s.setCookie(ctx, way.device(b.r.Host, face, in.Session.Device))
	return &answer[Session]{Body: s.session(in)}, nil
}

func (s *Server) setCookie(ctx context.Context, c *http.Cookie) {
	requestOf(ctx).header.Add("Set-Cookie", c.String())
}

// browserName says for a person what a User-Agent says for machines. It only
// has to be told apart on a list of one's own devices.
func browserName(agent string) string {
	find := func(words ...string) string {
		for i := 0; i < len(words); i += 2 {
			if strings.Contains(agent, words[i]) {
				return words[i+1]
			}
		}
		return ""
	}
	browser := find("MicroMessenger", "WeChat", "Edg", "Edge", "OPR/", "Opera", "Firefox", "Firefox", "Chrome", "Chrome", "Safari", "Safari", "curl", "curl")
	system := find("HarmonyOS", "HarmonyOS", "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS", "macOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return browser + " · " + system
	case browser != "":
		return browser
	}
	return system
}

// given is an optional member: the zero value where it was absent or null.
func given[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
