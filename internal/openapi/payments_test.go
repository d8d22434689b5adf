package openapi

import (
	"testing"

	"tongbao/internal/ledger"
)

func TestAStrangerBuysFromAStranger(t *testing.T) {
	h := openHouse(t)
	shop, buyer := h.shop(), h.somebody(500)

	opened := shop.do(201, "POST", "/v1/payments", h.order(12800, "return_url", "https://shop.example.com/back")).object()
	id := opened["id"].(string)
	if opened["status"] != "WAIT_BUYER_PAY" || opened["cashier_url"] != "http://localhost:8080/wallet/cashier/"+id {
		t.Fatalf("opened: %v", opened)
	}
	paid := buyer.do(200, "POST", "/v1/payments/"+id+"/pay", map[string]any{"payment_password": paymentPassword, "expected_amount": 12800}).object()
	if paid["status"] != "WAIT_SELLER_SEND_GOODS" || paid["in_escrow"] != float64(12800) || h.balance(ledger.User, buyer.id) != 37200 {
		t.Fatalf("paid: %v", paid)
	}
	shop.do(201, "POST", "/v1/shipments", map[string]any{"payment_id": id, "carrier": "SF Express", "tracking_no": "SF1"})
	shop.do(201, "POST", "/v1/refunds", map[string]any{"payment_id": id, "amount": 2800, "reason": "One was broken"})
	confirmed := buyer.do(200, "POST", "/v1/payments/"+id+"/confirm", map[string]any{"payment_password": paymentPassword}).object()
	if confirmed["status"] != "TRADE_FINISHED" || confirmed["settled"] != float64(10000) || confirmed["fee"] != float64(60) {
		t.Fatalf("confirmed: %v", confirmed)
	}
	if got := h.balance(ledger.Merchant, shop.id); got != 9940 {
		t.Errorf("the shop got %d", got)
	}
	shop.do(201, "POST", "/v1/refunds", map[string]any{"payment_id": id, "amount": 10000 - 60, "reason": "Sorry"})
	shop.refused("refund_exceeds_remaining", "POST", "/v1/refunds", map[string]any{"payment_id": id, "amount": 61, "reason": "Sorry"})
	h.check()
}
