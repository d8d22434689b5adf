package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tongbao"
	"tongbao/internal/audit"
	"tongbao/internal/engine"
	"tongbao/test/servers"
)

// several are platforms on one database, each with connections and a folder of its
// own and in nothing else together: what a server is to another, in one process.
type several struct {
	t         *testing.T
	url       string // of the database
	platforms []*tongbao.Platform
	at        []string // where they answer
	file      tongbao.SandboxFile
}

// openSeveral opens n platforms on a database.
func openSeveral(t *testing.T, url string, n int) *several {
	t.Helper()
	s := &several{t: t, url: url}
	dir := t.TempDir()
	data := func(i int) string { return filepath.Join(dir, fmt.Sprint("data", i)) }
	// The people are enrolled once; the others know them from the first's folder.
	first := s.open(data(0), nil)
	var err error
	if s.file, err = first.Populate(t.Context(), "http://127.0.0.1/"); err == nil {
		err = first.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if i > 0 {
			_ = os.Remove(filepath.Join(data(0), "control"))
			if err := os.CopyFS(data(i), os.DirFS(data(0))); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(filepath.Join(data(i), "KEY"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p := s.open(data(i), listener)
		if _, err := p.Populate(t.Context(), "http://127.0.0.1/"); err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: p.Handler()}
		go server.Serve(listener)
		s.platforms, s.at = append(s.platforms, p), append(s.at, "http://"+listener.Addr().String())
		t.Cleanup(func() {
			server.Close()
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return s
}

func (s *several) open(data string, listener net.Listener) *tongbao.Platform {
	s.t.Helper()
	base := "http://127.0.0.1"
	if listener != nil {
		base = "http://" + listener.Addr().String()
	}
	p, err := tongbao.Open(s.t.Context(), tongbao.Config{Sandbox: true, BaseURL: base, Data: data, Store: s.url, NoLimits: true,
		Logger: slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))})
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// caller is somebody who asks servers: a merchant's program, or a person with a
// session.
type caller struct {
	s       *several
	key     string
	face    string
	cookies []*http.Cookie
	csrf    string
}

func (s *several) merchant() *caller { return &caller{s: s, key: s.file.Merchant.APIKey} }

// login signs in at one server.
func (s *several) login(server int, face, login, password string) *caller {
	s.t.Helper()
	c := &caller{s: s, face: face}
	response := c.send(server, http.MethodPost, "/v1/login", fmt.Sprint("login-", time.Now().UnixNano()), map[string]string{"face": face, "login": login, "password": password})
	response.Body.Close()
	if c.cookies = response.Cookies(); len(c.cookies) == 0 {
		s.t.Fatalf("%s may not sign in: %s", login, response.Status)
	}
	c.csrf, _ = c.must(http.StatusOK, server, http.MethodGet, "/v1/session", "", nil)["csrf_token"].(string)
	return c
}

func (c *caller) send(server int, method, path, key string, body any) *http.Response {
	c.s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.s.t.Fatal(err)
	}
	request, err := http.NewRequest(method, c.s.at[server]+path, bytes.NewReader(text))
	if err != nil {
		c.s.t.Fatal(err)
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	if c.face != "" {
		request.Header.Set("Tongbao-Face", c.face)
		request.Header.Set("Tongbao-CSRF", c.csrf)
	}
	for _, cookie := range c.cookies {
		request.AddCookie(cookie)
	}
	if method != http.MethodGet {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.s.t.Error(err)
		return &http.Response{Body: http.NoBody}
	}
	return response
}

// ask asks a server and returns the status and the answer.
func (c *caller) ask(server int, method, path, key string, body any) (int, map[string]any) {
	c.s.t.Helper()
	response := c.send(server, method, path, key, body)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.s.t.Error(err)
	}
	var answer map[string]any
	_ = json.Unmarshal(text, &answer)
	return response.StatusCode, answer
}

// must is ask, of which a status is expected.
func (c *caller) must(want int, server int, method, path, key string, body any) map[string]any {
	c.s.t.Helper()
	status, answer := c.ask(server, method, path, key, body)
	if status != want {
		c.s.t.Fatalf("%s %s at server %d: %d %v, want %d", method, path, server, status, answer, want)
	}
	return answer
}

// payment has a shopper pay the merchant with a payment code.
func (c *caller) payment(server int, key, order string, amount int) (int, map[string]any) {
	c.s.t.Helper()
	code := c.must(http.StatusOK, server, http.MethodPost, "/v1/sandbox/payment-codes", key+"-code", map[string]any{"buyer_id": c.s.file.Buyers[1].ID})
	return c.ask(server, http.MethodPost, "/v1/payments", key, map[string]any{"order_no": order, "amount": amount, "currency": "CNY", "subject": "tea", "payment_code": code["payment_code"]})
}

// verified audits the books that the platforms share.
func (s *several) verified() {
	s.t.Helper()
	report, err := audit.Store(context.WithoutCancel(s.t.Context()), s.platforms[0].Store(), engine.Shanghai, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range report.Checks {
		if !c.OK {
			s.t.Errorf("%s: %q", c.Name, c.Faults)
		}
	}
}

// TestAnyServerTakesAnyRequest has two servers on one database answer for each
// other: what one was told holds at the other with its next request.
func TestAnyServerTakesAnyRequest(t *testing.T) {
	t.Run("mariadb", func(t *testing.T) { anyServer(t, servers.MariaDB(t)) })
	t.Run("mysql", func(t *testing.T) { anyServer(t, servers.MySQL(t)) })
}

func anyServer(t *testing.T, db *servers.Server) {
	s := openSeveral(t, db.Database(t), 2)
	shop := s.merchant()

	t.Run("a payment begun at one is carried on at the other", func(t *testing.T) {
		s.t = t
		status, paid := shop.payment(0, "carried", "carried", 500)
		if status != http.StatusCreated {
			t.Fatal(status, paid)
		}
		id := paid["id"].(string)
		if got := shop.must(http.StatusOK, 1, http.MethodGet, "/v1/payments/"+id, "", nil); got["amount"] != 500.0 {
			t.Errorf("the other server shows %v", got)
		}
		shop.must(http.StatusCreated, 1, http.MethodPost, "/v1/refunds", "carried-back", map[string]any{"payment_id": id, "amount": 200, "reason": "part"})
		if got := shop.must(http.StatusOK, 0, http.MethodGet, "/v1/payments/"+id, "", nil); got["refunded"] != 200.0 {
			t.Errorf("the first server shows %v", got)
		}
	})

	t.Run("an idempotency key is answered once, wherever it is asked", func(t *testing.T) {
		s.t = t
		code := shop.must(http.StatusOK, 0, http.MethodPost, "/v1/sandbox/payment-codes", "once-code", map[string]any{"buyer_id": s.file.Buyers[1].ID})
		body := map[string]any{"order_no": "once", "amount": 300, "currency": "CNY", "subject": "tea", "payment_code": code["payment_code"]}
		var all sync.WaitGroup
		var mu sync.Mutex
		seen := map[any]int{}
		for i := range 12 { // at the same moment, at both
			all.Go(func() {
				status, answer := shop.ask(i%2, http.MethodPost, "/v1/payments", "once", body)
				mu.Lock()
				defer mu.Unlock()
				if status != http.StatusCreated {
					t.Errorf("server %d: %d %v", i%2, status, answer)
				}
				seen[answer["id"]]++
			})
		}
		all.Wait()
		if len(seen) != 1 {
			t.Errorf("one key made %v", seen)
		}
		body["amount"] = 301
		if status, answer := shop.ask(1, http.MethodPost, "/v1/payments", "once", body); answer["code"] != "idempotency_conflict" {
			t.Errorf("the key with other contents: %d %v", status, answer)
		}
	})

	t.Run("two refunds at two servers don't exceed the payment", func(t *testing.T) {
		s.t = t
		_, paid := shop.payment(0, "over", "over", 100)
		var all sync.WaitGroup
		var mu sync.Mutex
		done := 0
		for i := range 8 {
			all.Go(func() {
				status, _ := shop.ask(i%2, http.MethodPost, "/v1/refunds", fmt.Sprint("over-", i), map[string]any{"payment_id": paid["id"], "amount": 60, "reason": "part"})
				mu.Lock()
				defer mu.Unlock()
				if status == http.StatusCreated {
					done++
				}
			})
		}
		all.Wait()
		if done != 1 {
			t.Errorf("%d refunds of 60 were made of a payment of 100", done)
		}
	})

	t.Run("a session and a key hold, and end, at both", func(t *testing.T) {
		s.t = t
		owner := s.login(0, "merchant", s.file.Merchant.Login, s.file.Merchant.Password)
		made := owner.must(http.StatusCreated, 1, http.MethodPost, "/v1/keys", "key", map[string]any{"name": "another", "scope": "full"})
		program := &caller{s: s, key: made["secret"].(string)}
		program.must(http.StatusOK, 0, http.MethodGet, "/v1/merchant", "", nil)
		program.must(http.StatusOK, 1, http.MethodGet, "/v1/merchant", "", nil)
		owner.must(http.StatusNoContent, 0, http.MethodDelete, "/v1/keys/"+made["id"].(string), "revoke", nil)
		program.must(http.StatusUnauthorized, 1, http.MethodGet, "/v1/merchant", "", nil)
		program.must(http.StatusUnauthorized, 0, http.MethodGet, "/v1/merchant", "", nil)
		owner.send(1, http.MethodPost, "/v1/logout", "logout", map[string]any{}).Body.Close()
		owner.must(http.StatusUnauthorized, 0, http.MethodGet, "/v1/merchant", "", nil)
	})

	t.Run("guesses at a password are counted together", func(t *testing.T) {
		s.t = t
		guess := &caller{s: s, face: "wallet"}
		var last map[string]any
		for i := range 12 {
			_, last = guess.ask(i%2, http.MethodPost, "/v1/login", fmt.Sprint("guess-", i), map[string]string{"face": "wallet", "login": s.file.Buyers[2].Login, "password": fmt.Sprint("wrong-", i)})
		}
		if _, answer := guess.ask(0, http.MethodPost, "/v1/login", "right", map[string]string{"face": "wallet", "login": s.file.Buyers[2].Login, "password": s.file.Buyers[2].Password}); answer["code"] == nil {
			t.Errorf("after twelve guesses at two servers (the last: %v) the right password is still taken: %v", last, answer)
		}
	})
	s.t = t
	s.verified()
}

// TestWebhooksArriveWhileServersAreStoppedAndKilled has two servers deliver, of which
// one is stopped in its tracks for longer than its leases, wakes, and is then killed.
// Every event arrives, and each delivery ends as delivered.
func TestWebhooksArriveWhileServersAreStoppedAndKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until the leases of a process that was stopped are over")
	}
	var mu sync.Mutex
	seen := map[string]int{} // by event
	shop := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.Header.Get("Webhook-Id")]++
	}))
	defer shop.Close()
	db := servers.MariaDB(t)
	own := db.Database(t)
	p := newPair(t, [2][]string{{db.Addr}, {db.Addr}}, func(hosts string) string { return strings.Replace(own, db.Addr, hosts, 1) })
	l := &load{t: t, urls: []string{p.servers[1].file.APIURL}, merchant: p.servers[0].file.Merchant, buyer: p.servers[0].file.Buyers[1]}
	status, endpoint, err := l.post(t.Context(), act{"/v1/webhook-endpoints", "hook", map[string]any{"url": shop.URL, "event_types": []string{"payment.paid"}}})
	if err != nil || status != http.StatusCreated {
		t.Fatal(status, endpoint, err)
	}
	paid := 0
	pay := func(n int) {
		t.Helper()
		for range n {
			paid++
			_, code := l.again(act{"/v1/sandbox/payment-codes", fmt.Sprint("hooked-code-", paid), map[string]any{"buyer_id": l.buyer.ID}})
			if _, answer := l.again(act{"/v1/payments", fmt.Sprint("hooked-", paid), map[string]any{
				"order_no": fmt.Sprint("hooked-", paid), "amount": 100, "currency": "CNY", "subject": "tea", "payment_code": code["payment_code"]}}); answer["id"] == nil {
				t.Fatal(answer)
			}
		}
	}
	arrived := func(what string) {
		t.Helper()
		for deadline := time.Now().Add(100 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			mu.Lock()
			n := len(seen)
			mu.Unlock()
			if n == paid {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d of %d events have arrived", what, n, paid)
			}
		}
	}
	pay(10)
	arrived("both serve")
	pay(10)
	if err := p.servers[0].cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	pay(10)
	arrived("one is stopped")
	if err := p.servers[0].cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	pay(10)
	arrived("it has woken")
	pay(10)
	p.servers[0].kill()
	pay(10)
	arrived("one is killed")

	for deadline := time.Now().Add(100 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		status, answer, err := l.get(t.Context(), "/v1/webhook-deliveries?limit=100&endpoint_id="+endpoint["id"].(string))
		if err != nil || status != http.StatusOK {
			t.Fatal(status, answer, err)
		}
		delivered := 0
		for _, one := range answer["data"].([]any) {
			if one.(map[string]any)["state"] == "delivered" {
				delivered++
			}
		}
		if delivered == paid {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d deliveries are noted as delivered", delivered, paid)
		}
	}
	more := 0
	for _, times := range seen {
		more += times - 1
	}
	t.Logf("%d events arrived, %d of them once more", len(seen), more)
}

// TestRollingRestart restarts two servers one after the other while clients pay, which
// do as a balancer does: they send to a server that says it is ready, and go on to the
// other when a connection is refused. No request fails.
func TestRollingRestart(t *testing.T) {
	if testing.Short() {
		t.Skip("restarts real processes")
	}
	db := servers.MariaDB(t)
	own := db.Database(t)
	p := newPair(t, [2][]string{{db.Addr}, {db.Addr}}, func(hosts string) string { return strings.Replace(own, db.Addr, hosts, 1) })
	l := &load{t: t, merchant: p.servers[0].file.Merchant, buyer: p.servers[0].file.Buyers[1]}
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	var done atomic.Int64
	for c := range 4 {
		clients.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				a := act{"/v1/transfers", fmt.Sprintf("rolling-%d-%d", c, n), map[string]any{"to": map[string]any{"user_id": l.buyer.ID}, "amount": 1, "currency": "CNY", "note": "on"}}
				var status int
				var body map[string]any
				var err error
				for try := range 2 {
					at := p.servers[(c+n+try)%2].file.APIURL
					one := &load{t: t, urls: []string{at}, merchant: l.merchant}
					if ready, _, err := one.get(context.Background(), "/readyz"); try == 0 && (err != nil || ready != http.StatusOK) {
						continue
					}
					if status, body, err = one.post(context.Background(), a); !errors.Is(err, syscall.ECONNREFUSED) {
						break
					}
				}
				if err != nil || status != http.StatusCreated && body["code"] != "insufficient_balance" {
					t.Errorf("client %d: %d %v %v", c, status, body, err)
					return
				}
				done.Add(1)
			}
		})
	}
	for round := range 2 {
		for i, server := range p.servers {
			for before := done.Load(); done.Load() < before+20 && !t.Failed(); time.Sleep(5 * time.Millisecond) {
			}
			if err := server.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			server.await()
			t.Logf("round %d: server %d has ended; %d requests were answered so far", round+1, i, done.Load())
			server.start()
		}
	}
	stop()
	clients.Wait()
	for _, server := range p.servers {
		server.kill()
	}
	verifyStore(t, p.servers[0].binary, own)
}

// TestTheDatabaseIsGone has a server lose its database while it runs: whatever is
// asked is unavailable with a time to come back, and service returns by itself.
func TestTheDatabaseIsGone(t *testing.T) {
	db := servers.MariaDB(t)
	s := openSeveral(t, db.Database(t), 1)
	shop := s.merchant()
	if status, paid := shop.payment(0, "before", "before", 100); status != http.StatusCreated {
		t.Fatal(status, paid)
	}
	health := shop.must(http.StatusOK, 0, http.MethodGet, "/healthz", "", nil)
	if name, _ := health["server"].(string); name == "" || !strings.HasPrefix(fmt.Sprint(health["store"]), "MariaDB 1") || health["as_of"] == nil {
		t.Errorf("health: %v", health)
	}
	figures := shop.send(0, http.MethodGet, "/metrics", "", nil)
	text, err := io.ReadAll(figures.Body)
	figures.Body.Close()
	for _, want := range []string{`tongbao_store_statement_seconds_count{outcome="ok",statement="INSERT journal"}`, "tongbao_batch_retries_total", "tongbao_jobs_behind", "tongbao_servers"} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("the figures lack %s (%v)", want, err)
		}
	}

	db.Kill()
	for _, ask := range []struct{ method, path string }{
		{http.MethodGet, "/v1/merchant"}, {http.MethodGet, "/v1/payments"}, {http.MethodPost, "/v1/transfers"},
	} {
		response := shop.send(0, ask.method, ask.path, "gone", map[string]any{"to": map[string]any{"user_id": s.file.Buyers[1].ID}, "amount": 1, "currency": "CNY", "note": "on"})
		var problem map[string]any
		_ = json.NewDecoder(response.Body).Decode(&problem)
		response.Body.Close()
		if response.StatusCode != http.StatusServiceUnavailable || problem["code"] != "unavailable" || response.Header.Get("Retry-After") == "" {
			t.Errorf("%s %s while the database is gone: %d %v, Retry-After %q", ask.method, ask.path, response.StatusCode, problem, response.Header.Get("Retry-After"))
		}
	}
	shop.must(http.StatusServiceUnavailable, 0, http.MethodGet, "/readyz", "", nil)
	shop.must(http.StatusOK, 0, http.MethodGet, "/healthz", "", nil)
	if err := db.Start(); err != nil {
		t.Fatal(err)
	}
	ready := func(want int, what string) {
		t.Helper()
		for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			if status, _ := shop.ask(0, http.MethodGet, "/readyz", "", nil); status == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s, and /readyz is not %d", what, want)
			}
		}
	}
	ready(http.StatusOK, "the database is back")
	db.Exec(t, "SET GLOBAL read_only = ON")
	ready(http.StatusServiceUnavailable, "the database takes no writes")
	db.Exec(t, "SET GLOBAL read_only = OFF")
	ready(http.StatusOK, "the database takes writes again")
	shop.must(http.StatusCreated, 0, http.MethodPost, "/v1/transfers", "gone", map[string]any{"to": map[string]any{"user_id": s.file.Buyers[1].ID}, "amount": 1, "currency": "CNY", "note": "on"})
	s.verified()
}
