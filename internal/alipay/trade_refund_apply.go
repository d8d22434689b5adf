package alipay

import (
	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
)

type refundApplied struct {
	numbers
	OutRequestNo string `json:"out_request_no"`
	RefundAmount string `json:"refund_amount"`
	RefundStatus string `json:"refund_status"`
}

// A refund that the program does not wait for. Here it is made at once all the
// same, and told of at the address that came with the request, where one did.
var tradeRefundApply = of(method{name: "alipay.trade.refund.apply", right: party.Refund}, func(c *call, in *refundIn) (any, error) {
	if in.OutRequestNo == "" {
		return nil, c.badParameter("out_request_no is missing")
	}
	to, err := c.notifyURL()
	if err != nil {
		return nil, err
	}
	after, number, _, err := c.refund(in)
	if err != nil {
		return nil, err
	}
	if to == after.NotifyURL { // where every refund is told anyway
		to = ""
	}
	r, _ := after.FindRefund(number)
	out := refundApplied{numbers: numbersOf(&after), OutRequestNo: number, RefundAmount: wire.FormatAmount(r.Amount), RefundStatus: "REFUND_SUCCESS"}
	return out, c.tell(&after, to, "refund/"+after.ID+"/"+number, number)
})
