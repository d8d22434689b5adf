package alipay

import (
	"errors"
	"net/http"
	"time"

	"tongbao/internal/alipay/calls"
	"tongbao/internal/alipay/diagnose"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
	"tongbao/internal/party"
)

// mostRaw is how much of a body is kept beside its parameters until the answer,
// for the order in which they came.
const mostRaw = 64 << 10

// heard is the request as it came, for the application's log.
type heard struct {
	verb, path, rawQuery string
	uri                  string // what the third version signs
	query, body          wire.Params
	rawBody              []byte // of a form, at most mostRaw

	said    wire.Authorization // of the third version
	token   string
	content []byte
	v3      bool
}

func hear(r *http.Request) heard {
	return heard{verb: r.Method, path: r.URL.Path, rawQuery: r.URL.RawQuery, uri: r.URL.RequestURI()}
}

// Write keeps a form's beginning while it is read.
func (h *heard) Write(b []byte) (int, error) {
	if room := mostRaw - len(h.rawBody); room > 0 {
		h.rawBody = append(h.rawBody, b[:min(len(b), room)]...)
	}
	return len(b), nil
}

// request is what a diagnosis looks at.
func (c *call) request() diagnose.Request {
	h := &c.heard
	if h.v3 {
		return diagnose.Request{Kind: diagnose.V3, Charset: wire.UTF8, SignType: wire.RSA2, Sign: h.said.Sign, Authorization: h.said, Verb: h.verb, Path: h.uri, Token: h.token, Content: h.content}
	}
	r := diagnose.Form(h.rawQuery, h.query, string(h.rawBody), h.body)
	if r.Kind == diagnose.Notice {
		r.Kind = diagnose.V2
	}
	return r
}

// unfit are the refusals that are of the signature itself.
var unfit = map[string]bool{"isv.invalid-signature": true, "isv.missing-signature": true, "isv.missing-signature-config": true, illegalSign: true}

// keep writes the call into its application's log. A request of nobody known, or
// of one who has sent too many that prove nothing, is not kept.
func (c *call) keep(fields any, err error) {
	if c.app != nil {
		c.keepFor(c.app, fields, err)
	}
}

// keepClassic does the same for the old protocol, which names a merchant in place
// of an application: what nobody's key fits stands in the logs of all that it
// could have been.
func (c *call) keepClassic(fields any, err error) {
	if c.app != nil {
		c.keepFor(c.app, fields, err)
		return
	}
	if n := refusalOf(err); n == nil || n.sub != illegalSign {
		return
	}
	partner, _ := party.ParseID(c.params.Get("partner"))
	all, _ := c.s.opt.Identity.AppsOf(c.ctx, partner) // a log is no reason to fail
	for _, record := range all {
		if a, _ := c.s.app(c.ctx, record.ID); a != nil && (c.signType == wire.MD5 && a.MD5Key != "" || c.signType == wire.RSA && a.SHA1 && a.public != nil) {
			c.keepFor(a, fields, err)
		}
	}
}

func (c *call) keepFor(a *app, fields any, err error) {
	log := c.s.opt.Calls
	if log == nil || !log.Room(a.ID, err != nil, time.Now()) {
		return
	}
	r := c.request()
	kept := calls.Call{ID: c.id, At: c.s.now().UnixMilli(), Took: time.Since(c.started), Protocol: r.Kind, Verb: c.heard.verb, Path: c.heard.path, Method: c.sent.Get("method"),
		Code: success, Charset: c.charset, SignType: c.signType, Certificate: c.certified(), Encrypted: c.encrypted, Proved: c.proved}
	if r.Kind == diagnose.Classic {
		kept.Method, kept.Code = c.sent.Get("service"), "T"
	}
	if answer, ok := fields.(reply); ok {
		kept.Code = answer.code
	}
	if err != nil {
		kept.Code, kept.Sub, kept.Message = unavailable, "isp.unknow-error", "the outcome is unknown"
		if no := refusalOf(err); no != nil && !errors.Is(err, engine.ErrOutcomeUnknown) {
			kept.Code, kept.Sub, kept.Message = no.code, no.sub, diagnose.Mask(no.message)
		}
		if r.Kind == diagnose.Classic {
			kept.Code, kept.Sub = "F", classicCode(kept.Sub)
		}
	}
	if r.Sign != "" || c.proved {
		kept.Signed = calls.Show(r.Canonical(), c.charset)
	}
	if !c.proved && unfit[kept.Sub] {
		finding := c.diagnose(a, r)
		kept.Finding = &finding
	}
	log.Keep(a.ID, kept)
}

// diagnose looks why the signature does not fit. That the merchant's other
// applications can't be read then is no reason to say nothing.
func (c *call) diagnose(a *app, r diagnose.Request) diagnose.Finding {
	all, _ := c.s.opt.Identity.AppsOf(c.ctx, a.Merchant)
	f := diagnose.Signature(r, calls.KeysOf(a.App, c.params.Get("app_cert_sn") != "", all), "")
	if f.Signed != nil {
		f.Signed = []byte(calls.Show(f.Signed, c.charset))
	}
	return f
}
