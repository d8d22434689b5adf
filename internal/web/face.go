package web

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"io/fs"
	"net/http"
	"strings"

	"tongbao/ui"
)

// face serves one of the three: its files as they are, and its index.html for
// every address that names no file, because the page itself knows its pages.
type face struct {
	name  string
	index []byte
	files map[string]*file
	pages *pages
}

func newFace(name string, from fs.FS, p *pages) http.Handler {
	f := &face{name: name, files: readFiles(from), pages: p}
	if index, ok := f.files["index.html"]; ok {
		f.index = index.plain
		delete(f.files, "index.html")
	}
	return readOnly(f.serve)
}

func (f *face) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/"+f.name+"/")
	if named(path) && path != "index.html" {
		found, ok := f.files[path]
		if !ok {
			f.pages.notFound(w, r)
			return
		}
		found.serve(w, r)
		return
	}
	if f.index == nil {
		f.pages.notBuilt(w, f.name)
		return
	}

	nonce := newNonce()
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy(nonce))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store") // a nonce is good once
	if r.Method == http.MethodHead {
		return
	}
	w.Write(bytes.ReplaceAll(f.index, []byte(ui.NoncePlaceholder), []byte(nonce)))
}

func newNonce() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
