package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// file is a static file with its compressed forms: those that lie beside it as
// name.br and name.gz, else one that is made when it is first asked for.
type file struct {
	plain   []byte
	kind    string // Content-Type
	forever bool   // the name changes with the contents
	br      []byte

	once sync.Once
	gz   []byte
	etag string
}

// readFiles reads all files of a folder. It is embedded in the binary: one that
// can't be read is a bug.
func readFiles(from fs.FS) map[string]*file {
	files := map[string]*file{}
	err := fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		contents, err := fs.ReadFile(from, name)
		files[name] = &file{plain: contents, kind: contentType(name), forever: strings.HasPrefix(name, "assets/")}
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("web: read embedded files: %v", err))
	}
	for name, f := range files {
		if packed, ok := files[name+".br"]; ok {
			f.br = packed.plain
		}
		if packed, ok := files[name+".gz"]; ok {
			f.gz = packed.plain
		}
	}
	return files
}

// contentType does not ask the machine's own table, which differs by machine.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".wasm":
		return "application/wasm"
	case ".woff2":
		return "font/woff2"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	f.once.Do(f.prepare)
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Vary", "Accept-Encoding")
	if f.forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}

	contents, etag := f.plain, f.etag
	accepted := accepts(r.Header.Get("Accept-Encoding"))
	switch {
	case f.br != nil && slices.Contains(accepted, "br"):
		contents, etag = f.br, etag+"-br"
		h.Set("Content-Encoding", "br")
	case f.gz != nil && slices.Contains(accepted, "gzip"):
		contents, etag = f.gz, etag+"-gz"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(contents))
}

func (f *file) prepare() {
	sum := sha256.Sum256(f.plain)
	f.etag = hex.EncodeToString(sum[:8])
	if f.gz != nil || len(f.plain) < 512 || !compressible(f.kind) {
		return
	}
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // the level exists
	z.Write(f.plain)
	z.Close()
	if packed.Len() < len(f.plain) {
		f.gz = packed.Bytes()
	}
}

func compressible(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "application/json") ||
		strings.HasPrefix(kind, "application/manifest") || kind == "image/svg+xml" || kind == "application/wasm"
}

// accepts lists the encodings that a browser takes.
func accepts(header string) []string {
	var list []string
	for part := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(part, ";")
		weight := strings.ReplaceAll(parameters, " ", "")
		if refused := strings.HasPrefix(weight, "q=0") && strings.Trim(weight[2:], "0.") == ""; !refused {
			list = append(list, strings.ToLower(strings.TrimSpace(name)))
		}
	}
	return list
}
