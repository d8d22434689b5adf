// Package sdk has smartwalle's Alipay SDK, unchanged, talk to a sandbox: the
// address and the keys are all that a merchant's program has to change.
package sdk

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/smartwalle/alipay/v3"
)

// world is what sandbox.json says.
type world struct {
	APIURL     string `json:"api_url"`
	GatewayURL string `json:"gateway_url"`
	Merchant   struct {
		ID                string `json:"id"`
		APIKey            string `json:"api_key"`
		AppID             string `json:"app_id"`
		AppPrivateKey     string `json:"app_private_key"`
		PlatformPublicKey string `json:"platform_public_key"`
		EncryptKey        string `json:"encrypt_key"`
		AppCert           string `json:"app_cert"`
		PlatformCert      string `json:"platform_cert"`
		PlatformRootCert  string `json:"platform_root_cert"`
	} `json:"merchant"`
	Buyers []struct {
		ID              string `json:"id"`
		Login           string `json:"login"`
		Password        string `json:"password"`
		PaymentPassword string `json:"payment_password"`
	} `json:"buyers"`
}

var sandbox world

// TestMain starts the sandbox that TONGBAO_BIN names the program of.
func TestMain(m *testing.M) {
	bin := os.Getenv("TONGBAO_BIN")
	if bin == "" {
		fmt.Println("TONGBAO_BIN is not set: scripts/test-sdk.sh sets it")
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "tongbao-sdk-")
	fatal(err)
	ready := filepath.Join(dir, "ready")
	server := exec.Command(bin, "sandbox", "--listen", "127.0.0.1:0", "--data", dir, "--ready-file", ready)
	server.Stderr = os.Stderr
	fatal(server.Start())
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(ready); err == nil {
			break
		}
		if time.Now().After(end) {
			fatal(fmt.Errorf("the sandbox does not serve"))
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "sandbox.json"))
	fatal(err)
	fatal(json.Unmarshal(text, &sandbox))
	code := m.Run()
	server.Process.Signal(os.Interrupt)
	server.Wait()
	if out, err := exec.Command(bin, "verify", "--data", dir).CombinedOutput(); err != nil {
		fmt.Printf("tongbao verify: %v\n%s", err, out)
		code = 1
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

func fatal(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// mode is a way to use the SDK.
type mode struct {
	name             string
	certificate, aes bool
}

var modes = []mode{{name: "key"}, {name: "key and AES", aes: true}, {name: "certificate", certificate: true}, {name: "certificate and AES", certificate: true, aes: true}}

func open(t *testing.T, m mode, more ...alipay.OptionFunc) *alipay.Client {
	t.Helper()
	app := sandbox.Merchant
	c, err := alipay.New(app.AppID, app.AppPrivateKey, true, append(more, alipay.WithProductionGateway(sandbox.GatewayURL))...)
	must(t, err)
	if m.certificate {
		must(t, c.LoadAppCertPublicKey(app.AppCert))
		must(t, c.LoadAliPayRootCert(app.PlatformRootCert))
		must(t, c.LoadAlipayCertPublicKey(app.PlatformCert))
	} else {
		must(t, c.LoadAliPayPublicKey(app.PlatformPublicKey))
	}
	if m.aes {
		must(t, c.SetEncryptKey(app.EncryptKey))
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// equal compares what was got with what is wanted, as JSON shows them.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// orderNo is a number that no order had before.
func orderNo() string { return "o" + rand.Text()[:20] }

// api asks the native API and reads its answer into out.
func api(t *testing.T, method, path string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	must(t, err)
	r, err := http.NewRequestWithContext(context.Background(), method, sandbox.APIURL+path, bytes.NewReader(body))
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+sandbox.Merchant.APIKey)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", rand.Text())
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(t, err)
	if answer.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %d %s", method, path, answer.StatusCode, text)
	}
	must(t, json.Unmarshal(text, out))
}

func paymentCode(t *testing.T) string {
	t.Helper()
	var out struct {
		PaymentCode string `json:"payment_code"`
	}
	api(t, "POST", "/v1/sandbox/payment-codes", map[string]string{"buyer_id": sandbox.Buyers[0].ID}, &out)
	return out.PaymentCode
}

func pass(t *testing.T, d time.Duration) {
	t.Helper()
	var out any
	api(t, "POST", "/v1/sandbox/clock", map[string]string{"advance": d.String()}, &out)
}

// look opens an address as a browser would and says where it is sent.
func look(t *testing.T, address string) (status int, to *url.URL, body string) {
	t.Helper()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Get(address)
	must(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(t, err)
	to, _ = answer.Location()
	return answer.StatusCode, to, string(text)
}
