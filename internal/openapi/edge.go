package openapi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"tongbao/internal/refusal"
)

const (
	maxBody     = 1 << 20
	maxFileBody = 6 << 20
)

// ServeHTTP gives the request its id, its limits and its line in the log, and
// keeps a panic from taking anything else down.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ask := &request{server: s, id: newRequestID(), started: time.Now(), method: r.Method, path: r.URL.Path, header: w.Header()}
	texts := [2]string{ask.id, s.now().UTC().Format(timeForm)}
	ask.header["Request-Id"] = texts[:1:1]
	ask.header["X-Content-Type-Options"] = noSniff
	ask.header["Cache-Control"] = noStore
	ask.header["Tongbao-Now"] = texts[1:] // screens count down by business time
	seen := &watched{ResponseWriter: w}
	ctx := context.WithValue(r.Context(), requestKey{}, ask)
	if !strings.HasSuffix(r.URL.Path, "/stream") {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.opt.Timeout)
		defer cancel()
	}
	r = r.WithContext(ctx)
	r.Body = http.MaxBytesReader(seen, r.Body, bodyLimit(r))

	defer s.lookout.follow(ask, seen)()
	defer s.note(r, ask, seen)
	defer s.catch(r, seen)
	s.mux.ServeHTTP(seen, r)
}

// The same for every answer, and never written to.
var (
	noSniff = []string{"nosniff"}
	noStore = []string{"no-store"}
)

func bodyLimit(r *http.Request) int64 {
	if r.URL.Path == "/v1/files" {
		return maxFileBody
	}
	return maxBody
}

// watched is a ResponseWriter that remembers what was answered.
type watched struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (w *watched) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(data)
	w.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// catch turns a panic into a problem. The server's own way to end a connection
// passes.
func (s *Server) catch(r *http.Request, w *watched) {
	fault := recover()
	if fault == nil {
		return
	}
	if fault == http.ErrAbortHandler { //nolint:errorlint // panics hand over the value itself
		panic(fault)
	}
	err := fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
	problem := problemIn(r.Context(), err)
	if w.status == 0 {
		writeProblem(w, problem)
	}
}

// note writes the line of the log, and the merchant's own.
func (s *Server) note(r *http.Request, ask *request, w *watched) {
	took := time.Since(ask.started)
	if s.opt.Logger.Enabled(r.Context(), slog.LevelInfo) {
		s.opt.Logger.Info("request", "request", ask.id, "method", ask.method, "path", ask.path, "status", w.status, "code", ask.code,
			"actor", ask.actor(), "took", took, "bytes", w.bytes)
	}
	s.requests.keep(ask, r, w.status, took)
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) // whoever hung up hears nothing
}

// nothingHere answers what no operation takes: another method, or no address.
func (s *Server) nothingHere(w http.ResponseWriter, r *http.Request) {
	if allowed := s.methodsOf(r); len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		writeProblem(w, problemIn(r.Context(), refusal.New(refusal.MethodNotAllowed, "this address takes %s", strings.Join(allowed, ", "))))
		return
	}
	writeProblem(w, problemIn(r.Context(), refusal.New(refusal.NotFound, "there is nothing at this address; /docs lists what there is")))
}

func (s *Server) methodsOf(r *http.Request) (allowed []string) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		_, pattern := s.mux.Handler(probe)
		if pattern == figures && !s.runsIt(r) {
			continue
		}
		if pattern != "/" && pattern != "" {
			allowed = append(allowed, method)
		}
	}
	return allowed
}
