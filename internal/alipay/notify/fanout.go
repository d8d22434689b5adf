package notify

import (
	"context"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// cursor is the journal position up to which every event has its notices.
type cursor struct {
	Position uint64 `cbor:"1,keyasint"`
}

const cursorID = "notices"

var cursors = engine.Kind[cursor]{Name: "notice_cursor"}

const (
	stretch       = 512     // entries read at once
	mostAtOnce    = 1000    // notices made in a command, about
	lazyPositions = 100_000 // entries without notices after which the cursor is moved all the same
)

// FanOut reads a stretch of the journal and makes the notices of the events in
// it, and returns the position up to which that is done. As with webhooks, all
// of a stretch's notices and the cursor's move are one command, so that however
// many servers try, each notice is made once.
func (s *Service) FanOut(ctx context.Context) (reached uint64, err error) {
	s.fan.Lock()
	defer s.fan.Unlock()
	from := s.engine.Store()
	kept, _, err := cursors.Read(ctx, from, cursorID)
	if err != nil {
		return s.reached, fmt.Errorf("read the cursor of notices: %w", err)
	}
	s.reached = max(s.reached, kept.Position)
	if skipped, err := s.skipAll(ctx); skipped || err != nil {
		return s.reached, err
	}
	entries, err := from.Journal(ctx, s.reached, stretch)
	if err != nil {
		return s.reached, fmt.Errorf("read the journal after %d: %w", s.reached, err)
	}

	until, made, err := s.noticesIn(ctx, entries)
	if err != nil || until == 0 {
		return s.reached, err
	}
	if len(made) > 0 || until-kept.Position >= lazyPositions {
		c := makeNotices{From: kept.Position, Until: until, made: made}
		_, err := s.engine.Submit(ctx, c, byJob(c.ID()))
		if no := refusal.Of(err); no != nil && no.Code == refusal.IdempotencyConflict {
			s.reached = kept.Position // another server was faster, which is as good
			return s.reached, nil
		}
		if err != nil {
			return s.reached, err
		}
	}
	s.reached = until
	return s.reached, nil
}

// skipAll jumps over what was before the first application: an order that wants
// notices is always younger than the root of applications' certificates. Where
// there is no root yet, that is everything.
func (s *Service) skipAll(ctx context.Context) (bool, error) {
	head, err := s.engine.Store().Head(ctx) // before looking for the root
	if err != nil {
		return false, err
	}
	if s.reached >= head.Position {
		return true, nil
	}
	if s.rooted {
		return false, nil
	}
	root, ok, err := s.engine.Store().Entry(ctx, identity.MakeAppRoot)
	if err != nil {
		return false, fmt.Errorf("read the entry that made the applications' root: %w", err)
	}
	if !ok {
		s.reached = head.Position
		return true, nil
	}
	s.rooted, s.reached = true, max(s.reached, root.Position)
	return false, nil
}

func (s *Service) noticesIn(ctx context.Context, entries []store.Entry) (until uint64, made []Notice, err error) {
	for i := range entries {
		events, err := pay.EventsIn(&entries[i])
		if err != nil {
			return 0, nil, err
		}
		for e := range events {
			event := &events[e]
			told, err := s.opt.Of(ctx, &entries[i], event)
			if err != nil {
				return 0, nil, fmt.Errorf("write the notices of event %s: %w", event.ID, err)
			}
			for n, one := range told {
				made = append(made, from(one, ID(event.ID, n), 0))
			}
		}
		until = entries[i].Position
		if len(made) >= mostAtOnce {
			break
		}
	}
	return until, made, nil
}

// makeNotices makes the notices of a stretch of the journal.
type makeNotices struct {
	From  uint64 `cbor:"1,keyasint"`
	Until uint64 `cbor:"2,keyasint"`

	made []Notice
}

func (c makeNotices) ID() string               { return fmt.Sprintf("notice/fan_out/%d-%d", c.From, c.Until) }
func (c makeNotices) Name() string             { return "make_notices" }
func (c makeNotices) Touches(t *store.Touched) { t.Record(cursors.Key(cursorID)) }

func (c makeNotices) Apply(tx *engine.Tx) (any, error) {
	kept, _ := cursors.Get(tx, cursorID)
	if kept.Position != c.From {
		return nil, refusal.New(refusal.IdempotencyConflict, "another server has followed the journal to %d", kept.Position)
	}

	for _, n := range c.made {
		n.Created, n.Next = tx.NowMilli(), tx.NowMilli()
		keep(tx, n)
	}
	cursors.Put(tx, cursorID, cursor{Position: c.Until})
	return nil, nil
}
