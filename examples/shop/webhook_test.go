package shop_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tongbao/examples/shop"
	"tongbao/examples/shop/pretend"
)

func TestWebhooksThatAreRefused(t *testing.T) {
	w := open(t)
	o := w.buy(cart("cart-0001", 12800, "longjing", 1))
	endpoint, _ := w.tongbao.Endpoint(merchants[0].id)
	body := []byte(fmt.Sprintf(`{"type":"payment.paid","data":{"id":%q,"status":"WAIT_SELLER_SEND_GOODS"}}`, paymentID(o)))
	forged := endpoint
	forged.Secret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("a guess of thirty-two bytes long"))
	now := time.Now()
	asked := func() (n int) {
		for _, request := range w.tongbao.Seen() {
			if strings.HasPrefix(request, "GET /v1/payments/") {
				n++
			}
		}
		return n
	}

	for _, row := range []struct {
		name   string
		send   func() (int, error)
		status int
	}{
		{"another secret", func() (int, error) { return pretend.Deliver(forged, "msg_1", now, body) }, 401},
		{"no signature", func() (int, error) { return pretend.Post(endpoint.URL, "msg_1", fmt.Sprint(now.Unix()), "", body) }, 401},
		{"not base64", func() (int, error) {
			return pretend.Post(endpoint.URL, "msg_1", fmt.Sprint(now.Unix()), "v1,%%%", body)
		}, 401},
		{"no headers", func() (int, error) { return pretend.Post(endpoint.URL, "", "", "", body) }, 401},
		{"a time that is none", func() (int, error) { return pretend.Post(endpoint.URL, "msg_1", "soon", "v1,AAAA", body) }, 401},
		{"old", func() (int, error) { return pretend.Deliver(endpoint, "msg_1", now.Add(-6*time.Minute), body) }, 400},
		{"of the future", func() (int, error) { return pretend.Deliver(endpoint, "msg_1", now.Add(6*time.Minute), body) }, 400},
		{"too large", func() (int, error) {
			return pretend.Deliver(endpoint, "msg_1", now, []byte(strings.Repeat(" ", 2<<20)))
		}, 413},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, err := row.send()
			if err != nil || status != row.status {
				t.Errorf("answered %d %v, want %d", status, err, row.status)
			}
		})
	}
	if n := asked(); n != 0 {
		t.Errorf("refused webhooks made the shop ask %d times", n)
	}
	w.is(w.order(o["no"]), "to_pay")
}

func TestAWebhookIsHandledOnce(t *testing.T) {
	w := open(t)
	o := w.buy(cart("cart-0001", 12800, "longjing", 1))
	endpoint, _ := w.tongbao.Endpoint(merchants[0].id)
	body := []byte(fmt.Sprintf(`{"type":"payment.created","data":{"id":%q}}`, paymentID(o)))
	asked := func() (n int) {
		for _, request := range w.tongbao.Seen() {
			if request == "GET /v1/payments/"+paymentID(o) {
				n++
			}
		}
		return n
	}
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if status, err := pretend.Deliver(endpoint, "msg_1", time.Now(), body); status != 200 {
				t.Errorf("answered %d %v", status, err)
			}
		})
	}
	all.Wait()
	if n := asked(); n != 1 {
		t.Fatalf("five deliveries of one message were handled %d times", n)
	}
	w.restart()
	if status, _ := pretend.Deliver(endpoint, "msg_1", time.Now(), body); status != 200 || asked() != 1 {
		t.Fatalf("after a restart it was handled again (answered %d)", status)
	}
}

func TestAWebhookThatCouldNotBeHandledIsWelcomeAgain(t *testing.T) {
	w := open(t)
	o := w.buy(cart("cart-0001", 12800, "longjing", 1))
	endpoint, _ := w.tongbao.Endpoint(merchants[0].id)
	body := []byte(fmt.Sprintf(`{"type":"payment.paid","data":{"id":%q}}`, paymentID(o)))
	w.tongbao.Lose(pretend.Down)
	if status, _ := pretend.Deliver(endpoint, "msg_1", time.Now(), body); status != 503 {
		t.Fatalf("answered %d though Tongbao could not be asked", status)
	}
	w.tongbao.Lose(pretend.Nothing)
	if status, _ := pretend.Deliver(endpoint, "msg_1", time.Now(), body); status != 200 {
		t.Fatalf("the second time answered %d", status)
	}
}

// A seller's secret speaks for that seller's orders alone.
func TestASellerCannotSpeakForAnother(t *testing.T) {
	w := open(t)
	o := w.buy(cart("cart-0001", 12800, "longjing", 1)) // of the first seller
	second, _ := w.tongbao.Endpoint(merchants[1].id)
	body := []byte(fmt.Sprintf(`{"type":"payment.paid","data":{"id":%q}}`, paymentID(o)))
	pretend.Deliver(second, "msg_1", time.Now(), body)
	for _, request := range w.tongbao.Seen() {
		if request == "GET /v1/payments/"+paymentID(o) {
			t.Fatal("the second seller's webhook made the shop look at the first seller's payment")
		}
	}
}

func TestConfigsThatAreRefused(t *testing.T) {
	good := shop.Seller{MerchantID: "m", APIKey: "k", WebhookSecret: "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 24))}
	secret, shelf := good, good
	secret.WebhookSecret = "hunter2"
	shelf.Shelf = "spare parts"
	for name, cfg := range map[string]shop.Config{
		"nobody sells":       {},
		"no key":             {Sellers: []shop.Seller{{MerchantID: "m"}}},
		"a secret of no use": {Sellers: []shop.Seller{secret}},
		"an unknown shelf":   {Sellers: []shop.Seller{shelf}},
	} {
		cfg.TongbaoURL, cfg.PublicURL, cfg.DataDir = "http://127.0.0.1:1", "http://127.0.0.1:2", t.TempDir()
		if s, err := shop.New(cfg); err == nil {
			s.Close()
			t.Errorf("%s: opened", name)
		}
	}
}
