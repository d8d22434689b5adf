package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pebblestore"
	"tongbao/internal/store"
)

func tiny(t *testing.T) Options {
	dir := t.TempDir()
	return Options{Count: 3000, Accounts: 1000, Zipf: 1, Clients: 200, Store: "pebble", Folder: dir,
		Open: func(ctx context.Context) (store.Store, error) {
			return pebblestore.Open(ctx, pebblestore.Options{Dir: dir})
		}}
}

func mustRun(t *testing.T, run func(context.Context, Options) (Report, error), o Options) Report {
	t.Helper()
	r, err := run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() {
		var text bytes.Buffer
		r.Print(&text)
		t.Fatal(text.String())
	}
	return r
}

func TestPaymentsAreMeasuredAndVerified(t *testing.T) {
	o := tiny(t)
	r := mustRun(t, Payments, o)
	for _, code := range []string{"insufficient_balance", "tier_limit_exceeded", "idempotency_conflict"} {
		if n := r.Refused[code]; n < o.Count/1000 || n > o.Count/50 {
			t.Errorf("%d were refused for %s", n, code)
		}
	}
	if r.BytesPerItem < 100 || r.RSSBytes < 1<<20 || r.P50 > r.P99 || r.P99 > r.Max {
		t.Errorf("figures that can't be: %+v", r)
	}
	before := r.Books.Position
	if r = mustRun(t, Payments, o); r.Books.Position < before+3000 {
		t.Errorf("on the same folder: %d entries, before %d", r.Books.Position, before)
	}
}

func TestBooksThatAreNotTheBenchsStayAsTheyAre(t *testing.T) {
	for _, c := range []struct {
		what     string
		mode     party.Mode // that the books say; empty: an earlier build began them
		empty    bool
		measured bool
	}{
		{what: "a platform's folder", mode: party.Live},
		{what: "a folder of an earlier build", mode: ""},
		{what: "a sandbox's folder", mode: party.Test, measured: true},
		{what: "a sandbox's store, named by --store", mode: party.Test, empty: true},
	} {
		o := tiny(t)
		o.Count, o.Empty = 100, c.empty
		s, e, err := open(t.Context(), o.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		if c.mode == "" {
			_, err = e.Submit(t.Context(), join{Key: "somebody"}, by)
		} else {
			_, err = identity.KeepMode(t.Context(), e, c.mode, by)
		}
		if err := errors.Join(err, shut(s, e)); err != nil {
			t.Fatal(err)
		}
		if c.measured {
			mustRun(t, Transfers, o)
			continue
		}
		if _, err := Transfers(t.Context(), o); err == nil || !strings.HasPrefix(err.Error(), "bench fills the books") {
			t.Errorf("%s: %v", c.what, err)
		}
		if _, err := HTTP(t.Context(), o, nil); err == nil || !strings.HasPrefix(err.Error(), "bench fills the books") {
			t.Errorf("%s, over HTTP: %v", c.what, err)
		}
		if s, err = o.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if head, err := s.Head(t.Context()); err != nil || head.Position != 1 {
			t.Errorf("%s has %d entries, %v", c.what, head.Position, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTransfersAreMeasuredAndVerified(t *testing.T) {
	o := tiny(t)
	if r := mustRun(t, Transfers, o); len(r.Refused) != 0 {
		t.Errorf("refused: %v", r.Refused)
	}
}

func TestOpenLoopTakesAsLongAsItsRateSays(t *testing.T) {
	o := tiny(t)
	o.Count, o.Rate = 500, 1000
	if r := mustRun(t, Payments, o); r.Seconds < 0.498 {
		t.Errorf("500 items at 1000 a second took %f s", r.Seconds)
	}
}

func TestJSONHasTheContractsFields(t *testing.T) {
	var line bytes.Buffer
	if err := (Report{}).WriteJSON(&line); err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(line.Bytes(), &fields); err != nil {
		t.Fatal(err)
	}
	want := []string{"bytes_on_disk", "bytes_per_item", "cores", "count", "fsync", "go", "max_ms", "p50_ms", "p99_ms", "per_second", "rss_bytes", "seconds", "store"}
	if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) || bytes.Count(line.Bytes(), []byte("\n")) != 1 {
		t.Errorf("%s", line.Bytes())
	}
}

func TestPopularityFollowsZipf(t *testing.T) {
	p := newPopularity(10_000, 1)
	counts := make([]int, 10_000)
	for n := range uint64(1_000_000) {
		counts[p.choose(dice(n, 3))]++
	}
	// 1/ln(10,000) is about a tenth: the first gets twice the second's, ten times the tenth's.
	if first := counts[0]; first < 98_000 || first > 106_000 || counts[1] < first*45/100 || counts[1] > first*55/100 || counts[9] < first/12 || counts[9] > first/8 {
		t.Errorf("the first get %v", counts[:10])
	}
}
