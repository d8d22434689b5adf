package openapi

import (
	"fmt"
	"strconv"
	"strings"

	"tongbao/internal/trade"
)

// Refund is money that went back to the buyer.
type Refund struct {
	ID        string `json:"id" example:"rf_2018111112345678901234567890_1"`
	PaymentID string `json:"payment_id" example:"2018111112345678901234567890"`
	Amount    int64  `json:"amount" example:"2800"`
	Currency  string `json:"currency" example:"CNY"`
	Reason    string `json:"reason" example:"One of two was out of stock"`
	At        Time   `json:"at"`
	By        string `json:"by" enum:"seller,buyer_request,arbitration" example:"seller" doc:"Whose word made it: the seller's own, the buyer's claim that was granted or not answered, or an operator's."`
}

// fromDispute begins the trade's own ids of refunds that a dispute made.
const fromDispute = "dispute-"

// A refund's id names its payment and counts within it, so that it is found
// without an index of its own.
func refundID(paymentID string, no int) string { return fmt.Sprintf("rf_%s_%d", paymentID, no) }

// refundView renders the refund at place i of the trade.
func refundView(t *trade.Trade, i int) Refund {
	r := &t.Refunds[i]
	v := Refund{ID: refundID(t.ID, i+1), PaymentID: t.ID, Amount: int64(r.Amount), Currency: t.Currency.String(), Reason: r.Reason, At: Time(r.At), By: "seller"}
	switch {
	case r.By == trade.Operator:
		v.By = "arbitration"
	case strings.HasPrefix(r.ID, fromDispute):
		v.By = "buyer_request"
	}
	return v
}

// refundAt is the place of the refund with the trade's own id; -1 where there is none.
func refundAt(t *trade.Trade, id string) int {
	for i := range t.Refunds {
		if t.Refunds[i].ID == id {
			return i
		}
	}
	return -1
}

func parseRefundID(id string) (paymentID string, no int, ok bool) {
	return parseNumbered("rf_", id)
}

// parseNumbered reads an id that names a payment and counts within it.
func parseNumbered(prefix, id string) (paymentID string, no int, ok bool) {
	rest, ok := strings.CutPrefix(id, prefix)
	if !ok {
		return "", 0, false
	}
	paymentID, number, ok := strings.Cut(rest, "_")
	if !ok {
		return "", 0, false
	}
	no, err := strconv.Atoi(number)
	return paymentID, no, err == nil && no > 0 && strconv.Itoa(no) == number
}
