package alipay

import (
	"slices"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
)

type refundQueryIn struct {
	tradeIn
	OutRequestNo text         `json:"out_request_no"`
	QueryOptions nested[list] `json:"query_options"`
}

type refundQueryOut struct {
	numbers
	OutRequestNo string          `json:"out_request_no,omitempty"`
	RefundStatus string          `json:"refund_status,omitempty"`
	RefundAmount string          `json:"refund_amount,omitempty"`
	TotalAmount  string          `json:"total_amount,omitempty"`
	RefundReason string          `json:"refund_reason,omitempty"`
	GmtRefundPay string          `json:"gmt_refund_pay,omitempty"`
	SendBackFee  string          `json:"send_back_fee,omitempty"`
	Items        []fundBill      `json:"refund_detail_item_list,omitempty"`
	Royaltys     []refundRoyalty `json:"refund_royaltys,omitempty"`
}

// refundRoyalty is what a receiver gave back for a refund.
type refundRoyalty struct {
	RefundAmount string `json:"refund_amount"`
	RoyaltyType  string `json:"royalty_type"`
	ResultCode   string `json:"result_code"`
	TransOut     string `json:"trans_out"`
	TransIn      string `json:"trans_in"`
}

// An unknown number is answered with success and no state: only REFUND_SUCCESS
// says that there is such a refund.
var tradeRefundQuery = of(method{name: "alipay.trade.fastpay.refund.query", right: party.View}, func(c *call, in *refundQueryIn) (any, error) {
	t, err := c.find(in.tradeIn)
	if err != nil {
		return nil, err
	}
	number := string(in.OutRequestNo)
	if number == "" {
		return nil, c.badParameter("out_request_no is missing")
	}
	r, ok := t.FindRefund(number)
	if !ok {
		return nil, nil
	}
	out := refundQueryOut{numbers: numbersOf(&t), OutRequestNo: number, RefundStatus: "REFUND_SUCCESS", RefundAmount: wire.FormatAmount(r.Amount),
		TotalAmount: wire.FormatAmount(t.Amount), RefundReason: r.Reason}
	for _, p := range r.Taken {
		out.Royaltys = append(out.Royaltys, refundRoyalty{RefundAmount: wire.FormatAmount(p.Amount), RoyaltyType: "transfer", ResultCode: "SUCCESS",
			TransOut: party.FormatID(p.Party), TransIn: party.FormatID(t.Merchant)})
	}
	wants := func(option text) bool { return slices.Contains(in.QueryOptions.Value, option) }
	if wants("gmt_refund_pay") || len(in.QueryOptions.Value) == 0 {
		out.GmtRefundPay = at(r.At)
	}
	if wants("refund_detail_item_list") {
		out.SendBackFee = wire.FormatAmount(r.Amount)
		out.Items = []fundBill{{FundChannel: balanceChannel, Amount: out.SendBackFee}}
	}
	return out, nil
})
