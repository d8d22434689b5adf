package diagnose

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/url"
	"strings"
	"sync"
	"testing"

	"tongbao/internal/alipay/wire"
)

var (
	ours    = sync.OnceValue(newKey)
	another = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func keys() []Key {
	return []Key{{Name: "this application's", Public: &ours().PublicKey, Secret: "ours"}, {Name: "another application's", Public: &another().PublicKey, Secret: "another"}}
}

const content = `{"out_trade_no":"A 1+1","subject":"龙井 <100 克> & 茶","url":"https://shop.example.com/a?b=c","total_amount":"88.00"}`

func request() wire.Params {
	return wire.Params{"app_id": "2021000012345678", "method": "alipay.trade.create", "charset": "utf-8", "sign_type": "RSA2", "timestamp": "2018-11-11 12:00:00",
		"version": "1.0", "format": "JSON", "notify_url": "https://shop.example.com/notify?a=b", "biz_content": content}
}

// query encodes as it is sent; what is badly sent is changed in the text.
func query(p wire.Params) string {
	v := url.Values{}
	for name, value := range p {
		v.Set(name, value)
	}
	return v.Encode()
}

func TestEachUsualMistakeIsNamed(t *testing.T) {
	sign := func(key *rsa.PrivateKey, kind wire.SignType, text string) string {
		s, err := wire.Sign(key, kind, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	canonical := func(p wire.Params) string { return p.Canonical(wire.DropEmpty, "sign") }
	changed := func(change func(wire.Params)) string { p := request(); change(p); return canonical(p) }
	values := func(f func(string) string) string {
		return changed(func(p wire.Params) {
			for name, value := range p {
				p[name] = f(value)
			}
		})
	}
	for name, row := range map[string]struct {
		signed string // what the program signed
		key    *rsa.PrivateKey
		kind   wire.SignType
		send   func(wire.Params) string // default: as it is
		cause  Cause
		detail string
	}{
		"all is well":                      {cause: Verified},
		"with its empty parameters":        {signed: changed(func(p wire.Params) { p["return_url"] = "" }), send: func(p wire.Params) string { p["return_url"] = ""; return query(p) }, cause: Verified},
		"another key":                      {key: newKey(), cause: WrongKey},
		"another application's key":        {key: another(), cause: OtherKey},
		"SHA-1 for RSA2":                   {kind: wire.RSA, cause: HashDiffers, detail: "SHA-1"},
		"sign_type not signed":             {signed: changed(func(p wire.Params) { delete(p, "sign_type") }), cause: SignTypeLeftOut},
		"notify_url not signed":            {signed: changed(func(p wire.Params) { delete(p, "notify_url") }), cause: LeftOut, detail: "notify_url"},
		"two not signed":                   {signed: changed(func(p wire.Params) { delete(p, "notify_url"); delete(p, "format") }), cause: LeftOut, detail: "format, notify_url"},
		"format signed and not sent":       {signed: canonical(request()), send: func(p wire.Params) string { delete(p, "format"); return query(p) }, cause: NotSent, detail: "format"},
		"values escaped before signing":    {signed: values(url.QueryEscape), cause: ValuesEscaped},
		"escaped twice on the way":         {send: func(p wire.Params) string { p["notify_url"] = url.QueryEscape(p["notify_url"]); return query(p) }, cause: EscapedTwice, detail: "notify_url"},
		"a plus not escaped":               {send: func(p wire.Params) string { return strings.ReplaceAll(query(p), "%2B", "+") }, cause: SignSpaces},
		"HTML-escaped values":              {send: func(p wire.Params) string { p["biz_content"] = html.EscapeString(p["biz_content"]); return query(p) }, cause: HTMLEscaped},
		"HTML-escaped ampersands":          {send: func(p wire.Params) string { return strings.ReplaceAll(query(p), "&", "&amp;") }, cause: HTMLAmpersand},
		"signed in GBK":                    {signed: wire.GBK.Encode(canonical(request())), cause: OtherCharset, detail: "gbk"},
		"signed in a locale without signs": {signed: strings.Map(func(r rune) rune { return map[bool]rune{true: '?', false: r}[r > 127] }, canonical(request())), cause: OtherCharset, detail: "us-ascii"},
		"sorted as sent":                   {signed: "method=alipay.trade.create&app_id=2021000012345678", send: nil, cause: StringOpen},
		"JSON with escaped slashes": {signed: values(func(v string) string {
			return map[bool]string{true: strings.ReplaceAll(v, "/", `\/`), false: v}[v[0] == '{']
		}), cause: JSONRespelled},
		"JSON as Go escapes it": {signed: values(func(v string) string {
			return strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`).Replace(v)
		}), send: func(p wire.Params) string { delete(p, "notify_url"); return query(p) }, cause: StringOpen},
		"quoted values":                  {signed: `app_id="2021000012345678"&biz_content="` + content + `"&charset="utf-8"&format="JSON"&method="alipay.trade.create"&notify_url="https://shop.example.com/notify?a=b"&sign_type="RSA2"&timestamp="2018-11-11 12:00:00"&version="1.0"`, cause: Quoted},
		"another hash and a lost member": {signed: changed(func(p wire.Params) { delete(p, "sign_type") }), kind: wire.RSA, cause: SignTypeLeftOut},
	} {
		t.Run(name, func(t *testing.T) {
			key, kind, p := row.key, row.kind, request()
			if key == nil {
				key = ours()
			}
			if kind == "" {
				kind = wire.RSA2
			}
			text := row.signed
			if text == "" {
				text = canonical(p)
			}
			p["sign"] = sign(key, kind, text)
			if row.cause == SignSpaces && !strings.Contains(p["sign"], "+") {
				t.Skip("this signature has no plus")
			}
			send := row.send
			if send == nil {
				send = query
			}
			r, err := Paste("https://pay.example.com/gateway.do?" + send(p))
			if err != nil {
				t.Fatal(err)
			}
			f := Signature(r, keys(), "")
			if f.Cause != row.cause || f.Detail != row.detail {
				t.Errorf("got %+v, signed %q", f, f.Signed)
			}
			if f.Signed != nil && row.cause != SignSpaces && string(f.Signed) != text {
				t.Errorf("signed %q\nfound  %q", text, f.Signed)
			}
		})
	}
}

func TestAPlusThatCameAsASpace(t *testing.T) {
	p := request()
	delete(p, "notify_url")
	var err error
	if p["sign"], err = wire.Sign(ours(), wire.RSA2, []byte(p.Canonical(wire.DropEmpty, "sign"))); err != nil {
		t.Fatal(err)
	}
	p["biz_content"] = strings.ReplaceAll(p["biz_content"], "+", " ")
	r := Form("", nil, query(p), p)
	if f := Signature(r, keys(), ""); f.Cause != StringOpen { // one of two spaces was a plus: which, only a comparison says
		t.Errorf("got %+v", f)
	}
	q := request()
	q["biz_content"] = `{"subject":"1+1"}`
	text := q.Canonical(wire.DropEmpty, "sign")
	if q["sign"], err = wire.Sign(ours(), wire.RSA2, []byte(text)); err != nil {
		t.Fatal(err)
	}
	q["biz_content"] = `{"subject":"1 1"}`
	r = Form("", nil, query(q), q)
	if f := Signature(r, keys(), ""); f.Cause != PlusAsSpace || f.Detail != "biz_content" || string(f.Signed) != text {
		t.Errorf("got %+v", f)
	}
}

func TestTheStringOfTheProgramIsComparedWith(t *testing.T) {
	p := request()
	yours := "total=88&" + p.Canonical(wire.DropEmpty, "sign")
	p["sign"], _ = wire.Sign(ours(), wire.RSA2, []byte(yours))
	r := Form("", nil, query(p), p)
	if f := Signature(r, keys(), yours+"\n"); f.Cause != YourString || string(f.Signed) != yours {
		t.Errorf("got %+v", f)
	}
	sum := sha256.Sum256(r.Canonical())
	raw, err := rsa.SignPSS(rand.Reader, ours(), crypto.SHA256, sum[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Sign = base64.StdEncoding.EncodeToString(raw)
	if f := Signature(r, keys(), ""); f.Cause != PaddingPSS {
		t.Errorf("got %+v", f)
	}
	r.Sign = base64.StdEncoding.EncodeToString(raw[:100])
	if f := Signature(r, keys(), ""); f.Cause != SignLength {
		t.Errorf("got %+v", f)
	}
	r.Sign = "%%%"
	if f := Signature(r, keys(), ""); f.Cause != SignForm {
		t.Errorf("got %+v", f)
	}
	r.Sign = ""
	if f := Signature(r, keys(), ""); f.Cause != SignMissing {
		t.Errorf("got %+v", f)
	}
	if f := Signature(r, []Key{{Name: "none"}}, ""); f.Cause != NoKey {
		t.Errorf("got %+v", f)
	}
}

func TestOrderAsSentAndWhatStandsInTheQuery(t *testing.T) {
	signed := func(text string) string {
		s, _ := wire.Sign(ours(), wire.RSA2, []byte(text))
		return url.QueryEscape(s)
	}
	for cause, text := range map[Cause]string{
		NotSorted: "method=m&app_id=2021000012345678&sign_type=RSA2&biz_content={}", QueryLeftOut: "biz_content={}", BodyLeftOut: "app_id=2021000012345678&method=m&sign_type=RSA2",
	} {
		r, err := Paste("POST /gateway.do?method=m&app_id=2021000012345678&sign_type=RSA2&sign=" + signed(text) + " HTTP/1.1\r\nHost: x\r\n\r\nbiz_content=%7B%7D")
		if err != nil {
			t.Fatal(err)
		}
		if f := Signature(r, keys(), ""); f.Cause != cause || string(f.Signed) != text {
			t.Errorf("%s: got %+v", cause, f)
		}
	}
}

func TestTheThirdVersion(t *testing.T) {
	const said, body = "app_id=2021000012345678,nonce=n,timestamp=1541908800000", `{"out_trade_no": "1"}`
	const path = "/v3/alipay/trade/query?a=b"
	for cause, text := range map[Cause]string{
		Verified: said + "\nPOST\n" + path + "\n" + body + "\n", NoLastLineEnd: said + "\nPOST\n" + path + "\n" + body, PathDiffers: said + "\nPOST\n/v3/alipay/trade/query\n" + body + "\n",
		BodyDiffers: said + "\nPOST\n" + path + "\n\n", JSONRespelled: said + "\nPOST\n" + path + "\n" + `{"out_trade_no":"1"}` + "\n",
		VerbDiffers: said + "\npost\n" + path + "\n" + body + "\n", TokenLineDiffers: said + "\nPOST\n" + path + "\n" + body + "\n\n",
	} {
		sign, _ := wire.Sign(ours(), wire.RSA2, []byte(text))
		r, err := Paste("POST https://pay.example.com" + path + " HTTP/1.1\nContent-Type: application/json\nAuthorization: ALIPAY-SHA256withRSA " + said + ",sign=" + sign + "\n\n" + body + "\n")
		if err != nil {
			t.Fatal(err)
		}
		if f := Signature(r, keys(), ""); f.Cause != cause || r.App() != "2021000012345678" || r.Kind != V3 {
			t.Errorf("%s: got %+v", cause, f)
		}
	}
}

func TestNoticesAndReturns(t *testing.T) {
	p := wire.Params{"notify_id": "1", "app_id": "2021000012345678", "sign_type": "RSA2", "trade_status": "TRADE_SUCCESS"}
	p["sign"], _ = wire.Sign(ours(), wire.RSA2, []byte("app_id=2021000012345678&notify_id=1&trade_status=TRADE_SUCCESS"))
	r, err := Paste(query(p))
	if err != nil || r.Kind != Notice {
		t.Fatal(r, err)
	}
	if f := Signature(r, keys(), ""); f.Cause != Verified {
		t.Errorf("got %+v", f)
	}
	p["sign"], _ = wire.Sign(ours(), wire.RSA2, []byte(p.Canonical(wire.DropEmpty, "sign")))
	r, _ = Paste(query(p))
	if f := Signature(r, keys(), ""); f.Cause != SignTypeSigned {
		t.Errorf("got %+v", f)
	}
}

func TestASumOfTheClassicProtocol(t *testing.T) {
	const text = "_input_charset=utf-8&partner=2088000000000000&service=trade_create_by_buyer&subject=茶"
	for name, row := range map[string]struct {
		sum   string
		cause Cause
	}{
		"well":               {wire.SumMD5("ours", text), Verified},
		"in capitals":        {strings.ToUpper(wire.SumMD5("ours", text)), Verified},
		"another's key":      {wire.SumMD5("another", text), OtherKey},
		"nobody's key":       {wire.SumMD5("theirs", text), SumDiffers},
		"sign_type signed":   {wire.SumMD5("ours", strings.Replace(text, "&subject", "&sign_type=md5&subject", 1)), SignTypeSigned},
		"a parameter less":   {wire.SumMD5("ours", strings.Replace(text, "&subject=茶", "", 1)), LeftOut},
		"in GBK":             {wire.SumMD5("ours", wire.GBK.Encode(text)), OtherCharset},
		"the key as another": {wire.SumMD5("&key=ours", text), KeyJoined},
		"without the key":    {wire.SumMD5("", text), KeyJoined},
		"no sum":             {"xyz", SignForm},
		"none":               {"", SignMissing},
	} {
		r, err := Paste("service=trade_create_by_buyer&partner=2088000000000000&_input_charset=utf-8&subject=%E8%8C%B6&sign_type=md5&sign=" + row.sum)
		if err != nil || r.Kind != Classic || r.App() != "" {
			t.Fatal(r, err)
		}
		if f := Signature(r, keys(), ""); f.Cause != row.cause {
			t.Errorf("%s: got %+v", name, f)
		}
	}
	r, _ := Paste("service=x&partner=2088000000000000&sign_type=MD5&sign=" + wire.SumMD5("a", ""))
	if f := Signature(r, []Key{{Name: "none"}}, ""); f.Cause != NoKey {
		t.Errorf("got %+v", f)
	}
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	for _, text := range []string{"", "hello", "https://pay.example.com/gateway.do", "a=b", "service=x", "app_id=%zz", "Authorization: x", "POST /v3/x HTTP/1.1\nAuthorization: Bearer x\n\n{}", "app_id=1&app_id=2"} {
		if _, err := Paste(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestNothingSecretIsShown(t *testing.T) {
	for text, want := range map[string]string{
		`biz_content={"auth_code":"281234567890123456","out_trade_no":"4111111111111111"}`: `biz_content={"auth_code":"**************3456","out_trade_no":"4111111111111111"}`,
		`{"identity":"6222020200112233440","identity_type":"BANKCARD_ACCOUNT"}`:            `{"identity":"6222020200112233440","identity_type":"BANKCARD_ACCOUNT"}`,
		`{"identity":"4111111111111111"}`:                                                  `{"identity":"************1111"}`,
		`{"payee_info":"{\"identity\":\"4111111111111111\"}"}`:                             `{"payee_info":"{\"identity\":\"************1111\"}"}`,
		`{"buyer_id":"2088102112345678"}`:                                                  `{"buyer_id":"2088102112345678"}`,
		`app_id=1&code=abcdefgh&grant_type=x`:                                              `app_id=1&code=******gh&grant_type=x`,
		`auth_token=abcdefghijkl&method=x`:                                                 `auth_token=********ijkl&method=x`,
		`a=%7B%22card_no%22%3A%224111111111111111%22%7D`:                                   `a=%7B%22card_no%22%3A%22************1111%22%7D`,
		`{"cert_no":"330106199001011234"}`:                                                 `{"cert_no":"**************1234"}`,
		`timestamp=2018-11-11 12:00:00`:                                                    `timestamp=2018-11-11 12:00:00`,
	} {
		if got := Mask(text); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func FuzzPaste(f *testing.F) {
	f.Add("https://pay.example.com/gateway.do?app_id=2021000012345678&sign=AAAA&biz_content=%7B%7D", "x")
	f.Add("POST /v3/alipay/trade/query HTTP/1.1\nAuthorization: ALIPAY-SHA256withRSA app_id=1,nonce=n,timestamp=1,sign=A\n\n{}", "")
	f.Add("notify_id=1&app_id=1&sign=A", "a")
	f.Fuzz(func(t *testing.T, text, yours string) {
		Mask(text)
		r, err := Paste(text)
		if err != nil {
			return
		}
		r.Canonical()
		o := opened{hash: crypto.SHA256, digest: make([]byte, 32)}
		o.over(r, yours)
	})
}
