package alipay

import (
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

// The ways to ask for a deposit of a payer who shows no code: an app hands the
// merchant's signed request to the wallet, or the payer scans what stands on a
// till. Both lead to the wallet's page, where it is given by the password.

var authAppFreeze = of(method{name: "alipay.fund.auth.order.app.freeze", right: party.CreatePayment, browser: true}, func(c *call, in *freezeIn) (any, error) {
	a, err := c.askAuth(in)
	if err != nil {
		return nil, err
	}
	return redirect(c.s.depositLink(a.ID)), nil
})

type voucherOut struct {
	OutOrderNo   string `json:"out_order_no"`
	OutRequestNo string `json:"out_request_no"`
	CodeType     string `json:"code_type"`
	CodeValue    string `json:"code_value"` // a link
	CodeURL      string `json:"code_url"`   // the picture of it
}

var authVoucher = of(method{name: "alipay.fund.auth.order.voucher.create", right: party.CreatePayment}, func(c *call, in *freezeIn) (any, error) {
	a, err := c.askAuth(in)
	if err != nil {
		return nil, err
	}
	return voucherOut{OutOrderNo: a.OrderNo, OutRequestNo: a.Ops[0].Request, CodeType: "qr_code", CodeValue: c.s.depositLink(a.ID), CodeURL: c.s.opt.BaseURL + depositPicturePath + a.ID}, nil
})

func (s *Server) depositLink(id string) string { return s.opt.BaseURL + "/wallet/deposits/" + id }

// askAuth opens an authorisation that whoever comes may give. One that was given
// or closed before can't be asked for again.
func (c *call) askAuth(in *freezeIn) (pay.Auth, error) {
	asked, seconds, err := c.authAsked(in, "PRE_AUTH_ONLINE")
	if err != nil {
		return pay.Auth{}, err
	}
	a, err := c.s.opt.Desk.OpenAuth(c.ctx, c.by(), c.command("freeze"), asked, string(in.OutRequestNo), "", seconds)
	if err != nil {
		return a, c.authRefused(err)
	}
	switch a.Status {
	case pay.AuthInit:
		return a, nil
	case pay.AuthGiven:
		return a, c.failed("TRADE_HAS_SUCCESS", "the deposit was given before")
	case pay.AuthFinish:
		return a, c.failed("AUTH_ORDER_HAS_FINISHED", "the deposit has been paid")
	}
	return a, c.failed("AUTH_ORDER_HAS_CLOSED", "the authorisation is closed")
}
