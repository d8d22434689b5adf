package pay

import (
	"crypto/sha256"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"tongbao/internal/engine"
	"tongbao/internal/money"
	"tongbao/internal/trade"
)

func TestOrderNumbersKnowTheirOrderInEachFormThatWasWritten(t *testing.T) {
	order := trade.Order{OrderNo: "A1", Merchant: 2088800000000001, Kind: trade.Instant, Goods: trade.Virtual, Subject: "tea", Amount: 1200, Currency: money.CNY}
	other := order
	other.Amount++
	encoded, _ := encodedTerms(nil, &order)
	sum := sha256.Sum256(encoded)
	half := sum[:16]
	termsOf := func(o *trade.Order) uint64 {
		c := openTrade{Asked: Asked{Order: *o}}
		c.encode()
		return c.terms
	}
	now := OrderNo{Trade: "2026112914928590168608079654", Terms: termsOf(&order)}
	was := OrderNo{Trade: now.Trade, Before: half}
	inCBOR, err := cbor.Marshal(map[int]any{1: now.Trade, 2: half})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"compact": engine.Encode(&now), "compact, earlier": engine.Encode(&was), "CBOR, earlier": inCBOR} {
		var n OrderNo
		if err := engine.Decode(b, &n); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n.Trade != now.Trade {
			t.Errorf("%s: trade %q", name, n.Trade)
		}
		if !n.isOf(&order, termsOf(&order)) {
			t.Errorf("%s: does not know its order", name)
		}
		if n.isOf(&other, termsOf(&other)) {
			t.Errorf("%s: takes another order for its own", name)
		}
	}
}
