package pebblestore

import (
	"math/rand/v2"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
)

// A map says what must come of it; numbers lie in a few stretches, and far away.
func TestAsideKeepsOneStateForEachNumber(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	a := new(aside)
	for range 3 { // used again, it is as new
		kept := map[int]ledger.Account{}
		for range 3 * asideChunk {
			number := random.IntN(2 * asideStretch)
			if random.IntN(50) == 0 {
				number = random.IntN(100 * asideStretch)
			}
			state, ok := a.find(number)
			want, known := kept[number]
			if ok != known || ok && *state != want {
				t.Fatalf("account %d: %v (%t), want %v (%t)", number, state, ok, want, known)
			}
			if !known {
				put := ledger.Account{ID: ledger.Of(ledger.User, uint64(number), money.CNY), Balance: money.Amount(random.IntN(1000))}
				a.put(number, &put)
				kept[number] = put
			}
		}
		for number, want := range kept {
			if state, ok := a.find(number); !ok || *state != want {
				t.Fatalf("account %d is lost or another's", number)
			}
		}
		a.forget()
		if _, ok := a.find(7); ok || a.count != 0 {
			t.Fatal("something is left")
		}
	}
}
