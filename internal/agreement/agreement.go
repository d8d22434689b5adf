// Package agreement is what a person has agreed to with a merchant: that it may
// take money from their balance without asking for the password each time, how
// much, how often, and until when. It is pure: an agreement and a moment in, the
// agreement after it or a refusal out. It refuses to know how money moves, who
// asks, and how anybody is told.
//
//	TEMP → NORMAL → STOP
//
// A merchant proposes (TEMP), the person signs (NORMAL), either side ends (STOP).
package agreement

import (
	"time"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// Status is where an agreement stands, in the protocol's word.
type Status string

const (
	Temp   Status = "TEMP"   // proposed
	Normal Status = "NORMAL" // signed
	Stop   Status = "STOP"   // ended
)

// Who ended an agreement.
const (
	ByPerson   = "person"
	ByMerchant = "merchant"
)

const (
	// SignWithin is how long a proposal can be signed.
	SignWithin = 24 * time.Hour
	// UsualMost is the most that one charge may be where the terms name nothing.
	UsualMost money.Amount = 2_000_00
	// DaysEarly is how long before its planned day a charge may come.
	DaysEarly = 5
)

// Terms are what the merchant proposes. All that the person sees is here.
type Terms struct {
	Merchant   uint64 `cbor:"1,keyasint"`
	Product    string `cbor:"2,keyasint"`           // personal_product_code
	Scene      string `cbor:"3,keyasint,omitempty"` // sign_scene
	ExternalNo string `cbor:"4,keyasint,omitempty"` // the merchant's own number
	LogonID    string `cbor:"5,keyasint,omitempty"` // whom the merchant knows the person as
	Only       uint64 `cbor:"6,keyasint,omitempty"` // who alone may sign; 0 for anybody
	ValidDays  int    `cbor:"7,keyasint,omitempty"` // from the proposal; 0 for good
	ValidMonth int    `cbor:"8,keyasint,omitempty"`
	Period     Period `cbor:"9,keyasint,omitempty"`
}

// Same says that two proposals are for the same terms.
func (t Terms) Same(other Terms) bool { return t == other }

// Agreement is one.
type Agreement struct {
	Terms

	ID        string            `cbor:"20,keyasint"`
	Person    uint64            `cbor:"34,keyasint,omitempty"` // who signed
	Status    Status            `cbor:"21,keyasint"`
	Proposed  int64             `cbor:"22,keyasint"` // Unix milliseconds, as are all moments
	SignBy    int64             `cbor:"23,keyasint"`
	Signed    int64             `cbor:"24,keyasint,omitempty"`
	Until     int64             `cbor:"25,keyasint,omitempty"` // 0 for good
	Ended     int64             `cbor:"26,keyasint,omitempty"`
	EndedBy   string            `cbor:"27,keyasint,omitempty"`
	Times     int               `cbor:"28,keyasint,omitempty"` // charges so far
	Charged   money.Amount      `cbor:"29,keyasint,omitempty"` // their sum
	Last      int64             `cbor:"30,keyasint,omitempty"`
	Next      string            `cbor:"31,keyasint,omitempty"` // the planned day of the next charge, 2018-11-11; empty without a period
	NotifyURL string            `cbor:"32,keyasint,omitempty"`
	Asked     map[string]string `cbor:"33,keyasint,omitempty"` // what the edge that proposed it wants to remember
}

// Propose makes an agreement of terms. Refusals: invalid_field.
func Propose(id string, terms Terms, now time.Time) (Agreement, error) {
	if err := terms.Period.check(); err != nil {
		return Agreement{}, err
	}

	a := Agreement{Terms: terms, ID: id, Status: Temp, Proposed: now.UnixMilli(), SignBy: now.Add(SignWithin).UnixMilli(), Next: terms.Period.First}
	if terms.ValidDays > 0 || terms.ValidMonth > 0 {
		a.Until = now.AddDate(0, terms.ValidMonth, terms.ValidDays).UnixMilli()
	}
	return a, nil
}

// Sign is the person's consent. Refusals: agreement_state_refused, buyer_mismatch.
func (a *Agreement) Sign(person uint64, now time.Time) error {
	if a.Status != Temp {
		return refusal.New(refusal.AgreementStateRefused, "the agreement is %s", a.Status)
	}
	if now.UnixMilli() >= a.SignBy {
		return refusal.New(refusal.AgreementStateRefused, "the time to sign is over; ask the merchant to begin again")
	}
	if a.Only != 0 && a.Only != person {
		return refusal.New(refusal.BuyerMismatch, "the agreement was proposed to somebody else")
	}

	a.Status, a.Person, a.Signed = Normal, person, now.UnixMilli()
	return nil
}

// End ends it, by whom. Refusals: agreement_state_refused.
func (a *Agreement) End(by string, now time.Time) error {
	if a.Status != Normal {
		return refusal.New(refusal.AgreementStateRefused, "the agreement is %s", a.Status)
	}

	a.Status, a.Ended, a.EndedBy = Stop, now.UnixMilli(), by
	return nil
}

// Charge counts one charge against the terms. zone is where days are counted.
// Refusals, in this order: agreement_state_refused, agreement_amount_exceeded,
// agreement_total_exceeded, agreement_times_exceeded, agreement_day_refused.
func (a *Agreement) Charge(amount money.Amount, now time.Time, zone *time.Location) error {
	if a.Status != Normal {
		return refusal.New(refusal.AgreementStateRefused, "the agreement is %s", a.Status)
	}
	if a.Until != 0 && now.UnixMilli() >= a.Until {
		return refusal.New(refusal.AgreementStateRefused, "the agreement's time is over")
	}
	if amount > a.Most() {
		return refusal.New(refusal.AgreementAmountExceeded, "one charge is at most %d, not %d", a.Most(), amount)
	}
	p := a.Period
	if p.Total != 0 && a.Charged+amount > p.Total {
		return refusal.New(refusal.AgreementTotalExceeded, "of the total of %d, %d is left", p.Total, p.Total-a.Charged)
	}
	if p.Times != 0 && a.Times >= p.Times {
		return refusal.New(refusal.AgreementTimesExceeded, "all %d charges were made", p.Times)
	}
	if p.Given() && now.Before(day(a.Next, zone).AddDate(0, 0, -DaysEarly)) {
		return refusal.New(refusal.AgreementDayRefused, "the next charge is planned for %s, and comes %d days before it at the earliest", a.Next, DaysEarly)
	}

	a.Times++
	a.Charged += amount
	a.Last = now.UnixMilli()
	if p.Given() {
		a.Next = p.after(a.Next)
	}
	return nil
}

// Most is the most that one charge may be.
func (a *Agreement) Most() money.Amount {
	if a.Period.Most != 0 {
		return a.Period.Most
	}
	return UsualMost
}

// Move plans the next charge for another day, which is later than today.
// Refusals: agreement_state_refused, invalid_field.
func (a *Agreement) Move(to string, now time.Time, zone *time.Location) error {
	if a.Status != Normal {
		return refusal.New(refusal.AgreementStateRefused, "the agreement is %s", a.Status)
	}
	if !a.Period.Given() {
		return refusal.In("deduct_time", refusal.InvalidField, "the agreement has no plan")
	}
	if _, err := time.Parse(time.DateOnly, to); err != nil || !day(to, zone).After(now) {
		return refusal.In("deduct_time", refusal.InvalidField, "the day is later than today, as 2018-11-11")
	}

	a.Next = to
	return nil
}
