package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongbao"
	"tongbao/test/servers"
)

// kills is how often the platform is killed under load: ten times, or as make chaos says.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("TONGBAO_KILLS")); err == nil && n > 0 {
		return n
	}
	return 10
}

// TestKilledUnderLoad kills the real binary with SIGKILL again and again while
// clients pay, refund and send money over HTTP. After each start whatever was
// acknowledged is there, with the answer it had; whatever was not is asked again
// with its key, and is done once. At the end every cent is where the answers say.
func TestKilledUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a real process ten times")
	}
	dir := t.TempDir()
	server := &process{t: t, binary: build(t), data: filepath.Join(dir, "data"), listen: freeAddress(t)}
	server.start()
	defer server.kill()
	load := &load{t: t, urls: []string{server.file.APIURL}, merchant: server.file.Merchant, buyer: server.file.Buyers[1]}
	load.before = load.balances()
	chance := rand.New(rand.NewPCG(1, 2))
	for range kills() {
		ctx, stop := context.WithCancel(context.Background())
		var workers sync.WaitGroup
		for range 6 {
			workers.Go(func() { load.work(ctx) })
		}
		time.Sleep(time.Duration(100+chance.IntN(700)) * time.Millisecond)
		server.kill()
		stop()
		workers.Wait()
		server.start()
		load.settle()
		load.nextDay()
	}
	load.check()
	server.verify()
	t.Logf("%d acts were acknowledged, %d of them only after a restart", len(load.answered), load.retried)
}

// process is the platform as a process of its own.
type process struct {
	t      *testing.T
	binary string
	data   string
	store  string // a URL; empty: in the data folder
	listen string
	cmd    *exec.Cmd
	file   tongbao.SandboxFile
}

// built is the binary, made once for all tests that want it.
var built struct {
	once   sync.Once
	folder string
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(built.folder) // nothing where nobody wanted it
	os.Exit(code)
}

func build(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.folder, built.err = os.MkdirTemp("", "tongbao-built-"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(built.folder, "tongbao"), ".").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("build: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.folder, "tongbao")
}

func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		// Below the ports that the system gives to clients, of which the load has many.
		platform, shop, err := listeners(fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000)))
		if err != nil {
			continue
		}
		defer platform.Close()
		defer shop.Close()
		return platform.Addr().String()
	}
	t.Fatal("no two ports that follow each other are free")
	return ""
}

func (p *process) start() {
	p.t.Helper()
	ready := filepath.Join(p.data+"-ready", fmt.Sprint(time.Now().UnixNano()))
	if err := os.MkdirAll(filepath.Dir(ready), 0o700); err != nil {
		p.t.Fatal(err)
	}
	var out bytes.Buffer
	p.cmd = exec.Command(p.binary, append([]string{"sandbox", "--data", p.data, "--listen", p.listen, "--ready-file", ready, "--no-limits"}, p.storeFlag()...)...)
	p.cmd.Stdout, p.cmd.Stderr = &out, &out
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- p.cmd.Wait() }()
	for patience := servers.Patient(time.Minute); ; {
		if _, err := os.Stat(ready); err == nil {
			break
		}
		select {
		case err := <-exited:
			p.t.Fatalf("it did not start: %v\n%s", err, out.String())
		case <-time.After(10 * time.Millisecond):
		}
		if patience.Over() {
			p.t.Fatalf("it did not serve within a minute\n%s", out.String())
		}
	}
	text, err := os.ReadFile(filepath.Join(p.data, "sandbox.json"))
	if err == nil {
		err = json.Unmarshal(text, &p.file)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	for p.cmd.ProcessState == nil { // the goroutine of start waits for it
		time.Sleep(time.Millisecond)
	}
	p.cmd = nil
}

// await returns when a process that was told to end has ended.
func (p *process) await() {
	p.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); p.cmd.ProcessState == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatal("it did not end within a minute")
		}
	}
	p.cmd = nil
}

func (p *process) storeFlag() []string {
	if p.store == "" {
		return nil
	}
	return []string{"--store", p.store}
}

func (p *process) verify() {
	p.t.Helper()
	if out, err := exec.Command(p.binary, append([]string{"verify", "--data", p.data}, p.storeFlag()...)...).CombinedOutput(); err != nil {
		p.t.Fatalf("verify: %v\n%s", err, out)
	}
}

// act is one request that moves something.
type act struct {
	path string
	key  string
	body map[string]any
}

// load are clients that write down what they asked and what they were answered.
type load struct {
	t        *testing.T
	urls     []string // of the servers; each answers for all
	merchant tongbao.SandboxMerchant
	buyer    tongbao.SandboxBuyer
	before   map[string]int64

	next     atomic.Int64
	mu       sync.Mutex
	answered []answered
	open     []act // asked, and the answer never came
	refunds  []string
	retried  int
	today    int           // payments that the buyer has made on this day of the business clock
	last     time.Time     // when something was acknowledged last
	pause    time.Duration // the longest without
}

type answered struct {
	act
	status int
	id     string
	body   map[string]any
}

// url is a server to ask.
func (l *load) url() string { return l.urls[rand.IntN(len(l.urls))] }

// work buys with payment codes, refunds some, and pays money out.
func (l *load) work(ctx context.Context) {
	for ctx.Err() == nil {
		n := l.next.Add(1)
		switch n % 4 {
		case 0, 1:
			code, ok := l.code(ctx)
			if !ok {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			l.do(ctx, act{"/v1/payments", fmt.Sprint("pay-", n), map[string]any{
				"order_no": fmt.Sprint("kill-", n), "amount": 100 + n%50, "currency": "CNY", "subject": "tea", "payment_code": code}})
		case 2:
			if payment, ok := l.paid(); ok {
				l.do(ctx, act{"/v1/refunds", fmt.Sprint("refund-", n), map[string]any{"payment_id": payment, "amount": 30, "reason": "part"}})
			}
		case 3:
			l.do(ctx, act{"/v1/transfers", fmt.Sprint("out-", n), map[string]any{
				"to": map[string]any{"user_id": l.buyer.ID}, "amount": 7, "currency": "CNY", "note": "thanks"}})
		}
	}
}

func (l *load) code(ctx context.Context) (string, bool) {
	status, body, err := l.post(ctx, act{"/v1/sandbox/payment-codes", fmt.Sprintf("code-%d-%d", l.next.Add(1), time.Now().UnixNano()), map[string]any{"buyer_id": l.buyer.ID}})
	code, ok := body["payment_code"].(string)
	if err == nil && status/100 != 5 && !ok {
		l.t.Errorf("no payment code: %v", body)
	}
	return code, err == nil && ok
}

// paid is a payment that nobody has refunded yet.
func (l *load) paid() (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.refunds) == 0 {
		return "", false
	}
	payment := l.refunds[0]
	l.refunds = l.refunds[1:]
	return payment, true
}

// do asks with one key until there is an answer, as a client does that gets none or is
// told to come back.
func (l *load) do(ctx context.Context, a act) {
	for tries := 0; ; tries++ {
		status, body, err := l.post(ctx, a)
		if err == nil && status/100 != 5 {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.retried += min(tries, 1)
			l.keep(a, status, body)
			return
		}
		if ctx.Err() != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.open = append(l.open, a)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (l *load) keep(a act, status int, body map[string]any) {
	now := time.Now()
	l.pause, l.last = max(l.pause, now.Sub(l.last)), now
	id, _ := body["id"].(string)
	l.answered = append(l.answered, answered{a, status, id, body})
	if a.path == "/v1/payments" && status == http.StatusCreated {
		l.refunds = append(l.refunds, id)
		l.today++
	}
}

// settle asks again, with their keys, the acts whose answer never came, and a
// good part of those that were answered: they answer the same.
func (l *load) settle() {
	l.t.Helper()
	open := l.open
	l.open = nil
	l.t.Logf("%d acts answered so far, %d asked without an answer", len(l.answered), len(open))
	for _, a := range open {
		status, body := l.again(a)
		l.keep(a, status, body)
		l.retried++
	}
	for i := len(l.answered) - 1; i >= 0 && i >= len(l.answered)-40; i-- {
		first := l.answered[i]
		status, body := l.again(first.act)
		if status != first.status || body["id"] != first.body["id"] || body["amount"] != first.body["amount"] || body["code"] != first.body["code"] {
			l.t.Fatalf("%s %s was answered %d %v, and after the kill %d %v", first.path, first.key, first.status, first.body, status, body)
		}
	}
}

// again asks until there is an answer other than to come back later, which may not
// take long: all that was broken has been mended.
func (l *load) again(a act) (status int, body map[string]any) {
	l.t.Helper()
	for patience := servers.Patient(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		status, body, err := l.post(context.Background(), a)
		if err == nil && status/100 != 5 {
			return status, body
		}
		if patience.Over() {
			l.t.Fatalf("%s %s asked again for a minute: %d %v %v", a.path, a.key, status, body, err)
		}
	}
}

// nextDay moves the business clock on: a shopper may pay 500 times a day, and a
// quick machine would have the load meet that rule. The clock is durable too.
func (l *load) nextDay() {
	l.t.Helper()
	a := act{"/v1/sandbox/clock", fmt.Sprint("day-", l.next.Add(1)), map[string]any{"advance": "24h"}}
	if status, body, err := l.post(context.Background(), a); err != nil || status != http.StatusOK {
		l.t.Fatalf("advance the clock: %d %v %v", status, body, err)
	}
	l.today = 0
}

// check adds up the answers and compares them with the balances.
func (l *load) check() {
	l.t.Helper()
	want := map[string]int64{"buyer": l.before["buyer"], "merchant": l.before["merchant"]}
	seen := map[string]bool{}
	for _, a := range l.answered {
		switch a.body["code"] {
		case "insufficient_balance", "payment_code_invalid", "velocity_exceeded":
			continue // the merchant had nothing to send, the code's minute was over, the day's payments were made: answers as good as any
		}
		if a.status != http.StatusCreated {
			l.t.Errorf("%s %s was refused: %v", a.path, a.key, a.body)
			continue
		}
		if seen[a.id] {
			l.t.Errorf("%s appears twice", a.id)
		}
		seen[a.id] = true
		amount := int64(a.body["amount"].(float64))
		switch a.path {
		case "/v1/payments":
			want["buyer"] -= amount
		case "/v1/refunds", "/v1/transfers":
			want["buyer"] += amount
		}
	}
	if got := l.balances(); got["buyer"] != want["buyer"] {
		l.t.Errorf("the buyer has %d, the answers say %d", got["buyer"], want["buyer"])
	}
}

// balances reads the buyer's balance, with the buyer's own session.
func (l *load) balances() map[string]int64 {
	l.t.Helper()
	url := l.url()
	login, _ := json.Marshal(map[string]string{"face": "wallet", "login": l.buyer.Login, "password": l.buyer.Password})
	request, err := http.NewRequest(http.MethodPost, url+"/v1/login", bytes.NewReader(login))
	if err != nil {
		l.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", fmt.Sprint("login-", time.Now().UnixNano()))
	request.Header.Set("Tongbao-Face", "wallet")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		l.t.Fatal(err)
	}
	response.Body.Close()
	me, err := http.NewRequest(http.MethodGet, url+"/v1/me", nil)
	if err != nil {
		l.t.Fatal(err)
	}
	me.Header.Set("Tongbao-Face", "wallet")
	for _, c := range response.Cookies() {
		me.AddCookie(c)
	}
	if response, err = http.DefaultClient.Do(me); err != nil {
		l.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Balance struct {
			Balance int64 `json:"balance"`
		} `json:"balance"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		l.t.Fatal(err)
	}
	return map[string]int64{"buyer": answer.Balance.Balance}
}

// post makes the request; an error says that no whole answer came.
func (l *load) post(ctx context.Context, a act) (status int, body map[string]any, err error) {
	text, err := json.Marshal(a.body)
	if err != nil {
		return 0, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url()+a.path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", a.key)
	return l.send(request)
}

func (l *load) get(ctx context.Context, path string) (status int, body map[string]any, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url()+path, nil)
	if err != nil {
		return 0, nil, err
	}
	return l.send(request)
}

func (l *load) send(request *http.Request) (status int, body map[string]any, err error) {
	request.Header.Set("Authorization", "Bearer "+l.merchant.APIKey)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, err
	}
	if err := json.Unmarshal(answer, &body); err != nil {
		return 0, nil, errors.Join(fmt.Errorf("%d %s", response.StatusCode, strings.TrimSpace(string(answer))), err)
	}
	return response.StatusCode, body, nil
}
