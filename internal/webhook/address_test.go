package webhook

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// leads is a name server that knows what the test says.
func leads(to map[string]string) func(context.Context, string, string) ([]netip.Addr, error) {
	return func(_ context.Context, _, host string) ([]netip.Addr, error) {
		var addrs []netip.Addr
		for text := range strings.FieldsSeq(to[host]) {
			addrs = append(addrs, netip.MustParseAddr(text))
		}
		if addr, err := netip.ParseAddr(host); err == nil {
			addrs = append(addrs, addr)
		}
		return addrs, nil
	}
}

func TestAddressesThatCanBeRegistered(t *testing.T) {
	names := leads(map[string]string{
		"shop.example.com":   "93.184.216.34 2606:2800:220:1::1",
		"inside.example.com": "10.1.2.3",
		"both.example.com":   "93.184.216.34 127.0.0.1",
		"0x7f.1":             "127.0.0.1",
	})
	for _, c := range []struct {
		url        string
		live, test bool
	}{
		{"https://shop.example.com/hook?x=1", true, true},
		{"https://shop.example.com:8443/", true, true},
		{"https://93.184.216.34/", true, true},
		{"http://shop.example.com/", false, true},
		{"https://inside.example.com/", false, true},
		{"https://both.example.com/", false, true},
		{"https://nowhere.example.com/", false, true},
		{"http://127.0.0.1:8080/hook", false, true},
		{"https://127.0.0.1/", false, true},
		{"https://localhost/", false, true},
		{"https://LOCALHOST./", false, true},
		{"https://shop.localhost/", false, true},
		{"https://metadata.google.internal/", false, true},
		{"https://printer.local/", false, true},
		{"https://intranet/", false, true},
		{"https://10.0.0.1/", false, true},
		{"https://172.16.0.1/", false, true},
		{"https://192.168.1.1/", false, true},
		{"https://169.254.169.254/latest/meta-data/", false, true},
		{"https://100.100.100.200/", false, true},
		{"https://168.63.129.16/", false, true},
		{"https://0.0.0.0/", false, true},
		{"https://127.1/", false, true},
		{"https://0x7f.1/", false, true},
		{"https://2130706433/", false, true},
		{"https://[::1]/", false, true},
		{"https://[::]/", false, true},
		{"https://[::ffff:10.0.0.1]/", false, true},
		{"https://[::127.0.0.1]/", false, true},
		{"https://[64:ff9b::a00:1]/", false, true},
		{"https://[2002:a00:1::]/", false, true},
		{"https://[fd00:ec2::254]/", false, true},
		{"https://[fe80::1%25eth0]/", false, true},
		{"https://[ff02::1]/", false, true},
		{"https://255.255.255.255/", false, true},
		{"ftp://shop.example.com/", false, false},
		{"file:///etc/passwd", false, false},
		{"gopher://shop.example.com/", false, false},
		{"https://user:pw@shop.example.com/", false, false},
		{"https://shop.example.com/#part", false, false},
		{"https://shop.example.com:0/", false, false},
		{"https://shop.example.com:70000/", false, false},
		{"https://", false, false},
		{"https:shop.example.com", false, false},
		{"//shop.example.com/", false, false},
		{"", false, false},
		{"https://shop.example.com/\r\nHost: x", false, false},
		{"https://shop.example.com/" + strings.Repeat("a", longestURL), false, false},
	} {
		for mode, want := range map[party.Mode]bool{party.Live: c.live, party.Test: c.test} {
			s := New(Options{Mode: mode, Lookup: names})
			err := s.checkURL(t.Context(), c.url)
			if (err == nil) != want {
				t.Errorf("%s, %s: %v", c.url, mode, err)
			}
			if no := refusal.Of(err); err != nil && (no == nil || no.Code != refusal.WebhookURLRefused || no.Field != "url") {
				t.Errorf("%s, %s: refused with %v", c.url, mode, err)
			}
		}
	}
}

// A name that led to the public internet when it was registered, and leads
// inside when it is dialled, reaches nobody.
func TestANameThatMovesInsideReachesNobody(t *testing.T) {
	var asked, reached atomic.Int32
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(inside.URL, "https://"), ":")
	s := New(Options{Mode: party.Live, Lookup: func(context.Context, string, string) ([]netip.Addr, error) {
		if asked.Add(1) == 1 {
			return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}})
	url := "https://moves.example.com:" + port + "/"
	if err := s.checkURL(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.Do(request); !errors.Is(err, errPrivate) || said(err) == "" {
		t.Errorf("the dial ended with %v", err)
	}
	if reached.Load() != 0 {
		t.Error("the server inside was reached")
	}
}

func TestASecretPrintsAsStars(t *testing.T) {
	s, err := newSecret(strings.NewReader(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := keyOf(s.Reveal().Reveal()); !ok || s.String() != "***" {
		t.Errorf("%s", s)
	}
}
