package pay

import (
	"context"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// Event says that something changed, to those whom it concerns. It names the
// object and the command that changed it; how the object stood then is in the
// command's journal entry, so that an event told late tells what was true.
type Event struct {
	ID      string   `json:"id"`
	Type    string   `json:"type"`
	At      int64    `json:"at"` // Unix milliseconds
	Parties []uint64 `json:"parties"`
	Kind    string   `json:"kind"` // of the object's record
	Object  string   `json:"object"`
	Command string   `json:"command"`
	Detail  string   `json:"detail,omitempty"` // which refund, for refund.created
}

// The types of events.
const (
	PaymentCreated    = "payment.created"
	PaymentPaid       = "payment.paid"
	PaymentShipped    = "payment.shipped"
	PaymentExtended   = "payment.extended"
	PaymentFinished   = "payment.finished"
	PaymentClosed     = "payment.closed"
	PaymentReminded   = "payment.reminded"
	RefundCreated     = "refund.created"
	DisputeOpened     = "dispute.opened"
	DisputeUpdated    = "dispute.updated"
	DisputeClosed     = "dispute.closed"
	TransferCreated   = "transfer.created"
	TopUpUpdated      = "top_up.updated"
	WithdrawalUpdated = "withdrawal.updated"
	WebhookTest       = "webhook.test"
	AgreementSigned   = "agreement.signed"
	AgreementEnded    = "agreement.ended"
)

// EventTypes lists them all, in the order of the reference.
var EventTypes = []string{PaymentCreated, PaymentPaid, PaymentShipped, PaymentExtended, PaymentFinished, PaymentClosed, PaymentReminded, RefundCreated,
	DisputeOpened, DisputeUpdated, DisputeClosed, TransferCreated, TopUpUpdated, WithdrawalUpdated, WebhookTest, AgreementSigned, AgreementEnded}

// BuyerJoined is the detail of a payment.paid where nobody had been named as the
// buyer before.
const BuyerJoined = "buyer_joined"

// Events stand in the journal entry of the command that they are of, and nowhere
// else: one is found by its id, which holds the command's stamp, and a party's in
// its diary; see ListEvents.

// eventID is the id of a command's nth event, from 0.
func eventID(command store.Named, n int) string { return engine.MakeID("evt_", command, n) }

// Tell keeps events of the command, once and all together. Only what tells them
// apart need be filled in. The command must touch the parties' diaries.
func Tell(tx *engine.Tx, events ...Event) {
	for i := range events {
		for _, p := range events[i].Parties {
			tx.Mention(DiaryOf(p))
		}
	}
	tx.Tell(func(b []byte) []byte { return appendEvents(b, events) })
}

// EventsIn are the events of a journal entry.
func EventsIn(entry *store.Entry) ([]Event, error) {
	if len(entry.Events) == 0 {
		return nil, nil
	}
	events, err := readEvents(entry.Events)
	if err != nil {
		return nil, fmt.Errorf("events of entry %d: %w", entry.Position, err)
	}
	command := store.Name(entry.Command)
	for i := range events {
		events[i].ID, events[i].At, events[i].Command = eventID(command, i), entry.At/1000, entry.Command
	}
	return events, nil
}

// EventID is the id of the nth event that a command makes, from 0.
func EventID(command string, n int) string { return eventID(store.Name(command), n) }

// ReadEvent finds an event by its id.
func ReadEvent(ctx context.Context, from store.Reader, id string) (Event, bool, error) {
	stamp := engine.OriginOfID(id)
	if stamp == 0 {
		return Event{}, false, nil
	}
	entries, err := from.Stamped(ctx, stamp)
	if err != nil {
		return Event{}, false, fmt.Errorf("look for event %s: %w", id, err)
	}
	for i := range entries {
		events, err := EventsIn(&entries[i])
		if err != nil {
			return Event{}, false, err
		}
		for _, e := range events {
			if e.ID == id {
				return e, true, nil
			}
		}
	}
	return Event{}, false, nil
}

// eventsBetween appends the events that lead from one state of a trade to another.
// parties are the seller and the buyer.
func eventsBetween(events []Event, parties []uint64, before, after *trade.Trade) []Event {
	if after.Buyer == 0 {
		parties = parties[:1]
	}
	add := func(kind, detail string) {
		events = append(events, Event{Type: kind, Detail: detail, Kind: Trades.Name, Object: after.ID, Parties: parties})
	}

	if before.ID == "" {
		add(PaymentCreated, "")
	}
	if before.Paid == 0 && after.Paid != 0 {
		detail := ""
		if before.ID != "" && before.Buyer == 0 {
			detail = BuyerJoined
		}
		add(PaymentPaid, detail)
	}
	for _, r := range after.Refunds[len(before.Refunds):] {
		add(RefundCreated, r.ID)
	}
	if before.Extended != after.Extended {
		add(PaymentExtended, "")
	}
	switch was, is := before.Dispute, after.Dispute; {
	case is == nil || is == was:
	case was == nil || was.No != is.No:
		add(DisputeOpened, "")
	case was.Status.Open() && !is.Status.Open():
		add(DisputeClosed, "")
	default:
		add(DisputeUpdated, "")
	}
	if before.Status != after.Status {
		switch after.Status {
		case trade.WaitBuyerConfirmGoods:
			add(PaymentShipped, "")
		case trade.TradeFinished:
			add(PaymentFinished, "")
		case trade.TradeClosed:
			add(PaymentClosed, "")
		}
	}
	return events
}
