package alipay

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tongbao/internal/agreement"
	"tongbao/internal/alipay/notify"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

const pin = party.Secret("258036")

// payer is somebody with money and a payment password.
func (h *house) payer(yuan int64) uint64 {
	h.t.Helper()
	person, _ := h.somebody(yuan)
	h.must(h.who.SetPaymentPassword(context.Background(), identity.Ask{}, person, pin, "", ""))
	return person
}

// browse opens a page method as a browser does, and says where it leads.
func (h *house) browse(method, content string, more ...string) string {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/gateway.do?"+formOf(h.sign(h.request(method, content, more...))), nil)
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	if w.Code != http.StatusSeeOther {
		return w.Body.String()
	}
	return w.Header().Get("Location")
}

// propose asks for an agreement, and returns its number.
func (h *house) propose(external, more string) string {
	h.t.Helper()
	content := `{"personal_product_code":"GENERAL_WITHHOLDING_P","sign_scene":"INDUSTRY|MEMBER","access_params":{"channel":"ALIPAYAPP"},"external_agreement_no":"` + external + `"` + more + `}`
	to := h.browse(pageSign, content, "notify_url", "http://shop.example.com/signed", "return_url", "http://shop.example.com/back?x=1")
	no, ok := strings.CutPrefix(to, "https://pay.example.com/wallet/agreements/")
	if !ok {
		h.t.Fatalf("leads to %s", to)
	}
	return no
}

func (h *house) consent(no string, person uint64) {
	h.t.Helper()
	h.serial++
	_, err := h.desk.SignAgreement(context.Background(), asks, "sign/"+no, no, person, pin)
	h.must(err)
}

const byAgreement = `{"out_trade_no":"%","total_amount":"$","subject":"month","product_code":"GENERAL_WITHHOLDING","agreement_params":{"agreement_no":"@"}}`

func charge(order, amount, no string) string {
	return strings.NewReplacer("%", order, "$", amount, "@", no).Replace(byAgreement)
}

func TestAnAgreementFromProposalToItsEnd(t *testing.T) {
	h := openHouse(t)
	person := h.payer(1500)
	no := h.propose("m1", "")
	if again := h.propose("m1", ""); again != no {
		t.Errorf("the same proposal is another agreement: %s and %s", no, again)
	}
	if a := h.want("10000", "alipay.user.agreement.query", `{"agreement_no":"`+no+`"}`); a.text("status") != "TEMP" {
		t.Errorf("got %s", a.raw)
	}
	h.want("40004 ACQ.AGREEMENT_STATUS_NOT_NORMAL", "alipay.trade.pay", charge("early", "1.00", no))
	if _, err := h.desk.SignAgreement(context.Background(), asks, "wrong", no, person, "111111"); refusal.Of(err) == nil || refusal.Of(err).Code != refusal.PaymentPasswordWrong {
		t.Errorf("signed with a wrong password: %v", err)
	}
	h.consent(no, person)

	byName := `{"external_agreement_no":"m1","personal_product_code":"GENERAL_WITHHOLDING_P","sign_scene":"INDUSTRY|MEMBER"}`
	for _, keys := range []string{`{"agreement_no":"` + no + `"}`, byName, `{"alipay_user_id":"` + party.FormatID(person) + `","personal_product_code":"GENERAL_WITHHOLDING_P","sign_scene":"INDUSTRY|MEMBER"}`} {
		a := h.want("10000", "alipay.user.agreement.query", keys)
		if a.text("status") != "NORMAL" || a.text("agreement_no") != no || a.text("principal_id") != party.FormatID(person) || a.text("single_quota") != "2000.00" || a.text("invalid_time") != forGood {
			t.Errorf("%s: got %s", keys, a.raw)
		}
	}
	paid := h.want("10000", "alipay.trade.pay", charge("o1", "88.00", no), "notify_url", "http://shop.example.com/paid")
	again := h.want("10000", "alipay.trade.pay", charge("o1", "88.00", no))
	if paid.text("trade_no") != again.text("trade_no") || paid.text("buyer_user_id") != party.FormatID(person) || paid.text("gmt_payment") == "" {
		t.Errorf("got %s and %s", paid.raw, again.raw)
	}
	h.want("40004 ACQ.CONTEXT_INCONSISTENT", "alipay.trade.pay", charge("o1", "89.00", no))
	h.want("40004 ACQ.CYCLE_PAY_SINGLE_FEE_EXCEED", "alipay.trade.pay", charge("o2", "2000.01", no))
	h.want("10000", "alipay.trade.create", orderOf("made_before", "10.00", "subject", "month"))
	h.want("10000", "alipay.trade.pay", charge("made_before", "10.00", no))
	h.want("40004 ACQ.AGREEMENT_NOT_EXIST", "alipay.trade.pay", charge("o3", "1.00", "20181111000000000000"))
	h.want("40004 ACQ.BUYER_BALANCE_NOT_ENOUGH", "alipay.trade.pay", charge("o4", "2000.00", no))
	h.want("40004 ACQ.BUYER_BALANCE_NOT_ENOUGH", "alipay.trade.pay", charge("o4", "2000.00", no)) // nothing stays behind of a charge that failed

	for range 2 {
		h.want("10000", "alipay.user.agreement.unsign", byName)
	}
	if a := h.want("10000", "alipay.user.agreement.query", byName); a.text("status") != "STOP" {
		t.Errorf("got %s", a.raw)
	}
	h.want("40004 ACQ.AGREEMENT_STATUS_NOT_NORMAL", "alipay.trade.pay", charge("o5", "1.00", no))
	h.want("10000", "alipay.trade.pay", charge("o1", "88.00", no)) // what it did stays true
	if fresh := h.propose("m1", ""); fresh == no {
		t.Error("an ended agreement's number cannot be used anew")
	}
}

func TestNoticesAndTheWayBackOfAnAgreement(t *testing.T) {
	h := openHouse(t)
	person := h.payer(100)
	h.propose("m2", `,"external_logon_id":"lin"`)
	no := h.propose("m2", `,"external_logon_id":"other"`) // other terms before anybody signed: the new ones count
	a, err := h.desk.Agreement(context.Background(), no)
	h.must(err)
	back, err := url.Parse(a.Asked["return"])
	h.must(err)
	follow := func() string {
		w := httptest.NewRecorder()
		h.door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, back.RequestURI(), nil))
		return w.Header().Get("Location")
	}
	if to := follow(); to != "http://shop.example.com/back?x=1" {
		t.Errorf("unsigned, the way back is %s", to)
	}
	h.consent(no, person)
	to, err := url.Parse(follow())
	h.must(err)
	said := wire.Params{}
	for name := range to.Query() {
		said[name] = to.Query().Get(name)
	}
	delete(said, "x")
	public, err := wire.ParsePublicKey(h.app.PlatformPublicKey)
	h.must(err)
	h.must(wire.Verify(public, wire.RSA2, []byte(said.Canonical(wire.KeepEmpty, "sign", "sign_type")), said["sign"]))
	if said["agreement_no"] != no || said["status"] != "NORMAL" || said["external_agreement_no"] != "m2" {
		t.Errorf("came back with %v", said)
	}
	_, err = h.desk.EndAgreement(context.Background(), asks, "end", no, agreement.ByPerson)
	h.must(err)
	for range 3 {
		_, err := h.notices.FanOut(context.Background())
		h.must(err)
	}
	told, _, err := h.notices.List(context.Background(), notify.Filter{Merchant: h.app.Merchant}, "", 10)
	h.must(err)
	slices.SortFunc(told, func(a, b notify.Notice) int { return strings.Compare(b.Type, a.Type) }) // both are of the same moment
	if len(told) != 2 || told[1].Type != "dut_user_sign" || told[0].Type != "dut_user_unsign" || told[0].Fields["status"] != "UNSIGN" || told[1].Fields["alipay_user_id"] != party.FormatID(person) {
		t.Errorf("told %+v", told)
	}
}

func TestAPlannedAgreementIsChargedByItsPlan(t *testing.T) {
	h := openHouse(t)
	person := h.payer(5000)
	plan := `,"period_rule_params":{"period_type":"DAY","period":7,"execute_time":"2018-11-11","single_amount":30,"total_amount":"70.00","total_payments":"3"}`
	no := h.propose("m3", plan)
	h.consent(no, person)
	a := h.want("10000", "alipay.user.agreement.query", `{"agreement_no":"`+no+`"}`)
	if plans := a.fields["execution_plans"].([]any); len(plans) != 3 || a.text("next_deduct_time") != "2018-11-11" || a.text("single_quota") != "30.00" {
		t.Errorf("got %s", a.raw)
	}
	h.want("10000", "alipay.trade.pay", charge("c1", "30.00", no))
	h.want("40004 ACQ.CYCLE_PAY_DATE_NOT_MATCH", "alipay.trade.pay", charge("c2", "30.00", no))
	h.pass(7 * 24 * time.Hour)
	h.want("40004 ACQ.CYCLE_PAY_SINGLE_FEE_EXCEED", "alipay.trade.pay", charge("c2", "30.01", no))
	h.want("10000", "alipay.trade.pay", charge("c2", "30.00", no))
	h.want("40004 INVALID_PARAMETER", "alipay.user.agreement.executionplan.modify", `{"agreement_no":"`+no+`","deduct_time":"2018-11-18"}`)
	for range 2 {
		h.want("10000", "alipay.user.agreement.executionplan.modify", `{"agreement_no":"`+no+`","deduct_time":"2018-12-24","memo":"later"}`)
	}
	h.pass(7 * 24 * time.Hour)
	h.want("40004 ACQ.CYCLE_PAY_TOTAL_FEE_EXCEED", "alipay.trade.pay", charge("c3", "10.01", no))
	h.want("40004 ACQ.CYCLE_PAY_DATE_NOT_MATCH", "alipay.trade.pay", charge("c3", "10.00", no))
	h.pass(24 * 24 * time.Hour)
	h.want("10000", "alipay.trade.pay", charge("c3", "10.00", no))
	h.want("40004 ACQ.CYCLE_PAY_TOTAL_FEE_EXCEED", "alipay.trade.pay", charge("c4", "0.01", no))
}

func TestWhatAProposalCannotBe(t *testing.T) {
	h := openHouse(t)
	for _, more := range []string{
		`"access_params":{"channel":"ALIPAYAPP"}`,
		`"personal_product_code":"P"`,
		`"personal_product_code":"P","access_params":{"channel":"PIGEON"}`,
		`"personal_product_code":"CYCLE_PAY_AUTH_P","access_params":{"channel":"QRCODE"}`,
		`"personal_product_code":"P","access_params":{"channel":"QRCODE"},"external_agreement_no":"x"`,
		`"personal_product_code":"P","access_params":{"channel":"QRCODE"},"sign_validity_period":"2y"`,
		`"personal_product_code":"P","access_params":{"channel":"QRCODE"},"period_rule_params":{"period_type":"DAY","period":"3","execute_time":"2018-11-11","single_amount":"1"}`,
		`"personal_product_code":"P","access_params":{"channel":"QRCODE"},"period_rule_params":{"period_type":"DAY","period":"7","execute_time":"2018-11-01","single_amount":"1"}`,
	} {
		if page := h.browse(pageSign, "{"+more+"}"); !strings.Contains(page, "INVALID_PARAMETER") {
			t.Errorf("%s leads to %.200s", more, page)
		}
	}
	h.want("40004 USER_AGREEMENT_NOT_EXIST", "alipay.user.agreement.query", `{"agreement_no":"1"}`)
	h.want("40004 USER_AGREEMENT_NOT_EXIST", "alipay.user.agreement.unsign", `{"external_agreement_no":"1","sign_scene":"x"}`)
	h.want("40004 INVALID_PARAMETER", "alipay.user.agreement.query", `{}`)
	no := h.propose("m9", "")
	other := h.register(otherKey())
	h.app = other
	a := h.post(h.signBy(otherKey(), h.request("alipay.user.agreement.query", `{"agreement_no":"`+no+`"}`)))
	if a.code() != "40004 USER_AGREEMENT_NOT_EXIST" {
		t.Errorf("another merchant sees %s", a.raw)
	}
}
