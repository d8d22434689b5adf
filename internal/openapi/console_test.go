package openapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/bank"
	"tongbao/internal/clock"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/jobs"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/webhook"
)

// decode reads an answer as its type.
func decode[T any](t *testing.T, r reply) (v T) {
	t.Helper()
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	return v
}

// A balance is explained entry by entry, each by its command, and that by the
// request that caused it.
func TestEveryBalanceUnrollsToItsCommandsAndRequests(t *testing.T) {
	h := openHouse(t)
	shop, buyer, auditor := h.shop(), h.somebody(500), h.clerk(party.Auditor)
	for range 3 {
		h.paid(shop, buyer, 128_00)
	}
	settled := h.shipped(shop, buyer, 50_00)
	buyer.do(200, "POST", "/v1/payments/"+settled+"/confirm", map[string]any{"payment_password": paymentPassword})

	accounts, err := h.engine.Store().Accounts(context.Background(), ledger.AccountID{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	unrolled := 0
	for _, a := range accounts {
		file := decode[AccountFile](t, auditor.do(200, "GET", "/v1/console/accounts/"+a.ID.String(), nil))
		if file.Balance != int64(a.Balance) || file.Account.ID != a.ID.String() {
			t.Errorf("%s: %+v", a.ID, file)
		}
		var sum, cursor = int64(0), ""
		for {
			page := decode[Page[AccountEntry]](t, auditor.do(200, "GET", "/v1/console/entries?limit=2&account="+url.QueryEscape(a.ID.String())+"&cursor="+cursor, nil))
			for _, e := range page.Data {
				sum += e.Amount
				explained(t, auditor, e)
				unrolled++
			}
			if page.NextCursor == nil {
				break
			}
			cursor = *page.NextCursor
		}
		if sum != file.Balance {
			t.Errorf("%s stands at %d, its entries sum to %d", a.ID, file.Balance, sum)
		}
	}
	if unrolled < 10 {
		t.Errorf("only %d entries were looked at", unrolled)
	}
}

func explained(t *testing.T, auditor *actor, e AccountEntry) {
	t.Helper()
	c := decode[Command](t, auditor.do(200, "GET", "/v1/console/commands/"+url.PathEscape(e.Command), nil))
	at := decode[Command](t, auditor.do(200, "GET", fmt.Sprint("/v1/console/commands/", e.Position), nil))
	if c.ID != e.Command || at.ID != e.Command || c.Position != e.Position || c.Name != e.CommandName {
		t.Errorf("entry %+v leads to command %s at %d, and to %s", e, c.ID, c.Position, at.ID)
	}
	found := false
	for _, leg := range c.Legs {
		found = found || leg.Account == e.Account && leg.Number == e.Number && leg.BalanceAfter == e.BalanceAfter
	}
	if !found {
		t.Errorf("entry %+v is not among the legs %+v", e, c.Legs)
	}
	if strings.HasPrefix(c.Actor, "user:") || strings.HasPrefix(c.Actor, "merchant:") {
		if c.Request == nil || c.Request.ID != c.RequestID || c.Request.Status >= 300 || c.Request.Method != "POST" {
			t.Errorf("command %s of %s leads to the request %+v", c.ID, c.Actor, c.Request)
		}
	}
}

func TestACommandsContentsAreNamedAndSecretsMasked(t *testing.T) {
	h := openHouse(t)
	shop, buyer, admin := h.shop(), h.somebody(500), h.clerk(party.Admin)
	code, err := h.desk.IssueCode(context.Background(), engine.By{}, "issue/1", buyer.id, true)
	if err != nil {
		t.Fatal(err)
	}
	body := h.order(20_00)
	body["payment_code"] = code.Digits
	shop.do(201, "POST", "/v1/payments", body)

	head, err := h.engine.Store().Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for position := uint64(1); position <= head.Position; position++ {
		got := admin.do(200, "GET", fmt.Sprint("/v1/console/commands/", position), nil)
		c := decode[Command](t, got)
		seen[c.Name] = true
		for _, secret := range []string{code.Digits, "argon2id", "4111111111111111", buyer.person.Phone, buyer.person.IDNumber.Reveal(), paymentPassword, "王小伟"} {
			if strings.Contains(string(got.body), secret) {
				t.Errorf("command %d %s shows %q: %s", position, c.Name, secret, got.body)
			}
		}
		contents, ok := c.Contents.(map[string]any)
		for name := range contents {
			if ok && name[0] >= '0' && name[0] <= '9' {
				t.Errorf("command %d %s has a field without a name: %v", position, c.Name, contents)
			}
		}
	}
	for _, name := range []string{"open_trade", "sign_up", "verify_identity", "start_top_up", "bank_answered"} {
		if !seen[name] {
			t.Errorf("no %s was looked at", name)
		}
	}
	opened := decode[Command](t, admin.do(200, "GET", fmt.Sprint("/v1/console/commands/", head.Position), nil))
	order, _ := opened.Contents.(map[string]any)["asked"].(map[string]any)["order"].(map[string]any)
	if opened.Name != "open_trade" || order["subject"] != "Tea, 250 g" || order["currency"] != "CNY" || order["kind"] != "instant" || order["merchant"] != idText(shop.id) {
		t.Errorf("%s: %v", opened.Name, opened.Contents)
	}
}

// Two fields of a command under one number, or two commands of one name, would
// make the legend lie.
func TestTheLegendIsOfEveryCommandOnce(t *testing.T) {
	for name, as := range legend() {
		seen := map[string]string{}
		for i := range as.NumField() {
			f := as.Field(i)
			tag, tagged := f.Tag.Lookup("cbor")
			if !f.IsExported() || tag == "-" {
				continue
			}
			if number, _, _ := strings.Cut(tag, ","); !tagged || seen[number] != "" {
				t.Errorf("%s: field %s has no number of its own (%q)", name, f.Name, tag)
			} else {
				seen[number] = f.Name
			}
		}
	}
	listed := len(pay.Commands()) + len(identity.Commands()) + len(webhook.Commands()) + len(notify.Commands()) + len(clock.Commands()) + 1 // the door's own
	if n := len(legend()); n != listed {
		t.Errorf("%d commands have %d names", listed, n)
	}
}

func TestTheSearchBoxFindsWhateverItIs(t *testing.T) {
	h := openHouse(t)
	shop, buyer, auditor := h.shop(), h.somebody(500), h.clerk(party.Auditor)
	order := h.order(30_00)
	payment := shop.do(201, "POST", "/v1/payments", order).id()
	buyer.do(200, "POST", "/v1/payments/"+payment+"/pay", map[string]any{"payment_password": paymentPassword, "expected_amount": 30_00})
	refund := shop.do(201, "POST", "/v1/refunds", map[string]any{"payment_id": payment, "amount": 10_00}).id()
	account := ledger.Of(ledger.User, buyer.id, wallet).String()

	for q, want := range map[string]func(Found) ([]Hit, string){
		idText(buyer.id):            func(f Found) ([]Hit, string) { return f.People, idText(buyer.id) },
		idText(shop.id):             func(f Found) ([]Hit, string) { return f.Merchants, idText(shop.id) },
		buyer.person.Phone:          func(f Found) ([]Hit, string) { return f.People, idText(buyer.id) },
		"+86 " + buyer.person.Phone: func(f Found) ([]Hit, string) { return f.People, idText(buyer.id) },
		"王小":                        func(f Found) ([]Hit, string) { return f.People, idText(buyer.id) },
		"Lane":                      func(f Found) ([]Hit, string) { return f.Merchants, idText(shop.id) },
		payment:                     func(f Found) ([]Hit, string) { return f.Payments, payment },
		order["order_no"].(string):  func(f Found) ([]Hit, string) { return f.Payments, payment },
		account:                     func(f Found) ([]Hit, string) { return f.Accounts, account },
		account + "#1":              func(f Found) ([]Hit, string) { return f.Entries, account + "#1" },
		refund:                      func(f Found) ([]Hit, string) { return f.Others, refund },
		"1":                         func(f Found) ([]Hit, string) { return f.Commands, commandAt(t, h, 1) },
		commandAt(t, h, 2):          func(f Found) ([]Hit, string) { return f.Commands, commandAt(t, h, 2) },
	} {
		found := decode[Found](t, auditor.do(200, "GET", "/v1/console/search?q="+url.QueryEscape(q), nil))
		hits, id := want(found)
		there := false
		for _, hit := range hits {
			there = there || hit.ID == id
		}
		if !there {
			t.Errorf("%q: %s is not in %+v", q, id, found)
		}
	}
	nothing := decode[Found](t, auditor.do(200, "GET", "/v1/console/search?q=nobody-anywhere", nil))
	if len(nothing.People)+len(nothing.Merchants)+len(nothing.Payments)+len(nothing.Commands)+len(nothing.Others) != 0 {
		t.Errorf("found %+v", nothing)
	}
	auditor.refused("missing_field", "GET", "/v1/console/search", nil)
	for _, odd := range []string{"%", "\x00", "_", "dp_", "rf_x_y", "tu_", "user:1:XXX", "#", "18446744073709551616", "../..", strings.Repeat("9", 500)} {
		if got := h.serve(auditor.request("GET", "/v1/console/search?q="+url.QueryEscape(odd), nil)); got.status >= 500 {
			t.Errorf("%q: %d %s", odd, got.status, got.body)
		}
	}
}

func commandAt(t *testing.T, h *house, position uint64) string {
	t.Helper()
	entries, err := h.engine.Store().Journal(context.Background(), position-1, 1)
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	return entries[0].Command
}

func TestTheBooksBalanceAndSayWhatIsHeldForWhom(t *testing.T) {
	h := openHouse(t)
	shop, buyer, auditor := h.shop(), h.somebody(500), h.clerk(party.Auditor)
	h.paid(shop, buyer, 128_00)
	shop.do(200, "GET", "/v1/payments", nil)

	books := decode[Books](t, auditor.do(200, "GET", "/v1/console/books", nil))
	if !books.Balanced || len(books.Checks) != 4 {
		t.Errorf("books: %+v", books)
	}
	want := map[string]int64{"user": 372_00, "escrow": 128_00, "client_funds": 500_00}
	for _, row := range books.Rows {
		if sum, ok := want[row.Kind]; ok && row.Balance != sum {
			t.Errorf("%s stands at %d, want %d", row.Kind, row.Balance, sum)
		}
	}
	page := decode[Page[Account]](t, auditor.do(200, "GET", "/v1/console/books/accounts?kind=escrow", nil))
	if len(page.Data) != 1 || page.Data[0].Balance != 128_00 || page.Data[0].Owner != idText(shop.id) {
		t.Errorf("escrow accounts: %+v", page)
	}
	h.somebody(1)
	h.somebody(1)
	first := decode[Page[Account]](t, auditor.do(200, "GET", "/v1/console/books/accounts?kind=user&limit=2", nil))
	if first.NextCursor == nil || len(first.Data) != 2 {
		t.Fatalf("user accounts: %+v", first)
	}
	rest := decode[Page[Account]](t, auditor.do(200, "GET", "/v1/console/books/accounts?kind=user&limit=2&cursor="+*first.NextCursor, nil))
	if len(rest.Data) != 1 || rest.NextCursor != nil || rest.Data[0].ID == first.Data[1].ID {
		t.Errorf("the rest: %+v", rest)
	}
	auditor.refused("invalid_cursor", "GET", "/v1/console/books/accounts?kind=merchant&cursor="+*first.NextCursor, nil)
}

// Books that don't add up are told by name: a payment whose escrow is gone.
func TestBooksThatDoNotAddUpSayWhere(t *testing.T) {
	b := adding{rows: map[rowKey]*BookRow{}, escrow: map[ledger.AccountID]money.Amount{}, held: map[ledger.AccountID]money.Amount{}}
	b.add(ledger.Account{ID: ledger.Of(ledger.User, 2088000000000012, wallet), Balance: 100})
	b.add(ledger.Account{ID: ledger.Of(ledger.Escrow, 2088800000000016, wallet), Balance: 50})
	b.add(ledger.Account{ID: ledger.Of(ledger.ClientFunds, 1, wallet), Balance: 120})
	for _, c := range b.checks() {
		if fine := c.Name == "held_equals_open_holds"; c.OK != fine {
			t.Errorf("%s: %t, %s", c.Name, c.OK, c.Detail)
		}
	}
}

func TestWhatABankHasNotAnsweredIsListed(t *testing.T) {
	h := openHouse(t)
	buyer, agent := h.somebody(100), h.clerk(party.Agent)
	h.bank.mu.Lock()
	h.bank.next = []bank.Answer{{Outcome: bank.Unknown, Detail: "still at it"}}
	h.bank.mu.Unlock()
	id := buyer.do(201, "POST", "/v1/withdrawals", map[string]any{"card_id": buyer.card, "amount": 10_00, "currency": "CNY", "payment_password": paymentPassword}).id()
	if _, err := h.desk.AskBank(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	page := decode[Page[Unknown]](t, agent.do(200, "GET", "/v1/console/unknowns", nil))
	if len(page.Data) != 1 || page.Data[0].ID != id || page.Data[0].Kind != "withdrawal" || page.Data[0].NextCheckAt == 0 {
		t.Errorf("unknowns: %+v", page)
	}
	if file := decode[AccountFile](t, agent.do(200, "GET", "/v1/console/accounts/"+ledger.Of(ledger.User, buyer.id, wallet).String(), nil)); len(file.Holds) != 1 || file.Holds[0].Rest != 10_00 || file.Held != 10_00 {
		t.Errorf("holds: %+v", file)
	}
}

func TestAnAuditorSeesEverythingAndChangesNothing(t *testing.T) {
	h := openHouse(t)
	runner := h.withJobs()
	shop, buyer, auditor, admin := h.shop(), h.somebody(500), h.clerk(party.Auditor), h.clerk(party.Admin)
	payment := h.paid(shop, buyer, 128_00)
	shop.do(201, "POST", "/v1/payments", h.order(5_00)) // can be paid until a deadline
	list, err := runner.List(context.Background(), "")
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	job := url.PathEscape(list[0].ID)

	for _, path := range []string{"/search?q=x", "/people/" + idText(buyer.id), "/merchants/" + idText(shop.id), "/accounts/" + ledger.Of(ledger.Escrow, shop.id, wallet).String(),
		"/entries?account=" + ledger.Of(ledger.Escrow, shop.id, wallet).String(), "/commands/1", "/jobs", "/books", "/books/accounts?kind=user", "/system", "/unknowns", "/audit"} {
		auditor.do(200, "GET", "/v1/console"+path, nil)
		for _, other := range []*actor{shop, buyer} {
			if got := h.serve(other.request("GET", "/v1/console"+path, nil)); got.code() != "forbidden" {
				t.Errorf("%s for somebody outside: %d %s", path, got.status, got.body)
			}
		}
		if got := h.serve((&actor{h: h}).request("GET", "/v1/console"+path, nil)); got.code() != "unauthenticated" {
			t.Errorf("%s for nobody: %d %s", path, got.status, got.body)
		}
	}

	dispute := buyer.do(201, "POST", "/v1/payments/"+payment+"/request-refund", map[string]any{"amount": 128_00, "reason": "too late"}).id()
	before := h.books()
	auditor.refused("forbidden", "POST", "/v1/console/jobs/"+job+"/run", nil)
	h.clerk(party.Agent).refused("forbidden", "POST", "/v1/console/jobs/"+job+"/run", nil)
	for _, act := range []struct {
		path string
		body any
	}{
		{"/v1/disputes/" + dispute + "/arbitrate", map[string]any{"to_buyer": 1, "reason": "x"}},
		{"/v1/disputes/" + dispute + "/assign", map[string]any{}},
		{"/v1/disputes/" + dispute + "/evidence", map[string]any{"text": "x"}},
		{"/v1/payments/" + payment + "/close", map[string]any{}},
		{"/v1/refunds", map[string]any{"payment_id": payment, "amount": 1}},
		{"/v1/transfers", map[string]any{"to": map[string]any{"user_id": idText(buyer.id)}, "amount": 1, "currency": "CNY"}},
	} {
		auditor.refused("forbidden", "POST", act.path, act.body)
	}
	if h.books() != before {
		t.Error("an auditor moved money")
	}
	admin.refused("deadline_not_reached", "POST", "/v1/console/jobs/"+job+"/run", nil)
	admin.refused("not_found", "POST", "/v1/console/jobs/no%2Fsuch/run", nil)
}

// withJobs gives the door jobs that run only when told to.
func (h *house) withJobs() *jobs.Runner {
	h.t.Helper()
	whole, ok := h.engine.Store().(store.Store)
	if !ok {
		h.t.Fatal("the engine's store is not whole")
	}
	runner := jobs.New(jobs.Options{Store: whole, Desk: h.desk, Clock: clock.Standing(h.now())})
	opt := h.options()
	opt.Jobs = runner
	h.door = New(opt)
	return runner
}

func TestTheAuditListTellsOfPasswordsAndRights(t *testing.T) {
	h := openHouse(t)
	buyer, auditor := h.somebody(0), h.clerk(party.Auditor)
	for i := range 5 {
		code := "payment_password_wrong"
		if i == 5 {
			code = "payment_password_locked"
		}
		buyer.refused(code, "POST", "/v1/me/payment-password", map[string]any{"payment_password": "370148", "old_payment_password": "999999"})
	}
	buyer.refused("payment_password_locked", "POST", "/v1/me/payment-password", map[string]any{"payment_password": "370148", "old_payment_password": "999999"})

	var names []string
	cursor := ""
	for {
		page := decode[Page[Audited]](t, auditor.do(200, "GET", "/v1/console/audit?limit=3&cursor="+cursor, nil))
		for _, a := range page.Data {
			name := a.Name
			if a.Refused != nil {
				name += " " + *a.Refused
			}
			names = append(names, name)
		}
		if page.NextCursor == nil {
			break
		}
		cursor = *page.NextCursor
	}
	got := strings.Join(names, ", ")
	for _, want := range []string{"take_payment_try payment_password_locked", "set_payment_password", "verify_identity", "add_card", "create_operator"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not among %s", want, got)
		}
	}
	if strings.Contains(got, "sign_up") {
		t.Errorf("what is no concern of an auditor is listed: %s", got)
	}
}

func TestTheSystemPageTellsOfTheLastMinute(t *testing.T) {
	h := openHouse(t)
	auditor := h.clerk(party.Auditor)
	for i := range 2 {
		head, err := h.engine.Store().Head(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		h.door.lookout.sample(head, time.Now().Add(time.Duration(i)*time.Second))
		h.somebody(10)
	}
	h.door.examine(t.Context())
	system := decode[System](t, auditor.do(200, "GET", "/v1/console/system", nil))
	if system.Server != "pay-1-q3k9x2ab" || system.Servers == nil || time.Since(time.UnixMilli(int64(system.AsOf))) > time.Hour {
		t.Errorf("the server: %+v", system)
	}
	if system.Store != "pebblestore" || system.HeadPosition == 0 || system.Queue < 1 || system.BatchSize < 1 || system.Mode != "test" {
		t.Errorf("system: %+v", system)
	}
	if len(system.Series) != 1 || system.RatePerSecond <= 0 {
		t.Errorf("series: %+v at %f", system.Series, system.RatePerSecond)
	}
}

func TestPeopleAndMerchantsAreShownWithWhatIsTheirs(t *testing.T) {
	h := openHouse(t)
	shop, buyer, agent := h.shop(), h.somebody(500), h.clerk(party.Agent)
	person := decode[PersonFile](t, agent.do(200, "GET", "/v1/console/people/"+idText(buyer.id), nil))
	if person.Tier != "III" || *person.NameMasked != "王**" || len(person.Accounts) != 1 || person.Accounts[0].Balance != 500_00 || len(person.Cards) != 1 || len(person.Devices) != 1 {
		t.Errorf("person: %+v", person)
	}
	merchant := decode[MerchantFile](t, agent.do(200, "GET", "/v1/console/merchants/"+idText(shop.id), nil))
	if merchant.Name != "Lane Market" || len(merchant.Accounts) != 2 || len(merchant.Team) != 1 || len(merchant.Keys) != 1 {
		t.Errorf("merchant: %+v", merchant)
	}
	for _, id := range []string{"0", "x", "2088000000009999", "99999999999999999999999"} {
		agent.refused("not_found", "GET", "/v1/console/people/"+id, nil)
		agent.refused("not_found", "GET", "/v1/console/merchants/"+id, nil)
		agent.refused("not_found", "GET", "/v1/console/commands/"+id+"-", nil)
		agent.refused("account_not_found", "GET", "/v1/console/accounts/"+id, nil)
	}
}
