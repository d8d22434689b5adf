package sim

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tongbao/internal/audit"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/pebblestore"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// childFolder, where it is set, makes this test binary the process that is killed.
const childFolder = "TONGBAO_SIM_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		from, _ := strconv.Atoi(os.Getenv(childFolder + "_FROM"))
		payUntilKilled(dir, from)
		return
	}
	debug.SetGCPercent(400) // there is memory, and the simulation makes much garbage
	os.Exit(m.Run())
}

const (
	killBuyers    = 4000 // each may pay 500 times a day, and make chaos is one day
	killMerchants = 10
)

// till is the platform on a real folder.
type till struct {
	store  store.Store
	engine *engine.Engine
	desk   *pay.Desk
}

func openTill(dir string) (*till, error) {
	s, err := pebblestore.Open(context.Background(), pebblestore.Options{Dir: dir, SegmentBytes: 4 << 20, CheckpointBytes: 2 << 20})
	if err != nil {
		return nil, err
	}
	e, err := engine.New(context.Background(), s, engine.Options{})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &till{s, e, pay.New(e, identity.New(e, identity.Options{Argon: identity.Argon{MemoryKiB: 8, Passes: 1, Threads: 1}}), pay.Options{})}, nil
}

func (l *till) close() error {
	l.engine.Close()
	return l.store.Close()
}

func (l *till) enrol() (err error) {
	var all []engine.Command
	for i := range uint64(killBuyers) {
		p := party.Person{ID: party.IDFrom(i + 1), Tier: ledger.TierIII}
		all = append(all, enrol{Key: fmt.Sprintf("enrol/%d", p.ID), Person: &p, Opening: 50_000_00})
	}
	for i := range uint64(killMerchants) {
		m := party.Merchant{ID: party.MerchantIDFrom(i + 1), FeeRate: 6000, Status: party.MerchantActive}
		all = append(all, enrol{Key: fmt.Sprintf("enrol/%d", m.ID), Merchant: &m})
	}
	l.engine.SubmitAll(context.Background(), all, by, func(_ int, a engine.Answer) { err = errors.Join(err, a.Err) })
	return err
}

func killKey(n int) string { return fmt.Sprintf("kill/%d", n) }

// pay makes payment n, which its number says all about.
func (l *till) pay(n int) (string, error) {
	order := trade.Order{OrderNo: fmt.Sprintf("order-%d", n), Merchant: party.MerchantIDFrom(uint64(n%killMerchants) + 1), Kind: trade.Instant, Goods: trade.Virtual,
		Subject: "Kill", Amount: money.Amount(1 + n%100), Currency: money.CNY}
	t, _, err := l.desk.Open(context.Background(), by, killKey(n), pay.Asked{Order: order, Payer: party.IDFrom(uint64(n%killBuyers) + 1)})
	if err == nil && t.Status != trade.TradeSuccess {
		err = fmt.Errorf("payment %d is %s", n, t.Status)
	}
	return t.ID, err
}

// payUntilKilled is the child: it pays and pays, and says "? n" when it asks for
// payment n and "! n id" when it has the answer.
func payUntilKilled(dir string, from int) {
	l, err := openTill(dir)
	if err == nil {
		err = l.enrol()
	}
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	var next atomic.Int64
	next.Store(int64(from))
	for range 64 {
		go func() {
			for {
				n := int(next.Add(1))
				fmt.Printf("? %d\n", n)
				id, err := l.pay(n)
				if err != nil {
					fmt.Println("failed:", err)
					os.Exit(1)
				}
				fmt.Printf("! %d %s\n", n, id)
			}
		}()
	}
	select {}
}

// kills is how often the process is killed: ten times, or as make chaos says.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("TONGBAO_KILLS")); err == nil && n > 0 {
		return n
	}
	return 10
}

// A process under load is killed with SIGKILL at random moments. After each, every
// acknowledged payment is there once, none is there twice, who asks again with
// the same id gets the same answer or is served now, and the books verify.
func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	acknowledged, asked := map[int]string{}, map[int]bool{}
	last := 0
	for life := range kills() {
		run := time.Duration(20+rand.IntN(200)) * time.Millisecond
		before := last
		for n, id := range killAfter(t, dir, last, run, asked) {
			acknowledged[n] = id
		}
		l, err := openTill(dir)
		if err != nil {
			t.Fatalf("life %d: open after the kill: %v", life, err)
		}
		times := countCommands(t, l.store)
		unanswered := 0
		for n := range asked {
			last = max(last, n)
			found := times[killKey(n)]
			if found > 1 || acknowledged[n] != "" && found != 1 {
				t.Fatalf("life %d: payment %d (acknowledged: %q) is in the journal %d times", life, n, acknowledged[n], found)
			}
			if n <= before && rand.IntN(50) > 0 { // of earlier lives: some
				continue
			}
			if acknowledged[n] == "" {
				unanswered++
			}
			id, err := l.pay(n)
			if err != nil || acknowledged[n] != "" && id != acknowledged[n] {
				t.Fatalf("life %d: payment %d asked again: %q, %v; before it was %q", life, n, id, err, acknowledged[n])
			}
			acknowledged[n] = id
		}
		times = countCommands(t, l.store)
		for n := range asked {
			if times[killKey(n)] != 1 {
				t.Fatalf("life %d: payment %d is in the journal %d times after it was asked again", life, n, times[killKey(n)])
			}
		}
		mustVerify(t, l.store)
		if err := l.close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("life %d: killed after %s; %d payments so far, %d of them were under way", life, run, len(acknowledged), unanswered)
	}
	if len(acknowledged) < 200 {
		t.Errorf("only %d payments were acknowledged in all; the load was too thin to mean much", len(acknowledged))
	}
}

// killAfter runs a child, lets it work for a while from its first answer on,
// kills it, and returns what it acknowledged.
func killAfter(t *testing.T, dir string, from int, run time.Duration, asked map[int]bool) map[int]string {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFolder+"="+dir, fmt.Sprintf("%s_FROM=%d", childFolder, from))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	answered := map[int]string{}
	var killing *time.Timer
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil { // a line that was cut off says nothing
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			break
		}
		words := strings.Fields(line)
		switch {
		case len(words) == 2 && words[0] == "?":
			n, _ := strconv.Atoi(words[1])
			asked[n] = true
		case len(words) == 3 && words[0] == "!":
			n, _ := strconv.Atoi(words[1])
			answered[n] = words[2]
			if killing == nil {
				killing = time.AfterFunc(run, func() { _ = child.Process.Kill() })
			}
		default:
			t.Fatalf("the child says %q", line)
		}
	}
	_ = child.Wait()
	if killing == nil {
		t.Fatal("the child ended without an answer")
	}
	return answered
}

func countCommands(t *testing.T, s store.Store) map[string]int {
	t.Helper()
	times := map[string]int{}
	for after := uint64(0); ; {
		entries, err := s.Journal(context.Background(), after, 2000)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			return times
		}
		for _, e := range entries {
			times[e.Command]++
			after = e.Position
		}
	}
}

func mustVerify(t *testing.T, s store.Store) {
	t.Helper()
	report, err := audit.Store(context.Background(), s, engine.Shanghai, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Checks {
		if !c.OK {
			t.Fatalf("%s: %v", c.Name, c.Faults)
		}
	}
}
