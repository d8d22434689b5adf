package alipay

import (
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

var tradeClose = of(method{name: "alipay.trade.close", right: party.ClosePayment}, func(c *call, in *tradeIn) (any, error) {
	t, err := c.find(*in)
	if err != nil {
		return nil, err
	}
	to := c.params.Get("notify_url")
	if to != "" {
		if err := c.s.opt.CheckAddress(to); err != nil {
			return nil, c.badParameter("notify_url: %s", refusal.Of(err).Message)
		}
	}
	closed, err := c.s.opt.Desk.Close(c.ctx, c.by(), c.command("close"), t.ID)
	if no := refusal.Of(err); no != nil && no.Code == refusal.TradeStateRefused {
		if t, err = c.s.opt.Desk.Trade(c.ctx, t.ID); err != nil {
			return nil, err
		}
		if t.Status == trade.TradeClosed {
			return nil, c.failed("TRADE_HAS_CLOSE", "the order is closed already")
		}
		return nil, c.failed("TRADE_STATUS_ERROR", "the order is paid; it can be refunded, not closed")
	}
	if err != nil {
		return nil, err
	}
	return numbersOf(&closed), c.tellClosed(&closed, to)
})

// tellClosed tells of a closing at the address that came with the request.
func (c *call) tellClosed(t *trade.Trade, to string) error {
	if to == "" || c.s.opt.Notices == nil {
		return nil
	}
	n, _, err := c.s.addressed(c.ctx, c.app, t.Merchant)
	if err != nil {
		return err
	}
	if n.Fields, err = c.s.tradeFields(c.ctx, t); err != nil {
		return err
	}
	n.URL, n.Type, n.About, n.Charset, n.SignType = to, tradeSync, t.ID, c.charset, c.signType
	return c.s.opt.Notices.Make(c.ctx, c.by(), "close/"+t.ID, n)
}
