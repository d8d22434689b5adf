package notify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/webhook"
)

// lease is how long the server that took an attempt on has for it.
const lease = 30 * time.Second

// success is the one answer that says that a notice has arrived.
const success = "success"

// Attempt makes one attempt at the notice, unless its moment isn't due any more;
// jobs calls it when the timer rings. An error says that nothing is known of an
// attempt; the timer will ring again.
func (s *Service) Attempt(ctx context.Context, about string, due int64) error {
	_, id, _ := strings.Cut(about, "/")
	n, ok, err := Notices.Read(ctx, s.engine.Store(), id)
	if err != nil || !ok {
		return fmt.Errorf("read notice %s (there: %t): %w", id, ok, err)
	}
	if n.Next != due {
		return nil
	}
	form := n.form(s.engine.Now())
	sign, ok, err := s.opt.Sign(ctx, n.App, n.SignType, n.Charset.Encode(form.Canonical(wire.KeepEmpty, "sign", "sign_type")))
	if err != nil {
		return fmt.Errorf("sign for application %s: %w", n.App, err)
	}
	if !ok {
		return s.keep(ctx, noticeTried{Key: fmt.Sprintf("notice/%s/quit/%d", id, due), Notice: id, Claim: n.Claims, Quit: true,
			Attempt: webhook.Attempt{At: s.engine.Now().UnixMilli(), Error: "the application is disabled or gone; nothing was sent"}})
	}
	form["sign"] = sign

	began := time.Now()
	claim := claimNotice{Notice: id, Claim: n.Claims + 1, Server: s.server}
	if _, err := s.engine.Submit(ctx, claim, byJob(claim.ID())); err != nil {
		if no := refusal.Of(err); no != nil && no.Code == refusal.IdempotencyConflict {
			return nil // another server has taken it on
		}
		return err
	}
	if time.Since(began) > lease/2 {
		return nil // we were held up, perhaps until the claim was over; the timer rings again
	}
	attempt := s.post(ctx, &n, form)
	if ctx.Err() != nil {
		return ctx.Err() // we are being stopped, and it says nothing about the merchant's program
	}
	return s.keep(ctx, noticeTried{Key: fmt.Sprintf("notice/%s/attempt/%d", id, claim.Claim), Notice: id, Claim: claim.Claim, Attempt: attempt})
}

// form is the whole message but for its signature.
func (n *Notice) form(now time.Time) wire.Params {
	form := wire.Params{
		"notify_id": n.ID, "notify_type": n.Type, "notify_time": now.In(engine.Shanghai).Format(time.DateTime),
		"app_id": n.App, "auth_app_id": n.App, "charset": string(n.Charset), "version": "1.0", "sign_type": string(n.SignType),
	}
	if n.AuthApp != "" {
		form["auth_app_id"] = n.AuthApp
	}
	if n.Message {
		form = wire.Params{"notify_id": n.ID, "msg_method": n.Type, "utc_timestamp": strconv.FormatInt(now.UnixMilli(), 10),
			"app_id": n.App, "charset": string(n.Charset), "version": "1.0", "sign_type": string(n.SignType)}
	}
	if n.Classic {
		for _, name := range []string{"app_id", "auth_app_id", "charset", "version"} {
			delete(form, name)
		}
	}
	for name, value := range n.Fields {
		if value != "" {
			form[name] = value
		}
	}
	return form
}

// Encode writes a form in the charset, sorted by name.
func encode(form wire.Params, charset wire.Charset) string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(name) + "=" + url.QueryEscape(charset.Encode(form[name])))
	}
	return b.String()
}

func (s *Service) post(ctx context.Context, n *Notice, form wire.Params) webhook.Attempt {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, n.URL, strings.NewReader(encode(form, n.Charset)))
	if err != nil {
		return webhook.Attempt{At: s.engine.Now().UnixMilli(), Error: "not an address that can be asked"}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset="+string(n.Charset))
	request.Header.Set("User-Agent", "Tongbao-Notify/1")
	attempt := s.opt.Post(request)
	if attempt.Error == "" && !arrived(attempt) {
		attempt.Error = `the answer was not exactly "success"`
	}
	return attempt
}

func arrived(a webhook.Attempt) bool { return a.Status == http.StatusOK && a.Answer == success }

func (s *Service) keep(ctx context.Context, c noticeTried) error {
	_, err := s.engine.Submit(ctx, c, byJob(c.Key))
	return err
}

func byJob(request string) engine.By { return engine.By{Actor: "job:" + Timer, Request: request} }

// claimNotice is a server's word that it makes the next attempt. The timer moves
// behind the end of it, and comes back if the server does not.
type claimNotice struct {
	Notice string `cbor:"1,keyasint"`
	Claim  int    `cbor:"2,keyasint"`
	Server string `cbor:"3,keyasint"` // another server's claim of the same number is a conflict
}

func (c claimNotice) ID() string   { return fmt.Sprintf("notice/%s/claim/%d", c.Notice, c.Claim) }
func (c claimNotice) Name() string { return "claim_notice" }
func (c claimNotice) Touches(t *store.Touched) {
	t.Record(Notices.Key(c.Notice), pay.Timers.Key(timerID(c.Notice)))
}

func (c claimNotice) Apply(tx *engine.Tx) (any, error) {
	n, ok := Notices.Get(tx, c.Notice)
	if !ok || n.Claims+1 != c.Claim || n.Next == 0 {
		return nil, refusal.New(refusal.IdempotencyConflict, "the notice has moved on")
	}

	n.Claims = c.Claim
	n.setNext(tx, tx.NowMilli()+lease.Milliseconds())
	Notices.Put(tx, n.ID, n)
	return nil, nil
}

// noticeTried keeps what came of an attempt.
type noticeTried struct {
	Key     string          `cbor:"1,keyasint"`
	Notice  string          `cbor:"2,keyasint"`
	Claim   int             `cbor:"3,keyasint"`
	Attempt webhook.Attempt `cbor:"4,keyasint"`
	Quit    bool            `cbor:"5,keyasint,omitempty"` // nothing was sent, and nothing will be
}

func (c noticeTried) ID() string   { return c.Key }
func (c noticeTried) Name() string { return "notice_tried" }
func (c noticeTried) Touches(t *store.Touched) {
	t.Record(Notices.Key(c.Notice), pay.Timers.Key(timerID(c.Notice)))
}

func (c noticeTried) Apply(tx *engine.Tx) (any, error) {
	n, ok := Notices.Get(tx, c.Notice)
	if !ok {
		return nil, noNotice()
	}

	n.Attempts = append(n.Attempts, c.Attempt)
	if extra := len(n.Attempts) - mostAttempts; extra > 0 {
		n.Attempts = n.Attempts[extra:]
	}
	switch {
	case arrived(c.Attempt):
		n.State = webhook.Delivered
		n.setNext(tx, 0)
	case n.Next == 0 || c.Claim != n.Claims: // it has arrived meanwhile, or a newer attempt decides
	case c.Quit || n.Failures >= len(schedule):
		n.State = webhook.GivenUp
		n.setNext(tx, 0)
	default:
		n.State = webhook.Failed
		n.setNext(tx, tx.NowMilli()+schedule[n.Failures].Milliseconds())
		n.Failures++
	}
	Notices.Put(tx, n.ID, n)
	return nil, nil
}
