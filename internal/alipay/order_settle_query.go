package alipay

import (
	"strconv"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/trade"
)

type settleQueryIn struct {
	TradeNo      text `json:"trade_no"`
	OutRequestNo text `json:"out_request_no"`
	SettleNo     text `json:"settle_no"`
}

type settleQueryOut struct {
	OutRequestNo string       `json:"out_request_no,omitempty"`
	OperationDt  string       `json:"operation_dt,omitempty"`
	Details      []splitShown `json:"royalty_detail_list,omitempty"`
}

// splitShown is one part of a split, as queries tell it.
type splitShown struct {
	OperationType string `json:"operation_type"`
	SerialNo      string `json:"operation_serial_no,omitempty"`
	OperationDt   string `json:"operation_dt,omitempty"`
	ExecuteDt     string `json:"execute_dt,omitempty"`
	TransOutType  string `json:"trans_out_type"`
	TransOut      string `json:"trans_out"`
	TransInType   string `json:"trans_in_type"`
	TransIn       string `json:"trans_in"`
	Amount        string `json:"amount"`
	State         string `json:"state,omitempty"`
}

func shown(t *trade.Trade, s trade.Split) splitShown {
	return splitShown{OperationType: "transfer", TransOutType: "userId", TransOut: party.FormatID(t.Merchant), TransInType: "userId", TransIn: party.FormatID(s.Party),
		Amount: wire.FormatAmount(s.Amount)}
}

var orderSettleQuery = of(method{name: "alipay.trade.order.settle.query", v3: []string{"GET"}, right: party.View}, func(c *call, in *settleQueryIn) (any, error) {
	number := string(in.OutRequestNo)
	if no := string(in.SettleNo); no != "" {
		if len(no) != trade.IDDigits+4 {
			return nil, c.failed("TRADE_NOT_EXIST", "there is no such split")
		}
		in.TradeNo = text(no[:trade.IDDigits])
	} else if number == "" || in.TradeNo == "" {
		return nil, c.badParameter("settle_no is needed, or out_request_no and trade_no")
	}
	t, err := c.find(tradeIn{TradeNo: in.TradeNo})
	if err != nil {
		return nil, err
	}
	if in.SettleNo != "" {
		place, _ := strconv.Atoi(string(in.SettleNo[trade.IDDigits:]))
		if place < 1 || place > len(t.Splits) || pay.SplitNo(&t, t.Splits[place-1].Request) != string(in.SettleNo) {
			return nil, c.failed("TRADE_NOT_EXIST", "there is no such split")
		}
		number = t.Splits[place-1].Request
	}
	out := settleQueryOut{OutRequestNo: number}
	for _, s := range t.SplitsOf(number) {
		one := shown(&t, s)
		one.ExecuteDt, one.State = at(s.At), "SUCCESS"
		out.OperationDt, out.Details = at(s.At), append(out.Details, one)
	}
	if out.Details == nil {
		return nil, c.failed("TRADE_NOT_EXIST", "the order has no split of that number")
	}
	return out, nil
})

// What of an order could still go to others.
var orderOnsettleQuery = of(method{name: "alipay.trade.order.onsettle.query", v3: []string{"GET"}, right: party.View}, func(c *call, in *tradeIn) (any, error) {
	if in.TradeNo == "" {
		return nil, c.badParameter("trade_no is missing")
	}
	t, err := c.find(tradeIn{TradeNo: in.TradeNo})
	if err != nil {
		return nil, err
	}
	left := t.Refundable() - t.SplitSum()
	if t.Held() {
		left = t.InEscrow()
	}
	return struct {
		Unsettled string `json:"unsettled_amount"`
	}{wire.FormatAmount(max(0, left))}, nil
})
