package alipay

import (
	"slices"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/trade"
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

	SettleInfo *settleShown `json:"trade_settle_info,omitempty"`
}

type queryIn struct {
	tradeIn
	QueryOptions nested[list] `json:"query_options"`
}

// settleShown is what of an order went to others.
type settleShown struct {
	Details   []splitShown `json:"trade_settle_detail_list,omitempty"`
	Unsettled string       `json:"trade_unsettled_amount,omitempty"`
}

var tradeQuery = of(method{name: "alipay.trade.query", right: party.View}, func(c *call, in *queryIn) (any, error) {
	t, err := c.find(in.tradeIn)
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
	if slices.Contains(in.QueryOptions.Value, "trade_settle_info") {
		out.SettleInfo = settleOf(&t)
	}
	return out, nil
})

func settleOf(t *trade.Trade) *settleShown {
	if t.HoldFor == 0 && len(t.Splits) == 0 {
		return nil
	}
	s := settleShown{}
	if t.Held() {
		s.Unsettled = wire.FormatAmount(t.InEscrow())
	}
	for _, split := range t.Splits {
		one := shown(t, split)
		one.SerialNo, one.OperationDt = pay.SplitNo(t, split.Request), at(split.At)
		s.Details = append(s.Details, one)
	}
	return &s
}
