package alipay

import "tongbao/internal/party"

// The browser's ways to pay: the buyer's browser brings the merchant's signed
// request, and is sent on to the wallet's cashier.

var (
	tradePagePay = of(method{name: pagePay, right: party.CreatePayment, browser: true}, (*call).toCashier)
	tradeWapPay  = of(method{name: "alipay.trade.wap.pay", right: party.CreatePayment, browser: true}, (*call).toCashier)
	// An app hands the same request to the wallet as one text, which opens it here.
	tradeAppPay = of(method{name: appPay, right: party.CreatePayment, browser: true}, (*call).toCashier)
)

const (
	pagePay = "alipay.trade.page.pay"
	appPay  = "alipay.trade.app.pay"
)

func (c *call) toCashier(in *orderIn) (any, error) {
	if in.ProductCode == "" && c.method.name == pagePay {
		return nil, c.badParameter("product_code is missing")
	}
	asked, err := c.asked(in, 0)
	if err != nil {
		return nil, err
	}
	t, _, err := c.open(asked)
	if err != nil {
		return nil, err
	}
	return redirect(c.s.opt.BaseURL + "/wallet/cashier/" + t.ID), nil
}
