// Package bank is what Tongbao needs of a bank: to take money from a
// customer's card into the client funds account, to send it back, and to be
// asked what became of an instruction. It refuses to know accounts, holds and
// retries: those are the desk's. A bank is slow, sometimes silent, and
// sometimes wrong about itself, so an answer that did not arrive is never
// taken for a no.
package bank

import (
	"context"

	"tongbao/internal/money"
)

// Direction is which way the money goes, seen from Tongbao.
type Direction string

const (
	In  Direction = "in"  // top-up: from the customer's card to client funds
	Out Direction = "out" // withdrawal: from client funds to the customer's card
)

// Instruction is one order to a bank.
type Instruction struct {
	Ref       string // our number for it; the bank does each number once
	Direction Direction
	Card      string // the card's token, as the binding gave it
	Holder    string
	Amount    money.Amount
	Currency  money.Currency
}

// Outcome is what a bank says became of an instruction.
type Outcome string

const (
	Succeeded Outcome = "succeeded"
	Refused   Outcome = "refused" // and will never happen
	Unknown   Outcome = "unknown" // the bank is still at it, or can't say
	NotFound  Outcome = "not_found"
)

// Answer is a bank's word.
type Answer struct {
	Outcome Outcome
	BankRef string // the bank's number
	Code    string // the bank's reason, in its own code
	Detail  string // the same for a person
}

// Channel is a bank that can be instructed.
type Channel interface {
	// Number is the bank's number in the books: the owner of its client funds
	// and suspense accounts.
	Number() uint64
	// Instruct gives the order. Repeating a Ref with the same contents is safe
	// and is answered with what became of the first. An error means that no
	// answer arrived: the order may or may not be carried out.
	Instruct(context.Context, Instruction) (Answer, error)
	// Query asks what became of a Ref. NotFound is said only of an order that
	// never arrived and, when it comes after this answer, will be refused. An
	// error says nothing about the order.
	Query(ctx context.Context, ref string) (Answer, error)
}
