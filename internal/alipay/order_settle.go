package alipay

import (
	"slices"

	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

type orderSettleIn struct {
	tradeIn
	OutRequestNo text                    `json:"out_request_no"`
	Parameters   nested[[]royaltyDetail] `json:"royalty_parameters"`
	Mode         text                    `json:"royalty_mode"`
	ExtendParams nested[extendParams]    `json:"extend_params"`
}

type orderSettleOut struct {
	TradeNo  string `json:"trade_no"`
	SettleNo string `json:"settle_no,omitempty"`
}

// mostShares is how many receivers a request may name.
const mostShares = 10

// A seller gives parts of a paid order to others, at once whatever the mode. The
// number again, on the same terms, is the same split.
var orderSettle = of(method{name: "alipay.trade.order.settle", right: party.Transfer}, func(c *call, in *orderSettleIn) (any, error) {
	if in.OutRequestNo == "" {
		return nil, c.badParameter("out_request_no is missing")
	}
	if in.TradeNo == "" {
		return nil, c.badParameter("trade_no is missing")
	}
	if in.Mode != "" && in.Mode != "sync" && in.Mode != "async" {
		return nil, c.badParameter("royalty_mode is sync or async")
	}
	last := in.ExtendParams.Value.RoyaltyFinish == "true"
	if n := len(in.Parameters.Value); n > mostShares || n == 0 && !last {
		return nil, c.badParameter("royalty_parameters has 1 to %d entries", mostShares)
	}
	t, err := c.find(in.tradeIn)
	if err != nil {
		return nil, err
	}
	parts, err := c.parts(&t, in.Parameters.Value)
	if err != nil {
		return nil, err
	}
	number := string(in.OutRequestNo)
	if known := t.SplitsOf(number); len(known) > 0 {
		return c.splitBefore(&t, known, parts)
	}
	after, err := c.s.opt.Desk.Split(c.ctx, c.by(), c.command("split"), t.ID, number, parts, last)
	if err != nil {
		if t, again := c.s.opt.Desk.Trade(c.ctx, t.ID); again == nil {
			if known := t.SplitsOf(number); len(known) > 0 { // the same request, a moment before
				return c.splitBefore(&t, known, parts)
			}
		}
		return nil, c.splitRefused(err)
	}
	return orderSettleOut{TradeNo: t.ID, SettleNo: pay.SplitNo(&after, number)}, nil
})

func (c *call) parts(t *trade.Trade, details []royaltyDetail) ([]trade.Part, error) {
	var parts []trade.Part
	for i := range details {
		d := &details[i]
		if d.RoyaltyType != "" && d.RoyaltyType != "transfer" {
			return nil, c.badParameter("royalty_type is transfer")
		}
		to, err := c.receiver(d)
		if err != nil {
			return nil, err
		}
		p := trade.Part{Party: to, Note: string(d.Desc)}
		if !zero(d.Percentage) && zero(d.Amount) {
			percent, err := c.percent(d.Percentage)
			if err != nil {
				return nil, err
			}
			p.Amount = money.Rate(percent * int64(money.RateOne) / 100).Of(t.Amount)
		} else if p.Amount, err = c.amount("royalty_parameters.amount", d.Amount); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func (c *call) splitBefore(t *trade.Trade, known []trade.Split, asked []trade.Part) (any, error) {
	same := slices.EqualFunc(known, asked, func(s trade.Split, p trade.Part) bool {
		return s.Party == p.Party && s.Amount == p.Amount && s.Note == p.Note
	})
	if !same {
		return nil, c.failed("DISCORDANT_REPEAT_REQUEST", "out_request_no was used before for another split")
	}
	return orderSettleOut{TradeNo: t.ID, SettleNo: pay.SplitNo(t, known[0].Request)}, nil
}

// splitRefused names the refusals of a split.
func (c *call) splitRefused(err error) error {
	no := refusal.Of(err)
	if no == nil {
		return err
	}
	switch no.Code {
	case refusal.SplitExceedsAmount:
		return c.failed("ALLOC_AMOUNT_VALIDATE_ERROR", "%s", no.Message)
	case refusal.InsufficientBalance:
		return c.failed("SELLER_BALANCE_NOT_ENOUGH", "%s", no.Message)
	case refusal.SamePayerAndPayee:
		return c.failed("CUSTOMER_VALIDATE_ERROR", "%s", no.Message)
	}
	return err
}
