package alipay

import (
	"context"
	"testing"

	"tongbao/internal/money"
	"tongbao/internal/pay"
	"tongbao/internal/trade"
)

// disputed is a shipped escrow payment whose buyer complains.
func (h *house) disputed(no string) string {
	h.t.Helper()
	ctx := context.Background()
	person := h.payer(500)
	o := trade.Order{OrderNo: no, Merchant: h.app.Merchant, Kind: trade.Escrow, Goods: trade.Physical, Subject: "tea", Amount: 100_00, Currency: money.CNY}
	t, _, err := h.desk.Open(ctx, asks, "open/"+no, pay.Asked{Order: o})
	h.must(err)
	_, err = h.desk.Pay(ctx, asks, "pay/"+no, t.ID, person, pin, t.Amount)
	h.must(err)
	_, err = h.desk.Ship(ctx, asks, "ship/"+no, t.ID, "SF", "SF1234567890123")
	h.must(err)
	var reason trade.Reason
	h.must(reason.UnmarshalText([]byte("damaged")))
	t, err = h.desk.OpenDispute(ctx, asks, "dispute/"+no, t.ID, trade.Claim{Reason: reason, Amount: 40_00, Words: "碎了"}, nil)
	h.must(err)
	return pay.DisputeID(&t)
}

func TestComplaintsAreThePlatformsDisputes(t *testing.T) {
	h := openHouse(t)
	granted, denied := h.disputed("c1"), h.disputed("c2")
	ask := func(code, method, id, more string) answer {
		return h.want(code, "alipay.merchant.tradecomplain."+method, `{"complain_event_id":"`+id+`"`+more+`}`)
	}
	a := ask("10000", "query", granted, "")
	if a.text("status") != "MERCHANT_PROCESSING" || a.text("content") != "碎了" || a.text("merchant_order_no") != "c1" || a.text("trade_amount") != "100.00" {
		t.Errorf("got %s", a.raw)
	}
	ask("10000", "reply.submit", granted, `,"reply_content":"抱歉"`)
	if a = ask("10000", "query", granted, ""); a.text("status") != "MERCHANT_FEEDBACKED" || a.fields["reply_detail_infos"].([]any)[0].(map[string]any)["replier_role"] != "MERCHANT" {
		t.Errorf("got %s", a.raw)
	}
	ask("10000", "feedback.submit", granted, `,"feedback_code":"00","feedback_content":"退款"`)
	if a = ask("10000", "query", granted, ""); a.text("status") != "FINISHED" || a.text("gmt_finished") == "" {
		t.Errorf("got %s", a.raw)
	}
	if q := h.want("10000", "alipay.trade.fastpay.refund.query", `{"out_trade_no":"c1","out_request_no":"dispute-1"}`); q.text("refund_amount") != "40.00" {
		t.Errorf("the money did not move: %s", q.raw)
	}
	ask("40004 INVALID_COMPLAIN_STATUS", "feedback.submit", granted, `,"feedback_code":"00","feedback_content":"退款"`)
	ask("10000", "feedback.submit", denied, `,"feedback_code":"06","feedback_content":"不是我们的责任"`)
	ask("10000", "supplement.submit", denied, `,"supplement_content":"见照片"`)
	ask("40004 INVALID_PARAMETER", "supplement.submit", denied, `,"supplement_content":"x","supplement_images":"a"`)
	ask("40004 INVALID_PARAMETER", "feedback.submit", denied, `,"feedback_code":"99","feedback_content":"x"`)
	ask("40004 INVALID_PARAMETER", "reply.submit", denied, "")
	for _, id := range []string{"dp_1_1", "x", "", "dp_x", granted + "0"} {
		ask("40004 COMPLAIN_NOT_EXIST", "query", id, "")
	}
	all := h.want("10000", "alipay.merchant.tradecomplain.batchquery", `{"page_num":1,"page_size":"1","begin_time":"2018-11-11 00:00:00"}`)
	if all.text("total_num") != "2" || all.text("total_page_num") != "2" || len(all.fields["trade_complain_infos"].([]any)) != 1 {
		t.Errorf("got %s", all.raw)
	}
	if open := h.want("10000", "alipay.merchant.tradecomplain.batchquery", `{"page_num":1,"page_size":10,"status":"FINISHED"}`); open.text("total_num") != "1" {
		t.Errorf("got %s", open.raw)
	}
	other := h.register(otherKey())
	h.app = other
	if a := h.post(h.signBy(otherKey(), h.request("alipay.merchant.tradecomplain.query", `{"complain_event_id":"`+denied+`"}`))); a.code() != "40004 COMPLAIN_NOT_EXIST" {
		t.Errorf("another merchant sees %s", a.raw)
	}
}
