package shop_test

import (
	"bufio"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tongbao/examples/shop/pretend"
)

func TestACartOfTwoSellersBecomesTwoPayments(t *testing.T) {
	w := open(t)
	status, out := w.call("POST", "/api/checkout", cart("cart-0001", 12800*2+9600, "longjing", 2, "celadon-cup", 1))
	if status != 200 {
		t.Fatalf("%d %v", status, out)
	}
	orders := out["orders"].([]any)
	if len(orders) != 2 || len(w.tongbao.Payments()) != 2 {
		t.Fatalf("%d orders and %d payments, want 2 and 2", len(orders), len(w.tongbao.Payments()))
	}
	for i, want := range []struct {
		merchant string
		amount   int64
		subject  string
	}{{merchants[0].id, 25600, "First-Pick Longjing ×2"}, {merchants[1].id, 9600, "Lotus Petal Cup"}} {
		order := orders[i].(object)
		for _, p := range w.tongbao.Payments() {
			if p.ID != paymentID(order) {
				continue
			}
			if p.Merchant["id"] != want.merchant || p.Amount != want.amount || p.Subject != want.subject || p.Kind != "escrow" || p.Goods != "physical" {
				t.Errorf("payment %+v, want %+v", p, want)
			}
			if p.ReturnURL != w.front.URL+"/orders/"+order["no"].(string) {
				t.Errorf("returns to %s", p.ReturnURL)
			}
		}
	}
	first := orders[0].(object)
	if out["pay_url"] != first["pay_url"] || !strings.HasPrefix(out["pay_url"].(string), w.tongbao.URL+"/wallet/cashier/") {
		t.Errorf("the browser is sent to %v", out["pay_url"])
	}
	if rest := first["rest"].([]any); len(rest) != 1 || rest[0].(object)["pay_url"] == "" {
		t.Errorf("the first order does not lead on to the second: %v", rest)
	}
}

func TestAnEscrowOrderFollowsItsWebhooks(t *testing.T) {
	w := open(t)
	o := w.buy(cart("cart-0001", 12800, "longjing", 1))
	w.is(o, "to_pay")
	for _, step := range []struct{ what, state string }{{"paid", "to_ship"}, {"shipped", "to_receive"}, {"disputed", "disputed"}, {"refunded", "refunded"}} {
		if status, err := w.tongbao.Do(paymentID(o), step.what); status != 200 {
			t.Fatalf("webhook %s answered %d %v", step.what, status, err)
		}
		_, list := w.call("GET", "/api/orders", nil) // asks nobody: only the webhook can have told
		w.is(list["data"].([]any)[0].(object), step.state)
	}
}

func TestThePageOfAReturningBrowserAsksTongbao(t *testing.T) {
	w := open(t)
	o := w.buy(cart("cart-0001", 12800, "longjing", 1))
	if got := w.order(o["no"].(string) + "?status=paid&trade_status=TRADE_SUCCESS"); got["state"] != "to_pay" {
		t.Fatalf("what the browser says made it %v", got["state"])
	}
	w.tongbao.Lose(pretend.Down)
	got := w.order(o["no"])
	w.is(got, "to_pay")
	if got["fresh"] != false {
		t.Error("an old state is shown as if Tongbao had just said it")
	}
}

func TestVirtualGoodsAreHandedOverAtOnce(t *testing.T) {
	w := open(t)
	c := cart("cart-0001", 3000*2, "focus-clock", 2)
	delete(c, "address")
	o := w.buy(c)
	if len(o["codes"].([]any)) != 0 {
		t.Fatal("codes before the money")
	}
	w.tongbao.Do(paymentID(o), "paid")
	o = w.order(o["no"])
	w.is(o, "to_receive")
	codes := o["codes"].([]any)
	if len(codes) != 2 || codes[0] == codes[1] {
		t.Fatalf("codes %v", codes)
	}
	w.restart()
	if again := w.order(o["no"])["codes"].([]any); again[0] != codes[0] || again[1] != codes[1] {
		t.Fatalf("after a restart the codes are %v, were %v", again, codes)
	}
}

func TestVirtualGoodsPaidWhileTheShopWasDownAreHandedOverLater(t *testing.T) {
	w := open(t)
	o := w.buy(cart("cart-0001", 3000, "focus-clock", 1))
	w.tongbao.Lose(pretend.BeforeDoing) // the shipment fails, so the webhook is to come again
	if status, _ := w.tongbao.Do(paymentID(o), "paid"); status != 503 {
		t.Fatalf("webhook answered %d, want 503", status)
	}
	w.tongbao.Lose(pretend.Nothing)
	w.restart()
	w.until("the goods are handed over", func() bool {
		_, list := w.call("GET", "/api/orders", nil)
		return list["data"].([]any)[0].(object)["state"] == "to_receive"
	})
}

// The two ways an answer can be missing: the payment was not made, or it was
// made and we were not told. The shopper can't tell them apart, and need not.
func TestCheckoutTriedAgainMakesOnePayment(t *testing.T) {
	for name, loss := range map[string]pretend.Loss{"request lost": pretend.BeforeDoing, "answer lost": pretend.AfterDoing} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			c := cart("cart-0001", 12800, "longjing", 1)
			w.tongbao.Lose(loss)
			o := w.buy(c)
			w.is(o, "not_started")
			if o["trouble"] != "no_answer" {
				t.Errorf("trouble is %v", o["trouble"])
			}
			w.tongbao.Lose(pretend.Nothing)
			again := w.buy(c)
			w.is(again, "to_pay")
			if again["no"] != o["no"] || len(w.tongbao.Payments()) != 1 {
				t.Fatalf("orders %v and %v, %d payments", o["no"], again["no"], len(w.tongbao.Payments()))
			}
		})
	}
}

func TestAPaymentStartsFromTheOrderPageAfterARestart(t *testing.T) {
	w := open(t)
	w.tongbao.Lose(pretend.AfterDoing)
	o := w.buy(cart("cart-0001", 12800, "longjing", 1))
	w.restart()
	w.is(w.order(o["no"]), "not_started")
	w.tongbao.Lose(pretend.Nothing)
	status, got := w.call("POST", "/api/orders/"+o["no"].(string)+"/pay", object{})
	if status != 200 {
		t.Fatalf("%d %v", status, got)
	}
	w.is(got, "to_pay")
	if n := len(w.tongbao.Payments()); n != 1 {
		t.Fatalf("%d payments", n)
	}
}

func TestAWebhookTeachesAnAnswerThatWasLost(t *testing.T) {
	w := open(t)
	w.tongbao.Lose(pretend.AfterDoing)
	w.is(w.buy(cart("cart-0001", 12800, "longjing", 1)), "not_started")
	w.tongbao.Lose(pretend.Nothing)
	if status, _ := w.tongbao.Do(w.tongbao.Payments()[0].ID, "paid"); status != 200 {
		t.Fatalf("webhook answered %d", status)
	}
	_, list := w.call("GET", "/api/orders", nil)
	w.is(list["data"].([]any)[0].(object), "to_ship")
}

func TestTwoTapsAtOnceMakeOneOrder(t *testing.T) {
	w := open(t)
	w.call("GET", "/api/market", nil) // get the cookie
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { w.call("POST", "/api/checkout", cart("cart-0001", 12800, "longjing", 1)) })
	}
	all.Wait()
	_, list := w.call("GET", "/api/orders", nil)
	if n := len(list["data"].([]any)); n != 1 || len(w.tongbao.Payments()) != 1 {
		t.Fatalf("%d orders, %d payments", n, len(w.tongbao.Payments()))
	}
}

func TestCancelClosesThePaymentAndGivesTheStockBack(t *testing.T) {
	w := open(t)
	o := w.buy(cart("cart-0001", 6800*2, "jasmine", 2)) // the last two
	status, out := w.call("POST", "/api/checkout", cart("cart-0002", 6800, "jasmine", 1))
	if status != 409 || out["code"] != "out_of_stock" {
		t.Fatalf("the third of two: %d %v", status, out)
	}
	status, got := w.call("POST", "/api/orders/"+o["no"].(string)+"/cancel", object{})
	if status != 200 {
		t.Fatalf("%d %v", status, got)
	}
	w.is(got, "closed")
	w.is(w.buy(cart("cart-0003", 6800, "jasmine", 1)), "to_pay")

	// Without an answer nothing is cancelled, and the page says so.
	w.tongbao.Lose(pretend.Down)
	_, list := w.call("GET", "/api/orders", nil)
	no := list["data"].([]any)[0].(object)["no"].(string)
	if status, out := w.call("POST", "/api/orders/"+no+"/cancel", object{}); status != 503 || out["code"] != "no_answer" {
		t.Fatalf("%d %v", status, out)
	}
}

func TestACheckoutThatCannotBe(t *testing.T) {
	w := open(t)
	w.buy(cart("cart-0001", 12800, "longjing", 1))
	bad := func(change func(object)) object {
		c := cart("cart-0002", 12800, "longjing", 1)
		change(c)
		return c
	}
	for _, row := range []struct {
		name   string
		body   any
		status int
		code   string
		field  string
	}{
		{"not an object", "hello", 400, "invalid_request", ""},
		{"no id", bad(func(c object) { delete(c, "checkout_id") }), 422, "invalid_field", "checkout_id"},
		{"no lines", bad(func(c object) { c["lines"] = []any{} }), 422, "invalid_field", "lines"},
		{"unknown good", bad(func(c object) { c["lines"] = []object{{"sku": "moon", "quantity": 1}} }), 422, "unknown_good", "lines"},
		{"of a seller who is not here", bad(func(c object) { c["lines"] = []object{{"sku": "wool-blanket", "quantity": 1}} }), 422, "unknown_good", "lines"},
		{"nothing of it", bad(func(c object) { c["lines"] = []object{{"sku": "longjing", "quantity": 0}} }), 422, "invalid_field", "lines"},
		{"less than nothing", bad(func(c object) { c["lines"] = []object{{"sku": "longjing", "quantity": -1}} }), 422, "invalid_field", "lines"},
		{"half of it", bad(func(c object) { c["lines"] = []object{{"sku": "longjing", "quantity": 0.5}} }), 400, "invalid_request", ""},
		{"twice", bad(func(c object) {
			c["lines"] = []object{{"sku": "longjing", "quantity": 1}, {"sku": "longjing", "quantity": 1}}
		}), 422, "invalid_field", "lines"},
		{"its own price", bad(func(c object) { c["expected_total"] = 1 }), 409, "price_changed", "expected_total"},
		{"nowhere to send it", bad(func(c object) { delete(c, "address") }), 422, "missing_field", "address"},
		{"a street of blanks", bad(func(c object) { c["address"].(object)["street"] = "  " }), 422, "missing_field", "address.street"},
		{"a phone of letters", bad(func(c object) { c["address"].(object)["phone"] = "call me" }), 422, "invalid_field", "address.phone"},
		{"a name without end", bad(func(c object) { c["address"].(object)["name"] = strings.Repeat("林", 41) }), 422, "invalid_field", "address.name"},
		{"an old cart's id", cart("cart-0001", 25600, "longjing", 2), 409, "checkout_reused", "checkout_id"},
		{"more than there is", cart("cart-0002", 6800*3, "jasmine", 3), 409, "out_of_stock", "jasmine"},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, out := w.call("POST", "/api/checkout", row.body)
			field, _ := out["field"].(string)
			if status != row.status || out["code"] != row.code || field != row.field {
				t.Errorf("%d %v, want %d %s %s", status, out, row.status, row.code, row.field)
			}
		})
	}
	if n := len(w.tongbao.Payments()); n != 1 {
		t.Errorf("%d payments, want the first alone", n)
	}
}

func TestAnOrderIsItsShoppersAlone(t *testing.T) {
	w := open(t)
	o := w.buy(cart("cart-0001", 12800, "longjing", 1))
	w.shopper = newShopper()
	for _, path := range []string{"", "/pay", "/cancel"} {
		method := "POST"
		if path == "" {
			method = "GET"
		}
		if status, _ := w.call(method, "/api/orders/"+o["no"].(string)+path, object{}); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if _, list := w.call("GET", "/api/orders", nil); len(list["data"].([]any)) != 0 {
		t.Error("a stranger sees orders")
	}
}

func TestOtherSitesCannotCheckOut(t *testing.T) {
	w := open(t)
	for name, header := range map[string][2]string{
		"another site's script": {"Sec-Fetch-Site", "cross-site"},
		"another origin":        {"Origin", "https://evil.example"},
		"a plain form":          {"Content-Type", "text/plain"},
	} {
		req, _ := http.NewRequest("POST", w.front.URL+"/api/checkout", strings.NewReader("{}"))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set(header[0], header[1])
		res, err := w.shopper.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 403 && res.StatusCode != 415 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	res, err := w.shopper.Get(w.front.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") {
		t.Errorf("CSP is %q", csp)
	}
	for _, c := range res.Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %+v", c)
		}
	}
}

func TestARestartKeepsOrdersAndCutsAnUnfinishedLine(t *testing.T) {
	w := open(t)
	o := w.buy(cart("cart-0001", 12800, "longjing", 1))
	w.tongbao.Do(paymentID(o), "paid")
	if err := w.shop.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(w.dir, "orders.jsonl")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	file.WriteString(`{"at":"2026-01-01T00:00:00Z","orders":[{"no":"S1`) // the power went here
	file.Close()
	w.start()
	_, list := w.call("GET", "/api/orders", nil)
	if n := len(list["data"].([]any)); n != 1 {
		t.Fatalf("%d orders", n)
	}
	w.is(list["data"].([]any)[0].(object), "to_ship")
	w.buy(cart("cart-0002", 9600, "celadon-cup", 1))
	w.restart()
	if _, list := w.call("GET", "/api/orders", nil); len(list["data"].([]any)) != 2 {
		t.Fatal("the order after the cut was lost")
	}
	made := 0
	for _, request := range w.tongbao.Seen() {
		if request == "POST /v1/webhook-endpoints" {
			made++
		}
	}
	if made != len(merchants) {
		t.Errorf("%d endpoints were made over three starts, want %d", made, len(merchants))
	}
}

func TestTheOpenPageHearsOfChanges(t *testing.T) {
	w := open(t)
	o := w.buy(cart("cart-0001", 12800, "longjing", 1))
	res, err := w.shopper.Get(w.front.URL + "/api/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Scan() // "retry: 1000": the page is listening
	w.tongbao.Do(paymentID(o), "paid")
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data:") {
			if !strings.Contains(lines.Text(), `"state":"to_ship"`) {
				t.Errorf("heard %s", lines.Text())
			}
			return
		}
	}
	t.Error("the stream ended")
}

func TestOldUnstartedOrdersGiveTheirGoodsBack(t *testing.T) {
	w := open(t)
	w.tongbao.Lose(pretend.BeforeDoing)
	o := w.buy(cart("cart-0001", 6800*2, "jasmine", 2))
	w.tongbao.Lose(pretend.Nothing)
	w.now = time.Now().Add(31 * time.Minute)
	w.is(w.buy(cart("cart-0002", 6800, "jasmine", 1)), "to_pay")
	_, got := w.call("POST", "/api/orders/"+o["no"].(string)+"/pay", object{})
	w.is(got, "not_started")
	if got["trouble"] != "out_of_stock" {
		t.Errorf("trouble is %v", got["trouble"])
	}
}

// The shop is a customer. If it needed something of tongbao/internal, so would
// every customer.
func TestTheShopImportsNothingOfTongbao(t *testing.T) {
	filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			t.Fatal(err)
		}
		if d.IsDir() && d.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			name := strings.Trim(i.Path.Value, `"`)
			if strings.Contains(name, ".") || strings.HasPrefix(name, "tongbao") && !strings.HasPrefix(name, "tongbao/examples/shop") {
				t.Errorf("%s imports %s", path, name)
			}
		}
		return nil
	})
}

func TestAShopThatMovesKeepsItsEndpoints(t *testing.T) {
	w := open(t)
	before, _ := w.tongbao.Endpoint(merchants[0].id)
	if err := w.shop.Close(); err != nil {
		t.Fatal(err)
	}
	w.front = nil // another port
	w.start()
	w.until("Tongbao knows the new address", func() bool {
		now, _ := w.tongbao.Endpoint(merchants[0].id)
		return now.URL == w.front.URL+"/webhooks/tongbao" && now.Secret == before.Secret
	})
	o := w.buy(cart("cart-0001", 12800, "longjing", 1))
	if status, err := w.tongbao.Do(paymentID(o), "paid"); status != 200 {
		t.Fatalf("webhook answered %d %v", status, err)
	}
}

// The sandbox's clock can be days ahead; all times of an order go by it.
func TestAnOrderIsPlacedByTheClockItIsPaidBy(t *testing.T) {
	w := open(t)
	w.tongbao.Ahead = 20 * 24 * time.Hour
	o := w.buy(cart("cart-0001", 12800, "longjing", 1))
	w.tongbao.Do(paymentID(o), "paid")
	o = w.order(o["no"])
	at := func(text any) time.Time {
		moment, err := time.Parse(time.RFC3339, text.(string))
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	placed, paid, now := at(o["placed_at"]), at(o["payment"].(object)["paid_at"]), at(o["now"])
	if paid.Before(placed) || paid.Sub(placed) > time.Minute || now.Before(paid) || now.Sub(paid) > time.Minute {
		t.Errorf("placed %s, paid %s, now %s", placed, paid, now)
	}
}
