package alipay

import (
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

// sendGoods says that the goods are on their way. Saying the same again is
// answered so again.
var sendGoods = service(method{name: "send_goods_confirm_by_platform", right: party.Ship}, func(c *call) (any, error) {
	p := c.params
	if p.Get("trade_no") == "" || p.Get("logistics_name") == "" {
		return nil, c.badParameter("trade_no and logistics_name are needed")
	}
	how := p.Get("create_transport_type")
	if how == "" {
		how = p.Get("transport_type")
	}
	if !has(logisticsTypes, how) {
		return nil, c.badParameter("transport_type is EXPRESS, POST, EMS or DIRECT")
	}
	t, err := c.find(tradeIn{TradeNo: text(p.Get("trade_no"))})
	if err != nil {
		return nil, err
	}
	carrier, number := p.Get("logistics_name"), p.Get("invoice_no")
	shipped, err := c.s.opt.Desk.Ship(c.ctx, c.by(), c.command("ship"), t.ID, carrier, number)
	if no := refusal.Of(err); no != nil && no.Code == refusal.TradeStateRefused {
		if t, err = c.s.opt.Desk.Trade(c.ctx, t.ID); err != nil {
			return nil, err
		}
		if t.Status != trade.WaitBuyerConfirmGoods || t.Carrier != carrier || t.TrackingNo != number {
			return nil, c.failed("TRADE_STATUS_ERROR", "the order is %s", t.Status)
		}
		shipped = t
	}
	if err != nil {
		return nil, err
	}
	fields, err := c.s.tradeBase(c.ctx, &shipped)
	return xmlAnswer{element: "tradeBase", fields: fields}, err
})

// closeClassic ends an order that nobody has paid.
var closeClassic = service(method{name: "close_trade", right: party.ClosePayment}, func(c *call) (any, error) {
	t, err := c.find(tradeIn{TradeNo: text(c.params.Get("trade_no")), OutTradeNo: text(c.classicNumber())})
	if err != nil {
		return nil, err
	}
	if role := c.params.Get("trade_role"); role != "" && role != "S" && role != "B" {
		return nil, c.badParameter("trade_role is S or B")
	}
	_, err = c.s.opt.Desk.Close(c.ctx, c.by(), c.command("close"), t.ID)
	if no := refusal.Of(err); no != nil && no.Code == refusal.TradeStateRefused {
		err = c.failed("TRADE_STATUS_ERROR", "only an order that is not paid can be closed")
	}
	return xmlAnswer{}, err
})
