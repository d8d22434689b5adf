package alipay

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"tongbao/internal/alipay/receipt"
)

func TestAReceiptIsAppliedForAndDownloaded(t *testing.T) {
	h := openHouse(t)
	_, code := h.somebody(100)
	other := h.register(otherKey())
	const applies, queries = "alipay.data.bill.ereceipt.apply", "alipay.data.bill.ereceipt.query"
	of := func(key string) string { return fmt.Sprintf(`{"type":"FUND_DETAIL","key":%q}`, key) }
	unpaid := h.want("10000", "alipay.trade.create", orderOf("none", "1.00"))
	paid := h.want("10000", "alipay.trade.pay", orderOf("receipt", "12.80", "auth_code", code, "subject", "明前龙井"))
	h.want("40004 BILL_NOT_EXIST", applies, of(unpaid.text("trade_no")))
	h.want("40004 BILL_NOT_EXIST", applies, of(strings.Repeat("2", 28)))
	h.want("40004 INVALID_PARAMETER", applies, of("x"))
	h.want("40004 TYPE_NOT_SUPPORTED", applies, `{"type":"OTHER","key":"x"}`)
	file := h.want("10000", applies, of(paid.text("trade_no"))).text("file_id")
	h.want("40004 INVALID_PARAMETER", queries, `{"file_id":"x"}`)
	h.want("40004 INVALID_PARAMETER", queries, fmt.Sprintf(`{"file_id":%q}`, file[:len(file)-1]+"x"))
	known := h.want("10000", queries, fmt.Sprintf(`{"file_id":%q}`, file))
	if known.text("status") != "SUCCESS" {
		t.Errorf("got %s", known.raw)
	}
	get := func(address string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, strings.TrimPrefix(address, "https://pay.example.com"), nil))
		return w
	}
	address := known.text("download_url")
	w := get(address)
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/pdf" || !bytes.HasPrefix(w.Body.Bytes(), []byte("%PDF-")) {
		t.Errorf("the receipt: %d %.300s", w.Code, w.Body)
	}
	drawn, err := h.door.receiptOf(t.Context(), h.app.Merchant, paid.text("trade_no"))
	h.must(err)
	for _, row := range []receipt.Row{{Label: "交易号", Value: paid.text("trade_no")}, {Label: "金额（元）", Value: "12.80"}, {Label: "商品", Value: "明前龙井"}} {
		if !slices.Contains(drawn.Rows, row) {
			t.Errorf("%v is not on the receipt: %v", row, drawn.Rows)
		}
	}
	for _, bad := range []string{strings.Replace(address, "until=", "until=9", 1), strings.Replace(address, "app_id="+h.app.ID, "app_id="+other.ID, 1), strings.Replace(address, "of="+paid.text("trade_no"), "of="+unpaid.text("trade_no"), 1)} {
		if w := get(bad); w.Code != http.StatusForbidden {
			t.Errorf("a changed address: %d", w.Code)
		}
	}
	h.wall = h.wall.Add(time.Hour)
	if w := get(address); w.Code != http.StatusForbidden {
		t.Errorf("an old address: %d", w.Code)
	}
}
