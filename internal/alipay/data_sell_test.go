package alipay

import (
	"fmt"
	"testing"
)

func TestOrdersOfATimeAreListed(t *testing.T) {
	h := openHouse(t)
	_, code := h.somebody(100)
	h.want("10000", "alipay.trade.create", orderOf("s1", "1.00"))
	h.want("10000", "alipay.trade.pay", orderOf("s2", "2.00", "auth_code", code))
	h.want("10000", "alipay.trade.refund", `{"out_trade_no":"s2","refund_amount":"0.50","out_request_no":"r"}`)
	const sells = "alipay.data.bill.sell.query"
	in := func(more string) string {
		return fmt.Sprintf(`{"start_time":"2018-11-11 00:00:00","end_time":"2018-11-12 00:00:00"%s}`, more)
	}
	all := h.want("10000", sells, in(""))
	rows, _ := all.fields["detail_list"].([]any)
	if all.text("total_size") != "2" || len(rows) != 2 {
		t.Fatalf("got %s", all.raw)
	}
	if row := rows[0].(map[string]any); row["merchant_order_no"] != "s2" || row["refund_amount"] != "0.50" || row["trade_status"] != "TRADE_SUCCESS" || row["service_fee"] != "0.01" {
		t.Errorf("got %v", row)
	}
	if one := h.want("10000", sells, in(`,"page_no":"2","page_size":"1"`)); one.text("total_size") != "2" || len(one.fields["detail_list"].([]any)) != 1 {
		t.Errorf("got %s", one.raw)
	}
	if one := h.want("10000", sells, in(`,"merchant_order_no":"s1"`)); one.text("total_size") != "1" {
		t.Errorf("got %s", one.raw)
	}
	h.want("40004 INVALID_PARAMETER", sells, in(`,"page_size":"2001"`))
	h.want("40004 INVALID_PARAMETER", sells, `{"start_time":"x"}`)
}
