package alipay

import (
	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
)

type queryOut struct {
	numbers
	buyer
	BuyerUserType string `json:"buyer_user_type,omitempty"`
	TradeStatus   string `json:"trade_status"`
	TotalAmount   string `json:"total_amount"`
	sums
	SendPayDate    string     `json:"send_pay_date,omitempty"`
	FundBillList   []fundBill `json:"fund_bill_list,omitempty"`
	StoreID        string     `json:"store_id,omitempty"`
	TerminalID     string     `json:"terminal_id,omitempty"`
	Subject        string     `json:"subject,omitempty"`
	Body           string     `json:"body,omitempty"`
	PassbackParams string     `json:"passback_params,omitempty"`
}

var tradeQuery = of(method{name: "alipay.trade.query", right: party.View}, func(c *call, in *tradeIn) (any, error) {
	t, err := c.find(*in)
	if err != nil {
		return nil, err
	}
	who, err := c.s.buyerOf(c.ctx, &t)
	if err != nil {
		return nil, err
	}
	out := queryOut{numbers: numbersOf(&t), buyer: who, TradeStatus: statusOf(&t), TotalAmount: wire.FormatAmount(t.Amount), sums: sumsOf(&t),
		SendPayDate: at(t.Paid), FundBillList: fundsOf(&t), StoreID: t.Metadata[metaStore], TerminalID: t.Metadata[metaTerminal],
		Subject: t.Subject, Body: t.Body, PassbackParams: t.Metadata[metaPassback]}
	if t.Paid != 0 {
		out.BuyerUserType = "PRIVATE"
	}
	return out, nil
})
