package openapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

// streamAnswer hands the connection over.
type streamAnswer struct {
	Body func(huma.Context)
}

func (s *Server) streamEvents(ctx context.Context, in *struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"64" doc:"Go on after this event."`
	After       string `query:"after" maxLength:"64" doc:"The same, where a header can't be sent."`
	Face        string `query:"face" enum:"wallet,merchant" doc:"In place of the header Tongbao-Face."`
}) (*streamAnswer, error) {
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	after := in.LastEventID
	if after == "" {
		after = in.After
	}
	l, head, err := s.feed.listen(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	return &streamAnswer{Body: func(hc huma.Context) {
		defer s.feed.leave(l)
		_, w := humago.Unwrap(hc)
		st := &stream{s: s, ctx: ctx, who: who, w: w, control: http.NewResponseController(w), position: head}
		if err := st.run(l, after); err != nil && ctx.Err() == nil {
			s.opt.Logger.Info("stream ended", "request", requestOf(ctx).id, "error", err)
		}
	}}, nil
}

// stream is one connection on which events are told.
type stream struct {
	s        *Server
	ctx      context.Context
	who      identity.Principal
	w        http.ResponseWriter
	control  *http.ResponseController
	position uint64 // of the newest command whose events have all been told
}

// run tells what was missed, and then what happens, until somebody hangs up.
func (st *stream) run(l *listener, after string) error {
	st.w.Header().Set("Content-Type", "text/event-stream")
	st.w.Header().Set("X-Accel-Buffering", "no")
	st.w.WriteHeader(http.StatusOK)
	if err := st.write(": here\n\n"); err != nil {
		return err
	}
	if after != "" {
		if err := st.catchUp(after); err != nil {
			return err
		}
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-st.ctx.Done():
			return nil
		case <-st.s.leaving:
			return nil
		case <-beat.C:
			if err := st.write(": \n\n"); err != nil {
				return err
			}
		case told, open := <-l.events:
			if !open {
				return nil
			}
			if told.position <= st.position {
				continue
			}
			if err := st.tell(told.event); err != nil {
				return err
			}
		}
	}
}

// catchUp tells the party's events after the one named, as far as the position
// from which on the feed brings them. An event of another party names nothing.
func (st *stream) catchUp(after string) error {
	from := st.s.opt.Engine.Store()
	last, ok, err := pay.ReadEvent(st.ctx, from, after)
	if err != nil || !ok {
		return err
	}
	start, err := st.positionOf(last)
	if err != nil {
		return err
	}
	// A diary begins with the newest: what was missed is gathered, and told the other
	// way round. Of the last one's own command all others are told again: their ids
	// make that once.
	var missed []pay.Event
	span := pay.Span{Party: st.who.ID, From: last.At, Limit: 200}
	for {
		items, err := pay.ListEvents(st.ctx, from, span)
		if err != nil {
			return err
		}
		for _, item := range items {
			span.After = item.At
			position, _, _ := strings.Cut(item.At, ".")
			at, err := strconv.ParseUint(position, 10, 64)
			if err != nil {
				return err
			}
			if at < start {
				items = nil
				break
			}
			if at <= st.position && item.ID != after {
				missed = append(missed, item.Value)
			}
		}
		if len(items) < span.Limit {
			break
		}
	}
	for _, e := range slices.Backward(missed) {
		if err := st.tell(e); err != nil {
			return err
		}
	}
	return nil
}

func (st *stream) positionOf(e pay.Event) (uint64, error) {
	entry, ok, err := st.s.opt.Engine.Store().Entry(st.ctx, e.Command)
	if err == nil && !ok {
		err = fmt.Errorf("event %s has no command", e.ID)
	}
	return entry.Position, err
}

func (st *stream) tell(e pay.Event) error {
	view, err := st.s.event(st.ctx, e, st.who)
	if err != nil {
		return err
	}
	data, err := json.Marshal(view)
	if err != nil {
		return err
	}
	return st.write(fmt.Sprintf("id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Type, data))
}

// write sends and flushes; who takes longer than a heartbeat is let go.
func (st *stream) write(text string) error {
	_ = st.control.SetWriteDeadline(time.Now().Add(heartbeat)) // not every writer has one
	if _, err := st.w.Write([]byte(text)); err != nil {
		return err
	}
	return st.control.Flush()
}
