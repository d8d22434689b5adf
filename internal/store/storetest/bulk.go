package storetest

import (
	"fmt"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// bulk is a record of very many: found by its own name, or, with an origin, by
// the command that made it.
func bulk(kind, id, value, origin string, terms ...store.Term) store.Record {
	r := store.Record{Key: store.Key{Kind: kind, ID: id}, Value: []byte(value), Bulk: true, Terms: terms}
	if origin != "" {
		r.Key.Origin = store.Stamp(origin)
	}
	return r
}

func bulkRecords(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	order, deal, told := bulk("order_no", "shop/1", "a", ""), bulk("deal", "D", "opened", "1"), bulk("event", "E", "told", "1")
	wants := func(r store.Reader, records ...store.Record) {
		t.Helper()
		for _, want := range records {
			got, ok := record(t, r, want.Key)
			same(t, want.Key.Kind+" is there", ok, true)
			same(t, want.Key.Kind, got, want)
			txn := teller.begin(&store.Touched{Records: []store.Key{want.Key}})
			got, ok = txn.Record(want.Key)
			txn.Rollback()
			same(t, want.Key.Kind+" is there in begin", ok, true)
			same(t, want.Key.Kind+" in begin", got, want)
		}
	}
	teller.do(write("1", order, deal, told))
	wants(s, order, deal, told)
	before := must[store.Snapshot](t)(s.Snapshot(ctx))
	defer before.Close()

	open, other := bulk("deal", "D", "shipped", "1", row("trade.all", "x")), bulk("deal", "D2", "opened", "3", row("trade.all", "y"))
	teller.do(write("2", open), write("3", other))
	wants(s, order, open, other, told)
	same(t, "rows", must[[]store.Row](t)(s.Scan(ctx, store.Range{Index: "trade.all", Limit: 5}))[0].Record, open)
	same(t, "rows", ids(t, s, store.Range{Index: "trade.all", Limit: 5}), []string{"D", "D2"})
	got, _ := record(t, before, deal.Key)
	same(t, "the deal in the snapshot", got, deal)
	if _, ok := record(t, before, other.Key); ok {
		t.Fatal("a snapshot sees a record that is younger")
	}

	done := bulk("deal", "D", "done", "1")
	teller.do(write("4", bulk("deal", "D", "nearly", "1", row("trade.all", "z"))), write("5", done))
	wants(s, order, done, other, told)
	same(t, "rows", ids(t, s, store.Range{Index: "trade.all", Limit: 5}), []string{"D2"})
	stamped := must[[]store.Entry](t)(s.Stamped(ctx, store.Stamp("3")))
	same(t, "entries of a stamp", len(stamped), 1)
	same(t, "its command", stamped[0].Command, "3")
	same(t, "entries of no stamp", len(must[[]store.Entry](t)(s.Stamped(ctx, store.Stamp("nobody")))), 0)
	for _, key := range []store.Key{{Kind: "event", ID: "E", Origin: store.Stamp("2")}, {Kind: "event", ID: "F", Origin: store.Stamp("1")}, {Kind: "order_no", ID: "shop/2"}} {
		if found, ok := record(t, s, key); ok {
			t.Fatalf("found %+v under %+v", found, key)
		}
	}
	steps := []step{write("6", store.Record{Key: order.Key, Bulk: true})}
	txn := teller.begin(touchedBy(steps))
	if _, err := txn.Commit(teller.batch(txn, steps)); err == nil {
		t.Fatal("a bulk record was deleted")
	}
	verify(t, s)
}

func diaryPages(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	shop := user(7)
	want := []uint64{}
	for i := range 300 {
		st := write(fmt.Sprint(i))
		switch i % 3 {
		case 0:
			st = move(fmt.Sprint(i), bank, shop, 1)
		case 1:
			st.mentions = []ledger.AccountID{shop, user(8)}
		case 2:
			st = move(fmt.Sprint(i), bank, user(9), 1)
		}
		if i%3 != 2 {
			want = append([]uint64{uint64(i + 1)}, want...)
		}
		teller.do(st)
	}
	var got []uint64
	for from, more := uint64(0), true; more; more = from != 0 {
		pages := must[[]store.Page](t)(s.Diary(ctx, shop, from, 7))
		for _, p := range pages {
			got = append(got, p.Position)
		}
		from = pages[len(pages)-1].Next
	}
	same(t, "diary", got, want)
	for _, position := range []uint64{1, 2, 3, 4, 100, 299, 300} {
		entry := must[[]store.Entry](t)(s.Journal(ctx, position-1, 1))[0]
		at := must[uint64](t)(s.DiaryAt(ctx, shop, entry.At))
		if position%3 == 0 {
			position--
		}
		same(t, "diary at its time", at, position)
	}
	same(t, "diary before its time", must[uint64](t)(s.DiaryAt(ctx, shop, 5)), uint64(0))
	same(t, "diary of nobody", len(must[[]store.Page](t)(s.Diary(ctx, user(1234), 0, 5))), 0)
	same(t, "history, mentions passed over", len(must[[]store.Movement](t)(s.History(ctx, shop, 0, 1000))), 100)
	same(t, "an account that was only mentioned", must[ledger.Account](t)(s.Account(ctx, user(8))), ledger.Account{ID: user(8), Last: 299})
	verify(t, s)
}
