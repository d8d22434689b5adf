package trade

import "time"

// Time is a moment in milliseconds since 1970, UTC. Zero is "not yet". The
// caller brings it, and never an earlier one than before: the engine's clock
// sees to that.
type Time int64

// At turns a moment into a Time, cutting below the millisecond.
func At(moment time.Time) Time { return Time(moment.UnixMilli()) }

// Add is the moment so much later.
func (t Time) Add(s Seconds) Time { return t + Time(s)*1000 }

// Std is the moment as the standard library has it, in UTC.
func (t Time) Std() time.Time { return time.UnixMilli(int64(t)).UTC() }

func (t Time) String() string { return t.Std().Format("2006-01-02 15:04:05.000Z") }

// Seconds is a length of time in whole seconds.
type Seconds uint32

// Lengths to build others from. A day is always 24 hours: deadlines run by the
// clock, not by the calendar.
const (
	Hour Seconds = 60 * 60
	Day          = 24 * Hour
)

// Terms are the times a trade runs by. They are kept in the trade from its
// creation on, so that new terms never change the rules of an old trade.
type Terms struct {
	PayWithin            Seconds `cbor:"1,keyasint,omitempty" json:"pay_within,omitempty"`             // creation to expiry, where the order names no PayBy
	ConfirmWithin        Seconds `cbor:"2,keyasint,omitempty" json:"confirm_within,omitempty"`         // shipping to automatic confirmation
	ConfirmVirtualWithin Seconds `cbor:"3,keyasint,omitempty" json:"confirm_virtual_within,omitempty"` // the same for virtual goods
	ExtendBy             Seconds `cbor:"4,keyasint,omitempty" json:"extend_by,omitempty"`              // what Extend adds, once
	AnswerRequestWithin  Seconds `cbor:"5,keyasint,omitempty" json:"answer_request_within,omitempty"`  // seller answers a refund request before shipping
	AnswerDisputeWithin  Seconds `cbor:"6,keyasint,omitempty" json:"answer_dispute_within,omitempty"`  // seller answers a dispute after shipping
	ReactWithin          Seconds `cbor:"7,keyasint,omitempty" json:"react_within,omitempty"`           // buyer reacts to a refusal
	ReturnWithin         Seconds `cbor:"8,keyasint,omitempty" json:"return_within,omitempty"`          // buyer sends the goods back
	CheckReturnWithin    Seconds `cbor:"9,keyasint,omitempty" json:"check_return_within,omitempty"`    // seller checks what came back
	RefundWindow         Seconds `cbor:"10,keyasint,omitempty" json:"refund_window,omitempty"`         // settlement to the last refund
}

// DefaultTerms are the platform's: 10 days to confirm, 3 for virtual goods and
// a refund window of 12 months from the protocol (sections 10.1 and 12), 15
// days to pay from its page payments; the dispute's times are our own.
var DefaultTerms = Terms{
	PayWithin:            15 * Day,
	ConfirmWithin:        10 * Day,
	ConfirmVirtualWithin: 3 * Day,
	ExtendBy:             3 * Day,
	AnswerRequestWithin:  48 * Hour,
	AnswerDisputeWithin:  3 * Day,
	ReactWithin:          3 * Day,
	ReturnWithin:         7 * Day,
	CheckReturnWithin:    10 * Day,
	RefundWindow:         365 * Day,
}

// of leaves out the terms that can't come into play, so that the record of an
// instant trade stays small.
func (t Terms) of(kind Kind) Terms {
	if kind == Instant {
		return Terms{PayWithin: t.PayWithin, RefundWindow: t.RefundWindow}
	}
	return t
}
