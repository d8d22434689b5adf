package alipay

import (
	"strconv"
	"time"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

type cancelOut struct {
	numbers
	RetryFlag    string `json:"retry_flag"`
	Action       string `json:"action,omitempty"`
	GmtRefundPay string `json:"gmt_refund_pay,omitempty"`
}

const (
	// cancelRefund is the number of the refund that a cancelling makes.
	cancelRefund = "tongbao-cancel"
	// cancelWithin is how long after payment an order can be cancelled.
	cancelWithin = 24 * time.Hour
)

// A till cancels what it does not know the end of: unpaid is closed, paid is
// refunded, and what never was is as good as cancelled.
var tradeCancel = of(method{name: "alipay.trade.cancel", right: party.Refund}, func(c *call, in *tradeIn) (any, error) {
	t, err := c.find(*in)
	if no := refusalOf(err); err != nil && no != nil && no.sub == "ACQ.TRADE_NOT_EXIST" {
		return cancelOut{numbers: numbers{TradeNo: string(in.TradeNo), OutTradeNo: string(in.OutTradeNo)}, RetryFlag: "N"}, nil
	}
	if err != nil {
		return nil, err
	}
	return c.cancelSeen(t)
})

// cancelSeen cancels an order that may be paid between the look and the act.
func (c *call) cancelSeen(t trade.Trade) (out any, err error) {
	for try := range 3 {
		out, err := c.cancel(&t, "cancel_"+strconv.Itoa(try))
		if no := refusal.Of(err); no == nil || no.Code != refusal.TradeStateRefused {
			return out, err
		}
		if t, err = c.s.opt.Desk.Trade(c.ctx, t.ID); err != nil {
			return nil, err
		}
	}
	return nil, c.failed("SYSTEM_ERROR", "the order changes while it is looked at; cancel it again")
}

// cancel closes or refunds the order as it was seen. act names the command: one
// that was refused is not asked again.
func (c *call) cancel(t *trade.Trade, act string) (any, error) {
	out := cancelOut{numbers: numbersOf(t), RetryFlag: "N", Action: "close"}
	switch {
	case t.Status == trade.WaitBuyerPay:
		_, err := c.s.opt.Desk.Close(c.ctx, c.by(), c.command(act), t.ID)
		return out, err
	case t.Status == trade.TradeClosed && t.Paid == 0:
		return out, nil
	case t.Status == trade.TradeClosed:
		out.Action, out.GmtRefundPay = "refund", at(t.Closed)
		return out, nil
	case t.Status == trade.TradeFinished:
		return nil, c.failed("TRADE_HAS_FINISHED", "the order is finished")
	case t.Status == trade.WaitBuyerConfirmGoods:
		return nil, c.failed("CANCEL_NOT_ALLOWED", "the goods are on their way; refund the order instead")
	case c.s.now().Sub(t.Paid.Std()) > cancelWithin:
		return nil, c.failed("TRADE_CANCEL_TIME_OUT", "an order can be cancelled for a day after payment; refund it instead")
	}
	after, err := c.s.opt.Desk.RefundAs(c.ctx, c.by(), c.command(act), t.ID, cancelRefund, t.Refundable(), "")
	if err != nil {
		return nil, c.refundRefused(err)
	}
	out.Action, out.GmtRefundPay = "refund", at(after.Closed)
	return out, nil
}
