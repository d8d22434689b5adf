package sdk

import (
	"context"
	"strings"
	"testing"

	"github.com/smartwalle/alipay/v3"
)

func trade(no, amount string) alipay.Trade {
	return alipay.Trade{OutTradeNo: no, TotalAmount: amount, Subject: "春茶 250 g & 杯 + 5%", ProductCode: "FACE_TO_FACE_PAYMENT", PassbackParams: "a%3D1"}
}

func TestATradeFromTheTillToTheLastRefund(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			ctx, c, no := context.Background(), open(t, m), orderNo()
			code := paymentCode(t)
			ask := alipay.TradePay{Trade: trade(no, "20.00"), Scene: "bar_code", AuthCode: code}
			paid, err := c.TradePay(ctx, ask)
			must(t, err)
			equal(t, "pay", []any{paid.Code, paid.SubCode, paid.TotalAmount, paid.BuyerUserId, paid.OutTradeNo, len(paid.TradeNo)}, []any{"10000", "", "20.00", sandbox.Buyers[0].ID, no, 28})
			again, err := c.TradePay(ctx, ask)
			must(t, err)
			equal(t, "the same code again", []any{again.Code, again.TradeNo}, []any{"10000", paid.TradeNo})
			other, err := c.TradePay(ctx, alipay.TradePay{Trade: trade(no, "21.00"), Scene: "bar_code", AuthCode: paymentCode(t)})
			must(t, err)
			equal(t, "other terms", []any{other.Code, other.SubCode}, []any{"40004", "ACQ.CONTEXT_INCONSISTENT"})

			seen, err := c.TradeQuery(ctx, alipay.TradeQuery{OutTradeNo: no})
			must(t, err)
			equal(t, "query", []any{seen.TradeStatus, seen.TradeNo, seen.ReceiptAmount, seen.Subject}, []any{"TRADE_SUCCESS", paid.TradeNo, "20.00", ask.Subject})

			part, err := c.TradeRefund(ctx, alipay.TradeRefund{OutTradeNo: no, RefundAmount: "5.00", OutRequestNo: "r1", RefundReason: "one cup was broken"})
			must(t, err)
			equal(t, "refund", []any{part.Code, part.FundChange, part.RefundFee}, []any{"10000", "Y", "5.00"})
			part, err = c.TradeRefund(ctx, alipay.TradeRefund{OutTradeNo: no, RefundAmount: "5.00", OutRequestNo: "r1"})
			must(t, err)
			equal(t, "the same refund again", []any{part.Code, part.FundChange, part.RefundFee}, []any{"10000", "N", "5.00"})
			part, err = c.TradeRefund(ctx, alipay.TradeRefund{OutTradeNo: no, RefundAmount: "6.00", OutRequestNo: "r1"})
			must(t, err)
			equal(t, "its number for another amount", part.SubCode, "ACQ.DISCORDANT_REPEAT_REQUEST")
			part, err = c.TradeRefund(ctx, alipay.TradeRefund{OutTradeNo: no, RefundAmount: "15.01", OutRequestNo: "r2"})
			must(t, err)
			equal(t, "more than is left", part.SubCode, "ACQ.REASON_TRADE_REFUND_FEE_ERR")
			part, err = c.TradeRefund(ctx, alipay.TradeRefund{OutTradeNo: no, RefundAmount: "15.00"})
			must(t, err)
			equal(t, "a part without a number", part.SubCode, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")

			known, err := c.TradeFastPayRefundQuery(ctx, alipay.TradeFastPayRefundQuery{TradeNo: paid.TradeNo, OutRequestNo: "r1"})
			must(t, err)
			equal(t, "refund query", []any{known.RefundStatus, known.RefundAmount, known.TotalAmount}, []any{"REFUND_SUCCESS", "5.00", "20.00"})
			known, err = c.TradeFastPayRefundQuery(ctx, alipay.TradeFastPayRefundQuery{TradeNo: paid.TradeNo, OutRequestNo: "none"})
			must(t, err)
			equal(t, "no such refund", []any{known.Code, known.RefundStatus}, []any{"10000", ""})

			rest, err := c.TradeCancel(ctx, alipay.TradeCancel{OutTradeNo: no})
			must(t, err)
			equal(t, "cancel", []any{rest.Code, rest.Action, rest.RetryFlag}, []any{"10000", "refund", "N"})
			seen, err = c.TradeQuery(ctx, alipay.TradeQuery{TradeNo: paid.TradeNo})
			must(t, err)
			equal(t, "after that", seen.TradeStatus, "TRADE_CLOSED")
		})
	}
}

func TestAnUnpaidTradeIsClosed(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			ctx, c, no := context.Background(), open(t, m), orderNo()
			made, err := c.TradeCreate(ctx, alipay.TradeCreate{Trade: trade(no, "3.00"), BuyerId: sandbox.Buyers[0].ID})
			must(t, err)
			again, err := c.TradeCreate(ctx, alipay.TradeCreate{Trade: trade(no, "3.00"), BuyerId: sandbox.Buyers[0].ID})
			must(t, err)
			equal(t, "create twice", []any{made.Code, again.TradeNo}, []any{"10000", made.TradeNo})
			closed, err := c.TradeClose(ctx, alipay.TradeClose{OutTradeNo: no})
			must(t, err)
			equal(t, "close", []any{closed.Code, closed.TradeNo}, []any{"10000", made.TradeNo})
			closed, err = c.TradeClose(ctx, alipay.TradeClose{OutTradeNo: no})
			must(t, err)
			equal(t, "close again", closed.SubCode, "ACQ.TRADE_HAS_CLOSE")
			none, err := c.TradeQuery(ctx, alipay.TradeQuery{OutTradeNo: orderNo()})
			must(t, err)
			equal(t, "no such trade", []any{none.Code, none.SubCode}, []any{"40004", "ACQ.TRADE_NOT_EXIST"})
			gone, err := c.TradeCancel(ctx, alipay.TradeCancel{OutTradeNo: orderNo()})
			must(t, err)
			equal(t, "cancel what never was", []any{gone.Code, gone.Action}, []any{"10000", ""})
			qr, err := c.TradePreCreate(ctx, alipay.TradePreCreate{Trade: trade(orderNo(), "4.00")})
			must(t, err)
			if status, to, _ := look(t, qr.QRCode); status != 303 || !strings.HasPrefix(to.Path, "/wallet/cashier/") {
				t.Errorf("the QR code %s leads to %v (%d)", qr.QRCode, to, status)
			}
		})
	}
}

func TestBadAmountsAreRefused(t *testing.T) {
	ctx, c := context.Background(), open(t, modes[0])
	for amount, want := range map[string]string{"0.001": "INVALID_PARAMETER", "1e3": "INVALID_PARAMETER", "-1": "INVALID_PARAMETER", " 1": "INVALID_PARAMETER", "１": "INVALID_PARAMETER",
		"0": "INVALID_PARAMETER", "100000000.01": "TOTAL_FEE_EXCEED"} {
		got, err := c.TradeCreate(ctx, alipay.TradeCreate{Trade: trade(orderNo(), amount)})
		must(t, err)
		equal(t, amount, []any{got.Code, got.SubCode}, []any{"40004", "ACQ." + want})
	}
}

func TestABrowserIsSentToTheCashier(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			c := open(t, m)
			page := alipay.TradePagePay{Trade: trade(orderNo(), "5.00")}
			page.ProductCode = "FAST_INSTANT_TRADE_PAY"
			to, err := c.TradePagePay(page)
			must(t, err)
			cashier(t, to.String())
			wap := alipay.TradeWapPay{Trade: trade(orderNo(), "5.00"), QuitURL: "https://shop.example.com/quit"}
			to, err = c.TradeWapPay(wap)
			must(t, err)
			cashier(t, to.String())
			text, err := c.TradeAppPay(alipay.TradeAppPay{Trade: trade(orderNo(), "5.00")})
			must(t, err)
			cashier(t, sandbox.GatewayURL+"?"+text)

			to, err = c.TradePagePay(page)
			must(t, err)
			if status, _, body := look(t, strings.Replace(to.String(), "format=JSON", "format=json", 1)); status != 200 || !strings.Contains(body, "isv.invalid-signature") {
				t.Errorf("a request that was changed on its way is answered with %d %s", status, body)
			}
		})
	}
}

func cashier(t *testing.T, address string) {
	t.Helper()
	if status, to, body := look(t, address); status != 303 || !strings.HasPrefix(to.Path, "/wallet/cashier/") {
		t.Errorf("the browser is sent to %v (%d) %s", to, status, body)
	}
}

func TestTheCertificateIsDownloaded(t *testing.T) {
	c := open(t, modes[2])
	app := sandbox.Merchant
	fresh, err := alipay.New(app.AppID, app.AppPrivateKey, true, alipay.WithProductionGateway(sandbox.GatewayURL))
	must(t, err)
	must(t, fresh.LoadAppCertPublicKey(app.AppCert))
	must(t, fresh.LoadAliPayRootCert(app.PlatformRootCert)) // and not the platform's: the SDK fetches it
	no := orderNo()
	_, err = c.TradeCreate(context.Background(), alipay.TradeCreate{Trade: trade(no, "1.00")})
	must(t, err)
	seen, err := fresh.TradeQuery(context.Background(), alipay.TradeQuery{OutTradeNo: no})
	must(t, err)
	equal(t, "query", seen.TradeStatus, "WAIT_BUYER_PAY")
}
