package pay

import (
	"context"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// The end of an instant payment's refund window has no timer of its own. All
// windows are of one length and business time never goes back, so they end in the
// order in which the payments stand in the journal: whoever reads it, from where
// the last sweep ended to where the windows are still open, finds them all.

// swept is how far in the journal that has been done.
type swept struct {
	Position uint64 `cbor:"1,keyasint"`
}

var sweeps = engine.Kind[swept]{Name: "sweep"}

const (
	sweepID      = "refund_windows"
	sweepStretch = 512     // entries read at once
	sweepLazily  = 100_000 // entries after which the place is kept though nothing had to be done
)

// keepSwept moves the place, which never goes back.
type keepSwept struct {
	From  uint64 `cbor:"1,keyasint"`
	Until uint64 `cbor:"2,keyasint"`
}

func (c keepSwept) ID() string                     { return fmt.Sprintf("sweep/%d", c.Until) }
func (c keepSwept) Name() string                   { return "keep_sweep" }
func (c keepSwept) Touches(touched *store.Touched) { touched.Record(sweeps.Key(sweepID)) }
func (c keepSwept) Apply(tx *engine.Tx) (any, error) {
	if s, _ := sweeps.Get(tx, sweepID); s.Position < c.Until {
		sweeps.Put(tx, sweepID, swept{Position: c.Until})
	}
	return nil, nil
}

// Sweeper finishes instant payments whose refund window has ended. One goroutine
// may use it.
type Sweeper struct {
	desk    *Desk
	reached uint64 // everything up to here is done
	kept    uint64 // and this has been kept
}

// Sweeper makes one.
func (d *Desk) Sweeper() *Sweeper { return &Sweeper{desk: d} }

// Sweep does what is due in the next stretch of the journal. It returns when more
// becomes due, in Unix milliseconds, or 0 where the journal was read to its end;
// more says that another stretch waits already. Repeating it does nothing twice.
func (s *Sweeper) Sweep(ctx context.Context) (due int64, more bool, err error) {
	from := s.desk.engine.Store()
	if s.reached == 0 {
		kept, _, err := sweeps.Read(ctx, from, sweepID)
		if err != nil {
			return 0, false, fmt.Errorf("read how far refund windows have been swept: %w", err)
		}
		s.reached, s.kept = kept.Position, kept.Position
	}
	entries, err := from.Journal(ctx, s.reached, sweepStretch)
	if err != nil {
		return 0, false, fmt.Errorf("read the journal after %d: %w", s.reached, err)
	}
	now, did := s.desk.engine.Now().UnixMilli(), false
	for i := range entries {
		err := Trades.Of(&entries[i], func(id string, t trade.Trade) error {
			if t.Status != trade.TradeSuccess || t.Held() {
				return nil
			}
			if int64(t.RefundBy) > now {
				due = int64(t.RefundBy)
				return nil
			}
			did = true
			_, err := s.desk.Deadline(ctx, id, int64(t.RefundBy))
			if no := refusal.Of(err); no != nil && no.Code != refusal.Unavailable && no.Code != refusal.Overloaded {
				return nil // wholly refunded meanwhile, or finished
			}
			return err
		})
		if err != nil {
			return 0, false, fmt.Errorf("finish what entry %d opened: %w", entries[i].Position, err)
		}
		if due != 0 {
			break
		}
		s.reached = entries[i].Position
	}
	if did || s.reached-s.kept >= sweepLazily {
		if _, err := s.desk.engine.Submit(ctx, keepSwept{From: s.kept, Until: s.reached}, engine.By{Actor: "job:sweep", Request: fmt.Sprintf("sweep/%d", s.reached)}); err != nil {
			return 0, false, err
		}
		s.kept = s.reached
	}
	return due, due == 0 && len(entries) == sweepStretch, nil
}
