package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	answerTimeout = 15 * time.Second // from the dial to the answer's last byte that is read
	dialTimeout   = 5 * time.Second
	snippetBytes  = 512
	statusGone    = http.StatusGone
)

// newClient reaches endpoints and nothing else: no proxy, which would resolve
// names for us, no redirects, which would lead us elsewhere, and only as much of
// an answer as is kept.
func (s *Service) newClient() *http.Client {
	transport := s.opt.Transport
	if transport == nil {
		transport = &http.Transport{
			DialContext:            s.dial,
			TLSHandshakeTimeout:    dialTimeout,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
			DisableCompression:     true, // a small answer must not become a large one
		}
	}
	return &http.Client{
		Timeout:       answerTimeout,
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close lets go of idle connections.
func (s *Service) Close() { s.client.CloseIdleConnections() }

// post sends the message once and says what came of it.
func (s *Service) post(ctx context.Context, e *Endpoint, event string, body []byte) Attempt {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return Attempt{At: s.engine.Now().UnixMilli(), Error: said(err)}
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("User-Agent", "Tongbao-Webhooks/1")
	Sign(request.Header, event, s.opt.Wall(), body, e.secrets(s.engine.Now().UnixMilli())...)
	return s.Post(request)
}

// Post sends a request to a merchant's program once, under the rules of this
// package: no redirects, no proxy, in live mode the public internet alone, and
// only the first bytes of the answer.
func (s *Service) Post(request *http.Request) Attempt {
	a := Attempt{At: s.engine.Now().UnixMilli()}
	start := s.opt.Wall()
	var err error
	a.Status, a.Answer, err = s.send(request)
	a.Milli = s.opt.Wall().Sub(start).Milliseconds()
	if err != nil {
		a.Error = said(err)
	} else if !a.delivered() {
		a.Error = http.StatusText(a.Status)
		if a.Status >= 300 && a.Status < 400 {
			a.Error = "redirects are not followed"
		}
	}
	return a
}

func (s *Service) send(request *http.Request) (status int, answer string, err error) {
	response, err := s.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	// The status has decided; a body that does not end is the endpoint's affair.
	text, _ := io.ReadAll(io.LimitReader(response.Body, snippetBytes))
	return response.StatusCode, strings.ToValidUTF8(string(text), "�"), nil
}

// said is the error in a few words, without the address, which the reader knows.
func said(err error) string {
	var outer *url.Error
	if errors.As(err, &outer) {
		if outer.Timeout() {
			return "no answer in time"
		}
		err = outer.Err
	}
	text := strings.ToValidUTF8(err.Error(), "�")
	return text[:min(len(text), 200)]
}
