package alipay

import (
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/trade"
)

func orderOf(no, amount string, more ...string) string {
	members := map[string]string{"out_trade_no": no, "total_amount": amount, "subject": "tea", "product_code": "FACE_TO_FACE_PAYMENT"}
	for i := 0; i < len(more); i += 2 {
		members[more[i]] = more[i+1]
	}
	return string(encode(members))
}

func TestAmountsOfTheGateway(t *testing.T) {
	h := openHouse(t)
	for amount, code := range map[string]string{
		`"0.001"`: "40004 ACQ.INVALID_PARAMETER", `"1e3"`: "40004 ACQ.INVALID_PARAMETER", `1e3`: "40004 ACQ.INVALID_PARAMETER", `"-1"`: "40004 ACQ.INVALID_PARAMETER", `-1`: "40004 ACQ.INVALID_PARAMETER",
		`" 1"`: "40004 ACQ.INVALID_PARAMETER", `"１"`: "40004 ACQ.INVALID_PARAMETER", `"0"`: "40004 ACQ.INVALID_PARAMETER", `""`: "40004 ACQ.INVALID_PARAMETER", `null`: "40004 ACQ.INVALID_PARAMETER",
		`true`: "40004 ACQ.INVALID_PARAMETER", `"100000000.01"`: "40004 ACQ.TOTAL_FEE_EXCEED", `100000000.01`: "40004 ACQ.TOTAL_FEE_EXCEED",
		`"100000000"`: "10000", `0.10`: "10000", `12.3`: "10000", `"0.01"`: "10000",
	} {
		h.serial++
		h.want(code, "alipay.trade.create", fmt.Sprintf(`{"out_trade_no":"a%d","subject":"tea","total_amount":%s}`, h.serial, amount))
	}
	a := h.want("10000", "alipay.trade.create", `{"out_trade_no":"float","subject":"tea","total_amount":0.29}`)
	got, err := h.desk.Trade(context.Background(), a.text("trade_no"))
	h.must(err)
	if got.Amount != 29 {
		t.Errorf("0.29 yuan became %d fen", got.Amount)
	}
}

func TestTheSameNumberIsTheSameOrder(t *testing.T) {
	h := openHouse(t)
	buyer, _ := h.somebody(100)
	first := h.want("10000", "alipay.trade.create", orderOf("o1", "10.00"))
	again := h.want("10000", "alipay.trade.create", orderOf("o1", "10.00", "operator_id", "another"), "notify_url", "http://shop.example.com/n")
	if first.text("trade_no") != again.text("trade_no") {
		t.Error("two trades of one number")
	}
	h.want("40004 ACQ.CONTEXT_INCONSISTENT", "alipay.trade.create", orderOf("o1", "10.01"))
	h.want("40004 ACQ.CONTEXT_INCONSISTENT", "alipay.trade.precreate", orderOf("o1", "10.00", "subject", "coffee"))
	h.want("10000", "alipay.trade.precreate", orderOf("o1", "10.00"))
	h.want("10000", "alipay.trade.pay", orderOf("o1", "10.00", "scene", "bar_code", "auth_code", h.code(buyer, true)))
	h.want("40004 ACQ.TRADE_HAS_SUCCESS", "alipay.trade.create", orderOf("o1", "10.00"))
	h.want("40004 ACQ.TRADE_HAS_SUCCESS", "alipay.trade.pay", orderOf("o1", "10.00", "auth_code", h.code(buyer, true)))
	h.want("40004 ACQ.TRADE_STATUS_ERROR", "alipay.trade.close", `{"out_trade_no":"o1"}`)
	h.want("10000", "alipay.trade.cancel", `{"out_trade_no":"o1"}`)
	h.want("40004 ACQ.TRADE_HAS_CLOSE", "alipay.trade.create", orderOf("o1", "10.00"))
}

// An app's order is opened like a page's, and ends in the result that the wallet
// hands back to the app.
func TestAnAppsOrderEndsInItsResult(t *testing.T) {
	h := openHouse(t)
	buyer, _ := h.somebody(100)
	for _, paid := range []bool{false, true} {
		no := fmt.Sprint("app-", paid)
		order := orderOf(no, "10.00", "product_code", "QUICK_MSECURITY_PAY")
		made, err := h.desk.Trade(t.Context(), strings.TrimPrefix(h.browse(appPay, order), "https://pay.example.com/wallet/cashier/"))
		h.must(err)
		if paid {
			_, err = h.desk.PayProved(t.Context(), asks, "app", &made, buyer, 10_00)
			h.must(err)
		}
		w := httptest.NewRecorder()
		h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, strings.TrimPrefix(made.ReturnURL, "https://pay.example.com"), nil))
		var said struct{ Result, ResultStatus string }
		h.must(json.Unmarshal(w.Body.Bytes(), &said))
		if !paid {
			if said.ResultStatus != "6001" || said.Result != "" {
				t.Errorf("not paid: %s", w.Body)
			}
			continue
		}
		inner, found := strings.CutSuffix(said.Result, `,"sign_type":"RSA2"}`)
		a := h.read(inner + "}")
		if said.ResultStatus != "9000" || !found || a.key != "alipay_trade_app_pay_response" || !a.signed || a.text("out_trade_no") != no || a.text("trade_no") != made.ID || a.text("seller_id") != party.FormatID(h.app.Merchant) {
			t.Errorf("paid: %s", w.Body)
		}
	}
}

// An open_id is the user's number here: programs name buyers by either, and read either.
func TestBuyersAreNamedByOpenIDToo(t *testing.T) {
	h := openHouse(t)
	buyer, code := h.somebody(100)
	other, _ := h.somebody(100)
	for member, who := range map[string]uint64{"buyer_open_id": buyer, "op_buyer_open_id": other} {
		a := h.want("10000", "alipay.trade.create", orderOf(member, "1.00", member, party.FormatID(who)))
		got, err := h.desk.Trade(t.Context(), a.text("trade_no"))
		h.must(err)
		if got.Buyer != who {
			t.Errorf("%s: the buyer is %d", member, got.Buyer)
		}
	}
	h.want("40004 ACQ.BUYER_NOT_EXIST", "alipay.trade.create", orderOf("o3", "1.00", "buyer_open_id", "x"))
	h.want("40004 ACQ.TRADE_BUYER_NOT_MATCH", "alipay.trade.pay", orderOf("op_buyer_open_id", "1.00", "auth_code", code, "op_buyer_open_id", party.FormatID(other)))
	if a := h.want("10000", "alipay.trade.pay", orderOf("buyer_open_id", "1.00", "auth_code", h.code(buyer, true))); a.text("buyer_open_id") != party.FormatID(buyer) {
		t.Error(a.raw)
	}
}

func TestACodePaysOnceAndTellsWhatItDid(t *testing.T) {
	h := openHouse(t)
	buyer, code := h.somebody(5000)
	paid := h.want("10000", "alipay.trade.pay", orderOf("p1", "10.00", "auth_code", code))
	again := h.want("10000", "alipay.trade.pay", orderOf("p1", "10.00", "auth_code", code))
	if paid.text("trade_no") != again.text("trade_no") || again.text("gmt_payment") == "" {
		t.Errorf("the same code again says %s", again.raw)
	}
	h.want("40004 ACQ.PAYMENT_AUTH_CODE_INVALID", "alipay.trade.pay", orderOf("p2", "10.00", "auth_code", code))
	h.want("40004 ACQ.PAYMENT_AUTH_CODE_INVALID", "alipay.trade.pay", orderOf("p2", "10.00", "auth_code", "280000000000000000"))
	h.want("40004 ACQ.PAYMENT_AUTH_CODE_INVALID", "alipay.trade.pay", orderOf("p2", "10.00", "auth_code", "x"))
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.pay", orderOf("p2", "10.00"))
	h.want("40004 ACQ.BUYER_BALANCE_NOT_ENOUGH", "alipay.trade.pay", orderOf("p3", "50000.00", "auth_code", h.code(buyer, true)))
	h.want("10000", "alipay.trade.pay", orderOf("p3", "1000.00", "auth_code", h.code(buyer, false)))

	slow := h.code(buyer, false) // above 1,000 yuan the buyer confirms
	waits := h.want("10003", "alipay.trade.pay", orderOf("p4", "1000.01", "auth_code", slow))
	if waits.text("buyer_user_id") == "" || waits.text("gmt_payment") != "" {
		t.Errorf("got %s", waits.raw)
	}
	h.want("10003", "alipay.trade.pay", orderOf("p4", "1000.01", "auth_code", slow))
	if a := h.want("10000", "alipay.trade.query", `{"out_trade_no":"p4"}`); a.text("trade_status") != "WAIT_BUYER_PAY" {
		t.Errorf("got %s", a.raw)
	}
	h.want("10000", "alipay.trade.create", orderOf("p5", "2000.00"))
	h.want("10003", "alipay.trade.pay", orderOf("p5", "2000.00", "auth_code", h.code(buyer, false)))
	if a := h.want("10000", "alipay.trade.cancel", `{"out_trade_no":"p5"}`); a.text("action") != "close" {
		t.Errorf("got %s", a.raw)
	}
	_, stale := h.somebody(10)
	h.pass(2 * time.Minute)
	h.want("40004 ACQ.PAYMENT_AUTH_CODE_INVALID", "alipay.trade.pay", orderOf("p6", "1.00", "auth_code", stale))
	h.want("10000", "alipay.trade.pay", orderOf("p1", "10.00", "auth_code", code)) // what it did stays true
}

// A payment between the look and the act is refunded, in place of the refusal to close.
func TestWhatIsPaidWhileItIsCancelledIsRefunded(t *testing.T) {
	h := openHouse(t)
	_, code := h.somebody(100)
	made := h.want("10000", "alipay.trade.create", orderOf("c1", "10.00"))
	seen, err := h.desk.Trade(t.Context(), made.text("trade_no"))
	h.must(err)
	h.want("10000", "alipay.trade.pay", orderOf("c1", "10.00", "auth_code", code))
	a, err := h.door.app(t.Context(), h.app.ID)
	h.must(err)
	c := &call{s: h.door, ctx: t.Context(), id: "race", app: a, method: tradeCancel}
	out, err := c.cancelSeen(seen)
	h.must(err)
	if out.(cancelOut).Action != "refund" {
		t.Errorf("got %+v", out)
	}
}

func (h *house) pass(d time.Duration) {
	h.t.Helper()
	h.serial++
	_, err := h.clock.Advance(context.Background(), h.engine, asks, fmt.Sprint("clock", h.serial), d)
	h.must(err)
	h.wall = h.wall.Add(d)
}

func TestOrdersEndInTime(t *testing.T) {
	h := openHouse(t) // it is 12:00 in Beijing
	for member, want := range map[[2]string]time.Duration{
		{"timeout_express", "90m"}:             90 * time.Minute,
		{"timeout_express", "1c"}:              12 * time.Hour,
		{"timeout_express", "15d"}:             15 * 24 * time.Hour,
		{"time_expire", "2018-11-11 12:00:30"}: 30 * time.Second,
		{"time_expire", "2018-11-12 12:00"}:    24 * time.Hour,
		{"subject", "tea"}:                     15 * 24 * time.Hour,
	} {
		h.serial++
		a := h.want("10000", "alipay.trade.create", orderOf(fmt.Sprint("t", h.serial), "1.00", member[0], member[1]))
		got, err := h.desk.Trade(context.Background(), a.text("trade_no"))
		h.must(err)
		if d := got.PayBy.Std().Sub(noon); d != want {
			t.Errorf("%v ends after %v, want %v", member, d, want)
		}
	}
	for _, bad := range []string{"0m", "1.5h", "16d", "-1m", "+1m", "1y", "m", "999999999999m", "１m"} {
		h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.create", orderOf("bad", "1.00", "timeout_express", bad))
	}
	h.want("40004 ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "alipay.trade.create", orderOf("bad", "1.00", "time_expire", "2018-11-11 11:59:59"))
	h.want("10000", "alipay.trade.precreate", orderOf("qr", "1.00"))
	got, err := h.desk.Trade(context.Background(), h.call("alipay.trade.query", `{"out_trade_no":"qr"}`).text("trade_no"))
	h.must(err)
	if d := got.PayBy.Std().Sub(noon); d != 2*time.Hour {
		t.Errorf("a QR code lives %v", d)
	}
}

func TestTheQRCodeHasAPicture(t *testing.T) {
	h := openHouse(t)
	a := h.want("10000", "alipay.trade.precreate", orderOf("qr", "1.00"))
	for address, want := range map[string]int{strings.TrimPrefix(a.text("pic_url"), "https://pay.example.com"): 200, "/gateway/qr/1": 404} {
		w := httptest.NewRecorder()
		h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		if w.Code != want {
			t.Errorf("%s: %d", address, w.Code)
		}
		if _, err := png.Decode(w.Body); (err == nil) != (want == 200) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestMembersThatChangeTheMeaningAreNotPassedOver(t *testing.T) {
	h := openHouse(t)
	for member, code := range map[string]string{
		`"trans_currency":"USD"`:                               "40004 ACQ.CURRENCY_NOT_SUPPORT",
		`"royalty_info":{"royalty_type":"ROYALTY"}`:            "40004 ACQ.TRADE_SETTLE_ERROR",
		`"royalty_info":"{\"royalty_type\":\"ROYALTY\"}"`:      "40004 ACQ.TRADE_SETTLE_ERROR",
		`"enable_pay_channels":"credit_group"`:                 "40004 ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE",
		`"disable_pay_channels":"balance"`:                     "40004 ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE",
		`"buyer_id":"2088000000000001"`:                        "40004 ACQ.BUYER_NOT_EXIST",
		`"buyer_logon_id":"13912345678"`:                       "40004 ACQ.BUYER_NOT_EXIST",
		`"discountable_amount":"1e1"`:                          "40004 ACQ.INVALID_PARAMETER",
		`"out_trade_no":"a b"`:                                 "40004 ACQ.INVALID_PARAMETER",
		`"passback_params":"` + strings.Repeat("x", 513) + `"`: "40004 ACQ.INVALID_PARAMETER",
		`"royalty_info":{},"settle_info":"","goods_detail":[{"price":0.1}],"extend_params":"{}","sub_merchant":null,"never_heard_of":{"a":[1]}`: "10000",
	} {
		h.serial++
		h.want(code, "alipay.trade.create", fmt.Sprintf(`{"out_trade_no":"u%d","total_amount":"1.00","subject":"tea",%s}`, h.serial, member))
	}
	h.want("40004 ACQ.INVALID_PARAMETER", "alipay.trade.create", orderOf("url", "1.00"), "notify_url", "ftp://shop.example.com")
}

func TestBothDoorsHaveOneTrade(t *testing.T) {
	h := openHouse(t)
	ctx := context.Background()
	buyer, code := h.somebody(100)
	native, _, err := h.desk.Open(ctx, asks, "native/1", pay.Asked{Order: trade.Order{OrderNo: "n1", Merchant: h.app.Merchant, Kind: trade.Escrow, Goods: trade.Physical, Subject: "tea", Amount: 30_00, Currency: money.CNY}})
	h.must(err)
	if a := h.want("10000", "alipay.trade.query", `{"out_trade_no":"n1"}`); a.text("trade_no") != native.ID || a.text("trade_status") != "WAIT_BUYER_PAY" {
		t.Errorf("got %s", a.raw)
	}
	h.want("10000", "alipay.trade.pay", orderOf("n1", "30.00", "auth_code", code))
	if a := h.want("10000", "alipay.trade.query", `{"trade_no":"`+native.ID+`"}`); a.text("trade_status") != "TRADE_SUCCESS" {
		t.Errorf("held in escrow is paid: %s", a.raw)
	}
	h.want("10000", "alipay.trade.refund", `{"out_trade_no":"n1","refund_amount":"10.00","out_request_no":"r1"}`)
	_, err = h.desk.Refund(ctx, asks, "native/2", native.ID, 5_00, "")
	h.must(err)
	if a := h.want("10000", "alipay.trade.refund", `{"out_trade_no":"n1","refund_amount":"15.00","out_request_no":"r2"}`); a.text("refund_fee") != "30.00" {
		t.Errorf("the running total: %s", a.raw)
	}
	made := h.want("10000", "alipay.trade.create", orderOf("n2", "7.00", "passback_params", "p", "store_id", "s"), "notify_url", "http://shop.example.com/n", "return_url", "http://shop.example.com/r")
	seen, err := h.desk.Trade(ctx, made.text("trade_no"))
	h.must(err)
	paid, err := h.desk.PayProved(ctx, asks, "native/3", &seen, buyer, 7_00)
	h.must(err)
	if a := h.want("10000", "alipay.trade.query", `{"out_trade_no":"n2"}`); a.text("trade_status") != "TRADE_SUCCESS" || a.text("passback_params") != "p" || a.text("store_id") != "s" || paid.Settled != 7_00 {
		t.Errorf("got %s", a.raw)
	}
}

func TestRefundsAtOnceNeverExceedThePayment(t *testing.T) {
	h := openHouse(t)
	_, code := h.somebody(100)
	h.want("10000", "alipay.trade.pay", orderOf("r1", "20.00", "auth_code", code))
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[string]int{}
	for n := range 20 {
		p := h.sign(h.request("alipay.trade.refund", fmt.Sprintf(`{"out_trade_no":"r1","refund_amount":"5.00","out_request_no":"n%d"}`, n)))
		wg.Go(func() {
			a := h.post(p)
			mu.Lock()
			codes[a.code()]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if codes["10000"] != 4 || codes["10000"]+codes["40004 ACQ.TRADE_HAS_CLOSE"] != 20 {
		t.Errorf("20 refunds of a quarter: %v", codes)
	}
	same := h.sign(h.request("alipay.trade.refund", `{"out_trade_no":"r1","refund_amount":"5.00","out_request_no":"n0"}`))
	if a := h.post(same); a.code() != "10000" && a.code() != "40004 ACQ.TRADE_HAS_CLOSE" || a.code() == "10000" && a.text("fund_change") != "N" {
		t.Errorf("got %s", a.raw)
	}
}

func TestRefundsAreRefusedByTheirCodes(t *testing.T) {
	h := openHouse(t)
	_, code := h.somebody(100)
	h.want("10000", "alipay.trade.create", orderOf("q0", "20.00"))
	h.want("40004 ACQ.TRADE_STATUS_ERROR", "alipay.trade.refund", `{"out_trade_no":"q0","refund_amount":"20.00"}`)
	h.want("10000", "alipay.trade.pay", orderOf("q1", "20.00", "auth_code", code))
	for content, want := range map[string]string{
		`{"refund_amount":"1.00"}`:                                                  "40004 ACQ.INVALID_PARAMETER",
		`{"out_trade_no":"q1"}`:                                                     "40004 ACQ.INVALID_PARAMETER",
		`{"out_trade_no":"q1","refund_amount":"0.001"}`:                             "40004 ACQ.INVALID_PARAMETER",
		`{"out_trade_no":"q1","refund_amount":"1.00"}`:                              "40004 ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
		`{"out_trade_no":"q1","refund_amount":"20.01","out_request_no":"a"}`:        "40004 ACQ.REASON_TRADE_REFUND_FEE_ERR",
		`{"out_trade_no":"q1","refund_amount":"100000000.01","out_request_no":"a"}`: "40004 ACQ.REASON_TRADE_REFUND_FEE_ERR",
		`{"out_trade_no":"q1","refund_amount":"1.00","out_request_no":"dispute-1"}`: "40004 ACQ.INVALID_PARAMETER",
		`{"out_trade_no":"zz","refund_amount":"1.00","out_request_no":"a"}`:         "40004 ACQ.TRADE_NOT_EXIST",
	} {
		h.want(want, "alipay.trade.refund", content)
	}
	h.want("10000", "alipay.trade.refund", `{"out_trade_no":"q1","refund_amount":"20.00"}`)
	if a := h.want("10000", "alipay.trade.refund", `{"out_trade_no":"q1","refund_amount":"20.00"}`); a.text("fund_change") != "N" {
		t.Errorf("got %s", a.raw)
	}
	if a := h.want("10000", "alipay.trade.fastpay.refund.query", `{"out_trade_no":"q1","out_request_no":"q1"}`); a.text("refund_status") != "REFUND_SUCCESS" {
		t.Errorf("a refund without a number has the order's: %s", a.raw)
	}
	if a := h.want("10000", "alipay.trade.fastpay.refund.query", `{"out_trade_no":"q1","out_request_no":"zz"}`); len(a.fields) != 2 {
		t.Errorf("an unknown refund: %s", a.raw)
	}
	if a := h.want("10000", "alipay.trade.cancel", `{"out_trade_no":"q1"}`); a.text("action") != "refund" {
		t.Errorf("cancelled after its refund: %s", a.raw)
	}
	_, code = h.somebody(100)
	h.want("10000", "alipay.trade.pay", orderOf("q2", "20.00", "auth_code", code))
	h.pass(25 * time.Hour)
	h.want("40004 ACQ.TRADE_CANCEL_TIME_OUT", "alipay.trade.cancel", `{"out_trade_no":"q2"}`)
}

func TestEncryptedIsAnsweredEncrypted(t *testing.T) {
	h := openHouse(t)
	key := h.app.EncryptKey.Reveal()
	content, err := wire.Encrypt(key, []byte(`{"out_trade_no":"none"}`))
	h.must(err)
	a := h.call("alipay.trade.query", content, "encrypt_type", "AES")
	plain, err := wire.Decrypt(key, strings.Trim(a.bytes, `"`))
	h.must(err)
	var said map[string]string
	h.must(json.Unmarshal(plain, &said))
	if said["sub_code"] != "ACQ.TRADE_NOT_EXIST" || !a.signed {
		t.Errorf("got %s", plain)
	}
}

func TestNoKeyIsPrinted(t *testing.T) {
	h := openHouse(t)
	text := fmt.Sprintf("%v %+v %#v %s", h.app, h.app, h.app, encode(h.app))
	if strings.Contains(text, "PRIVATE KEY") || strings.Contains(text, h.app.EncryptKey.Reveal()) {
		t.Error("an application prints its secrets")
	}
}
