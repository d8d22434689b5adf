package party

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"tongbao/internal/refusal"
)

func ExampleTries() {
	var tries Tries
	noon := time.Date(2018, 11, 11, 12, 0, 0, 0, time.UTC).UnixMilli()
	for range 6 {
		left, err := tries.Take(PaymentTries, noon)
		fmt.Println(left, err)
	}
	// Output:
	// 4 <nil>
	// 3 <nil>
	// 2 <nil>
	// 1 <nil>
	// 0 <nil>
	// 0 payment_password_locked: too many wrong tries; locked until 2018-11-11T15:00:00Z
}

func TestTries(t *testing.T) {
	const hour = int64(time.Hour / time.Millisecond)
	type step struct {
		at     int64
		does   string // take, right
		left   int
		locked bool
	}
	for name, steps := range map[string][]step{
		"a right one forgets": {{0, "take", 4, false}, {0, "take", 3, false}, {0, "right", 0, false}, {0, "take", 4, false}},
		"the fifth may be right": {{0, "take", 4, false}, {0, "take", 3, false}, {0, "take", 2, false}, {0, "take", 1, false}, {0, "take", 0, false},
			{0, "take", 0, true}, {0, "right", 0, false}, {0, "take", 4, false}},
		"the lock ends by itself": {{0, "take", 4, false}, {0, "take", 3, false}, {0, "take", 2, false}, {0, "take", 1, false}, {hour, "take", 0, false},
			{2 * hour, "take", 0, true}, {4*hour - 1, "take", 0, true}, {4 * hour, "take", 4, false}, {4 * hour, "take", 3, false}},
		"being refused does not lengthen it": {{0, "take", 4, false}, {0, "take", 3, false}, {0, "take", 2, false}, {0, "take", 1, false}, {0, "take", 0, false},
			{3*hour - 1, "take", 0, true}, {3 * hour, "take", 4, false}},
	} {
		var tries Tries
		for i, s := range steps {
			if s.does == "right" {
				tries.Clear()
				continue
			}
			left, err := tries.Take(PaymentTries, s.at)
			if left != s.left || errors.Is(err, refusal.PaymentPasswordLocked) != s.locked || (err != nil) != s.locked {
				t.Errorf("%s: step %d: %d left, %v", name, i, left, err)
			}
		}
	}
}
