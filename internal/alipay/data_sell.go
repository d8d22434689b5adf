package alipay

import (
	"strconv"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/trade"
)

type sellIn struct {
	StartTime       text `json:"start_time"`
	EndTime         text `json:"end_time"`
	AlipayOrderNo   text `json:"alipay_order_no"`
	MerchantOrderNo text `json:"merchant_order_no"`
	PageNo          text `json:"page_no"`
	PageSize        text `json:"page_size"`
}

type sellOut struct {
	PageNo     string `json:"page_no"`
	PageSize   string `json:"page_size"`
	TotalSize  string `json:"total_size"`
	DetailList []sold `json:"detail_list,omitempty"`
}

type sold struct {
	GmtCreate       string `json:"gmt_create"`
	GmtPay          string `json:"gmt_pay,omitempty"`
	GmtRefund       string `json:"gmt_refund,omitempty"`
	AlipayOrderNo   string `json:"alipay_order_no"`
	MerchantOrderNo string `json:"merchant_order_no"`
	TotalAmount     string `json:"total_amount"`
	RefundAmount    string `json:"refund_amount"`
	ServiceFee      string `json:"service_fee"`
	TradeStatus     string `json:"trade_status"`
	TradeType       string `json:"trade_type"`
	GoodsTitle      string `json:"goods_title"`
	OtherAccount    string `json:"other_account,omitempty"`
}

// The merchant's orders that were made in a time, as they stand now, the newest first.
var billSell = of(method{name: "alipay.data.bill.sell.query", v3: []string{"GET", "POST"}, right: party.View, prefix: noPrefix}, func(c *call, in *sellIn) (any, error) {
	from, until, err := c.timeSpan(in.StartTime, in.EndTime)
	if err != nil {
		return nil, err
	}
	page, size, err := c.billPage(in.PageNo, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := sellOut{PageNo: strconv.Itoa(page), PageSize: strconv.Itoa(size)}
	span := pay.Span{Party: c.merchant(), From: from.UnixMilli(), Until: until.UnixMilli(), Limit: 500}
	total := 0
	for {
		items, err := pay.ListTrades(c.ctx, c.s.opt.Engine.Store(), span)
		if err != nil {
			return nil, err
		}
		for i := range items {
			t := &items[i].Value
			span.After = items[i].At
			if t.Merchant != c.merchant() || in.AlipayOrderNo != "" && string(in.AlipayOrderNo) != t.ID || in.MerchantOrderNo != "" && string(in.MerchantOrderNo) != t.OrderNo {
				continue
			}
			if total++; total > (page-1)*size && total <= page*size {
				out.DetailList = append(out.DetailList, soldOf(t))
			}
		}
		if len(items) < span.Limit {
			break
		}
	}
	out.TotalSize = strconv.Itoa(total)
	return out, nil
})

func soldOf(t *trade.Trade) sold {
	v := sold{GmtCreate: at(t.Created), GmtPay: at(t.Paid), AlipayOrderNo: t.ID, MerchantOrderNo: t.OrderNo, TotalAmount: wire.FormatAmount(t.Amount),
		RefundAmount: wire.FormatAmount(t.Refunded), ServiceFee: wire.FormatAmount(t.FeeCharged), TradeStatus: statusOf(t), TradeType: "即时到账交易", GoodsTitle: t.Subject}
	if t.Kind == trade.Escrow {
		v.TradeType = "担保交易"
	}
	if n := len(t.Refunds); n > 0 {
		v.GmtRefund = at(t.Refunds[n-1].At)
	}
	if t.Buyer != 0 {
		v.OtherAccount = party.FormatID(t.Buyer)
	}
	return v
}
