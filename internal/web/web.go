// Package web is what a browser gets that is not the API: the three faces with
// their content security policy, the landing page, the addresses that QR codes
// lead to, and in the sandbox a pretend phone. It puts them and the API behind
// one handler, and says what a session's cookie looks like. It refuses to know
// money, people and what the API's answers mean.
//
// No page that it serves holds script, and none holds style but what antd
// writes under the nonce of that one page load.
package web

import (
	"io/fs"
	"net/http"
	"strings"
	"time"

	"tongbao/ui"
)

// Options say what is served. API is required.
type Options struct {
	API http.Handler // answers everything under the paths of APIPaths
	// Gateway answers the merchants' protocol under GatewayPaths; nil for none.
	Gateway      http.Handler
	GatewayPaths []string
	TLS          bool // browsers reach us by https, here or at a proxy before us

	// Sandbox serves the pretend phone and tells visitors who to be.
	Sandbox bool
	Phones  func() []Text // what the pretend phones have received, newest first
	Guide   func() Guide  // who to be; nil for none

	// Face is where a face's files are; default ui.Face.
	Face func(name string) fs.FS
}

// Guide is what the sandbox's landing page tells a visitor.
type Guide struct {
	ShopURL string
	Logins  []Login
}

// Login is somebody whom a visitor of the sandbox can be.
type Login struct {
	Face            string // wallet, merchant, console
	Who             string // "a shopper", "owner of Lake Tea"
	Login           string
	Password        string
	PaymentPassword string
}

// Text is a message on a pretend phone.
type Text struct {
	Phone string
	At    time.Time
	Body  string
	Code  string // the one-time code in it, if there is one
}

// APIPaths are the patterns that the API answers.
var APIPaths = []string{"/v1/", "/openapi.json", "/openapi.yaml", "/docs", "/docs/", "/healthz", "/readyz", "/metrics"}

// New puts everything behind one handler.
func New(opt Options) http.Handler {
	if opt.Face == nil {
		opt.Face = ui.Face
	}
	policy := policy{tls: opt.TLS}
	pages := newPages(opt)
	mux := http.NewServeMux()
	for _, path := range APIPaths {
		mux.Handle(path, policy.forAPI(opt.API))
	}
	for _, path := range opt.GatewayPaths {
		mux.Handle(path, policy.forAPI(opt.Gateway))
	}
	for _, name := range ui.Faces {
		mux.Handle("/"+name+"/", policy.forPages(name, newFace(name, opt.Face(name), pages)))
		mux.Handle("/"+name, http.RedirectHandler("/"+name+"/", http.StatusPermanentRedirect))
	}
	page := func(h http.HandlerFunc) http.Handler { return policy.forPages("", h) }
	mux.Handle("GET /q/p/{id}", page(pages.link(toCashier)))
	mux.Handle("GET /q/m/{merchant}", page(pages.link(toCollect)))
	mux.Handle("GET /q/u/{code}", page(pages.link(toTransfer)))
	mux.Handle("GET /pages/{name}", page(pages.static))
	mux.Handle("GET /{$}", page(pages.landing))
	if opt.Sandbox {
		mux.Handle("GET /sandbox/phone", page(pages.phone))
	}
	mux.Handle("/", page(pages.notFound))
	return mux
}

// readOnly lets nothing through but GET and HEAD.
func readOnly(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this address is for looking at", http.StatusMethodNotAllowed)
			return
		}
		h(w, r)
	}
}

// named says that a path's last part names a file and not a page of a face.
func named(path string) bool { return strings.Contains(path[strings.LastIndexByte(path, '/')+1:], ".") }
