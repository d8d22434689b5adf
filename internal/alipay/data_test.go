package alipay

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongbao/internal/alipay/wire"
)

// download follows a bill's address, and returns its sheets by title, without comments.
func (h *house) download(address string) (status int, sheets map[string][][]string) {
	h.t.Helper()
	u, err := url.Parse(address)
	h.must(err)
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, u.RequestURI(), nil))
	if w.Code != http.StatusOK {
		return w.Code, nil
	}
	z, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
	h.must(err)
	sheets = map[string][][]string{}
	for _, f := range z.File {
		r, err := f.Open()
		h.must(err)
		raw, err := io.ReadAll(r)
		h.must(err)
		text, err := wire.GBK.Decode(string(raw))
		h.must(err)
		c := csv.NewReader(strings.NewReader(text))
		c.Comment = '#'
		rows, err := c.ReadAll()
		h.must(err)
		sheets[strings.Split(f.Name, "_")[2]] = rows
	}
	return w.Code, sheets
}

func TestABillIsDownloadedAndAddsUp(t *testing.T) {
	h := openHouse(t)
	buyer, code := h.somebody(1000)
	h.want("10000", "alipay.trade.pay", orderOf("b1", "100.00", "auth_code", code, "subject", "春茶, 250 g", "store_id", "s1"))
	h.want("10000", "alipay.trade.pay", orderOf("b2", "50.00", "auth_code", h.code(buyer, true)))
	h.want("10000", "alipay.trade.refund", `{"out_trade_no":"b1","refund_amount":"40.00","out_request_no":"r1","refund_reason":"坏了"}`)
	ask := func(code, kind, date string) answer {
		return h.want(code, "alipay.data.dataservice.bill.downloadurl.query", `{"bill_type":"`+kind+`","bill_date":"`+date+`"}`)
	}
	ask("40004 BILL_NOT_EXIST", "trade", "2018-11-11")
	h.pass(24 * time.Hour)
	h.want("10000", "alipay.trade.pay", orderOf("b3", "7.00", "auth_code", h.code(buyer, true)))
	ask("40004 NO_BILL_DATA", "trade", "2018-11-10")
	ask("40004 TYPE_NOT_SUPPORTED", "zft_acc", "2018-11-11")
	ask("40004 INVALID_PARAMETER", "trade", "11.11.2018")
	ask("40004 INVALID_PARAMETER", "", "2018-11-11")

	address := ask("10000", "trade", "2018-11-11").text("bill_download_url")
	_, sheets := h.download(address)
	rows := sheets["业务明细.csv"]
	if len(rows) != 4 || rows[1][2] != "退款" || rows[1][12] != "-40.00" || rows[1][21] != "r1" || rows[1][22] != "0.24" || rows[3][3] != "春茶, 250 g" || rows[3][12] != "100.00" || rows[3][22] != "-0.60" {
		t.Errorf("got %q", rows)
	}
	if all := sheets["业务明细(汇总).csv"]; len(all) != 2 || strings.Join(all[1][2:], ",") != "2,1,110.00,110.00,0.00,0.00,0.00,-0.66,0.00,109.34" {
		t.Errorf("got %q", all)
	}
	_, sheets = h.download(ask("10000", "signcustomer", "2018-11-11").text("bill_download_url"))
	account := sheets["账务明细.csv"]
	if len(account) < 4 || account[1][8] != "109.34" {
		t.Errorf("got %q", account)
	}
	for _, row := range sheets["账务明细(汇总).csv"][1:] {
		if row[0] == "其它" {
			t.Errorf("an entry has no word: %q", row)
		}
	}

	for _, wrong := range []string{strings.Replace(address, "2018-11-11", "2018-11-12", 1), strings.Replace(address, "type=trade", "type=signcustomer", 1), strings.Replace(address, "key=", "key=0", 1)} {
		if status, _ := h.download(wrong); status != http.StatusForbidden {
			t.Errorf("%s answers %d", wrong, status)
		}
	}
	h.wall = h.wall.Add(billLife + time.Second)
	if status, _ := h.download(address); status != http.StatusForbidden {
		t.Errorf("after half a minute it answers %d", status)
	}
}

func TestTheAccountsLogAndBalance(t *testing.T) {
	h := openHouse(t)
	buyer, code := h.somebody(1000)
	h.want("10000", "alipay.trade.pay", orderOf("l1", "100.00", "auth_code", code))
	h.want("10000", "alipay.trade.pay", orderOf("l2", "50.00", "auth_code", h.code(buyer, true)))
	if b := h.want("10000", "alipay.data.bill.balance.query", ""); b.text("available_amount") != "149.10" || b.text("freeze_amount") != "0.00" || b.text("settle_amount") != "0.00" {
		t.Errorf("got %s", b.raw)
	}
	ask := func(code, more string) answer {
		return h.want(code, "alipay.data.bill.accountlog.query", `{"start_time":"2018-11-11 00:00:00","end_time":"2018-11-12 00:00:00"`+more+`}`)
	}
	all := ask("10000", "")
	list := all.fields["detail_list"].([]any)
	first := list[0].(map[string]any)
	if first["balance"] != "149.10" || first["merchant_order_no"] != "l2" || all.text("page_no") != "1" {
		t.Errorf("got %s", all.raw)
	}
	if one := ask("10000", `,"merchant_order_no":"l1"`); len(one.fields["detail_list"].([]any)) != len(list)/2 {
		t.Errorf("got %s", one.raw)
	}
	if page := ask("10000", `,"page_no":"2","page_size":1`); len(page.fields["detail_list"].([]any)) != 1 || page.text("total_size") != all.text("total_size") {
		t.Errorf("got %s", page.raw)
	}
	ask("40004 INVALID_PARAMETER", `,"page_size":"2001"`)
	h.want("40004 INVALID_PARAMETER", "alipay.data.bill.accountlog.query", `{"start_time":"2018-10-01 00:00:00","end_time":"2018-11-12 00:00:00"}`)
}
