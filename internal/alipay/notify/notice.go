package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/webhook"
)

// Notice is one message on its way to a merchant's program.
type Notice struct {
	ID       string            `cbor:"1,keyasint"` // the notify_id
	App      string            `cbor:"2,keyasint"`
	Merchant uint64            `cbor:"3,keyasint"`
	URL      string            `cbor:"4,keyasint"`
	Type     string            `cbor:"5,keyasint"`
	About    string            `cbor:"6,keyasint"`
	Charset  wire.Charset      `cbor:"7,keyasint"`
	SignType wire.SignType     `cbor:"8,keyasint"`
	Fields   wire.Params       `cbor:"9,keyasint"`
	Created  int64             `cbor:"10,keyasint"` // Unix milliseconds, as is the next
	Next     int64             `cbor:"11,keyasint,omitempty"`
	State    webhook.State     `cbor:"12,keyasint"`
	Attempts []webhook.Attempt `cbor:"13,keyasint,omitempty"` // the newest, in order
	Failures int               `cbor:"14,keyasint,omitempty"`
	Claims   int               `cbor:"15,keyasint,omitempty"` // attempts that a server has taken on, and resendings
	Classic  bool              `cbor:"16,keyasint,omitempty"` // in the classic protocol's form
	AuthApp  string            `cbor:"17,keyasint,omitempty"` // the merchant's application, where App is a provider's that acted for it
	Provider uint64            `cbor:"18,keyasint,omitempty"` // whose App then is
	Message  bool              `cbor:"19,keyasint,omitempty"` // to an application's own address: Type is its msg_method
}

// schedule is how long after each failure the next attempt comes: eight
// attempts in about 25 hours.
var schedule = []time.Duration{4 * time.Minute, 10 * time.Minute, 10 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 15 * time.Hour}

// mostAttempts is how many attempts a record remembers: two rounds.
const mostAttempts = 16

// The indexes of notices.
const (
	OfMerchant = "notice.merchant" // Sort is merchant/created
	OfApp      = "notice.app"      // application/created
	AboutIndex = "notice.about"    // trade/created
)

// Notices are found by id.
var Notices = engine.Kind[Notice]{Name: "notice", Terms: func(_ string, n Notice) []store.Term {
	created := fmt.Sprintf("%013d", n.Created)
	return []store.Term{
		{Index: OfMerchant, Sort: party.FormatID(n.Merchant) + "/" + created},
		{Index: OfApp, Sort: n.App + "/" + created},
		{Index: AboutIndex, Sort: n.About + "/" + created},
	}
}}

// ID is the id of the nth notice that a cause makes.
func ID(cause string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "notice\x00%s\x00%d", cause, n))
	return hex.EncodeToString(sum[:17])
}

// Timer is the kind of the timers of notices; they are about an application and
// one of its notices.
const Timer = "notice"

func timerID(notice string) string { return Timer + "/" + notice }

func (n *Notice) timer(due int64) pay.Timer {
	return pay.Timer{Kind: Timer, About: n.App + "/" + n.ID, Due: due}
}

// of says that a notice is a merchant's to look at and to send again: of its
// business, or to its application.
func (n *Notice) of(merchant uint64) bool {
	return n.Merchant == merchant || n.Provider == merchant && merchant != 0
}

// AppOf is the application in what a timer is about.
func AppOf(about string) string {
	app, _, _ := strings.Cut(about, "/")
	return app
}

// from makes the notice of what is to be told.
func from(n New, id string, at int64) Notice {
	return Notice{ID: id, App: n.App, Merchant: n.Merchant, URL: n.URL, Type: n.Type, About: n.About, Charset: n.Charset, SignType: n.SignType, Classic: n.Classic, Message: n.Message,
		AuthApp: n.AuthApp, Provider: n.Provider, Fields: n.Fields, Created: at, Next: at, State: webhook.Pending}
}

// setNext moves the notice and its timer; 0 says that nothing comes next.
func (n *Notice) setNext(tx *engine.Tx, next int64) {
	n.Next = next
	if next == 0 {
		pay.Timers.Delete(tx, timerID(n.ID))
		return
	}
	pay.Timers.Put(tx, timerID(n.ID), n.timer(next))
}

// Make has something told that no event stands for. The same cause makes one.
func (s *Service) Make(ctx context.Context, by engine.By, cause string, n New) error {
	_, err := s.engine.Submit(ctx, makeNotice{Cause: cause, notice: from(n, ID(cause, 0), 0)}, by)
	return err
}

type makeNotice struct {
	Cause string `cbor:"1,keyasint"`

	notice Notice
}

func (c makeNotice) ID() string             { return "notice/make/" + c.Cause }
func (c makeNotice) Name() string           { return "make_notice" }
func (c makeNotice) Touches(*store.Touched) {}
func (c makeNotice) Apply(tx *engine.Tx) (any, error) {
	keepNew(tx, c.notice)
	return nil, nil
}

// Known says that a notice of that id was made for the merchant: what the old
// programs ask for when they have one in hand.
func (s *Service) Known(ctx context.Context, merchant uint64, id string) (bool, error) {
	n, ok, err := Notices.Read(ctx, s.engine.Store(), id)
	return ok && n.of(merchant), err
}

// Notice is one of a merchant's, or one to its application about another's
// business. Refusal: not_found.
func (s *Service) Notice(ctx context.Context, merchant uint64, id string) (Notice, error) {
	n, ok, err := Notices.Read(ctx, s.engine.Store(), id)
	if err == nil && (!ok || !n.of(merchant)) {
		return Notice{}, noNotice()
	}
	return n, err
}

// List lists a merchant's notices, the newest first, of one application or about
// one trade where they are named; next is where an earlier answer ended.
func (s *Service) List(ctx context.Context, f Filter, next string, limit int) (list []Notice, newNext string, err error) {
	index, prefix := f.index()
	r := store.Range{Index: index, From: prefix + "/", Until: prefix + "0", After: next, Reverse: true}
	return Notices.Choose(ctx, s.engine.Store(), r, limit, f.chooses)
}

// Filter chooses notices of a merchant; empty members choose all.
type Filter struct {
	Merchant uint64
	App      string
	About    string
	State    webhook.State
}

func (f Filter) index() (index, prefix string) {
	switch {
	case f.About != "":
		return AboutIndex, f.About
	case f.App != "":
		return OfApp, f.App
	}
	return OfMerchant, party.FormatID(f.Merchant)
}

func (f Filter) chooses(n *Notice) bool {
	return n.of(f.Merchant) && (f.App == "" || n.App == f.App) && (f.About == "" || n.About == f.About) && (f.State == "" || n.State == f.State)
}

func noNotice() error { return refusal.New(refusal.NotFound, "no such notice") }

// Resend sends a notice again at once, whatever became of it, and begins the
// schedule anew. Refusal: not_found.
func (s *Service) Resend(ctx context.Context, by engine.By, key string, merchant uint64, id string) (Notice, error) {
	receipt, err := s.engine.Submit(ctx, resendNotice{Key: key, Merchant: merchant, Notice: id}, by)
	return Notices.Written(id, receipt, err)
}

type resendNotice struct {
	Key      string `cbor:"1,keyasint"`
	Merchant uint64 `cbor:"2,keyasint"`
	Notice   string `cbor:"3,keyasint"`
}

func (c resendNotice) ID() string   { return c.Key }
func (c resendNotice) Name() string { return "resend_notice" }
func (c resendNotice) Touches(t *store.Touched) {
	t.Record(Notices.Key(c.Notice), pay.Timers.Key(timerID(c.Notice)))
}

func (c resendNotice) Apply(tx *engine.Tx) (any, error) {
	n, ok := Notices.Get(tx, c.Notice)
	if !ok || !n.of(c.Merchant) {
		return nil, noNotice()
	}

	n.State, n.Failures = webhook.Pending, 0
	n.Claims++ // a claim of the next number may have been refused while nothing was due, and a refusal is kept
	n.setNext(tx, tx.NowMilli())
	Notices.Put(tx, n.ID, n)
	return nil, nil
}
