package openapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tongbao/internal/agreement"
	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// What two parties have between them, by the path under which it is found.
func (h *house) belongings() (shop, buyer *actor, ids map[string]string) {
	shop, buyer = h.shop(), h.somebody(5000)
	friend := h.somebody(0)
	payment := h.shipped(shop, buyer, 10000)
	shop.do(201, "POST", "/v1/refunds", map[string]any{"payment_id": payment, "amount": 100, "reason": "x"})
	dispute := buyer.do(201, "POST", "/v1/disputes", map[string]any{"payment_id": payment, "reason": "damaged", "claim_amount": 5000}).id()
	file := h.serve(buyer.upload("file", onePixel))
	h.fill(shop.id, 1000)
	agreed, err := h.desk.ProposeAgreement(context.Background(), engine.By{Actor: "test"}, "agree", agreement.Terms{Merchant: shop.id, Product: "P", Only: buyer.id}, "", nil)
	if err != nil {
		h.t.Fatal(err)
	}
	buyer.do(200, "POST", "/v1/agreements/"+agreed.ID+"/sign", map[string]any{"payment_password": paymentPassword})
	ids = map[string]string{
		"/v1/payments/":           payment,
		"/v1/refunds/":            "rf_" + payment + "_1",
		"/v1/shipments/":          "sh_" + payment,
		"/v1/disputes/":           dispute,
		"/v1/files/":              file.id(),
		"/v1/top-ups/":            buyer.do(201, "POST", "/v1/top-ups", map[string]any{"card_id": buyer.card, "amount": 100, "currency": "CNY"}).id(),
		"/v1/withdrawals/":        buyer.do(201, "POST", "/v1/withdrawals", map[string]any{"card_id": buyer.card, "amount": 100, "currency": "CNY", "payment_password": paymentPassword}).id(),
		"/v1/transfers/":          buyer.do(201, "POST", "/v1/transfers", map[string]any{"to": map[string]any{"phone": friend.person.Phone}, "amount": 100, "currency": "CNY", "payment_password": paymentPassword}).id(),
		"/v1/agreements/":         agreed.ID,
		"/v1/holds/":              shop.do(201, "POST", "/v1/holds", map[string]any{"amount": 100, "currency": "CNY", "for": "deposit"}).id(),
		"/v1/accounts/":           buyer.do(200, "GET", "/v1/accounts", nil).object()["data"].([]any)[0].(map[string]any)["id"].(string),
		"/v1/events/":             buyer.do(200, "GET", "/v1/events", nil).object()["data"].([]any)[0].(map[string]any)["id"].(string),
		"/v1/webhook-endpoints/":  shop.do(201, "POST", "/v1/webhook-endpoints", map[string]any{"url": "http://127.0.0.1:9/hook"}).id(),
		"/v1/webhook-deliveries/": "we_000000000000000000000000-evt_000000000000000000000000",
		"/v1/keys/":               "key_" + strings.Split(shop.key, "_")[2][:16],
		"/v1/team/":               shop.do(200, "GET", "/v1/team", nil).object()["data"].([]any)[0].(map[string]any)["id"].(string),
		"/v1/me/cards/":           buyer.card,
		"/v1/me/devices/":         buyer.do(200, "GET", "/v1/me/devices", nil).object()["data"].([]any)[0].(map[string]any)["id"].(string),
	}
	for path, id := range ids {
		if id == "" {
			h.t.Fatalf("nothing at %s", path)
		}
	}
	return shop, buyer, ids
}

// Somebody else's object answers as one that isn't there, whatever is asked of
// it, and nothing happens to it.
func TestAnotherPartysObjectIsNotThere(t *testing.T) {
	h := openHouse(t)
	_, _, ids := h.belongings()
	document := h.door.api.OpenAPI()
	stranger, rival := h.somebody(100), h.shop()
	owner := h.staff(rival.id, party.Owner)
	before := h.books()
	tried := 0
	for _, o := range h.operations() {
		prefix, _, ok := strings.Cut(o.Path, "{id}")
		id, known := ids[prefix]
		if !ok || !known {
			continue
		}
		who := map[bool]*actor{true: rival, false: stranger}[o.asks.key != ""]
		if strings.HasPrefix(prefix, "/v1/keys") || strings.HasPrefix(prefix, "/v1/team") || who == rival && strings.HasPrefix(prefix, "/v1/me/") {
			who = owner
		}
		if o.asks.face == party.Console {
			continue // operators see all
		}
		var body any
		if schema := o.body(); schema != nil {
			body = exampleOf(document, schema, 0)
		}
		for _, asked := range []string{id, "unknown", "../" + id, id + "0", strings.Repeat("9", 28)} {
			asked = strings.ReplaceAll(asked, "/", "%2F")
			got := h.serve(who.request(o.Method, o.address(asked), body))
			mustBeProblem(t, o.OperationID, got)
			tried++
			if got.status != http.StatusNotFound || got.field() != "id" {
				t.Errorf("%s of %s: %d %s", o.OperationID, asked, got.status, got.body)
			}
		}
	}
	after := h.books()
	if lines := strings.Count(after, "\n") - strings.Count(before, "\n"); lines == 0 && after != before {
		t.Errorf("the books changed:\n%s\nwere:\n%s", after, before)
	}
	t.Logf("%d asked", tried)
}

// Ids in a body are looked at with the same eyes as those in an address.
func TestAnotherPartysIDInABody(t *testing.T) {
	h := openHouse(t)
	_, victim, ids := h.belongings()
	shop, person := h.shop(), h.somebody(100)
	file := h.serve(victim.upload("file", onePixel)).id()
	mine := h.shipped(shop, person, 100)
	before := h.books()
	for _, try := range []struct {
		who         *actor
		path, field string
		code        string
		body        map[string]any
	}{
		{shop, "/v1/refunds", "payment_id", "payment_not_found", map[string]any{"payment_id": ids["/v1/payments/"], "amount": 1}},
		{shop, "/v1/shipments", "payment_id", "payment_not_found", map[string]any{"payment_id": ids["/v1/payments/"], "carrier": "SF"}},
		{person, "/v1/disputes", "payment_id", "payment_not_found", map[string]any{"payment_id": ids["/v1/payments/"], "reason": "damaged", "claim_amount": 1}},
		{person, "/v1/disputes", "file_ids[0]", "not_found", map[string]any{"payment_id": mine, "reason": "damaged", "claim_amount": 1, "file_ids": []string{file}}},
		{person, "/v1/top-ups", "card_id", "not_found", map[string]any{"card_id": ids["/v1/me/cards/"], "amount": 1, "currency": "CNY"}},
		{person, "/v1/withdrawals", "card_id", "not_found", map[string]any{"card_id": ids["/v1/me/cards/"], "amount": 1, "currency": "CNY", "payment_password": paymentPassword}},
		{person, "/v1/transfers", "to.user_id", "payee_not_found", map[string]any{"to": map[string]any{"user_id": "2088000000000000"}, "amount": 1, "currency": "CNY", "payment_password": paymentPassword}},
		{person, "/v1/transfers", "to.user_id", "payee_not_found", map[string]any{"to": map[string]any{"user_id": idText(shop.id)}, "amount": 1, "currency": "CNY", "payment_password": paymentPassword}},
		{person, "/v1/transfers", "to.user_id", "invalid_field", map[string]any{"to": map[string]any{"user_id": "12"}, "amount": 1, "currency": "CNY", "payment_password": paymentPassword}},
		{person, "/v1/transfers", "to.phone", "phone_invalid", map[string]any{"to": map[string]any{"phone": "12"}, "amount": 1, "currency": "CNY", "payment_password": paymentPassword}},
		{person, "/v1/transfers", "to", "missing_field", map[string]any{"to": map[string]any{}, "amount": 1, "currency": "CNY", "payment_password": paymentPassword}},
		{shop, "/v1/payments", "buyer_id", "payee_not_found", h.order(100, "buyer_id", "2088000000000000")},
		{shop, "/v1/payments", "payment_code", "payment_code_invalid", h.order(100, "payment_code", "12")},
		{shop, "/v1/payments", "payees[0].merchant_id", "payee_not_found", payees(h, "merchant_id", "2088899999999999")},
		{shop, "/v1/payments", "payees[0].merchant_id", "same_payer_and_payee", payees(h, "merchant_id", idText(shop.id))},
	} {
		got := h.serve(try.who.request("POST", try.path, try.body))
		if got.code() != try.code || got.field() != try.field {
			t.Errorf("%s %v: %d %s on %q, want %s on %q", try.path, try.body, got.status, got.code(), got.field(), try.code, try.field)
		}
	}
	if after := h.books(); after != before {
		t.Errorf("the books changed:\n%s\nwere:\n%s", after, before)
	}
}

func payees(h *house, name, id string) map[string]any {
	order := h.order(100)
	order["payees"] = []any{map[string]any{name: id, "amount": 10}}
	return order
}

func TestAStoppedEngineTakesNothing(t *testing.T) {
	h := openHouse(t)
	shop := h.shop()
	options := h.options()
	options.Timeout = 200 * time.Millisecond
	h.door = New(options)
	h.engine.Close()
	got := h.serve(shop.request("POST", "/v1/payments", h.order(100)))
	// A command that slipped into the queue is never answered: then the outcome
	// is unknown, and the caller is told to ask again.
	if !slices.Contains([]string{"unavailable", "internal_error"}, got.code()) || !strings.Contains(string(got.body), "nothing was done") && !strings.Contains(string(got.body), "the same Idempotency-Key") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestAnUnpaidPaymentIsSeenByWhoeverHasItsID(t *testing.T) {
	h := openHouse(t)
	shop, buyer, other := h.shop(), h.somebody(500), h.somebody(500)
	id := shop.do(201, "POST", "/v1/payments", h.order(1000)).id()
	other.do(200, "GET", "/v1/payments/"+id, nil)
	(&actor{h: h}).refused("unauthenticated", "GET", "/v1/payments/"+id, nil)
	h.shop().refused("payment_not_found", "GET", "/v1/payments/"+id, nil)
	other.refused("forbidden", "POST", "/v1/payments/"+id+"/close", map[string]any{})
	buyer.do(200, "POST", "/v1/payments/"+id+"/pay", map[string]any{"payment_password": paymentPassword, "expected_amount": 1000})
	other.refused("payment_not_found", "GET", "/v1/payments/"+id, nil)
	h.clerk(party.Auditor).do(200, "GET", "/v1/payments/"+id, nil)

	named := shop.do(201, "POST", "/v1/payments", h.order(1000, "buyer_id", idText(buyer.id))).id()
	other.refused("payment_not_found", "GET", "/v1/payments/"+named, nil)
	buyer.do(200, "POST", "/v1/payments/"+named+"/close", map[string]any{})
}

func TestRolesDoWhatTheyMay(t *testing.T) {
	h := openHouse(t)
	shop, buyer := h.shop(), h.somebody(500)
	id := h.paid(shop, buyer, 1000)
	refund := map[string]any{"payment_id": id, "amount": 1, "reason": "x"}
	for _, role := range []party.Role{party.Cashier, party.Viewer} {
		h.staff(shop.id, role).refused("forbidden", "POST", "/v1/refunds", refund)
	}
	viewer := h.staff(shop.id, party.Viewer)
	if allowed := viewer.do(200, "GET", "/v1/payments/"+id, nil).object()["allowed"].([]any); len(allowed) != 0 {
		t.Errorf("a viewer is offered %v", allowed)
	}
	h.staff(shop.id, party.Manager).do(201, "POST", "/v1/refunds", refund)
	buyer.refused("forbidden", "POST", "/v1/refunds", refund)
	shop.refused("forbidden", "POST", "/v1/payments/"+id+"/pay", map[string]any{"payment_password": "1", "expected_amount": 1})
	buyer.do(201, "POST", "/v1/payments/"+id+"/request-refund", map[string]any{"amount": 500})
	h.clerk(party.Auditor).refused("forbidden", "POST", "/v1/disputes/dp_"+id+"_1/arbitrate", map[string]any{"to_buyer": 0, "reason": "x"})
}

func TestFilesAreShownToThePartiesAlone(t *testing.T) {
	h := openHouse(t)
	shop, buyer := h.shop(), h.somebody(500)
	payment := h.shipped(shop, buyer, 1000)
	file := h.serve(buyer.upload("file", onePixel)).id()
	shop.refused("not_found", "GET", "/v1/files/"+file, nil)
	shop.refused("forbidden", "POST", "/v1/disputes", map[string]any{"payment_id": payment, "reason": "damaged", "claim_amount": 500})
	stolen := map[string]any{"payment_id": payment, "reason": "damaged", "claim_amount": 500, "file_ids": []string{h.serve(h.somebody(0).upload("file", append(onePixel, 1))).id()}}
	if got := buyer.refused("not_found", "POST", "/v1/disputes", stolen); got.field() != "file_ids[0]" {
		t.Errorf("%s", got.body)
	}
	d := buyer.do(201, "POST", "/v1/disputes", map[string]any{"payment_id": payment, "reason": "damaged", "claim_amount": 500, "text": "Look", "file_ids": []string{file}})
	url := d.object()["evidence"].([]any)[0].(map[string]any)["files"].([]any)[0].(map[string]any)["url"].(string)
	got := shop.do(200, "GET", url, nil)
	for header, want := range map[string]string{"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
		"Content-Disposition": `inline; filename="evidence.png"`} {
		if got.header.Get(header) != want {
			t.Errorf("%s: %q, want %q", header, got.header.Get(header), want)
		}
	}
	if string(got.body) != string(onePixel) {
		t.Errorf("%d bytes", len(got.body))
	}
	h.shop().refused("not_found", "GET", url, nil)
	h.somebody(0).refused("not_found", "GET", url, nil)
	h.clerk(party.Agent).do(200, "GET", url, nil)
}

func TestTheDocumentIsWhole(t *testing.T) {
	h := openHouse(t)
	document := h.door.api.OpenAPI()
	tags := map[string]bool{}
	for _, tag := range document.Tags {
		tags[tag.Name] = true
	}
	seen := map[string]bool{}
	for _, o := range h.operations() {
		switch {
		case o.Summary == "", strings.HasSuffix(o.Summary, "."):
			t.Errorf("%s has the summary %q", o.OperationID, o.Summary)
		case len(o.Tags) != 1 || !tags[o.Tags[0]]:
			t.Errorf("%s has the tags %v", o.OperationID, o.Tags)
		case seen[o.OperationID]:
			t.Errorf("%s is there twice", o.OperationID)
		}
		seen[o.OperationID] = true
		codes, _ := o.Extensions["x-codes"].([]refusal.Code)
		for _, code := range codes {
			if _, ok := refusal.Find(code); !ok {
				t.Errorf("%s may answer %q, which the reference doesn't list", o.OperationID, code)
			}
		}
		if schema := o.body(); schema != nil {
			for name, member := range resolve(document, schema).Properties {
				m := resolve(document, member)
				if len(member.Examples) == 0 && len(m.Examples) == 0 && len(m.Enum) == 0 && m.Type != "object" && m.Type != "array" && m.Type != "boolean" {
					t.Errorf("%s: the member %s has no example", o.OperationID, name)
				}
			}
		}
	}
	page := string((&actor{h: h}).do(200, "GET", "/docs", nil).body)
	for id := range seen {
		if !strings.Contains(page, `id="`+id+`"`) {
			t.Errorf("the page lacks %s", id)
		}
	}
	for _, outside := range []string{"<script", "style=", "http://", "https://cdn"} {
		if i := strings.Index(strings.ReplaceAll(page, "http://localhost:8080", ""), outside); i >= 0 {
			t.Errorf("the page has %q: …%s…", outside, page[i:min(len(page), i+80)])
		}
	}
	(&actor{h: h}).do(200, "GET", "/openapi.json", nil)
	(&actor{h: h}).do(200, "GET", "/openapi.yaml", nil)
	(&actor{h: h}).do(200, "GET", "/docs/reference.css", nil)
}
