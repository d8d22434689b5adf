package web

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tongbao/ui"
)

// site is a site whose wallet is built, and whose other faces are not.
func site(opt Options) http.Handler {
	script := strings.Repeat("console.log('pay');\n", 200)
	opt.Face = func(name string) fs.FS {
		if name != "wallet" {
			return fstest.MapFS{".gitkeep": {}}
		}
		return fstest.MapFS{
			"index.html": {Data: []byte(`<!doctype html><meta name="csp-nonce" content="` + ui.NoncePlaceholder +
				`"><link rel="icon" href="/wallet/icon.svg"><script type="module" src="/wallet/assets/index-1.js"></script>`)},
			"icon.svg":             {Data: []byte("<svg></svg>")},
			"assets/index-1.js":    {Data: []byte(script)},
			"assets/index-2.js":    {Data: []byte(script)},
			"assets/index-2.js.br": {Data: []byte("brotli")},
		}
	}
	if opt.API == nil {
		opt.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "api "+r.URL.Path) })
	}
	opt.Phones = func() []Text {
		return []Text{{Phone: "13800000001", At: time.Unix(0, 0), Body: "Your code is 123456 <script>alert(1)</script>", Code: "123456"}}
	}
	opt.Guide = func() Guide {
		return Guide{ShopURL: "http://127.0.0.1:8889/", Logins: []Login{{Face: "wallet", Who: "a shopper", Login: "13800000001", Password: "shopper-pass", PaymentPassword: "258036"}}}
	}
	return New(opt)
}

func get(t *testing.T, h http.Handler, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEveryAddressOfAFaceIsItsIndexUnlessItNamesAFile(t *testing.T) {
	h := site(Options{})
	for path, want := range map[string]int{
		"/wallet/": 200, "/wallet/cashier/2026010100000000000000000001": 200, "/wallet/index.html": 200, "/wallet/a/b/c": 200,
		"/wallet/icon.svg": 200, "/wallet/assets/index-1.js": 200,
		"/wallet/assets/gone.js": 404, "/wallet/robots.txt": 404, "/nowhere": 404,
	} {
		if got := get(t, h, path); got.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, got.StatusCode, want)
		}
	}
	if got := get(t, h, "/wallet"); got.StatusCode != 308 || got.Header.Get("Location") != "/wallet/" {
		t.Errorf("/wallet leads to %d %q", got.StatusCode, got.Header.Get("Location"))
	}
	posted := httptest.NewRecorder()
	h.ServeHTTP(posted, httptest.NewRequest("POST", "/wallet/", nil))
	if posted.Code != 405 {
		t.Errorf("a POST to a face: %d", posted.Code)
	}
}

func TestEachPageLoadHasANonceOfItsOwn(t *testing.T) {
	h := site(Options{})
	seen := map[string]bool{}
	for range 3 {
		r := get(t, h, "/wallet/orders")
		csp := r.Header.Get("Content-Security-Policy")
		found := regexp.MustCompile(`'nonce-([^']+)'`).FindStringSubmatch(csp)
		if found == nil || seen[found[1]] {
			t.Fatalf("nonce missing or used before: %s", csp)
		}
		seen[found[1]] = true
		page := body(t, r)
		if !strings.Contains(page, `content="`+found[1]+`"`) || strings.Contains(page, ui.NoncePlaceholder) {
			t.Errorf("the page does not carry its nonce: %s", page)
		}
		if got := r.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("the page may be cached: %q", got)
		}
		if scripts := regexp.MustCompile(`script-src ([^;]*)`).FindStringSubmatch(csp); scripts == nil || scripts[1] != "'self'" {
			t.Errorf("script-src is %v", scripts)
		}
	}
}

func TestHashedFilesAreKeptForAYearAndComeCompressed(t *testing.T) {
	h := site(Options{})
	r := get(t, h, "/wallet/assets/index-1.js", "Accept-Encoding", "br;q=0, gzip")
	if r.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || r.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("headers: %v", r.Header)
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || !strings.HasPrefix(string(text), "console.log") {
		t.Errorf("unpacked to %.20q, %v", text, err)
	}
	if r := get(t, h, "/wallet/assets/index-2.js", "Accept-Encoding", "gzip, br"); r.Header.Get("Content-Encoding") != "br" || body(t, r) != "brotli" {
		t.Errorf("the packed form beside it was not served: %v", r.Header)
	}
	plain := get(t, h, "/wallet/assets/index-1.js")
	if plain.Header.Get("Content-Encoding") != "" || !strings.HasPrefix(body(t, plain), "console.log") {
		t.Errorf("who takes no encoding got %v", plain.Header)
	}
	if again := get(t, h, "/wallet/icon.svg", "If-None-Match", get(t, h, "/wallet/icon.svg").Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("an unchanged file was sent again: %d", again.StatusCode)
	}
}

func TestEveryPageIsUnderThePolicyAndHoldsNoScriptOfItsOwn(t *testing.T) {
	h := site(Options{Sandbox: true})
	for _, path := range []string{"/", "/wallet/", "/merchant/", "/console/", "/sandbox/phone", "/sandbox/phone?phone=13800000001", "/nowhere", "/wallet/gone.js"} {
		r := get(t, h, path)
		csp := r.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'self'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: the policy lacks %q: %s", path, part, csp)
			}
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Referrer-Policy": "strict-origin-when-cross-origin"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		mayScan := strings.Contains(r.Header.Get("Permissions-Policy"), "camera=(self)")
		if mayScan != strings.HasPrefix(path, "/wallet/") {
			t.Errorf("%s: camera allowed: %t", path, mayScan)
		}
		holdsNoScript(t, path, body(t, r))
	}
}

// The faces as they are built, too.
func TestTheBuiltFacesHoldNoScriptOfTheirOwn(t *testing.T) {
	for _, name := range ui.Faces {
		if index, err := fs.ReadFile(ui.Face(name), "index.html"); err == nil {
			holdsNoScript(t, name, string(index))
		}
	}
}

func holdsNoScript(t *testing.T, path, page string) {
	t.Helper()
	for _, tag := range regexp.MustCompile(`(?i)<script[^>]*>`).FindAllString(page, -1) {
		if !strings.Contains(tag, "src=") {
			t.Errorf("%s holds inline script: %s", path, tag)
		}
	}
	if found := regexp.MustCompile(`(?i)<[^>]*\son\w+=|javascript:|<style|<[^>]*\sstyle=`).FindString(page); found != "" {
		t.Errorf("%s holds %q", path, found)
	}
}

func TestQRAddressesLeadToTheWallet(t *testing.T) {
	h := site(Options{})
	for path, want := range map[string]string{
		"/q/p/2026010112345678901234567890": "/wallet/cashier/2026010112345678901234567890",
		"/q/m/2088800000000012?s=ab":        "/wallet/collect/2088800000000012?s=ab",
		"/q/u/abc-123_x":                    "/wallet/transfer?code=abc-123_x",
	} {
		if r := get(t, h, path); r.StatusCode != 303 || r.Header.Get("Location") != want {
			t.Errorf("%s leads to %d %q, want %q", path, r.StatusCode, r.Header.Get("Location"), want)
		}
	}
	for _, path := range []string{"/q/p/123", "/q/p/%2F%2Fevil.example", "/q/m/%2F%2Fevil.example", "/q/u/a%22b", "/q/m/.."} {
		if r := get(t, h, path); r.StatusCode == 303 {
			t.Errorf("%s leads to %q", path, r.Header.Get("Location"))
		}
	}
}

func TestAFaceThatIsNotBuiltSaysWhatBuildsIt(t *testing.T) {
	if page := body(t, get(t, site(Options{}), "/console/people/1")); !strings.Contains(page, "make ui") {
		t.Errorf("the page says: %s", page)
	}
}

func TestThePretendPhoneIsInTheSandboxAlone(t *testing.T) {
	if r := get(t, site(Options{}), "/sandbox/phone"); r.StatusCode != 404 {
		t.Errorf("live: %d", r.StatusCode)
	}
	page := body(t, get(t, site(Options{Sandbox: true}), "/sandbox/phone"))
	if !strings.Contains(page, "123456") || !strings.Contains(page, "13800000001") {
		t.Errorf("the code is not shown: %s", page)
	}
	if strings.Contains(body(t, get(t, site(Options{}), "/")), "shopper-pass") {
		t.Error("the landing page told a login outside the sandbox")
	}
}

func TestTheAPIIsBehindTheSameDoor(t *testing.T) {
	h := site(Options{TLS: true})
	for _, path := range []string{"/v1/session", "/openapi.json", "/docs", "/healthz", "/readyz", "/metrics"} {
		r := get(t, h, path)
		if got := body(t, r); got != "api "+path {
			t.Errorf("%s answered %q", path, got)
		}
		if r.Header.Get("Strict-Transport-Security") == "" || !strings.Contains(r.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: headers %v", path, r.Header)
		}
	}
}
