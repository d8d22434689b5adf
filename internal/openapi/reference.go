package openapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/refusal"
)

// The reference at /docs is one page of HTML made from the document: it needs
// no script, no network but this server, and prints well.

//go:embed reference.html
var referenceHTML string

//go:embed reference.css
var referenceCSS []byte

var referencePage = template.Must(template.New("reference").Funcs(template.FuncMap{"lower": strings.ToLower}).Parse(referenceHTML))

// shownGroup is a tag with its operations.
type shownGroup struct {
	Name, About string
	Operations  []shownOperation
}

// shownOperation is an operation as the page tells it.
type shownOperation struct {
	ID, Method, Path, Summary, About string
	Who                              []string
	Keyed                            bool
	Parameters, Body, Answer         []shownField
	Request, Response                string
	Status                           string
	Codes                            []refusal.Entry
}

// shownField is a line of a table: a parameter, or a member of a body with the
// members above it.
type shownField struct {
	Name, Type, About string
	Required          bool
	Depth             int
}

func (s *Server) serveReference() {
	var once sync.Once
	var page []byte
	s.mux.HandleFunc("GET /docs", func(w http.ResponseWriter, _ *http.Request) {
		once.Do(func() { page = s.reference() })
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		w.Write(page)
	})
	s.mux.HandleFunc("GET /docs/reference.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		w.Write(referenceCSS)
	})
}

func (s *Server) reference() []byte {
	document := s.api.OpenAPI()
	var b bytes.Buffer
	err := referencePage.Execute(&b, map[string]any{
		"Title": document.Info.Title, "Version": document.Info.Version, "About": paragraphs(document.Info.Description),
		"Base": s.opt.BaseURL, "Groups": groupsIn(document), "Errors": refusal.All,
	})
	if err != nil {
		panic("openapi: the reference can't be written: " + err.Error())
	}
	return b.Bytes()
}

// words is a stretch of a paragraph, in code's letters or in plain ones.
type words struct {
	Text string
	Code bool
}

// paragraphs reads the little Markdown that descriptions have: empty lines and
// backticks.
func paragraphs(text string) (all [][]words) {
	for _, paragraph := range strings.Split(text, "\n\n") {
		var line []words
		for i, part := range strings.Split(paragraph, "`") {
			line = append(line, words{part, i%2 == 1})
		}
		all = append(all, line)
	}
	return all
}

// groupsIn sorts the operations by tag, in the order of the document's tags,
// each group by path and then in the order read, make, change, remove.
func groupsIn(document *huma.OpenAPI) []shownGroup {
	byTag := map[string][]shownOperation{}
	for path, item := range document.Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Delete} {
			if o != nil {
				byTag[o.Tags[0]] = append(byTag[o.Tags[0]], showOperation(document, path, o))
			}
		}
	}
	var groups []shownGroup
	for _, tag := range document.Tags {
		operations := byTag[tag.Name]
		slices.SortStableFunc(operations, func(a, b shownOperation) int { return strings.Compare(a.Path, b.Path) })
		if len(operations) > 0 {
			groups = append(groups, shownGroup{tag.Name, tag.Description, operations})
		}
	}
	return groups
}

func showOperation(document *huma.OpenAPI, path string, o *huma.Operation) shownOperation {
	v := shownOperation{ID: o.OperationID, Method: o.Method, Path: path, Summary: o.Summary, About: o.Description}
	for _, way := range o.Security {
		for scheme := range way {
			v.Who = append(v.Who, map[string]string{"key": "API key", "merchant": "merchant portal", "wallet": "wallet", "console": "console"}[scheme])
		}
	}
	for _, p := range o.Parameters {
		if p.Ref != "" {
			v.Keyed = true
			continue
		}
		v.Parameters = append(v.Parameters, shownField{Name: p.Name, Type: p.In + ", " + typeOf(document, p.Schema), About: p.Description, Required: p.Required})
	}
	if o.RequestBody != nil {
		for kind, media := range o.RequestBody.Content {
			v.Body = fieldsOf(document, media.Schema, 0, nil)
			if kind == "application/json" {
				v.Request = textOf(shortest(document, media.Schema, 0))
			}
		}
	}
	for status, response := range o.Responses {
		if status[0] != '2' {
			continue
		}
		v.Status = status
		for kind, media := range response.Content {
			if kind == "application/json" {
				v.Answer, v.Response = fieldsOf(document, media.Schema, 0, nil), textOf(exampleOf(document, media.Schema, 0))
			}
		}
	}
	codes, _ := o.Extensions["x-codes"].([]refusal.Code)
	for _, code := range codes {
		entry, _ := refusal.Find(code)
		v.Codes = append(v.Codes, entry)
	}
	return v
}

// resolve follows references.
func resolve(document *huma.OpenAPI, schema *huma.Schema) *huma.Schema {
	for schema != nil && schema.Ref != "" {
		schema = document.Components.Schemas.SchemaFromRef(schema.Ref)
	}
	return schema
}

func nameOf(schema *huma.Schema) string {
	return schema.Ref[strings.LastIndexByte(schema.Ref, '/')+1:]
}

func typeOf(document *huma.OpenAPI, schema *huma.Schema) string {
	s := resolve(document, schema)
	if s == nil {
		return "any"
	}
	text := s.Type
	switch {
	case schema.Ref != "":
		text = nameOf(schema)
	case s.Type == huma.TypeArray:
		text = "list of " + typeOf(document, s.Items)
	case s.Type == "":
		text = "object"
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, word := range s.Enum {
			words[i], _ = word.(string)
		}
		text = strings.Join(words, " | ")
	case s.Format == "date-time" || s.Format == "date" || s.Format == "binary":
		text = s.Format
	}
	if s.Nullable {
		text += " or null"
	}
	return text
}

// deepest is how far down a table goes.
const deepest = 2

// fieldsOf lists a schema's members, and theirs, each type once on the way down.
func fieldsOf(document *huma.OpenAPI, schema *huma.Schema, depth int, above []string) []shownField {
	s := resolve(document, schema)
	for s != nil && s.Type == huma.TypeArray {
		schema = s.Items
		s = resolve(document, schema)
	}
	if s == nil || depth > deepest || schema.Ref != "" && slices.Contains(above, schema.Ref) {
		return nil
	}
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if ra, rb := slices.Contains(s.Required, a), slices.Contains(s.Required, b); ra != rb {
			if ra {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	var fields []shownField
	for _, name := range names {
		member := s.Properties[name]
		fields = append(fields, shownField{Name: name, Type: typeOf(document, member), About: member.Description, Required: slices.Contains(s.Required, name), Depth: depth})
		fields = append(fields, fieldsOf(document, member, depth+1, append(above, schema.Ref))...)
	}
	return fields
}

func textOf(example any) string {
	text, err := json.MarshalIndent(example, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}

// shortest is the shortest request that works: what is required, or where
// nothing is, all of it; of members that stand for each other the first.
func shortest(document *huma.OpenAPI, schema *huma.Schema, depth int) any {
	s := resolve(document, schema)
	if s == nil || s.Type != huma.TypeObject || len(s.Properties) == 0 {
		return exampleOf(document, schema, depth)
	}
	names := slices.Clone(s.Required)
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(s.Properties))
		if depth > 0 {
			names = names[:1]
		}
	}
	object := map[string]any{}
	for _, name := range names {
		object[name] = shortest(document, s.Properties[name], depth+1)
	}
	return object
}

// exampleOf is a value made of the members' examples, with all of them in it.
func exampleOf(document *huma.OpenAPI, schema *huma.Schema, depth int) any {
	s := resolve(document, schema)
	switch {
	case s == nil || depth > 4:
		return map[string]any{}
	case len(schema.Examples) > 0:
		return schema.Examples[0]
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type == huma.TypeArray:
		return []any{exampleOf(document, s.Items, depth+1)}
	case s.Type == huma.TypeObject:
		object := map[string]any{}
		for name, member := range s.Properties {
			object[name] = exampleOf(document, member, depth+1)
		}
		return object
	case s.Type == huma.TypeBoolean:
		return false
	case s.Type == huma.TypeInteger:
		return 0
	case s.Type == huma.TypeString && s.MinLength != nil:
		return strings.Repeat("x", *s.MinLength)
	case s.Type == huma.TypeString:
		return ""
	}
	return map[string]any{}
}
