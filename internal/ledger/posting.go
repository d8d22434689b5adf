package ledger

import (
	"fmt"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// Why says what a leg is, for the account's history. Stored: never reword.
type Why string

const (
	Payment        Why = "payment"         // a buyer pays
	Settlement     Why = "settlement"      // escrow pays out
	Split          Why = "split"           // a royalty part of a settlement
	Fee            Why = "fee"             // the platform's fee
	FeeRefund      Why = "fee_refund"      // a fee given back with a refund
	Refund         Why = "refund"          // money back to a buyer
	Transfer       Why = "transfer"        // person to person, or a merchant's payout
	TopUp          Why = "top_up"          // in from a bank
	Withdrawal     Why = "withdrawal"      // out to a bank
	Unexplained    Why = "unexplained"     // into or out of suspense
	Correction     Why = "correction"      // made by two operators
	OpeningBalance Why = "opening_balance" // a book taken over, a sandbox's start
)

// Leg is one side of a posting.
type Leg struct {
	Account AccountID
	Amount  money.Amount // credit positive, debit negative, never 0
	Why     Why

	// Set by Post: the account's balance after the leg, on its normal side, and the
	// number of this entry in the account's history. Held is what is held once the
	// command is done, a hold that it captures no longer among it.
	After  money.Amount
	Held   money.Amount
	Number uint64
	// Previous is the journal position of the account's entry before this one; 0
	// for the first. The store's to set.
	Previous uint64
}

// Change is the leg's effect on the account's balance, on its normal side.
func (l Leg) Change() money.Amount {
	if l.Account.Kind.DebitNormal() {
		return -l.Amount
	}
	return l.Amount
}

// Move is the commonest posting: amount leaves from (a debit) and reaches to (a credit).
func Move(from, to AccountID, amount money.Amount, why Why) []Leg {
	return []Leg{{Account: from, Amount: -amount, Why: why}, {Account: to, Amount: amount, Why: why}}
}

// Book gives the accounts of a posting, as values that may be changed in place.
type Book interface {
	Account(AccountID) *Account
}

// Post applies the legs to the book and fills in After, Held and Number, or
// refuses and leaves every account as it was. An account that may not be
// negative keeps at least what is held on it. Legs that don't balance, or move
// nothing, are a bug of the caller and panic.
//
// Refusals: insufficient_balance, amount_overflow.
func Post(book Book, legs []Leg) error {
	mustBalance(legs)
	var room [8]*Account // of each leg, found once
	accounts := room[:0]
	for i := range legs {
		a := book.Account(legs[i].Account)
		if err := post(a, &legs[i]); err != nil {
			undo(accounts, legs[:i])
			return err
		}
		accounts = append(accounts, a)
	}
	for i, a := range accounts {
		if legs[i].Change() < 0 && !a.ID.Kind.MayBeNegative() && a.Available() < 0 {
			short := -a.Available()
			undo(accounts, legs)
			return refusal.New(refusal.InsufficientBalance, "account %s lacks %s %s", a.ID, money.Format(short, a.ID.Currency), a.ID.Currency)
		}
	}
	return nil
}

func post(a *Account, leg *Leg) error {
	after, err := a.Balance.Add(leg.Change())
	if err != nil {
		return refusal.New(refusal.AmountOverflow, "account %s cannot hold the sum", a.ID)
	}
	a.Balance = after
	a.Entries++
	leg.After, leg.Held, leg.Number = after, a.Held, a.Entries
	return nil
}

func undo(accounts []*Account, legs []Leg) {
	for i := len(legs) - 1; i >= 0; i-- {
		a := accounts[i]
		a.Balance -= legs[i].Change()
		a.Entries--
	}
}

func mustBalance(legs []Leg) {
	if len(legs) < 2 {
		panic("ledger: a posting needs two legs")
	}
	if len(legs) > mostLegs {
		panic(fmt.Sprintf("ledger: more than %d legs in a posting", mostLegs))
	}
	currency, others := legs[0].Account.Currency, false
	var sum money.Amount
	for i := range legs {
		leg := &legs[i]
		if leg.Amount == 0 {
			panic(fmt.Sprintf("ledger: leg on %s moves nothing", leg.Account))
		}
		if leg.Account.Currency != currency {
			others = true
			continue
		}
		sum = mustAdd(sum, leg.Amount)
	}
	mustBeNothing(sum, currency)
	if !others {
		return
	}
	sums := map[money.Currency]money.Amount{}
	for i := range legs {
		c := legs[i].Account.Currency
		sums[c] = mustAdd(sums[c], legs[i].Amount)
	}
	for c, sum := range sums {
		mustBeNothing(sum, c)
	}
}

// mostLegs is how many legs a posting has at most.
const mostLegs = 65

func mustAdd(a, b money.Amount) money.Amount {
	sum, err := a.Add(b)
	if err != nil {
		panic("ledger: legs of a posting overflow")
	}
	return sum
}

func mustBeNothing(sum money.Amount, currency money.Currency) {
	if sum != 0 {
		panic(fmt.Sprintf("ledger: posting is off by %d %s", sum, currency))
	}
}
