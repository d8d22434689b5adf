package sim

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"sync"

	"tongbao/internal/bank"
	"tongbao/internal/money"
)

// pretendBank moves money of its own and answers as banks do: at once, late, not
// at all, twice, and sometimes yes after no. What it has done is the truth that
// the books must have followed when everything has been said.
type pretendBank struct {
	mu     sync.Mutex
	seed   uint64
	calls  map[string]uint64 // about each order
	orders map[string]*instruction
	funds  money.Amount // in the platform's account at this bank
	said   bank.Outcome // of the newest answer, as the platform heard it
}

type instruction struct {
	what  bank.Instruction
	truth bank.Outcome // Succeeded, Refused, or Unknown while the bank is at it
	asked int
	turns bool // refused for now, and carried out all the same some day
}

var errSilent = errors.New("the line is dead")

// chance is drawn for each call about each order apart, so that leaving a step out
// of a run changes nothing for the others.
func (b *pretendBank) chance(ref string) *rand.Rand {
	b.calls[ref]++
	h := fnv.New64a()
	h.Write([]byte(ref))
	return rand.New(rand.NewPCG(b.seed^h.Sum64(), b.calls[ref]))
}

func (b *pretendBank) Number() uint64 { return bankNumber }

func (b *pretendBank) Instruct(_ context.Context, i bank.Instruction) (bank.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known := b.orders[i.Ref]; known != nil {
		if known.what != i {
			return bank.Answer{}, errors.New("another instruction under the same number")
		}
		return b.tell(known.truth)
	}
	how := b.chance(i.Ref).IntN(100)
	if how < 10 { // it never arrives
		return b.silence()
	}
	o := &instruction{what: i, truth: bank.Unknown}
	b.orders[i.Ref] = o
	switch {
	case how < 20:
		o.truth = bank.Refused
	case how < 28:
		o.truth, o.turns = bank.Refused, true
	case how < 40: // it is at it
	case how < 52:
		b.carryOut(o)
		return b.silence()
	default:
		b.carryOut(o)
	}
	return b.tell(o.truth)
}

func (b *pretendBank) Query(_ context.Context, ref string) (bank.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.chance(ref).IntN(10) == 0 {
		return b.silence()
	}
	o := b.orders[ref]
	if o == nil {
		return b.tell(bank.NotFound)
	}
	if o.asked++; o.truth == bank.Unknown && o.asked > 1 {
		b.carryOut(o)
	}
	return b.tell(o.truth)
}

func (b *pretendBank) carryOut(o *instruction) {
	o.truth, o.turns = bank.Succeeded, false
	if o.what.Direction == bank.In {
		b.funds += o.what.Amount
		return
	}
	b.funds -= o.what.Amount
}

func (b *pretendBank) tell(outcome bank.Outcome) (bank.Answer, error) {
	b.said = outcome
	return bank.Answer{Outcome: outcome, BankRef: "ref"}, nil
}

func (b *pretendBank) silence() (bank.Answer, error) {
	b.said = bank.Unknown
	return bank.Answer{}, errSilent
}

// word is what the bank says of an order without having been asked; ok is false
// where it has not heard of it. An order that turns is carried out now.
func (b *pretendBank) word(ref string) (outcome bank.Outcome, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.orders[ref]
	if o == nil {
		return "", false
	}
	if o.turns {
		b.carryOut(o)
	}
	return o.truth, true
}
