package party

import (
	"time"

	"tongbao/internal/refusal"
)

// Device is a browser or phone that somebody signed in with.
type Device struct {
	ID      string `cbor:"1,keyasint"` // dev_…, never used again after it was removed
	Face    Face   `cbor:"2,keyasint"`
	Subject string `cbor:"3,keyasint"` // whose: a person's, staff member's or operator's id
	Name    string `cbor:"4,keyasint"`
	First   int64  `cbor:"5,keyasint"`
	Last    int64  `cbor:"6,keyasint"`
}

// Session is somebody signed in at a face. Its record is named by the hash of
// the token that the browser holds.
type Session struct {
	Face    Face   `cbor:"1,keyasint"`
	Subject string `cbor:"2,keyasint"` // a person's, staff member's or operator's id
	Device  string `cbor:"3,keyasint"`
	Epoch   uint64 `cbor:"4,keyasint"` // of the password that it was opened with
	Created int64  `cbor:"5,keyasint"`
	Seen    int64  `cbor:"6,keyasint"`
	Expires int64  `cbor:"7,keyasint"`
}

// How long a session lasts without being used, and at most.
var sessionLife = map[Face]struct{ idle, most time.Duration }{
	Wallet:       {30 * 24 * time.Hour, 180 * 24 * time.Hour},
	MerchantFace: {12 * time.Hour, 7 * 24 * time.Hour},
	Console:      {2 * time.Hour, 12 * time.Hour},
}

// OpenSession is a session from now on.
func OpenSession(face Face, subject, device string, epoch uint64, now int64) Session {
	s := Session{Face: face, Subject: subject, Device: device, Epoch: epoch, Created: now}
	s.See(now)
	return s
}

// See notes that the session is in use and moves its end on.
func (s *Session) See(now int64) {
	life := sessionLife[s.Face]
	s.Seen = now
	s.Expires = min(now+life.idle.Milliseconds(), s.Created+life.most.Milliseconds())
}

// Stale says that the last See is long enough ago to note another: a
// twenty-fourth of the idle time, so that using a session seldom costs a write.
func (s Session) Stale(now int64) bool {
	return now-s.Seen >= sessionLife[s.Face].idle.Milliseconds()/24
}

// Expired says that the session is over.
func (s Session) Expired(now int64) bool { return now >= s.Expires }

// ParseDeviceName reads what a browser calls itself; anything unusable is
// "unknown". It is cut to 60 characters.
func ParseDeviceName(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		text = string(runes[:60])
	}
	name, err := parseLabel("device_name", text, 60)
	if err != nil {
		return "unknown"
	}
	return name
}

// ErrSignedOut is the answer to a token that opens nothing.
func ErrSignedOut() error {
	return refusal.New(refusal.Unauthenticated, "the session is over or never was; sign in")
}
