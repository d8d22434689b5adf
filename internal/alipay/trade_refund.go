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
	RefundAmount   text                    `json:"refund_amount"`
	OutRequestNo   text                    `json:"out_request_no"`
	RefundReason   text                    `json:"refund_reason"`
	RefundCurrency text                    `json:"refund_currency"`
	Royalties      nested[[]royaltyDetail] `json:"refund_royalty_parameters"`
	QueryOptions   nested[list]            `json:"query_options"`
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
	after, number, change, err := c.refund(in)
	if err != nil {
		return nil, err
	}
	return c.refunded(&after, number, change, in.QueryOptions.Value)
})

// refund makes a refund, or finds it where its number has come again. change says
// whether money moved now.
func (c *call) refund(in *refundIn) (after trade.Trade, number, change string, err error) {
	amount, err := c.amount("refund_amount", in.RefundAmount)
	if err != nil {
		return after, "", "", err
	}
	if in.RefundCurrency != "" && in.RefundCurrency != "CNY" {
		return after, "", "", c.failed("CURRENCY_NOT_SUPPORT", "the currency is CNY")
	}
	t, err := c.find(in.tradeIn)
	if err != nil {
		return after, "", "", err
	}
	number = string(in.OutRequestNo)
	if number == "" { // a refund without a number is of the whole, under the order's
		if number = t.OrderNo; amount != t.Amount {
			return after, "", "", c.failed("REFUND_AMT_NOT_EQUAL_TOTAL", "without out_request_no the whole amount is refunded, which is %s", wire.FormatAmount(t.Amount))
		}
	}
	from, err := c.givenBack(&t, amount, in.Royalties.Value)
	if err != nil {
		return after, "", "", err
	}
	if len(from) > 0 {
		after, err = c.s.opt.Desk.RefundShared(c.ctx, c.by(), c.command("refund"), t.ID, number, amount, string(in.RefundReason), from)
	} else {
		after, err = c.s.opt.Desk.RefundAs(c.ctx, c.by(), c.command("refund"), t.ID, number, amount, string(in.RefundReason))
	}
	if err == nil {
		return after, number, "Y", nil
	}
	after, err = c.refundedBefore(t.ID, number, amount, from, err)
	return after, number, "N", err
}

// givenBack is what receivers give back for a refund: each is named by trans_out,
// and what comes from them goes to the seller. A percentage is of the refund.
func (c *call) givenBack(t *trade.Trade, amount money.Amount, details []royaltyDetail) (from []trade.Part, err error) {
	if len(details) > mostShares {
		return nil, c.badParameter("refund_royalty_parameters has at most %d entries", mostShares)
	}
	for i := range details {
		d := &details[i]
		if d.RoyaltyType != "" && d.RoyaltyType != "transfer" {
			return nil, c.badParameter("royalty_type is transfer")
		}
		if d.TransIn != "" && string(d.TransIn) != party.FormatID(c.merchant()) {
			return nil, c.failed("USER_NOT_MATCH_ERR", "trans_in is the seller")
		}
		id, err := c.partyOf(d.TransOutType, d.TransOut)
		if err != nil {
			return nil, err
		}
		if id == 0 {
			return nil, c.failed("REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST", "trans_out names nobody")
		}
		if id == c.merchant() {
			continue // what the seller gives back anyway
		}
		p := trade.Part{Party: id, Note: string(d.Desc)}
		if !zero(d.Percentage) && zero(d.Amount) {
			percent, err := c.percent(d.Percentage)
			if err != nil {
				return nil, err
			}
			p.Amount = money.Rate(percent * int64(money.RateOne) / 100).Of(amount)
		} else if p.Amount, err = c.amount("refund_royalty_parameters.amount", d.Amount); err != nil {
			return nil, err
		}
		from = append(from, p)
	}
	return from, nil
}

// refundedBefore answers a refund's number that has come again: the same amount,
// from the same payees, is the same refund. What else was refused stays refused.
func (c *call) refundedBefore(id, number string, amount money.Amount, from []trade.Part, refused error) (trade.Trade, error) {
	if refusal.Of(refused) == nil {
		return trade.Trade{}, refused
	}
	t, err := c.s.opt.Desk.Trade(c.ctx, id)
	if err != nil {
		return t, err
	}
	known, ok := t.FindRefund(number)
	switch {
	case ok && known.Amount == amount && slices.Equal(known.Taken, from):
		return t, nil
	case ok:
		return t, c.failed("DISCORDANT_REPEAT_REQUEST", "out_request_no was used before for another refund")
	case t.Status == trade.TradeClosed:
		return t, c.failed("TRADE_HAS_CLOSE", "the order is closed")
	}
	return t, c.refundRefused(refused)
}

// refundRefused names a refusal where it is the seller who pays.
func (c *call) refundRefused(err error) error {
	no := refusal.Of(err)
	switch {
	case no == nil:
	case no.Code == refusal.InsufficientBalance:
		return c.failed("SELLER_BALANCE_NOT_ENOUGH", "%s", no.Message)
	case no.Code == refusal.PayeeNotFound:
		return c.failed("REFUNDALLOC_UNAUTH_LIMIT", "%s", no.Message)
	case no.Code == refusal.SplitExceedsAmount:
		return c.failed("ALLOC_AMOUNT_VALIDATE_ERROR", "%s", no.Message)
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
