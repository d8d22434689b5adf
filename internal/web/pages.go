package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
)

//go:embed pages
var pageFiles embed.FS

// pages are the few that are written here and not by a face. They work without
// script.
type pages struct {
	opt       Options
	files     map[string]*file // page.css, phone.js
	templates *template.Template
}

func newPages(opt Options) *pages {
	from, err := fs.Sub(pageFiles, "pages")
	if err != nil {
		panic(fmt.Sprintf("web: %v", err))
	}
	p := &pages{opt: opt, files: readFiles(from)}
	p.templates = template.Must(template.New("").ParseFS(from, "*.html"))
	for name := range p.files {
		if strings.HasSuffix(name, ".html") {
			delete(p.files, name)
		}
	}
	return p
}

func (p *pages) static(w http.ResponseWriter, r *http.Request) {
	found, ok := p.files[r.PathValue("name")]
	if !ok {
		p.notFound(w, r)
		return
	}
	found.serve(w, r)
}

func (p *pages) landing(w http.ResponseWriter, r *http.Request) {
	view := struct {
		Sandbox bool
		Guide   Guide
	}{Sandbox: p.opt.Sandbox}
	if p.opt.Guide != nil {
		view.Guide = p.opt.Guide()
	}
	p.show(w, http.StatusOK, "landing.html", view)
}

// phone shows what the pretend phones have received; ?phone= shows one of them.
func (p *pages) phone(w http.ResponseWriter, r *http.Request) {
	view := struct {
		Phone  string
		Phones []phoneView
	}{Phone: r.FormValue("phone")}
	at := map[string]int{}
	if p.opt.Phones != nil {
		for _, text := range p.opt.Phones() {
			if view.Phone != "" && text.Phone != view.Phone {
				continue
			}
			i, ok := at[text.Phone]
			if !ok {
				i = len(view.Phones)
				at[text.Phone] = i
				view.Phones = append(view.Phones, phoneView{Number: text.Phone})
			}
			if len(view.Phones[i].Texts) < 20 {
				view.Phones[i].Texts = append(view.Phones[i].Texts, text)
			}
		}
	}
	p.show(w, http.StatusOK, "phone.html", view)
}

type phoneView struct {
	Number string
	Texts  []Text
}

func (p *pages) notBuilt(w http.ResponseWriter, face string) {
	p.show(w, http.StatusNotFound, "notbuilt.html", face)
}

func (p *pages) notFound(w http.ResponseWriter, _ *http.Request) {
	p.show(w, http.StatusNotFound, "notfound.html", nil)
}

func (p *pages) show(w http.ResponseWriter, status int, name string, view any) {
	var page bytes.Buffer
	if err := p.templates.ExecuteTemplate(&page, name, view); err != nil {
		panic(fmt.Sprintf("web: page %s: %v", name, err)) // a page is tested with all it may show
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(page.Bytes())
}
