package storetest

import (
	"fmt"
	"slices"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
)

func accountsListed(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	want := []ledger.AccountID{bank}
	var steps []step
	for i := range 50 {
		id := ledger.Of([]ledger.Kind{ledger.User, ledger.Merchant, ledger.Escrow}[i%3], uint64(i*7919%50), money.CNY)
		want = append(want, id)
		steps = append(steps, move(fmt.Sprint(i), bank, id, 1))
	}
	dollar := ledger.Of(ledger.User, 0, money.Currency(840))
	want = append(want, dollar)
	slices.SortFunc(want, ledger.AccountID.Compare)
	teller.do(steps[:20]...)
	must[[]ledger.Account](t)(s.Accounts(ctx, ledger.AccountID{}, 5))
	teller.do(append(steps[20:], move("dollar", ledger.Of(ledger.Suspense, 1, money.Currency(840)), dollar, 1))...)
	want = append(want, ledger.Of(ledger.Suspense, 1, money.Currency(840)))
	slices.SortFunc(want, ledger.AccountID.Compare)
	for _, limit := range []int{1, 7, 1000} {
		var got []ledger.AccountID
		after := ledger.AccountID{}
		for {
			page := must[[]ledger.Account](t)(s.Accounts(ctx, after, limit))
			for _, a := range page {
				got = append(got, a.ID)
				same(t, "account in the list", a, must[ledger.Account](t)(s.Account(ctx, a.ID)))
			}
			if len(page) < limit {
				break
			}
			after = page[len(page)-1].ID
		}
		same(t, fmt.Sprintf("names in pages of %d", limit), got, want)
	}
}

// historyOf is what 300 entries should look like: user 1 gets i+1 in the i-th.
func historyOf(teller *teller, n, perBatch int) {
	var steps []step
	for i := range n {
		teller.now = int64(1_000_000 + 10*(i-len(steps))) // the batch's first
		steps = append(steps, move(fmt.Sprintf("h%d", i), bank, user(1), money.Amount(i+1)))
		if len(steps) == perBatch || i == n-1 {
			teller.do(steps...)
			steps = nil
		}
	}
}

func historyPages(t *testing.T, h Harness) {
	const n = 300
	for _, perBatch := range []int{1, 13, n} {
		s, teller, _ := open(t, h)
		historyOf(teller, n, perBatch)
		for _, limit := range []int{1, 20, 64, 1000} {
			var got []store.Movement
			before := uint64(0)
			for len(got) < n {
				page := must[[]store.Movement](t)(s.History(ctx, user(1), before, limit))
				if len(page) == 0 || len(page) > limit {
					t.Fatalf("a page of %d, where at most %d were asked for and %d are left", len(page), limit, n-len(got))
				}
				got = append(got, page...)
				before = page[len(page)-1].Leg.Number
			}
			same(t, "entries", len(got), n)
			for i, m := range got {
				number := n - i
				same(t, "number", m.Leg.Number, uint64(number))
				same(t, "amount", m.Leg.Amount, money.Amount(number))
				same(t, "running balance", m.Leg.After, money.Amount(number*(number+1)/2))
				same(t, "command", m.Command, fmt.Sprintf("h%d", number-1))
				same(t, "name", m.Name, "test")
				same(t, "position", m.Position, uint64(number))
				same(t, "time", m.At, int64(1_000_000+10*(number-1)))
			}
		}
		// A page may begin anywhere.
		for before := uint64(1); before <= n+1; before++ {
			page := must[[]store.Movement](t)(s.History(ctx, user(1), before, 1))
			if before == 1 {
				same(t, "entries before the first", len(page), 0)
				continue
			}
			same(t, fmt.Sprintf("entry before %d", before), page[0].Leg.Number, before-1)
		}
		same(t, "before beyond the newest", must[[]store.Movement](t)(s.History(ctx, user(1), n+500, 1))[0].Leg.Number, uint64(n))
		verify(t, s)
	}
}

func historySeveralLegs(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	var want []money.Amount
	for i := range 100 {
		teller.do(step{id: fmt.Sprint(i), legs: []ledger.Leg{
			{Account: bank, Amount: -3, Why: ledger.Transfer}, {Account: user(1), Amount: 5, Why: ledger.Transfer},
			{Account: user(1), Amount: -1, Why: ledger.Fee}, {Account: user(1), Amount: -1, Why: ledger.Fee}}})
		want = append(want, 5, -1, -1)
	}
	slices.Reverse(want)
	for _, limit := range []int{1, 2, 7, 1000} {
		var got []money.Amount
		before := uint64(0)
		for len(got) < len(want) {
			page := must[[]store.Movement](t)(s.History(ctx, user(1), before, limit))
			if len(page) == 0 {
				t.Fatalf("history ends after %d entries", len(got))
			}
			for _, m := range page {
				got = append(got, m.Leg.Amount)
			}
			before = page[len(page)-1].Leg.Number
		}
		same(t, fmt.Sprintf("amounts in pages of %d", limit), got, want)
	}
	verify(t, s)
}

func historyAtMoment(t *testing.T, h Harness) {
	const n = 300
	s, teller, _ := open(t, h)
	historyOf(teller, n, 7)
	for i := range n {
		at := int64(1_000_000 + 10*i)
		same(t, "just before", must[uint64](t)(s.HistoryAt(ctx, user(1), at-1)), uint64(i))
		same(t, "at the moment", must[uint64](t)(s.HistoryAt(ctx, user(1), at)), uint64(i+1))
	}
	same(t, "before everything", must[uint64](t)(s.HistoryAt(ctx, user(1), -5)), uint64(0))
	same(t, "long after", must[uint64](t)(s.HistoryAt(ctx, user(1), 1<<60)), uint64(n))
	number := must[uint64](t)(s.HistoryAt(ctx, user(1), 1_000_000+10*99+3))
	same(t, "balance at that moment", must[[]store.Movement](t)(s.History(ctx, user(1), number+1, 1))[0].Leg.After, money.Amount(100*101/2))

	// Many entries at one moment: the newest of them counts.
	var steps []step
	for i := range 150 {
		steps = append(steps, move(fmt.Sprint("same", i), bank, user(2), 1))
	}
	txn := teller.begin(touchedBy(steps))
	batch := teller.batch(txn, steps)
	for i := range batch.Entries {
		batch.Entries[i].At = 9_000_000
	}
	if err := must[store.Pending](t)(txn.Commit(batch)).Wait(); err != nil {
		t.Fatal(err)
	}
	same(t, "before the many", must[uint64](t)(s.HistoryAt(ctx, user(2), 8_999_999)), uint64(0))
	same(t, "at the many", must[uint64](t)(s.HistoryAt(ctx, user(2), 9_000_000)), uint64(150))
}

func journalRead(t *testing.T, h Harness) {
	for _, perBatch := range []int{1, 9, 200} {
		s, teller, _ := open(t, h)
		teller.fill("t", 200, 3, perBatch)
		all := must[[]store.Entry](t)(s.Journal(ctx, 0, 1000))
		same(t, "entries", len(all), 200)
		for i, entry := range all {
			same(t, "position", entry.Position, uint64(i+1))
			same(t, "command", entry.Command, fmt.Sprintf("t-%06d", i))
		}
		for after := uint64(0); after < 200; after += 17 {
			for _, limit := range []int{1, 10, 500} {
				got := must[[]store.Entry](t)(s.Journal(ctx, after, limit))
				same(t, fmt.Sprintf("%d entries after %d", limit, after), got, all[after:min(200, int(after)+limit)])
			}
		}
		same(t, "entries after the end", len(must[[]store.Entry](t)(s.Journal(ctx, 200, 10))), 0)
		same(t, "entries far after the end", len(must[[]store.Entry](t)(s.Journal(ctx, 1000, 10))), 0)
	}
}
