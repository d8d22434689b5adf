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
	to, err := c.notifyURL()
	if err != nil {
		return nil, err
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
	return numbersOf(&closed), c.tell(&closed, to, "close/"+closed.ID, "")
})

// notifyURL is the address that came with the request; empty for none.
func (c *call) notifyURL() (string, error) {
	to := c.params.Get("notify_url")
	if to == "" {
		return "", nil
	}
	if err := c.s.opt.CheckAddress(to); err != nil {
		return "", c.badParameter("notify_url: %s", refusal.Of(err).Message)
	}
	return to, nil
}

// tell tells of a trade at the address that came with the request, once for a
// cause; refund is the refund's number where it is of one.
func (c *call) tell(t *trade.Trade, to, cause, refund string) error {
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
	if refund != "" {
		n.Fields["out_biz_no"] = refund
	}
	n.URL, n.Type, n.About, n.Charset, n.SignType = to, tradeSync, t.ID, c.charset, c.signType
	return c.s.opt.Notices.Make(c.ctx, c.by(), cause, n)
}
