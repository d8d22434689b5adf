package clock_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tongbao/internal/clock"
	"tongbao/internal/engine"
	"tongbao/internal/pebblestore"
	"tongbao/internal/refusal"
)

var noon = time.Date(2018, 11, 11, 4, 0, 0, 0, time.UTC)

func TestAdvanceOutlivesARestart(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	for i := range 3 { // the same folder, started three times
		s, err := pebblestore.Open(ctx, pebblestore.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		c := clock.Standing(noon)
		if err := c.Follow(ctx, s); err != nil {
			t.Fatal(err)
		}
		if want := noon.AddDate(0, 0, min(i, 1)); !c.Now().Equal(want) {
			t.Fatalf("start %d: it is %s, want %s", i, c.Now(), want)
		}
		e, err := engine.New(ctx, s, engine.Options{Now: c.Now})
		if err != nil {
			t.Fatal(err)
		}
		rung := c.Changed()
		// Asked again under the same key, it is one advance.
		now, err := c.Advance(ctx, e, engine.By{}, "once", 24*time.Hour)
		if err != nil || !now.Equal(noon.AddDate(0, 0, 1)) {
			t.Fatalf("start %d: advanced to %s, %v", i, now, err)
		}
		select {
		case <-rung:
		default:
			if i == 0 {
				t.Error("nobody was told of the advance")
			}
		}
		e.Close()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAdvanceRefusesToGoBack(t *testing.T) {
	ctx := context.Background()
	s, err := pebblestore.Open(ctx, pebblestore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := clock.Standing(noon)
	e, err := engine.New(ctx, s, engine.Options{Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, d := range []time.Duration{-time.Hour, 0, 400 * 24 * time.Hour} {
		if _, err := c.Advance(ctx, e, engine.By{}, "k"+d.String(), d); !errors.Is(err, refusal.InvalidField) {
			t.Errorf("advance by %s: %v", d, err)
		}
	}
	if _, err := clock.Real().Advance(ctx, e, engine.By{}, "real", time.Hour); !errors.Is(err, refusal.SandboxOnly) {
		t.Errorf("real time was advanced: %v", err)
	}
	if !c.Now().Equal(noon) {
		t.Errorf("a refused advance moved the clock to %s", c.Now())
	}
}
