package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/clock"
	"tongbao/internal/engine"
	"tongbao/internal/jobs"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/trade"
	"tongbao/internal/webhook"
)

// A refusal is kept under its command's id. So what must come again needs another id
// than one that may have been refused before.

// fanAll makes the deliveries of all events.
func (w *world) fanAll() {
	w.t.Helper()
	for {
		reached, err := w.hooks.FanOut(w.t.Context())
		w.must(err)
		if reached >= w.head() {
			return
		}
	}
}

// A server claims an attempt that has become needless since it looked. The delivery is
// sent again by hand later, and by any server.
func TestAWebhookIsSentAgainAfterAClaimThatWasRefused(t *testing.T) {
	w := open(t, 0)
	merchant := w.merchant()
	r := receive(t, w)
	w.endpoint(merchant, r)
	w.opened(merchant, 100)
	w.fanAll()
	read := func() webhook.Delivery { return w.only(webhook.Filter{Merchant: merchant}) }
	attempt := func(s *webhook.Service) {
		d := read()
		w.must(s.Attempt(t.Context(), d.ID, d.Next))
	}
	server := func(name string, between func()) *webhook.Service {
		return webhook.New(webhook.Options{Engine: w.engine, Wall: w.clock.Now, Server: name, Render: func(ctx context.Context, e pay.Event) (json.RawMessage, error) {
			between() // it has read the delivery, and claims it next
			return render(ctx, e)
		}})
	}
	stall := make(chan struct{})
	r.mu.Lock()
	r.stall = stall
	r.mu.Unlock()
	east := make(chan error, 1)
	d := read()
	go func() { east <- w.hooks.Attempt(t.Context(), d.ID, d.Next) }()
	w.eventually("east has claimed", func() bool { return read().Claims == 1 })
	w.pass(31 * time.Second) // its claim is over, and it goes on
	attempt(server("west", func() {
		close(stall)
		r.mu.Lock()
		r.stall = nil
		r.mu.Unlock()
		w.must(<-east)
	}))
	if d := read(); d.State != webhook.Delivered || d.Next != 0 {
		t.Fatalf("it was not delivered before west's claim: %+v", d)
	}

	heard := func() int { r.mu.Lock(); defer r.mu.Unlock(); return r.heard[d.Event] }
	before := heard()
	_, err := w.hooks.Resend(t.Context(), asks, "again", merchant, d.ID)
	w.must(err)
	attempt(server("third", func() {}))
	if heard() != before+1 {
		t.Errorf("sent again by hand, it was heard %d times, and before %d: %+v", heard(), before, read())
	}
}

func TestANoticeIsSentAgainAfterAClaimThatWasRefused(t *testing.T) {
	w := open(t, 0)
	var posts atomic.Int32
	goOn, claimed := make(chan struct{}), make(chan struct{})
	server := func(between func()) *notify.Service {
		return notify.Open(notify.Options{Engine: w.engine,
			Of: func(context.Context, *store.Entry, *pay.Event) ([]notify.New, error) { return nil, nil },
			Sign: func(context.Context, string, wire.SignType, string) (string, bool, error) {
				between()
				return "signed", true, nil
			},
			Post: func(*http.Request) webhook.Attempt {
				if posts.Add(1) == 1 {
					close(claimed)
					<-goOn
				}
				return webhook.Attempt{Status: http.StatusOK, Answer: "success"}
			}})
	}
	east := server(func() {})
	w.must(east.Make(t.Context(), asks, "cause", notify.New{App: "app", Merchant: 1, URL: "http://localhost/", Type: "trade_status_sync", Charset: wire.UTF8, SignType: wire.RSA2}))
	id := notify.ID("cause", 0)
	attempt := func(s *notify.Service) error {
		n, _, err := notify.Notices.Read(t.Context(), w.store, id)
		w.must(err)
		return s.Attempt(t.Context(), "app/"+id, n.Next)
	}
	done := make(chan error, 1)
	go func() { done <- attempt(east) }()
	<-claimed
	w.pass(31 * time.Second)
	w.must(attempt(server(func() { close(goOn); w.must(<-done) })))
	_, err := east.Resend(t.Context(), asks, "again", 1, id)
	w.must(err)
	w.must(attempt(server(func() {})))
	if n := posts.Load(); n != 2 {
		t.Errorf("it was sent %d times: once by itself and once again by hand", n)
	}
}

// between is a store in which something happens just after a record was read, once.
type between struct {
	store.Store
	key   store.Key
	after func()
}

func (b *between) Record(ctx context.Context, k store.Key) (store.Record, bool, error) {
	r, ok, err := b.Store.Record(ctx, k)
	if k == b.key && b.after != nil {
		act := b.after
		b.after = nil
		act()
	}
	return r, ok, err
}

// A payment's time to be paid ends while its buyer is just being bound to it.
func TestADeadlineComesAgainForAPaymentThatHasABuyerNow(t *testing.T) {
	w := open(t, 0)
	merchant := w.merchant()
	now := noon
	b := &between{Store: w.store}
	w.engine.Close()
	var err error
	w.engine, err = engine.New(t.Context(), b, engine.Options{Now: func() time.Time { return now }})
	w.must(err)
	desk := pay.New(w.engine, w.who, pay.Options{})
	opened, _, err := desk.Open(t.Context(), asks, "o1", pay.Asked{Order: trade.Order{OrderNo: "o1", Merchant: merchant, Kind: trade.Escrow, Goods: trade.Physical, Subject: "tea", Amount: 5_000_00, Currency: cny}})
	w.must(err)
	payBy := time.UnixMilli(int64(opened.PayBy))
	now = payBy.Add(-2 * time.Millisecond)
	code, err := desk.IssueCode(t.Context(), asks, "code", buyer, false)
	w.must(err)
	b.key = pay.Trades.Key(opened.ID)
	b.after = func() {
		now = payBy.Add(-time.Millisecond)
		_, asked, err := desk.PayByCode(t.Context(), asks, "by code", opened.ID, code.Digits)
		w.must(err)
		if !asked.StepUp {
			t.Fatal("it was paid, and not only bound to its buyer")
		}
		now = payBy
	}
	_, first := desk.Deadline(t.Context(), opened.ID, int64(opened.PayBy))
	closed, err := desk.Deadline(t.Context(), opened.ID, int64(opened.PayBy))
	if err != nil || closed.Status != trade.TradeClosed {
		t.Errorf("after its time the payment is %s: first %v, then %v", closed.Status, first, err)
	}
}

// A bank says unasked that it has paid what it had refused. The money is gone by then;
// once there is enough again the books follow the bank.
func TestALateYesIsBookedOnceThereIsEnough(t *testing.T) {
	w := open(t, 1)
	owner := w.merchant()
	w.topUp(owner, 100_00)
	first := w.begin("out", owner, "0008", 100_00)
	w.idle()
	if got := w.order(first.ID).Status; got != pay.BankRefused {
		t.Fatal(got)
	}
	w.begin("out", owner, "1234", 100_00)
	w.idle()
	if err := w.bank.SpeakUp(t.Context(), w.hear); err == nil {
		t.Fatal("a yes was booked that there was no money for")
	}
	w.topUp(owner, 500_00)
	w.pass(time.Hour)
	w.must(w.bank.SpeakUp(t.Context(), w.hear))
	w.atBank(400_00)
}

// More timers are due than a look reads, and can't be started, since their merchant's
// endpoint takes its time. Another merchant hears of what is its.
func TestOneMerchantsDeliveriesDoNotHideAnothers(t *testing.T) {
	if testing.Short() {
		t.Skip("opens 8,300 payments")
	}
	w := open(t, 0)
	slow, other := w.merchant(), w.merchant()
	r1, r2 := receive(t, w), receive(t, w)
	r1.stall = make(chan struct{})
	w.endpoint(slow, r1, pay.PaymentCreated)
	w.endpoint(other, r2, pay.PaymentCreated)
	var all []pay.ToOpen
	for range 8300 {
		key := w.key("open")
		all = append(all, pay.ToOpen{Key: key, Asked: pay.Asked{Order: trade.Order{OrderNo: key, Merchant: slow, Kind: trade.Escrow, Goods: trade.Physical, Subject: "tea", Amount: 100, Currency: cny}}})
	}
	for _, o := range w.desk.OpenAll(t.Context(), asks, all, nil) {
		w.must(o.Err)
	}
	w.fanAll()
	w.pass(time.Second)
	w.opened(other, 100)
	defer close(r1.stall)
	w.restart(1)
	w.eventually("the other merchant hears", func() bool {
		r2.mu.Lock()
		defer r2.mu.Unlock()
		return len(r2.heard) == 1
	})
}

// unread is a store that can't read the clock's record, once.
type unread struct {
	store.Store
	fail atomic.Bool
}

func (u *unread) Record(ctx context.Context, k store.Key) (store.Record, bool, error) {
	if k.Kind == "clock" && u.fail.CompareAndSwap(true, false) {
		return store.Record{}, false, errors.New("the connection was lost")
	}
	return u.Store.Record(ctx, k)
}

func TestAnAdvancedClockIsFollowedThoughItsReadingFailedOnce(t *testing.T) {
	w := open(t, 0)
	other := clock.Standing(noon)
	u := &unread{Store: w.store}
	r := jobs.New(jobs.Options{Store: u, Desk: w.desk, Webhooks: w.hooks, Clock: other})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	defer running.Wait()
	defer stop()
	u.fail.Store(true)
	_, err := w.clock.Advance(t.Context(), w.engine, asks, "a day", day)
	w.must(err)
	w.eventually("the other server's clock is where it was advanced to", func() bool { return other.Now().Equal(noon.Add(day)) })
	if u.fail.Load() {
		t.Error("nothing failed")
	}
}
