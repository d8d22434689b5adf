package openapi

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// The table of bad input is made from the document itself: a new operation or
// field is tested as soon as it is there.

// operation is one of the document's, with somebody who may ask for it.
type operation struct {
	*huma.Operation
	asks *actor
}

func (h *house) operations() []operation {
	shop, buyer, clerk, nobody := h.shop(), h.somebody(500), h.clerk(party.Admin), &actor{h: h}
	var all []operation
	for _, item := range h.door.api.OpenAPI().Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Delete} {
			if o == nil {
				continue
			}
			who := nobody
			for _, way := range o.Security {
				for scheme := range way {
					who = map[string]*actor{"key": shop, "merchant": shop, "wallet": buyer, "console": clerk}[scheme]
				}
				break
			}
			all = append(all, operation{o, who})
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.OperationID, b.OperationID) })
	return all
}

func (o operation) body() *huma.Schema {
	if o.RequestBody == nil {
		return nil
	}
	media := o.RequestBody.Content["application/json"]
	if media == nil {
		return nil
	}
	return media.Schema
}

func (o operation) address(id string) string { return strings.ReplaceAll(o.Path, "{id}", id) }

// mustRefuse asks and expects a problem with a known code, below 500.
func mustRefuse(t *testing.T, h *house, name string, r *http.Request) reply {
	t.Helper()
	got := h.serve(r)
	mustBeProblem(t, name, got)
	return got
}

func mustBeProblem(t *testing.T, name string, got reply) {
	t.Helper()
	if got.status < 400 || got.status >= 500 && got.status != 503 {
		t.Errorf("%s: %d %.300s", name, got.status, got.body)
		return
	}
	entry, known := refusal.Find(refusal.Code(got.code()))
	if !known || entry.Status != got.status {
		t.Errorf("%s: %d with the code %q", name, got.status, got.code())
	}
	if got.header.Get("Content-Type") != "application/problem+json" || got.object()["request_id"] == "" {
		t.Errorf("%s: not a problem: %v %s", name, got.header, got.body)
	}
}

// mutation is a body with one thing wrong.
type mutation struct {
	name, field string
	body        any
	codes       []refusal.Code // one of them; nil for any
}

// mutations are all the ways to get one member wrong, and its members.
func mutations(document *huma.OpenAPI, schema *huma.Schema, good any) []mutation {
	var found []mutation
	walk(document, schema, good, "", func(m mutation) { found = append(found, m) }, func(v any) any { return v })
	return found
}

// walk tries each member of an object; whole puts the object back into the body.
func walk(document *huma.OpenAPI, schema *huma.Schema, good any, path string, found func(mutation), whole func(any) any) {
	s := resolve(document, schema)
	object, ok := good.(map[string]any)
	if !ok {
		return
	}
	for name, member := range s.Properties {
		field := name
		if path != "" {
			field = path + "." + name
		}
		with := func(v any) any {
			copied := map[string]any{}
			for k, old := range object {
				copied[k] = old
			}
			copied[name] = v
			return whole(copied)
		}
		bad := func(what string, v any, codes ...refusal.Code) {
			found(mutation{field + " " + what, field, with(v), codes})
		}
		m := resolve(document, member)
		wrong := []refusal.Code{refusal.InvalidField}
		if isAmount(field) {
			wrong = []refusal.Code{refusal.InvalidAmount}
		}
		if slices.Contains(s.Required, name) {
			copied := map[string]any{}
			for k, old := range object {
				if k != name {
					copied[k] = old
				}
			}
			found(mutation{field + " missing", field, whole(copied), []refusal.Code{refusal.MissingField}})
			bad("null", nil, refusal.MissingField)
		} else {
			found(mutation{field + " null", "", with(nil), nil}) // like absent
		}
		switch m.Type {
		case huma.TypeString:
			bad("a number", 12345, wrong...)
			bad("an object", map[string]any{"a": 1}, wrong...)
			if m.MaxLength != nil {
				bad("too long", strings.Repeat("长", *m.MaxLength+1), wrong...)
			} else if len(m.Enum) == 0 && m.Format == "" {
				found(mutation{name: field + " has no bound", field: "unbounded"})
			}
			if len(m.Enum) > 0 {
				bad("another word", "nonsense", wrong...)
			}
			if name == "currency" {
				for _, code := range []string{"USD", "XXX", "cny", "C"} {
					bad(code, code, refusal.CurrencyMismatch)
				}
			}
		case huma.TypeInteger:
			bad("a text", "12", wrong...)
			bad("a fraction", json.Number("1.5"), wrong...)
			bad("a float", json.Number("100.0"), wrong...)
			bad("an exponent", json.Number("1e2"), wrong...)
			bad("beyond 64 bits", json.Number("9223372036854775808"), wrong...)
			bad("beyond everything", json.Number("1e999"), wrong...)
			bad("true", true, wrong...)
			bad("negative", -1, wrong...)
			if m.Minimum != nil && *m.Minimum > 0 {
				bad("zero", 0, wrong...)
			}
			if m.Maximum != nil {
				bad("too much", int64(*m.Maximum)+1, wrong...)
			} else {
				found(mutation{name: field + " has no bound", field: "unbounded"})
			}
		case huma.TypeBoolean:
			bad("a text", "true", wrong...)
			bad("a number", 1, wrong...)
		case huma.TypeArray:
			bad("a text", "x", wrong...)
			bad("an object", map[string]any{}, wrong...)
			if items, ok := object[name].([]any); ok && len(items) > 0 {
				if m.MaxItems != nil {
					many := make([]any, *m.MaxItems+1)
					for i := range many {
						many[i] = items[0]
					}
					bad("too many", many, wrong...)
				}
				walk(document, m.Items, items[0], field+"[0]", found, func(v any) any { return with([]any{v}) })
			}
		case huma.TypeObject:
			bad("a text", "x", wrong...)
			bad("a list", []any{}, wrong...)
			walk(document, member, object[name], field, found, with)
		}
	}
	found(mutation{path + " an unknown member", "", func() any {
		copied := map[string]any{"no_such_member": 1}
		for k, old := range object {
			copied[k] = old
		}
		return whole(copied)
	}(), []refusal.Code{refusal.InvalidField}})
}

func TestEveryFieldRefusesBadInput(t *testing.T) {
	h := openHouse(t)
	document := h.door.api.OpenAPI()
	operations := h.operations()
	before := h.books()
	tried := 0
	for _, o := range operations {
		schema := o.body()
		if schema == nil {
			continue
		}
		good := plain(exampleOf(document, schema, 0))
		for _, m := range mutations(document, schema, good) {
			name := o.OperationID + ": " + m.name
			if m.field == "unbounded" {
				t.Errorf("%s", name)
				continue
			}
			tried++
			got := h.serve(o.asks.request(o.Method, o.address("unknown"), m.body))
			if m.codes == nil {
				if got.status >= 400 {
					mustBeProblem(t, name, got)
				}
				continue
			}
			mustBeProblem(t, name, got)
			if !slices.Contains(m.codes, refusal.Code(got.code())) || m.field != "" && got.field() != m.field {
				t.Errorf("%s: %s on %q, want %v on %q: %s", name, got.code(), got.field(), m.codes, m.field, got.body)
			}
		}
	}
	if after := h.books(); after != before {
		t.Errorf("the books changed:\n%s\nwere:\n%s", after, before)
	}
	h.check()
	t.Logf("%d bodies refused over %d operations", tried, len(operations))
}

// plain turns a value into what JSON makes of it.
func plain(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		panic(err)
	}
	return out
}

func TestEveryBodyMustBeJSONAsMeant(t *testing.T) {
	h := openHouse(t)
	deep := strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000)
	for _, o := range h.operations() {
		if o.body() == nil {
			continue
		}
		for what, body := range map[string]string{
			"not JSON": "amount=1", "half": `{"amount":`, "more after it": `{}{}`, "a list": `[]`, "a text": `"x"`, "null": `null`, "deep": deep,
			"a member twice": `{"a":1,"a":2}`, "not UTF-8": "{\"a\":\"\xff\"}", "large": `{"a":"` + strings.Repeat("x", maxBody) + `"}`, "NaN": `{"a":NaN}`,
		} {
			got := mustRefuse(t, h, o.OperationID+": "+what, o.asks.request(o.Method, o.address("unknown"), body))
			if code := refusal.Code(got.code()); code != refusal.InvalidRequest && code != refusal.InvalidField && code != refusal.MissingField {
				t.Errorf("%s: %s: %s", o.OperationID, what, got.body)
			}
		}
		r := o.asks.request(o.Method, o.address("unknown"), `{}`)
		r.Header.Set("Content-Type", "text/xml")
		if got := mustRefuse(t, h, o.OperationID+": XML", r); got.code() != "invalid_request" {
			t.Errorf("%s: XML: %s", o.OperationID, got.body)
		}
	}
}

func TestEveryParameterRefusesBadInput(t *testing.T) {
	h := openHouse(t)
	document := h.door.api.OpenAPI()
	for _, o := range h.operations() {
		var body any
		if schema := o.body(); schema != nil {
			body = exampleOf(document, schema, 0)
		}
		got := mustRefuse(t, h, o.OperationID+": unknown parameter", o.asks.request(o.Method, o.address("unknown")+"?no_such=1", body))
		if got.field() != "no_such" {
			t.Errorf("%s: unknown parameter: %s", o.OperationID, got.body)
		}
		for _, p := range o.Parameters {
			if p.In != "query" {
				continue
			}
			for what, value := range badValues(p) {
				got := mustRefuse(t, h, o.OperationID+": "+p.Name+" "+what, o.asks.request(o.Method, o.address("unknown")+"?"+p.Name+"="+value, body))
				if got.field() != p.Name && got.code() != "missing_field" { // another one is needed first
					t.Errorf("%s: %s=%.40s: %s", o.OperationID, p.Name, value, got.body)
				}
			}
		}
	}
}

func badValues(p *huma.Param) map[string]string {
	bad := map[string]string{}
	switch s := p.Schema; s.Type {
	case huma.TypeInteger:
		bad["a text"], bad["a fraction"], bad["too much"], bad["zero"], bad["negative"] = "x", "1.5", "99999999999999999999", "0", "-1"
	case huma.TypeBoolean:
		bad["a text"] = "maybe"
	case huma.TypeString:
		if s.MaxLength != nil {
			bad["too long"] = strings.Repeat("x", *s.MaxLength+1)
		}
		if len(s.Enum) > 0 || s.Pattern != "" || s.Format == "date-time" || s.Format == "date" {
			bad["another word"] = "nonsense"
		}
	}
	if p.Name == "cursor" {
		bad["made up"], bad["not base64"] = "AAAAAAAAAAAAAAAAAAAA", "%25%25"
	}
	return bad
}

func TestWhoeverAsksTooMuch(t *testing.T) {
	h := openHouse(t)
	nobody := &actor{h: h}
	reader := &actor{h: h, key: h.keyFor(h.shop().id, party.Read)}
	document := h.door.api.OpenAPI()
	for _, o := range h.operations() {
		var body any
		if schema := o.body(); schema != nil {
			body = exampleOf(document, schema, 0)
		}
		if o.asks.key == "" && o.asks.face == "" {
			continue // for anyone
		}
		if got := h.serve(nobody.request(o.Method, o.address("x"), body)); got.code() != "unauthenticated" {
			t.Errorf("%s by nobody: %d %s", o.OperationID, got.status, got.body)
		}
		wrong := &actor{h: h, key: "sk_test_" + strings.Repeat("a", 48)}
		if got := h.serve(wrong.request(o.Method, o.address("x"), body)); got.code() != "invalid_key" {
			t.Errorf("%s by a wrong key: %d %s", o.OperationID, got.status, got.body)
		}
		if o.Method != http.MethodGet && o.asks.key != "" && o.OperationID != "logout" {
			if got := h.serve(reader.request(o.Method, o.address("x"), body)); got.status < 400 || got.status >= 500 {
				t.Errorf("%s by a read key: %d %s", o.OperationID, got.status, got.body)
			}
		}
		if o.Method == http.MethodPost {
			r := o.asks.request(o.Method, o.address("x"), body)
			r.Header.Del("Idempotency-Key")
			if got := h.serve(r); got.code() != "idempotency_key_missing" {
				t.Errorf("%s without a key: %d %s", o.OperationID, got.status, got.body)
			}
			for _, key := range []string{strings.Repeat("k", 129), "with space", "ключ", "tab\t"} {
				r := o.asks.request(o.Method, o.address("x"), body)
				r.Header["Idempotency-Key"] = []string{key}
				if got := h.serve(r); got.code() != "invalid_field" || got.field() != "Idempotency-Key" {
					t.Errorf("%s with the key %q: %d %s", o.OperationID, key, got.status, got.body)
				}
			}
		}
		if o.asks.face != "" && o.Method != http.MethodGet {
			r := o.asks.request(o.Method, o.address("x"), body)
			r.Header.Set("Tongbao-CSRF", "guess")
			if got := h.serve(r); got.code() != "csrf_failed" {
				t.Errorf("%s with a guessed CSRF token: %d %s", o.OperationID, got.status, got.body)
			}
			r = o.asks.request(o.Method, o.address("x"), body)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			if got := h.serve(r); got.code() != "csrf_failed" {
				t.Errorf("%s from another site: %d %s", o.OperationID, got.status, got.body)
			}
			r = o.asks.request(o.Method, o.address("x"), body)
			r.Header.Set("Origin", "https://evil.example.com")
			if got := h.serve(r); got.code() != "csrf_failed" {
				t.Errorf("%s from another origin: %d %s", o.OperationID, got.status, got.body)
			}
		}
	}
}

// upload is a file as a browser sends it.
func (a *actor) upload(name string, contents []byte) *http.Request {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, _ := form.CreateFormFile(name, "evidence.png")
	part.Write(contents)
	form.Close()
	r := a.request("POST", "/v1/files", b.String())
	r.Header.Set("Content-Type", form.FormDataContentType())
	return r
}

var onePixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89")

func TestFilesRefuseBadInput(t *testing.T) {
	h := openHouse(t)
	buyer := h.somebody(0)
	for what, r := range map[string]*http.Request{
		"script":      buyer.upload("file", []byte("<script>alert(1)</script>")),
		"svg":         buyer.upload("file", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)),
		"empty":       buyer.upload("file", nil),
		"other name":  buyer.upload("picture", onePixel),
		"large":       buyer.upload("file", append(bytes.Clone(onePixel), make([]byte, 5<<20)...)),
		"very large":  buyer.upload("file", append(bytes.Clone(onePixel), make([]byte, 7<<20)...)),
		"not a form":  buyer.request("POST", "/v1/files", `{"file":"x"}`),
		"broken form": func() *http.Request { r := buyer.upload("file", onePixel); r.Body = http.NoBody; return r }(),
	} {
		mustRefuse(t, h, what, r)
	}
}

func TestAPanicIsOneProblemAndTheDoorStaysOpen(t *testing.T) {
	h := openHouse(t)
	h.door.mux.HandleFunc("GET /v1/panics", func(http.ResponseWriter, *http.Request) { panic("a bug") })
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost:8080/v1/panics", nil))
	if w.Code != 500 || !strings.Contains(w.Body.String(), `"internal_error"`) || strings.Contains(w.Body.String(), "a bug") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestWhatIsNowhere(t *testing.T) {
	h := openHouse(t)
	nobody := &actor{h: h}
	nobody.refused("not_found", "GET", "/v1/nothing", nil)
	nobody.refused("not_found", "GET", "/", nil)
	if got := nobody.refused("method_not_allowed", "DELETE", "/v1/payments", nil); got.header.Get("Allow") != "GET, POST" {
		t.Errorf("Allow: %q", got.header.Get("Allow"))
	}
	nobody.do(200, "GET", "/healthz", nil)
	nobody.do(200, "GET", "/readyz", nil)
}

// Who doesn't run the platform sees no difference between its figures and nothing.
func TestFiguresAreNowhereWithoutTheToken(t *testing.T) {
	h := openHouse(t)
	o := h.options()
	o.Token, o.Metrics = "the operators' own", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("figures")) })
	door := New(o)
	for _, c := range []struct {
		method, authorization string
		want                  int
		code                  string
	}{
		{"GET", "", 404, "not_found"},
		{"GET", "Bearer wrong", 404, "not_found"},
		{"HEAD", "", 404, ""},
		{"POST", "", 404, "not_found"},
		{"GET", "Bearer the operators' own", 200, "figures"},
		{"POST", "Bearer the operators' own", 405, "method_not_allowed"},
	} {
		r := httptest.NewRequest(c.method, "http://localhost:8080/metrics", nil)
		if c.authorization != "" {
			r.Header.Set("Authorization", c.authorization)
		}
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if w.Code != c.want || !strings.Contains(w.Body.String(), c.code) || c.want == 404 && w.Header().Get("Allow") != "" {
			t.Errorf("%s by %q: %d %s, Allow %q", c.method, c.authorization, w.Code, w.Body, w.Header().Get("Allow"))
		}
	}
}
