package sdk

import (
	"context"
	"testing"

	"github.com/smartwalle/alipay/v3"
)

func TestMoneyIsSentAndAskedAbout(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			ctx, c, no := context.Background(), open(t, m), orderNo()
			_, err := c.TradePay(ctx, alipay.TradePay{Trade: trade(orderNo(), "20.00"), Scene: "bar_code", AuthCode: paymentCode(t)})
			must(t, err)
			ask := alipay.FundTransUniTransfer{OutBizNo: no, TransAmount: "1.00", ProductCode: "TRANS_ACCOUNT_NO_PWD", BizScene: "DIRECT_TRANSFER", OrderTitle: "工资",
				PayeeInfo: &alipay.PayeeInfo{Identity: sandbox.Buyers[1].ID, IdentityType: "ALIPAY_USER_ID"}}
			sent, err := c.FundTransUniTransfer(ctx, ask)
			must(t, err)
			again, err := c.FundTransUniTransfer(ctx, ask)
			must(t, err)
			equal(t, "transfer", []any{sent.Code, sent.Status, again.OrderId}, []any{"10000", "SUCCESS", sent.OrderId})
			ask.TransAmount = "2.00"
			other, err := c.FundTransUniTransfer(ctx, ask)
			must(t, err)
			equal(t, "other terms", other.SubCode, "PAYMENT_INFO_INCONSISTENCY")
			seen, err := c.FundTransCommonQuery(ctx, alipay.FundTransCommonQuery{OutBizNo: no})
			must(t, err)
			equal(t, "query", []any{seen.Status, seen.TransAmount, seen.OrderId}, []any{"SUCCESS", "1.00", sent.OrderId})
			has, err := c.FundAccountQuery(ctx, alipay.FundAccountQuery{AliPayUserId: sandbox.Merchant.ID, AccountType: "ACCTRANS_ACCOUNT"})
			must(t, err)
			equal(t, "balance", []any{has.Code, has.FreezeAmount}, []any{"10000", "0.00"})
		})
	}
}

func TestADepositIsFrozenAndPaidFrom(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			ctx, c, no := context.Background(), open(t, m), orderNo()
			frozen, err := c.FundAuthOrderFreeze(ctx, alipay.FundAuthOrderFreeze{AuthCode: paymentCode(t), AuthCodeType: "bar_code", OutOrderNo: no, OutRequestNo: "f" + no, OrderTitle: "押金", Amount: "30.00", ProductCode: "PRE_AUTH"})
			must(t, err)
			equal(t, "freeze", []any{frozen.Code, frozen.Status, frozen.Amount, frozen.PayerUserId}, []any{"10000", "SUCCESS", "30.00", sandbox.Buyers[0].ID})
			back, err := c.FundAuthOrderUnfreeze(ctx, alipay.FundAuthOrderUnfreeze{AuthNo: frozen.AuthNo, OutRequestNo: "u" + no, Amount: "5.00", Remark: "back"})
			must(t, err)
			equal(t, "unfreeze", []any{back.Code, back.Status}, []any{"10000", "SUCCESS"})
			ask := alipay.TradePay{Trade: trade(orderNo(), "10.00"), AuthNo: frozen.AuthNo, AuthConfirmMode: "COMPLETE"}
			ask.ProductCode = "PREAUTH_PAY"
			paid, err := c.TradePay(ctx, ask)
			must(t, err)
			equal(t, "pay", []any{paid.Code, paid.TotalAmount}, []any{"10000", "10.00"})
			seen, err := c.FundAuthOperationDetailQuery(ctx, alipay.FundAuthOperationDetailQuery{AuthNo: frozen.AuthNo, OperationId: frozen.OperationId})
			must(t, err)
			equal(t, "query", []any{seen.OrderStatus, seen.TotalPayAmount, seen.RestAmount, seen.OperationType}, []any{"FINISH", "10.00", "0.00", "FREEZE"})
			again, err := c.FundAuthOrderFreeze(ctx, alipay.FundAuthOrderFreeze{AuthCode: paymentCode(t), OutOrderNo: "x" + no, OutRequestNo: "f", OrderTitle: "押金", Amount: "30.00"})
			must(t, err)
			gone, err := c.FundAuthOperationCancel(ctx, alipay.FundAuthOperationCancel{AuthNo: again.AuthNo, OperationId: again.OperationId, Remark: "no"})
			must(t, err)
			equal(t, "cancel", []any{gone.Code, gone.Action}, []any{"10000", "unfreeze"})
		})
	}
}

func TestAPaidOrderIsSplit(t *testing.T) {
	ctx, c := context.Background(), open(t, modes[0])
	paid, err := c.TradePay(ctx, alipay.TradePay{Trade: trade(orderNo(), "20.00"), Scene: "bar_code", AuthCode: paymentCode(t)})
	must(t, err)
	bind := alipay.NewPayload("alipay.trade.royalty.relation.bind")
	bind.AddBizField("out_request_no", "b1")
	bind.AddBizField("receiver_list", []map[string]string{{"type": "userId", "account": sandbox.Buyers[1].ID}})
	var bound struct {
		alipay.Error
		ResultCode string `json:"result_code"`
	}
	must(t, c.Request(ctx, bind, &bound))
	equal(t, "bind", bound.ResultCode, "SUCCESS")
	split, err := c.TradeOrderSettle(ctx, alipay.TradeOrderSettle{OutRequestNo: "s1", TradeNo: paid.TradeNo, RoyaltyParameters: []*alipay.RoyaltyParameter{{TransIn: sandbox.Buyers[1].ID, Amount: 0.1}}})
	must(t, err)
	equal(t, "settle", []any{split.Code, split.TradeNo}, []any{"10000", paid.TradeNo})
}
