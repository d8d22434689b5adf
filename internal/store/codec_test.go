package store_test

import (
	"bytes"
	"reflect"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
)

func fullEntry() store.Entry {
	user, shop := ledger.Of(ledger.User, 2088000000000012, money.CNY), ledger.Of(ledger.Merchant, 2088100000000017, money.CNY)
	return store.Entry{Position: 900, At: 1_700_000_000_000_001, Command: "c/1", Stamp: store.Stamp("c/1"), Name: "open_trade", Body: []byte{1, 2, 3}, Actor: "user:1", Request: "r",
		Result: []byte{9},
		Legs: []ledger.Leg{{Account: user, Amount: -500, Why: ledger.Payment, After: 100, Held: 7, Number: 12, Previous: 899},
			{Account: shop, Amount: 500, Why: "a word of its own", After: 1 << 50, Number: 1}},
		Records: []store.Record{
			{Key: store.Key{Kind: "trade", ID: "1", Origin: store.Stamp("c/1")}, Value: []byte("v"), Bulk: true},
			{Key: store.Key{Kind: "trade", ID: "2", Origin: 77}, Value: []byte{}, Bulk: true, Terms: []store.Term{{Index: "i", Sort: "s"}, {Index: "j", Sort: ""}}},
			{Key: store.Key{Kind: "person", ID: "3"}}},
		States: []store.AccountChange{{Account: user, Held: 3, Tier: ledger.TierII, Meter: ledger.Meter{Day: ledger.Day{Number: 20000, Year: 2024}, Today: 5, ThisYear: 6, Ever: 7, TimesADay: 2}},
			{Account: ledger.Of(ledger.Escrow, 5, money.CNY)}},
		Events:   []byte("told"),
		Mentions: []store.Mention{{Account: ledger.Of(ledger.Merchant, 5, money.CNY), Previous: 17}, {Account: shop}},
	}
}

func TestEntriesReadAsTheyWereWritten(t *testing.T) {
	refused := store.Entry{Position: 2, At: 5, Command: "c", Stamp: store.Stamp("c"), Name: "n", Refused: "insufficient_balance", Message: "account lacks 1.00", Field: "amount"}
	for _, want := range []store.Entry{fullEntry(), refused, {Position: 1, At: -3, Stamp: store.Stamp("")}} {
		got, err := store.ReadEntry(store.AppendEntry(nil, &want, 1000, store.CodecVersion), want.Position, 1000)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v (%v)\nwrote %+v", got, err, want)
		}
	}
}

// A payment's entry says its trade's number five times, and it is written once.
func TestTheOwnNameIsWrittenOnce(t *testing.T) {
	const own = "2026113004757748675272966046"
	says := func(before, after string) []byte { return []byte(before + string(byte(len(own))) + own + after) }
	e := store.Entry{Position: 7, At: 5, Command: "c", Stamp: store.Stamp("c"), Name: "open_trade", Body: says("", ""), Result: says("\x01\x00", ""),
		Records: []store.Record{
			{Key: store.Key{Kind: "order_no", ID: "2088/1"}, Value: says("\x01", "tail"), Bulk: true},
			{Key: store.Key{Kind: "trade", ID: own, Origin: store.Stamp("c")}, Value: says("\x01", own), Bulk: true},
			{Key: store.Key{Kind: "other", ID: own}, Value: []byte(own)},
			{Key: store.Key{Kind: "other", ID: "far"}, Value: says("more than a dozen bytes", "")},
			{Key: store.Key{Kind: "gone", ID: "x"}},
		},
		Events: says("\x00\x01\x05trade", "\x02")}
	b := store.AppendEntry(nil, &e, 0, store.CodecVersion)
	// Once for itself; in the body, which is as it was asked; behind the trade's first; and where it is no text or stands far within.
	if n := bytes.Count(b, []byte(own)); n != 5 {
		t.Errorf("it is written %d times", n)
	}
	before := store.AppendEntry(nil, &e, 0, store.OldCodecVersion)
	if n := bytes.Count(before, []byte(own)); n != 10 {
		t.Errorf("in the layout before it is written %d times", n)
	}
	for _, b := range [][]byte{b, before} {
		got, err := store.ReadEntry(b, 7, 0)
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("read %+v (%v)\nwrote %+v", got, err, e)
		}
	}
	var room store.Room
	for range 3 {
		room.Clear()
		var some [20]store.Entry // what was read stays as it was while more is read
		for i := range some {
			if err := room.ReadEntry(&some[i], b, 7, 0); err != nil {
				t.Fatal(err)
			}
		}
		for _, got := range some {
			if !reflect.DeepEqual(got, e) {
				t.Fatalf("into a room: %+v\nwrote %+v", got, e)
			}
		}
	}
}

// Whatever bytes there are, reading them ends, and what reads as an entry is
// written as one that reads the same.
func FuzzReadEntry(f *testing.F) {
	full := fullEntry()
	f.Add(store.AppendEntry(nil, &full, 0, store.CodecVersion))
	named := full
	named.Result, named.Events = []byte("\x00\x01\x01"+"1"), []byte("\x011") // "1" is the first record's id
	f.Add(store.AppendEntry(nil, &named, 0, store.CodecVersion))
	f.Add([]byte{0})
	f.Add([]byte{63, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := store.ReadEntry(b, 900, 0)
		if err != nil {
			return
		}
		again, err := store.ReadEntry(store.AppendEntry(nil, &e, 0, store.CodecVersion), 900, 0)
		if err != nil {
			t.Fatalf("%v\n%+v", err, e)
		}
		if !reflect.DeepEqual(normal(again), normal(e)) {
			t.Fatalf("%+v\n%+v", e, again)
		}
	})
}

// normal makes empty and nil the same, which the bytes don't tell apart.
func normal(e store.Entry) store.Entry {
	if len(e.Legs) == 0 {
		e.Legs = nil
	}
	if len(e.Records) == 0 {
		e.Records = nil
	}
	if len(e.States) == 0 {
		e.States = nil
	}
	if len(e.Mentions) == 0 {
		e.Mentions = nil
	}
	if len(e.Result) == 0 {
		e.Result = nil
	}
	for i := range e.Legs {
		e.Legs[i].Previous = 0 // distances wrap in nonsense
	}
	for i := range e.Mentions {
		e.Mentions[i].Previous = 0
	}
	for i := range e.Records {
		e.Records[i].Key.Origin = 0 // an origin of 0, or the stamp of the command, is told in several ways
	}
	return e
}
