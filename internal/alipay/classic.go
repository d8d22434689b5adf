package alipay

import (
	"html"
	"io"
	"net/http"
	"strings"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/identity"
	"tongbao/internal/party"
)

// The classic protocol names a service in place of a method and a partner in
// place of an application, takes plain parameters, and answers a browser with a
// redirect and a program with XML. A service is a method that is listed apart.

// services is the handwritten list of them.
var services = []*method{createPartnerTrade, createTrade, createDirectPay, sendGoods, closeClassic, singleTradeQuery, queryTimestamp}

func serviceNamed(name string) *method {
	for _, m := range services {
		if m.name == name {
			return m
		}
	}
	return nil
}

// Services lists their names.
func Services() (names []string) {
	for _, m := range services {
		names = append(names, m.name)
	}
	return append(names, notifyVerify)
}

// service makes one of what it does.
func service(m method, do func(*call) (any, error)) *method {
	m.prefix, m.do = classicPrefix, do
	return &m
}

// classicPrefix marks the services: their codes are classicCode's.
const classicPrefix = "classic"

// classicCodes are the old words for codes that have others now.
var classicCodes = map[string]string{
	"INVALID_PARAMETER":        "ILLEGAL_ARGUMENT",
	"TRADE_STATUS_ERROR":       "TRADE_STATUS_NOT_AVAILD",
	"INVALID_RECEIVE_ACCOUNT":  "SELLER_NOT_EXIST",
	"ACCESS_FORBIDDEN":         "HAS_NO_PRIVILEGE",
	"isv.invalid-charset":      "ILLEGAL_CHARSET",
	"isv.app-call-limited":     "SYSTEM_BUSY",
	"isv.invalid-parameter":    "ILLEGAL_ARGUMENT",
	"isv.invalid-content-type": "ILLEGAL_ARGUMENT",
}

func classicCode(name string) string {
	name = strings.TrimPrefix(name, "ACQ.")
	if old, ok := classicCodes[name]; ok {
		return old
	}
	return name
}

// spokenClassic says that a request is one of the old protocol.
func spokenClassic(p wire.Params) bool { return p.Get("service") != "" && p.Get("method") == "" }

// notifyVerify asks whether a notice is ours. Nobody signs it.
const notifyVerify = "notify_verify"

// classic answers a request that has been read, or could not be.
func (s *Server) classic(w http.ResponseWriter, c *call, err error) {
	name := c.sent.Get("service")
	if name == notifyVerify {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		answer := "false"
		if err == nil && s.verifiesNotice(c) {
			answer = "true"
		}
		io.WriteString(w, answer)
		return
	}
	var done any
	c.method = serviceNamed(name)
	if err == nil {
		done, err = c.answerBy((*call).checkClassic)
	}
	c.note(err)
	c.keepClassic(done, err)
	c.sayClassic(w, done, err)
}

// sayClassic writes the answer of a service.
func (c *call) sayClassic(w http.ResponseWriter, done any, err error) {
	if c.method == nil || !c.method.browser {
		c.writeXML(w, done, err)
		return
	}
	if err != nil {
		if n := refusalOf(err); n != nil {
			err = &no{code: n.code, sub: classicCode(n.sub), message: n.message}
		}
		showRefusal(w, err)
		return
	}
	switch done := done.(type) {
	case redirect:
		w.Header().Set("Location", string(done))
		w.WriteHeader(http.StatusSeeOther)
	case choice:
		done.show(w)
	}
}

// checkClassic looks at what all services have in common: the partner, the
// service, how it is signed, the signature, the permission.
func (c *call) checkClassic() error {
	p := c.params
	partner, err := party.ParseID(p.Get("partner"))
	if err != nil || !party.IsMerchant(partner) {
		return illegal("ILLEGAL_PARTNER", "partner is missing, or is no merchant's number")
	}
	merchant, ok, err := identity.Merchants.Read(c.ctx, c.s.opt.Engine.Store(), party.FormatID(partner))
	if err != nil {
		return err
	}
	if !ok {
		return illegal("ILLEGAL_PARTNER", "there is no such partner")
	}
	if c.method == nil {
		return illegal("ILLEGAL_SERVICE", "there is no such service here")
	}
	if c.method == queryTimestamp { // asked for before there is anything to sign
		return nil
	}
	switch t := wire.SignType(strings.ToUpper(p.Get("sign_type"))); t {
	case wire.MD5, wire.RSA:
		c.signType = t
	default:
		return illegal("ILLEGAL_SIGN_TYPE", "sign_type is MD5 or RSA")
	}
	if c.app, err = c.signer(partner); err != nil {
		return err
	}
	c.proved = true
	if !c.app.May(c.method.name) || merchant.Status != party.MerchantActive && c.method.right != party.View {
		return illegal("HAS_NO_PRIVILEGE", "the application may not call this service, or the merchant's account is frozen")
	}
	return nil
}

// illegalSign is the refusal of a signature.
const illegalSign = "ILLEGAL_SIGN"

func illegal(code, format string, args ...any) error {
	return refuse(businessFailed, code, format, args...)
}

// signer is the partner's application whose key the request is signed with.
func (c *call) signer(partner uint64) (*app, error) {
	known, err := c.s.opt.Identity.AppsOf(c.ctx, partner)
	if err != nil {
		return nil, err
	}
	text, sign := c.sent.Classic(), c.sent.Get("sign")
	able := false
	for i := range known {
		a, err := c.s.app(c.ctx, known[i].ID)
		if err != nil {
			return nil, err
		}
		switch {
		case a == nil:
		case c.signType == wire.MD5 && a.MD5Key != "":
			if able = true; wire.SumMD5Fits(a.MD5Key.Reveal(), text, strings.ToLower(sign)) {
				return a, nil
			}
		case c.signType == wire.RSA && a.SHA1 && a.public != nil:
			if able = true; wire.Verify(a.public, wire.RSA, []byte(text), sign) == nil {
				return a, nil
			}
		}
	}
	if !able {
		return nil, illegal("ILLEGAL_SIGN_TYPE", "no application of this partner signs by %s: make it an MD5 key, or let it sign by RSA", c.signType)
	}
	shown, err := c.charset.Decode(text)
	if err != nil {
		shown = ""
	}
	return nil, illegal(illegalSign, "the signature does not fit: look at the key, and at the string that was signed, which here is: %s", html.EscapeString(shown))
}

// signClassic signs what the platform says to an application.
func signClassic(a *app, t wire.SignType, text string) (string, error) {
	if t == wire.MD5 {
		return wire.SumMD5(a.MD5Key.Reveal(), text), nil
	}
	return wire.Sign(a.platform, wire.RSA, []byte(text))
}
