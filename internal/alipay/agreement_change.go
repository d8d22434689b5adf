package alipay

import (
	"strconv"

	"tongbao/internal/agreement"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// Ending one that was ended says so again: what is asked for is true.
var agreementUnsign = of(method{name: "alipay.user.agreement.unsign", right: party.CreatePayment, prefix: noPrefix}, func(c *call, in *agreementIn) (any, error) {
	a, err := c.agreement(in)
	if err != nil {
		return nil, err
	}
	switch a.Status {
	case agreement.Stop:
		return nil, nil
	case agreement.Temp:
		return nil, c.failed("USER_AGREEMENT_NOT_EXIST", "the agreement was never signed")
	}
	if _, err = c.s.opt.Desk.EndAgreement(c.ctx, c.by(), c.command("end_agreement"), a.ID, agreement.ByMerchant); err != nil {
		if no := refusal.Of(err); no == nil || no.Code != refusal.AgreementStateRefused { // else the person was faster
			return nil, err
		}
	}
	return nil, nil
})

type planIn struct {
	AgreementNo text `json:"agreement_no"`
	DeductTime  text `json:"deduct_time"`
	Memo        text `json:"memo"`
}

type planOut struct {
	AgreementNo string `json:"agreement_no"`
	DeductTime  string `json:"deduct_time"`
}

var agreementPlan = of(method{name: "alipay.user.agreement.executionplan.modify", right: party.CreatePayment, prefix: noPrefix}, func(c *call, in *planIn) (any, error) {
	if in.AgreementNo == "" || in.DeductTime == "" {
		return nil, c.badParameter("agreement_no and deduct_time are needed")
	}
	a, err := c.agreement(&agreementIn{AgreementNo: in.AgreementNo})
	if err != nil {
		return nil, err
	}
	if a.Status == agreement.Normal && a.Next == string(in.DeductTime) { // asked for before
		return planOut{AgreementNo: a.ID, DeductTime: a.Next}, nil
	}
	a, err = c.s.opt.Desk.MoveAgreement(c.ctx, c.by(), c.command("move_agreement"), a.ID, string(in.DeductTime))
	if no := refusal.Of(err); no != nil {
		switch no.Code {
		case refusal.AgreementStateRefused:
			return nil, c.failed("AGREEMENT_STATUS_NOT_NORMAL", "%s", no.Message)
		case refusal.InvalidField:
			return nil, c.badParameter("deduct_time: %s", no.Message)
		}
	}
	return planOut{AgreementNo: a.ID, DeductTime: a.Next}, err
})

func periodID(n int) string { return strconv.Itoa(n) }
