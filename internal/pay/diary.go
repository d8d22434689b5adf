package pay

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tongbao/internal/engine"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// What concerns a party stands in its diary, so every list of its events and its
// trades is read from there, newest first, and costs nothing to keep.

// Span is a stretch of a party's diary, newest first.
type Span struct {
	Party       uint64
	From, Until int64  // Unix milliseconds: not before, and before; 0 for no bound
	After       string // go on after this item, an Item.At of an earlier answer
	Limit       int    // at most so many
}

// ListEvents lists a party's events.
func ListEvents(ctx context.Context, from store.Reader, s Span) ([]engine.Item[Event], error) {
	return list(ctx, from, s, func(_ *store.Entry, e Event) (string, Event, bool, error) { return e.ID, e, true, nil })
}

// ListTrades lists a party's trades, as they stand now, by when they were opened
// or, for a buyer, got them as theirs.
func ListTrades(ctx context.Context, from store.Reader, s Span) ([]engine.Item[trade.Trade], error) {
	return list(ctx, from, s, func(_ *store.Entry, e Event) (string, trade.Trade, bool, error) {
		if e.Kind != Trades.Name || e.Type != PaymentCreated && (e.Type != PaymentPaid || e.Detail != BuyerJoined || e.Parties[0] == s.Party) {
			return "", trade.Trade{}, false, nil
		}
		t, ok, err := Trades.Read(ctx, from, e.Object)
		if err == nil && !ok {
			err = fmt.Errorf("event %s is about payment %s, which is not there", e.ID, e.Object)
		}
		return e.Object, t, true, err
	})
}

// diaryPage is how many entries are read at once.
const diaryPage = 64

// list makes an item of each of the party's events that pick takes.
func list[T any](ctx context.Context, from store.Reader, s Span, pick func(*store.Entry, Event) (id string, v T, ok bool, err error)) ([]engine.Item[T], error) {
	at, skip, err := s.begin(ctx, from)
	if err != nil || at == 0 {
		return nil, err
	}
	var items []engine.Item[T]
	for at != 0 {
		pages, err := from.Diary(ctx, DiaryOf(s.Party), at, min(diaryPage, s.Limit-len(items)+1))
		if err != nil {
			return nil, err
		}
		for i := range pages {
			entry := &pages[i].Entry
			at = pages[i].Next
			if entry.At/1000 < s.From {
				return items, nil
			}
			events, err := eventsOf(entry, s.Party)
			if err != nil {
				return nil, err
			}
			for n, e := range events {
				if n < skip || s.Until != 0 && e.At >= s.Until {
					continue
				}
				id, v, ok, err := pick(entry, e)
				if err != nil {
					return nil, err
				}
				if !ok {
					continue
				}
				items = append(items, engine.Item[T]{At: fmt.Sprintf("%d.%d", entry.Position, n), Sort: sortable(e.At), ID: id, Value: v})
				if len(items) == s.Limit {
					return items, nil
				}
			}
			skip = 0
		}
	}
	return items, nil
}

// begin is where in the diary the span begins, and how many of the events there
// have been told.
func (s Span) begin(ctx context.Context, from store.Reader) (position uint64, skip int, err error) {
	if s.After != "" {
		at, n, ok := strings.Cut(s.After, ".")
		position, err1 := strconv.ParseUint(at, 10, 64)
		told, err2 := strconv.Atoi(n)
		if !ok || err1 != nil || err2 != nil {
			return 0, 0, fmt.Errorf("%q is no place in a diary", s.After)
		}
		return position, told + 1, nil
	}
	if s.Until != 0 {
		position, err = from.DiaryAt(ctx, DiaryOf(s.Party), s.Until*1000-1)
		return position, 0, err
	}
	account, err := from.Account(ctx, DiaryOf(s.Party))
	return account.Last, 0, err
}

// eventsOf are an entry's events that concern a party, newest first.
func eventsOf(entry *store.Entry, party uint64) ([]Event, error) {
	var events []Event
	all, err := EventsIn(entry)
	for _, e := range slices.Backward(all) {
		if slices.Contains(e.Parties, party) {
			events = append(events, e)
		}
	}
	return events, err
}
