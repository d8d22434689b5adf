// Package ledger is double entry, and only that: accounts and what each may
// become, postings that balance per currency, holds, and the meters that count
// what an account spent. It refuses to know who owns an account, what a trade
// is, what time it is, and where anything is kept: accounts are values, handed
// in and handed back.
//
// Amounts of legs are signed: a credit is positive, a debit negative, and the
// legs of a posting sum to zero in every currency. Balances are told on the
// account's normal side, so that a healthy balance is positive whatever the
// kind of account.
package ledger

import (
	"fmt"
	"strconv"
	"strings"

	"tongbao/internal/money"
)

// Kind is what an account is for. It decides the normal side and whether the
// balance may be negative. Numbers are stored: never renumber.
type Kind uint8

const (
	// User is a person's wallet balance, owed to the person.
	User Kind = 1
	// Merchant is a merchant's settled balance, owed to the merchant.
	Merchant Kind = 2
	// Escrow is what buyers have paid and a merchant has not been given yet;
	// one account per merchant, owner is the merchant.
	Escrow Kind = 3
	// FeeIncome is what the platform has earned; owner is 0.
	FeeIncome Kind = 4
	// ClientFunds is the money at a bank that backs the balances above; owner
	// is the bank's number. The one kind here that is an asset.
	ClientFunds Kind = 5
	// Suspense holds what has arrived or left and is not explained yet, until a
	// person explains it; owner is the bank's number. It may stand on either side.
	Suspense Kind = 6
	// OwnFunds is the platform's own money inside the system: what it puts in to
	// make somebody whole, and what pays interest and campaigns. May be overdrawn
	// no more than any other: the platform tops it up as everyone does.
	OwnFunds Kind = 7
)

type kindInfo struct {
	name        string
	debitNormal bool // assets grow by debits; the rest by credits
	mayNegative bool
}

// kinds are by number: they are asked of every leg.
var kinds = [...]kindInfo{
	User:        {name: "user"},
	Merchant:    {name: "merchant"},
	Escrow:      {name: "escrow"},
	FeeIncome:   {name: "fee_income"},
	ClientFunds: {name: "client_funds", debitNormal: true},
	Suspense:    {name: "suspense", mayNegative: true},
	OwnFunds:    {name: "own_funds"},
}

// Kinds lists every kind, in order of number.
func Kinds() []Kind {
	return []Kind{User, Merchant, Escrow, FeeIncome, ClientFunds, Suspense, OwnFunds}
}

func (k Kind) info() *kindInfo {
	if int(k) >= len(kinds) || kinds[k].name == "" {
		noSuchKind(k)
	}
	return &kinds[k]
}

func noSuchKind(k Kind) { panic(fmt.Sprintf("ledger: account kind %d does not exist", uint8(k))) }

func (k Kind) String() string { return k.info().name }

// DebitNormal says that debits make the balance grow: the kind is an asset.
func (k Kind) DebitNormal() bool { return k.info().debitNormal }

// MayBeNegative says that the balance may stand against the normal side.
func (k Kind) MayBeNegative() bool { return k.info().mayNegative }

// AccountID says of what kind an account is, whose, and in which currency. It
// is the account's name and needs no look-up: an account exists, empty, as
// soon as somebody names it.
type AccountID struct {
	Kind     Kind           `cbor:"1,keyasint"`
	Currency money.Currency `cbor:"2,keyasint"`
	Owner    uint64         `cbor:"3,keyasint"`
}

// Of makes an account's name.
func Of(kind Kind, owner uint64, currency money.Currency) AccountID {
	return AccountID{Kind: kind, Currency: currency, Owner: owner}
}

// String is the name as people and the API see it: "user:2088000000000012:CNY".
func (id AccountID) String() string {
	return id.Kind.String() + ":" + strconv.FormatUint(id.Owner, 10) + ":" + id.Currency.String()
}

// ParseAccountID reads what String wrote.
func ParseAccountID(text string) (AccountID, error) {
	bad := func() (AccountID, error) {
		return AccountID{}, fmt.Errorf("not an account: %q; wanted is kind:owner:currency", text)
	}
	kindName, rest, ok := strings.Cut(text, ":")
	ownerText, code, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 {
		return bad()
	}
	owner, err := strconv.ParseUint(ownerText, 10, 64)
	if err != nil {
		return bad()
	}
	currency, err := money.ParseCurrency(code)
	if err != nil {
		return bad()
	}
	for _, kind := range Kinds() {
		if kind.String() == kindName {
			return Of(kind, owner, currency), nil
		}
	}
	return bad()
}

// Compare orders names by kind, owner, currency.
func (id AccountID) Compare(other AccountID) int {
	switch {
	case id.Kind != other.Kind:
		return int(id.Kind) - int(other.Kind)
	case id.Owner < other.Owner:
		return -1
	case id.Owner > other.Owner:
		return 1
	}
	return int(id.Currency) - int(other.Currency)
}

// Account is the state of one account. The zero value with an ID is an account
// that nothing has happened to.
type Account struct {
	ID      AccountID    `cbor:"1,keyasint"`
	Balance money.Amount `cbor:"2,keyasint,omitempty"` // posted, on the normal side
	Held    money.Amount `cbor:"3,keyasint,omitempty"` // set aside by open holds; never more than Balance, never negative
	Entries uint64       `cbor:"4,keyasint,omitempty"` // how many entries it has; the newest entry's number
	Last    uint64       `cbor:"5,keyasint,omitempty"` // journal position of its newest entry; the store's to set
	Tier    Tier         `cbor:"6,keyasint,omitempty"` // which limits its spending is under
	Meter   Meter        `cbor:"7,keyasint,omitempty"` // what it has spent
}

// Available is what may be spent: posted less held.
func (a Account) Available() money.Amount { return a.Balance - a.Held }

// Zero says that nothing has ever happened to the account.
func (a Account) Zero() bool { return a == Account{ID: a.ID} }

// MustHold panics with a sentence when the account is in a state that no
// command may leave it in. The engine asks it of every account that changed,
// before anything is acknowledged.
func (a Account) MustHold() {
	switch {
	case a.Held < 0:
		panic(fmt.Sprintf("ledger: account %s has %d held, less than nothing", a.ID, a.Held))
	case a.ID.Kind.MayBeNegative():
	case a.Balance < 0:
		panic(fmt.Sprintf("ledger: account %s stands at %d, which its kind may not", a.ID, a.Balance))
	case a.Held > a.Balance:
		panic(fmt.Sprintf("ledger: account %s holds %d of a balance of %d", a.ID, a.Held, a.Balance))
	}
}
