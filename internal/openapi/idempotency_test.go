package openapi

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/party"
)

func TestTheSameKeyIsTheSameAct(t *testing.T) {
	h := openHouse(t)
	shop, buyer, friend := h.shop(), h.somebody(500), h.somebody(0)
	payment := h.shipped(shop, buyer, 10000)
	transfer := map[string]any{"to": map[string]any{"user_id": idText(friend.id)}, "amount": 100, "currency": "CNY", "payment_password": paymentPassword}
	other := map[string]any{"to": map[string]any{"user_id": idText(friend.id)}, "amount": 101, "currency": "CNY", "payment_password": paymentPassword}
	for _, act := range []struct {
		who         *actor
		path        string
		body, other map[string]any
	}{
		{shop, "/v1/payments", h.order(700), h.order(800)},
		{shop, "/v1/refunds", map[string]any{"payment_id": payment, "amount": 1000, "reason": "x"}, map[string]any{"payment_id": payment, "amount": 1001, "reason": "x"}},
		{buyer, "/v1/transfers", transfer, other},
		{buyer, "/v1/top-ups", map[string]any{"card_id": buyer.card, "amount": 100, "currency": "CNY"}, map[string]any{"card_id": buyer.card, "amount": 200, "currency": "CNY"}},
	} {
		first := act.who.keyed("once"+act.path, act.path, act.body)
		again := act.who.keyed("once"+act.path, act.path, act.body)
		if first.status != 201 || again.status != 201 || !bytes.Equal(first.body, again.body) {
			t.Errorf("%s: %d %s, again %d %s", act.path, first.status, first.body, again.status, again.body)
		}
		if first.header.Get("Idempotency-Replayed") != "" || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s: Idempotency-Replayed %q, then %q", act.path, first.header.Get("Idempotency-Replayed"), again.header.Get("Idempotency-Replayed"))
		}
		books := h.books()
		if got := act.who.keyed("once"+act.path, act.path, act.other); got.code() != "idempotency_conflict" || got.status != 409 {
			t.Errorf("%s with other contents: %d %s", act.path, got.status, got.body)
		}
		if h.books() != books {
			t.Errorf("%s with other contents moved something", act.path)
		}
		act.who.h.check()
	}
	if got := shop.keyed("once/v1/payments", "/v1/refunds", map[string]any{"payment_id": payment, "amount": 1000, "reason": "x"}); got.code() != "idempotency_conflict" {
		t.Errorf("a key used for a payment made a refund: %s", got.body)
	}
}

func TestKeysOfTwoMerchantsDoNotMeet(t *testing.T) {
	h := openHouse(t)
	one, two := h.shop(), h.shop()
	order := h.order(700)
	a, b := one.keyed("same", "/v1/payments", order), two.keyed("same", "/v1/payments", order)
	if a.status != 201 || b.status != 201 || a.id() == b.id() || b.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("%d %s, %d %s", a.status, a.id(), b.status, b.id())
	}
	another := &actor{h: h, key: h.keyFor(one.id, "full")}
	if c := another.keyed("same", "/v1/payments", order); c.id() != a.id() {
		t.Errorf("two keys of one merchant made two payments of one Idempotency-Key: %s", c.body)
	}
}

// Ten clients race for one trade: what moves is what may move, once.
func TestARaceForOneTradeMovesThePermittedSum(t *testing.T) {
	h := openHouse(t)
	shop, buyer := h.shop(), h.somebody(5000)
	for round := range 5 {
		const amount = 10000
		id := h.shipped(shop, buyer, amount)
		had, shopHad := h.balance(ledger.User, buyer.id), h.balance(ledger.Merchant, shop.id)
		var all sync.WaitGroup
		for i := range 30 {
			all.Go(func() {
				switch i % 3 {
				case 0:
					shop.keyed(fmt.Sprintf("race-%d-%d", round, i), "/v1/refunds", map[string]any{"payment_id": id, "amount": 3000, "reason": "race"})
				case 1:
					buyer.keyed(fmt.Sprintf("race-%d-%d", round, i), "/v1/payments/"+id+"/confirm", map[string]any{"payment_password": paymentPassword})
				default:
					buyer.keyed(fmt.Sprintf("race-%d-%d", round, i), "/v1/disputes", map[string]any{"payment_id": id, "reason": "damaged", "claim_amount": 4000})
				}
			})
		}
		all.Wait()
		p := shop.do(200, "GET", "/v1/payments/"+id, nil).object()
		refunded, inEscrow, fee := int64(p["refunded"].(float64)), int64(p["in_escrow"].(float64)), int64(p["fee"].(float64))
		got, shopGot := h.balance(ledger.User, buyer.id)-had, h.balance(ledger.Merchant, shop.id)-shopHad
		if got != refunded || refunded > amount || refunded%3000 != 0 || shopGot+fee+inEscrow+refunded != amount {
			t.Errorf("round %d: of %d: buyer got %d back, refunded %d, shop %d, fee %d, escrow %d", round, amount, got, refunded, shopGot, fee, inEscrow)
		}
		h.check()
	}
}

func TestARaceForOneBalanceMovesWhatIsThere(t *testing.T) {
	h := openHouse(t)
	payer, payee := h.somebody(100), h.somebody(0)
	var all sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for i := range 10 {
		all.Go(func() {
			got := payer.keyed(fmt.Sprint("race-", i), "/v1/transfers", map[string]any{"to": map[string]any{"user_id": idText(payee.id)}, "amount": 3000, "currency": "CNY", "payment_password": paymentPassword})
			mu.Lock()
			answers[fmt.Sprint(got.status, " ", got.code())]++
			mu.Unlock()
		})
	}
	all.Wait()
	if h.balance(ledger.User, payer.id) != 1000 || h.balance(ledger.User, payee.id) != 9000 || answers["201 "] != 3 {
		t.Errorf("payer %d, payee %d, answers %v", h.balance(ledger.User, payer.id), h.balance(ledger.User, payee.id), answers)
	}
	h.check()
}

func TestARefusalIsRepeatedToo(t *testing.T) {
	h := openHouse(t)
	payer, payee := h.somebody(0), h.somebody(0)
	body := map[string]any{"to": map[string]any{"user_id": idText(payee.id)}, "amount": 3000, "currency": "CNY", "payment_password": paymentPassword}
	first := payer.keyed("k", "/v1/transfers", body)
	h.fill(payer.id, 100)
	again := payer.keyed("k", "/v1/transfers", body)
	if first.code() != "insufficient_balance" || again.code() != "insufficient_balance" || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%s, then %s", first.body, again.body)
	}
	if got := payer.keyed("k2", "/v1/transfers", body); got.status != 201 {
		t.Errorf("%s", got.body)
	}
}

// Acts that the desk of identity does say so too; a refusal that is repeated as well.
func TestARepeatedActOfIdentitySaysSo(t *testing.T) {
	h := openHouse(t)
	buyer, owner := h.somebody(100), h.staff(h.shop().id, party.Owner)
	for _, act := range []struct {
		who    *actor
		path   string
		body   map[string]any
		status int
	}{
		{owner, "/v1/team", map[string]any{"login": "till@example.com", "name": "Till", "role": "cashier", "password": "lake-boat-2026"}, 201},
		{owner, "/v1/keys", map[string]any{"name": "shop", "scope": "full"}, 201},
		{buyer, "/v1/me/payment-password", map[string]any{"payment_password": "370148", "old_payment_password": paymentPassword}, 200},
	} {
		first, again := act.who.keyed("once", act.path, act.body), act.who.keyed("once", act.path, act.body)
		if first.status != act.status || again.status != act.status || first.header.Get("Idempotency-Replayed") != "" || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s: %d replayed %q, then %d replayed %q", act.path, first.status, first.header.Get("Idempotency-Replayed"), again.status, again.header.Get("Idempotency-Replayed"))
		}
	}
}
