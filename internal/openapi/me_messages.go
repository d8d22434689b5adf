package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

func (s *Server) registerMessages(api huma.API) {
	const tag = "People"
	add(api, op{ID: "list-messages", Path: "/v1/me/messages", Tag: tag, Who: user, Summary: "What I was told", Codes: []refusal.Code{refusal.InvalidCursor}}, s.listMessages)
	add(api, op{ID: "read-messages", Method: http.MethodPost, Path: "/v1/me/messages/read", Tag: tag, Who: user, Summary: "Mark messages as read",
		Doc: "The one named and all older; all of them where none is named.", Codes: []refusal.Code{refusal.NotFound}}, s.readMessages)
}

// Message is something that a person is told in the wallet. The words are the
// screens', by kind and language.
type Message struct {
	ID         string            `json:"id" example:"msg_5f0c2a7b9d3e4f1a2b3c4d5e"`
	At         Time              `json:"at"`
	Kind       string            `json:"kind" example:"shipped"`
	TitleKey   string            `json:"title_key" example:"message.shipped"`
	TextParams map[string]string `json:"text_params" doc:"What goes into the words: amounts are in minor units."`
	PaymentID  *string           `json:"payment_id"`
	DisputeID  *string           `json:"dispute_id"`
	Read       bool              `json:"read"`
}

func (s *Server) listMessages(ctx context.Context, in *struct {
	Cursor string `query:"cursor" maxLength:"1024" doc:"Where to go on: next_cursor of the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"At most so many."`
}) (*answer[Page[Message]], error) {
	who, err := s.user(ctx)
	if err != nil {
		return nil, err
	}
	bound := store.Range{Index: "messages", From: idText(who.ID)}
	after, err := s.openCursor(ctx, in.Cursor, bound, "")
	if err != nil {
		return nil, err
	}
	items, err := s.opt.Identity.MessagesOf(ctx, who.ID, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	page := Page[Message]{Data: []Message{}}
	if len(items) > in.Limit {
		items = items[:in.Limit]
		if page.NextCursor, err = s.sealCursor(ctx, items[in.Limit-1].At, bound, ""); err != nil {
			return nil, err
		}
	}
	for _, item := range items {
		page.Data = append(page.Data, messageView(item.Value))
	}
	return &answer[Page[Message]]{Body: page}, nil
}

func messageView(m party.Message) Message {
	v := Message{ID: m.ID, At: Time(m.At), Kind: m.Kind, TitleKey: "message." + m.Kind, TextParams: m.Params,
		PaymentID: maybe(m.Payment), DisputeID: maybe(m.Dispute), Read: m.Read}
	if v.TextParams == nil {
		v.TextParams = map[string]string{}
	}
	return v
}

// ReadMessages says up to which message somebody has read.
type ReadMessages struct {
	UpTo *string `json:"up_to,omitempty" nullable:"true" maxLength:"64" example:"msg_5f0c2a7b9d3e4f1a2b3c4d5e"`
}

func (s *Server) readMessages(ctx context.Context, in *struct{ Body ReadMessages }) (*answer[Empty], error) {
	who, err := s.user(ctx)
	if err != nil {
		return nil, err
	}
	return render(Empty{}, s.opt.Identity.MarkRead(ctx, s.by(ctx), who.ID, given(in.Body.UpTo)))
}
