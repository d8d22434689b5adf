package alipay

import (
	"slices"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

type refundIn struct {
	tradeIn
	RefundAmount   text          `json:"refund_amount"`
	OutRequestNo   text          `json:"out_request_no"`
	RefundReason   text          `json:"refund_reason"`
	RefundCurrency text          `json:"refund_currency"`
	Royalties      nested[[]any] `json:"refund_royalty_parameters"`
	QueryOptions   nested[list]  `json:"query_options"`
}

// list is a list of texts.
type list []text

type refundOut struct {
	numbers
	buyer
	FundChange   string     `json:"fund_change"` // Y: money moved now
	RefundFee    string     `json:"refund_fee"`  // all that was refunded of the trade
	GmtRefundPay string     `json:"gmt_refund_pay,omitempty"`
	SendBackFee  string     `json:"send_back_fee,omitempty"`
	Items        []fundBill `json:"refund_detail_item_list,omitempty"`
}

var tradeRefund = of(method{name: "alipay.trade.refund", right: party.Refund}, func(c *call, in *refundIn) (any, error) {
	amount, err := c.amount("refund_amount", in.RefundAmount)
	if err != nil {
		return nil, err
	}
	if in.RefundCurrency != "" && in.RefundCurrency != "CNY" {
		return nil, c.failed("CURRENCY_NOT_SUPPORT", "the currency is CNY")
	}
	if len(in.Royalties.Value) > 0 {
		return nil, c.failed("REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST", "no part of this refund is taken from others")
	}
	t, err := c.find(in.tradeIn)
	if err != nil {
		return nil, err
	}
	number := string(in.OutRequestNo)
	if number == "" { // a refund without a number is of the whole, under the order's
		if number = t.OrderNo; amount != t.Amount {
			return nil, c.failed("REFUND_AMT_NOT_EQUAL_TOTAL", "without out_request_no the whole amount is refunded, which is %s", wire.FormatAmount(t.Amount))
		}
	}
	after, err := c.s.opt.Desk.RefundAs(c.ctx, c.by(), c.command("refund"), t.ID, number, amount, string(in.RefundReason))
	change := "Y"
	if err != nil {
		if after, err = c.refundedBefore(t.ID, number, amount, err); err != nil {
			return nil, err
		}
		change = "N"
	}
	return c.refunded(&after, number, change, in.QueryOptions.Value)
})

// refundedBefore answers a refund's number that has come again: the same amount
// is the same refund. What else was refused stays refused.
func (c *call) refundedBefore(id, number string, amount money.Amount, refused error) (trade.Trade, error) {
	if refusal.Of(refused) == nil {
		return trade.Trade{}, refused
	}
	t, err := c.s.opt.Desk.Trade(c.ctx, id)
	if err != nil {
		return t, err
	}
	known, ok := t.FindRefund(number)
	switch {
	case ok && known.Amount == amount:
		return t, nil
	case ok:
		return t, c.failed("DISCORDANT_REPEAT_REQUEST", "out_request_no was used before for another amount")
	case t.Status == trade.TradeClosed:
		return t, c.failed("TRADE_HAS_CLOSE", "the order is closed")
	}
	return t, c.refundRefused(refused)
}

// refundRefused names a refusal where it is the seller who pays.
func (c *call) refundRefused(err error) error {
	if no := refusal.Of(err); no != nil && no.Code == refusal.InsufficientBalance {
		return c.failed("SELLER_BALANCE_NOT_ENOUGH", "%s", no.Message)
	}
	return err
}

func (c *call) refunded(t *trade.Trade, number, change string, options list) (any, error) {
	who, err := c.s.buyerOf(c.ctx, t)
	if err != nil {
		return nil, err
	}
	r, _ := t.FindRefund(number)
	out := refundOut{numbers: numbersOf(t), buyer: who, FundChange: change, RefundFee: wire.FormatAmount(t.Refunded), GmtRefundPay: at(r.At)}
	if slices.Contains(options, "refund_detail_item_list") {
		out.SendBackFee = wire.FormatAmount(r.Amount)
		out.Items = []fundBill{{FundChannel: balanceChannel, Amount: out.SendBackFee}}
	}
	return out, nil
}
