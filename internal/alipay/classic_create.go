package alipay

import (
	"errors"
	"strconv"
	"strings"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/trade"
)

// The ways to begin an order of the old protocol: the buyer's browser brings
// what the merchant has signed.
var (
	createPartnerTrade = service(method{name: "create_partner_trade_by_buyer", right: party.CreatePayment, browser: true},
		func(c *call) (any, error) { return c.begin(offer{kinds: []trade.Kind{trade.Escrow}}) })
	createTrade = service(method{name: "trade_create_by_buyer", right: party.CreatePayment, browser: true},
		func(c *call) (any, error) { return c.begin(offer{kinds: []trade.Kind{trade.Escrow, trade.Instant}}) })
	createDirectPay = service(method{name: "create_direct_pay_by_user", right: party.CreatePayment, browser: true},
		func(c *call) (any, error) { return c.begin(offer{kinds: []trade.Kind{trade.Instant}, direct: true}) })
)

// offer is what the buyer may choose from: how the seller gets the money, and
// how the goods travel. Where there is one of each, nobody is asked.
type offer struct {
	kinds  []trade.Kind
	direct bool // instant payment alone, which needs no logistics
	ways   []logistics
}

// logistics is one way for goods to travel, and who pays it.
type logistics struct {
	Type    string // EXPRESS, POST, EMS, DIRECT
	Fee     money.Amount
	Payment string // SELLER_PAY, BUYER_PAY, BUYER_PAY_AFTER_RECEIVE
	amount  money.Amount
}

var (
	logisticsTypes    = []string{"EXPRESS", "POST", "EMS", "DIRECT"}
	logisticsPayments = []string{"SELLER_PAY", "BUYER_PAY", "BUYER_PAY_AFTER_RECEIVE"}
)

// What is kept of such an order beside what all orders keep.
const (
	metaPrice, metaQuantity, metaDiscount       = "price", "quantity", "discount"
	metaLogistics, metaFreight, metaFreightPaid = "logistics_type", "logistics_fee", "logistics_payment"
	metaCommonParam                             = "extra_common_param"
)

// keptAsSent are parameters that are said again in notices, or kept for whoever looks.
var keptAsSent = []string{"return_url", "receive_name", "receive_address", "receive_zip", "receive_phone", "receive_mobile", "t_s_send_1", "t_s_send_2", metaCommonParam}

// begin reads an order, has the buyer choose where there is a choice, opens it
// and sends the browser to the cashier.
func (c *call) begin(from offer) (any, error) {
	order, price, err := c.classicOrder(&from)
	if err != nil {
		return nil, err
	}
	if known, err := c.beganBefore(&order, from); err != nil || known != "" {
		return redirect(known), err
	}
	picked, asks := c.picked(from)
	if asks {
		return choice{call: c, from: from, order: &order}, nil
	}
	kind, way := from.kinds[picked.kind], logistics{amount: price.total}
	if len(from.ways) > 0 {
		way = from.ways[picked.way]
	}
	asked := price.asked(order, kind, way)
	if asked.Expires, err = c.payWithin(); err != nil {
		return nil, err
	}
	t, _, err := c.open(asked)
	if err != nil {
		return nil, err
	}
	return c.cashier(t.ID), nil
}

func (c *call) cashier(id string) redirect {
	return redirect(c.s.opt.BaseURL + "/wallet/cashier/" + id)
}

// beganBefore is where an order goes that is there already: a number means one
// order, whichever way its buyer chose.
func (c *call) beganBefore(o *trade.Order, from offer) (redirect, error) {
	t, err := c.tradeOf(o.OrderNo)
	if n := refusalOf(err); n != nil && n.sub == "TRADE_NOT_EXIST" {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	same := t.Subject == o.Subject && t.Currency == money.CNY && (o.Buyer == 0 || t.Buyer == 0 || o.Buyer == t.Buyer)
	sum := o.Amount == t.Amount
	for _, way := range from.ways {
		sum = sum || way.amount == t.Amount
	}
	kind := false
	for _, k := range from.kinds {
		kind = kind || k == t.Kind
	}
	if !same || !sum || !kind {
		return "", c.failed("CONTEXT_INCONSISTENT", "out_trade_no was used before on other terms")
	}
	return c.cashier(t.ID), c.stillOpen(&t)
}

// classicOrder reads what an order of every kind says. Its amount is what the
// first way costs.
func (c *call) classicOrder(from *offer) (o trade.Order, price priced, err error) {
	p := c.params
	for _, needed := range []string{"out_trade_no", "subject"} {
		if p.Get(needed) == "" {
			return o, price, c.badParameter("%s is missing", needed)
		}
	}
	if t := p.Get("payment_type"); t != "" && t != "1" {
		return o, price, c.badParameter("payment_type is 1")
	}
	if err := c.sellerFits(); err != nil {
		return o, price, err
	}
	if err := c.freshStamp(); err != nil {
		return o, price, err
	}
	o = trade.Order{OrderNo: p.Get("out_trade_no"), Merchant: c.merchant(), Kind: trade.Escrow, Goods: trade.Physical, Subject: p.Get("subject"), Body: p.Get("body"), Currency: money.CNY}
	if o.Buyer, err = c.buyer(&orderIn{BuyerID: text(p.Get("buyer_id"))}); err != nil {
		return o, price, err
	}
	if o.NotifyURL, err = c.notifyURL(); err != nil {
		return o, price, err
	}
	if price, err = c.price(from.direct); err != nil {
		return o, price, err
	}
	if !from.direct {
		if from.ways, err = c.waysToSend(price); err != nil {
			return o, price, err
		}
	}
	if o.Amount = price.total; len(from.ways) > 0 {
		o.Amount = from.ways[0].amount
	}
	if o.ConfirmWithin, err = c.days("t_b_rec_post"); err != nil {
		return o, price, err
	}
	for _, late := range []string{"t_s_send_1", "t_s_send_2"} {
		if _, err := c.days(late); err != nil {
			return o, price, err
		}
	}
	o.ReturnURL = c.s.returnURL(c.app, o.Merchant, o.OrderNo)
	o.Metadata = map[string]string{metaApp: c.app.ID, metaMethod: c.method.name, metaPrice: wire.FormatAmount(price.each), metaQuantity: strconv.FormatInt(price.quantity, 10), metaDiscount: wire.FormatAmount(price.discount),
		metaSignType: string(c.signType)}
	for _, name := range keptAsSent {
		o.Metadata[name] = p.Get(name)
	}
	c.rememberWords(o.Metadata)
	return o, price, nil
}

// sellerFits refuses to collect for anybody but the partner.
func (c *call) sellerFits() error {
	if id := c.params.Get("seller_id"); id != "" {
		if id == party.FormatID(c.merchant()) {
			return nil
		}
		return c.failed("SELLER_NOT_EXIST", "seller_id is not the partner")
	}
	email := c.params.Get("seller_email")
	if email == "" {
		return c.badParameter("seller_id or seller_email is needed")
	}
	login, err := c.s.sellerEmail(c.ctx, c.merchant())
	if err == nil && !strings.EqualFold(login, email) {
		err = c.failed("SELLER_NOT_EXIST", "seller_email is not the partner's")
	}
	return err
}

// days reads a number of days; 0 where there is none.
func (c *call) days(name string) (trade.Seconds, error) {
	value := c.params.Get(name)
	if value == "" {
		return 0, nil
	}
	digits, ok := strings.CutSuffix(value, "d")
	n, err := strconv.ParseUint(digits, 10, 16)
	if !ok || err != nil || n == 0 || trade.Seconds(n) > trade.MaxConfirmWithin/trade.Day {
		return 0, c.badParameter("%s is 1d to %dd", name, trade.MaxConfirmWithin/trade.Day)
	}
	return trade.Seconds(n) * trade.Day, nil
}

// payWithin is until when the order can be paid; 0 for the usual time.
func (c *call) payWithin() (trade.Seconds, error) {
	value := c.params.Get("it_b_pay")
	if value == "" {
		return 0, nil
	}
	return c.length("it_b_pay", value)
}

// waysToSend are the groups of logistics parameters: one, and up to two more
// with _1 and _2 behind their names.
func (c *call) waysToSend(price priced) (ways []logistics, err error) {
	for _, suffix := range []string{"", "_1", "_2"} {
		kind := c.params.Get(metaLogistics + suffix)
		if kind == "" {
			if suffix == "" {
				return nil, c.badParameter("logistics_type is missing")
			}
			continue
		}
		way := logistics{Type: kind, Payment: c.params.Get(metaFreightPaid + suffix)}
		if !has(logisticsTypes, way.Type) || !has(logisticsPayments, way.Payment) {
			return nil, c.badParameter("logistics_type%s and logistics_payment%s are of the documented words", suffix, suffix)
		}
		if way.Fee, err = c.sum(metaFreight+suffix, 0, money.MaxAmount); err != nil {
			return nil, err
		}
		if c.params.Get(metaFreight+suffix) == "" {
			return nil, c.badParameter("%s is missing", metaFreight+suffix)
		}
		way.amount = price.total
		if way.Payment == "BUYER_PAY" {
			way.amount += way.Fee
		}
		if err := c.payable(way.amount); err != nil {
			return nil, err
		}
		ways = append(ways, way)
	}
	return ways, nil
}

func has(list []string, word string) bool {
	for _, one := range list {
		if one == word {
			return true
		}
	}
	return false
}

func (c *call) payable(amount money.Amount) error {
	switch {
	case amount > money.MaxAmount:
		return c.failed("TOTAL_FEE_EXCEED", "the order is for %v", wire.ErrAmountLarge)
	case amount < 1:
		return c.badParameter("the order is for nothing")
	}
	return nil
}

// sum reads an amount that may be nothing; absent means nothing.
func (c *call) sum(name string, least, most money.Amount) (money.Amount, error) {
	value := c.params.Get(name)
	if value == "" {
		return 0, nil
	}
	amount, err := money.Parse(value, money.CNY)
	if err == nil && (amount < least || amount > most) || errors.Is(err, money.ErrOverflow) {
		return 0, c.badParameter("%s lies between %s and %s", name, wire.FormatAmount(least), wire.FormatAmount(most))
	}
	if err != nil {
		return 0, c.badParameter("%s: %v", name, wire.ErrAmount)
	}
	return amount, nil
}
