package alipay

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/audit"
	"tongbao/internal/bank"
	"tongbao/internal/clock"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/pebblestore"
	"tongbao/internal/sandbox"
	"tongbao/internal/store"
	"tongbao/internal/webhook"
)

// house is the platform in a temporary folder, with the second door open, a
// merchant and its application. Keys are made once for all houses.
type house struct {
	t       testing.TB
	door    *Server
	engine  *engine.Engine
	desk    *pay.Desk
	who     *identity.Service
	notices *notify.Service
	clock   *clock.Clock
	app     party.App
	wall    time.Time
	codes   sync.Map
	serial  int
}

var (
	noon     = time.Date(2018, 11, 11, 4, 0, 0, 0, time.UTC)
	appKey   = sync.OnceValue(newTestKey)
	otherKey = sync.OnceValue(newTestKey)
	asks     = engine.By{Actor: "test", Request: "test"}
)

func newTestKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func openHouse(t testing.TB) *house {
	t.Helper()
	ctx := context.Background()
	h := &house{t: t, clock: clock.Standing(noon), wall: noon}
	books, err := pebblestore.Open(ctx, pebblestore.Options{Dir: t.TempDir(), MemTableBytes: 1 << 20, CacheBytes: 1 << 20})
	h.must(err)
	h.engine, err = engine.New(ctx, books, engine.Options{Now: h.clock.Now})
	h.must(err)
	t.Cleanup(func() {
		if report, err := audit.Store(ctx, books, engine.Shanghai, nil); err != nil || !report.OK() {
			t.Errorf("the books do not verify: %v %+v", err, report)
		}
		h.engine.Close()
		books.Close()
	})
	h.who = identity.New(h.engine, identity.Options{Argon: identity.Argon{MemoryKiB: 64, Passes: 1, Threads: 1},
		SendCode: func(_ context.Context, phone string, code party.Secret, _ party.Purpose) error {
			h.codes.Store(phone, code)
			return nil
		}})
	banker, err := sandbox.OpenBank(t.TempDir())
	h.must(err)
	t.Cleanup(func() { banker.Close() })
	h.desk = pay.New(h.engine, h.who, pay.Options{Banks: []bank.Channel{banker}})
	hooks := webhook.New(webhook.Options{Engine: h.engine})
	h.notices = notify.Open(notify.Options{Engine: h.engine, Post: hooks.Post,
		Of: func(ctx context.Context, entry *store.Entry, e *pay.Event) ([]notify.New, error) {
			return h.door.Notices(ctx, entry, e)
		},
		Sign: func(ctx context.Context, app string, t wire.SignType, text string) (string, bool, error) {
			return h.door.SignFor(ctx, app, t, text)
		}})
	h.door = New(Options{Engine: h.engine, Desk: h.desk, Identity: h.who, Notices: h.notices, BaseURL: "https://pay.example.com",
		CheckAddress: hooks.CheckAddress, Wall: func() time.Time { return h.wall }})
	h.app = h.register(appKey())
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// register makes a merchant with an application that has everything.
func (h *house) register(key *rsa.PrivateKey) party.App {
	h.t.Helper()
	ctx := context.Background()
	h.serial++
	m, err := h.who.CreateMerchant(ctx, identity.Ask{}, identity.NewMerchant{Name: "茶舍", FeeRate: 6000, Login: fmt.Sprintf("owner%d@tea.example", h.serial), Password: "correct horse battery"})
	h.must(err)
	public, err := wire.FormatPublicKey(&key.PublicKey)
	h.must(err)
	app, _, err := h.who.CreateApp(ctx, identity.Ask{}, m.ID, identity.NewApp{Name: "shop", PublicKey: public})
	h.must(err)
	app, err = h.who.IssueAppCertificate(ctx, identity.Ask{}, m.ID, app.ID)
	h.must(err)
	return app
}

// somebody is a person with money and a payment code.
func (h *house) somebody(yuan int64) (person uint64, code string) {
	h.t.Helper()
	ctx := context.Background()
	h.serial++
	phone := fmt.Sprintf("138%08d", h.serial)
	_, err := h.who.SendCode(ctx, identity.Ask{}, phone, party.SignUp)
	h.must(err)
	sent, _ := h.codes.Load(phone)
	in, err := h.who.SignUp(ctx, identity.Ask{}, identity.NewPerson{Phone: phone, Code: sent.(party.Secret), Password: "correct horse battery", Nickname: "Person"})
	h.must(err)
	_, err = h.who.VerifyIdentity(ctx, identity.Ask{}, in.Person.ID, "王小伟", party.MakeResidentID("330106", fmt.Sprintf("19%02d0101", 50+h.serial/999%50), h.serial%999).Reveal(), party.FaceProof)
	h.must(err)
	order, err := h.desk.TopUp(ctx, asks, fmt.Sprint("fill/", h.serial), in.Person.ID, party.BankCard{ID: "card_test", Bank: "ICBC", Last4: "1111", Token: "t"}, money.Amount(yuan*100), money.CNY)
	h.must(err)
	_, err = h.desk.AskBank(ctx, order.ID)
	h.must(err)
	return in.Person.ID, h.code(in.Person.ID, true)
}

func (h *house) code(person uint64, proved bool) string {
	h.t.Helper()
	h.serial++
	issued, err := h.desk.IssueCode(context.Background(), asks, fmt.Sprint("code", h.serial), person, proved)
	h.must(err)
	return issued.Digits
}

// request is what a program sends, signed by the application's key.
func (h *house) request(method, content string, more ...string) wire.Params {
	p := wire.Params{"app_id": h.app.ID, "method": method, "format": "JSON", "charset": "utf-8", "sign_type": "RSA2",
		"timestamp": moment(h.wall), "version": "1.0", "biz_content": content}
	for i := 0; i < len(more); i += 2 {
		if p[more[i]] = more[i+1]; more[i+1] == "-" {
			delete(p, more[i])
		}
	}
	return p
}

func (h *house) sign(p wire.Params) wire.Params { return h.signBy(appKey(), p) }

func (h *house) signBy(key *rsa.PrivateKey, p wire.Params) wire.Params {
	how := wire.SignType(p["sign_type"])
	if !how.Valid() {
		how = wire.RSA2
	}
	sign, err := wire.Sign(key, how, []byte(p.Canonical(wire.DropEmpty, "sign")))
	h.must(err)
	p["sign"] = sign
	return p
}

func formOf(p wire.Params) string {
	v := url.Values{}
	for name, value := range p {
		v.Set(name, value)
	}
	return v.Encode()
}

// post sends it as a form, and checks what every answer must be.
func (h *house) post(p wire.Params) answer {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/gateway.do", strings.NewReader(formOf(p)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	return h.send(r)
}

// answer is what came back.
type answer struct {
	raw    string
	key    string
	bytes  string // of the response member
	signed bool
	certSN string
	fields map[string]any
}

func (a answer) code() string {
	sub, _ := a.fields["sub_code"].(string)
	code, _ := a.fields["code"].(string)
	return strings.TrimSpace(code + " " + sub)
}

func (a answer) text(name string) string {
	text, _ := a.fields[name].(string)
	return text
}

func (h *house) send(r *http.Request) answer {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		h.t.Fatalf("answered with %d %s", w.Code, w.Body)
	}
	return h.read(w.Body.String())
}

// read takes an answer apart as the strictest of the programs do, by its text.
func (h *house) read(body string) answer {
	h.t.Helper()
	a := answer{raw: body}
	var outer map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &outer); err != nil {
		h.t.Fatalf("not JSON: %s", body)
	}
	for name := range outer {
		if strings.HasSuffix(name, "_response") {
			a.key = name
		}
	}
	a.bytes = string(outer[a.key])
	want := `{"` + a.key + `":` + a.bytes
	if sn, ok := outer["alipay_cert_sn"]; ok {
		a.certSN = strings.Trim(string(sn), `"`)
		want += `,"alipay_cert_sn":` + string(sn)
	}
	if sign, ok := outer["sign"]; ok {
		a.signed = true
		want += `,"sign":` + string(sign)
		public, err := wire.ParsePublicKey(h.app.PlatformPublicKey)
		h.must(err)
		if err := wire.Verify(public, wire.RSA2, []byte(a.bytes), strings.Trim(string(sign), `"`)); err != nil {
			if err := wire.Verify(public, wire.RSA, []byte(a.bytes), strings.Trim(string(sign), `"`)); err != nil {
				h.t.Errorf("the answer's signature: %v in %s", err, body)
			}
		}
	}
	if body != want+"}" {
		h.t.Errorf("the layout is not answer, certificate, signature without blanks:\n%s", body)
	}
	if strings.HasPrefix(a.bytes, "{") {
		h.must(json.Unmarshal([]byte(a.bytes), &a.fields))
	}
	return a
}

func (h *house) call(method, content string, more ...string) answer {
	h.t.Helper()
	return h.post(h.sign(h.request(method, content, more...)))
}

// want calls and compares code and sub code.
func (h *house) want(code, method, content string, more ...string) answer {
	h.t.Helper()
	a := h.call(method, content, more...)
	if a.code() != code {
		h.t.Errorf("%s %.80s: got %s, want %s", method, content, a.raw, code)
	}
	return a
}

func multipartOf(p wire.Params) (contentType string, body io.Reader) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range p {
		w.WriteField(name, value)
	}
	w.Close()
	return w.FormDataContentType(), &b
}
