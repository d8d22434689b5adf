package door

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"tongbao/internal/refusal"
)

// readAhead is the size of a body that is read before the request is counted as
// under way, so that who sends a byte a second holds nobody up.
const readAhead = 64 << 10

// bounded lets so many requests be under way, and refuses the others at once.
func bounded(next http.Handler, most int, unbounded func(*http.Request) bool) http.Handler {
	slots := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if unbounded != nil && unbounded(r) {
			next.ServeHTTP(w, r)
			return
		}
		if err := takeBody(r); err != nil {
			return // the caller has gone, or took too long: nobody is there to be told
		}
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			refuse(w)
		}
	})
}

// takeBody reads a body that says that it is small.
func takeBody(r *http.Request) error {
	if r.ContentLength <= 0 || r.ContentLength > readAhead {
		return nil
	}
	body := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, body); err != nil {
		return err
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(body), r.Body}
	return nil
}

// refuse says that there is too much to do, as the native door says it.
func refuse(w http.ResponseWriter) {
	entry, _ := refusal.Find(refusal.Overloaded)
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(entry.Status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "/docs#" + string(entry.Code), "title": entry.Means, "status": entry.Status,
		"detail": "too many requests are under way; nothing was done", "code": entry.Code, "retry_after_seconds": 1})
}
