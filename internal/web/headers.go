package web

import "net/http"

// policy writes the headers that keep a browser from doing for others what it
// does for us.
type policy struct{ tls bool }

func (p policy) common(h http.Header) {
	h["X-Content-Type-Options"] = noSniff
	h["Referrer-Policy"] = referrer
	h["X-Frame-Options"] = noFrame // for browsers that don't know frame-ancestors
	if p.tls {
		h["Strict-Transport-Security"] = onlyTLS
	}
}

// The same for every answer, and never written to.
var (
	noSniff     = []string{"nosniff"}
	referrer    = []string{"strict-origin-when-cross-origin"}
	noFrame     = []string{"DENY"}
	onlyTLS     = []string{"max-age=31536000"}
	loadNothing = []string{"default-src 'none'; frame-ancestors 'none'"}
)

// forPages is for what people look at. The wallet may use the camera, to scan.
func (p policy) forPages(face string, next http.Handler) http.Handler {
	camera := "camera=()"
	if face == "wallet" {
		camera = "camera=(self)"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		p.common(h)
		h.Set("Content-Security-Policy", contentPolicy(""))
		h.Set("Permissions-Policy", camera+", microphone=(), geolocation=(), payment=(), usb=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// forAPI is for answers that nothing should be loaded into. The API's reference
// page says what it needs itself.
func (p policy) forAPI(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		p.common(h)
		h["Content-Security-Policy"] = loadNothing
		next.ServeHTTP(w, r)
	})
}

// contentPolicy is the content security policy of a page; nonce is what antd
// stamps its style tags with, empty for a page without antd.
//
// style-src-attr is the one concession: antd's text area measures itself with
// setAttribute("style", …), and its watermark and the plots' tooltips write the
// attribute too. An attribute can't load anything under this img-src, and can't
// run script.
func contentPolicy(nonce string) string {
	styles := "style-src 'self'"
	if nonce != "" {
		styles += " 'nonce-" + nonce + "'; style-src-attr 'unsafe-inline'"
	}
	return "default-src 'self'; script-src 'self'; " + styles +
		"; img-src 'self' data: blob:; connect-src 'self'; media-src 'self' blob:; object-src 'none'" +
		"; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
}
