// Package money is what an amount is: a whole number of a currency's smallest
// unit, and nothing else. It adds and subtracts with the overflow refused,
// splits so that the parts always make the whole again, and turns amounts into
// text and back exactly. It refuses to know rates, floats and rounding by
// chance: wherever a remainder has to go somewhere, the function says where.
package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// Amount is money in minor units (fen, cents) of the currency that stands
// beside it. It may be negative where a difference is meant.
type Amount int64

// MaxAmount is the largest amount that one payment may carry: a hundred
// million yuan, the upper bound of the merchants' protocol. Sums of balances
// go beyond it; they are bounded by int64 and checked.
const MaxAmount Amount = 100_000_000_00

var (
	// ErrOverflow says that a sum does not fit into 64 bits.
	ErrOverflow = errors.New("amount overflows")
	// ErrSyntax says that a text is not an amount of that currency.
	ErrSyntax = errors.New("not an amount")
)

// Add returns a+b, or ErrOverflow.
func (a Amount) Add(b Amount) (Amount, error) {
	sum := a + b
	if (b > 0 && sum < a) || (b < 0 && sum > a) {
		return 0, ErrOverflow
	}
	return sum, nil
}

// Sub returns a-b, or ErrOverflow.
func (a Amount) Sub(b Amount) (Amount, error) {
	diff := a - b
	if (b > 0 && diff > a) || (b < 0 && diff < a) {
		return 0, ErrOverflow
	}
	return diff, nil
}

// Sum adds them all, or returns ErrOverflow.
func Sum(amounts ...Amount) (Amount, error) {
	var total Amount
	for _, a := range amounts {
		var err error
		if total, err = total.Add(a); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// Rate is a share in millionths: 6000 is 0.6 %.
type Rate int64

// RateOne is the whole.
const RateOne Rate = 1_000_000

// Of returns the share of a that the rate stands for, rounded half up to the
// minor unit (the rule for fees: 0.6 % of 0.83 yuan is 0.00498, so nothing; of
// 0.84 yuan 0.00504, so one fen). Both must not be negative, and the rate at
// most RateOne; then the share is never more than a.
func (r Rate) Of(a Amount) Amount {
	if a < 0 || r < 0 || r > RateOne {
		panic(fmt.Sprintf("money: rate %d of %d asked; both must be non-negative and the rate at most one", r, a))
	}
	hi, lo := bits.Mul64(uint64(a), uint64(r))
	lo, carry := bits.Add64(lo, uint64(RateOne/2), 0)
	quo, _ := bits.Div64(hi+carry, lo, uint64(RateOne))
	return Amount(quo)
}

// Split divides total by the weights so that the parts sum to total exactly:
// each part is rounded down, and what remains goes, one minor unit each, to
// the largest fractions, the earlier part first where they tie. total must not
// be negative, the weights neither, and one of them must be positive.
func Split(total Amount, weights ...uint32) []Amount {
	var sum uint64
	for _, w := range weights {
		sum += uint64(w)
	}
	if total < 0 || sum == 0 {
		panic(fmt.Sprintf("money: split of %d by %v asked; needs a non-negative total and a positive weight", total, weights))
	}

	parts := make([]Amount, len(weights))
	rests := make([]uint64, len(weights))
	left := total
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(total), uint64(w))
		quo, rem := bits.Div64(hi, lo, sum)
		parts[i], rests[i] = Amount(quo), rem
		left -= parts[i]
	}
	for ; left > 0; left-- {
		best := 0
		for i := range rests {
			if rests[i] > rests[best] {
				best = i
			}
		}
		parts[best]++
		rests[best] = 0
	}
	return parts
}

// Format writes the amount in major units with exactly the currency's decimals
// and no grouping: Format(12800, CNY) is "128.00", of JPY "12800".
func Format(a Amount, c Currency) string {
	exp := c.Exponent()
	negative, magnitude := a < 0, uint64(a)
	if negative {
		magnitude = -magnitude
	}
	digits := fmt.Sprintf("%0*d", exp+1, magnitude)
	text := digits
	if exp > 0 {
		text = digits[:len(digits)-exp] + "." + digits[len(digits)-exp:]
	}
	if negative {
		return "-" + text
	}
	return text
}

// Parse reads a decimal text in major units: digits, and at most as many
// decimals as the currency has. No sign but a leading minus, no exponent, no
// space, no grouping, ASCII digits only; anything else is ErrSyntax.
func Parse(text string, c Currency) (Amount, error) {
	exp := c.Exponent()
	body, negative := strings.CutPrefix(text, "-")
	whole, decimals, point := strings.Cut(body, ".")
	if whole == "" || (point && decimals == "") || len(decimals) > exp {
		return 0, fmt.Errorf("%w of %s: %q", ErrSyntax, c, clip(text))
	}

	var magnitude uint64
	for _, digit := range whole + decimals + strings.Repeat("0", exp-len(decimals)) {
		if digit < '0' || digit > '9' {
			return 0, fmt.Errorf("%w of %s: %q", ErrSyntax, c, clip(text))
		}
		hi, lo := bits.Mul64(magnitude, 10)
		magnitude = lo + uint64(digit-'0')
		if hi != 0 || magnitude > math.MaxInt64 {
			return 0, fmt.Errorf("%w: %q", ErrOverflow, clip(text))
		}
	}
	if negative {
		return -Amount(magnitude), nil
	}
	return Amount(magnitude), nil
}

func clip(text string) string {
	if len(text) > 32 {
		return text[:32] + "…"
	}
	return text
}
