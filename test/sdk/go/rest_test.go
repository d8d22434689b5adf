package sdk

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/smartwalle/alipay/v3"
)

// The sections of the SDK that need no person to go on: each answer decodes into
// the SDK's own types, and refusals keep their codes.
func TestTheOtherSectionsAnswer(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			ctx, c, no := context.Background(), open(t, m), orderNo()
			paid, err := c.TradePay(ctx, alipay.TradePay{Trade: trade(no, "20.00"), Scene: "bar_code", AuthCode: paymentCode(t)})
			must(t, err)
			back, err := c.TradeRefundAsync(ctx, alipay.TradeRefundAsync{OutTradeNo: no, RefundAmount: "5.00", OutRequestNo: "a1"})
			must(t, err)
			equal(t, "refund.apply", []any{back.Code, back.RefundStatus, back.RefundAmount}, []any{"10000", "REFUND_SUCCESS", "5.00"})
			synced, err := c.TradeOrderInfoSync(ctx, alipay.TradeOrderInfoSync{OutRequestNo: "s1", BizType: "CREDIT_AUTH", TradeNo: paid.TradeNo, OrderBizInfo: `{"status":"COMPLETE"}`})
			must(t, err)
			equal(t, "orderinfo.sync", []any{synced.Code, synced.TradeNo, synced.BuyerUserId}, []any{"10000", paid.TradeNo, sandbox.Buyers[0].ID})

			sent, err := c.FundTransToAccountTransfer(ctx, alipay.FundTransToAccountTransfer{OutBizNo: no, PayeeType: "ALIPAY_USERID", PayeeAccount: sandbox.Buyers[1].ID, Amount: "1.00", Remark: "工资"})
			must(t, err)
			seen, err := c.FundTransOrderQuery(ctx, alipay.FundTransOrderQuery{OutBizNo: no})
			must(t, err)
			equal(t, "toaccount.transfer", []any{sent.Code, seen.Code, seen.Status, seen.OrderId}, []any{"10000", "10000", "SUCCESS", sent.OrderId})

			voucher, err := c.FundAuthOrderVoucherCreate(ctx, alipay.FundAuthOrderVoucherCreate{OutOrderNo: "v" + no, OutRequestNo: "v1", ProductCode: "PRE_AUTH", OrderTitle: "押金", Amount: "30.00"})
			must(t, err)
			status, _, _ := look(t, voucher.CodeURL)
			equal(t, "voucher.create", []any{voucher.Code, voucher.CodeType, status}, []any{"10000", "qr_code", 200})
			text, err := c.FundAuthOrderAppFreeze(alipay.FundAuthOrderAppFreeze{OutOrderNo: "p" + no, OutRequestNo: "p1", ProductCode: "PRE_AUTH_ONLINE", OrderTitle: "押金", Amount: "30.00"})
			must(t, err)
			opens(t, "app.freeze", sandbox.GatewayURL+"?"+text, "/wallet/deposits/")

			link, err := c.AgreementPageSign(alipay.AgreementPageSign{PersonalProductCode: "CYCLE_PAY_AUTH_P", SignScene: "INDUSTRY|MEMBER", ExternalAgreementNo: no, AccessParams: &alipay.AccessParams{Channel: "ALIPAYAPP"},
				PeriodRuleParams: &alipay.PeriodRuleParams{PeriodType: "MONTH", Period: "1", ExecuteTime: planned(now(t)), SingleAmount: "30.00", TotalPayments: 12}})
			must(t, err)
			opens(t, "page.sign", link.String(), "/wallet/agreements/")
			none, err := c.AgreementQuery(ctx, alipay.AgreementQuery{AgreementNo: "20180000000000000000"})
			must(t, err)
			ended, err := c.AgreementUnsign(ctx, alipay.AgreementUnsign{AgreementNo: "20180000000000000000"})
			must(t, err)
			moved, err := c.AgreementExecutionPlanModify(ctx, alipay.AgreementExecutionPlanModify{AgreementNo: "20180000000000000000", DeductTime: "2030-01-01"})
			must(t, err)
			equal(t, "agreements", []any{none.SubCode, ended.SubCode, moved.SubCode}, []any{"USER_AGREEMENT_NOT_EXIST", "USER_AGREEMENT_NOT_EXIST", "USER_AGREEMENT_NOT_EXIST"})

			token, err := c.SystemOauthToken(ctx, alipay.SystemOauthToken{GrantType: "authorization_code", Code: "none"})
			must(t, err)
			who, err := c.UserInfoShare(ctx, alipay.UserInfoShare{AuthToken: "none"})
			must(t, err)
			provider, err := c.OpenAuthTokenApp(ctx, alipay.OpenAuthTokenApp{GrantType: "authorization_code", Code: "none"})
			must(t, err)
			asked, err := c.OpenAuthTokenAppQuery(ctx, alipay.OpenAuthTokenAppQuery{AppAuthToken: "none"})
			must(t, err)
			equal(t, "tokens", []any{token.SubCode, who.SubCode, provider.SubCode, asked.SubCode}, []any{"isv.code-invalid", "aop.invalid-auth-token", "isv.code-invalid", "aop.invalid-app-auth-token"})

			cert, err := c.CertDownload(ctx, alipay.CertDownload{AliPayCertSN: "none"})
			must(t, err)
			equal(t, "alipaycert.download", cert.SubCode, "isv.alipay-cert-not-exist")
		})
	}
}

func TestTheBillsOfADay(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			ctx, c, no := context.Background(), open(t, m), orderNo()
			_, err := c.TradePay(ctx, alipay.TradePay{Trade: trade(no, "20.00"), Scene: "bar_code", AuthCode: paymentCode(t)})
			must(t, err)
			has, err := c.BillBalanceQuery(ctx, alipay.BillBalanceQuery{})
			must(t, err)
			if has.Code != "10000" || !strings.Contains(has.AvailableAmount, ".") {
				t.Errorf("balance: %+v", has)
			}
			at := now(t)
			log, err := c.BillAccountLogQuery(ctx, alipay.BillAccountLogQuery{StartTime: at.Add(-time.Hour).Format(time.DateTime), EndTime: at.Add(time.Hour).Format(time.DateTime), MerchantOrderNo: no})
			must(t, err)
			if log.Code != "10000" || len(log.DetailList) == 0 || log.DetailList[0].MerchantOrderNo != no {
				t.Fatalf("account log: %+v", log)
			}
			early, err := c.BillDownloadURLQuery(ctx, alipay.BillDownloadURLQuery{BillType: "trade", BillDate: at.Format(time.DateOnly)})
			must(t, err)
			equal(t, "a day that is not over", early.SubCode, "BILL_NOT_EXIST")
			pass(t, 24*time.Hour)
			bill, err := c.BillDownloadURLQuery(ctx, alipay.BillDownloadURLQuery{BillType: "trade", BillDate: at.Format(time.DateOnly)})
			must(t, err)
			status, _, file := look(t, bill.BillDownloadURL)
			z, err := zip.NewReader(bytes.NewReader([]byte(file)), int64(len(file)))
			must(t, err)
			detail, err := z.File[0].Open()
			must(t, err)
			text, err := io.ReadAll(detail)
			must(t, err)
			if status != http.StatusOK || len(z.File) != 2 || !strings.Contains(string(text), no) {
				t.Errorf("%d, %d files, %.200q", status, len(z.File), text)
			}
		})
	}
}

// planned is a day on which a monthly plan can begin, not after a month's 28th.
func planned(now time.Time) string {
	day := now.AddDate(0, 0, 3)
	for day.Day() > 28 {
		day = day.AddDate(0, 0, 1)
	}
	return day.Format(time.DateOnly)
}

// opens checks that a browser is sent on to a page of the wallet.
func opens(t *testing.T, what, address, page string) {
	t.Helper()
	_, to, body := look(t, address)
	if to == nil || !strings.HasPrefix(to.Path, page) {
		t.Errorf("%s: sent to %v; %.300s", what, to, body)
	}
}

// now is the sandbox's business time, in Beijing's zone, as an order tells it.
func now(t *testing.T) time.Time {
	t.Helper()
	ctx, c, no := context.Background(), open(t, modes[0]), orderNo()
	_, err := c.TradePay(ctx, alipay.TradePay{Trade: trade(no, "1.00"), Scene: "bar_code", AuthCode: paymentCode(t)})
	must(t, err)
	seen, err := c.TradeQuery(ctx, alipay.TradeQuery{OutTradeNo: no})
	must(t, err)
	at, err := time.Parse(time.DateTime, seen.SendPayDate)
	must(t, err)
	return at
}
