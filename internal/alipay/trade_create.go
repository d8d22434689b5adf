package alipay

import "tongbao/internal/party"

var tradeCreate = of(method{name: "alipay.trade.create", right: party.CreatePayment}, func(c *call, in *orderIn) (any, error) {
	asked, err := c.asked(in, 0)
	if err != nil {
		return nil, err
	}
	t, _, err := c.open(asked)
	if err != nil {
		return nil, err
	}
	return numbersOf(&t), nil
})
