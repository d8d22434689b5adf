package alipay

import (
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

// payByAgreement charges a person who has agreed to be. The order again under the
// same agreement tells what it did.
func (c *call) payByAgreement(in *payIn) (any, error) {
	asked, err := c.asked(&in.orderIn, codeLife)
	if err != nil {
		return nil, err
	}
	no := string(in.AgreementParams.Value.AgreementNo)
	desk := c.s.opt.Desk
	t, err := desk.OpenByAgreement(c.ctx, c.by(), c.command("charge"), asked, no)
	if refused := refusal.Of(err); refused != nil && refused.Code == refusal.OrderNoTaken {
		if t, err = c.tradeOf(asked.Order.OrderNo); err != nil {
			return nil, err
		}
		if t.Paid != 0 && t.Status != trade.TradeClosed && t.Metadata[pay.MetaAgreement] == no && t.Amount == asked.Order.Amount && t.Subject == asked.Order.Subject {
			return c.paid(&t, false)
		}
		if t, err = c.sameOrder(asked); err != nil {
			return nil, err
		}
		t, err = desk.PayByAgreement(c.ctx, c.by(), c.command("charge_again"), &t, no)
	}
	if refused := refusal.Of(err); refused != nil {
		if code, ok := chargeCodes[refused.Code]; ok {
			return nil, c.failed(code, "%s", refused.Message)
		}
	}
	if err != nil {
		return nil, err
	}
	return c.paid(&t, false)
}

var chargeCodes = map[refusal.Code]string{
	refusal.AgreementNotFound:       "AGREEMENT_NOT_EXIST",
	refusal.AgreementStateRefused:   "AGREEMENT_STATUS_NOT_NORMAL",
	refusal.AgreementAmountExceeded: "CYCLE_PAY_SINGLE_FEE_EXCEED",
	refusal.AgreementTotalExceeded:  "CYCLE_PAY_TOTAL_FEE_EXCEED",
	refusal.AgreementTimesExceeded:  "CYCLE_PAY_TOTAL_TIMES_EXCEED",
	refusal.AgreementDayRefused:     "CYCLE_PAY_DATE_NOT_MATCH",
}
