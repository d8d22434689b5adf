package pebblestore

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Names are hashes; but some have many rows, and those at the very end stand at a
// table's beginning.
func TestWhatHasGatheredIsListedInOrder(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	for name, next := range map[string]func(i int) uint64{
		"spread":         func(int) uint64 { return chance.Uint64() },
		"one name":       func(int) uint64 { return 1 << 63 },
		"few names":      func(int) uint64 { return uint64(chance.IntN(5)) << 61 },
		"one among many": func(i int) uint64 { return []uint64{chance.Uint64(), 1 << 62}[i%2] },
		"all at the end": func(int) uint64 { return ^uint64(0) - uint64(chance.IntN(3000)) },
		"falling":        func(i int) uint64 { return ^uint64(0)>>1 - uint64(i) },
	} {
		for _, n := range []int{0, 1, 2, 700, 30_000} {
			g := newGathered(standing{})
			var want []place64
			for i := range n {
				row := place64{next(i), uint64(n - i)}
				g.add(row)
				want = append(want, row)
			}
			slices.SortFunc(want, comparePlaces)
			if got := g.sorted(nil); !slices.Equal(got, want) {
				t.Errorf("%s, %d rows: not in order", name, n)
			}
			for _, row := range want[:min(n, 50)] {
				if found := g.find(row.name, row.position, nil); !slices.Contains(found, row.position) {
					t.Errorf("%s, %d rows: %v is not found", name, n, row)
				}
			}
		}
	}
}
