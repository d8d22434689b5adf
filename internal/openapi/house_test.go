package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/alipay/calls"
	"tongbao/internal/alipay/notify"
	"tongbao/internal/bank"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/pebblestore"
	"tongbao/internal/refusal"
	"tongbao/internal/webhook"
)

const (
	loginPassword   = "correct horse battery"
	paymentPassword = "258036"
)

// house is a whole platform in a temp dir, with the door open.
type house struct {
	t        testing.TB
	door     *Server
	engine   *engine.Engine
	desk     *pay.Desk
	identity *identity.Service
	bank     *pretendBank
	hooks    *webhook.Service
	notices  *notify.Service
	calls    calls.Log
	codes    sync.Map // phone → the newest code
	clock    atomic.Int64
	serial   atomic.Int64
}

func openHouse(t testing.TB) *house {
	t.Helper()
	ctx := context.Background()
	h := &house{t: t, bank: &pretendBank{}}
	h.clock.Store(time.Date(2018, 11, 11, 0, 0, 0, 0, engine.Shanghai).UnixMicro())
	books, err := pebblestore.Open(ctx, pebblestore.Options{Dir: t.TempDir(), MemTableBytes: 1 << 20, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if h.engine, err = engine.New(ctx, books, engine.Options{Now: h.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.engine.Close(); h.legible(); books.Close() })
	h.identity = identity.New(h.engine, identity.Options{Argon: identity.Argon{MemoryKiB: 64, Passes: 1, Threads: 1},
		SendCode: func(_ context.Context, phone string, code party.Secret, _ party.Purpose) error {
			h.codes.Store(phone, code)
			return nil
		}})
	h.desk = pay.New(h.engine, h.identity, pay.Options{Banks: []bank.Channel{h.bank}})
	h.hooks = webhook.New(webhook.Options{Engine: h.engine, Render: func(ctx context.Context, e pay.Event) (json.RawMessage, error) { return h.door.RenderEvent(ctx, e) }})
	h.notices = notify.Open(notify.Options{Engine: h.engine, Post: h.hooks.Post})
	h.door = New(h.options())
	return h
}

func (h *house) options() Options {
	return Options{Engine: h.engine, Desk: h.desk, Identity: h.identity, Webhooks: h.hooks, Notices: h.notices, Calls: &h.calls, BaseURL: "http://localhost:8080", NoLimits: true, Server: "pay-1-q3k9x2ab", StoreName: "pebblestore"}
}

func (h *house) now() time.Time { return time.UnixMicro(h.clock.Load()) }

func (h *house) pass(d time.Duration) { h.clock.Add(d.Microseconds()) }

// next is a number that nobody had before.
func (h *house) next() int64 { return h.serial.Add(1) }

// actor is somebody with a way in.
type actor struct {
	h      *house
	id     uint64
	key    string     // an API key, or
	face   party.Face // a session
	token  party.Secret
	csrf   party.Secret
	card   string
	person party.Person
}

// somebody is a person with a verified name, a payment password and money.
func (h *house) somebody(yuan int64) *actor {
	h.t.Helper()
	ctx, n := context.Background(), h.next()
	phone := fmt.Sprintf("138%08d", n)
	if _, err := h.identity.SendCode(ctx, identity.Ask{}, phone, party.SignUp); err != nil {
		h.t.Fatal(err)
	}
	code, _ := h.codes.Load(phone)
	in, err := h.identity.SignUp(ctx, identity.Ask{}, identity.NewPerson{Phone: phone, Code: code.(party.Secret), Password: loginPassword, Nickname: "Person"})
	if err != nil {
		h.t.Fatal(err)
	}
	id := in.Person.ID
	person, err := h.identity.VerifyIdentity(ctx, identity.Ask{}, id, "王小伟", residentID(n), party.FaceProof)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.identity.SetPaymentPassword(ctx, identity.Ask{}, id, paymentPassword, "", ""); err != nil {
		h.t.Fatal(err)
	}
	a := &actor{h: h, id: id, face: party.Wallet, token: in.Token, csrf: in.CSRF, person: person}
	a.card = h.bindCard(id, "王小伟")
	if yuan > 0 {
		h.fill(id, yuan)
	}
	return a
}

func (h *house) bindCard(owner uint64, holder string) string {
	card, err := h.identity.AddCard(context.Background(), identity.Ask{}, owner, identity.NewCard{Bank: "ICBC", Number: "4111111111111111", Holder: holder})
	if err != nil {
		h.t.Fatal(err)
	}
	return card.ID
}

// fill brings money in from the bank.
func (h *house) fill(owner uint64, yuan int64) {
	h.t.Helper()
	ctx := context.Background()
	o, err := h.desk.TopUp(ctx, engine.By{Actor: "test"}, fmt.Sprint("fill/", h.next()), owner, party.BankCard{ID: "card_test", Bank: "ICBC", Last4: "1111", Token: "t"}, money.Amount(yuan*100), money.CNY)
	if err == nil {
		_, err = h.desk.AskBank(ctx, o.ID)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// shop is a merchant with a full API key.
func (h *house) shop() *actor {
	h.t.Helper()
	ctx := context.Background()
	m, err := h.identity.CreateMerchant(ctx, identity.Ask{}, identity.NewMerchant{Name: "Lane Market", FeeRate: 6000, Login: fmt.Sprintf("shop%d", h.next()), Password: loginPassword})
	if err != nil {
		h.t.Fatal(err)
	}
	a := &actor{h: h, id: m.ID, key: h.keyFor(m.ID, party.Full)}
	a.card = h.bindCard(m.ID, "Lane Market")
	return a
}

func (h *house) keyFor(merchant uint64, scope party.Scope) string {
	_, secret, err := h.identity.CreateKey(context.Background(), identity.Ask{}, merchant, "test", scope)
	if err != nil {
		h.t.Fatal(err)
	}
	return secret.Reveal()
}

// staff is somebody of the merchant's, signed in at its portal.
func (h *house) staff(merchant uint64, role party.Role) *actor {
	h.t.Helper()
	login := fmt.Sprintf("staff%d", h.next())
	if _, err := h.identity.AddStaff(context.Background(), identity.Ask{}, merchant, identity.NewColleague{Login: login, Name: "Clerk", Role: role, Password: loginPassword}); err != nil {
		h.t.Fatal(err)
	}
	return h.signIn(party.MerchantFace, login, merchant)
}

// clerk is an operator at the console.
func (h *house) clerk(role party.Role) *actor {
	h.t.Helper()
	login := fmt.Sprintf("clerk%d", h.next())
	if _, err := h.identity.CreateOperator(context.Background(), identity.Ask{}, identity.NewColleague{Login: login, Name: "Clerk", Role: role, Password: loginPassword}); err != nil {
		h.t.Fatal(err)
	}
	return h.signIn(party.Console, login, 0)
}

func (h *house) signIn(face party.Face, login string, id uint64) *actor {
	in, err := h.identity.Login(context.Background(), engine.By{}, face, login, loginPassword, identity.DeviceHint{Name: "test"})
	if err != nil {
		h.t.Fatal(err)
	}
	return &actor{h: h, id: id, face: face, token: in.Token, csrf: in.CSRF}
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) object() map[string]any {
	var v map[string]any
	json.Unmarshal(r.body, &v)
	return v
}

func (r reply) code() string  { code, _ := r.object()["code"].(string); return code }
func (r reply) field() string { field, _ := r.object()["field"].(string); return field }
func (r reply) id() string    { id, _ := r.object()["id"].(string); return id }

// request builds a request of the actor's; nil is nobody.
func (a *actor) request(method, path string, body any) *http.Request {
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		data, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		reader = bytes.NewReader(data)
	}
	r := httptest.NewRequest(method, "http://localhost:8080"+path, reader)
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", fmt.Sprint("test-", a.h.next()))
	}
	if a.key != "" {
		r.Header.Set("Authorization", "Bearer "+a.key)
	}
	if a.face != "" {
		r.Header.Set("Tongbao-Face", string(a.face))
		r.Header.Set("Tongbao-CSRF", a.csrf.Reveal())
		r.AddCookie(&http.Cookie{Name: CookieName(a.face), Value: a.token.Reveal()})
	}
	return r
}

func (h *house) serve(r *http.Request) reply {
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	got := reply{w.Code, w.Result().Header, w.Body.Bytes()}
	h.mustBeTold(r, got)
	return got
}

// mustBeTold sees to it that the document tells every code that an operation
// answers.
func (h *house) mustBeTold(r *http.Request, got reply) {
	if got.status < 400 {
		return
	}
	_, pattern := h.door.mux.Handler(r)
	method, path, _ := strings.Cut(pattern, " ")
	item := h.door.api.OpenAPI().Paths[path]
	if item == nil {
		return
	}
	o := map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PATCH": item.Patch, "DELETE": item.Delete}[method]
	if codes, _ := o.Extensions["x-codes"].([]refusal.Code); !slices.Contains(codes, refusal.Code(got.code())) {
		h.t.Errorf("%s answers %s, which the document doesn't tell", o.OperationID, got.code())
	}
}

// do asks and expects the status.
func (a *actor) do(status int, method, path string, body any) reply {
	a.h.t.Helper()
	got := a.h.serve(a.request(method, path, body))
	if got.status != status {
		a.h.t.Fatalf("%s %s: %d, want %d: %s", method, path, got.status, status, got.body)
	}
	return got
}

// keyed asks under a key of one's own.
func (a *actor) keyed(key, path string, body any) reply {
	r := a.request(http.MethodPost, path, body)
	r.Header.Set("Idempotency-Key", key)
	return a.h.serve(r)
}

// refused asks and expects a refusal.
func (a *actor) refused(code string, method, path string, body any) reply {
	a.h.t.Helper()
	got := a.h.serve(a.request(method, path, body))
	if got.code() != code {
		a.h.t.Fatalf("%s %s: %d %s, want %s", method, path, got.status, got.body, code)
	}
	return got
}

// order is the body of a payment that nobody has opened yet.
func (h *house) order(fen int64, more ...string) map[string]any {
	body := map[string]any{"order_no": fmt.Sprint("order-", h.next()), "amount": fen, "currency": "CNY", "subject": "Tea, 250 g"}
	for i := 0; i < len(more); i += 2 {
		body[more[i]] = more[i+1]
	}
	return body
}

// paid is a payment that the buyer paid into escrow.
func (h *house) paid(shop, buyer *actor, fen int64) string {
	h.t.Helper()
	id := shop.do(201, "POST", "/v1/payments", h.order(fen)).id()
	buyer.do(200, "POST", "/v1/payments/"+id+"/pay", map[string]any{"payment_password": paymentPassword, "expected_amount": fen})
	return id
}

// shipped is one whose goods are on their way.
func (h *house) shipped(shop, buyer *actor, fen int64) string {
	h.t.Helper()
	id := h.paid(shop, buyer, fen)
	shop.do(201, "POST", "/v1/shipments", map[string]any{"payment_id": id, "carrier": "SF Express", "tracking_no": "SF1"})
	return id
}

func (h *house) balance(kind ledger.Kind, owner uint64) int64 {
	a, err := h.engine.Store().Account(context.Background(), ledger.Of(kind, owner, money.CNY))
	if err != nil {
		h.t.Fatal(err)
	}
	return int64(a.Balance)
}

// check looks at the whole book: everything that came in is somewhere.
func (h *house) check() {
	h.t.Helper()
	sums := map[money.Currency]int64{}
	after := ledger.AccountID{}
	for {
		accounts, err := h.engine.Store().Accounts(context.Background(), after, 1000)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, a := range accounts {
			a.MustHold()
			if a.ID.Kind.DebitNormal() {
				sums[a.ID.Currency] -= int64(a.Balance)
			} else {
				sums[a.ID.Currency] += int64(a.Balance)
			}
			after = a.ID
		}
		if len(accounts) < 1000 {
			break
		}
	}
	for currency, sum := range sums {
		if sum != 0 {
			h.t.Errorf("the books are off by %d %s", sum, currency)
		}
	}
}

// books is a picture of all balances, to see that nothing moved.
func (h *house) books() string {
	var b strings.Builder
	accounts, err := h.engine.Store().Accounts(context.Background(), ledger.AccountID{}, 10_000)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, a := range accounts {
		fmt.Fprintf(&b, "%s %d %d %d\n", a.ID, a.Balance, a.Held, a.Entries)
	}
	return b.String()
}

// residentID makes the nth number of an identity card.
func residentID(n int64) string {
	digits := fmt.Sprintf("11010119%02d0101%03d", 50+n/1000%40, n%1000)
	sum := 0
	for i := range digits {
		weight := 1
		for range 17 - i {
			weight = weight * 2 % 11
		}
		sum += int(digits[i]-'0') * weight
	}
	return digits + string("10X98765432"[sum%11])
}

// pretendBank says yes, or what it was told to say.
type pretendBank struct {
	mu   sync.Mutex
	next []bank.Answer
}

func (*pretendBank) Number() uint64 { return 1 }

func (b *pretendBank) answer() bank.Answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.next) == 0 {
		return bank.Answer{Outcome: bank.Succeeded, BankRef: "ok"}
	}
	a := b.next[0]
	b.next = b.next[1:]
	return a
}

func (b *pretendBank) Instruct(context.Context, bank.Instruction) (bank.Answer, error) {
	return b.answer(), nil
}
func (b *pretendBank) Query(context.Context, string) (bank.Answer, error) { return b.answer(), nil }
