package bench

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// histogram counts durations in buckets that grow with the duration, 64 to each
// doubling, so that a quantile is told at most 1.6 % too long. Any number of
// goroutines may add at once; it is read when they have ended.
type histogram struct {
	buckets [buckets]atomic.Uint64
	count   atomic.Uint64
	longest atomic.Int64
}

const (
	fineBits = 6 // 64 buckets to a doubling
	buckets  = (64 - fineBits + 1) << fineBits
)

func (h *histogram) add(d time.Duration) {
	d = max(0, d)
	h.buckets[bucketOf(uint64(d))].Add(1)
	h.count.Add(1)
	for {
		longest := h.longest.Load()
		if int64(d) <= longest || h.longest.CompareAndSwap(longest, int64(d)) {
			return
		}
	}
}

// bucketOf keeps the leading bit and the six after it.
func bucketOf(ns uint64) int {
	if ns < 1<<fineBits {
		return int(ns)
	}
	shift := bits.Len64(ns) - 1 - fineBits
	return shift<<fineBits + int(ns>>shift)
}

// endOf is the longest duration that bucketOf puts into the bucket.
func endOf(bucket int) uint64 {
	if bucket < 1<<fineBits {
		return uint64(bucket)
	}
	shift := bucket>>fineBits - 1
	lead := uint64(bucket - shift<<fineBits)
	return (lead+1)<<shift - 1
}

// quantile is the time within which the share q of all came; 0 where there are none.
func (h *histogram) quantile(q float64) time.Duration {
	want := uint64(math.Ceil(q * float64(h.count.Load())))
	var seen uint64
	for bucket := range h.buckets {
		if seen += h.buckets[bucket].Load(); seen >= want && seen > 0 {
			return min(time.Duration(endOf(bucket)), h.max())
		}
	}
	return h.max()
}

func (h *histogram) max() time.Duration { return time.Duration(h.longest.Load()) }
