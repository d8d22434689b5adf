package pay

import (
	"strconv"

	"tongbao/internal/bank"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/trade"
)

// What a person is told in the wallet, in the same commit as the change.

// messageKinds are the events that a buyer is told of, by the word that the
// wallet has a sentence for.
var messageKinds = map[string]string{
	PaymentPaid:     "payment_made",
	PaymentShipped:  "shipped",
	PaymentFinished: "confirmed",
	PaymentExtended: "extended",
	RefundCreated:   "refunded",
	DisputeOpened:   "dispute_opened",
	DisputeUpdated:  "dispute_updated",
	DisputeClosed:   "dispute_closed",
}

// tell writes the buyer's message of an event.
func tell(tx *engine.Tx, e Event, t *trade.Trade) {
	kind, ok := messageKinds[e.Type]
	if e.Type == PaymentCreated && t.Buyer != 0 && t.Paid == 0 {
		kind, ok = "payment_to_confirm", true // a payment code that wants the password
	}
	if !ok || t.Buyer == 0 || party.IsMerchant(t.Buyer) {
		return
	}
	amount := t.Amount
	if e.Type == RefundCreated {
		r, _ := t.FindRefund(e.Detail)
		amount = r.Amount
	}
	m := party.Message{Person: t.Buyer, Kind: kind, Payment: t.ID, Params: map[string]string{
		"subject": t.Subject, "merchant": party.FormatID(t.Merchant), "amount": strconv.FormatInt(int64(amount), 10), "currency": t.Currency.String()}}
	if t.Dispute != nil {
		m.Dispute = DisputeID(t)
		m.Params["dispute_status"] = t.Dispute.Status.String()
	}
	identity.PutMessage(tx, m)
}

func tellTransfer(tx *engine.Tx, t Transfer) {
	if party.IsMerchant(t.To) {
		return
	}
	identity.PutMessage(tx, party.Message{Person: t.To, Kind: "transfer_in", Params: map[string]string{
		"from": party.FormatID(t.From), "note": t.Note, "transfer": t.ID,
		"amount": strconv.FormatInt(int64(t.Amount), 10), "currency": t.Currency.String()}})
}

func tellBankOrder(tx *engine.Tx, o *BankOrder) {
	if party.IsMerchant(o.Owner) || o.Status == BankUnknown && o.Attempts > 1 {
		return // once is enough to hear that the bank is silent
	}
	kind := "top_up_" + string(o.Status)
	if o.Direction == bank.Out {
		kind = "withdrawal_" + string(o.Status)
	}
	identity.PutMessage(tx, party.Message{Person: o.Owner, Kind: kind, Params: map[string]string{
		"order": o.ID, "card": o.CardLabel, "amount": strconv.FormatInt(int64(o.Amount), 10), "currency": o.Currency.String()}})
}
