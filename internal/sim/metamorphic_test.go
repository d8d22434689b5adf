package sim

import (
	"fmt"
	"slices"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/pebblestore"
	"tongbao/internal/trade"
)

// What has nothing to do with money must change nothing about it: the same
// commands give the same journal, byte for byte, and the same balances, whatever
// the sizes of the store are, however often it is restarted, and however the
// commands come together in batches.

func TestOtherSizesAndRestartsGiveTheSameJournal(t *testing.T) {
	o := Options{Seed: 11, Commands: 1500, Calm: 1 << 30}
	drawn := newRunner(o, 0, 0)
	if err := drawn.run(t.Context(), o.Commands); err != nil {
		t.Fatal(err)
	}
	steps, want, accounts := drawn.trace, fmt.Sprintf("%x", drawn.digest), drawn.books.states()
	for _, c := range []struct {
		name    string
		sizes   pebblestore.Options
		mishaps map[int]mishap // every so many steps
	}{
		{name: "defaults"},
		{name: "tiny", sizes: pebblestore.Options{SegmentBytes: 20_000, CheckpointBytes: 5_000, MemTableBytes: 64 << 10, CacheBytes: 1 << 10, PlacesInMemory: 30, InFlight: 1}},
		{name: "no cache to speak of", sizes: pebblestore.Options{CacheBytes: 1}},
		{name: "checkpoints all the time", sizes: pebblestore.Options{CheckpointBytes: 1}},
		{name: "places written all the time", sizes: pebblestore.Options{PlacesInMemory: 1}},
		{name: "many in flight", sizes: pebblestore.Options{InFlight: 64}},
		{name: "restarts", mishaps: map[int]mishap{90: restart}},
		{name: "power cuts between commands", sizes: pebblestore.Options{PlacesInMemory: 100, CheckpointBytes: 20_000, SegmentBytes: 50_000}, mishaps: map[int]mishap{70: restartCut}},
		{name: "power cuts before and after syncs of single commands", mishaps: map[int]mishap{80: cutBefore, 130: cutTold}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRunner(o, 0, 0)
			r.world.sizes = c.sizes
			if err := r.replay(t.Context(), disturbed(steps, c.mishaps)); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprintf("%x", r.digest); got != want {
				t.Errorf("another journal: %s, not %s", got, want)
			}
			if !slices.Equal(r.books.states(), accounts) {
				t.Error("other balances")
			}
		})
	}
}

// disturbed puts mishaps between and into steps. Commands that were in one batch
// stay so, since who is first might be another afterwards; and the bank is not
// asked twice, since it need not answer the same.
func disturbed(steps []step, mishaps map[int]mishap) []step {
	steps = slices.Clone(steps)
	for each, m := range mishaps {
		for i := each; i < len(steps); i += each {
			for (len(steps[i].group) != 1 || steps[i].group[0].Act == actAskBank) && i < len(steps)-1 {
				i++
			}
			steps[i].mishap, steps[i].nth = m, 1
		}
	}
	return steps
}

func TestOtherBatchSizesGiveTheSameJournalAndBalances(t *testing.T) {
	const payments = 2000
	var want string
	for _, size := range []int{1, 2, 7, 64, 500, payments} {
		r := newRunner(Options{Seed: 12, Calm: 1}, 0, 0)
		if err := r.begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		var all []pay.ToOpen
		for n := range payments {
			all = append(all, pay.ToOpen{Key: fmt.Sprintf("open/%d", n%(payments-50)), Asked: pay.Asked{Payer: party.IDFrom(uint64(n%10) + 1), Order: trade.Order{
				OrderNo: fmt.Sprint("no-", n), Merchant: party.MerchantIDFrom(uint64(n%5) + 1), Kind: trade.Instant, Goods: trade.Virtual, Subject: "Batch",
				Amount: money.Amount(1 + n*7919%2000_00), Currency: money.CNY}}})
		}
		refused := 0
		for some := range slices.Chunk(all, size) {
			for _, o := range r.world.desk.OpenAll(t.Context(), by, some, nil) {
				if o.Err != nil {
					refused++
				}
			}
		}
		accounts, err := r.world.store.Accounts(t.Context(), ledger.AccountID{}, 1000)
		if err != nil {
			t.Fatal(err)
		}
		r.books.sequence = nil
		_ = r.readJournal(t.Context()) // the auditor was told nothing; its digest is what counts
		if err := r.audit(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("%d refused, journal %x to %d, accounts %+v", refused, r.entries.Sum(nil), r.seen, accounts)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("in batches of %d:\n%.300s\nin batches of 1:\n%.300s", size, got, want)
		}
		if refused == 0 || refused == payments {
			t.Errorf("%d of %d were refused", refused, payments)
		}
		r.world.close()
	}
}
