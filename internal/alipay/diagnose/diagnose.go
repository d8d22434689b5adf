// Package diagnose says why a signature does not fit. A signature opens with the
// public key into the hash that was signed; so one look says whether the private
// key was the right one and which hash was taken, and every string that a program
// could have signed by mistake is tried by hashing it. It is pure, and refuses to
// know applications, methods and where requests are kept: whoever asks hands in
// what was sent and the keys that it could have been signed by.
package diagnose

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"

	"tongbao/internal/alipay/wire"
)

// Cause is what was done wrong, in a word that stays.
type Cause string

// The causes. Those of the second group are found by the string that would have
// fitted, which Finding.Signed then holds.
const (
	Verified    Cause = "verified" // nothing is wrong
	SignMissing Cause = "sign_missing"
	SignForm    Cause = "sign_not_base64"
	SignSpaces  Cause = "sign_plus_as_space" // its + were not escaped, and came as spaces
	SignTwice   Cause = "sign_escaped_twice" // it still holds %2B and the like
	SignLength  Cause = "sign_length"        // it is not as long as the key
	NoKey       Cause = "no_key"             // there is nothing to check it by
	WrongKey    Cause = "wrong_key"          // of no key that is known here
	OtherKey    Cause = "other_key"          // Finding.By names it
	HashDiffers Cause = "sign_type_differs"  // Finding.Detail is the hash that was taken
	PaddingPSS  Cause = "padding_pss"        // RSA-PSS in place of PKCS #1 v1.5
	StringOpen  Cause = "other_string"       // the key fits, the string is none that was tried
	YourString  Cause = "your_string"        // it is over the string that was handed in to compare

	SumDiffers Cause = "sum_differs" // of MD5: the key or the string is another one, and nobody can say which
	KeyJoined  Cause = "key_joined"  // of MD5: the key does not stand right behind the string

	SignTypeLeftOut  Cause = "sign_type_left_out"
	SignTypeSigned   Cause = "sign_type_signed"   // where it is left out: notices, the classic protocol
	LeftOut          Cause = "parameter_left_out" // Finding.Detail names it
	NotSent          Cause = "parameter_not_sent" // signed, and then not sent
	QueryLeftOut     Cause = "query_left_out"
	BodyLeftOut      Cause = "body_left_out"
	NotSorted        Cause = "not_sorted"
	SortedByFold     Cause = "sorted_ignoring_case"
	OtherCharset     Cause = "other_charset" // Finding.Detail names it
	ValuesEscaped    Cause = "values_escaped"
	EscapedTwice     Cause = "escaped_twice"
	PlusAsSpace      Cause = "plus_as_space" // Finding.Detail names the parameter
	HTMLEscaped      Cause = "html_escaped"
	HTMLUnescaped    Cause = "html_unescaped"
	HTMLAmpersand    Cause = "html_ampersand" // a name begins with amp;
	JSONRespelled    Cause = "json_respelled"
	LineEnds         Cause = "line_ends"
	Trimmed          Cause = "blanks_trimmed"
	Quoted           Cause = "values_quoted"
	EmptyKept        Cause = "empty_kept" // for what the platform signs
	NoLastLineEnd    Cause = "no_last_line_end"
	PathDiffers      Cause = "path_differs"
	VerbDiffers      Cause = "verb_differs"
	BodyDiffers      Cause = "body_differs"
	TokenLineDiffers Cause = "token_line_differs"
)

// Causes lists them, for who describes them.
var Causes = []Cause{Verified, SignMissing, SignForm, SignSpaces, SignTwice, SignLength, NoKey, WrongKey, OtherKey, HashDiffers, PaddingPSS, StringOpen, YourString, SumDiffers, KeyJoined,
	SignTypeLeftOut, SignTypeSigned, LeftOut, NotSent, QueryLeftOut, BodyLeftOut, NotSorted, SortedByFold, OtherCharset, ValuesEscaped, EscapedTwice, PlusAsSpace, HTMLEscaped, HTMLUnescaped,
	HTMLAmpersand, JSONRespelled, LineEnds, Trimmed, Quoted, EmptyKept, NoLastLineEnd, PathDiffers, VerbDiffers, BodyDiffers, TokenLineDiffers}

// Kind is what was signed.
type Kind string

// The kinds. A notice, and the parameters of a return_url, are signed by the
// platform; all else by a program.
const (
	V2     Kind = "v2"
	V3     Kind = "v3"
	Notice Kind = "notice"
	// Classic is a request of the old protocol, which names a service; its sign
	// type may be MD5, a sum with a shared key.
	Classic Kind = "classic"
)

// Request is what came, as the bytes that were sent.
type Request struct {
	Kind     Kind
	Charset  wire.Charset
	SignType wire.SignType
	Sign     string

	Query, Body wire.Params // of V2 and Notice; decoded once
	Order       []string    // names as they came, the query's first; empty where that is not known

	Authorization     wire.Authorization // of V3
	Verb, Path, Token string
	Content           []byte
}

// Form is a request of the second version, or a notice, from a raw query and body.
func Form(rawQuery string, query wire.Params, rawBody string, body wire.Params) Request {
	sent := wire.Merge(query, body)
	r := Request{Kind: V2, Query: query, Body: body, Sign: sent["sign"], SignType: wire.SignType(sent.Get("sign_type")), Charset: wire.UTF8}
	if escaped, ok := sent["amp;sign"]; ok && r.Sign == "" {
		r.Sign = escaped
	}
	r.Order = append(names(rawQuery, nil), names(rawBody, query)...)
	if sent.Get("service") != "" && sent.Get("method") == "" {
		r.Kind, r.SignType = Classic, wire.SignType(strings.ToUpper(string(r.SignType)))
	}
	if sent.Get("notify_id") != "" || strings.HasSuffix(sent.Get("method"), ".return") {
		r.Kind = Notice
	}
	named := sent.Get("charset")
	if r.Kind == Classic {
		named = sent.Get("_input_charset")
	}
	if charset, err := wire.ParseCharset(named); err == nil {
		r.Charset = charset
	}
	if !r.SignType.Valid() && r.SignType != wire.MD5 {
		r.SignType = wire.RSA2
	}
	return r
}

// names are a form's names in their order, without those known already.
func names(raw string, known wire.Params) []string {
	var out []string
	for _, pair := range strings.Split(raw, "&") {
		key, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		if _, twice := known[name]; err == nil && name != "" && !twice {
			out = append(out, name)
		}
	}
	return out
}

// Params are those of query and body together.
func (r Request) Params() wire.Params { return wire.Merge(r.Query, r.Body) }

// Canonical is the string that has to be signed, in the request's charset.
func (r Request) Canonical() []byte { return r.strings()[0] }

// strings are those that are accepted, the plain one first.
func (r Request) strings() [][]byte {
	switch r.Kind {
	case V3:
		return [][]byte{r.Authorization.Signed(r.Verb, r.Path, r.Content, r.Token)}
	case Notice, Classic:
		return [][]byte{[]byte(r.Params().Canonical(wire.DropEmpty, "sign", "sign_type"))}
	}
	var all [][]byte
	for _, text := range r.Params().Candidates() {
		all = append(all, []byte(text))
	}
	return all
}

// Key is one that a request could have been signed by.
type Key struct {
	Name   string
	Public *rsa.PublicKey
	Secret string // of MD5
}

// Finding is what is known of a signature.
type Finding struct {
	Cause  Cause
	Also   Cause  // a second mistake beside it
	Detail string // what Cause names
	By     string // the key, where it is known
	Signed []byte // the string that was signed in place of the canonical one; nil where unknown
}

// Signature looks at a request. The first key is the one that counts; of the
// others it is only said that they were used. Yours is the string that the
// caller's program says it signed; it may be empty.
func Signature(r Request, keys []Key, yours string) Finding {
	if r.SignType == wire.MD5 {
		return sum(r, keys, yours)
	}
	if len(keys) == 0 || keys[0].Public == nil {
		return Finding{Cause: NoKey}
	}
	if strings.TrimSpace(r.Sign) == "" {
		return Finding{Cause: SignMissing}
	}
	raw, mangled := decode(r.Sign)
	if raw == nil {
		return Finding{Cause: mangled}
	}
	found := opened{}
	for _, key := range keys {
		if key.Public == nil {
			continue
		}
		if o, ok := open(key.Public, raw); ok {
			found = o
			found.by = key.Name
			break
		}
	}
	if found.digest == nil {
		return unopened(r, keys[0].Public, raw, mangled)
	}
	f := found.over(r, yours)
	f.By = found.by
	if found.by != keys[0].Name {
		f = Finding{Cause: OtherKey, By: found.by, Also: f.Cause, Signed: f.Signed}
	}
	if f.Also == Verified {
		f.Also = ""
	}
	if mangled != "" {
		if f.Cause != Verified {
			f.Also = f.Cause
		}
		f.Cause = mangled
	}
	return f
}

// sum looks at a sum of MD5, which does not open: it is made anew with each key.
func sum(r Request, keys []Key, yours string) Finding {
	digest, err := hex.DecodeString(strings.ToLower(strings.TrimSpace(r.Sign)))
	switch {
	case strings.TrimSpace(r.Sign) == "":
		return Finding{Cause: SignMissing}
	case err != nil || len(digest) != crypto.MD5.Size():
		return Finding{Cause: SignForm}
	}
	known := false
	for _, key := range keys {
		if key.Secret == "" {
			continue
		}
		known = true
		o := opened{by: key.Name, hash: crypto.MD5, digest: digest, behind: key.Secret}
		f := o.over(r, yours)
		if f.Cause == StringOpen {
			for _, joined := range []string{"&key=" + key.Secret, "&" + key.Secret, ""} {
				o.behind = joined
				if o.of(r.Canonical()) {
					return Finding{Cause: KeyJoined, By: key.Name}
				}
			}
			continue
		}
		if f.By = key.Name; key.Name != keys[0].Name {
			return Finding{Cause: OtherKey, By: key.Name, Signed: f.Signed}
		}
		return f
	}
	if !known {
		return Finding{Cause: NoKey}
	}
	return Finding{Cause: SumDiffers}
}

// decode reads a signature as it came, and says how it was mangled where it can
// be read all the same.
func decode(sign string) (raw []byte, mangled Cause) {
	if raw, err := base64.StdEncoding.DecodeString(sign); err == nil {
		return raw, ""
	}
	if plain, err := url.PathUnescape(sign); err == nil && plain != sign {
		if raw, err := base64.StdEncoding.DecodeString(plain); err == nil {
			return raw, SignTwice
		}
	}
	if raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(sign, " ", "+")); err == nil {
		return raw, SignSpaces
	}
	return nil, SignForm
}

// unopened is a signature of no key.
func unopened(r Request, key *rsa.PublicKey, raw []byte, mangled Cause) Finding {
	f := Finding{Cause: WrongKey, Also: mangled}
	switch {
	case len(raw) != key.Size():
		f.Cause = SignLength
	case raw[len(raw)-1] != 0 && isPSS(key, r.strings(), raw):
		f.Cause = PaddingPSS
	}
	return f
}

func isPSS(key *rsa.PublicKey, texts [][]byte, raw []byte) bool {
	for _, text := range texts {
		sum := sha256.Sum256(text)
		if rsa.VerifyPSS(key, crypto.SHA256, sum[:], raw, nil) == nil {
			return true
		}
	}
	return false
}

// over says which string the digest is of.
func (o opened) over(r Request, yours string) Finding {
	hashed := crypto.SHA256
	if r.SignType == wire.MD5 {
		hashed = crypto.MD5
	}
	if r.SignType == wire.RSA && r.Kind != V3 {
		hashed = crypto.SHA1
	}
	accepted := r.strings()
	for _, text := range accepted {
		if o.of(text) {
			if o.hash != hashed {
				return Finding{Cause: HashDiffers, Detail: hashName(o.hash)}
			}
			return Finding{Cause: Verified}
		}
	}
	if r.Kind == Notice {
		if text := []byte(r.Params().Canonical(wire.KeepEmpty, "sign", "sign_type")); o.of(text) {
			return o.noting(Finding{Cause: EmptyKept, Signed: text}, hashed)
		}
	}
	if f, ok := o.search(r); ok {
		return o.noting(f, hashed)
	}
	if text := []byte(r.Charset.Encode(yours)); yours != "" {
		for _, text := range [][]byte{text, []byte(yours), bytes.TrimRight(text, "\r\n"), append(bytes.TrimRight(text, "\r\n"), '\n')} {
			if o.of(text) {
				return o.noting(Finding{Cause: YourString, Signed: text}, hashed)
			}
		}
	}
	return o.noting(Finding{Cause: StringOpen}, hashed)
}

// noting adds that the hash is another one too.
func (o opened) noting(f Finding, want crypto.Hash) Finding {
	if o.hash != want {
		if f.Cause == StringOpen {
			return Finding{Cause: HashDiffers, Also: StringOpen, Detail: hashName(o.hash)}
		}
		f.Also = HashDiffers
	}
	return f
}
