package openapi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// What the door itself costs: a payment opened, without a network between.
func BenchmarkCreatePayment(b *testing.B) {
	h := openHouse(b)
	shop := h.shop()
	var n atomic.Int64
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			body := fmt.Sprintf(`{"order_no":"b-%d","amount":12800,"currency":"CNY","subject":"Tea"}`, i)
			w := httptest.NewRecorder()
			h.door.ServeHTTP(w, shop.request(http.MethodPost, "/v1/payments", body))
			if w.Code != http.StatusCreated {
				b.Errorf("%d %s", w.Code, w.Body)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "payments/s")
}

func BenchmarkGetPayment(b *testing.B) {
	h := openHouse(b)
	shop := h.shop()
	id := shop.do(201, "POST", "/v1/payments", h.order(100)).id()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w := httptest.NewRecorder()
			h.door.ServeHTTP(w, shop.request(http.MethodGet, "/v1/payments/"+id, nil))
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "payments/s")
}
