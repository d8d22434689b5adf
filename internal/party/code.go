package party

import (
	"crypto/subtle"
	"time"

	"tongbao/internal/refusal"
)

// Purpose is what a one-time code is good for; it is good for nothing else.
type Purpose string

const (
	SignUp               Purpose = "sign_up"
	LoginByCode          Purpose = "login"
	ResetPassword        Purpose = "reset_password"
	ResetPaymentPassword Purpose = "reset_payment_password"
	StepUp               Purpose = "step_up"
)

// Purposes lists them all.
var Purposes = []Purpose{SignUp, LoginByCode, ResetPassword, ResetPaymentPassword, StepUp}

// Valid says that there is such a purpose.
func (p Purpose) Valid() bool {
	for _, known := range Purposes {
		if p == known {
			return true
		}
	}
	return false
}

const (
	// CodeLife is how long a one-time code is good for.
	CodeLife = 5 * time.Minute
	// CodePause is the time between two codes to one phone for one purpose.
	CodePause = time.Minute
	// CodeTries is how many times a code may be guessed at.
	CodeTries = 5
	// CodesADay is how many codes one phone gets for one purpose in 24 hours.
	// With five tries each, somebody who guesses all day long has a chance of
	// one in ten thousand.
	CodesADay = 20
)

// OneTimeCode is the newest code that was sent to a phone for a purpose.
type OneTimeCode struct {
	Purpose Purpose `cbor:"1,keyasint"`
	Phone   string  `cbor:"2,keyasint"`
	Salt    []byte  `cbor:"3,keyasint,omitempty"`
	Hash    Hash    `cbor:"4,keyasint,omitempty"` // of the six digits, under the salt; empty once used
	Sent    int64   `cbor:"5,keyasint,omitempty"`
	Expires int64   `cbor:"6,keyasint,omitempty"`
	Tries   int     `cbor:"7,keyasint,omitempty"`
	Since   int64   `cbor:"8,keyasint,omitempty"` // when the 24 hours began
	Count   int     `cbor:"9,keyasint,omitempty"` // codes since then
}

// MayResend is the moment from which another code may be sent; never in the
// past of the newest code.
func (c OneTimeCode) MayResend(now int64) int64 {
	next := c.Sent + CodePause.Milliseconds()
	if day := c.Since + (24 * time.Hour).Milliseconds(); c.Count >= CodesADay && day > next {
		next = day
	}
	return next
}

// Send makes a new code the one that counts. Refusal: code_too_often.
func (c *OneTimeCode) Send(salt []byte, hash Hash, now int64) error {
	if next := c.MayResend(now); c.Count > 0 && now < next {
		return refusal.In("phone", refusal.CodeTooOften, "a code was sent already; the next may be sent at %s", Moment(next))
	}

	if now >= c.Since+(24*time.Hour).Milliseconds() {
		c.Since, c.Count = now, 0
	}
	c.Salt, c.Hash = salt, hash
	c.Sent, c.Expires, c.Tries = now, now+CodeLife.Milliseconds(), 0
	c.Count++
	return nil
}

// Unsend takes the newest code back, because it never reached the phone.
func (c *OneTimeCode) Unsend() { c.Salt, c.Hash, c.Sent, c.Expires = nil, "", 0, 0 }

// Use looks at a guess, given as its hash under the salt. A right one uses the
// code up; a wrong one counts, and the answer says how many are left. Refusal,
// for a guess that is not looked at: code_expired.
func (c *OneTimeCode) Use(guess Hash, now int64) (right bool, left int, err error) {
	if c.Hash == "" || now >= c.Expires || c.Tries >= CodeTries {
		return false, 0, refusal.In("code", refusal.CodeExpired, "the code is too old, was used, or was tried too often; ask for another")
	}

	c.Tries++
	if subtle.ConstantTimeCompare([]byte(c.Hash), []byte(guess)) == 1 {
		c.Hash = "" // the salt stays: the same guess, repeated, is known by it
		return true, 0, nil
	}
	return false, CodeTries - c.Tries, nil
}
