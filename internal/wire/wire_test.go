package wire_test

import (
	"bytes"
	"math"
	"testing"

	"tongbao/internal/wire"
)

func TestWhatWasWrittenIsRead(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 63, 64, -64, 127, 128, 1 << 40, math.MaxInt64, math.MinInt64} {
		b := wire.Int(nil, n)
		b = wire.Uint(b, uint64(n))
		b = wire.Fixed(b, uint64(n))
		b = wire.Text(b, "通宝")
		b = wire.Bytes(b, []byte{1, 2})
		b = wire.Bytes(b, nil)
		r := wire.Read(b)
		if got := r.Int(); got != n {
			t.Errorf("int %d reads as %d", n, got)
		}
		if got := r.Uint(); got != uint64(n) {
			t.Errorf("uint %d reads as %d", uint64(n), got)
		}
		if got := r.Fixed(); got != uint64(n) {
			t.Errorf("fixed %d reads as %d", uint64(n), got)
		}
		if text, two, none := r.Text(), r.Bytes(), r.Bytes(); text != "通宝" || !bytes.Equal(two, []byte{1, 2}) || none != nil {
			t.Errorf("read %q %v %v", text, two, none)
		}
		if err := r.End(); err != nil {
			t.Error(err)
		}
	}
}

// Any bytes at all are read without a panic, and none that were cut off are
// taken for whole.
func FuzzReader(f *testing.F) {
	whole := wire.Text(wire.Int(wire.Uint(nil, 300), -5), "abc")
	f.Add(whole)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := wire.Read(b)
		r.Uint()
		r.Int()
		n := r.Count()
		for range n {
			r.Byte()
		}
		r.Text()
		r.View()
		r.Fixed()
		if r.Err() == nil && len(r.Left()) > len(b) {
			t.Fatal("more is left than there was")
		}
		if r.Err() != nil && len(r.Left()) > 0 {
			t.Fatal("something is left after a failure")
		}
	})
}
