package alipay

import (
	"fmt"
	"strings"
	"testing"

	"tongbao/internal/bank"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/sandbox"
)

const uni = "alipay.fund.trans.uni.transfer"

func sendTo(no, amount, product, payee, more string) string {
	return fmt.Sprintf(`{"out_biz_no":%q,"trans_amount":%q,"product_code":%q,"biz_scene":"DIRECT_TRANSFER","order_title":"wages","payee_info":%s%s}`, no, amount, product, payee, more)
}

func userID(id uint64) string {
	return fmt.Sprintf(`{"identity":"%d","identity_type":"ALIPAY_USER_ID"}`, id)
}

// rich gives the merchant 100.00 less the fee.
func (h *house) rich() {
	h.t.Helper()
	_, code := h.somebody(500)
	h.serial++
	h.paidWith(fmt.Sprint("rich", h.serial), "100.00", code, "")
}

func TestATransferIsMadeOnce(t *testing.T) {
	h := openHouse(t)
	h.rich()
	payee, _ := h.somebody(1)
	person, err := h.who.Person(t.Context(), payee)
	h.must(err)
	first := h.want("10000", uni, sendTo("t1", "20.00", toBalance, userID(payee), ""))
	again := h.want("10000", uni, sendTo("t1", "20.0", toBalance, userID(payee), ""))
	if first.text("status") != "SUCCESS" || len(first.text("order_id")) != 28 || again.text("order_id") != first.text("order_id") || h.has(payee) != "21.00" || h.has(h.app.Merchant) != "79.40" {
		t.Errorf("%s, then %s; the payee has %s", first.raw, again.raw, h.has(payee))
	}
	h.want("40004 PAYMENT_INFO_INCONSISTENCY", uni, sendTo("t1", "21.00", toBalance, userID(payee), ""))
	h.want("10000", uni, sendTo("t1", "1.00", redPacket, userID(payee), `,"business_params":"{\"sub_biz_scene\":\"REDPACKET\"}"`)) // another product's numbers
	h.want("10000", uni, sendTo("t2", "0.10", toBalance, fmt.Sprintf(`{"identity":%q,"identity_type":"ALIPAY_LOGON_ID","name":"王小伟"}`, person.Phone), ""))
	for code, content := range map[string]string{
		"PAYER_BALANCE_NOT_ENOUGH":        sendTo("x", "1000.00", toBalance, userID(payee), ""),
		"PAYEE_NOT_EXIST":                 sendTo("x", "1.00", toBalance, userID(2088000000009999), ""),
		"NO_ACCOUNT_RECEIVE_PERMISSION":   sendTo("x", "1.00", toBalance, userID(h.app.Merchant), ""),
		"PAYEE_USER_INFO_ERROR":           sendTo("x", "1.00", toBalance, fmt.Sprintf(`{"identity":%q,"identity_type":"ALIPAY_LOGON_ID","name":"李四"}`, person.Phone), ""),
		"EXCEED_LIMIT_SM_MIN_AMOUNT":      sendTo("x", "0.09", toBalance, userID(payee), ""),
		"MEMO_REQUIRED_IN_TRANSFER_ERROR": sendTo("x", "50000.00", toBalance, userID(payee), ""),
		"PRODUCT_NOT_SIGN":                sendTo("x", "1.00", "OTHER", userID(payee), ""),
		"ORDER_NOT_EXIST":                 strings.Replace(sendTo("x", "1.00", redPacket, userID(payee), ""), "DIRECT_TRANSFER", "PERSONAL_COLLECTION", 1),
		"PAYER_NOT_EXIST":                 sendTo("x", "1.00", toBalance, userID(payee), `,"payer_info":{"identity":"2088000000009999","identity_type":"ALIPAY_USER_ID"}`),
	} {
		h.want("40004 "+code, uni, content)
	}
	for _, bad := range []string{sendTo("", "1.00", toBalance, userID(payee), ""), sendTo("x", "1e3", toBalance, userID(payee), ""), sendTo("x", "1.00", toBalance, `{}`, ""),
		sendTo("x", "1.00", redPacket, userID(payee), ""), sendTo("x", "1.00", toBalance, `{"identity":"1","identity_type":"ALIPAY_LOGON_ID"}`, "")} {
		h.want("40004 INVALID_PARAMETER", uni, bad)
	}

	h.want("40004 EXCEED_LIMIT_SM_AMOUNT", uni, sendTo("x", "100000000.01", toBalance, userID(payee), ""))
	h.want("10000", uni, sendTo("open", "0.10", toBalance, fmt.Sprintf(`{"identity":"%d","identity_type":"ALIPAY_OPEN_ID"}`, payee), ""))
	for _, by := range []string{`"out_biz_no":"t1"`, `"out_biz_no":"t1","product_code":"TRANS_ACCOUNT_NO_PWD"`, `"order_id":"` + first.text("order_id") + `"`, `"pay_fund_order_id":"` + first.text("pay_fund_order_id") + `"`} {
		got := h.want("10000", "alipay.fund.trans.common.query", `{`+by+`}`)
		if got.text("status") != "SUCCESS" || got.text("trans_amount") != "20.00" || got.text("receiver_user_id") != party.FormatID(payee) || got.text("pay_date") == "" {
			t.Error(got.raw)
		}
	}
	h.want("40004 ORDER_NOT_EXIST", "alipay.fund.trans.common.query", `{"out_biz_no":"none"}`)
	h.want("40004 INVALID_PARAMETER", "alipay.fund.trans.common.query", `{}`)
	if own := h.want("10000", "alipay.fund.account.query", fmt.Sprintf(`{"alipay_user_id":"%d","account_type":"ACCTRANS_ACCOUNT"}`, h.app.Merchant)); own.text("available_amount") != "78.20" || own.text("freeze_amount") != "0.00" {
		t.Error(own.raw)
	}
	h.want("10000", "alipay.fund.account.query", `{"account_type":"TRUSTEESHIP_ACCOUNT"}`)
	h.want("40004 NO_PERMISSION_ACCOUNT", "alipay.fund.account.query", fmt.Sprintf(`{"alipay_user_id":"%d"}`, payee))
	h.want("40004 INVALID_PARAMETER", "alipay.fund.account.query", `{"account_type":"OTHER"}`)
}

func TestAPayoutToACardWaitsForTheBank(t *testing.T) {
	h := openHouse(t)
	h.rich()
	to := func(number string) string {
		return fmt.Sprintf(`{"identity":%q,"identity_type":"BANKCARD_ACCOUNT","name":"王小伟","bankcard_ext_info":{"account_type":"2"}}`, number)
	}
	number, ok := sandbox.CardNumber("ICBC", "1111")
	if !ok {
		t.Fatal("no card")
	}
	h.want("40004 PRODUCT_NOT_SIGN", uni, sendTo("c1", "10.00", toCard, to(number.Reveal()), ""))
	h.door.opt.BankOf = sandbox.BankOf
	h.want("40004 PAYEE_CARD_INFO_ERROR", uni, sendTo("c1", "10.00", toCard, to("6222000000000001"), ""))
	dealing := h.want("10000", uni, sendTo("c1", "10.00", toCard, to(number.Reveal()), ""))
	if dealing.text("status") != "DEALING" || h.has(h.app.Merchant) != "99.40" {
		t.Error(dealing.raw)
	}
	h.want("10000", uni, sendTo("c1", "10.00", toCard, to(number.Reveal()), ""))
	other, _ := sandbox.CardNumber("ICBC", "2222")
	h.want("40004 PAYMENT_INFO_INCONSISTENCY", uni, sendTo("c1", "10.00", toCard, to(other.Reveal()), ""))
	if own := h.want("10000", "alipay.fund.account.query", `{}`); own.text("freeze_amount") != "10.00" || own.text("available_amount") != "89.40" {
		t.Error(own.raw)
	}
	p, _, err := h.desk.PayoutBy(t.Context(), h.app.Merchant, toCard, "c1")
	h.must(err)
	o, err := h.desk.BankOrderOf(t.Context(), &p)
	h.must(err)
	_, err = h.desk.BankAnswered(t.Context(), "answer", &o, bank.Answer{Outcome: bank.Refused, Detail: "closed"})
	h.must(err)
	failed := h.want("10000", "alipay.fund.trans.common.query", `{"out_biz_no":"c1"}`)
	if failed.text("status") != "FAIL" || failed.text("error_code") != "PAYEE_CARD_INFO_ERROR" || strings.Contains(failed.raw, number.Reveal()) {
		t.Error(failed.raw)
	}
	if own, err := h.desk.Balance(t.Context(), pay.BalanceOf(h.app.Merchant, money.CNY)); err != nil || own.Available() != 99_40 {
		t.Errorf("after the refusal %+v %v", own, err)
	}
}

// Programs from before uni.transfer send and ask by other names; it is one payout.
func TestTheOlderTransferIsTheSamePayout(t *testing.T) {
	h := openHouse(t)
	h.rich()
	payee := h.payer(1)
	person, err := h.who.Person(t.Context(), payee)
	h.must(err)
	const transfer, query = "alipay.fund.trans.toaccount.transfer", "alipay.fund.trans.order.query"
	to := func(no, amount, kind, account, more string) string {
		return fmt.Sprintf(`{"out_biz_no":%q,"amount":%q,"payee_type":%q,"payee_account":%q%s}`, no, amount, kind, account, more)
	}
	sent := h.want("10000", transfer, to("o1", "5.00", "ALIPAY_LOGONID", person.Phone, `,"payee_real_name":"王小伟","remark":"工资"`))
	again := h.want("10000", transfer, to("o1", "5.00", "ALIPAY_LOGONID", person.Phone, `,"payee_real_name":"王小伟"`))
	if sent.text("pay_date") == "" || sent.text("order_id") != again.text("order_id") || h.has(payee) != "6.00" {
		t.Errorf("%s, then %s; the payee has %s", sent.raw, again.raw, h.has(payee))
	}
	h.want("10000", transfer, to("o2", "0.10", "ALIPAY_USERID", party.FormatID(payee), ""))
	h.want("40004 PAYMENT_INFO_INCONSISTENCY", transfer, to("o1", "5.01", "ALIPAY_LOGONID", person.Phone, ""))
	h.want("40004 PAYEE_USER_INFO_ERROR", transfer, to("o3", "1.00", "ALIPAY_LOGONID", person.Phone, `,"payee_real_name":"李四"`))
	h.want("40004 PAYEE_NOT_EXIST", transfer, to("o3", "1.00", "ALIPAY_LOGONID", "nobody@example.com", ""))
	h.want("40004 INVALID_PARAMETER", transfer, to("o3", "1.00", "EMAIL", "x", ""))
	h.want("40004 EXCEED_LIMIT_SM_MIN_AMOUNT", transfer, to("o3", "0.09", "ALIPAY_USERID", party.FormatID(payee), ""))
	h.want("40004 EXCEED_LIMIT_SM_AMOUNT", transfer, to("o3", "100000000.01", "ALIPAY_USERID", party.FormatID(payee), ""))
	for _, by := range []string{`{"out_biz_no":"o1"}`, `{"order_id":"` + sent.text("order_id") + `"}`} {
		if a := h.want("10000", query, by); a.text("status") != "SUCCESS" || a.text("out_biz_no") != "o1" || a.text("order_fee") != "0.00" {
			t.Error(a.raw)
		}
	}
	if a := h.want("10000", "alipay.fund.trans.common.query", `{"out_biz_no":"o1"}`); a.text("order_id") != sent.text("order_id") {
		t.Error(a.raw)
	}
	h.want("40004 ORDER_NOT_EXIST", query, `{"out_biz_no":"none"}`)
}
