// Package pretend is an imitation of Tongbao, as small as the shop's use of it:
// it makes payments, remembers idempotency keys, signs webhooks, and can lose
// an answer on request. The shop's tests run against it, and so can its screens
// while somebody works on them. Money means nothing here.
package pretend

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Tongbao is the imitation, as an http.Handler.
type Tongbao struct {
	URL   string
	Ahead time.Duration // of the machine's clock, as the sandbox's can be; set it before serving

	mu        sync.Mutex
	merchants map[string]Merchant // by API key
	endpoints map[string]Endpoint // by merchant
	payments  map[string]*Payment
	answers   map[string]kept // by merchant and idempotency key
	events    int
	lose      Loss
	seen      []string // "POST /v1/payments", …
	mux       *http.ServeMux
}

func (t *Tongbao) now() time.Time { return time.Now().Add(t.Ahead) }

type Merchant struct{ ID, Name, APIKey string }

type Endpoint struct{ ID, URL, Secret string }

// Loss is how each POST fails, until it is changed: not done, or done but the
// answer is lost. Down fails everything.
type Loss int

const (
	Nothing Loss = iota
	BeforeDoing
	AfterDoing
	Down
)

type kept struct {
	request string
	status  int
	body    []byte
}

type Payment struct {
	ID         string         `json:"id"`
	OrderNo    string         `json:"order_no"`
	Merchant   map[string]any `json:"merchant"`
	Goods      string         `json:"goods"`
	Kind       string         `json:"kind"`
	Subject    string         `json:"subject"`
	Status     string         `json:"status"`
	Amount     int64          `json:"amount"`
	Currency   string         `json:"currency"`
	InEscrow   int64          `json:"in_escrow"`
	Refunded   int64          `json:"refunded"`
	CreatedAt  time.Time      `json:"created_at"`
	PayBy      time.Time      `json:"pay_by"`
	PaidAt     *time.Time     `json:"paid_at"`
	ShippedAt  *time.Time     `json:"shipped_at"`
	ConfirmBy  *time.Time     `json:"confirm_by"`
	FinishedAt *time.Time     `json:"finished_at"`
	ClosedAt   *time.Time     `json:"closed_at"`
	RefundBy   *time.Time     `json:"refund_by"`
	Shipment   map[string]any `json:"shipment,omitempty"`
	Dispute    map[string]any `json:"dispute,omitempty"`
	Refunds    []any          `json:"refunds"`
	CashierURL string         `json:"cashier_url"`
	ReturnURL  string         `json:"return_url"`
}

// New makes an imitation that will be reached at url.
func New(url string) *Tongbao {
	t := &Tongbao{URL: url, merchants: map[string]Merchant{}, endpoints: map[string]Endpoint{}, payments: map[string]*Payment{}, answers: map[string]kept{}, mux: http.NewServeMux()}
	t.mux.HandleFunc("POST /v1/payments", t.post(t.create))
	t.mux.HandleFunc("POST /v1/payments/{id}/close", t.post(t.close))
	t.mux.HandleFunc("POST /v1/shipments", t.post(t.ship))
	t.mux.HandleFunc("POST /v1/webhook-endpoints", t.post(t.endpoint))
	t.mux.HandleFunc("GET /v1/webhook-endpoints", t.listEndpoints)
	t.mux.HandleFunc("PATCH /v1/webhook-endpoints/{id}", t.moveEndpoint)
	t.mux.HandleFunc("GET /v1/payments/{id}", t.get)
	t.mux.HandleFunc("GET /wallet/", t.page)
	t.mux.HandleFunc("POST /wallet/", t.press)
	return t
}

// Merchant adds a merchant, or answers the one there is.
func (t *Tongbao) Merchant(id, name string) Merchant {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := Merchant{id, name, "sk_test_" + id}
	t.merchants[m.APIKey] = m
	return m
}

// Lose says how POSTs fail from now on. It is a state and not a single stumble,
// since Go's HTTP client tries again by itself where it sees an Idempotency-Key.
func (t *Tongbao) Lose(l Loss) { t.mu.Lock(); defer t.mu.Unlock(); t.lose = l }

// Seen answers the requests so far, and Payments the payments.
func (t *Tongbao) Seen() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string{}, t.seen...)
}

func (t *Tongbao) Payments() []Payment {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []Payment
	for _, p := range t.payments {
		list = append(list, *p)
	}
	return list
}

// Endpoint answers where a merchant's webhooks go.
func (t *Tongbao) Endpoint(merchant string) (Endpoint, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.endpoints[merchant]
	return e, ok
}

// Do changes a payment as a buyer, a seller or an operator would, and tells the
// merchant by webhook, which it answers the status of (0: nobody to tell).
func (t *Tongbao) Do(id, what string) (int, error) {
	t.mu.Lock()
	p := t.payments[id]
	if p == nil {
		t.mu.Unlock()
		return 0, fmt.Errorf("pretend: no payment %s", id)
	}
	event := t.change(p, what)
	t.events++
	event["id"] = fmt.Sprintf("evt_%d", t.events)
	body, _ := json.Marshal(event)
	e, ok := t.endpoints[p.Merchant["id"].(string)]
	t.mu.Unlock()
	if !ok {
		return 0, nil
	}
	return Deliver(e, fmt.Sprintf("msg_%s_%s_%v", id, what, event["id"]), t.now(), body)
}

func (t *Tongbao) change(p *Payment, what string) map[string]any {
	now := t.now().UTC()
	kind, data := "payment."+what, any(nil)
	switch what {
	case "paid":
		p.Status, p.PaidAt, p.InEscrow = "WAIT_SELLER_SEND_GOODS", &now, p.Amount
	case "shipped":
		by := now.AddDate(0, 0, 10)
		p.Status, p.ShippedAt, p.ConfirmBy = "WAIT_BUYER_CONFIRM_GOODS", &now, &by
		if p.Shipment == nil {
			p.Shipment = map[string]any{"carrier": "顺丰速运 SF Express", "tracking_no": "SF1402558830916", "shipped_at": now}
		}
	case "finished":
		until := now.AddDate(0, 3, 0)
		p.Status, p.FinishedAt, p.RefundBy, p.InEscrow = "TRADE_FINISHED", &now, &until, 0
		if p.Dispute != nil {
			p.Dispute["status"] = "REFUND_CLOSED"
		}
	case "refunded":
		kind = "refund.created"
		p.Status, p.ClosedAt, p.InEscrow, p.Refunded = "TRADE_CLOSED", &now, 0, p.Amount
		p.Refunds = append(p.Refunds, map[string]any{"id": "rf_1", "amount": p.Amount, "reason": "Arrived broken", "by": "buyer_request", "at": now})
		if p.Dispute != nil {
			p.Dispute["status"] = "REFUND_SUCCESS"
		}
		data = map[string]any{"id": "rf_1", "payment_id": p.ID, "amount": p.Amount}
	case "disputed":
		kind = "dispute.opened"
		p.Dispute = map[string]any{"id": "dp_1", "kind": "dispute", "status": "WAIT_SELLER_AGREE", "claim_amount": p.Amount, "opened_at": now, "answer_by": now.AddDate(0, 0, 3)}
		data = map[string]any{"id": "dp_1", "payment_id": p.ID}
	case "closed":
		p.Status, p.ClosedAt = "TRADE_CLOSED", &now
	}
	if data == nil {
		data = *p
	}
	return map[string]any{"type": kind, "at": now, "data": data}
}

// Deliver posts a webhook, signed as the Standard Webhooks specification says.
func Deliver(e Endpoint, id string, at time.Time, body []byte) (int, error) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(e.Secret, "whsec_"))
	if err != nil {
		return 0, err
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	return Post(e.URL, id, stamp, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), body)
}

// Post posts a webhook with whatever signature.
func Post(url, id, stamp, signature string, body []byte) (int, error) {
	req, err := http.NewRequest("POST", url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", stamp)
	req.Header.Set("webhook-signature", signature)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	return res.StatusCode, nil
}

func (t *Tongbao) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	down := t.lose == Down
	t.seen = append(t.seen, r.Method+" "+r.URL.Path)
	t.mu.Unlock()
	if down {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Tongbao-Now", t.now().UTC().Format(time.RFC3339Nano))
	t.mux.ServeHTTP(w, r)
}

// act does something under the lock and answers a status and a body.
type act func(m Merchant, r *http.Request, in map[string]any) (int, any)

// post wraps an act in what every POST has: a key, an Idempotency-Key, and the
// chance to fail in either of two ways.
func (t *Tongbao) post(do act) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		t.mu.Lock()
		defer t.mu.Unlock()
		m, ok := t.merchant(r)
		key := r.Header.Get("Idempotency-Key")
		if !ok || key == "" {
			problem(w, 401, "invalid_key")
			return
		}
		lose := t.lose
		if lose == BeforeDoing {
			panic(http.ErrAbortHandler)
		}
		request := r.URL.Path + "\n" + string(body)
		k, repeat := t.answers[m.ID+" "+key]
		if repeat && k.request != request {
			problem(w, 409, "idempotency_conflict")
			return
		}
		if !repeat {
			var in map[string]any
			json.Unmarshal(body, &in)
			status, out := do(m, r, in)
			text, _ := json.Marshal(out)
			k = kept{request, status, text}
			if status < 300 {
				t.answers[m.ID+" "+key] = k
			}
		}
		if lose == AfterDoing {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		if repeat {
			w.Header().Set("Idempotency-Replayed", "true")
		}
		w.WriteHeader(k.status)
		w.Write(k.body)
	}
}

func (t *Tongbao) merchant(r *http.Request) (Merchant, bool) {
	m, ok := t.merchants[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	return m, ok
}

func refusal(code string) map[string]any { return map[string]any{"code": code, "detail": code} }

func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(refusal(code))
}

func (t *Tongbao) create(m Merchant, r *http.Request, in map[string]any) (int, any) {
	now := t.now().UTC()
	amount, _ := in["amount"].(float64)
	p := &Payment{
		ID: fmt.Sprintf("%s%020d", now.Format("20060102"), len(t.payments)+1), Merchant: map[string]any{"id": m.ID, "name": m.Name},
		Status: "WAIT_BUYER_PAY", Amount: int64(amount), CreatedAt: now, PayBy: now.Add(30 * time.Minute), Refunds: []any{},
	}
	p.OrderNo, _ = in["order_no"].(string)
	p.Goods, _ = in["goods"].(string)
	p.Kind, _ = in["kind"].(string)
	p.Subject, _ = in["subject"].(string)
	p.Currency, _ = in["currency"].(string)
	p.ReturnURL, _ = in["return_url"].(string)
	for _, other := range t.payments {
		if other.Merchant["id"] == m.ID && other.OrderNo == p.OrderNo {
			return 409, refusal("order_no_taken")
		}
	}
	p.CashierURL = t.URL + "/wallet/cashier/" + p.ID
	t.payments[p.ID] = p
	return 201, *p
}

// own finds the merchant's payment; another's is not there.
func (t *Tongbao) own(m Merchant, id string) *Payment {
	if p := t.payments[id]; p != nil && p.Merchant["id"] == m.ID {
		return p
	}
	return nil
}

func (t *Tongbao) close(m Merchant, r *http.Request, in map[string]any) (int, any) {
	p := t.own(m, r.PathValue("id"))
	switch {
	case p == nil:
		return 404, refusal("payment_not_found")
	case p.Status != "WAIT_BUYER_PAY":
		return 409, refusal("payment_state_refused")
	}
	t.change(p, "closed")
	return 200, *p
}

func (t *Tongbao) ship(m Merchant, r *http.Request, in map[string]any) (int, any) {
	id, _ := in["payment_id"].(string)
	p := t.own(m, id)
	switch {
	case p == nil:
		return 404, refusal("payment_not_found")
	case p.Status != "WAIT_SELLER_SEND_GOODS":
		return 409, refusal("payment_state_refused")
	}
	p.Shipment = map[string]any{"carrier": in["carrier"], "tracking_no": in["tracking_no"]}
	t.change(p, "shipped")
	return 201, map[string]any{"id": "sh_" + p.ID, "payment_id": p.ID}
}

func (t *Tongbao) endpoint(m Merchant, r *http.Request, in map[string]any) (int, any) {
	url, _ := in["url"].(string)
	key := make([]byte, 32)
	rand.Read(key)
	e := Endpoint{ID: "we_" + m.ID, URL: url, Secret: "whsec_" + base64.StdEncoding.EncodeToString(key)}
	t.endpoints[m.ID] = e
	return 201, map[string]any{"id": e.ID, "url": e.URL, "secret": e.Secret, "enabled": true}
}

func (t *Tongbao) moveEndpoint(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m, ok := t.merchant(r)
	e, there := t.endpoints[m.ID]
	if !ok || !there || e.ID != r.PathValue("id") {
		problem(w, 404, "not_found")
		return
	}
	var in struct {
		URL string `json:"url"`
	}
	json.NewDecoder(r.Body).Decode(&in)
	e.URL = in.URL
	t.endpoints[m.ID] = e
	json.NewEncoder(w).Encode(map[string]any{"id": e.ID, "url": e.URL, "enabled": true})
}

func (t *Tongbao) listEndpoints(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m, ok := t.merchant(r)
	if !ok {
		problem(w, 401, "invalid_key")
		return
	}
	list := []any{}
	if e, there := t.endpoints[m.ID]; there {
		list = append(list, map[string]any{"id": e.ID, "url": e.URL, "enabled": true})
	}
	json.NewEncoder(w).Encode(map[string]any{"data": list, "next_cursor": nil})
}

func (t *Tongbao) get(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m, _ := t.merchant(r)
	p := t.own(m, r.PathValue("id"))
	if p == nil {
		problem(w, 404, "payment_not_found")
		return
	}
	json.NewEncoder(w).Encode(p)
}

// page stands for cashier and wallet: a button for each thing that can happen.
func (t *Tongbao) page(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	p := t.payments[id]
	if p == nil {
		http.NotFound(w, r)
		return
	}
	fmt.Fprintf(w, `<!doctype html><meta name=viewport content="width=device-width"><title>Pretend Tongbao</title><body style="font:18px system-ui;margin:2em"><h1>%s</h1><p>%d.%02d %s, %s<form method=post>`,
		html.EscapeString(p.Subject), p.Amount/100, p.Amount%100, html.EscapeString(p.Currency), p.Status)
	for _, what := range []string{"paid", "shipped", "disputed", "refunded", "finished", "closed"} {
		fmt.Fprintf(w, `<p><button name=do value=%s style="font:inherit;padding:.6em 2em">%s</button>`, what, what)
	}
	fmt.Fprintf(w, `</form><p><a href="%s">back to the shop</a>`, html.EscapeString(p.ReturnURL))
}

func (t *Tongbao) press(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	what := r.FormValue("do")
	if _, err := t.Do(id, what); err != nil {
		http.Error(w, err.Error(), 500)
		return
	}
	t.mu.Lock()
	back := t.payments[id].ReturnURL
	t.mu.Unlock()
	if what != "paid" {
		back = r.URL.Path
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}
