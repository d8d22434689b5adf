package alipay

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"tongbao/internal/alipay/wire"
)

// BenchmarkTradePay is alipay.trade.pay from the program's signature to the
// verified answer, but for the network: two signatures and two checks of them,
// and a durable payment.
func BenchmarkTradePay(b *testing.B) {
	h := openHouse(b)
	const each = 400 // a person pays 500 times a day at most
	var codes []string
	for len(codes) < b.N {
		person, _ := h.somebody(100)
		for range min(each, b.N-len(codes)) {
			codes = append(codes, h.code(person, true))
		}
	}
	public, err := wire.ParsePublicKey(h.app.PlatformPublicKey)
	h.must(err)
	var next atomic.Int64
	b.SetParallelism(64)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := int(next.Add(1)) - 1
			form := formOf(h.sign(h.request("alipay.trade.pay", orderOf(fmt.Sprint("b", n), "0.01", "auth_code", codes[n]))))
			r := httptest.NewRequest(http.MethodPost, "/gateway.do", strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			h.door.ServeHTTP(w, r)
			body := w.Body.String()
			end := strings.LastIndex(body, `,"sign":"`)
			if !strings.Contains(body, `"code":"10000"`) || end < 0 {
				b.Fatal(body)
			}
			answer := body[strings.Index(body, ":")+1 : end]
			if err := wire.Verify(public, wire.RSA2, []byte(answer), strings.TrimSuffix(body[end+9:], `"}`)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "payments/s")
}

// BenchmarkRSAAlone is the same two signatures and two checks, and nothing else.
func BenchmarkRSAAlone(b *testing.B) {
	ours, theirs := otherKey(), appKey()
	text := []byte(strings.Repeat("x", 400))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			asked, err := wire.Sign(theirs, wire.RSA2, text)
			if err == nil {
				err = wire.Verify(&theirs.PublicKey, wire.RSA2, text, asked)
			}
			if err == nil {
				asked, err = wire.Sign(ours, wire.RSA2, text)
			}
			if err == nil {
				err = wire.Verify(&ours.PublicKey, wire.RSA2, text, asked)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rounds/s")
}
