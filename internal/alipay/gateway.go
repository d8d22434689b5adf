package alipay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
	"tongbao/internal/party"
)

const (
	maxBody   = 1 << 20
	maxUpload = 12 << 20
	timeout   = 30 * time.Second
	// maxDrained is how much of what is too large is still listened to.
	maxDrained = 32 << 20
)

// call is one request on its way through the door.
type call struct {
	s       *Server
	ctx     context.Context
	id      string // the trace id
	started time.Time

	sent     wire.Params // as the bytes that came, for the signature
	params   wire.Params // in UTF-8
	files    []wire.File
	heard    heard // as it came
	charset  wire.Charset
	signType wire.SignType

	app       *app         // nil until it is known
	grant     *party.Grant // what another merchant lets the application do; nil where it acts for its own
	method    *method      // nil until it is known
	encrypted bool         // the content was, so the answer is
	proved    bool         // the signature fits
	once      string       // of the third version: a digest of the application, the nonce and the timestamp
	inPath    wire.Params  // what stands in the path of the third version
	chosen    wire.Params  // what a buyer chose on the classic protocol's page; nil where none was asked
}

// gateway answers /gateway.do.
func (s *Server) gateway(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	c := &call{s: s, ctx: ctx, id: strings.ToLower(rand.Text()), started: time.Now(), charset: wire.UTF8, signType: wire.RSA2, heard: hear(r)}
	as(w.Header(), "trace_id", c.id)
	w.Header().Set("Cache-Control", "no-store")
	err := c.read(w, r)
	if spokenClassic(c.sent) {
		s.classic(w, c, err)
		return
	}
	c.method = methodNamed(c.sent.Get("method")) // also of a refusal to somebody unknown: programs look under its name
	if err != nil {
		c.say(w, nil, err)
		return
	}
	fields, err := c.answer()
	c.say(w, fields, err)
}

// answer checks the request and does what it asks. A panic is a fault of ours,
// and the caller's outcome is open.
func (c *call) answer() (fields any, err error) { return c.answerBy((*call).check) }

func (c *call) answerBy(check func(*call) error) (fields any, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			fields, err = nil, fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	if err := check(c); err != nil {
		return nil, err
	}
	fields, err = c.method.do(c)
	return fields, c.inFamily(err)
}

// read takes the parameters from query and body.
func (c *call) read(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return refuse(invalidArguments, "isv.invalid-parameter", "the gateway takes GET and POST")
	}
	query, err := wire.ParseForm(r.URL.RawQuery)
	c.sent, c.heard.query = query, query
	if err != nil {
		return c.unread(err)
	}
	if r.Method == http.MethodPost {
		limit := int64(maxBody)
		if m := methodNamed(query.Get("method")); m != nil && m.upload {
			limit = maxUpload
		}
		body, files, err := wire.ParseBody(r.Header.Get("Content-Type"), io.TeeReader(http.MaxBytesReader(w, r.Body, limit), &c.heard))
		c.sent, c.files, c.heard.body = wire.Merge(query, body), files, body
		if err != nil {
			// A program that is still sending would see a broken connection and no answer.
			_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
			return c.unread(err)
		}
	}
	return c.decode()
}

// decode reads the parameters' charset.
func (c *call) decode() (err error) {
	name := "charset"
	if spokenClassic(c.sent) {
		name = "_input_charset"
	}
	if c.charset, err = wire.ParseCharset(c.sent.Get(name)); err != nil {
		c.charset = wire.UTF8
		return c.unread(err)
	}
	if c.params, err = c.sent.Decode(c.charset); err != nil {
		return c.unread(err)
	}
	return nil
}

// unread refuses a request that could not be read. Where it names an
// application all the same, the answer is signed for that.
func (c *call) unread(err error) error {
	if a, _ := c.s.app(c.ctx, c.sent.Get("app_id")); a != nil {
		c.app = a
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return refuse(invalidArguments, "isv.invalid-parameter", "the request is larger than %d bytes", tooLarge.Limit)
	case errors.Is(err, wire.ErrCharset):
		return refuse(invalidArguments, "isv.invalid-charset", "the charset is unknown, or the text is not in it")
	case errors.Is(err, wire.ErrMediaType):
		return refuse(invalidArguments, "isv.invalid-content-type", "a form is needed, urlencoded or multipart")
	}
	return refuse(invalidArguments, "isv.invalid-parameter", "%v", err)
}

// say writes the answer: to a browser as a redirect or a page, to a program as
// the signed envelope.
func (c *call) say(w http.ResponseWriter, fields any, err error) {
	err = c.limited(err)
	c.note(err)
	c.keep(fields, err)
	if to, ok := fields.(redirect); ok && err == nil {
		w.Header().Set("Location", string(to))
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	if c.method != nil && c.method.browser && err != nil {
		showRefusal(w, err)
		return
	}
	body := c.envelope(fields, err)
	w.Header().Set("Content-Type", "text/html;charset="+string(c.charset)) // as the original has it; the body is JSON
	w.Write(body)
}

// note writes the line of the log. What a request holds is not in it.
func (c *call) note(err error) {
	app, name := c.sent.Get("app_id"), c.sent.Get("method")
	if spokenClassic(c.sent) {
		app, name = c.sent.Get("partner"), c.sent.Get("service")
	}
	if len(app) > 32 {
		app = app[:32]
	}
	if c.method == nil && len(name) > 64 {
		name = name[:64]
	}
	level, code := c.s.opt.Logger.Info, "10000"
	args := []any{"trace", c.id, "method", name, "app", app, "took", time.Since(c.started)}
	if err != nil {
		if no := refusalOf(err); no != nil {
			code = no.code + " " + no.sub
		} else {
			level, code = c.s.opt.Logger.Error, unavailable
			args = append(args, "error", err)
		}
	}
	level("gateway", append(args, "code", code)...)
}

// merchant is whose business the request is about: the application's own merchant,
// or the one that it acts for.
func (c *call) merchant() uint64 {
	if c.grant != nil {
		return c.grant.Giver
	}
	return c.app.Merchant
}

// by is who asks, for the journal.
func (c *call) by() engine.By {
	return engine.By{Actor: "merchant:" + party.FormatID(c.merchant()) + "/app_" + c.app.ID, Request: c.id}
}

// command names the command of this request. What makes repeating safe is the
// merchant's own number in what is asked. A request of the third version is the
// same command whenever and at whichever server it comes: one that was listened
// in on and sent again does nothing twice, also where no number is asked for.
func (c *call) command(act string) string {
	if c.once != "" {
		return "alipay/" + act + "/" + c.once
	}
	return "alipay/" + act + "/" + c.id
}
