package alipay

import (
	"encoding/json"
	"fmt"
	"testing"

	"tongbao/internal/bank"
	"tongbao/internal/identity"
	"tongbao/internal/sandbox"
)

// An application with an address of its own is told there of complaints and of
// how transfers ended, in the form of messages.
func TestMessagesGoToTheApplicationsOwnAddress(t *testing.T) {
	h := openHouse(t)
	p := h.program()
	h.rich()
	h.door.opt.BankOf = sandbox.BankOf
	payee := h.payer(1)
	h.want("10000", uni, sendTo("before", "1.00", toBalance, userID(payee), "")) // nobody listens yet
	h.run()
	_, err := h.who.UpdateApp(t.Context(), identity.Ask{}, h.app.Merchant, h.app.ID, identity.AppChange{MessageURL: &p.server.URL})
	h.must(err)
	last := func(name string) map[string]string {
		t.Helper()
		h.run()
		if len(p.heard) == 0 {
			t.Fatalf("nobody was told of %s", name)
		}
		form := p.heard[len(p.heard)-1]
		p.verify(form)
		said := map[string]string{}
		h.must(json.Unmarshal([]byte(form["biz_content"]), &said))
		if form["msg_method"] != name || form["app_id"] != h.app.ID || form["utc_timestamp"] != fmt.Sprint(h.clock.Now().UnixMilli()) || form["notify_type"] != "" {
			t.Errorf("got %v", form)
		}
		return said
	}

	h.want("10000", uni, sendTo("m1", "2.00", toBalance, userID(payee), ""))
	if said := last("alipay.fund.trans.order.changed"); said["out_biz_no"] != "m1" || said["status"] != "SUCCESS" || said["trans_amount"] != "2.00" || said["pay_date"] == "" {
		t.Errorf("got %v", said)
	}
	number, _ := sandbox.CardNumber("ICBC", "1111")
	h.want("10000", uni, sendTo("m2", "10.00", toCard, fmt.Sprintf(`{"identity":%q,"identity_type":"BANKCARD_ACCOUNT","name":"王小伟"}`, number.Reveal()), ""))
	h.run()
	if len(p.heard) != 1 {
		t.Errorf("a transfer whose end is not known was told of: %v", p.heard[1:])
	}
	out, _, err := h.desk.PayoutBy(t.Context(), h.app.Merchant, toCard, "m2")
	h.must(err)
	order, err := h.desk.BankOrderOf(t.Context(), &out)
	h.must(err)
	_, err = h.desk.BankAnswered(t.Context(), "answer", &order, bank.Answer{Outcome: bank.Refused, Detail: "closed"})
	h.must(err)
	if said := last("alipay.fund.trans.order.changed"); said["out_biz_no"] != "m2" || said["status"] != "FAIL" || said["error_code"] != "PAYEE_CARD_INFO_ERROR" {
		t.Errorf("got %v", said)
	}

	complaint := h.disputed("m3")
	if said := last("alipay.merchant.tradecomplain.changed"); said["complain_event_id"] != complaint || said["status"] != "MERCHANT_PROCESSING" {
		t.Errorf("got %v", said)
	}
	h.want("10000", "alipay.merchant.tradecomplain.feedback.submit", `{"complain_event_id":"`+complaint+`","feedback_code":"00","feedback_content":"退款"}`)
	if said := last("alipay.merchant.tradecomplain.changed"); said["complain_event_id"] != complaint || said["status"] != "FINISHED" {
		t.Errorf("got %v", said)
	}
	only := []string{"alipay.trade.*"}
	_, err = h.who.UpdateApp(t.Context(), identity.Ask{}, h.app.Merchant, h.app.ID, identity.AppChange{Methods: &only})
	h.must(err)
	heard := len(p.heard)
	h.disputed("m4")
	h.run()
	if len(p.heard) != heard {
		t.Error("an application that may not ask about complaints is told of them")
	}
}
