package alipay

import (
	"strconv"
	"strings"

	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

// royaltyInfo says with an order who shares in it.
type royaltyInfo struct {
	Type    text                    `json:"royalty_type"`
	Details nested[[]royaltyDetail] `json:"royalty_detail_infos"`
}

// royaltyDetail is one share, in an order or after payment.
type royaltyDetail struct {
	RoyaltyType  text `json:"royalty_type"`
	TransInType  text `json:"trans_in_type"`
	TransIn      text `json:"trans_in"`
	TransInName  text `json:"trans_in_name"`
	TransOut     text `json:"trans_out"`
	TransOutType text `json:"trans_out_type"`
	Amount       text `json:"amount"`
	Percentage   text `json:"amount_percentage"`
	Desc         text `json:"desc"`
}

// settleInfo says that an order's settlement is held, and for how long.
type settleInfo struct {
	Details nested[[]settleDetail] `json:"settle_detail_infos"`
	Period  text                   `json:"settle_period_time"`
}

type settleDetail struct {
	TransInType text `json:"trans_in_type"`
	TransIn     text `json:"trans_in"`
	Amount      text `json:"amount"`
}

type extendParams struct {
	RoyaltyFreeze text `json:"royalty_freeze"`
	RoyaltyFinish text `json:"royalty_finish"`
}

// usualHold is how long a settlement is held where the merchant names no time.
const usualHold = 90 * trade.Day

// divided puts into an order who shares in it, and whether its settlement is held.
func (c *call) divided(in *orderIn, o *trade.Order) error {
	royalty := &in.RoyaltyInfo.Value
	if royalty.Type != "" && (royalty.Type != "ROYALTY" || len(royalty.Details.Value) == 0) {
		return c.failed("TRADE_SETTLE_ERROR", "royalty_info has the type ROYALTY, and says who gets what")
	}
	for _, d := range royalty.Details.Value {
		payee, err := c.receiver(&d)
		if err != nil {
			return err
		}
		p := trade.Payee{Party: payee, Note: string(d.Desc)}
		if d.Percentage != "" && zero(d.Amount) {
			percent, err := c.percent(d.Percentage)
			if err != nil {
				return err
			}
			p.Share = money.Rate(percent) * money.RateOne / 100
		} else if p.Amount, err = c.amount("royalty_detail_infos.amount", d.Amount); err != nil {
			return err
		}
		o.Payees = append(o.Payees, p)
	}
	settle := &in.SettleInfo.Value
	freeze := in.ExtendParams.Value.RoyaltyFreeze == "true"
	if len(settle.Details.Value) == 0 && settle.Period == "" && !freeze {
		return nil
	}
	if err := c.settleDetails(settle, o.Amount); err != nil {
		return err
	}
	o.HoldFor = usualHold
	if p := string(settle.Period); p != "" {
		days, err := strconv.ParseUint(strings.TrimSuffix(p, "d"), 10, 16)
		if err != nil || !strings.HasSuffix(p, "d") || days < 1 || days > uint64(trade.MaxHoldFor/trade.Day) {
			return c.badParameter("settle_period_time is 1d to 365d")
		}
		o.HoldFor = trade.Seconds(days) * trade.Day
	}
	return nil
}

// settleDetails refuses a settlement to anybody but the seller, and of another
// amount than there is.
func (c *call) settleDetails(s *settleInfo, whole money.Amount) error {
	if len(s.Details.Value) > 1 {
		return c.failed("TRADE_SETTLE_ERROR", "settle_detail_infos has one entry: the seller's")
	}
	for _, d := range s.Details.Value {
		switch {
		case d.TransInType == "" || d.TransInType == "defaultSettle":
		case d.TransInType == "userId" && string(d.TransIn) == party.FormatID(c.merchant()):
		default:
			return c.failed("DEFAULT_SETTLE_RULE_NOT_EXIST", "a payment settles into the seller's balance: defaultSettle, or userId and the seller's")
		}
		amount, err := c.amount("settle_detail_infos.amount", d.Amount)
		if err != nil {
			return err
		}
		if amount != whole {
			return c.failed("TRADE_SETTLE_ERROR", "settle_detail_infos.amount must be all that there is to settle")
		}
	}
	return nil
}

// receiver finds whom a share goes to, who must be bound.
func (c *call) receiver(d *royaltyDetail) (uint64, error) {
	if d.TransOut != "" && string(d.TransOut) != party.FormatID(c.merchant()) {
		return 0, c.failed("USER_NOT_MATCH_ERR", "trans_out is the seller")
	}
	id, err := c.partyOf(d.TransInType, d.TransIn)
	if err != nil {
		return 0, err
	}
	if id == 0 {
		return 0, c.failed("ROYALTY_ACCOUNT_NOT_EXIST", "trans_in names nobody")
	}
	if id == c.merchant() {
		return 0, c.failed("CUSTOMER_VALIDATE_ERROR", "the seller gets the rest anyway")
	}
	_, bound, err := pay.Receivers.Read(c.ctx, c.s.opt.Engine.Store(), pay.ReceiverID(c.merchant(), id))
	if err == nil && !bound {
		err = c.failed("USER_NOT_MATCH_ERR", "trans_in is not bound as a receiver; see alipay.trade.royalty.relation.bind")
	}
	if err != nil {
		return 0, err
	}
	return id, c.called(id, string(d.TransInName))
}

// partyOf finds a party by user id or login name; 0 for nobody.
func (c *call) partyOf(kind, name text) (uint64, error) {
	switch kind {
	case "", "userId", "openId":
		id, err := party.ParseID(string(name))
		if err != nil {
			return 0, nil
		}
		var ok bool
		if party.IsMerchant(id) {
			_, ok, err = identity.Merchants.Read(c.ctx, c.s.opt.Engine.Store(), party.FormatID(id))
		} else {
			_, ok, err = identity.People.Read(c.ctx, c.s.opt.Engine.Store(), party.FormatID(id))
		}
		if !ok {
			id = 0
		}
		return id, err
	case "loginName":
		p, err := c.s.opt.Identity.PersonByPhone(c.ctx, string(name))
		if refusal.Of(err) != nil {
			return 0, nil
		}
		return p.ID, err
	}
	return 0, c.badParameter("an account is named by userId, openId or loginName")
}

// percent is a whole number of hundredths.
func (c *call) percent(value text) (int64, error) {
	whole, rest, _ := strings.Cut(string(value), ".") // some programs write 10 as 10.0
	n, err := strconv.ParseInt(whole, 10, 8)
	if err != nil || n < 1 || n > 100 || strings.Trim(rest, "0") != "" {
		return 0, c.badParameter("amount_percentage is a whole number from 1 to 100")
	}
	return n, nil
}

// zero says that an amount was left out, or stands at nothing as programs write it.
func zero(value text) bool { return strings.Trim(string(value), "0.") == "" }
