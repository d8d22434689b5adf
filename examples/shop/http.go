package shop

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"
)

func (s *Shop) routes() http.Handler {
	api := http.NewServeMux()
	api.HandleFunc("GET /api/market", s.handleMarket)
	api.HandleFunc("POST /api/checkout", s.handleCheckout)
	api.HandleFunc("GET /api/orders", s.handleOrders)
	api.HandleFunc("GET /api/orders/{no}", s.handleOrder)
	api.HandleFunc("POST /api/orders/{no}/pay", s.handlePay)
	api.HandleFunc("POST /api/orders/{no}/cancel", s.handleCancel)
	api.HandleFunc("GET /api/stream", s.handleStream)
	api.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "not_found", "", "There is nothing at this address.")
	})

	mux := http.NewServeMux()
	mux.Handle("/api/", http.NewCrossOriginProtection().Handler(jsonOnly(api)))
	mux.HandleFunc("POST /webhooks/tongbao", s.handleWebhook)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, map[string]bool{"ok": true})
	})
	mux.HandleFunc("GET /pictures/{name}", servePicture)
	mux.Handle("/", newScreens(s.shopper))
	return guarded(mux)
}

// guarded adds what every answer carries. No script or style may be inline,
// nothing comes from another host, and nobody may frame the market.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// jsonOnly refuses writes that a plain HTML form of another site could make.
// With the Origin check before it and the SameSite cookie, it is the third
// lock on the same door.
func jsonOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			refuse(w, http.StatusUnsupportedMediaType, "invalid_request", "", "Send application/json.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

const cookieName = "lane_shopper"

var cookieShape = regexp.MustCompile(`^[0-9A-Z]{32}$`)

// shopper answers who is asking: nobody signs in to the market, a long random
// cookie is all that "your orders" needs. A new face gets one.
func (s *Shop) shopper(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(cookieName); err == nil && cookieShape.MatchString(c.Value) {
		return c.Value
	}
	id := random(20)
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: id, Path: "/",
		MaxAge:   int((365 * 24 * time.Hour).Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(s.cfg.PublicURL, "https://"),
	})
	return id
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// refuse answers with problem details: a stable code for the screen to put
// into the shopper's words, and a sentence for whoever reads the wire.
func refuse(w http.ResponseWriter, status int, code, field, detail string) {
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(status)
	problem := map[string]any{"title": http.StatusText(status), "status": status, "code": code, "detail": detail}
	if field != "" {
		problem["field"] = field
	}
	json.NewEncoder(w).Encode(problem)
}
