package openapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"tongbao/internal/store"
)

// Health is how this server is, as it was a few seconds ago at most: asking for it
// asks nothing of the store, so that it can be asked while that is away.
type Health struct {
	OK         bool      `json:"ok"`
	Server     string    `json:"server"` // this process's name among the servers on the store
	Version    string    `json:"version"`
	Store      string    `json:"store"` // "pebblestore", "MariaDB 10.11.6"
	Head       uint64    `json:"head"`  // entries in the journal
	Age        float64   `json:"newest_entry_age_seconds"`
	JobsBehind int       `json:"jobs_behind"` // timers that are due and not done, of all servers; 1000 of a kind at most
	Servers    []string  `json:"servers"`     // that share the work; none where the store is this process's alone
	At         time.Time `json:"as_of"`       // when the store was asked
}

// serveHealth answers whether the process lives, and whether it can serve. How it is
// in more words, and its figures, are for those who run it.
func (s *Server) serveHealth() {
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if !s.runsIt(r) {
			w.Write([]byte(`{"ok":true}` + "\n"))
			return
		}
		_ = json.NewEncoder(w).Encode(s.Health())
	})
	if s.opt.Metrics != nil {
		s.mux.HandleFunc(figures, func(w http.ResponseWriter, r *http.Request) {
			if !s.runsIt(r) {
				s.nothingHere(w, r)
				return
			}
			s.opt.Metrics.ServeHTTP(w, r)
		})
	}
	s.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		err := s.opt.Ready(r.Context())
		select {
		case <-s.leaving:
			err = errLeaving
		default:
		}
		if err != nil {
			s.opt.Logger.Warn("not ready", "error", err)
			w.WriteHeader(http.StatusServiceUnavailable)
			w.Write([]byte(`{"ok":false}` + "\n"))
			return
		}
		w.Write([]byte(`{"ok":true}` + "\n"))
	})
}

// figures is there for those who run it alone: for others it is an address like any at
// which there is nothing.
const figures = "GET /metrics"

var errLeaving = errors.New("the server is about to end")

// Leave says to whoever asks that the server is about to end: it is not ready any
// more, and streams end, so that their listeners go on elsewhere. Everything else is
// answered as before. Safe to repeat.
func (s *Server) Leave() { s.leave.Do(func() { close(s.leaving) }) }

// runsIt says that whoever asks knows the operators' token; in the sandbox anybody does.
func (s *Server) runsIt(r *http.Request) bool {
	if s.opt.Sandbox != nil {
		return true
	}
	token := s.opt.Token.Reveal()
	want, got := sha256.Sum256([]byte("Bearer "+token)), sha256.Sum256([]byte(r.Header.Get("Authorization")))
	return token != "" && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// Health is how the server was when it was last looked at.
func (s *Server) Health() Health {
	s.lookout.mu.Lock()
	h := s.lookout.health
	s.lookout.mu.Unlock()
	h.OK, h.Server, h.Version, h.Store = true, s.opt.Server, s.opt.Version, s.opt.StoreName
	if h.Servers = []string{}; s.opt.Jobs != nil {
		h.Servers = append(h.Servers, s.opt.Jobs.Servers()...)
	}
	return h
}

// healthEach is how often the store is asked how far things are.
const healthEach = 5 * time.Second

// examine asks the store; where that is away the last answer stays, with its age.
func (s *Server) examine(ctx context.Context) {
	from := s.opt.Engine.Store()
	newest, err := store.Newest(ctx, from)
	if err != nil {
		return
	}
	var h Health
	if newest != nil {
		h.Head, h.Age = newest.Position, s.now().Sub(time.UnixMicro(newest.At)).Seconds()
	}
	if s.opt.Jobs != nil {
		if h.JobsBehind, err = s.opt.Jobs.Behind(ctx); err != nil {
			return
		}
	}
	h.At = time.Now().UTC()
	s.lookout.mu.Lock()
	s.lookout.health = h
	s.lookout.mu.Unlock()
}
