package alipay

import (
	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

type payIn struct {
	orderIn
	Scene           text                    `json:"scene"`
	AuthCode        text                    `json:"auth_code"`
	AuthNo          text                    `json:"auth_no"`
	AuthConfirmMode text                    `json:"auth_confirm_mode"`
	AgreementParams nested[agreementParams] `json:"agreement_params"`
}

type agreementParams struct {
	AgreementNo text `json:"agreement_no"`
}

type payOut struct {
	numbers
	buyer
	TotalAmount string `json:"total_amount,omitempty"`
	sums
	GmtPayment   string     `json:"gmt_payment,omitempty"`
	FundBillList []fundBill `json:"fund_bill_list,omitempty"`
}

// codeLife is how long an order at a till can be paid where the merchant names
// no time.
const codeLife = 3 * trade.Hour

var tradePay = of(method{name: "alipay.trade.pay", right: party.CreatePayment}, func(c *call, in *payIn) (any, error) {
	switch {
	case in.AuthNo != "":
		return c.payByHold(in)
	case in.AgreementParams.Value.AgreementNo != "":
		return c.payByAgreement(in)
	case in.Scene != "" && in.Scene != "bar_code" && in.Scene != "security_code":
		return nil, c.badParameter("scene is bar_code or security_code")
	case in.AuthCode == "":
		return nil, c.badParameter("auth_code is missing")
	}
	asked, err := c.asked(&in.orderIn, codeLife)
	if err != nil {
		return nil, err
	}
	asked.Code = string(in.AuthCode)
	t, stepUp, err := c.payByCode(asked)
	if err != nil {
		return nil, err
	}
	return c.paid(&t, stepUp)
})

// payByCode opens the order and pays it in one breath, or pays the order that
// was opened before on the same terms. The same code again tells what it did.
func (c *call) payByCode(asked pay.Asked) (trade.Trade, bool, error) {
	desk := c.s.opt.Desk
	t, opened, err := desk.Open(c.ctx, c.by(), c.command("pay"), asked)
	no := refusal.Of(err)
	if no == nil {
		return t, opened.StepUp, err
	}
	if known, was := c.paidBefore(asked); was { // also where the code's minute is over by now
		return known, known.Paid == 0, nil
	}
	if no.Code != refusal.OrderNoTaken {
		return t, false, err
	}
	if t, err = c.sameOrder(asked); err != nil {
		return t, false, err
	}
	t, opened, err = desk.PayByCode(c.ctx, c.by(), c.command("pay_by_code"), t.ID, asked.Code)
	return t, opened.StepUp, err
}

// paidBefore is the order if this very code was used for it.
func (c *call) paidBefore(asked pay.Asked) (trade.Trade, bool) {
	code, ok, err := pay.PaymentCodes.Read(c.ctx, c.s.opt.Engine.Store(), asked.Code)
	if err != nil || !ok || code.Used == "" {
		return trade.Trade{}, false
	}
	t, err := c.tradeOf(asked.Order.OrderNo)
	if err != nil || t.ID != code.Used || t.Amount != asked.Order.Amount || t.Subject != asked.Order.Subject {
		return t, false
	}
	return t, t.Paid != 0 && t.Status != trade.TradeClosed || t.Status == trade.WaitBuyerPay
}

// paid says what a payment at a till has come to.
func (c *call) paid(t *trade.Trade, stepUp bool) (any, error) {
	who, err := c.s.buyerOf(c.ctx, t)
	out := payOut{numbers: numbersOf(t), buyer: who, TotalAmount: wire.FormatAmount(t.Amount), sums: sumsOf(t), GmtPayment: at(t.Paid), FundBillList: fundsOf(t)}
	if stepUp {
		return reply{code: waiting, fields: out}, err
	}
	return out, err
}
