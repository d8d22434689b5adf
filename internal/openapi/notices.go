package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/webhook"
)

func (s *Server) registerNotices(api huma.API) {
	if s.opt.Notices == nil {
		return
	}
	const tag = "Applications"
	add(api, op{ID: "list-notices", Path: "/v1/notices", Tag: tag, Who: merchant, Summary: "What applications were told, and what came of it", Codes: []refusal.Code{refusal.InvalidCursor}}, s.listNotices)
	add(api, op{ID: "get-notice", Path: "/v1/notices/{id}", Tag: tag, Who: merchant, Summary: "Look at a notice", Codes: []refusal.Code{refusal.NotFound}}, s.getNotice)
	add(api, op{ID: "resend-notice", Method: http.MethodPost, Path: "/v1/notices/{id}/resend", Tag: tag, Who: merchant, Summary: "Send it again", Codes: []refusal.Code{refusal.NotFound}}, s.resendNotice)
}

// Notice is a message of the merchants' protocol on its way to a program.
type Notice struct {
	ID            string            `json:"id" example:"0a1b2c3d4e5f60718293a4b5c6d7e8f901" doc:"The protocol's notify_id."`
	AppID         string            `json:"app_id" example:"2021000012345678"`
	Type          string            `json:"type" example:"trade_status_sync"`
	About         string            `json:"about" example:"2018111112345678901234567890" doc:"The payment."`
	URL           string            `json:"url" example:"https://shop.example.com/notify"`
	Fields        map[string]string `json:"fields" example:"{\"trade_status\":\"TRADE_SUCCESS\"}" doc:"What it says, without what every notice has."`
	State         string            `json:"state" enum:"pending,delivered,failed,given_up" example:"delivered"`
	Attempts      []WebhookAttempt  `json:"attempts" doc:"The newest 16, in order."`
	CreatedAt     Time              `json:"created_at"`
	NextAttemptAt MaybeTime         `json:"next_attempt_at"`
}

func noticeView(n *notify.Notice) Notice {
	v := Notice{ID: n.ID, AppID: n.App, Type: n.Type, About: n.About, URL: n.URL, Fields: n.Fields, State: string(n.State), Attempts: []WebhookAttempt{}, CreatedAt: Time(n.Created), NextAttemptAt: MaybeTime(n.Next)}
	for _, a := range n.Attempts {
		v.Attempts = append(v.Attempts, attemptView(a))
	}
	return v
}

type noticesAsked struct {
	Paging
	AppID string `query:"app_id" maxLength:"16"`
	About string `query:"about" maxLength:"64" doc:"The payment."`
	State string `query:"state" enum:"pending,delivered,failed,given_up"`
}

func (s *Server) listNotices(ctx context.Context, in *noticesAsked) (*answer[Page[Notice]], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	bound := store.Range{Index: "notices", From: idText(who.ID), Until: in.AppID}
	bind := in.About + "\x00" + in.State
	after, err := s.openCursor(ctx, in.Cursor, bound, bind)
	if err != nil {
		return nil, err
	}
	filter := notify.Filter{Merchant: who.ID, App: in.AppID, About: in.About, State: webhook.State(in.State)}
	notices, next, err := s.opt.Notices.List(ctx, filter, after, in.Limit)
	if err != nil {
		return nil, err
	}
	page := Page[Notice]{Data: []Notice{}}
	for i := range notices {
		page.Data = append(page.Data, noticeView(&notices[i]))
	}
	if next != "" {
		page.NextCursor, err = s.sealCursor(ctx, next, bound, bind)
	}
	return render(page, err)
}

func (s *Server) getNotice(ctx context.Context, in *ByID) (*answer[Notice], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	n, err := s.opt.Notices.Notice(ctx, who.ID, in.ID)
	return show(n, named("id", err), noticeView)
}

func (s *Server) resendNotice(ctx context.Context, in *ActOn) (*answer[Notice], error) {
	who, err := s.merchant(ctx, party.ManageWebhooks)
	if err != nil {
		return nil, err
	}
	n, err := s.opt.Notices.Resend(ctx, s.by(ctx), s.command(ctx), who.ID, in.ID)
	return show(n, named("id", err), noticeView)
}
