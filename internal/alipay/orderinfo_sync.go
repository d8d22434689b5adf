package alipay

import (
	"encoding/json"

	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
)

type orderInfoSyncIn struct {
	tradeIn
	OutRequestNo  text                    `json:"out_request_no"`
	OrigRequestNo text                    `json:"orig_request_no"`
	BizType       text                    `json:"biz_type"`
	OrderBizInfo  nested[json.RawMessage] `json:"order_biz_info"`
}

type orderInfoSyncOut struct {
	numbers
	BuyerUserID string `json:"buyer_user_id,omitempty"`
	BuyerOpenID string `json:"buyer_open_id,omitempty"`
}

// mostSaid is how long what a merchant tells of an order may be.
const mostSaid = 4096

// A merchant tells how an order goes on: fulfilled, or deducted elsewhere. It is
// kept beside the order and moves no money.
var orderInfoSync = of(method{name: "alipay.trade.orderinfo.sync", right: party.CreatePayment}, func(c *call, in *orderInfoSyncIn) (any, error) {
	for name, value := range map[string]text{"trade_no": in.TradeNo, "out_request_no": in.OutRequestNo, "biz_type": in.BizType} {
		if value == "" {
			return nil, c.badParameter("%s is missing", name)
		}
		if len(value) > 64 {
			return nil, c.badParameter("%s has at most 64 characters", name)
		}
	}
	if len(in.OrderBizInfo.Value) > mostSaid || len(in.OrigRequestNo) > 64 {
		return nil, c.badParameter("order_biz_info has at most %d characters, orig_request_no 64", mostSaid)
	}
	t, err := c.find(in.tradeIn)
	if err != nil {
		return nil, err
	}
	err = c.s.opt.Desk.SyncOrder(c.ctx, c.by(), c.command("sync"), pay.OrderSync{Trade: t.ID, Request: string(in.OutRequestNo), Type: string(in.BizType),
		Said: string(in.OrderBizInfo.Value), Orig: string(in.OrigRequestNo)})
	if no := refusal.Of(err); no != nil && no.Code == refusal.IdempotencyConflict {
		return nil, c.failed("DISCORDANT_REPEAT_REQUEST", "out_request_no was used before to tell something else")
	}
	if err != nil {
		return nil, err
	}
	who, err := c.s.buyerOf(c.ctx, &t)
	return orderInfoSyncOut{numbers: numbersOf(&t), BuyerUserID: who.BuyerUserID, BuyerOpenID: who.BuyerOpenID}, err
})
