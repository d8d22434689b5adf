package alipay

import (
	"strings"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
)

type freezeIn struct {
	AuthCode     text `json:"auth_code"`
	AuthCodeType text `json:"auth_code_type"`
	OutOrderNo   text `json:"out_order_no"`
	OutRequestNo text `json:"out_request_no"`
	OrderTitle   text `json:"order_title"`
	Amount       text `json:"amount"`
	PayeeUserID  text `json:"payee_user_id"`
	PayeeLogonID text `json:"payee_logon_id"`
	PayTimeout   text `json:"pay_timeout"`
	ProductCode  text `json:"product_code"`
	ExtraParam   text `json:"extra_param"`
	Currency     text `json:"trans_currency"`
	Settle       text `json:"settle_currency"`
}

type authOut struct {
	AuthNo       string `json:"auth_no"`
	OutOrderNo   string `json:"out_order_no"`
	OperationID  string `json:"operation_id"`
	OutRequestNo string `json:"out_request_no"`
	Amount       string `json:"amount"`
	Status       string `json:"status"`
	PayerUserID  string `json:"payer_user_id,omitempty"`
	PayerLogonID string `json:"payer_logon_id,omitempty"`
	GmtTrans     string `json:"gmt_trans,omitempty"`
	CreditAmount string `json:"credit_amount,omitempty"`
	FundAmount   string `json:"fund_amount,omitempty"`
}

// What an authorisation remembers of how it was asked for.
const (
	metaExtra    = "extra_param"
	freezeWithin = 15 * 60 // seconds; the protocol's usual time
)

// A till freezes a deposit by the payer's code. The merchant's number again, on
// the same terms, is the same authorisation.
var authFreeze = of(method{name: "alipay.fund.auth.order.freeze", right: party.CreatePayment}, func(c *call, in *freezeIn) (any, error) {
	if in.AuthCode == "" {
		return nil, c.badParameter("auth_code is missing")
	}
	if in.AuthCodeType != "" && in.AuthCodeType != "bar_code" {
		return nil, c.badParameter("auth_code_type is bar_code")
	}
	asked, seconds, err := c.authAsked(in, "PRE_AUTH")
	if err != nil {
		return nil, err
	}
	a, err := c.s.opt.Desk.OpenAuth(c.ctx, c.by(), c.command("freeze"), asked, string(in.OutRequestNo), string(in.AuthCode), seconds)
	if err != nil {
		return nil, c.authRefused(err)
	}
	out, err := c.authSaid(&a, a.Ops[0])
	if err == nil && a.Status == pay.AuthInit {
		return reply{code: waiting, fields: out}, nil
	}
	return out, err
})

func (c *call) authAsked(in *freezeIn, product string) (asked pay.Auth, seconds int64, err error) {
	for name, value := range map[string]text{"out_order_no": in.OutOrderNo, "out_request_no": in.OutRequestNo} {
		if value == "" || len(value) > 64 {
			return asked, 0, c.badParameter("%s has 1 to 64 characters", name)
		}
	}
	if in.OrderTitle == "" || len([]rune(in.OrderTitle)) > 100 {
		return asked, 0, c.badParameter("order_title has 1 to 100 characters")
	}
	amount, err := c.amount("amount", in.Amount)
	if err != nil {
		return asked, 0, err
	}
	if in.ProductCode != "" && string(in.ProductCode) != product && in.ProductCode != "PRE_AUTH" {
		return asked, 0, c.failed("PRE_AUTH_PROD_CODE_INCONSISTENT", "product_code is %s", product)
	}
	if in.PayeeUserID != "" && string(in.PayeeUserID) != party.FormatID(c.merchant()) {
		return asked, 0, c.failed("INVALID_RECEIVE_ACCOUNT", "payee_user_id is not the merchant of this application")
	}
	if in.PayeeLogonID != "" && in.PayeeUserID == "" { // the number counts where both are given
		login, err := c.s.sellerEmail(c.ctx, c.merchant())
		if err != nil {
			return asked, 0, err
		}
		if !strings.EqualFold(login, string(in.PayeeLogonID)) {
			return asked, 0, c.failed("INVALID_RECEIVE_ACCOUNT", "payee_logon_id is not the login of the merchant of this application")
		}
	}
	for _, currency := range []text{in.Currency, in.Settle} {
		if currency != "" && currency != "CNY" {
			return asked, 0, c.failed("CURRENCY_NOT_SUPPORT", "the currency is CNY")
		}
	}
	if len(in.ExtraParam) > 512 {
		return asked, 0, c.badParameter("extra_param has at most 512 characters")
	}
	seconds = freezeWithin
	if in.PayTimeout != "" {
		within, err := c.length("pay_timeout", string(in.PayTimeout))
		if err != nil {
			return asked, 0, err
		}
		seconds = int64(within)
	}
	notify, err := c.notifyURL()
	if err != nil {
		return asked, 0, err
	}
	kept := map[string]string{}
	for name, value := range map[string]string{metaExtra: string(in.ExtraParam), metaProduct: string(in.ProductCode)} {
		if value != "" {
			kept[name] = value
		}
	}
	if c.charset != wire.UTF8 {
		kept[metaCharset] = string(c.charset)
	}
	if c.signType != wire.RSA2 {
		kept[metaSignType] = string(c.signType)
	}
	return pay.Auth{Merchant: c.merchant(), OrderNo: string(in.OutOrderNo), Title: string(in.OrderTitle), Amount: amount, Currency: money.CNY,
		App: c.app.ID, NotifyURL: notify, Metadata: kept}, seconds, nil
}

// authSaid says what an act on an authorisation has come to.
func (c *call) authSaid(a *pay.Auth, op pay.AuthOp) (authOut, error) {
	out := authOut{AuthNo: a.ID, OutOrderNo: a.OrderNo, OperationID: op.ID, OutRequestNo: op.Request, Amount: yuan(op.Amount), Status: opStatus(op),
		GmtTrans: milli(op.Done), FundAmount: yuan(op.Amount), CreditAmount: "0.00"}
	who, err := c.s.payerOf(c, a)
	out.PayerUserID, out.PayerLogonID = who.BuyerUserID, who.BuyerLogonID
	return out, err
}

func (s *Server) payerOf(c *call, a *pay.Auth) (buyer, error) {
	if a.Payer == 0 {
		return buyer{}, nil
	}
	p, _, err := identity.People.Read(c.ctx, s.opt.Engine.Store(), party.FormatID(a.Payer))
	return buyer{BuyerUserID: party.FormatID(a.Payer), BuyerLogonID: party.MaskPhone(p.Phone)}, err
}

func opStatus(op pay.AuthOp) string {
	switch {
	case op.Closed:
		return "CLOSED"
	case op.Done == 0:
		return "INIT"
	}
	return "SUCCESS"
}

// authIn names an authorisation, and an act on it: by the platform's numbers,
// which count where both are given, or by the merchant's.
type authIn struct {
	AuthNo        text `json:"auth_no"`
	OutOrderNo    text `json:"out_order_no"`
	OperationID   text `json:"operation_id"`
	OutRequestNo  text `json:"out_request_no"`
	OperationType text `json:"operation_type"`
	Amount        text `json:"amount"`
	Remark        text `json:"remark"`
}

// auth finds the authorisation. Another merchant's answers as none.
func (c *call) auth(in *authIn) (a pay.Auth, err error) {
	ok := true
	switch {
	case in.AuthNo != "":
		a, err = c.s.opt.Desk.Auth(c.ctx, string(in.AuthNo))
	case in.OutOrderNo != "":
		a, ok, err = c.s.opt.Desk.AuthBy(c.ctx, c.merchant(), string(in.OutOrderNo))
	default:
		return a, c.badParameter("auth_no or out_order_no is needed")
	}
	if refusal.Of(err) != nil || err == nil && (!ok || a.Merchant != c.merchant()) {
		return a, c.failed("AUTH_NO_ERROR", "there is no such authorisation")
	}
	return a, err
}

// op finds the act that is named; of a kind, where one is.
func (c *call) op(a *pay.Auth, in *authIn) (pay.AuthOp, error) {
	if in.OperationID == "" && in.OutRequestNo == "" {
		return pay.AuthOp{}, c.badParameter("operation_id or out_request_no is needed")
	}
	for _, op := range a.Ops {
		if (in.OperationType == "" || string(in.OperationType) == op.Kind) && (string(in.OperationID) == op.ID || in.OperationID == "" && string(in.OutRequestNo) == op.Request) {
			return op, nil
		}
	}
	return pay.AuthOp{}, c.failed("AUTH_NO_ERROR", "the authorisation has no such operation")
}

var authUnfreeze = of(method{name: "alipay.fund.auth.order.unfreeze", right: party.Refund}, func(c *call, in *authIn) (any, error) {
	if in.AuthNo == "" || in.OutRequestNo == "" || in.Remark == "" {
		return nil, c.badParameter("auth_no, out_request_no and remark are needed")
	}
	amount, err := c.amount("amount", in.Amount)
	if err != nil {
		return nil, err
	}
	a, err := c.auth(in)
	if err != nil {
		return nil, err
	}
	after, err := c.s.opt.Desk.ReleaseAuth(c.ctx, c.by(), c.command("unfreeze"), a.ID, string(in.OutRequestNo), amount, string(in.Remark))
	if err != nil { // it may have been done before, under this number
		again, ask := c.auth(in)
		if ask != nil {
			return nil, err
		}
		for _, op := range again.Ops {
			if op.Kind == pay.Unfreeze && op.Request == string(in.OutRequestNo) {
				if op.Amount != amount {
					return nil, c.failed("DISCORDANT_REPEAT_REQUEST", "out_request_no was used before for another amount")
				}
				return c.authSaid(&again, op)
			}
		}
		return nil, c.authRefused(err)
	}
	return c.authSaid(&after, after.Ops[len(after.Ops)-1])
})

type authCancelOut struct {
	AuthNo       string `json:"auth_no"`
	OutOrderNo   string `json:"out_order_no"`
	OperationID  string `json:"operation_id"`
	OutRequestNo string `json:"out_request_no"`
	Action       string `json:"action"`
}

// A till cancels a freeze that it does not know the end of: what was not given is
// closed, and what was, released.
var authCancel = of(method{name: "alipay.fund.auth.operation.cancel", right: party.Refund}, func(c *call, in *authIn) (any, error) {
	if in.Remark == "" {
		return nil, c.badParameter("remark is missing")
	}
	a, err := c.auth(in)
	if err != nil {
		return nil, err
	}
	in.OperationType = pay.Freeze
	op, err := c.op(&a, in)
	if err != nil {
		return nil, err
	}
	out := authCancelOut{AuthNo: a.ID, OutOrderNo: a.OrderNo, OperationID: op.ID, OutRequestNo: op.Request, Action: "close"}
	if op.Done != 0 {
		out.Action = "unfreeze"
	}
	if a.Status == pay.AuthClosed {
		return out, nil
	}
	after, err := c.s.opt.Desk.CancelAuth(c.ctx, c.by(), c.command("cancel_auth"), a.ID, op.Request+"/cancel", string(in.Remark))
	if err != nil {
		return nil, c.authRefused(err)
	}
	if after.Ops[0].Done != 0 {
		out.Action = "unfreeze"
	}
	return out, nil
})

type authQueryOut struct {
	AuthNo            string `json:"auth_no"`
	OutOrderNo        string `json:"out_order_no"`
	OrderStatus       string `json:"order_status"`
	TotalFreezeAmount string `json:"total_freeze_amount"`
	RestAmount        string `json:"rest_amount"`
	TotalPayAmount    string `json:"total_pay_amount"`
	OrderTitle        string `json:"order_title"`
	PayerUserID       string `json:"payer_user_id,omitempty"`
	PayerLogonID      string `json:"payer_logon_id,omitempty"`
	ExtraParam        string `json:"extra_param,omitempty"`
	OperationID       string `json:"operation_id"`
	OutRequestNo      string `json:"out_request_no"`
	Amount            string `json:"amount"`
	OperationType     string `json:"operation_type"`
	Status            string `json:"status"`
	Remark            string `json:"remark,omitempty"`
	GmtCreate         string `json:"gmt_create"`
	GmtTrans          string `json:"gmt_trans,omitempty"`
}

var authQuery = of(method{name: "alipay.fund.auth.operation.detail.query", right: party.View}, func(c *call, in *authIn) (any, error) {
	a, err := c.auth(in)
	if err != nil {
		return nil, err
	}
	op, err := c.op(&a, in)
	if err != nil {
		return nil, err
	}
	out := authQueryOut{AuthNo: a.ID, OutOrderNo: a.OrderNo, OrderStatus: string(a.Status), TotalFreezeAmount: yuan(0), RestAmount: yuan(a.Rest()), TotalPayAmount: yuan(a.Paid),
		OrderTitle: a.Title, ExtraParam: a.Metadata[metaExtra], OperationID: op.ID, OutRequestNo: op.Request, Amount: yuan(op.Amount), OperationType: op.Kind, Status: opStatus(op),
		Remark: op.Remark, GmtCreate: milli(op.At), GmtTrans: milli(op.Done)}
	if a.Ops[0].Done != 0 {
		out.TotalFreezeAmount = yuan(a.Amount)
	}
	who, err := c.s.payerOf(c, &a)
	out.PayerUserID, out.PayerLogonID = who.BuyerUserID, who.BuyerLogonID
	return out, err
})

// authRefused names the desk's refusals as this family does.
func (c *call) authRefused(err error) error {
	no := refusal.Of(err)
	if no == nil {
		return err
	}
	if sub, ok := authCodes[no.Code]; ok {
		return c.failed(sub, "%s", no.Message)
	}
	return err
}

var authCodes = map[refusal.Code]string{
	refusal.HoldNotFound:        "AUTH_NO_ERROR",
	refusal.HoldExceeded:        "AUTH_AMOUNT_NOT_ENOUGH",
	refusal.HoldEnded:           "AUTH_ORDER_HAS_CLOSED",
	refusal.IdempotencyConflict: "DISCORDANT_REPEAT_REQUEST",
	refusal.OrderNoTaken:        "CONTEXT_INCONSISTENT",
}

// payByHold pays an order from what is held. An order number that has come
// again, on the same terms, tells what it did.
func (c *call) payByHold(in *payIn) (any, error) {
	if in.ProductCode != "" && !strings.HasPrefix(string(in.ProductCode), "PRE") {
		return nil, c.failed("PRE_AUTH_PROD_CODE_INCONSISTENT", "product_code is PREAUTH_PAY")
	}
	mode := in.AuthConfirmMode
	if mode != "" && mode != "COMPLETE" && mode != "NOT_COMPLETE" {
		return nil, c.badParameter("auth_confirm_mode is COMPLETE or NOT_COMPLETE")
	}
	a, err := c.auth(&authIn{AuthNo: in.AuthNo})
	if err != nil {
		return nil, err
	}
	if no := in.buyerNo(); no != "" && no != party.FormatID(a.Payer) {
		return nil, c.failed("TRADE_BUYER_NOT_MATCH", "the buyer is not the payer of the authorisation")
	}
	asked, err := c.asked(&in.orderIn, codeLife)
	if err != nil {
		return nil, err
	}
	for _, op := range a.Ops {
		if op.Kind == pay.AuthPay && op.Request == asked.Order.OrderNo {
			t, err := c.s.opt.Desk.Trade(c.ctx, op.Trade)
			if err != nil {
				return nil, err
			}
			if t.Amount != asked.Order.Amount || t.Subject != asked.Order.Subject {
				return nil, c.failed("CONTEXT_INCONSISTENT", "out_trade_no was used before on other terms")
			}
			return c.paid(&t, false)
		}
	}
	switch a.Status {
	case pay.AuthInit:
		return nil, c.failed("AUTH_ORDER_NOT_PAID", "the authorisation was not given yet")
	case pay.AuthFinish:
		return nil, c.failed("AUTH_ORDER_HAS_FINISHED", "nothing of the authorisation is held any more")
	}
	t, err := c.s.opt.Desk.PayFromAuth(c.ctx, c.by(), c.command("pay_hold"), a.ID, asked, mode == "COMPLETE")
	if no := refusal.Of(err); no != nil && no.Code == refusal.HoldExceeded {
		return nil, c.failed("REQUEST_AMOUNT_EXCEED", "%s", no.Message)
	}
	if err != nil {
		return nil, c.authRefused(err)
	}
	return c.paid(&t, false)
}
