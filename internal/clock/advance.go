package clock

import (
	"context"
	"fmt"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// MaxAdvance is how far one request may advance the clock.
const MaxAdvance = 366 * 24 * time.Hour

// setting is how far ahead of the wall a store's clock is.
type setting struct {
	AheadMilli int64 `cbor:"1,keyasint"`
}

const settingID = "business"

var settings = engine.Kind[setting]{Name: "clock"}

// Follow takes over what the store says about the clock: at the start, before
// there is an engine, and whenever another server may have advanced it. A real
// clock takes nothing over.
func (c *Clock) Follow(ctx context.Context, from store.Reader) error {
	if c.real {
		return nil
	}
	kept, _, err := settings.Read(ctx, from, settingID)
	if err != nil {
		return fmt.Errorf("read how far the business clock was advanced: %w", err)
	}
	c.jumpTo(time.Duration(kept.AheadMilli) * time.Millisecond)
	return nil
}

// Advance moves the business time on, for good, and returns the new time. The
// sandbox's edge alone calls it. Refusals: sandbox_only, invalid_field (advance).
func (c *Clock) Advance(ctx context.Context, e *engine.Engine, by engine.By, key string, d time.Duration) (time.Time, error) {
	if c.real {
		return time.Time{}, refusal.New(refusal.SandboxOnly, "real time takes its time")
	}
	receipt, err := e.Submit(ctx, advance{Key: key, Milli: d.Milliseconds()}, by)
	kept, err := engine.Result[setting](receipt, err)
	if err != nil {
		return time.Time{}, err
	}
	c.jumpTo(time.Duration(kept.AheadMilli) * time.Millisecond)
	return c.Now(), nil
}

type advance struct {
	Key   string `cbor:"1,keyasint"`
	Milli int64  `cbor:"2,keyasint"`
}

func (c advance) ID() string                     { return c.Key }
func (c advance) Name() string                   { return "advance_clock" }
func (c advance) Touches(touched *store.Touched) { touched.Record(settings.Key(settingID)) }

func (c advance) Apply(tx *engine.Tx) (any, error) {
	if c.Milli <= 0 || c.Milli > MaxAdvance.Milliseconds() {
		return nil, refusal.In("advance", refusal.InvalidField, "the clock goes forward only, by %s at most", MaxAdvance)
	}
	kept, _ := settings.Get(tx, settingID)
	if kept.AheadMilli+c.Milli > 100*MaxAdvance.Milliseconds() {
		return nil, refusal.In("advance", refusal.InvalidField, "the clock is as far ahead as it can be")
	}

	kept.AheadMilli += c.Milli
	settings.Put(tx, settingID, kept)
	return kept, nil
}
