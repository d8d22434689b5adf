package huge

import "testing"

func TestWhatWasBegunIsThereAndEmpty(t *testing.T) {
	for _, n := range []int{0, 1, 1000, 1 << 20} {
		for _, soon := range []*Soon[[8]uint64]{Begin[[8]uint64](n), nil} {
			s := soon.Take(n)
			if len(s) != n {
				t.Fatalf("%d of %d", len(s), n)
			}
			for i := range s {
				if s[i] != [8]uint64{} {
					t.Fatalf("item %d of %d is %v", i, n, s[i])
				}
			}
		}
	}
}
