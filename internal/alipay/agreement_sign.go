package alipay

import (
	"strconv"

	"tongbao/internal/agreement"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
)

const pageSign = "alipay.user.agreement.page.sign"

type signIn struct {
	agreementIn
	ProductCode        text                   `json:"product_code"`
	AccessParams       nested[accessParams]   `json:"access_params"`
	ExternalLogonID    text                   `json:"external_logon_id"`
	SignValidityPeriod text                   `json:"sign_validity_period"`
	PeriodRuleParams   nested[periodIn]       `json:"period_rule_params"`
	IdentityParams     nested[identityIn]     `json:"identity_params"`
	MerchantProcessURL text                   `json:"merchant_process_url"`
	EffectTime         text                   `json:"effect_time"`
	SubMerchant        nested[map[string]any] `json:"sub_merchant"`
	DeviceParams       nested[map[string]any] `json:"device_params"`
	AllowHuazhiDegrade text                   `json:"allow_huazhi_degrade"`
	AgreementEffect    text                   `json:"agreement_effect_type"`
}

type accessParams struct {
	Channel text `json:"channel"`
}

type identityIn struct {
	UserID   text `json:"user_id"`
	UserName text `json:"user_name"`
	CertNo   text `json:"cert_no"`
}

var channels = map[text]bool{"ALIPAYAPP": true, "QRCODE": true, "QRCODEORSMS": true}

// The person's browser, or an app, brings the merchant's proposal, and is sent on
// to the wallet, where the person reads and signs it.
var agreementSign = of(method{name: pageSign, right: party.CreatePayment, browser: true, prefix: noPrefix}, func(c *call, in *signIn) (any, error) {
	terms, err := c.proposal(in)
	if err != nil {
		return nil, err
	}
	notifyURL, err := c.notifyURL()
	if err != nil {
		return nil, err
	}
	key := c.command("propose_agreement")
	back := c.params.Get("return_url")
	if back == "" {
		back = string(in.MerchantProcessURL)
	}
	asked := map[string]string{askedApp: c.app.ID, askedReturn: back, pay.AskedReturn: c.s.signedURL(c.app, key), metaProduct: string(in.ProductCode)}
	c.rememberWords(asked)
	a, err := c.s.opt.Desk.ProposeAgreement(c.ctx, c.by(), key, terms, notifyURL, asked)
	if no := refusal.Of(err); no != nil {
		switch no.Code {
		case refusal.OrderNoTaken:
			return nil, c.failed("USER_AGREEMENT_SIGNED", "external_agreement_no has an agreement that stands, on other terms")
		case refusal.InvalidField:
			return nil, c.badParameter("%s: %s", no.Field, no.Message)
		}
	}
	if err != nil {
		return nil, err
	}
	return redirect(c.s.opt.BaseURL + "/wallet/agreements/" + a.ID), nil
})

func (c *call) proposal(in *signIn) (terms agreement.Terms, err error) {
	if in.PersonalProductCode == "" {
		return terms, c.badParameter("personal_product_code is missing")
	}
	if !channels[in.AccessParams.Value.Channel] {
		return terms, c.badParameter("access_params.channel is ALIPAYAPP, QRCODE or QRCODEORSMS")
	}
	if in.ExternalAgreementNo != "" && in.SignScene == "" {
		return terms, c.badParameter("sign_scene goes with external_agreement_no")
	}
	if in.AgreementEffect != "" && in.AgreementEffect != "DIRECT" {
		return terms, c.badParameter("agreement_effect_type is DIRECT")
	}
	if in.EffectTime != "" {
		return terms, c.badParameter("effect_time: an agreement counts from its signing")
	}
	terms = in.terms(c.merchant())
	terms.LogonID = string(in.ExternalLogonID)
	if id := in.IdentityParams.Value.UserID; id != "" {
		if terms.Only, err = party.ParseID(string(id)); err != nil || party.IsMerchant(terms.Only) {
			return terms, c.badParameter("identity_params.user_id is no person's")
		}
	}
	if in.IdentityParams.Value.UserName+in.IdentityParams.Value.CertNo != "" {
		return terms, c.badParameter("identity_params: a person is named by user_id here")
	}
	if terms.ValidDays, terms.ValidMonth, err = c.validity(string(in.SignValidityPeriod)); err != nil {
		return terms, err
	}
	if in.PeriodRuleParams.Given {
		if terms.Period, err = c.period(&in.PeriodRuleParams.Value); err != nil {
			return terms, err
		}
	}
	if terms.Product == "CYCLE_PAY_AUTH_P" && !terms.Period.Given() {
		return terms, c.badParameter("period_rule_params goes with CYCLE_PAY_AUTH_P")
	}
	return terms, nil
}

// validity reads 30d or 2m.
func (c *call) validity(value string) (days, months int, err error) {
	if value == "" {
		return 0, 0, nil
	}
	n, err := strconv.ParseUint(value[:len(value)-1], 10, 16)
	if err == nil && n > 0 && n <= 3650 {
		switch value[len(value)-1] {
		case 'd':
			return int(n), 0, nil
		case 'm':
			return 0, int(n), nil
		}
	}
	return 0, 0, c.badParameter("sign_validity_period looks like 30d or 2m")
}
