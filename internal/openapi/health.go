package openapi

import (
	"net/http"
)

// serveHealth answers whether the process lives, and whether it can serve.
func (s *Server) serveHealth() {
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"ok":true}` + "\n"))
	})
	s.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if err := s.opt.Ready(r.Context()); err != nil {
			s.opt.Logger.Warn("not ready", "error", err)
			w.WriteHeader(http.StatusServiceUnavailable)
			w.Write([]byte(`{"ok":false}` + "\n"))
			return
		}
		w.Write([]byte(`{"ok":true}` + "\n"))
	})
}
