package wire

import (
	"errors"
	"strings"
)

// Authorization is the header of the third version of the protocol: what the
// caller says of itself, and its signature.
type Authorization struct {
	Said   string            // as received, up to the signature: the first line of what is signed
	Fields map[string]string // of it; the last word counts, as nothing sends one twice
	Sign   string
}

// ErrAuthorization is a header of another form.
var ErrAuthorization = errors.New("not of the form ALIPAY-SHA256withRSA app_id=…,nonce=…,timestamp=…,sign=…")

const (
	authorizationScheme = "ALIPAY-SHA256withRSA "
	maxAuthorization    = 4096
)

// ParseAuthorization reads the header. The order of its members is free, but the
// signature comes last.
func ParseAuthorization(header string) (Authorization, error) {
	text, ok := strings.CutPrefix(header, authorizationScheme)
	at := strings.LastIndex(text, ",sign=")
	if !ok || at < 0 || len(header) > maxAuthorization {
		return Authorization{}, ErrAuthorization
	}
	a := Authorization{Said: text[:at], Sign: text[at+len(",sign="):], Fields: map[string]string{}}
	for _, pair := range strings.Split(a.Said, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || name == "" {
			return Authorization{}, ErrAuthorization
		}
		if known, twice := a.Fields[name]; twice && known != value {
			return Authorization{}, ErrAuthorization
		}
		a.Fields[name] = value
	}
	return a, nil
}

// Signed is what the caller signs: each line ended, the last one too.
func (a Authorization) Signed(method, path string, body []byte, appAuthToken string) []byte {
	b := []byte(a.Said + "\n" + method + "\n" + path + "\n")
	b = append(append(b, body...), '\n')
	if appAuthToken != "" {
		b = append(b, appAuthToken+"\n"...)
	}
	return b
}
