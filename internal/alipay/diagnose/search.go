package diagnose

import (
	"bytes"
	"encoding/json"
	"html"
	"maps"
	"net/url"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"tongbao/internal/alipay/wire"
)

// mostHashed bounds the work on one request: what its strings have in bytes, all
// together. Single mistakes are tried first, then pairs of them.
const mostHashed = 2 << 20

// edit is one mistake: what it makes of a string's parts.
type edit[T any] struct {
	cause  Cause
	detail string
	do     func(*T)
}

// try looks for the one or two mistakes that make the string of the digest.
func try[T any](o opened, base func() T, write func(T) []byte, edits []edit[T]) (Finding, bool) {
	left := mostHashed
	plain := write(base())
	hit := func(which ...edit[T]) ([]byte, bool) {
		parts := base()
		for _, e := range which {
			e.do(&parts)
		}
		text := write(parts)
		left -= len(text)
		return text, !bytes.Equal(text, plain) && o.of(text)
	}
	for _, e := range edits {
		if text, ok := hit(e); ok {
			return Finding{Cause: e.cause, Detail: e.detail, Signed: text}, true
		}
	}
	for i, a := range edits {
		for _, b := range edits[i+1:] {
			if left < 0 {
				return Finding{}, false
			}
			if text, ok := hit(a, b); ok {
				f := Finding{Cause: a.cause, Also: b.cause, Detail: a.detail, Signed: text}
				if b.cause == a.cause { // two parameters left out, say
					f.Also, f.Detail = "", a.detail+", "+b.detail
				}
				return f, true
			}
		}
	}
	return Finding{}, false
}

// search tries what programs do by mistake.
func (o opened) search(r Request) (Finding, bool) {
	if r.Kind == V3 {
		return try(o, r.lines, lines.bytes, lineEdits(r))
	}
	return try(o, r.pairs, pairs.bytes, pairEdits(r))
}

// pairs are the parts of a string of the second version.
type pairs struct {
	params wire.Params
	order  []string // nil for sorted
	less   func(a, b string) bool
	quoted bool
	charset
}

type charset func(string) string

func (r Request) pairs() pairs {
	p := pairs{params: wire.Params{}}
	for name, value := range r.Params() {
		if name != "sign" && name != "amp;sign" && strings.TrimSpace(value) != "" && (r.Kind == V2 || name != "sign_type") {
			p.params[name] = value
		}
	}
	return p
}

func (p pairs) bytes() []byte {
	names := slices.Collect(maps.Keys(p.params))
	switch {
	case p.order != nil:
		place := map[string]int{}
		for i, name := range p.order {
			if _, known := place[name]; !known {
				place[name] = i
			}
		}
		sort.Slice(names, func(i, j int) bool { return place[names[i]] < place[names[j]] })
	case p.less != nil:
		sort.Slice(names, func(i, j int) bool { return p.less(names[i], names[j]) })
	default:
		sort.Strings(names)
	}
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name + "=")
		if p.quoted {
			b.WriteString(`"` + p.params[name] + `"`)
		} else {
			b.WriteString(p.params[name])
		}
	}
	if p.charset != nil {
		return []byte(p.charset(b.String()))
	}
	return []byte(b.String())
}

// each is a mistake in all values.
func each(cause Cause, detail string, change func(string) string) edit[pairs] {
	return edit[pairs]{cause, detail, func(p *pairs) {
		for name, value := range p.params {
			p.params[name] = change(value)
		}
	}}
}

func pairEdits(r Request) []edit[pairs] {
	sent := r.Params()
	known := slices.Sorted(maps.Keys(r.pairs().params))
	var all []edit[pairs]
	leave := func(cause Cause, detail string, out func(name string) bool) {
		all = append(all, edit[pairs]{cause, detail, func(p *pairs) { maps.DeleteFunc(p.params, func(name, _ string) bool { return out(name) }) }})
	}
	if r.Kind != V2 {
		if t := sent["sign_type"]; t != "" {
			all = append(all, edit[pairs]{SignTypeSigned, "", func(p *pairs) { p.params["sign_type"] = t }})
		}
	} else {
		leave(SignTypeLeftOut, "", func(name string) bool { return name == "sign_type" })
	}
	if len(r.Query) > 0 && len(r.Body) > 0 {
		leave(QueryLeftOut, "", func(name string) bool { _, in := r.Body[name]; return !in })
		leave(BodyLeftOut, "", func(name string) bool { _, in := r.Query[name]; return !in })
	}
	for _, name := range known {
		if name != "sign_type" {
			leave(LeftOut, name, func(other string) bool { return other == name })
		}
	}
	for name, value := range map[string]string{"format": "JSON", "charset": string(r.Charset), "version": "1.0"} {
		if sent.Get(name) == "" && r.Kind == V2 {
			all = append(all, edit[pairs]{NotSent, name, func(p *pairs) { p.params[name] = value }})
		}
	}
	if len(r.Order) > 0 {
		all = append(all, edit[pairs]{NotSorted, "", func(p *pairs) { p.order = r.Order }})
	}
	all = append(all,
		edit[pairs]{SortedByFold, "", func(p *pairs) {
			p.less = func(a, b string) bool { return strings.ToLower(a) < strings.ToLower(b) }
		}},
		edit[pairs]{Quoted, "", func(p *pairs) { p.quoted = true }},
		edit[pairs]{HTMLAmpersand, "", func(p *pairs) {
			for name, value := range p.params {
				if plain, ok := strings.CutPrefix(name, "amp;"); ok {
					delete(p.params, name)
					p.params[plain] = value
				}
			}
		}},
		each(HTMLEscaped, "", html.UnescapeString), each(HTMLUnescaped, "", html.EscapeString),
		each(ValuesEscaped, "", url.QueryEscape), each(ValuesEscaped, "", func(v string) string { return strings.ReplaceAll(url.QueryEscape(v), "+", "%20") }),
		each(ValuesEscaped, "", func(v string) string { return lowerHex(url.QueryEscape(v)) }),
		each(EscapedTwice, "", unescaped),
		each(Trimmed, "", strings.TrimSpace), each(LineEnds, "", func(v string) string { return strings.ReplaceAll(v, "\r\n", "\n") }),
		each(LineEnds, "", func(v string) string {
			return strings.ReplaceAll(strings.ReplaceAll(v, "\r\n", "\n"), "\n", "\r\n")
		}),
	)
	for _, name := range known {
		if unescaped(sent[name]) != sent[name] {
			all = append(all, edit[pairs]{EscapedTwice, name, func(p *pairs) { p.params[name] = unescaped(p.params[name]) }})
		}
		if strings.Contains(sent[name], " ") {
			all = append(all, edit[pairs]{PlusAsSpace, name, func(p *pairs) { p.params[name] = strings.ReplaceAll(p.params[name], " ", "+") }})
		}
	}
	for _, spelled := range spellings {
		all = append(all, each(JSONRespelled, "", spelled))
	}
	for name, recode := range recodings(r.Charset) {
		all = append(all, edit[pairs]{OtherCharset, name, func(p *pairs) { p.charset = recode }})
	}
	return all
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

func lowerHex(text string) string {
	b := []byte(text)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], bytes.ToLower(b[i+1:i+3]))
		}
	}
	return string(b)
}

// spellings are other ways to write the same JSON.
var spellings = []func(string) string{
	func(v string) string {
		var b bytes.Buffer
		if !isJSON(v) || json.Compact(&b, []byte(v)) != nil {
			return v
		}
		return b.String()
	},
	func(v string) string { return strings.ReplaceAll(v, `\/`, "/") },
	func(v string) string {
		if !isJSON(v) {
			return v
		}
		return strings.ReplaceAll(strings.ReplaceAll(v, `\/`, "/"), "/", `\/`)
	},
	func(v string) string { // as Go writes < > and &
		var b bytes.Buffer
		if !isJSON(v) {
			return v
		}
		json.HTMLEscape(&b, []byte(v))
		return b.String()
	},
	func(v string) string { return angles.Replace(v) },
	escapeRunes,
	func(v string) string { // written anew: \u4e2d as the sign itself, and members sorted
		var parsed any
		if !isJSON(v) || json.Unmarshal([]byte(v), &parsed) != nil {
			return v
		}
		var b bytes.Buffer
		writer := json.NewEncoder(&b)
		writer.SetEscapeHTML(false)
		if writer.Encode(parsed) != nil {
			return v
		}
		return strings.TrimSuffix(b.String(), "\n")
	},
}

var angles = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\u0027`, "'")

func isJSON(v string) bool {
	return strings.HasPrefix(strings.TrimSpace(v), "{") && json.Valid([]byte(v))
}

func escapeRunes(v string) string {
	if !isJSON(v) || !utf8.ValidString(v) {
		return v
	}
	var b strings.Builder
	for _, r := range v {
		if r < utf8.RuneSelf || r > 0xffff {
			b.WriteRune(r)
			continue
		}
		const hex = "0123456789abcdef"
		b.WriteString(`\u`)
		for shift := 12; shift >= 0; shift -= 4 {
			b.WriteByte(hex[r>>shift&15])
		}
	}
	return b.String()
}

// recodings are the same text as a program in another charset has its bytes.
func recodings(sent wire.Charset) map[string]charset {
	other := wire.GBK
	if sent == wire.GBK {
		other = wire.UTF8
	}
	plain := func(text string) string {
		if decoded, err := sent.Decode(text); err == nil {
			return decoded
		}
		return text
	}
	return map[string]charset{
		string(other): func(text string) string { return other.Encode(plain(text)) },
		"us-ascii": func(text string) string { // a sign that the charset has not is a question mark
			return strings.Map(func(r rune) rune {
				if r >= utf8.RuneSelf {
					return '?'
				}
				return r
			}, plain(text))
		},
		"iso-8859-1": func(text string) string { // bytes taken for signs, and written as such
			var b strings.Builder
			for i := range len(text) {
				b.WriteRune(rune(text[i]))
			}
			return b.String()
		},
	}
}
