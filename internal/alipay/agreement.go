package alipay

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tongbao/internal/agreement"
	"tongbao/internal/alipay/notify"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// agreementIn names an agreement: by its number, or by the merchant's own with
// product and scene, or by the person with product and scene.
type agreementIn struct {
	AgreementNo         text `json:"agreement_no"`
	PersonalProductCode text `json:"personal_product_code"`
	SignScene           text `json:"sign_scene"`
	ExternalAgreementNo text `json:"external_agreement_no"`
	AlipayUserID        text `json:"alipay_user_id"`
	AlipayOpenID        text `json:"alipay_open_id"`
	AlipayLogonID       text `json:"alipay_logon_id"`
}

const (
	usualProduct = "GENERAL_WITHHOLDING_P"
	usualScene   = "DEFAULT|DEFAULT"
)

func (in *agreementIn) terms(merchant uint64) agreement.Terms {
	t := agreement.Terms{Merchant: merchant, Product: string(in.PersonalProductCode), Scene: string(in.SignScene), ExternalNo: string(in.ExternalAgreementNo)}
	if t.Product == "" {
		t.Product = usualProduct
	}
	if t.Scene == "" {
		t.Scene = usualScene
	}
	return t
}

// agreement finds the one that is named. Another merchant's answers as none.
func (c *call) agreement(in *agreementIn) (a agreement.Agreement, err error) {
	desk := c.s.opt.Desk
	switch {
	case in.AgreementNo != "":
		a, err = desk.Agreement(c.ctx, string(in.AgreementNo))
	case in.ExternalAgreementNo != "":
		a, err = desk.AgreementOf(c.ctx, in.terms(c.merchant()))
	case in.AlipayUserID != "" || in.AlipayOpenID != "" || in.AlipayLogonID != "":
		a, err = c.agreementWith(in)
	default:
		return a, c.badParameter("agreement_no, external_agreement_no or alipay_user_id is needed")
	}
	if no := refusal.Of(err); no != nil && no.Code == refusal.AgreementNotFound || err == nil && a.Merchant != c.merchant() {
		return a, c.failed("USER_AGREEMENT_NOT_EXIST", "there is no such agreement")
	}
	return a, err
}

// agreementWith is the newest with a person that stands, or the newest of all.
func (c *call) agreementWith(in *agreementIn) (found agreement.Agreement, err error) {
	id := string(in.AlipayUserID)
	if id == "" {
		id = string(in.AlipayOpenID)
	}
	if id == "" {
		person, err := c.s.opt.Identity.PersonByPhone(c.ctx, string(in.AlipayLogonID))
		if err != nil {
			return found, c.failed("USER_AGREEMENT_NOT_EXIST", "there is no such agreement")
		}
		id = party.FormatID(person.ID)
	}
	want := in.terms(c.merchant())
	r := store.Range{Index: pay.AgreementsOfPerson, From: id + "/", Until: id + "0", Reverse: true, Limit: 200}
	items, err := pay.Agreements.Scan(c.ctx, c.s.opt.Engine.Store(), r)
	for i := range items {
		a := &items[i].Value
		if a.Merchant != want.Merchant || a.Product != want.Product || a.Scene != want.Scene {
			continue
		}
		if a.Status == agreement.Normal || found.ID == "" {
			found = *a
		}
		if a.Status == agreement.Normal {
			break
		}
	}
	return found, err
}

// agreementFields is what answers, returns and notices say of an agreement.
type agreementFields struct {
	AgreementNo         string `json:"agreement_no"`
	Status              string `json:"status"`
	SignTime            string `json:"sign_time,omitempty"`
	ValidTime           string `json:"valid_time,omitempty"`
	InvalidTime         string `json:"invalid_time,omitempty"`
	PersonalProductCode string `json:"personal_product_code"`
	SignScene           string `json:"sign_scene"`
	ExternalAgreementNo string `json:"external_agreement_no,omitempty"`
	ExternalLogonID     string `json:"external_logon_id,omitempty"`
	AlipayLogonID       string `json:"alipay_logon_id,omitempty"`
}

// forGood is how the protocol writes that an agreement has no end.
const forGood = "2115-02-01 00:00:00"

func (s *Server) agreementFields(ctx context.Context, a *agreement.Agreement) (agreementFields, error) {
	f := agreementFields{AgreementNo: a.ID, Status: string(a.Status), PersonalProductCode: a.Product, SignScene: a.Scene,
		ExternalAgreementNo: a.ExternalNo, ExternalLogonID: a.LogonID, SignTime: milli(a.Signed), ValidTime: milli(a.Signed), InvalidTime: milli(a.Until)}
	if a.Until == 0 && a.Signed != 0 {
		f.InvalidTime = forGood
	}
	if a.Person == 0 {
		return f, nil
	}
	p, _, err := identity.People.Read(ctx, s.opt.Engine.Store(), party.FormatID(a.Person))
	f.AlipayLogonID = party.MaskPhone(p.Phone)
	return f, err
}

// milli writes a moment in Unix milliseconds; empty for none.
func milli(at int64) string {
	if at == 0 {
		return ""
	}
	return moment(time.UnixMilli(at))
}

// Names of what an agreement remembers of who asked for it.
const (
	askedApp    = metaApp
	askedReturn = "return_url" // the merchant's, where the browser ends up
)

// agreementNotices are what is told of an agreement that was signed or ended.
func (s *Server) agreementNotices(ctx context.Context, entry *store.Entry, e *pay.Event) ([]notify.New, error) {
	a, ok, err := pay.Agreements.In(*entry, e.Object)
	if err != nil || !ok || a.NotifyURL == "" {
		return nil, err
	}
	app, err := s.app(ctx, a.Asked[askedApp])
	if err != nil || app == nil {
		return nil, err
	}
	n, ok, err := s.addressed(ctx, app, a.Merchant)
	if err != nil || !ok {
		return nil, err
	}
	said, err := s.agreementFields(ctx, &a)
	if err != nil {
		return nil, err
	}
	n.Fields = wire.Params{"agreement_no": said.AgreementNo, "external_agreement_no": said.ExternalAgreementNo, "personal_product_code": said.PersonalProductCode, "sign_scene": said.SignScene,
		"status": said.Status, "sign_time": said.SignTime, "valid_time": said.ValidTime, "invalid_time": said.InvalidTime, "alipay_user_id": party.FormatID(a.Person),
		"alipay_logon_id": said.AlipayLogonID, "external_logon_id": said.ExternalLogonID}
	n.Type = "dut_user_sign"
	if e.Type == pay.AgreementEnded {
		n.Type, n.Fields["status"], n.Fields["unsign_time"] = "dut_user_unsign", "UNSIGN", milli(a.Ended)
		delete(n.Fields, "sign_time")
	}
	for name, value := range n.Fields {
		if strings.TrimSpace(value) == "" {
			delete(n.Fields, name)
		}
	}
	n.URL, n.About = a.NotifyURL, a.ID
	n.Charset, n.SignType = spokenIn(a.Asked)
	return []notify.New{n}, nil
}

const signedPath = "/gateway/signed"

// signedURL is where the wallet sends the browser back to when an agreement was
// signed or not.
func (s *Server) signedURL(a *app, key string) string {
	return s.opt.BaseURL + signedPath + "?" + url.Values{"app_id": {a.ID}, "ask": {key}, "key": {returnKey(a, "agreement\x00"+key)}}.Encode()
}

// goBackSigned sends the browser on to the merchant's return_url with the signed
// word of what became of the agreement.
func (s *Server) goBackSigned(w http.ResponseWriter, r *http.Request) {
	to, err := s.signedBack(r)
	if err != nil {
		showRefusal(w, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

func (s *Server) signedBack(r *http.Request) (string, error) {
	q := r.URL.Query()
	app, err := s.app(r.Context(), q.Get("app_id"))
	if err != nil {
		return "", err
	}
	if app == nil || !sameText(q.Get("key"), returnKey(app, "agreement\x00"+q.Get("ask"))) {
		return "", refuse(invalidArguments, "isv.invalid-parameter", "this address leads nowhere")
	}
	a, err := s.opt.Desk.ProposedBy(r.Context(), q.Get("ask"))
	if err != nil {
		return "", err
	}
	back, err := url.Parse(webAddress(a.Asked[askedReturn]))
	if err != nil || back.Host == "" {
		return "/wallet/me/agreements", nil
	}
	if a.Signed == 0 {
		return back.String(), nil
	}
	f, err := s.agreementFields(r.Context(), &a)
	if err != nil {
		return "", err
	}
	auth, _, err := s.authApp(r.Context(), app, a.Merchant)
	if err != nil {
		return "", err
	}
	charset, signType := spokenIn(a.Asked)
	said := wire.Params{"app_id": app.ID, "auth_app_id": auth, "method": pageSign + ".return", "charset": string(charset), "version": "1.0", "timestamp": moment(s.now()),
		"sign_type": string(signType), "agreement_no": f.AgreementNo, "status": f.Status, "sign_time": f.SignTime, "valid_time": f.ValidTime, "invalid_time": f.InvalidTime,
		"personal_product_code": f.PersonalProductCode, "sign_scene": f.SignScene, "external_agreement_no": f.ExternalAgreementNo, "external_logon_id": f.ExternalLogonID,
		"alipay_user_id": party.FormatID(a.Person), "alipay_logon_id": f.AlipayLogonID}
	return signedLink(app, back, said, signType)
}

// signedLink is an address with parameters, none of them empty, and the
// signature over them.
func signedLink(a *app, to *url.URL, said wire.Params, signType wire.SignType) (string, error) {
	query := url.Values{}
	for name, value := range said {
		if value == "" {
			delete(said, name)
			continue
		}
		query.Set(name, value)
	}
	sign, err := wire.Sign(a.platform, signType, []byte(said.Canonical(wire.DropEmpty, "sign", "sign_type")))
	if err != nil {
		return "", err
	}
	query.Set("sign", sign)
	if to.RawQuery != "" {
		to.RawQuery += "&"
	}
	to.RawQuery += query.Encode()
	return to.String(), nil
}

// periodIn is period_rule_params.
type periodIn struct {
	PeriodType    text `json:"period_type"`
	Period        text `json:"period"`
	ExecuteTime   text `json:"execute_time"`
	SingleAmount  text `json:"single_amount"`
	TotalAmount   text `json:"total_amount"`
	TotalPayments text `json:"total_payments"`
}

func (c *call) period(in *periodIn) (p agreement.Period, err error) {
	p.Unit, p.First = agreement.Unit(in.PeriodType), string(in.ExecuteTime)
	if p.Every, err = c.count("period", in.Period); err != nil {
		return p, err
	}
	if in.TotalPayments != "" {
		if p.Times, err = c.count("total_payments", in.TotalPayments); err != nil {
			return p, err
		}
	}
	if p.Most, err = c.amount("single_amount", in.SingleAmount); err != nil {
		return p, err
	}
	if in.TotalAmount != "" {
		p.Total, err = c.amount("total_amount of the period", in.TotalAmount)
	}
	if day, err := time.ParseInLocation(time.DateOnly, p.First, engine.Shanghai); err == nil && day.AddDate(0, 0, 1).Before(c.s.now()) {
		return p, c.badParameter("execute_time is over")
	}
	return p, err
}

// count reads a whole number of at least one.
func (c *call) count(name string, value text) (int, error) {
	n, err := strconv.ParseUint(string(value), 10, 16)
	if err != nil || n == 0 {
		return 0, c.badParameter("%s is a whole number", name)
	}
	return int(n), nil
}

func yuan(a money.Amount) string { return wire.FormatAmount(a) }
