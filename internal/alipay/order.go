package alipay

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

// orderIn are the members that all methods which make an order share.
type orderIn struct {
	OutTradeNo     text `json:"out_trade_no"`
	TotalAmount    text `json:"total_amount"`
	Subject        text `json:"subject"`
	Body           text `json:"body"`
	ProductCode    text `json:"product_code"`
	SellerID       text `json:"seller_id"`
	BuyerID        text `json:"buyer_id"`
	BuyerOpenID    text `json:"buyer_open_id"`
	OpBuyerOpenID  text `json:"op_buyer_open_id"`
	BuyerLogonID   text `json:"buyer_logon_id"`
	TimeoutExpress text `json:"timeout_express"`
	TimeExpire     text `json:"time_expire"`
	PassbackParams text `json:"passback_params"`
	StoreID        text `json:"store_id"`
	OperatorID     text `json:"operator_id"`
	TerminalID     text `json:"terminal_id"`
	QuitURL        text `json:"quit_url"`

	DiscountableAmount   text `json:"discountable_amount"`
	UndiscountableAmount text `json:"undiscountable_amount"`
	EnablePayChannels    text `json:"enable_pay_channels"`
	DisablePayChannels   text `json:"disable_pay_channels"`
	TransCurrency        text `json:"trans_currency"`
	SettleCurrency       text `json:"settle_currency"`

	RoyaltyInfo  nested[royaltyInfo]  `json:"royalty_info"`
	SettleInfo   nested[settleInfo]   `json:"settle_info"`
	ExtendParams nested[extendParams] `json:"extend_params"`
}

// What the gateway keeps of an order beside the trade's own members: the
// trade's metadata, which the native door shows as it came.
const (
	metaApp      = "app_id"
	metaMethod   = "method"
	metaProduct  = "product_code"
	metaPassback = "passback_params"
	metaStore    = "store_id"
	metaOperator = "operator_id"
	metaTerminal = "terminal_id"
	metaReturn   = "return_url"
	metaQuit     = "quit_url"
	metaCharset  = "charset"
	metaSignType = "sign_type"
)

// asked turns an order's members into what the desk takes. usual is how long it
// can be paid where the merchant names no time; 0 for the platform's.
func (c *call) asked(in *orderIn, usual trade.Seconds) (asked pay.Asked, err error) {
	if in.OutTradeNo == "" {
		return asked, c.badParameter("out_trade_no is missing")
	}
	if in.Subject == "" {
		return asked, c.badParameter("subject is missing")
	}
	amount, err := c.amount("total_amount", in.TotalAmount)
	if err != nil {
		return asked, err
	}
	if err := c.onlyWhatWeDo(in); err != nil {
		return asked, err
	}
	o := trade.Order{OrderNo: string(in.OutTradeNo), Merchant: c.merchant(), Kind: trade.Instant, Goods: trade.Physical,
		Subject: string(in.Subject), Body: string(in.Body), Amount: amount, Currency: money.CNY}
	if o.Buyer, err = c.buyer(in); err != nil {
		return asked, err
	}
	if o.NotifyURL, err = c.notifyURL(); err != nil {
		return asked, err
	}
	o.ReturnURL = c.s.returnURL(c.app, o.Merchant, o.OrderNo)
	o.Metadata = c.metadata(in)
	if asked.Expires, err = c.expires(in, usual); err != nil {
		return asked, err
	}
	if err := c.divided(in, &o); err != nil {
		return asked, err
	}
	asked.Order = o
	return asked, nil
}

// metadata keeps what is said again in answers and notices.
func (c *call) metadata(in *orderIn) map[string]string {
	kept := map[string]string{
		metaApp: c.app.ID, metaMethod: c.method.name, metaProduct: string(in.ProductCode), metaPassback: string(in.PassbackParams),
		metaStore: string(in.StoreID), metaOperator: string(in.OperatorID), metaTerminal: string(in.TerminalID),
		metaReturn: c.params.Get("return_url"), metaQuit: string(in.QuitURL),
	}
	c.rememberWords(kept)
	return kept
}

// rememberWords keeps how the program speaks, and drops what is empty.
func (c *call) rememberWords(kept map[string]string) {
	if c.charset != wire.UTF8 {
		kept[metaCharset] = string(c.charset)
	}
	if c.signType != wire.RSA2 {
		kept[metaSignType] = string(c.signType)
	}
	for name, value := range kept {
		if value == "" {
			delete(kept, name)
		}
	}
}

// tooLarge are the codes of amounts that are more than anything can be; of others
// it is that of any bad parameter.
var tooLarge = map[string]string{"total_amount": "TOTAL_FEE_EXCEED", "total_fee": "TOTAL_FEE_EXCEED", metaPrice: "TOTAL_FEE_EXCEED",
	"trans_amount": "EXCEED_LIMIT_SM_AMOUNT", "refund_amount": "REASON_TRADE_REFUND_FEE_ERR"}

// amount reads an amount of the content.
func (c *call) amount(name string, value text) (money.Amount, error) {
	if value == "" {
		return 0, c.badParameter("%s is missing", name)
	}
	amount, err := wire.ParseAmount(string(value))
	if code := tooLarge[name]; code != "" && errors.Is(err, wire.ErrAmountLarge) {
		return 0, c.failed(code, "%s: %v", name, err)
	}
	if err != nil {
		return 0, c.badParameter("%s: %v", name, err)
	}
	return amount, nil
}

// onlyWhatWeDo refuses members that would change what the order means and are
// not done here, in place of passing over them.
func (c *call) onlyWhatWeDo(in *orderIn) error {
	if in.SellerID != "" && string(in.SellerID) != party.FormatID(c.merchant()) {
		return c.failed("INVALID_RECEIVE_ACCOUNT", "seller_id is not the merchant of this application")
	}
	for _, currency := range []text{in.TransCurrency, in.SettleCurrency} {
		if currency != "" && currency != "CNY" {
			return c.failed("CURRENCY_NOT_SUPPORT", "the currency is CNY")
		}
	}
	for name, value := range map[string]text{"discountable_amount": in.DiscountableAmount, "undiscountable_amount": in.UndiscountableAmount} {
		if value != "" && strings.Trim(string(value), "0.") != "" {
			if _, err := c.amount(name, value); err != nil {
				return err
			}
		}
	}
	return c.checkChannels(in)
}

// channelNames are the protocol's words that take in the balance of a wallet.
var channelNames = []string{"balance", "moneyFund", "bankPay"}

func (c *call) checkChannels(in *orderIn) error {
	if in.EnablePayChannels != "" && in.DisablePayChannels != "" {
		return c.badParameter("enable_pay_channels and disable_pay_channels exclude one another")
	}
	if in.EnablePayChannels != "" && !slices.Contains(strings.Split(string(in.EnablePayChannels), ","), channelNames[0]) ||
		slices.Contains(strings.Split(string(in.DisablePayChannels), ","), channelNames[0]) {
		return c.failed("NO_PAYMENT_INSTRUMENTS_AVAILABLE", "the balance is what one pays from here, and the order excludes it")
	}
	return nil
}

// buyerNo is the number of whom the order names: an open_id is the number here.
func (in *orderIn) buyerNo() string {
	return string(cmp.Or(in.BuyerID, in.BuyerOpenID, in.OpBuyerOpenID))
}

// buyer is whom the order names, if it names somebody.
func (c *call) buyer(in *orderIn) (uint64, error) {
	switch no := in.buyerNo(); {
	case no != "":
		id, err := party.ParseID(no)
		if err != nil || party.IsMerchant(id) && id != c.merchant() {
			return 0, c.failed("BUYER_NOT_EXIST", "there is no buyer of that id")
		}
		if id == c.merchant() {
			return 0, c.failed("BUYER_SELLER_EQUAL", "the buyer is the seller")
		}
		_, ok, err := identity.People.Read(c.ctx, c.s.opt.Engine.Store(), party.FormatID(id))
		if err == nil && !ok {
			err = c.failed("BUYER_NOT_EXIST", "there is no buyer of that id")
		}
		return id, err
	case in.BuyerLogonID != "":
		person, err := c.s.opt.Identity.PersonByPhone(c.ctx, string(in.BuyerLogonID))
		if refusal.Of(err) != nil {
			return 0, c.failed("BUYER_NOT_EXIST", "there is no buyer of that name")
		}
		return person.ID, err
	}
	return 0, nil
}

// expires reads until when an order can be paid: the absolute time beats the
// length.
func (c *call) expires(in *orderIn, usual trade.Seconds) (trade.Seconds, error) {
	now := c.s.now()
	if in.TimeExpire != "" {
		at, err := time.ParseInLocation(time.DateTime, string(in.TimeExpire), engine.Shanghai)
		if err != nil {
			if at, err = time.ParseInLocation("2006-01-02 15:04", string(in.TimeExpire), engine.Shanghai); err != nil {
				return 0, c.badParameter("time_expire looks like 2018-11-11 00:00:00")
			}
		}
		if !at.After(now) {
			return 0, c.failed("NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "time_expire is over")
		}
		return c.within(at.Sub(now))
	}
	if in.TimeoutExpress == "" {
		return usual, nil
	}
	return c.length("timeout_express", string(in.TimeoutExpress))
}

// length reads 1m to 15d, and 1c, which is until midnight.
func (c *call) length(name, value string) (trade.Seconds, error) {
	if value == "1c" {
		local := c.s.now().In(engine.Shanghai)
		midnight := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, engine.Shanghai)
		return c.within(midnight.Sub(local))
	}
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}
	if len(value) >= 2 {
		n, err := strconv.ParseUint(value[:len(value)-1], 10, 16)
		if unit, ok := units[value[len(value)-1]]; ok && err == nil && n > 0 && value[0] != '+' {
			return c.within(time.Duration(n) * unit)
		}
	}
	return 0, c.badParameter("%s is 1m to 15d in whole numbers, or 1c", name)
}

func (c *call) within(d time.Duration) (trade.Seconds, error) {
	if d > time.Duration(trade.MaxPayWithin)*time.Second {
		return 0, c.badParameter("an order can be paid for 15 days at most")
	}
	return trade.Seconds(max(1, d/time.Second)), nil
}

// open makes the order, or finds it where it was made before on the same terms,
// by whichever door. existing says which.
func (c *call) open(asked pay.Asked) (t trade.Trade, existing bool, err error) {
	t, opened, err := c.s.opt.Desk.Open(c.ctx, c.by(), c.command("open"), asked)
	if no := refusal.Of(err); no != nil && no.Code == refusal.OrderNoTaken {
		t, err = c.sameOrder(asked)
		return t, true, err
	}
	if err == nil && opened.Existing {
		err = c.stillOpen(&t)
	}
	return t, opened.Existing, err
}

// sameOrder is the trade that has the order number, if it is on these terms.
func (c *call) sameOrder(asked pay.Asked) (trade.Trade, error) {
	t, err := c.tradeOf(asked.Order.OrderNo)
	if err != nil {
		return t, err
	}
	o := &asked.Order
	if t.Amount != o.Amount || t.Currency != o.Currency || t.Subject != o.Subject || o.Buyer != 0 && t.Buyer != 0 && t.Buyer != o.Buyer {
		return t, c.failed("CONTEXT_INCONSISTENT", "out_trade_no was used before on other terms")
	}
	return t, c.stillOpen(&t)
}

func (c *call) stillOpen(t *trade.Trade) error {
	switch {
	case t.Status == trade.WaitBuyerPay:
		return nil
	case t.Status == trade.TradeClosed:
		return c.failed("TRADE_HAS_CLOSE", "the order is closed")
	}
	return c.failed("TRADE_HAS_SUCCESS", "the order is paid")
}

// tradeOf is the merchant's trade of an order number.
func (c *call) tradeOf(orderNo string) (t trade.Trade, err error) {
	known, ok, err := pay.OrderNos.Read(c.ctx, c.s.opt.Engine.Store(), pay.OrderNoID(c.merchant(), orderNo))
	if err != nil {
		return t, err
	}
	if !ok {
		return t, c.failed("TRADE_NOT_EXIST", "there is no such order")
	}
	return c.s.opt.Desk.Trade(c.ctx, known.Trade)
}

// tradeIn names a trade: by the platform's number, which counts where both are
// given, or by the merchant's.
type tradeIn struct {
	TradeNo    text `json:"trade_no"`
	OutTradeNo text `json:"out_trade_no"`
}

// find is the trade that is named. Another merchant's answers as none.
func (c *call) find(in tradeIn) (trade.Trade, error) {
	switch {
	case in.TradeNo != "":
		t, err := c.s.opt.Desk.Trade(c.ctx, string(in.TradeNo))
		if refusal.Of(err) != nil || err == nil && t.Merchant != c.merchant() {
			return trade.Trade{}, c.failed("TRADE_NOT_EXIST", "there is no such order")
		}
		return t, err
	case in.OutTradeNo != "":
		return c.tradeOf(string(in.OutTradeNo))
	}
	return trade.Trade{}, c.badParameter("trade_no or out_trade_no is needed")
}
