package audit

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestSumsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var s sum
		want := new(big.Int)
		for range 50 {
			amount := r.Int64() - r.Int64()
			switch r.IntN(5) {
			case 0:
				amount = math.MaxInt64
			case 1:
				amount = math.MinInt64
			}
			if r.IntN(2) == 0 {
				s.add(amount)
				want.Add(want, big.NewInt(amount))
			} else {
				s.sub(amount)
				want.Sub(want, big.NewInt(amount))
			}
			if s.String() != want.String() {
				t.Fatalf("%s, not %s", s, want)
			}
			if s.is(want.Int64()) != want.IsInt64() {
				t.Fatalf("%s is %d: %t", s, want.Int64(), s.is(want.Int64()))
			}
		}
	}
}
