package web

import (
	"net/http"
	"net/url"
	"strings"
)

// The addresses in our QR codes are short and never change; where they lead
// does. What one means is looked up by the page that it leads to.

// link redirects to where a QR code's address leads; target answers "" for one
// that cannot be ours.
func (p *pages) link(target func(*http.Request) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		to := target(r)
		if to == "" {
			p.notFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

func toCashier(r *http.Request) string {
	id := r.PathValue("id")
	if len(id) != 28 || strings.Trim(id, "0123456789") != "" {
		return ""
	}
	return "/wallet/cashier/" + id
}

func toCollect(r *http.Request) string {
	return withQuery("/wallet/collect/", r.PathValue("merchant"), r)
}

func toTransfer(r *http.Request) string {
	code := r.PathValue("code")
	if !plain(code) {
		return ""
	}
	return "/wallet/transfer?code=" + url.QueryEscape(code)
}

func withQuery(prefix, id string, r *http.Request) string {
	if !plain(id) {
		return ""
	}
	to := prefix + url.PathEscape(id)
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	return to
}

// plain says that a name is of the letters that our codes are made of.
func plain(name string) bool {
	if name == "" || len(name) > 128 {
		return false
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.~", r) {
			return false
		}
	}
	return strings.Trim(name, ".") != ""
}
