package wire

import (
	"errors"
	"strings"

	"tongbao/internal/money"
)

var (
	// ErrAmount says that a text is not an amount in yuan.
	ErrAmount = errors.New("not an amount: 0.01 or more, in digits, at most two of them after a point")
	// ErrAmountLarge says that an amount is beyond what one order can be.
	ErrAmountLarge = errors.New("an amount is at most 100000000.00")
)

// ParseAmount reads an amount in yuan exactly: no sign, exponent, blank or
// digit of another script.
func ParseAmount(text string) (money.Amount, error) {
	if strings.HasPrefix(text, "-") {
		return 0, ErrAmount
	}
	amount, err := money.Parse(text, money.CNY)
	switch {
	case errors.Is(err, money.ErrOverflow), amount > money.MaxAmount:
		return 0, ErrAmountLarge
	case err != nil, amount < 1:
		return 0, ErrAmount
	}
	return amount, nil
}

// FormatAmount writes an amount in yuan with two places.
func FormatAmount(a money.Amount) string { return money.Format(a, money.CNY) }
