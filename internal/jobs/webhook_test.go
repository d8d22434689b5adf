package jobs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
	"tongbao/internal/webhook"
)

// receiver is a merchant's program: it verifies what arrives by its own clock,
// keeps the ids, and does as it is told.
type receiver struct {
	*httptest.Server
	now func() time.Time

	mu      sync.Mutex
	secret  string
	status  int
	heard   map[string]int // by webhook-id
	types   []string
	refused []error
	last    *http.Request
	body    []byte
	stall   chan struct{}
}

func receive(t *testing.T, w *world) *receiver {
	r := &receiver{heard: map[string]int{}, status: http.StatusOK, now: func() time.Time { return w.clock.Now() }}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	stall := r.stall
	r.mu.Unlock()
	if stall != nil {
		<-stall
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.body = request, body
	if err := webhook.Verify(r.secret, request.Header, body, r.now()); err != nil {
		r.refused = append(r.refused, err)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.status == http.StatusOK {
		var message struct{ ID, Type string }
		_ = json.Unmarshal(body, &message)
		if r.heard[message.ID]++; r.heard[message.ID] == 1 {
			r.types = append(r.types, message.Type)
		}
	}
	if r.status == http.StatusFound {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, "as you say")
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// endpoint registers the receiver.
func (w *world) endpoint(merchant uint64, r *receiver, types ...string) webhook.Endpoint {
	w.t.Helper()
	e, err := w.hooks.Create(w.t.Context(), asks, w.key("endpoint"), merchant, webhook.NewEndpoint{URL: r.URL + "/hook", Types: types})
	w.must(err)
	r.mu.Lock()
	r.secret = e.Secret.Reveal().Reveal()
	r.mu.Unlock()
	return e
}

func (w *world) deliveries(f webhook.Filter) []webhook.Delivery {
	w.t.Helper()
	list, _, err := w.hooks.DeliveryList(w.t.Context(), f, "", 100)
	w.must(err)
	return list
}

func (w *world) only(f webhook.Filter) webhook.Delivery {
	w.t.Helper()
	list := w.deliveries(f)
	if len(list) != 1 {
		w.t.Fatalf("%d deliveries, want one: %+v", len(list), list)
	}
	return list[0]
}

func TestAMerchantHearsOfItsPayments(t *testing.T) {
	w := open(t, 1)
	merchant, other := w.merchant(), w.merchant()
	r, all := receive(t, w), receive(t, w)
	w.topUp(buyer, 100_00)
	w.opened(merchant, 100) // before there is an endpoint
	w.endpoint(merchant, r, pay.PaymentPaid, pay.PaymentShipped)
	w.endpoint(merchant, all)
	w.shipped(merchant, 100_00)
	w.opened(other, 100) // somebody else's
	w.idle()
	slices.Sort(r.types)
	slices.Sort(all.types)
	if want := []string{pay.PaymentPaid, pay.PaymentShipped}; !slices.Equal(r.types, want) {
		t.Errorf("it heard %v, want %v", r.types, want)
	}
	if want := []string{pay.PaymentCreated, pay.PaymentPaid, pay.PaymentShipped}; !slices.Equal(all.types, want) {
		t.Errorf("it heard %v, want %v", all.types, want)
	}
	if len(r.refused)+len(all.refused) > 0 {
		t.Errorf("signatures were refused: %v %v", r.refused, all.refused)
	}
	for _, d := range w.deliveries(webhook.Filter{Merchant: merchant}) {
		if d.State != webhook.Delivered || len(d.Attempts) != 1 || d.Attempts[0].Status != 200 || d.Attempts[0].Answer != "as you say" {
			t.Errorf("delivery %+v", d)
		}
	}
	before := w.head()
	w.idle() // and nothing of this makes more of itself
	if after := w.head(); after != before {
		t.Errorf("the journal grew from %d to %d by itself", before, after)
	}
}

func (w *world) head() uint64 {
	w.t.Helper()
	head, err := w.store.Head(w.t.Context())
	w.must(err)
	return head.Position
}

// An endpoint that is down is tried by the schedule, each time at its moment,
// and a restart in the middle changes nothing.
func TestAnEndpointThatIsDownThenUp(t *testing.T) {
	w := open(t, 1)
	merchant := w.merchant()
	r := receive(t, w)
	w.endpoint(merchant, r)
	r.answer(http.StatusInternalServerError)
	w.opened(merchant, 100)
	w.idle()
	for i, wait := range []time.Duration{5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour} {
		d := w.only(webhook.Filter{Merchant: merchant})
		if d.State != webhook.Failed || len(d.Attempts) != i+1 || d.Next != w.clock.Now().Add(wait).UnixMilli() {
			t.Fatalf("after attempt %d: %+v", i+1, d)
		}
		if i == 2 {
			w.restart(1)
		}
		w.pass(wait - time.Millisecond)
		if got := len(w.only(webhook.Filter{Merchant: merchant}).Attempts); got != i+1 {
			t.Fatalf("attempt %d came early", got)
		}
		if i == 4 {
			r.answer(http.StatusOK)
		}
		w.pass(time.Millisecond)
	}
	d := w.only(webhook.Filter{Merchant: merchant, State: webhook.Delivered})
	if len(d.Attempts) != 6 || d.Next != 0 || r.heard[d.Event] != 1 {
		t.Errorf("in the end %+v, heard %v", d, r.heard)
	}
}

func TestAfterTheLastAttemptItIsGivenUpAndCanBeResent(t *testing.T) {
	w := open(t, 1)
	merchant := w.merchant()
	r := receive(t, w)
	w.endpoint(merchant, r)
	r.answer(http.StatusBadGateway)
	w.opened(merchant, 100)
	w.idle()
	for range 10 {
		w.pass(24 * time.Hour)
	}
	d := w.only(webhook.Filter{Merchant: merchant})
	if d.State != webhook.GivenUp || len(d.Attempts) != 11 || d.Next != 0 {
		t.Fatalf("after the schedule: %s, %d attempts", d.State, len(d.Attempts))
	}

	r.answer(http.StatusOK)
	if _, err := w.hooks.Resend(t.Context(), asks, "r", merchant+1, d.ID); refusal.Of(err) == nil {
		t.Errorf("somebody else resent it: %v", err)
	}
	for range 2 { // the same key is one resend
		_, err := w.hooks.Resend(t.Context(), asks, "resend", merchant, d.ID)
		w.must(err)
		w.idle()
	}
	if d = w.only(webhook.Filter{Merchant: merchant, Event: d.Event}); d.State != webhook.Delivered || r.heard[d.Event] != 1 {
		t.Errorf("resent: %s, heard %v", d.State, r.heard)
	}
	_, err := w.hooks.Resend(t.Context(), asks, "resend again", merchant, d.ID)
	w.must(err)
	w.idle()
	if r.heard[d.Event] != 2 {
		t.Errorf("what was delivered can be resent; it was heard %d times", r.heard[d.Event])
	}
}

func TestGoneDisablesTheEndpoint(t *testing.T) {
	w := open(t, 1)
	merchant := w.merchant()
	r := receive(t, w)
	e := w.endpoint(merchant, r)
	r.answer(http.StatusServiceUnavailable)
	w.opened(merchant, 100) // waits
	w.idle()
	r.answer(http.StatusGone)
	w.opened(merchant, 100)
	w.idle()
	e, err := w.hooks.Endpoint(t.Context(), merchant, e.ID)
	w.must(err)
	if e.Enabled || e.DisabledWhy == "" {
		t.Fatalf("after 410 the endpoint is enabled: %t (%s)", e.Enabled, e.DisabledWhy)
	}
	r.answer(http.StatusOK)
	w.pass(time.Minute)
	for _, d := range w.deliveries(webhook.Filter{Merchant: merchant}) {
		if d.State != webhook.GivenUp {
			t.Errorf("delivery %s is %s", d.ID, d.State)
		}
		if _, err := w.hooks.Resend(t.Context(), asks, w.key("resend"), merchant, d.ID); refusal.Of(err) == nil || refusal.Of(err).Code != refusal.EndpointDisabled {
			t.Errorf("resent to a disabled endpoint: %v", err)
		}
	}
	w.opened(merchant, 100)
	w.idle()
	if n := len(w.deliveries(webhook.Filter{Merchant: merchant})); n != 2 || len(r.heard) != 0 {
		t.Errorf("%d deliveries, %d heard", n, len(r.heard))
	}

	on := true
	_, err = w.hooks.Update(t.Context(), asks, w.key("update"), merchant, e.ID, webhook.Change{Enabled: &on})
	w.must(err)
	w.opened(merchant, 100)
	w.idle()
	if len(r.heard) != 1 {
		t.Errorf("enabled again, it heard %d", len(r.heard))
	}
}

func TestARedirectIsAFailure(t *testing.T) {
	w := open(t, 1)
	merchant := w.merchant()
	r := receive(t, w)
	w.endpoint(merchant, r)
	r.answer(http.StatusFound)
	w.opened(merchant, 100)
	w.idle()
	d := w.only(webhook.Filter{Merchant: merchant})
	if d.State != webhook.Failed || d.Attempts[0].Status != http.StatusFound || r.last.URL.Path != "/hook" {
		t.Errorf("%+v; the last request went to %s", d, r.last.URL.Path)
	}
}

// While a secret is replaced both sign; a day later the old one is nothing.
func TestBothSecretsSignForADay(t *testing.T) {
	w := open(t, 1)
	merchant := w.merchant()
	r := receive(t, w)
	e := w.endpoint(merchant, r)
	fresh, err := w.hooks.Rotate(t.Context(), asks, "rotate", merchant, e.ID)
	w.must(err)
	again, err := w.hooks.Rotate(t.Context(), asks, "rotate", merchant, e.ID)
	w.must(err)
	if fresh.Secret != again.Secret || fresh.Secret == e.Secret {
		t.Error("a repeated rotation must answer the first one's secret")
	}
	w.opened(merchant, 100)
	w.idle()
	if len(r.heard) != 1 {
		t.Fatalf("the old secret does not verify: %v", r.refused)
	}
	if err := webhook.Verify(fresh.Secret.Reveal().Reveal(), r.last.Header, r.body, w.clock.Now()); err != nil {
		t.Errorf("the new secret does not verify: %v", err)
	}
	w.pass(24 * time.Hour)
	w.opened(merchant, 100)
	w.idle()
	if len(r.refused) != 1 {
		t.Error("after a day the old secret still verifies")
	}
	// A message kept and sent again later is refused for its age.
	if err := webhook.Verify(fresh.Secret.Reveal().Reveal(), r.last.Header, r.body, w.clock.Now().Add(webhook.Tolerance+time.Second)); refusal.Of(err) == nil {
		t.Errorf("a replayed message was taken: %v", err)
	}
}

// Two servers and restarts: every event has one delivery to each endpoint, and
// each arrives.
func TestFanOutIsOnceInEffect(t *testing.T) {
	w := open(t, 2)
	merchant := w.merchant()
	r := receive(t, w)
	w.endpoint(merchant, r, pay.PaymentCreated)
	const each = 25
	for range 3 {
		for range each {
			w.opened(merchant, 100)
		}
		w.restart(2) // wherever they are
	}
	w.idle()
	w.pass(time.Minute) // what a stopped server had taken on comes back
	list := w.deliveries(webhook.Filter{Merchant: merchant})
	if len(list) != 3*each || len(r.heard) != 3*each {
		t.Errorf("%d deliveries, %d heard, want %d", len(list), len(r.heard), 3*each)
	}
	for _, d := range list {
		if d.State != webhook.Delivered {
			t.Errorf("delivery %+v", d)
		}
	}
}

// Nothing but new events reaches an endpoint that was made on an old journal.
func TestARestartWithoutACursorMakesNothingTwice(t *testing.T) {
	w := open(t, 1)
	merchant := w.merchant()
	r := receive(t, w)
	for range 5 {
		w.opened(merchant, 100)
	}
	w.idle()
	w.endpoint(merchant, r)
	w.restart(1)
	w.idle()
	if len(r.heard) != 0 {
		t.Errorf("it heard of %d events from before its time", len(r.heard))
	}
}

// An endpoint that never answers takes its own places and no others.
func TestASlowEndpointDelaysNoDeadline(t *testing.T) {
	w := open(t, 1)
	merchant, other := w.merchant(), w.merchant()
	slow, quick := receive(t, w), receive(t, w)
	slow.stall = make(chan struct{})
	answer := sync.OnceFunc(func() { close(slow.stall) })
	t.Cleanup(answer)
	w.endpoint(merchant, slow)
	w.endpoint(other, quick)
	w.topUp(buyer, 100)
	for range 20 {
		w.opened(merchant, 100)
	}
	id := w.shipped(other, 100).ID
	heard := func(n int) bool {
		quick.mu.Lock()
		defer quick.mu.Unlock()
		return len(quick.heard) == n
	}
	// What is on its way while the clock jumps would be refused for its age.
	eventually(t, func() bool { return heard(3) })
	_, err := w.clock.Advance(t.Context(), w.engine, asks, "ten days", 10*day)
	w.must(err)
	eventually(t, func() bool { return w.trade(id).Status == trade.TradeFinished && heard(4) })
	answer()
	w.idle()
}

// eventually waits for what no timer tells of.
func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			t.Fatal("it did not come true")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestATestEventGoesToItsEndpointAlone(t *testing.T) {
	w := open(t, 1)
	merchant := w.merchant()
	r, other := receive(t, w), receive(t, w)
	e := w.endpoint(merchant, r, pay.RefundCreated)
	w.endpoint(merchant, other)
	event, err := w.hooks.Trigger(t.Context(), asks, "trigger", merchant, e.ID, pay.PaymentPaid)
	w.must(err)
	w.idle()
	if r.heard[event.ID] != 1 || len(other.heard) != 0 {
		t.Errorf("heard %v and %v", r.heard, other.heard)
	}
	if _, err := w.hooks.Trigger(t.Context(), asks, "t2", merchant, e.ID, "payment.lost"); refusal.Of(err) == nil {
		t.Errorf("an unknown type: %v", err)
	}
}

func TestEndpointsAreTheMerchantsOwnAndNotTooMany(t *testing.T) {
	w := open(t, 0)
	merchant := w.merchant()
	create := func(key string) (webhook.Endpoint, error) {
		return w.hooks.Create(t.Context(), asks, key, merchant, webhook.NewEndpoint{URL: "https://shop.example.com/hook"})
	}
	first, err := create("1")
	w.must(err)
	again, err := create("1")
	w.must(err)
	if first.ID != again.ID || first.Secret != again.Secret {
		t.Error("the same key made two endpoints")
	}
	for i := 2; i <= webhook.MostEndpoints; i++ {
		_, err := create(string(rune('a' + i)))
		w.must(err)
	}
	if _, err := create("one more"); refusal.Of(err) == nil || refusal.Of(err).Code != refusal.EndpointLimitReached {
		t.Errorf("one more: %v", err)
	}
	stranger := merchant + 1
	for name, err := range map[string]error{
		"read":   second(w.hooks.Endpoint(t.Context(), stranger, first.ID)),
		"rotate": second(w.hooks.Rotate(t.Context(), asks, "x1", stranger, first.ID)),
		"update": second(w.hooks.Update(t.Context(), asks, "x2", stranger, first.ID, webhook.Change{})),
		"delete": w.hooks.Delete(t.Context(), asks, "x3", stranger, first.ID),
		"test":   second(w.hooks.Trigger(t.Context(), asks, "x4", stranger, first.ID, "")),
	} {
		if no := refusal.Of(err); no == nil || no.Code != refusal.NotFound {
			t.Errorf("%s by a stranger: %v", name, err)
		}
	}
	w.must(w.hooks.Delete(t.Context(), asks, "delete", merchant, first.ID))
	list, err := w.hooks.EndpointList(t.Context(), merchant)
	w.must(err)
	if len(list) != webhook.MostEndpoints-1 {
		t.Errorf("%d endpoints are left", len(list))
	}
	_, err = create("one more, now that there is room")
	w.must(err)
}

func second[T any](_ T, err error) error { return err }

// The secret stands in the endpoint's record and in nothing that anybody reads:
// not in what commands contain, and not where a program prints it.
func TestTheSecretIsNotInTheCommands(t *testing.T) {
	w := open(t, 0)
	e, err := w.hooks.Create(t.Context(), engine.By{Actor: "merchant"}, "k", w.merchant(), webhook.NewEndpoint{URL: "https://shop.example.com/"})
	w.must(err)
	entry, ok, err := w.store.Entry(t.Context(), "k")
	w.must(err)
	secret := e.Secret.Reveal().Reveal()
	if !ok || len(secret) < 38 || bytes.Contains(append(entry.Body, entry.Result...), []byte(secret)) {
		t.Error("the secret is among the command's contents")
	}
	if text := fmt.Sprintf("%v %+v %s", e, e, must(json.Marshal(e))); strings.Contains(text, secret) {
		t.Errorf("the secret was printed: %s", text)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
