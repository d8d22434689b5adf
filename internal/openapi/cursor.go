package openapi

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"fmt"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// Page is a stretch of a list.
type Page[T any] struct {
	Data       []T     `json:"data"`
	NextCursor *string `json:"next_cursor" doc:"Hand it in to go on; null at the end. A page may hold fewer than asked for and still have a next."`
}

// Paging is the input of every list.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"1024" doc:"Where to go on: next_cursor of the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"At most so many."`
}

// Stretch is the input of a list that can be cut by time.
type Stretch struct {
	From time.Time `query:"from" doc:"Not before this moment."`
	To   time.Time `query:"to" doc:"Before this moment."`
}

// mostLooked is how many rows one request looks at for a filter that no index has.
const mostLooked = 2000

const cursorSum = 8 // bytes

// under is the stretch of an index whose Sort begins with prefix and a slash.
func under(index, prefix string) store.Range {
	return store.Range{Index: index, From: prefix + "/", Until: prefix + "0", Reverse: true} // 0 follows /
}

// within cuts a stretch of under by time, where the Sort ends with it.
func (t Stretch) within(r store.Range, prefix string) store.Range {
	if prefix != "" {
		prefix += "/"
	}
	if !t.From.IsZero() {
		r.From = prefix + sortable(t.From)
	}
	if !t.To.IsZero() {
		r.Until = prefix + sortable(t.To)
	}
	return r
}

// list reads a page of an index, newest first. keep, where it is not nil, says
// which rows are wanted; view renders one. bind is what else the list depends on.
func list[T, V any](ctx context.Context, s *Server, kind engine.Kind[T], r store.Range, in Paging, bind string,
	keep func(engine.Item[T]) bool, view func(engine.Item[T]) (V, error)) (*answer[Page[V]], error) {
	scan := func(r store.Range) ([]engine.Item[T], error) { return kind.Scan(ctx, s.opt.Engine.Store(), r) }
	return listFrom(ctx, s, scan, r, in, bind, keep, view)
}

// diary is a list that a party's diary holds: pay.ListEvents, pay.ListTrades.
type diary[T any] func(context.Context, store.Reader, pay.Span) ([]engine.Item[T], error)

// listDiary is list for a party's diary.
func listDiary[T, V any](ctx context.Context, s *Server, d diary[T], party uint64, t Stretch, in Paging, bind string,
	keep func(engine.Item[T]) bool, view func(engine.Item[T]) (V, error)) (*answer[Page[V]], error) {
	span := t.span(party)
	scan := func(r store.Range) ([]engine.Item[T], error) {
		span.After, span.Limit = r.After, r.Limit
		return d(ctx, s.opt.Engine.Store(), span)
	}
	r := store.Range{Index: "diary", From: fmt.Sprintf("%d/%d", party, span.From), Until: fmt.Sprint(span.Until)} // for the cursor's sum
	return listFrom(ctx, s, scan, r, in, bind, keep, view)
}

// span is the stretch of a party's diary.
func (t Stretch) span(party uint64) pay.Span {
	span := pay.Span{Party: party}
	if !t.From.IsZero() {
		span.From = max(1, t.From.UnixMilli())
	}
	if !t.To.IsZero() {
		span.Until = max(1, t.To.UnixMilli())
	}
	return span
}

func listFrom[T, V any](ctx context.Context, s *Server, scan func(store.Range) ([]engine.Item[T], error), r store.Range, in Paging, bind string,
	keep func(engine.Item[T]) bool, view func(engine.Item[T]) (V, error)) (*answer[Page[V]], error) {
	page := Page[V]{Data: []V{}}
	r.Reverse = true
	var err error
	if r.After, err = s.openCursor(ctx, in.Cursor, r, bind); err != nil {
		return nil, err
	}
	for looked := 0; ; {
		r.Limit = in.Limit + 1
		items, err := scan(r)
		if err != nil {
			return nil, err
		}
		for i, item := range items {
			if len(page.Data) == in.Limit || looked >= mostLooked {
				page.NextCursor, err = s.sealCursor(ctx, r.After, r, bind)
				return &answer[Page[V]]{Body: page}, err
			}
			looked++
			r.After = items[i].At
			if keep != nil && !keep(item) {
				continue
			}
			v, err := view(item)
			if err != nil {
				return nil, err
			}
			page.Data = append(page.Data, v)
		}
		if len(items) < r.Limit {
			return &answer[Page[V]]{Body: page}, nil
		}
	}
}

// sealCursor makes a cursor of a row's place. It is bound to the list by a
// keyed sum, so that it opens no other list, and nobody can make one up.
func (s *Server) sealCursor(ctx context.Context, at string, r store.Range, bind string) (*string, error) {
	sum, err := s.cursorSum(ctx, at, r, bind)
	if err != nil {
		return nil, err
	}
	text := base64.RawURLEncoding.EncodeToString(append(sum, at...))
	return &text, nil
}

// openCursor is the place that a cursor names. Refusal: invalid_cursor.
func (s *Server) openCursor(ctx context.Context, cursor string, r store.Range, bind string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	bad := refusal.In("cursor", refusal.InvalidCursor, "the cursor is not one of this list with these filters")
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(data) <= cursorSum {
		return "", bad
	}
	at := string(data[cursorSum:])
	sum, err := s.cursorSum(ctx, at, r, bind)
	if err != nil {
		return "", err
	}
	if !hmac.Equal(sum, data[:cursorSum]) {
		return "", bad
	}
	return at, nil
}

func (s *Server) cursorSum(ctx context.Context, at string, r store.Range, bind string) ([]byte, error) {
	sum, err := s.sign(ctx, "cursor", r.Index, r.From, r.Until, bind, at)
	if err != nil {
		return nil, err
	}
	return sum[:cursorSum], nil
}

// sortable writes a moment as the indexes do.
func sortable(at time.Time) string { return fmt.Sprintf("%013d", max(0, at.UnixMilli())) }
