package shop

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

// built is what `npm run build` leaves in ui/dist; about.txt alone, before it ran.
//
//go:embed all:ui/dist
var built embed.FS

const unbuilt = "The market's screens are not built yet. Run:\n\n    cd examples/shop/ui && npm ci && npm run build\n\nThen build the program again. The API at /api/market works meanwhile.\n"

// screens serves the built pages, compressed once at the start. An address
// without a file is one of the app's own pages.
type screens struct {
	files   map[string]file
	shopper func(http.ResponseWriter, *http.Request) string
}

type file struct {
	kind          string
	plain, packed []byte
}

func newScreens(shopper func(http.ResponseWriter, *http.Request) string) *screens {
	return &screens{files: pages(), shopper: shopper}
}

var pages = sync.OnceValue(func() map[string]file {
	files := map[string]file{}
	root, _ := fs.Sub(built, "ui/dist")
	fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		plain, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f := file{kind: mime.TypeByExtension(path.Ext(name)), plain: plain}
		switch path.Ext(name) {
		case ".html", ".js", ".css", ".svg":
			f.packed = packed(plain)
		}
		files["/"+name] = f
		return nil
	})
	return files
})

var drawings = sync.OnceValue(func() map[string]file {
	files := map[string]file{}
	entries, _ := pictures.ReadDir("pictures")
	for _, e := range entries {
		plain, _ := pictures.ReadFile("pictures/" + e.Name())
		files[e.Name()] = file{"image/svg+xml", plain, packed(plain)}
	}
	return files
})

func packed(plain []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	z.Write(plain)
	z.Close()
	return b.Bytes()
}

func (s *screens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		refuse(w, http.StatusMethodNotAllowed, "method_not_allowed", "", "Pages are for reading.")
		return
	}
	f, found := s.files[r.URL.Path]
	switch {
	case strings.HasPrefix(r.URL.Path, "/assets/"):
		if !found {
			http.NotFound(w, r)
			return
		}
		h.Set("Cache-Control", "public, max-age=31536000, immutable") // named by content
	case !found && path.Ext(r.URL.Path) != "":
		http.NotFound(w, r)
		return
	case !found || r.URL.Path == "/index.html":
		if f, found = s.files["/index.html"]; !found {
			h.Set("Content-Type", "text/plain; charset=utf-8")
			w.Write([]byte(unbuilt))
			return
		}
		s.shopper(w, r) // one cookie before the page asks several things at once
		h.Set("Cache-Control", "no-cache")
	}
	serve(w, r, f)
}

func serve(w http.ResponseWriter, r *http.Request, f file) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Vary", "Accept-Encoding")
	if f.packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		w.Write(f.packed)
		return
	}
	w.Write(f.plain)
}

// servePicture serves a drawing. It holds no script, and could run none.
func servePicture(w http.ResponseWriter, r *http.Request) {
	drawing, found := drawings()[r.PathValue("name")]
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=86400")
	serve(w, r, drawing)
}
