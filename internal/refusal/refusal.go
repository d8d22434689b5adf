// Package refusal is how Tongbao says no: a stable code that programs compare,
// and a sentence for people that says what was wrong and what is true now. A
// refusal is an ordinary answer, part of the API and documented; it is neither
// a fault of the world nor a bug. All codes stand in one list, codes.go, from
// which the reference in the docs is printed.
package refusal

import (
	"errors"
	"fmt"
)

// Refusal is the answer no. It is an error, found with errors.As or Of.
type Refusal struct {
	Code    Code
	Field   string // the input member that was wrong, in the caller's words; empty where none is
	Message string // a sentence for a person; never holds a secret
}

// New makes a refusal; the message is formatted as by fmt.Sprintf.
func New(code Code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Message: fmt.Sprintf(format, args...)}
}

// In makes a refusal that blames one field of the input.
func In(field string, code Code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

func (r *Refusal) Error() string { return string(r.Code) + ": " + r.Message }

// Is lets errors.Is compare by code: errors.Is(err, refusal.InsufficientBalance).
func (r *Refusal) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == r.Code
}

// Of finds the refusal inside err, or nil where err is something else.
func Of(err error) *Refusal {
	if err == nil {
		return nil
	}
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return nil
}

// Code names a refusal for programs. Codes are never renamed or reused.
type Code string

// Error makes a code a target for errors.Is.
func (c Code) Error() string { return string(c) }
