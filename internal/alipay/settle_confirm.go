package alipay

import (
	"tongbao/internal/alipay/wire"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

type settleConfirmIn struct {
	tradeIn
	OutRequestNo text                 `json:"out_request_no"`
	SettleInfo   nested[settleInfo]   `json:"settle_info"`
	ExtendParams nested[extendParams] `json:"extend_params"`
}

type settleConfirmOut struct {
	TradeNo      string `json:"trade_no"`
	OutRequestNo string `json:"out_request_no"`
	SettleAmount string `json:"settle_amount"`
}

// The seller's platform releases a held settlement: all that the buyer has not
// got back. With royalty_freeze it stays, confirmed, for the splits to come.
var settleConfirm = of(method{name: "alipay.trade.settle.confirm", right: party.Transfer}, func(c *call, in *settleConfirmIn) (any, error) {
	if in.OutRequestNo == "" {
		return nil, c.badParameter("out_request_no is missing")
	}
	if in.TradeNo == "" {
		return nil, c.badParameter("trade_no is missing")
	}
	t, err := c.find(in.tradeIn)
	if err != nil {
		return nil, err
	}
	if t.HoldFor == 0 {
		return nil, c.failed("TRADE_SETTLE_ERROR", "the order's settlement is not held")
	}
	number := string(in.OutRequestNo)
	if known := c.confirmedBefore(&t, number); known != nil {
		return known, nil
	}
	if t.Settled != 0 {
		return nil, c.failed("TRADE_STATUS_ERROR", "the order is settled")
	}
	if len(in.SettleInfo.Value.Details.Value) == 0 {
		return nil, c.badParameter("settle_info is missing")
	}
	if err := c.settleDetails(&in.SettleInfo.Value, t.Refundable()); err != nil {
		return nil, err
	}
	after, err := c.s.opt.Desk.Settle(c.ctx, c.by(), c.command("settle"), t.ID, number, in.ExtendParams.Value.RoyaltyFreeze == "true")
	if refusal.Of(err) != nil {
		if t, again := c.s.opt.Desk.Trade(c.ctx, t.ID); again == nil {
			if known := c.confirmedBefore(&t, number); known != nil { // the same request, a moment before
				return known, nil
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return settled(&after, number, after.Refundable()), nil
})

func (c *call) confirmedBefore(t *trade.Trade, number string) any {
	if t.SettledAs != number {
		return nil
	}
	amount := t.Settled
	if amount == 0 {
		amount = t.Refundable()
	}
	return settled(t, number, amount)
}

func settled(t *trade.Trade, number string, amount money.Amount) any {
	return settleConfirmOut{TradeNo: t.ID, OutRequestNo: number, SettleAmount: wire.FormatAmount(amount)}
}
