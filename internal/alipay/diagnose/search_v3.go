package diagnose

import (
	"net/url"
	"strings"
)

// lines are the parts of a string of the third version.
type lines struct {
	said, verb, path, body, token string
	open                          bool // the last line has no end
	tokenLine                     bool
}

func (r Request) lines() lines {
	return lines{said: r.Authorization.Said, verb: r.Verb, path: r.Path, body: string(r.Content), token: r.Token, tokenLine: r.Token != ""}
}

func (l lines) bytes() []byte {
	text := l.said + "\n" + l.verb + "\n" + l.path + "\n" + l.body + "\n"
	if l.tokenLine {
		text += l.token + "\n"
	}
	if l.open {
		text = strings.TrimSuffix(text, "\n")
	}
	return []byte(text)
}

func lineEdits(r Request) []edit[lines] {
	path := func(change func(string) string) edit[lines] {
		return edit[lines]{PathDiffers, "", func(l *lines) { l.path = change(l.path) }}
	}
	body := func(change func(string) string) edit[lines] {
		return edit[lines]{BodyDiffers, "", func(l *lines) { l.body = change(l.body) }}
	}
	all := []edit[lines]{
		{NoLastLineEnd, "", func(l *lines) { l.open = true }},
		{VerbDiffers, "", func(l *lines) { l.verb = strings.ToLower(l.verb) }},
		{VerbDiffers, "", func(l *lines) {
			if l.verb = "POST"; r.Verb == "POST" {
				l.verb = "GET"
			}
		}},
		{TokenLineDiffers, "", func(l *lines) { l.tokenLine = !l.tokenLine }},
		path(func(p string) string { before, _, _ := strings.Cut(p, "?"); return before }),
		path(func(p string) string { return strings.TrimPrefix(p, "/") }),
		path(func(p string) string { return strings.TrimPrefix(p, "/v3") }),
		path(func(p string) string {
			if plain, err := url.PathUnescape(p); err == nil {
				return plain
			}
			return p
		}),
		path(func(p string) string { return strings.TrimSuffix(p, "/") }),
		path(func(string) string { return "" }),
		body(func(string) string { return "" }), body(func(string) string { return "{}" }), body(strings.TrimSpace),
		{OtherCharset, "gbk", func(l *lines) { l.body = recodings(r.Charset)["gbk"](l.body) }},
		{LineEnds, "", func(l *lines) { l.body = strings.ReplaceAll(l.body, "\r\n", "\n") }},
	}
	for _, spelled := range spellings {
		all = append(all, edit[lines]{JSONRespelled, "", func(l *lines) { l.body = spelled(l.body) }})
	}
	return all
}
