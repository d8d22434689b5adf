package diagnose

import (
	"errors"
	"net/url"
	"strings"

	"tongbao/internal/alipay/wire"
)

// What is wrong with a pasted text.
var (
	ErrPaste         = errors.New("neither an address, nor a form, nor an HTTP request")
	ErrNoRequestLine = errors.New("an HTTP request begins with its line: POST /v3/alipay/trade/query HTTP/1.1")
)

// Paste reads what a developer has before them: an address, a form's body, or an
// HTTP request with its line, headers and body.
func Paste(text string) (Request, error) {
	text = strings.TrimLeft(text, " \t\r\n")
	first, rest, _ := strings.Cut(text, "\n")
	first = strings.TrimRight(first, "\r ")
	verb, target, isRequest := strings.Cut(first, " ")
	switch {
	case isRequest && isVerb(verb):
		target, _, _ = strings.Cut(strings.TrimSpace(target), " ")
		return pastedRequest(verb, target, rest)
	case strings.HasPrefix(strings.ToLower(first), "authorization:"):
		return Request{}, ErrNoRequestLine
	case strings.HasPrefix(first, "http://"), strings.HasPrefix(first, "https://"), strings.HasPrefix(first, "/"):
		return pastedForm(first, strings.TrimSpace(rest))
	}
	return pastedForm("", strings.TrimSpace(text))
}

func isVerb(text string) bool {
	switch text {
	case "GET", "POST", "PUT", "PATCH", "DELETE":
		return true
	}
	return false
}

func pastedForm(address, body string) (Request, error) {
	_, rawQuery, _ := strings.Cut(address, "?")
	rawQuery, _, _ = strings.Cut(rawQuery, "#")
	query, err := wire.ParseForm(rawQuery)
	if err != nil {
		return Request{}, err
	}
	sent, err := wire.ParseForm(body)
	if err != nil {
		return Request{}, err
	}
	both := wire.Merge(query, sent)
	if both["app_id"] == "" && both["partner"] == "" && both["notify_id"] == "" {
		return Request{}, ErrPaste
	}
	return Form(rawQuery, query, body, sent), nil
}

func pastedRequest(verb, target, rest string) (Request, error) {
	headers, body := map[string]string{}, ""
	for line := ""; rest != ""; {
		line, rest, _ = strings.Cut(rest, "\n")
		line = strings.TrimRight(line, "\r")
		if line == "" {
			body = rest
			break
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			headers[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
	}
	if u, err := url.Parse(target); err == nil && u.Host != "" {
		target = u.RequestURI()
	}
	if headers["authorization"] == "" {
		return pastedForm(target, strings.TrimSpace(body))
	}
	said, err := wire.ParseAuthorization(headers["authorization"])
	if err != nil {
		return Request{}, err
	}
	// What was pasted has a line's end behind it more often than what was sent.
	return Request{Kind: V3, Charset: wire.UTF8, SignType: wire.RSA2, Sign: said.Sign, Authorization: said, Verb: verb, Path: target,
		Token: headers["alipay-app-auth-token"], Content: []byte(strings.TrimRight(body, "\r\n"))}, nil
}

// App is the application that the request names; empty where it names none, as
// the classic protocol does.
func (r Request) App() string {
	if r.Kind == V3 {
		return r.Authorization.Fields["app_id"]
	}
	return r.Params().Get("app_id")
}
