package notify

import (
	"context"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/fanout"
	"tongbao/internal/identity"
	"tongbao/internal/pay"
	"tongbao/internal/store"
)

// notices are what events call for.
var notices = fanout.Work[Notice]{What: "notices", Actor: "job:" + Timer, Command: "make_notices", Prefix: "notice/fan_out",
	Cursor: "notice_cursor", Key: "notices", Keep: keepNew}

// keepNew writes a notice that begins now, with its timer.
func keepNew(tx *engine.Tx, n Notice) {
	n.Created, n.Next = tx.NowMilli(), tx.NowMilli()
	Notices.Append(tx, n.ID, n)
	pay.Timers.Append(tx, timerID(n.ID), n.timer(n.Next))
}

// FanOut makes the notices of the events in a stretch of the journal, and returns the
// position up to which that is done: fanout.Follower's.
func (s *Service) FanOut(ctx context.Context) (reached uint64, err error) { return s.fan.FanOut(ctx) }

// rootMade is the position at which the root of applications' certificates was made: an
// order that wants notices is always younger. Where there is no root yet, none does.
func (s *Service) rootMade(ctx context.Context) (position uint64, some bool, err error) {
	if s.root == 0 {
		root, ok, err := s.engine.Store().Entry(ctx, identity.MakeAppRoot)
		if err != nil || !ok {
			if err != nil {
				err = fmt.Errorf("read the entry that made the applications' root: %w", err)
			}
			return 0, false, err
		}
		s.root = root.Position
	}
	return s.root, true, nil
}

// noticesOf makes the notices of entries' events.
func (s *Service) noticesOf(ctx context.Context) func(*store.Entry, []Notice) ([]Notice, error) {
	return func(entry *store.Entry, made []Notice) ([]Notice, error) {
		events, err := pay.EventsIn(entry)
		if err != nil {
			return nil, err
		}
		for e := range events {
			event := &events[e]
			told, err := s.opt.Of(ctx, entry, event)
			if err != nil {
				return nil, fmt.Errorf("write the notices of event %s: %w", event.ID, err)
			}
			for n, one := range told {
				made = append(made, from(one, ID(event.ID, n), 0))
			}
		}
		return made, nil
	}
}
