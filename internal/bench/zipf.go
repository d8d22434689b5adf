package bench

import (
	"math"
	"sort"
)

// popularity draws one of n with Zipf's law: the kth most popular is chosen in
// proportion to 1/k^s, so with s of 1 the first of 10,000 gets a tenth of all,
// and with 0 all get the same.
type popularity []float64 // shares added up

func newPopularity(n int, s float64) popularity {
	p := make(popularity, n)
	sum := 0.0
	for k := range p {
		sum += math.Pow(float64(k+1), -s)
		p[k] = sum
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}

// choose turns a random number into one of 0 to n-1.
func (p popularity) choose(random uint64) int {
	at := float64(random>>11) / (1 << 53)
	return min(sort.SearchFloat64s(p, at), len(p)-1)
}

// dice turns the number of an item and the number of a throw into a random
// number (splitmix64), so that item n is the same in every run and nothing has to
// be drawn beforehand.
func dice(n, throw uint64) uint64 {
	z := n*0x9E3779B97F4A7C15 + throw*0xD1B54A32D192ED03
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}
