package party

import (
	"time"

	"tongbao/internal/refusal"
)

// Tries counts guesses at a secret. A guess is counted before it is looked at,
// and a right one clears the count; so however many guess at once, no more than
// the rule's number are looked at.
type Tries struct {
	Count int   `cbor:"1,keyasint,omitempty"` // guesses since the last right one
	Until int64 `cbor:"2,keyasint,omitempty"` // locked until then; 0 while it is not
}

// TryRule is how often a secret may be guessed at.
type TryRule struct {
	Most   int           // guesses
	Lock   time.Duration // then locked for so long; 0: for good
	Locked refusal.Code
}

var (
	// PaymentTries: five, then three hours.
	PaymentTries = TryRule{Most: 5, Lock: 3 * time.Hour, Locked: refusal.PaymentPasswordLocked}
	// LoginTries: ten for a login name, then a quarter of an hour.
	LoginTries = TryRule{Most: 10, Lock: 15 * time.Minute, Locked: refusal.LoginLocked}
)

// LockedUntil is the moment until which no guess is looked at, or 0.
func (t Tries) LockedUntil(now int64) int64 {
	if t.Until > now {
		return t.Until
	}
	return 0
}

// Take counts one guess and returns how many are left after it. Refusal: the
// rule's, with the time until when it is locked.
func (t *Tries) Take(rule TryRule, now int64) (left int, err error) {
	if until := t.LockedUntil(now); until != 0 {
		return 0, refusal.New(rule.Locked, "too many wrong tries; locked until %s", Moment(until))
	}

	if t.Until != 0 { // the lock is over
		*t = Tries{}
	}
	t.Count++
	if t.Count >= rule.Most {
		t.Until = now + rule.Lock.Milliseconds()
	}
	return rule.Most - t.Count, nil
}

// Clear forgets the guesses: one was right.
func (t *Tries) Clear() { *t = Tries{} }

// Moment is a time as refusals tell it, in UTC.
func Moment(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }
