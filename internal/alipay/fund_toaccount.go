package alipay

import (
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

// The older way to send money to a balance and to ask about it, which programs
// from before uni.transfer use. It is the same payout: its numbers are those of
// the product that goes to balances.

type toAccountIn struct {
	OutBizNo      text `json:"out_biz_no"`
	PayeeType     text `json:"payee_type"`
	PayeeAccount  text `json:"payee_account"`
	Amount        text `json:"amount"`
	PayerShowName text `json:"payer_show_name"`
	PayeeRealName text `json:"payee_real_name"`
	Remark        text `json:"remark"`
}

type toAccountOut struct {
	OutBizNo string `json:"out_biz_no"`
	OrderID  string `json:"order_id"`
	PayDate  string `json:"pay_date"`
}

var toAccountTransfer = of(method{name: "alipay.fund.trans.toaccount.transfer", right: party.Transfer, prefix: noPrefix}, func(c *call, in *toAccountIn) (any, error) {
	to, ok := map[text]text{"ALIPAY_USERID": "ALIPAY_USER_ID", "ALIPAY_OPENID": "ALIPAY_OPEN_ID", "ALIPAY_LOGONID": "ALIPAY_LOGON_ID"}[in.PayeeType]
	if !ok {
		return nil, c.badParameter("payee_type is ALIPAY_USERID or ALIPAY_LOGONID")
	}
	asked, err := c.transferAsked(&transferIn{OutBizNo: in.OutBizNo, TransAmount: in.Amount, ProductCode: toBalance, BizScene: direct, OrderTitle: in.PayerShowName, Remark: in.Remark,
		Payee: nested[payeeInfo]{Value: payeeInfo{Identity: in.PayeeAccount, IdentityType: to}}})
	if err != nil {
		return nil, err
	}
	if asked.To, err = c.payeeCalled(to, in.PayeeAccount, in.PayeeRealName); err != nil {
		return nil, err
	}
	p, err := c.s.opt.Desk.PayOut(c.ctx, c.by(), c.command("pay_out"), asked, nil)
	if err != nil {
		return nil, c.transferRefused(err)
	}
	return toAccountOut{OutBizNo: p.Number, OrderID: p.ID, PayDate: milli(p.At)}, nil
})

type transOrderOut struct {
	OutBizNo       string `json:"out_biz_no"`
	OrderID        string `json:"order_id"`
	Status         string `json:"status"`
	PayDate        string `json:"pay_date,omitempty"`
	ArrivalTimeEnd string `json:"arrival_time_end,omitempty"`
	OrderFee       string `json:"order_fee"`
	FailReason     string `json:"fail_reason,omitempty"`
	ErrorCode      string `json:"error_code,omitempty"`
}

var transOrderQuery = of(method{name: "alipay.fund.trans.order.query", right: party.View, prefix: noPrefix, v3: []string{"GET", "POST"}}, func(c *call, in *transferQueryIn) (any, error) {
	p, s, err := c.payoutStands(in)
	if err != nil {
		return nil, err
	}
	out := transOrderOut{OutBizNo: p.Number, OrderID: p.ID, Status: s.status, PayDate: milli(s.done), OrderFee: yuan(money.Amount(0)), FailReason: s.reason, ErrorCode: s.errorCode}
	if p.Order != "" {
		out.ArrivalTimeEnd = milli(s.due)
	}
	return out, nil
})

// payoutStands finds a payout of the merchant's, and where it stands.
func (c *call) payoutStands(in *transferQueryIn) (p pay.Payout, s payoutState, err error) {
	p, ok, err := c.payoutAsked(in)
	if err == nil && (!ok || p.Merchant != c.merchant()) {
		err = c.failed("ORDER_NOT_EXIST", "there is no such transfer")
	}
	if err == nil {
		s, err = c.stateOf(&p)
	}
	return p, s, err
}
