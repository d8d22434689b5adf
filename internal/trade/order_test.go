package trade

import (
	"maps"
	"strings"
	"testing"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

func TestOrderRefusals(t *testing.T) {
	manyPayees := func(n int) (payees []Payee) {
		for i := range n {
			payees = append(payees, Payee{Party: uint64(5000 + i), Amount: 1})
		}
		return payees
	}
	for _, c := range []struct {
		name   string
		change func(*Order)
		code   refusal.Code // "" is accepted
		field  string
	}{
		{"as it is", func(o *Order) {}, "", ""},
		{"no id", func(o *Order) { o.ID = "" }, refusal.InvalidField, "id"},
		{"27 digits", func(o *Order) { o.ID = o.ID[1:] }, refusal.InvalidField, "id"},
		{"a letter among 28", func(o *Order) { o.ID = o.ID[:27] + "x" }, refusal.InvalidField, "id"},
		{"28 digits of another script", func(o *Order) { o.ID = strings.Repeat("٣", 14) }, refusal.InvalidField, "id"},
		{"no order number", func(o *Order) { o.OrderNo = "" }, refusal.MissingField, "order_no"},
		{"order number of 64", func(o *Order) { o.OrderNo = strings.Repeat("7", 64) }, "", ""},
		{"order number of 65", func(o *Order) { o.OrderNo = strings.Repeat("7", 65) }, refusal.InvalidField, "order_no"},
		{"order number with a space", func(o *Order) { o.OrderNo = "T 1" }, refusal.InvalidField, "order_no"},
		{"order number in Chinese", func(o *Order) { o.OrderNo = "订单" }, refusal.InvalidField, "order_no"},
		{"no seller", func(o *Order) { o.Merchant = 0 }, refusal.MissingField, "merchant"},
		{"named buyer", func(o *Order) { o.Buyer = shopper }, "", ""},
		{"buyer is seller", func(o *Order) { o.Buyer = shop }, refusal.SamePayerAndPayee, "buyer"},
		{"no kind", func(o *Order) { o.Kind = 0 }, refusal.InvalidField, "kind"},
		{"unknown kind", func(o *Order) { o.Kind = 3 }, refusal.InvalidField, "kind"},
		{"no goods", func(o *Order) { o.Goods = 0 }, refusal.InvalidField, "goods"},
		{"unknown goods", func(o *Order) { o.Goods = 3 }, refusal.InvalidField, "goods"},
		{"no subject", func(o *Order) { o.Subject = "" }, refusal.MissingField, "subject"},
		{"blank subject", func(o *Order) { o.Subject = " \t" }, refusal.MissingField, "subject"},
		{"subject of 256 characters", func(o *Order) { o.Subject = strings.Repeat("壶", 256) }, "", ""},
		{"subject of 257", func(o *Order) { o.Subject = strings.Repeat("壶", 257) }, refusal.InvalidField, "subject"},
		{"subject not UTF-8", func(o *Order) { o.Subject = "\xff" }, refusal.InvalidField, "subject"},
		{"subject with a bell", func(o *Order) { o.Subject = "ding\a" }, refusal.InvalidField, "subject"},
		{"body too long", func(o *Order) { o.Body = strings.Repeat("x", 401) }, refusal.InvalidField, "body"},
		{"zero", func(o *Order) { o.Amount = 0 }, refusal.InvalidAmount, "amount"},
		{"negative", func(o *Order) { o.Amount = -1 }, refusal.InvalidAmount, "amount"},
		{"one fen", func(o *Order) { o.Amount = 1 }, "", ""},
		{"the most", func(o *Order) { o.Amount = money.MaxAmount }, "", ""},
		{"one fen more", func(o *Order) { o.Amount = money.MaxAmount + 1 }, refusal.InvalidAmount, "amount"},
		{"no currency", func(o *Order) { o.Currency = 0 }, refusal.CurrencyMismatch, "currency"},
		{"unknown currency", func(o *Order) { o.Currency = 999 }, refusal.CurrencyMismatch, "currency"},
		{"negative fee", func(o *Order) { o.FeeRate = -1 }, refusal.InvalidField, "fee_rate"},
		{"fee above all", func(o *Order) { o.FeeRate = money.RateOne + 1 }, refusal.InvalidField, "fee_rate"},
		{"20 payees", func(o *Order) { o.Payees = manyPayees(20) }, "", ""},
		{"21 payees", func(o *Order) { o.Payees = manyPayees(21) }, refusal.InvalidField, "payees"},
		{"payee without party", func(o *Order) { o.Payees[0].Party = 0 }, refusal.MissingField, "payees[0].party"},
		{"payee is seller", func(o *Order) { o.Payees[0].Party = shop }, refusal.SamePayerAndPayee, "payees[0].party"},
		{"payee twice", func(o *Order) { o.Payees = append(o.Payees, o.Payees[0]) }, refusal.InvalidField, "payees[1].party"},
		{"payee with both", func(o *Order) { o.Payees[0].Amount = 1 }, refusal.InvalidField, "payees[0]"},
		{"payee with neither", func(o *Order) { o.Payees[0].Share = 0 }, refusal.InvalidField, "payees[0]"},
		{"negative share", func(o *Order) { o.Payees[0].Share = -1 }, refusal.InvalidField, "payees[0].share"},
		{"share above all", func(o *Order) { o.Payees[0].Share = money.RateOne + 1 }, refusal.InvalidField, "payees[0].share"},
		{"negative part", func(o *Order) { o.Payees[0] = Payee{Party: affiliate, Amount: -1} }, refusal.InvalidAmount, "payees[0].amount"},
		{"payee's note too long", func(o *Order) { o.Payees[0].Note = strings.Repeat("x", 65) }, refusal.InvalidField, "payees[0].note"},
		{"time to pay is over", func(o *Order) { o.PayBy = noon }, refusal.InvalidField, "pay_by"},
		{"one millisecond to pay", func(o *Order) { o.PayBy = noon + 1 }, "", ""},
		{"15 days to pay", func(o *Order) { o.PayBy = noon.Add(15 * Day) }, "", ""},
		{"a millisecond more", func(o *Order) { o.PayBy = noon.Add(15*Day) + 1 }, refusal.InvalidField, "pay_by"},
		{"return to a shop", func(o *Order) { o.ReturnURL = "https://shop.example/done?o=1" }, "", ""},
		{"return into a script", func(o *Order) { o.ReturnURL = "javascript:alert(1)" }, refusal.InvalidField, "return_url"},
		{"return to a path", func(o *Order) { o.ReturnURL = "/done" }, refusal.InvalidField, "return_url"},
		{"notify too far", func(o *Order) { o.NotifyURL = "https://shop.example/" + strings.Repeat("x", 512) }, refusal.InvalidField, "notify_url"},
		{"metadata without key", func(o *Order) { o.Metadata = map[string]string{"": "x"} }, refusal.InvalidField, "metadata"},
		{"metadata too long", func(o *Order) { o.Metadata = map[string]string{"x": strings.Repeat("x", 513)} }, refusal.InvalidField, "metadata"},
		{"fee and parts are all", func(o *Order) { o.Payees[0].Share = 994_000 }, "", ""},
		{"a millionth more", func(o *Order) { o.Payees[0].Share = 994_001 }, refusal.SplitExceedsAmount, "payees"},
		{"fixed part and fee are all", func(o *Order) { o.Payees[0] = Payee{Party: affiliate, Amount: 99_40} }, "", ""},
		{"a fen more", func(o *Order) { o.Payees[0] = Payee{Party: affiliate, Amount: 99_41} }, refusal.SplitExceedsAmount, "payees"},
		{"all to the fee and a part", func(o *Order) { o.FeeRate = money.RateOne }, refusal.SplitExceedsAmount, "payees"},
		{"largest numbers everywhere", func(o *Order) {
			o.Amount, o.FeeRate, o.Payees = money.MaxAmount, money.RateOne, manyPayees(20)
			for i := range o.Payees {
				o.Payees[i].Amount = money.MaxAmount
			}
		}, refusal.SplitExceedsAmount, "payees"},
	} {
		order := sale()
		c.change(&order)
		_, err := New(noon, order, DefaultTerms)
		r := refusal.Of(err)
		switch {
		case c.code == "" && err != nil:
			t.Errorf("%s: refused: %v", c.name, err)
		case c.code != "" && (r == nil || r.Code != c.code || r.Field != c.field):
			t.Errorf("%s: got %+v, want %s in %s", c.name, r, c.code, c.field)
		}
	}
}

func TestMetadataHasAtMost20Members(t *testing.T) {
	order := sale()
	order.Metadata = map[string]string{}
	for i := range 20 {
		order.Metadata[strings.Repeat("k", i+1)] = "v"
	}
	if _, err := New(noon, order, DefaultTerms); err != nil {
		t.Error(err)
	}
	order.Metadata["one more"] = "v"
	_, err := New(noon, order, DefaultTerms)
	wantRefusal(t, err, refusal.InvalidField)
}

func TestTradeKeepsItsOwnCopyOfTheOrder(t *testing.T) {
	order := sale()
	order.Metadata = map[string]string{"cart": "7"}
	trade := begin(order)
	order.Payees[0].Share = 1
	maps.Copy(order.Metadata, map[string]string{"cart": "8"})
	if trade.Payees[0].Share != 100_000 || trade.Metadata["cart"] != "7" {
		t.Error("the trade changed with the order it was made from")
	}
}

func TestTermsStayThoseOfTheBeginning(t *testing.T) {
	terms := DefaultTerms
	terms.ConfirmWithin = 30 * Day
	trade := after(must(New(noon, sale(), terms)), paid, shipped)
	if want := noon.Add(30 * Day); trade.ConfirmBy != want {
		t.Errorf("confirm by %s, want %s", trade.ConfirmBy, want)
	}
}
