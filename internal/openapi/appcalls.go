package openapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/alipay/calls"
	"tongbao/internal/alipay/diagnose"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (s *Server) registerAppCalls(api huma.API) {
	const tag = "Applications"
	if s.opt.Calls != nil {
		add(api, op{ID: "list-app-calls", Path: "/v1/apps/{id}/calls", Tag: tag, Who: merchant, Summary: "The application's newest calls of the gateway",
			Doc: "The newest 200 that succeeded and 200 that failed, of each at most 20 a second, in this server's memory: a help while a shop is built, no record.", Codes: []refusal.Code{refusal.NotFound}}, s.listAppCalls)
		add(api, op{ID: "get-app-call", Path: "/v1/apps/{id}/calls/{call_id}", Tag: tag, Who: merchant, Summary: "Look at a call: the string that was signed, and why it does not fit",
			Codes: []refusal.Code{refusal.NotFound}}, s.getAppCall)
	}
	add(api, op{ID: "check-signature", Method: http.MethodPost, Path: "/v1/apps/{id}/signature-checks", Tag: tag, Who: merchant, Summary: "Check the signature of a pasted request",
		Doc: "An address, a form's body, or an HTTP request with its headers; a notice is checked with the platform's key. Nothing is done, and nothing is kept.", Codes: []refusal.Code{refusal.NotFound}}, s.checkAppSignature)
}

// AppCall is a call of the gateway by an application.
type AppCall struct {
	ID          string  `json:"id" example:"tff5ytvqll4sla4savrfdqfpz6" doc:"The answer's trace_id, or alipay-trace-id."`
	At          Time    `json:"at"`
	Protocol    string  `json:"protocol" enum:"v2,v3,classic" example:"v2"`
	Verb        string  `json:"verb" example:"POST"`
	Path        string  `json:"path" example:"/gateway.do"`
	Method      string  `json:"method" example:"alipay.trade.query" doc:"The method, or the service of the classic protocol. Empty where none was named."`
	Code        string  `json:"code" example:"40004" doc:"10000 is success, 10003 a payment under way; T and F of the classic protocol."`
	SubCode     *string `json:"sub_code" example:"ACQ.TRADE_NOT_EXIST"`
	Message     *string `json:"message" example:"no trade of that number"`
	DurationMS  float64 `json:"duration_ms" example:"3.1"`
	Charset     string  `json:"charset" enum:"utf-8,gbk"`
	SignType    string  `json:"sign_type" enum:"RSA2,RSA,MD5"`
	Certificate bool    `json:"certificate_mode"`
	Encrypted   bool    `json:"encrypted" doc:"The content was, by AES."`
	Signature   string  `json:"signature" enum:"verified,refused,unchecked" doc:"unchecked where something else was wrong before it."`
	Cause       *string `json:"cause" example:"sign_type_left_out" doc:"What is wrong with the signature; see check-signature."`
}

// AppCallInFull is a call with its strings.
type AppCallInFull struct {
	AppCall
	StringToSign *string       `json:"string_to_sign" doc:"What had to be signed, masked; 8 KiB of it at most. Null where the request was not read that far."`
	Finding      *SignatureFit `json:"finding" doc:"Null where the signature fits, or was not looked at."`
}

// SignatureFit is what is known of a signature.
type SignatureFit struct {
	Cause        string  `json:"cause" example:"sign_type_left_out" enum:"verified,sign_missing,sign_not_base64,sign_plus_as_space,sign_escaped_twice,sign_length,no_key,wrong_key,other_key,sign_type_differs,padding_pss,other_string,your_string,sum_differs,key_joined,sign_type_left_out,sign_type_signed,parameter_left_out,parameter_not_sent,query_left_out,body_left_out,not_sorted,sorted_ignoring_case,other_charset,values_escaped,escaped_twice,plus_as_space,html_escaped,html_unescaped,html_ampersand,json_respelled,line_ends,blanks_trimmed,values_quoted,empty_kept,no_last_line_end,path_differs,verb_differs,body_differs,token_line_differs" doc:"What was done wrong. other_string: the key is right, and the string is none of those that programs sign by mistake."`
	Also         *string `json:"also" example:"other_charset" doc:"A second mistake beside it, of the same words."`
	Detail       *string `json:"detail" example:"notify_url" doc:"What the cause is about: parameters, a charset, a hash."`
	Key          *string `json:"key" example:"public_key" doc:"Which key made the signature: public_key, certificate, or another application's id. Null where none that is known here did."`
	SignedString *string `json:"signed_string" doc:"What was signed in its place, masked; null where it is not known."`
}

func fit(f diagnose.Finding) SignatureFit {
	return SignatureFit{Cause: string(f.Cause), Also: maybe(string(f.Also)), Detail: maybe(f.Detail), Key: maybe(f.By), SignedString: maybe(string(f.Signed))}
}

func appCallView(c *calls.Call) AppCall {
	v := AppCall{ID: c.ID, At: Time(c.At), Protocol: string(c.Protocol), Verb: c.Verb, Path: c.Path, Method: c.Method, Code: c.Code, SubCode: maybe(c.Sub), Message: maybe(c.Message),
		DurationMS: float64(c.Took.Microseconds()) / 1000, Charset: string(c.Charset), SignType: string(c.SignType), Certificate: c.Certificate, Encrypted: c.Encrypted, Signature: "unchecked"}
	switch {
	case c.Proved:
		v.Signature = "verified"
	case c.Finding != nil:
		v.Signature, v.Cause = "refused", maybe(string(c.Finding.Cause))
	}
	return v
}

type appCallsAsked struct {
	ByID
	Limit   int    `query:"limit" minimum:"1" maximum:"400" default:"100"`
	Method  string `query:"method" maxLength:"128" example:"alipay.trade.pay"`
	Code    string `query:"code" maxLength:"128" example:"isv.invalid-signature" doc:"A code or a sub-code."`
	Outcome string `query:"outcome" enum:"failed,signature" doc:"Only what failed, or what failed by its signature."`
}

func (s *Server) listAppCalls(ctx context.Context, in *appCallsAsked) (*answer[Page[AppCall]], error) {
	app, err := s.appOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	page := Page[AppCall]{Data: []AppCall{}}
	filter := calls.Filter{Method: in.Method, Code: in.Code, Failed: in.Outcome == "failed", Unfit: in.Outcome == "signature"}
	for _, c := range s.opt.Calls.Newest(app.ID, filter, in.Limit) {
		page.Data = append(page.Data, appCallView(&c))
	}
	return render(page, nil)
}

func (s *Server) getAppCall(ctx context.Context, in *struct {
	ByID
	CallID string `path:"call_id" maxLength:"64"`
}) (*answer[AppCallInFull], error) {
	app, err := s.appOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c, ok := s.opt.Calls.Call(app.ID, in.CallID)
	if !ok {
		return nil, notFound("call_id", "call, or none that is still kept")
	}
	v := AppCallInFull{AppCall: appCallView(&c), StringToSign: maybe(c.Signed)}
	if c.Finding != nil {
		finding := fit(*c.Finding)
		v.Finding = &finding
	}
	return render(v, nil)
}

func (s *Server) appOf(ctx context.Context, id string) (party.App, error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return party.App{}, err
	}
	a, err := s.opt.Identity.AppOf(ctx, who.ID, id)
	return a, named("id", err)
}

// PastedRequest is a request to look at.
type PastedRequest struct {
	Request string `json:"request" minLength:"1" maxLength:"262144" example:"https://pay.example.com/gateway.do?app_id=2021000012345678&method=…&sign=…" doc:"An address, a form's body, or an HTTP request: its line, headers, an empty line, and the body."`
	String  string `json:"string,omitempty" maxLength:"262144" example:"app_id=2021000012345678&method=…" doc:"What the program says that it signed, to compare."`
}

// SignatureCheck is what became of it.
type SignatureCheck struct {
	Kind         string            `json:"kind" enum:"v2,v3,classic,notice" doc:"A notice, and the parameters of a return_url, are signed by the platform."`
	Verified     bool              `json:"verified"`
	SignType     string            `json:"sign_type" enum:"RSA2,RSA,MD5"`
	Charset      string            `json:"charset" enum:"utf-8,gbk"`
	Parameters   map[string]string `json:"parameters" example:"{\"app_id\":\"2021000012345678\"}" doc:"As they were read, masked. Of the third version, those of the header."`
	StringToSign string            `json:"string_to_sign" doc:"What has to be signed, masked."`
	Finding      SignatureFit      `json:"finding"`
}

func (s *Server) checkAppSignature(ctx context.Context, in *struct {
	ByID
	Body PastedRequest
}) (*answer[SignatureCheck], error) {
	app, err := s.appOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	r, err := diagnose.Paste(in.Body.Request)
	if err != nil {
		return nil, refusal.In("request", refusal.InvalidField, "%v", err)
	}
	if named := r.App(); named != app.ID && (named != "" || r.Kind == diagnose.V3) {
		return nil, refusal.In("request", refusal.InvalidField, "it names the application %s, and this one is %s", strings.ToValidUTF8(clipID(named), "?"), app.ID)
	}
	keys, err := s.keysFor(ctx, app, r)
	if err != nil {
		return nil, err
	}
	f := diagnose.Signature(r, keys, in.Body.String)
	if f.Signed != nil {
		f.Signed = []byte(calls.Show(f.Signed, r.Charset))
	}
	v := SignatureCheck{Kind: string(r.Kind), Verified: f.Cause == diagnose.Verified, SignType: string(r.SignType), Charset: string(r.Charset), Parameters: map[string]string{},
		StringToSign: calls.Show(r.Canonical(), r.Charset), Finding: fit(f)}
	params := r.Params()
	if r.Kind == diagnose.V3 {
		params = wire.Params(r.Authorization.Fields)
	}
	for name, value := range params {
		shown := calls.Show([]byte(name+"="+value), r.Charset)
		name, value, _ := strings.Cut(shown, "=")
		v.Parameters[name] = value
	}
	return render(v, nil)
}

// keysFor are the keys that a pasted request is checked with: of what the
// platform signs, its own for the application.
func (s *Server) keysFor(ctx context.Context, app party.App, r diagnose.Request) ([]diagnose.Key, error) {
	if r.Kind == diagnose.Notice {
		key, err := wire.ParsePublicKey(app.PlatformPublicKey)
		return []diagnose.Key{{Name: "platform_public_key", Public: key, Secret: app.MD5Key.Reveal()}}, err
	}
	all, err := s.opt.Identity.AppsOf(ctx, app.Merchant)
	certified := r.Params().Get("app_cert_sn") != "" || r.Authorization.Fields["app_cert_sn"] != ""
	return calls.KeysOf(app, certified, all), err
}

func clipID(text string) string { return text[:min(len(text), 32)] }
