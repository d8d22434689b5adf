package bench

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestBucketsFollowOneAnother(t *testing.T) {
	for bucket := range buckets - 1 {
		end := endOf(bucket)
		if bucketOf(end) != bucket || bucketOf(end+1) != bucket+1 {
			t.Fatalf("bucket %d ends with %d, which is put into %d; the next into %d", bucket, end, bucketOf(end), bucketOf(end+1))
		}
	}
}

func TestQuantilesAreAtMostASixtyFourthTooLong(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var h histogram
	var all []time.Duration
	for range 10_000 {
		d := time.Duration(r.ExpFloat64() * float64(time.Millisecond))
		h.add(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 0.999} {
		exact, told := all[int(q*10_000)-1], h.quantile(q)
		if told < exact || told > exact+exact/64+1 {
			t.Errorf("quantile %g is %s, told was %s", q, exact, told)
		}
	}
	if h.quantile(1) != all[len(all)-1] || h.max() != all[len(all)-1] {
		t.Errorf("the longest is %s, told were %s and %s", all[len(all)-1], h.quantile(1), h.max())
	}
}
