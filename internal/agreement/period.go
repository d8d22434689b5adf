package agreement

import (
	"time"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// Unit is what a period is counted in.
type Unit string

const (
	Days   Unit = "DAY"
	Months Unit = "MONTH"
)

// shortest is the shortest period in days: who is charged more often than every
// week does not see it coming.
const shortest = 7

// Period plans charges: one every so often from a first day on.
type Period struct {
	Unit  Unit         `cbor:"1,keyasint,omitempty"`
	Every int          `cbor:"2,keyasint,omitempty"`
	First string       `cbor:"3,keyasint,omitempty"` // 2018-11-11
	Most  money.Amount `cbor:"4,keyasint,omitempty"` // of one charge
	Total money.Amount `cbor:"5,keyasint,omitempty"` // of all; 0 for no bound
	Times int          `cbor:"6,keyasint,omitempty"` // how many; 0 for no bound
}

// Given says that there is a plan at all.
func (p Period) Given() bool { return p.Unit != "" }

func (p Period) check() error {
	no := func(field, why string) error { return refusal.In(field, refusal.InvalidField, "%s", why) }
	switch {
	case p == Period{}:
		return nil
	case p.Unit != Days && p.Unit != Months:
		return no("period_type", "a period is counted in DAY or MONTH")
	case p.Every < 1 || p.Every > 365 || p.Unit == Days && p.Every < shortest:
		return no("period", "a period is 7 to 365 days, or 1 and more months")
	case p.Most <= 0:
		return no("single_amount", "the most of one charge is needed")
	case p.Total < 0 || p.Times < 0:
		return no("total_amount", "totals are not negative")
	case p.Total != 0 && p.Total < p.Most:
		return no("total_amount", "the total is not less than one charge")
	}
	first, err := time.Parse(time.DateOnly, p.First)
	if err != nil {
		return no("execute_time", "a day looks like 2018-11-11")
	}
	if p.Unit == Months && first.Day() > 28 {
		return no("execute_time", "a monthly plan begins on the 28th at the latest: not every month has more days")
	}
	return nil
}

// after is the day that follows in the plan.
func (p Period) after(planned string) string {
	at := day(planned, time.UTC)
	if p.Unit == Months {
		return at.AddDate(0, p.Every, 0).Format(time.DateOnly)
	}
	return at.AddDate(0, 0, p.Every).Format(time.DateOnly)
}

// Plans are the days of the next charges, n at most.
func (a *Agreement) Plans(n int) (days []string) {
	if !a.Period.Given() || a.Status != Normal {
		return nil
	}
	next := a.Next
	for i := 0; i < n && (a.Period.Times == 0 || a.Times+i < a.Period.Times); i++ {
		days = append(days, next)
		next = a.Period.after(next)
	}
	return days
}

// day is the first moment of a day that was checked when it was taken.
func day(text string, zone *time.Location) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		panic("agreement: " + text + " is no day")
	}
	return at
}
