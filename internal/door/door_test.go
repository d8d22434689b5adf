package door

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// serve opens a real door on this machine and returns its address.
func serve(t *testing.T, o Options) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, limited := New(o)
	go server.Serve(limited(l))
	t.Cleanup(func() { server.Close() })
	return l.Addr().String()
}

var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "hello %s", body)
})

// from is a client with an address of its own on this machine.
func from(address string) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
}

func ask(t *testing.T, client *http.Client, address, body string) string {
	t.Helper()
	answer, err := client.Post("http://"+address+"/", "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatalf("somebody else is not served: %v", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestConnectionsOfOneAddressAreItsOwnAffair(t *testing.T) {
	at := serve(t, Options{Handler: hello, Limits: Limits{ConnectionsPerAddress: 20, Connections: 100}})
	greedy := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	var held []net.Conn
	for range 10_000 {
		c, err := greedy.Dial("tcp", at)
		if err != nil {
			t.Logf("the machine itself lets %d connections be made: %v", len(held), err)
			break
		}
		held = append(held, c)
	}
	if got := ask(t, from("127.0.0.3"), at, "you"); got != "hello you" {
		t.Fatalf("somebody else gets %q", got)
	}
	open := 0
	for _, c := range held { // those that were let in wait; the others have been closed
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		if _, err := c.Read(make([]byte, 1)); isTimeout(err) {
			if open++; open > 20 {
				break
			}
		}
		c.Close()
	}
	if open > 20 {
		t.Fatalf("more than %d connections of one address are open", 20)
	}
	for { // and once they are gone there is room again
		if answer, err := from("127.0.0.2").Get("http://" + at + "/"); err == nil {
			answer.Body.Close()
			break
		}
	}
}

func isTimeout(err error) bool {
	n, ok := err.(net.Error)
	return ok && n.Timeout()
}

func TestAllConnectionsTogetherAreBounded(t *testing.T) {
	at := serve(t, Options{Handler: hello, Limits: Limits{ConnectionsPerAddress: 20, Connections: 30}})
	for n := range 3 {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(n+1))}}
		for range 15 {
			if c, err := d.Dial("tcp", at); err == nil { // else it was refused before it was made
				defer c.Close()
			}
		}
	}
	if _, err := from("127.0.0.9").Get("http://" + at + "/"); err == nil {
		t.Fatal("there is still room")
	}
}

func TestProxyStandsForManyCallers(t *testing.T) {
	at := serve(t, Options{Handler: hello, Limits: Limits{ConnectionsPerAddress: 2}, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	for range 10 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	if got := ask(t, from("127.0.0.3"), at, "all"); got != "hello all" {
		t.Fatal(got)
	}
}

// holding is a handler whose requests stay until they are let go.
type holding struct{ in, out chan struct{} }

func (h holding) ServeHTTP(http.ResponseWriter, *http.Request) {
	h.in <- struct{}{}
	<-h.out
}

func TestPastCapacityRequestsAreRefusedAtOnceAndTakenAgainAfterwards(t *testing.T) {
	h := holding{make(chan struct{}, 100), make(chan struct{})}
	at := serve(t, Options{Handler: h, Limits: Limits{Requests: 3}, Unbounded: func(r *http.Request) bool { return r.URL.Path == "/healthz" }})
	done := make(chan error, 4)
	ask := func(path string) {
		answer, err := http.Get("http://" + at + path)
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				err = fmt.Errorf("status %d", answer.StatusCode)
			}
		}
		done <- err
	}
	for range 3 {
		go ask("/")
		<-h.in
	}
	for range 50 {
		answer, err := http.Post("http://"+at+"/", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		var problem struct {
			Code  string `json:"code"`
			After int    `json:"retry_after_seconds"`
		}
		err = json.NewDecoder(answer.Body).Decode(&problem)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusServiceUnavailable || problem.Code != "overloaded" || answer.Header.Get("Retry-After") != "1" || problem.After != 1 {
			t.Fatalf("past capacity: %d %+v, %v", answer.StatusCode, problem, err)
		}
	}
	go ask("/healthz") // is answered all the same
	<-h.in
	close(h.out)
	for range 4 {
		if err := <-done; err != nil {
			t.Errorf("work that was taken on: %v", err)
		}
	}
	go ask("/")
	if <-h.in; <-done != nil {
		t.Error("after the burst it does not go on")
	}
}

// Who sends a byte a second holds a connection, and no place among the requests.
func TestSlowSendersHoldNobodyUp(t *testing.T) {
	at := serve(t, Options{Handler: hello, Limits: Limits{Requests: 2}})
	for range 50 {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\na")
	}
	for range 20 {
		if got := ask(t, from("127.0.0.3"), at, "you"); got != "hello you" {
			t.Fatalf("somebody else gets %q", got)
		}
	}
}

func TestHeaderOfNoEndIsRefused(t *testing.T) {
	at := serve(t, Options{Handler: hello})
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n")
		for i := range 10_000 {
			if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", i, strings.Repeat("a", 100)); err != nil {
				return
			}
		}
	}()
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err == nil && answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Fatalf("status %d", answer.StatusCode)
	}
}

// Every server has an end to a caller's patience: reading, writing, and doing
// nothing at all.
func TestEveryTimeHasAnEnd(t *testing.T) {
	s, _ := New(Options{Handler: hello})
	for name, limit := range map[string]time.Duration{"header": s.ReadHeaderTimeout, "body": s.ReadTimeout, "answer": s.WriteTimeout, "idle": s.IdleTimeout} {
		if limit <= 0 || limit > 5*time.Minute {
			t.Errorf("%s: %v", name, limit)
		}
	}
}

// Who never reads is let go when the time for the answer is over; until then
// others are served.
func TestWhoNeverReadsIsLetGo(t *testing.T) {
	ended := make(chan error, 1)
	flood := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/flood" {
			hello(w, r)
			return
		}
		for b := make([]byte, 1<<20); ; {
			if _, err := w.Write(b); err != nil {
				ended <- err
				return
			}
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, limited := New(Options{Handler: flood, Limits: Limits{Requests: 2}})
	s.WriteTimeout = 300 * time.Millisecond // in place of minutes
	go s.Serve(limited(l))
	defer s.Shutdown(context.Background())
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
	if got := ask(t, from("127.0.0.3"), l.Addr().String(), "you"); got != "hello you" {
		t.Fatal(got)
	}
	if err := <-ended; !isTimeout(err) {
		t.Fatalf("it ended with %v", err)
	}
}
