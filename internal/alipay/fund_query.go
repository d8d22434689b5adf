package alipay

import (
	"cmp"
	"time"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

type transferQueryIn struct {
	OutBizNo       text `json:"out_biz_no"`
	OrderID        text `json:"order_id"`
	PayFundOrderID text `json:"pay_fund_order_id"`
	ProductCode    text `json:"product_code"`
	BizScene       text `json:"biz_scene"`
}

type transferQueryOut struct {
	OrderID        string `json:"order_id"`
	PayFundOrderID string `json:"pay_fund_order_id"`
	OutBizNo       string `json:"out_biz_no"`
	TransAmount    string `json:"trans_amount"`
	Status         string `json:"status"`
	PayDate        string `json:"pay_date,omitempty"`
	ArrivalTimeEnd string `json:"arrival_time_end,omitempty"`
	OrderFee       string `json:"order_fee,omitempty"`
	ErrorCode      string `json:"error_code,omitempty"`
	FailReason     string `json:"fail_reason,omitempty"`
	ReceiverUserID string `json:"receiver_user_id,omitempty"`
}

// payoutState is where a payout stands, in the protocol's words.
type payoutState struct {
	status            string
	done, due         int64 // Unix milliseconds; 0 for not yet
	errorCode, reason string
}

// dealing is the state of a payout whose end is not known.
const dealing = "DEALING"

// arrival is until when a bank's word is expected.
const arrival = 24 * time.Hour

func (c *call) stateOf(p *pay.Payout) (payoutState, error) {
	if p.Order == "" {
		return payoutState{status: "SUCCESS", done: p.At}, nil
	}
	o, err := c.s.opt.Desk.BankOrderOf(c.ctx, p)
	return stateAtBank(p, &o), err
}

// stateAtBank is where a payout to a card stands.
func stateAtBank(p *pay.Payout, o *pay.BankOrder) payoutState {
	s := payoutState{status: dealing, due: p.At + arrival.Milliseconds()}
	switch o.Status {
	case pay.BankSucceeded:
		s.status, s.done = "SUCCESS", o.Finished
	case pay.BankRefused:
		s.status, s.errorCode, s.reason = "FAIL", "PAYEE_CARD_INFO_ERROR", "the bank refused: "+o.Detail
	}
	return s
}

var transferQuery = of(method{name: "alipay.fund.trans.common.query", v3: []string{"GET"}, right: party.View, prefix: noPrefix}, func(c *call, in *transferQueryIn) (any, error) {
	p, s, err := c.payoutStands(in)
	if err != nil {
		return nil, err
	}
	out := transferQueryOut{OrderID: p.ID, PayFundOrderID: p.ID, OutBizNo: p.Number, TransAmount: yuan(p.Amount), Status: s.status, PayDate: milli(s.done),
		ErrorCode: s.errorCode, FailReason: s.reason}
	if p.Order != "" {
		out.ArrivalTimeEnd, out.OrderFee = milli(s.due), "0.00"
	}
	if p.To != 0 {
		out.ReceiverUserID = party.FormatID(p.To)
	}
	return out, nil
})

// payoutAsked finds a payout by the platform's numbers, which count where both
// are given, or by the merchant's, in the product that is named or in any.
func (c *call) payoutAsked(in *transferQueryIn) (p pay.Payout, ok bool, err error) {
	for _, id := range []text{in.OrderID, in.PayFundOrderID} {
		if id != "" {
			return pay.Payouts.Read(c.ctx, c.s.opt.Engine.Store(), string(id))
		}
	}
	if in.OutBizNo == "" {
		return p, false, c.badParameter("one of out_biz_no, order_id and pay_fund_order_id is needed")
	}
	products := []string{string(in.ProductCode)}
	if in.ProductCode == "" {
		products = []string{toBalance, toCard, redPacket}
	}
	for _, product := range products {
		if p, ok, err = c.s.opt.Desk.PayoutBy(c.ctx, c.merchant(), product, string(in.OutBizNo)); ok || err != nil {
			return p, ok, err
		}
	}
	return p, false, nil
}

type accountQueryIn struct {
	UserID      text `json:"alipay_user_id"`
	OpenID      text `json:"alipay_open_id"`
	AccountType text `json:"account_type"`
}

type accountQueryOut struct {
	AvailableAmount string `json:"available_amount"`
	FreezeAmount    string `json:"freeze_amount"`
	TotalAmount     string `json:"total_amount"`
}

// A merchant asks what it has: on its balance, or of its orders in escrow.
var fundAccountQuery = of(method{name: "alipay.fund.account.query", v3: []string{"GET"}, right: party.View, prefix: noPrefix}, func(c *call, in *accountQueryIn) (any, error) {
	if no := string(cmp.Or(in.UserID, in.OpenID)); no != "" && no != party.FormatID(c.merchant()) {
		return nil, c.failed("NO_PERMISSION_ACCOUNT", "an application sees its own merchant's accounts alone")
	}
	account := pay.BalanceOf(c.merchant(), money.CNY)
	switch in.AccountType {
	case "", "ACCTRANS_ACCOUNT":
	case "TRUSTEESHIP_ACCOUNT":
		account = ledger.Of(ledger.Escrow, c.merchant(), money.CNY)
	default:
		return nil, c.badParameter("account_type is ACCTRANS_ACCOUNT or TRUSTEESHIP_ACCOUNT")
	}
	a, err := c.s.opt.Desk.Balance(c.ctx, account)
	return accountQueryOut{AvailableAmount: yuan(a.Available()), FreezeAmount: yuan(a.Held), TotalAmount: yuan(a.Balance)}, err
})
