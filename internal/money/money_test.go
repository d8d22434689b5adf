package money

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestAddAndSubRefuseOverflow(t *testing.T) {
	for _, c := range []struct {
		a, b, sum, diff Amount
		noSum, noDiff   bool
	}{
		{a: 1, b: 2, sum: 3, diff: -1},
		{a: -5, b: 5, sum: 0, diff: -10},
		{a: math.MaxInt64, b: 1, noSum: true, diff: math.MaxInt64 - 1},
		{a: math.MinInt64, b: 1, sum: math.MinInt64 + 1, noDiff: true},
		{a: 0, b: math.MinInt64, sum: math.MinInt64, noDiff: true},
		{a: math.MinInt64, b: math.MinInt64, noSum: true, diff: 0},
	} {
		sum, err := c.a.Add(c.b)
		if errors.Is(err, ErrOverflow) != c.noSum || sum != c.sum {
			t.Errorf("%d + %d = %d, %v", c.a, c.b, sum, err)
		}
		diff, err := c.a.Sub(c.b)
		if errors.Is(err, ErrOverflow) != c.noDiff || diff != c.diff {
			t.Errorf("%d - %d = %d, %v", c.a, c.b, diff, err)
		}
	}
}

func TestFormatAndParseAreExact(t *testing.T) {
	jpy, _ := ParseCurrency("JPY")
	bhd, _ := ParseCurrency("BHD")
	for _, c := range []struct {
		amount   Amount
		currency Currency
		text     string
	}{
		{12800, CNY, "128.00"}, {1, CNY, "0.01"}, {0, CNY, "0.00"}, {-305, CNY, "-3.05"},
		{12800, jpy, "12800"}, {0, jpy, "0"}, {1, bhd, "0.001"}, {1234567, bhd, "1234.567"},
		{math.MaxInt64, CNY, "92233720368547758.07"},
	} {
		if text := Format(c.amount, c.currency); text != c.text {
			t.Errorf("Format(%d, %s) = %q, want %q", c.amount, c.currency, text, c.text)
		}
		if amount, err := Parse(c.text, c.currency); err != nil || amount != c.amount {
			t.Errorf("Parse(%q, %s) = %d, %v", c.text, c.currency, amount, err)
		}
	}
	if text := Format(math.MinInt64, CNY); text != "-92233720368547758.08" {
		t.Errorf("smallest amount reads %q", text)
	}
}

func TestParseRefusesWhatIsNotAnAmount(t *testing.T) {
	for _, text := range []string{"", "-", ".", "1.", ".5", "0.001", "1e3", "+1", " 1", "1 ", "１", "1,000", "0x10", "--1", "1.2.3", "92233720368547758.08", "999999999999999999999999"} {
		if amount, err := Parse(text, CNY); err == nil {
			t.Errorf("Parse(%q) = %d, want a refusal", text, amount)
		}
	}
	jpy, _ := ParseCurrency("JPY")
	if _, err := Parse("1.0", jpy); err == nil {
		t.Error("yen have no decimals")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1.00", "0.01", "-3.5", "1e9", "９", "92233720368547758.07"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		amount, err := Parse(text, CNY)
		if err != nil {
			return
		}
		if again, err := Parse(Format(amount, CNY), CNY); err != nil || again != amount {
			t.Fatalf("%q reads %d, which writes %q, which reads %d, %v", text, amount, Format(amount, CNY), again, err)
		}
	})
}

func TestSplitMakesTheWholeAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := Amount(rapid.Int64Range(0, math.MaxInt64).Draw(t, "total"))
		weights := rapid.SliceOfN(rapid.Uint32(), 1, 20).Draw(t, "weights")
		weights[0] |= 1
		parts := Split(total, weights...)
		sum, err := Sum(parts...)
		if err != nil || sum != total {
			t.Fatalf("parts %v sum to %d, %v", parts, sum, err)
		}
		for i, part := range parts {
			if part < 0 || (weights[i] == 0 && part != 0) {
				t.Fatalf("weight %d gets %d", weights[i], part)
			}
		}
	})
}

func TestRateRoundsHalfUpAndNeverBeyondTheWhole(t *testing.T) {
	for _, c := range []struct {
		rate   Rate
		amount Amount
		fee    Amount
	}{
		{6000, 83, 0}, {6000, 84, 1}, {6000, 100_00, 60}, {RateOne, 77, 77}, {0, 77, 0},
		{RateOne, math.MaxInt64, math.MaxInt64}, {1, 499_999, 0}, {1, 500_000, 1},
	} {
		if fee := c.rate.Of(c.amount); fee != c.fee {
			t.Errorf("%d millionths of %d = %d, want %d", c.rate, c.amount, fee, c.fee)
		}
	}
}

func TestCurrenciesAreISO4217(t *testing.T) {
	if n := len(Currencies()); n < 150 {
		t.Errorf("only %d currencies", n)
	}
	for code, exponent := range map[string]int{"CNY": 2, "JPY": 0, "KWD": 3, "VND": 0, "CLP": 0, "TND": 3, "USD": 2} {
		c, err := ParseCurrency(code)
		if err != nil || c.Exponent() != exponent || c.String() != code {
			t.Errorf("%s: %v, exponent %d", code, err, c.Exponent())
		}
	}
	for _, code := range []string{"", "cny", "XXX", "XTS", "CN", "RMB"} {
		if _, err := ParseCurrency(code); err == nil {
			t.Errorf("%q passes for a currency", code)
		}
	}
}

func ExampleSplit() {
	fmt.Println(Split(100, 1, 1, 1))
	// Output: [34 33 33]
}

func ExampleRate_Of() {
	fee := Rate(6000).Of(128_00) // 0.6 %
	fmt.Println(Format(fee, CNY))
	// Output: 0.77
}
