package alipay

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

// merchantHas is what stands on the merchant's balance, in yuan.
func (h *house) has(id uint64) string {
	h.t.Helper()
	account, err := h.engine.Store().Account(h.t.Context(), pay.BalanceOf(id, money.CNY))
	h.must(err)
	return money.Format(account.Balance, money.CNY)
}

// paidWith pays an order with more members by a fresh code, and returns its number.
func (h *house) paidWith(no, amount, code, more string) string {
	h.t.Helper()
	return h.want("10000", "alipay.trade.pay", fmt.Sprintf(`{"out_trade_no":%q,"total_amount":%q,"subject":"tea","auth_code":%q%s}`, no, amount, code, more)).text("trade_no")
}

func (h *house) bind(ids ...uint64) {
	h.t.Helper()
	var list []string
	for _, id := range ids {
		list = append(list, fmt.Sprintf(`{"type":"userId","account":"%d","memo":"helper"}`, id))
	}
	h.want("10000", "alipay.trade.royalty.relation.bind", `{"out_request_no":"b1","receiver_list":[`+strings.Join(list, ",")+`]}`)
}

func TestASplitTakesFromTheSellerAndIsMadeOnce(t *testing.T) {
	h := openHouse(t)
	buyer, code := h.somebody(500)
	helper, _ := h.somebody(1)
	no := h.paidWith("s1", "100.00", code, "")
	split := func(request, amount string) string {
		return fmt.Sprintf(`{"out_request_no":%q,"trade_no":%q,"royalty_parameters":[{"royalty_type":"transfer","trans_in_type":"userId","trans_in":"%d","amount":%s,"desc":"share"}]}`, request, no, helper, amount)
	}
	h.want("40004 ACQ.USER_NOT_MATCH_ERR", "alipay.trade.order.settle", split("r1", "10.5"))
	h.bind(helper)
	first := h.want("10000", "alipay.trade.order.settle", split("r1", "10.5"))
	if h.has(helper) != "11.50" || h.has(h.app.Merchant) != "88.90" {
		t.Errorf("the helper has %s, the seller %s", h.has(helper), h.has(h.app.Merchant))
	}
	again := h.want("10000", "alipay.trade.order.settle", split("r1", "10.50"))
	if again.text("settle_no") != first.text("settle_no") || len(first.text("settle_no")) != 32 || h.has(helper) != "11.50" {
		t.Errorf("the same split again: %s", again.raw)
	}
	h.want("40004 ACQ.DISCORDANT_REPEAT_REQUEST", "alipay.trade.order.settle", split("r1", "11"))
	h.want("40004 ACQ.ALLOC_AMOUNT_VALIDATE_ERROR", "alipay.trade.order.settle", split("r2", "19.51"))
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.order.settle", split("r2", "0.001"))
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.order.settle", split("", "1"))
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.order.settle", fmt.Sprintf(`{"out_request_no":"r2","trade_no":%q}`, no))
	h.want("40004 ACQ.USER_NOT_MATCH_ERR", "alipay.trade.order.settle", fmt.Sprintf(`{"out_request_no":"r2","trade_no":%q,"royalty_parameters":[{"trans_in":"%d","trans_out":"%d","amount":"1"}]}`, no, helper, buyer))
	h.want("40004 ACQ.ROYALTY_ACCOUNT_NOT_EXIST", "alipay.trade.order.settle", fmt.Sprintf(`{"out_request_no":"r2","trade_no":%q,"royalty_parameters":[{"trans_in":"2088000000009999","amount":"1"}]}`, no))
	h.want("40004 ACQ.TRADE_NOT_EXIST", "alipay.trade.order.settle", strings.Replace(split("r2", "1"), no, "2018111100000000000000000000", 1))
	h.want("10000", "alipay.trade.order.settle", fmt.Sprintf(`{"out_request_no":"r3","trade_no":%q,"royalty_parameters":[{"trans_in":"%d","amount_percentage":"5"}]}`, no, helper))
	if h.has(helper) != "16.50" {
		t.Errorf("after five hundredths the helper has %s", h.has(helper))
	}
	for members, want := range map[string]string{`"amount_percentage":1.5`: "40004 ACQ.INVALID_PARAMETER", `"amount":"1","trans_in_name":"李四"`: "40004 ACQ.USER_NOT_MATCH_ERR"} {
		h.want(want, "alipay.trade.order.settle", fmt.Sprintf(`{"out_request_no":"r4","trade_no":%q,"royalty_parameters":[{"trans_in":"%d",%s}]}`, no, helper, members))
	}
	told := h.want("10000", "alipay.trade.order.settle.query", fmt.Sprintf(`{"settle_no":%q}`, first.text("settle_no")))
	if told.text("out_request_no") != "r1" || !strings.Contains(told.raw, `"amount":"10.50"`) || !strings.Contains(told.raw, `"state":"SUCCESS"`) {
		t.Error(told.raw)
	}
	h.want("10000", "alipay.trade.order.settle.query", fmt.Sprintf(`{"out_request_no":"r3","trade_no":%q}`, no))
	h.want("40004 ACQ.TRADE_NOT_EXIST", "alipay.trade.order.settle.query", fmt.Sprintf(`{"out_request_no":"none","trade_no":%q}`, no))
	h.want("40004 ACQ.TRADE_NOT_EXIST", "alipay.trade.order.settle.query", fmt.Sprintf(`{"settle_no":"%s9999"}`, no))
	seen := h.want("10000", "alipay.trade.query", fmt.Sprintf(`{"trade_no":%q,"query_options":["trade_settle_info"]}`, no))
	if !strings.Contains(seen.raw, `"trade_settle_detail_list":[{"operation_type":"transfer"`) {
		t.Error(seen.raw)
	}
	h.want("10000", "alipay.trade.refund", fmt.Sprintf(`{"trade_no":%q,"refund_amount":"84.00","out_request_no":"x"}`, no))
	h.want("40004 ACQ.SELLER_BALANCE_NOT_ENOUGH", "alipay.trade.refund", fmt.Sprintf(`{"trade_no":%q,"refund_amount":"16.00","out_request_no":"y"}`, no))
}

func TestReceiversAreBoundListedAndUnbound(t *testing.T) {
	h := openHouse(t)
	one, _ := h.somebody(1)
	two, _ := h.somebody(1)
	h.bind(one, two)
	h.bind(one)
	person, err := h.who.Person(t.Context(), two)
	h.must(err)
	h.want("10000", "alipay.trade.royalty.relation.bind", fmt.Sprintf(`{"out_request_no":"b2","receiver_list":[{"type":"loginName","account":%q,"name":"王小伟"}]}`, person.Phone))
	h.want("40004 ACQ.USER_NOT_MATCH_ERR", "alipay.trade.royalty.relation.bind", fmt.Sprintf(`{"out_request_no":"b2","receiver_list":[{"type":"loginName","account":%q,"name":"李四"}]}`, person.Phone))
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.royalty.relation.bind", `{"out_request_no":"b2","receiver_list":[{"type":"loginName","account":"13800000001"}]}`)
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.royalty.relation.bind", `{"out_request_no":"b2","receiver_list":[]}`)
	h.want("40004 ACQ.ROYALTY_ACCOUNT_NOT_EXIST", "alipay.trade.royalty.relation.bind", `{"out_request_no":"b2","receiver_list":[{"type":"userId","account":"nobody"}]}`)
	h.want("40004 ACQ.CUSTOMER_VALIDATE_ERROR", "alipay.trade.royalty.relation.bind", fmt.Sprintf(`{"out_request_no":"b2","receiver_list":[{"type":"userId","account":"%d"}]}`, h.app.Merchant))
	h.want("10000", "alipay.trade.royalty.relation.bind", fmt.Sprintf(`{"out_request_no":"b2","receiver_list":[{"type":"openId","account":"%d"}]}`, two))
	_, code := h.somebody(10)
	h.want("10000", "alipay.trade.order.settle", fmt.Sprintf(`{"out_request_no":"s","trade_no":%q,"royalty_parameters":[{"trans_in":"%d","trans_in_type":"openId","trans_in_name":"王小伟","amount_percentage":10.0}]}`,
		h.paidWith("open", "10.00", code, ""), two))
	page := h.want("10000", "alipay.trade.royalty.relation.batchquery", `{"out_request_no":"q","page_num":2,"page_size":1}`)
	if page.text("total_record_num") != "2" || page.text("total_page_num") != "2" || strings.Count(page.raw, `"account"`) != 1 {
		t.Error(page.raw)
	}
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.royalty.relation.batchquery", `{"out_request_no":"q","page_num":0}`)
	for range 2 {
		h.want("10000", "alipay.trade.royalty.relation.unbind", fmt.Sprintf(`{"out_request_no":"u","receiver_list":[{"type":"userId","account":"%d"}]}`, one))
	}
	if page := h.want("10000", "alipay.trade.royalty.relation.batchquery", `{"out_request_no":"q"}`); page.text("total_record_num") != "1" {
		t.Error(page.raw)
	}
	if rate := h.want("10000", "alipay.trade.royalty.rate.query", `{"out_request_no":"q"}`); rate.text("max_ratio") != "30" || rate.text("user_id") != party.FormatID(h.app.Merchant) {
		t.Error(rate.raw)
	}
}

func TestAHeldOrderIsConfirmedSplitAndRefunded(t *testing.T) {
	const settle = `,"settle_info":{"settle_detail_infos":[{"trans_in_type":"defaultSettle","amount":"100.00"}],"settle_period_time":"7d"}`
	h := openHouse(t)
	buyer, _ := h.somebody(900)
	helper, _ := h.somebody(1)
	h.bind(helper)
	code := func() string { return h.code(buyer, true) }
	confirm := func(no, request, amount, more string) string {
		return fmt.Sprintf(`{"out_request_no":%q,"trade_no":%q,"settle_info":{"settle_detail_infos":[{"trans_in_type":"defaultSettle","amount":%q}]}%s}`, request, no, amount, more)
	}
	no := h.paidWith("h1", "100.00", code(), settle)
	if seen := h.want("10000", "alipay.trade.query", fmt.Sprintf(`{"trade_no":%q}`, no)); seen.text("trade_status") != "TRADE_SUCCESS" || h.has(h.app.Merchant) != "0.00" {
		t.Errorf("held: %s, the seller has %s", seen.raw, h.has(h.app.Merchant))
	}
	if left := h.want("10000", "alipay.trade.order.onsettle.query", fmt.Sprintf(`{"trade_no":%q}`, no)); left.text("unsettled_amount") != "100.00" {
		t.Error(left.raw)
	}
	h.want("10000", "alipay.trade.refund", fmt.Sprintf(`{"trade_no":%q,"refund_amount":"20.00","out_request_no":"x"}`, no))
	h.want("40004 ACQ.TRADE_SETTLE_ERROR", "alipay.trade.settle.confirm", confirm(no, "c1", "100.00", ""))
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.settle.confirm", fmt.Sprintf(`{"out_request_no":"c1","trade_no":%q}`, no))
	for range 2 {
		if done := h.want("10000", "alipay.trade.settle.confirm", confirm(no, "c1", "80.00", "")); done.text("settle_amount") != "80.00" {
			t.Error(done.raw)
		}
	}
	h.want("40004 ACQ.TRADE_STATUS_ERROR", "alipay.trade.settle.confirm", confirm(no, "c2", "80.00", ""))
	if h.has(h.app.Merchant) != "79.52" {
		t.Errorf("the seller has %s", h.has(h.app.Merchant))
	}

	no = h.paidWith("h2", "100.00", code(), `,"extend_params":{"royalty_freeze":"true"}`)
	h.want("10000", "alipay.trade.settle.confirm", confirm(no, "c1", "100.00", `,"extend_params":{"royalty_freeze":"true"}`))
	h.want("10000", "alipay.trade.order.settle", fmt.Sprintf(`{"out_request_no":"r1","trade_no":%q,"royalty_parameters":[{"trans_in":"%d","amount":"30.00"}],"extend_params":{"royalty_finish":"true"}}`, no, helper))
	if h.has(h.app.Merchant) != "148.92" || h.has(helper) != "31.00" {
		t.Errorf("the seller has %s, the helper %s", h.has(h.app.Merchant), h.has(helper))
	}

	no = h.paidWith("h3", "100.00", code(), settle)
	h.want("10000", "alipay.trade.order.settle", fmt.Sprintf(`{"out_request_no":"r1","trade_no":%q,"royalty_parameters":[{"trans_in":"%d","amount":"20.00"}]}`, no, helper))
	h.want("10000", "alipay.trade.refund", fmt.Sprintf(`{"trade_no":%q,"refund_amount":"90.00","out_request_no":"x"}`, no))
	if h.has(h.app.Merchant) != "138.92" {
		t.Errorf("after a refund beyond what was held the seller has %s", h.has(h.app.Merchant))
	}
	no = h.paidWith("h4", "100.00", code(), settle)
	due, err := h.desk.Trade(t.Context(), no)
	h.must(err)
	h.pass(7 * 24 * time.Hour)
	_, err = h.desk.Deadline(t.Context(), no, int64(due.SettleBy))
	h.must(err)
	if h.has(h.app.Merchant) != "238.32" {
		t.Errorf("after the longest hold the seller has %s", h.has(h.app.Merchant))
	}
	for _, bad := range []string{`"settle_info":{"settle_period_time":"0d"}`, `"settle_info":{"settle_period_time":"366d"}`, `"settle_info":{"settle_period_time":"7"}`} {
		h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.create", `{"out_trade_no":"bad","total_amount":"1","subject":"tea",`+bad+`}`)
	}
	h.want("40004 ACQ.TRADE_SETTLE_ERROR", "alipay.trade.create", `{"out_trade_no":"bad","total_amount":"1","subject":"tea","settle_info":{"settle_detail_infos":[{"trans_in_type":"defaultSettle","amount":"2"}]}}`)
	h.want("40004 ACQ.DEFAULT_SETTLE_RULE_NOT_EXIST", "alipay.trade.create", `{"out_trade_no":"bad","total_amount":"1","subject":"tea","settle_info":{"settle_detail_infos":[{"trans_in_type":"cardAliasNo","trans_in":"1","amount":"1"}]}}`)
}

func TestAnOrderSaysWhoSharesInIt(t *testing.T) {
	h := openHouse(t)
	_, code := h.somebody(500)
	helper, _ := h.somebody(1)
	other, _ := h.somebody(1)
	h.bind(helper, other)
	h.paidWith("o1", "100.00", code, fmt.Sprintf(`,"royalty_info":{"royalty_type":"ROYALTY","royalty_detail_infos":[{"trans_in_type":"userId","trans_in":"%d","amount":"10.00","desc":"a"},{"trans_in":"%d","amount_percentage":"20"}]}`, helper, other))
	if h.has(helper) != "11.00" || h.has(other) != "21.00" || h.has(h.app.Merchant) != "69.40" {
		t.Errorf("the helpers have %s and %s, the seller %s", h.has(helper), h.has(other), h.has(h.app.Merchant))
	}
	h.want("40004 ACQ.TRADE_SETTLE_ERROR", "alipay.trade.create", fmt.Sprintf(`{"out_trade_no":"o2","total_amount":"1","subject":"tea","royalty_info":{"royalty_detail_infos":[{"trans_in":"%d","amount":"1.00"}]}}`, helper))
}

func TestAMerchantTellsHowAnOrderGoesOn(t *testing.T) {
	h := openHouse(t)
	buyer, code := h.somebody(50)
	no := h.paidWith("f1", "10.00", code, "")
	tell := func(status string) string {
		return fmt.Sprintf(`{"trade_no":%q,"out_request_no":"f","biz_type":"CREDIT_AUTH","order_biz_info":"{\"status\":\"%s\"}"}`, no, status)
	}
	for range 2 {
		if told := h.want("10000", "alipay.trade.orderinfo.sync", tell("COMPLETE")); told.text("buyer_user_id") != party.FormatID(buyer) || told.text("out_trade_no") != "f1" {
			t.Error(told.raw)
		}
	}
	h.want("40004 ACQ.DISCORDANT_REPEAT_REQUEST", "alipay.trade.orderinfo.sync", tell("CLOSED"))
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.orderinfo.sync", fmt.Sprintf(`{"trade_no":%q,"out_request_no":"f"}`, no))
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.orderinfo.sync", fmt.Sprintf(`{"trade_no":%q,"out_request_no":"f","biz_type":"X","order_biz_info":"no json"}`, no))
}

func TestReceiversGiveBackForARefund(t *testing.T) {
	h := openHouse(t)
	_, code := h.somebody(500)
	helper, _ := h.somebody(1)
	other, _ := h.somebody(1)
	no := h.paidWith("g1", "100.00", code, "")
	h.bind(helper, other)
	h.want("10000", "alipay.trade.order.settle", fmt.Sprintf(`{"out_request_no":"r1","trade_no":%q,"royalty_parameters":[{"trans_in":"%d","amount":"20.00"},{"trans_in":"%d","amount":"5.00"}]}`, no, helper, other))
	if h.has(helper) != "21.00" || h.has(other) != "6.00" || h.has(h.app.Merchant) != "74.40" {
		t.Fatalf("after the split: %s, %s, %s", h.has(helper), h.has(other), h.has(h.app.Merchant))
	}
	refund := func(request, amount, parts string) string {
		return fmt.Sprintf(`{"trade_no":%q,"out_request_no":%q,"refund_amount":%q,"refund_royalty_parameters":[%s]}`, no, request, amount, parts)
	}
	part := func(id uint64, amount string) string {
		return fmt.Sprintf(`{"royalty_type":"transfer","trans_out_type":"userId","trans_out":"%d","trans_in":"%d","amount":%s,"desc":"back"}`, id, h.app.Merchant, amount)
	}
	h.want("40004 ACQ.ALLOC_AMOUNT_VALIDATE_ERROR", "alipay.trade.refund", refund("f1", "50.00", part(helper, "20.01")))                       // more than it got
	h.want("40004 ACQ.ALLOC_AMOUNT_VALIDATE_ERROR", "alipay.trade.refund", refund("f1", "10.00", part(helper, "8")+","+part(other, `"2.01"`))) // more than is refunded
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.refund", refund("f1", "10.00", part(helper, "1")+","+part(helper, "1")))
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.refund", refund("f1", "10.00", part(helper, `"1e3"`)))
	h.want("40004 ACQ.REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST", "alipay.trade.refund", refund("f1", "10.00", part(2088_0000_0000_9999, "1")))
	h.want("40004 ACQ.USER_NOT_MATCH_ERR", "alipay.trade.refund", refund("f1", "10.00", fmt.Sprintf(`{"trans_out":"%d","trans_in":"%d","amount":"1"}`, helper, other)))
	if h.has(helper) != "21.00" || h.has(h.app.Merchant) != "74.40" {
		t.Errorf("a refusal moved money: %s, %s", h.has(helper), h.has(h.app.Merchant))
	}

	// 50 to the buyer, 20 of it from the helper; half the fee comes back.
	back := refund("f1", "50.00", part(helper, "20"))
	if a := h.want("10000", "alipay.trade.refund", back); a.text("fund_change") != "Y" {
		t.Error(a.raw)
	}
	if a := h.want("10000", "alipay.trade.refund", back); a.text("fund_change") != "N" {
		t.Error(a.raw)
	}
	h.want("40004 ACQ.DISCORDANT_REPEAT_REQUEST", "alipay.trade.refund", refund("f1", "50.00", part(helper, "19")))
	if h.has(helper) != "1.00" || h.has(h.app.Merchant) != "44.70" {
		t.Errorf("after the refund: %s, %s", h.has(helper), h.has(h.app.Merchant))
	}
	told := h.want("10000", "alipay.trade.fastpay.refund.query", fmt.Sprintf(`{"trade_no":%q,"out_request_no":"f1"}`, no))
	if want := fmt.Sprintf(`"refund_royaltys":[{"refund_amount":"20.00","royalty_type":"transfer","result_code":"SUCCESS","trans_out":"%d","trans_in":"%d"}]`, helper, h.app.Merchant); !strings.Contains(told.raw, want) {
		t.Error(told.raw)
	}
	h.want("40004 ACQ.ALLOC_AMOUNT_VALIDATE_ERROR", "alipay.trade.refund", refund("f2", "50.00", part(helper, "0.01"))) // all given back
	h.want("10000", "alipay.trade.refund", refund("f3", "10.00", fmt.Sprintf(`{"trans_out":"%d","amount_percentage":"10"}`, other)))
	if h.has(other) != "5.00" {
		t.Errorf("a tenth of the refund: %s", h.has(other))
	}

	// Who is bound no more, or has spent it, gives nothing back.
	h.want("10000", "alipay.trade.royalty.relation.unbind", fmt.Sprintf(`{"out_request_no":"b2","receiver_list":[{"type":"userId","account":"%d"}]}`, other))
	h.want("40004 ACQ.REFUNDALLOC_UNAUTH_LIMIT", "alipay.trade.refund", refund("f4", "10.00", part(other, "1")))
}
