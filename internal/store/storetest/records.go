package storetest

import (
	"fmt"
	"slices"
	"testing"

	"tongbao/internal/store"
)

func trade(id, value string, terms ...store.Term) store.Record {
	return store.Record{Key: store.Key{Kind: "trade", ID: id}, Value: []byte(value), Terms: terms}
}

func row(index, sort string) store.Term { return store.Term{Index: index, Sort: sort} }

func recordsChange(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	key := store.Key{Kind: "trade", ID: "T"}
	other := store.Record{Key: store.Key{Kind: "person", ID: "T"}, Value: []byte("a person of the same id")}
	teller.do(write("1", trade("T", "first"), other))
	teller.do(write("2", trade("T", "second")))
	r, ok := record(t, s, key)
	same(t, "record", string(r.Value), "second")
	same(t, "found", ok, true)
	teller.do(write("3", store.Record{Key: key}))
	if _, ok := record(t, s, key); ok {
		t.Fatal("a deleted record is there")
	}
	teller.do(write("4", store.Record{Key: key, Value: []byte{}}))
	r, ok = record(t, s, key)
	same(t, "an empty value is a value", ok, true)
	same(t, "its length", len(r.Value), 0)
	r, _ = record(t, s, other.Key)
	same(t, "the person", string(r.Value), "a person of the same id")
	verify(t, s)
}

func lastChangeCounts(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	all := store.Range{Index: "trade.all", Limit: 10}
	teller.do(
		write("1", trade("A", "1", row("trade.all", "1"))), write("2", trade("B", "1", row("trade.all", "2"))),
		write("3", trade("A", "2", row("trade.all", "3"))), write("4", store.Record{Key: store.Key{Kind: "trade", ID: "B"}}))
	same(t, "rows", ids(t, s, all), []string{"A"})
	teller.do(
		write("5", store.Record{Key: store.Key{Kind: "trade", ID: "A"}}), write("6", trade("A", "3", row("trade.all", "4"))),
		write("7", trade("C", "1", row("trade.all", "5"))), write("8", store.Record{Key: store.Key{Kind: "trade", ID: "C"}}))
	rows := must[[]store.Row](t)(s.Scan(ctx, all))
	same(t, "rows", len(rows), 1)
	same(t, "sort", rows[0].Sort, "4")
	same(t, "record", rows[0].Record, trade("A", "3", row("trade.all", "4")))
	verify(t, s)
}

func rowsReplaced(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	teller.do(write("1", trade("T", "v", row("trade.all", "a"), row("trade.all", "b"), row("trade.user", "x"))))
	same(t, "twice in one index", ids(t, s, store.Range{Index: "trade.all", Limit: 10}), []string{"T", "T"})
	teller.do(write("2", trade("T", "w", row("trade.all", "b"), row("trade.all", "c"))))
	rows := must[[]store.Row](t)(s.Scan(ctx, store.Range{Index: "trade.all", Limit: 10}))
	same(t, "rows", []string{rows[0].Sort, rows[1].Sort}, []string{"b", "c"})
	same(t, "value", string(rows[0].Record.Value), "w")
	same(t, "the other index", ids(t, s, store.Range{Index: "trade.user", Limit: 10}), []string{})
	teller.do(write("3", store.Record{Key: store.Key{Kind: "trade", ID: "T"}}))
	same(t, "after deletion", ids(t, s, store.Range{Index: "trade.all", Limit: 10}), []string{})
	verify(t, s)
}

func scanRanges(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	teller.do(write("1",
		trade("z", "", row("i", "a")), trade("y", "", row("i", "b")), trade("x", "", row("i", "b")),
		trade("xx", "", row("i", "b")), trade("w", "", row("i", "b!")), trade("v", "", row("i", "c")), trade("u", "", row("i", "\xff\xff")),
		trade("empty", "", row("i", "")),
		trade("other", "", row("i2", "b")), trade("other2", "", row("h", "b")),
		store.Record{Key: store.Key{Kind: "person", ID: "x"}, Value: []byte("p"), Terms: []store.Term{row("i", "b")}}))
	for _, c := range []struct {
		r    store.Range
		want []string
	}{
		{store.Range{}, []string{"empty", "z", "x", "x", "xx", "y", "w", "v", "u"}},
		{store.Range{Reverse: true}, []string{"u", "v", "w", "y", "xx", "x", "x", "z", "empty"}},
		{store.Range{From: "b"}, []string{"x", "x", "xx", "y", "w", "v", "u"}},
		{store.Range{Until: "b"}, []string{"empty", "z"}},
		{store.Range{From: "b", Until: "c"}, []string{"x", "x", "xx", "y", "w"}},
		{store.Range{From: "b", Until: "c", Reverse: true}, []string{"w", "y", "xx", "x", "x"}},
		{store.Range{From: "b", Until: "b"}, []string{}},
		{store.Range{From: "c", Until: "b"}, []string{}},
		{store.Range{From: "b!", Until: "b\""}, []string{"w"}},
		{store.Range{From: "d", Until: "e"}, []string{}},
	} {
		c.r.Index = "i"
		for limit := 1; limit <= 10; limit++ {
			got := []string{}
			for r := c.r; ; {
				r.Limit = limit
				rows := must[[]store.Row](t)(s.Scan(ctx, r))
				for _, row := range rows {
					got = append(got, row.Record.Key.ID)
				}
				if len(rows) < limit {
					break
				}
				r.After = rows[len(rows)-1].At
			}
			same(t, fmt.Sprintf("scan of %+v in pages of %d", c.r, limit), got, c.want)
		}
	}
	same(t, "an index nobody stands in", ids(t, s, store.Range{Index: "none", Limit: 1}), []string{})
}

func scanPagesWhileWriting(t *testing.T, h Harness) {
	s, teller, _ := open(t, h)
	for i := range 30 {
		teller.do(write(fmt.Sprint("put", i), trade(fmt.Sprintf("%02d", i), "v", row("i", fmt.Sprintf("%02d", i)))))
	}
	for _, reverse := range []bool{false, true} {
		name := fmt.Sprint(reverse)
		var got []string
		r := store.Range{Index: "i", Limit: 4, Reverse: reverse}
		for page := 0; ; page++ {
			rows := must[[]store.Row](t)(s.Scan(ctx, r))
			for _, row := range rows {
				got = append(got, row.Sort)
			}
			if len(rows) < r.Limit {
				break
			}
			r.After = rows[len(rows)-1].At
			// The row that the page ended with goes away, and rows come up on both sides.
			last := rows[len(rows)-1].Record.Key.ID
			teller.do(write(fmt.Sprint(name, "delete", page), store.Record{Key: store.Key{Kind: "trade", ID: last}}),
				write(fmt.Sprint(name, "restore", page), trade(last+name, "v", row("i", last+"+"))))
		}
		for i := range 30 {
			if sort := fmt.Sprintf("%02d", i); !reverse && !slices.Contains(got, sort) {
				t.Fatalf("row %s was passed over; seen were %v", sort, got)
			}
		}
		if !slices.IsSorted(got) != reverse {
			t.Fatalf("rows out of order: %v", got)
		}
	}
}

func scanNeedsLimit(t *testing.T, h Harness) {
	s, _, _ := open(t, h)
	for _, limit := range []int{0, -1} {
		if _, err := s.Scan(ctx, store.Range{Index: "i", Limit: limit}); err == nil {
			t.Fatalf("a scan with limit %d was answered", limit)
		}
	}
}
