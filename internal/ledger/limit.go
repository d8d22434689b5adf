package ledger

import (
	"math"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// Tier is which limits an account's spending is under. For people it follows
// how well they are known: payment accounts of class I, II and III of the
// People's Bank of China's rules for non-bank payment institutions' online
// payment business (announcement 43 of 2015, articles 11 and 12).
type Tier uint8

const (
	// TierNone is for accounts whose spending is not limited here: merchants and
	// the platform's own.
	TierNone Tier = 0
	// TierUnknown is a person who has only a phone number: may receive, not spend.
	TierUnknown Tier = 1
	// TierI has proved the name by one outside source: 1,000 yuan for life.
	TierI Tier = 2
	// TierII by three, or in person: 100,000 yuan a year.
	TierII Tier = 3
	// TierIII by five, or in person: 200,000 yuan a year.
	TierIII Tier = 4
)

// Limits are what a tier may spend from balance, in minor units of yuan.
type Limits struct {
	PerDay  money.Amount
	PerYear money.Amount
	ForLife money.Amount
}

// Unlimited stands for no limit of that kind.
const Unlimited money.Amount = math.MaxInt64

// The yearly and lifetime sums are the law's; the daily ones are this
// platform's caution (half a year's allowance in a day is not a shopper).
var tierLimits = [...]Limits{
	TierNone:    {Unlimited, Unlimited, Unlimited},
	TierUnknown: {0, 0, 0},
	TierI:       {1_000_00, Unlimited, 1_000_00},
	TierII:      {50_000_00, 100_000_00, Unlimited},
	TierIII:     {100_000_00, 200_000_00, Unlimited},
}

// Limits returns the tier's limits; a tier that doesn't exist may spend nothing.
func (t Tier) Limits() Limits {
	if int(t) >= len(tierLimits) {
		return Limits{}
	}
	return tierLimits[t]
}

// Day is a business day: days since 1970-01-01 in the business time zone, with
// the year it falls in. The caller works both out; the ledger knows no zone.
type Day struct {
	Number int32 `cbor:"1,keyasint"`
	Year   int32 `cbor:"2,keyasint"`
}

// Meter counts what an account has spent.
type Meter struct {
	Day       Day          `cbor:"1,keyasint,omitempty"` // the day of the newest spending
	Today     money.Amount `cbor:"2,keyasint,omitempty"` // spent on Day
	ThisYear  money.Amount `cbor:"3,keyasint,omitempty"` // spent in Day's year
	Ever      money.Amount `cbor:"4,keyasint,omitempty"`
	TimesADay uint32       `cbor:"5,keyasint,omitempty"` // how often on Day
}

// At returns the meter as it reads on the given day: counters of a day or year
// that is over start at zero. A day before the meter's own leaves it as it is.
func (m Meter) At(day Day) Meter {
	if day.Number > m.Day.Number {
		if day.Year > m.Day.Year {
			m.ThisYear = 0
		}
		m.Today, m.TimesADay, m.Day = 0, 0, day
	}
	return m
}

// Left is how much more may be spent on the given day under the tier's limits.
func (a Account) Left(day Day) money.Amount {
	limits, m := a.Tier.Limits(), a.Meter.At(day)
	return max(0, min(limits.PerDay-m.Today, limits.PerYear-m.ThisYear, limits.ForLife-m.Ever))
}

// Spend counts amount against the account's limits, or refuses. It moves no
// money: the posting beside it does. Refusals: tier_limit_exceeded,
// amount_overflow.
func Spend(book Book, account AccountID, amount money.Amount, day Day) error {
	a := book.Account(account)
	limits, m := a.Tier.Limits(), a.Meter.At(day)
	ever, err := m.Ever.Add(amount)
	if err != nil {
		return refusal.New(refusal.AmountOverflow, "the spending of %s cannot be counted any more", account)
	}
	beyond := func(spent, most money.Amount, period string) error {
		return refusal.In("amount", refusal.TierLimitExceeded, "%s %s may still be spent %s; the limit is %s",
			money.Format(max(0, most-spent), account.Currency), account.Currency, period, money.Format(most, account.Currency))
	}
	switch {
	case amount > limits.ForLife-m.Ever:
		return beyond(m.Ever, limits.ForLife, "for life")
	case amount > limits.PerYear-m.ThisYear:
		return beyond(m.ThisYear, limits.PerYear, "this year")
	case amount > limits.PerDay-m.Today:
		return beyond(m.Today, limits.PerDay, "today")
	}

	m.Today += amount
	m.ThisYear += amount
	m.Ever = ever
	m.TimesADay++
	a.Meter = m
	return nil
}

// Unspend takes back what a refunded payment had counted, as far as it was
// counted in a period that still runs. spentOn is the day of the payment.
func Unspend(book Book, account AccountID, amount money.Amount, spentOn, day Day) {
	a := book.Account(account)
	m := a.Meter.At(day)
	m.Ever = max(0, m.Ever-amount)
	if spentOn.Year == m.Day.Year {
		m.ThisYear = max(0, m.ThisYear-amount)
	}
	if spentOn.Number == m.Day.Number {
		m.Today = max(0, m.Today-amount)
	}
	a.Meter = m
}
