// Package engine is the one place where money changes. Commands that arrive
// together become one batch: what they touch is loaded in one go, they are
// applied one after another, and all that they change becomes durable at once;
// only then does anyone get an answer. The engine refuses to know what a
// command means, and Apply sees no clock, randomness, network or goroutine:
// time and ids are handed to it. So no check on money can be overtaken by
// another act, in a request, a replay or a simulation.
package engine

import (
	"errors"
	"fmt"
	"slices"

	"tongbao/internal/store"
)

// Command is one business action: pay this trade, post this bank answer.
//
// A command's exported fields are its contents. They are kept in the journal
// and compared when an id comes again, so whatever is made up for each attempt
// (new numbers, the time it was asked) carries the tag `cbor:"-"`.
type Command interface {
	// ID is the idempotency key. The same id again, with the same contents, is
	// answered with the first receipt, a refusal too; with other contents it is
	// refused with idempotency_conflict.
	ID() string
	// Name is the command's type as the journal keeps it, such as "pay_trade".
	Name() string
	// Touches names the accounts and records that Apply reads or writes.
	Touches(*store.Touched)
	// Apply refuses with a *refusal.Refusal, or changes what it must and returns
	// the answer, which is encoded into the receipt. After a refusal nothing that
	// it did remains. Any other error, and a panic, is a bug and stops the engine.
	Apply(*Tx) (any, error)
}

// stamped is what a command has that needed its id's stamp before it was submitted,
// and spares working it out again.
type stamped interface{ Named() store.Named }

// By says who asked for a command and in which request, for the journal.
type By struct {
	Actor   string // "user:2088…", "merchant:2088…", "operator:…", "job:…"
	Request string // the request's id in the access log
	// Told hears of each command that is answered whether it had been before, a
	// refusal too; nil where nobody asks.
	Told func(repeated bool)
}

// Receipt is the durable answer to a command.
type Receipt struct {
	Position uint64 // in the journal
	At       int64  // business time, Unix microseconds
	Repeated bool   // the command had been answered before; this is the first answer
	result   []byte
	records  []store.Record
}

// Decode reads the answer into v, a pointer.
func (r Receipt) Decode(v any) error { return Decode(r.result, v) }

// DecodeInPlace is Decode for who lets go of v while the receipt is good: its texts
// may lie in the receipt.
func (r Receipt) DecodeInPlace(v any) error { return DecodeInPlace(r.result, v) }

// copied is the receipt in memory of its own.
func (r Receipt) copied() Receipt {
	size := len(r.result)
	for i := range r.records {
		size += len(r.records[i].Value)
	}
	b := make([]byte, 0, size)
	own := func(v []byte) []byte {
		if v == nil {
			return nil
		}
		from := len(b)
		b = append(b, v...)
		return b[from:len(b):len(b)]
	}
	r.result = own(r.result)
	r.records = slices.Clone(r.records)
	for i := range r.records {
		r.records[i].Value = own(r.records[i].Value)
	}
	return r
}

// Result decodes the answer of a submitted command as a T. It takes what Submit
// returns: engine.Result[trade.Trade](e.Submit(ctx, cmd, by)).
func Result[T any](receipt Receipt, err error) (T, error) {
	var v T
	if err != nil {
		return v, err
	}
	if err := receipt.Decode(&v); err != nil {
		return v, fmt.Errorf("read the receipt at %d: %w", receipt.Position, err)
	}
	return v, nil
}

// ErrOutcomeUnknown: the command may or may not have happened; the same id
// asked again will tell.
var ErrOutcomeUnknown = errors.New("outcome unknown: repeat the command with the same id")

// ErrStopped: the engine was closed or has stopped itself over a broken
// invariant. Nothing was done.
var ErrStopped = errors.New("engine stopped")
