package pay

import (
	"tongbao/internal/engine"
	"tongbao/internal/trade"
)

// Event says that something changed, to those whom it concerns. It names the
// object and the command that changed it; how the object stood then is in the
// command's journal entry, so that an event told late tells what was true.
type Event struct {
	ID      string   `cbor:"1,keyasint" json:"id"`
	Type    string   `cbor:"2,keyasint" json:"type"`
	At      int64    `cbor:"3,keyasint" json:"at"` // Unix milliseconds
	Parties []uint64 `cbor:"4,keyasint" json:"parties"`
	Kind    string   `cbor:"5,keyasint" json:"kind"` // of the object's record
	Object  string   `cbor:"6,keyasint" json:"object"`
	Command string   `cbor:"7,keyasint" json:"command"`
	Detail  string   `cbor:"8,keyasint,omitempty" json:"detail,omitempty"` // which refund, for refund.created
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
)

// EventTypes lists them all, in the order of the reference.
var EventTypes = []string{PaymentCreated, PaymentPaid, PaymentShipped, PaymentExtended, PaymentFinished, PaymentClosed, PaymentReminded, RefundCreated,
	DisputeOpened, DisputeUpdated, DisputeClosed, TransferCreated, TopUpUpdated, WithdrawalUpdated, WebhookTest}

// Events are the records of what was told. A party's are found in its diary; see
// ListEvents.
var Events = engine.Kind[Event]{Name: "event", Bulk: true, Origin: engine.OriginOfID}

// Details of payment.paid.
const BuyerJoined = "buyer_joined" // nobody had been named as the buyer before

// emit keeps an event of the command, which must touch the parties' diaries.
func emit(tx *engine.Tx, e Event) {
	for _, p := range e.Parties {
		tx.Mention(DiaryOf(p))
	}
	e.ID = tx.NewID("evt_")
	e.At = tx.NowMilli()
	e.Command = tx.Command()
	Events.Append(tx, e.ID, e)
}

// eventsBetween are the events that lead from one state of a trade to another.
func eventsBetween(before, after *trade.Trade) []Event {
	var events []Event
	add := func(kind, detail string) { events = append(events, Event{Type: kind, Detail: detail}) }

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
	for i := range events {
		events[i].Kind, events[i].Object = Trades.Name, after.ID
		events[i].Parties = []uint64{after.Merchant}
		if after.Buyer != 0 {
			events[i].Parties = append(events[i].Parties, after.Buyer)
		}
	}
	return events
}
