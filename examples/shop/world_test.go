package shop_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"testing"
	"time"

	"tongbao/examples/shop"
	"tongbao/examples/shop/pretend"
)

// world is the shop beside a pretend Tongbao, both on real ports, and one shopper.
type world struct {
	*testing.T
	tongbao *pretend.Tongbao
	dir     string
	shop    *shop.Shop
	front   *httptest.Server // stays while the shop behind it restarts
	serving http.Handler
	shopper *http.Client
	now     time.Time
}

var merchants = []struct{ id, name string }{
	{"2088800000000001", "Lake Tea"}, {"2088800000000002", "Celadon Workshop"}, {"2088800000000003", "Cloudware"},
}

func open(t *testing.T) *world {
	w := &world{T: t, dir: t.TempDir(), tongbao: pretend.New(""), shopper: newShopper()}
	outside := httptest.NewServer(w.tongbao)
	outside.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	w.tongbao.URL = outside.URL
	for _, m := range merchants {
		w.tongbao.Merchant(m.id, m.name)
	}
	t.Cleanup(outside.Close)
	w.start()
	return w
}

func newShopper() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, Timeout: 20 * time.Second}
}

func (w *world) start() {
	w.Helper()
	if w.front == nil {
		w.front = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.serving.ServeHTTP(rw, r) }))
		w.Cleanup(func() {
			w.shop.Close()
			w.front.CloseClientConnections()
			w.front.Close()
		})
	}
	cfg := shop.Config{TongbaoURL: w.tongbao.URL, PublicURL: w.front.URL, WalletURL: w.tongbao.URL + "/wallet", DataDir: w.dir,
		Logger: slog.New(slog.DiscardHandler), Now: func() time.Time {
			if w.now.IsZero() {
				return time.Now()
			}
			return w.now
		}}
	for _, m := range merchants {
		cfg.Sellers = append(cfg.Sellers, shop.Seller{MerchantID: m.id, Name: m.name, APIKey: "sk_test_" + m.id})
	}
	var err error
	if w.shop, err = shop.New(cfg); err != nil {
		w.Fatal(err)
	}
	w.serving = w.shop
	w.until("webhooks are on", func() bool {
		for _, m := range merchants {
			if _, ok := w.tongbao.Endpoint(m.id); !ok {
				return false
			}
		}
		return true
	})
}

func (w *world) restart() {
	w.Helper()
	if err := w.shop.Close(); err != nil {
		w.Fatal(err)
	}
	w.start()
}

func (w *world) until(what string, true func() bool) {
	w.Helper()
	for range 500 {
		if true() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.Fatalf("it never came true that %s", what)
}

type object = map[string]any

func (w *world) call(method, path string, in any) (int, object) {
	w.Helper()
	text, _ := json.Marshal(in)
	req, err := http.NewRequest(method, w.front.URL+path, bytes.NewReader(text))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := w.shopper.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	var out object
	if err := json.Unmarshal(body, &out); err != nil {
		w.Fatalf("%s %s answered %d and no JSON: %s", method, path, res.StatusCode, body)
	}
	return res.StatusCode, out
}

func address() object {
	return object{"name": "林小满", "phone": "138 0000 1234", "region": "浙江 杭州", "street": "文三路 90 号"}
}

func cart(id string, total int64, lines ...any) object {
	var list []object
	for i := 0; i < len(lines); i += 2 {
		list = append(list, object{"sku": lines[i], "quantity": lines[i+1]})
	}
	return object{"checkout_id": id, "lines": list, "expected_total": total, "address": address(), "lang": "en"}
}

// buy checks out and answers the one order.
func (w *world) buy(c object) object {
	w.Helper()
	status, out := w.call("POST", "/api/checkout", c)
	if status != 200 {
		w.Fatalf("checkout answered %d: %v", status, out)
	}
	orders := out["orders"].([]any)
	if len(orders) != 1 {
		w.Fatalf("checkout made %d orders, want 1", len(orders))
	}
	return orders[0].(object)
}

func (w *world) order(no any) object {
	w.Helper()
	status, out := w.call("GET", "/api/orders/"+no.(string), nil)
	if status != 200 {
		w.Fatalf("order answered %d: %v", status, out)
	}
	return out
}

func paymentID(order object) string { return order["payment"].(object)["id"].(string) }

func (w *world) is(order object, state string) {
	w.Helper()
	if order["state"] != state {
		w.Fatalf("order is %v, want %s", order["state"], state)
	}
}
