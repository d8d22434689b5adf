package pay

import (
	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// HoldsOf lists the holds on an account; Sort is the account's name.
const HoldsOf = "hold.account"

// HoldsOpen lists the open holds; Sort is the account's name.
const HoldsOpen = "hold.open"

// Holds are found by id.
var Holds = engine.Kind[ledger.Hold]{Name: "hold", Terms: func(_ string, h ledger.Hold) []store.Term {
	terms := []store.Term{{Index: HoldsOf, Sort: h.Account.String()}}
	if h.Status == ledger.HoldOpen {
		terms = append(terms, store.Term{Index: HoldsOpen, Sort: h.Account.String()})
	}
	return terms
}}

func mustHold(tx *engine.Tx, id string) ledger.Hold {
	hold, ok := Holds.Get(tx, id)
	if !ok {
		panic("pay: hold " + id + " is gone")
	}
	return hold
}

// HoldID is the id of the hold that a command makes.
func HoldID(command string) string { return idFor("hold_", command) }

type authorise struct {
	Key     string           `cbor:"1,keyasint"`
	Account ledger.AccountID `cbor:"2,keyasint"`
	Amount  money.Amount     `cbor:"3,keyasint"`
	Seconds int64            `cbor:"4,keyasint"` // until it expires; 0 for never
	For     string           `cbor:"5,keyasint"`
}

func (c authorise) ID() string   { return c.Key }
func (c authorise) Name() string { return "authorise" }
func (c authorise) Touches(touched *store.Touched) {
	touched.Account(c.Account)
	touched.Record(Holds.Key(HoldID(c.Key)), Timers.Key(timerID(TimerHold, HoldID(c.Key))))
}

func (c authorise) Apply(tx *engine.Tx) (any, error) {
	if err := CheckAmount(c.Amount); err != nil {
		return nil, err
	}
	var expires int64
	if c.Seconds > 0 {
		expires = tx.NowMilli() + 1000*c.Seconds
	}
	hold, err := ledger.Authorise(tx, HoldID(c.Key), c.Account, c.Amount, expires, c.For)
	if err != nil {
		return nil, err
	}
	Holds.Put(tx, hold.ID, hold)
	if expires != 0 {
		setTimer(tx, TimerHold, hold.ID, expires)
	}
	return nil, nil
}

// endHold captures, voids or expires a hold.
type endHold struct {
	Key    string       `cbor:"1,keyasint"`
	Hold   string       `cbor:"2,keyasint"`
	How    string       `cbor:"3,keyasint"` // capture, void, expire
	Amount money.Amount `cbor:"4,keyasint,omitempty"`
	Final  bool         `cbor:"5,keyasint,omitempty"`
	To     uint64       `cbor:"6,keyasint,omitempty"` // who gets what is captured

	seen ledger.Hold
}

func (c endHold) ID() string   { return c.Key }
func (c endHold) Name() string { return c.How + "_hold" }
func (c endHold) Touches(touched *store.Touched) {
	touched.Record(Holds.Key(c.Hold), Timers.Key(timerID(TimerHold, c.Hold)))
	touched.Account(c.seen.Account)
	if c.To != 0 {
		touchParty(touched, c.To, c.seen.Account.Currency)
		touched.Account(DiaryOf(c.seen.Account.Owner))
	}
}

func (c endHold) Apply(tx *engine.Tx) (any, error) {
	hold, ok := Holds.Get(tx, c.Hold)
	if !ok {
		return nil, refusal.New(refusal.HoldNotFound, "no hold %s", c.Hold)
	}
	var err error
	switch c.How {
	case "capture":
		to := BalanceOf(c.To, hold.Account.Currency)
		if to == hold.Account {
			return nil, refusal.In("to", refusal.SamePayerAndPayee, "the hold is on the payee's own account")
		}
		if err = hold.Capture(tx, c.Amount, c.Final, tx.NowMilli()); err != nil {
			return nil, err
		}
		if err = ledger.Spend(tx, hold.Account, c.Amount, tx.Day()); err != nil {
			return nil, err
		}
		if err = tx.Post(ledger.Move(hold.Account, to, c.Amount, ledger.Transfer)...); err != nil {
			return nil, err
		}
		t := Transfer{ID: TransferID(c.Key), From: hold.Account.Owner, To: c.To, Amount: c.Amount, Currency: hold.Account.Currency, Note: hold.For, At: tx.NowMilli()}
		Transfers.Append(tx, t.ID, t)
		Tell(tx, Event{Type: TransferCreated, Parties: []uint64{t.From, t.To}, Kind: Transfers.Name, Object: t.ID})
		tellTransfer(tx, t)
	case "void":
		err = hold.Void(tx)
	case "expire":
		err = hold.Expire(tx, tx.NowMilli())
	}
	if err != nil {
		return nil, err
	}
	Holds.Put(tx, hold.ID, hold)
	if hold.Status != ledger.HoldOpen {
		dropTimer(tx, TimerHold, hold.ID)
	}
	return nil, nil
}
