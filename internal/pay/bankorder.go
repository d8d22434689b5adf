package pay

import (
	"fmt"
	"time"

	"tongbao/internal/bank"
	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/risk"
	"tongbao/internal/store"
)

// BankStatus is where a top-up or withdrawal stands.
type BankStatus string

const (
	BankInstructed BankStatus = "instructed" // the bank is being told, or has not answered yet
	BankUnknown    BankStatus = "unknown"    // the bank was told and did not say; it is asked again until it does
	BankSucceeded  BankStatus = "succeeded"
	BankRefused    BankStatus = "refused"
)

// Final says that the bank has spoken.
func (s BankStatus) Final() bool { return s == BankSucceeded || s == BankRefused }

// BankOrder is a top-up or a withdrawal: one instruction to a bank, from its
// commit to the bank's word. A withdrawal's money is held meanwhile, on the
// owner's account and out of the bank's; a top-up's is nowhere yet.
type BankOrder struct {
	ID        string         `cbor:"1,keyasint"` // also the instruction's Ref
	Direction bank.Direction `cbor:"2,keyasint"`
	Owner     uint64         `cbor:"3,keyasint"`
	Card      string         `cbor:"4,keyasint"` // the card's token at the bank
	CardID    string         `cbor:"5,keyasint"`
	CardLabel string         `cbor:"6,keyasint"` // for people: "ICBC ****1234"
	Holder    string         `cbor:"7,keyasint"`
	Bank      uint64         `cbor:"8,keyasint"`
	Amount    money.Amount   `cbor:"9,keyasint"`
	Currency  money.Currency `cbor:"10,keyasint"`
	Status    BankStatus     `cbor:"11,keyasint"`
	Created   int64          `cbor:"12,keyasint"` // this and the next: Unix milliseconds
	Finished  int64          `cbor:"13,keyasint,omitempty"`
	NextCheck int64          `cbor:"14,keyasint,omitempty"` // when the bank is asked next
	Attempts  int            `cbor:"15,keyasint,omitempty"` // how often it was told or asked
	BankRef   string         `cbor:"16,keyasint,omitempty"`
	Code      string         `cbor:"17,keyasint,omitempty"`
	Detail    string         `cbor:"18,keyasint,omitempty"`
	Claims    int            `cbor:"19,keyasint,omitempty"` // questions that a server has taken on, where several may
}

// The indexes of bank orders: of a party (Sort party/direction/time), and those
// whose outcome is unknown.
const (
	BankOrdersOf      = "bank_order.party"
	BankOrdersUnknown = "bank_order.unknown"
)

// BankOrders are found by id: tu_… for top-ups, wd_… for withdrawals.
var BankOrders = engine.Kind[BankOrder]{Name: "bank_order", Terms: func(_ string, o BankOrder) []store.Term {
	terms := []store.Term{{Index: BankOrdersOf, Sort: party.FormatID(o.Owner) + "/" + string(o.Direction) + "/" + sortable(o.Created)}}
	if o.Status == BankUnknown {
		terms = append(terms, store.Term{Index: BankOrdersUnknown, Sort: sortable(o.Created)})
	}
	return terms
}}

// BankOrderID is the id of the order that a command makes.
func BankOrderID(direction bank.Direction, command string) string {
	if direction == bank.In {
		return idFor("tu_", command)
	}
	return idFor("wd_", command)
}

// Both of a withdrawal's holds: on what the owner has, and on what lies at the bank.
func ownerHoldID(order string) string { return order + "/owner" }
func bankHoldID(order string) string  { return order + "/bank" }

func touchBankOrder(touched *store.Touched, o *BankOrder) {
	touched.Record(BankOrders.Key(o.ID), Timers.Key(timerID(TimerBank, o.ID)), Holds.Key(ownerHoldID(o.ID)), Holds.Key(bankHoldID(o.ID)))
	touchParty(touched, o.Owner, o.Currency)
	touched.Account(ledger.Of(ledger.ClientFunds, o.Bank, o.Currency), ledger.Of(ledger.Suspense, o.Bank, o.Currency))
}

// startBankOrder is the first half: what can be promised is promised, and the
// instruction is on its way as soon as this is durable.
type startBankOrder struct {
	Key   string    `cbor:"1,keyasint"`
	Order BankOrder `cbor:"2,keyasint"` // ID to Currency

	risk risk.Hook
}

func (c startBankOrder) ID() string { return c.Key }
func (c startBankOrder) Name() string {
	if c.Order.Direction == bank.In {
		return "start_top_up"
	}
	return "start_withdrawal"
}
func (c startBankOrder) Touches(touched *store.Touched) { touchBankOrder(touched, &c.Order) }

func (c startBankOrder) Apply(tx *engine.Tx) (any, error) {
	o := c.Order
	if err := CheckAmount(o.Amount); err != nil {
		return nil, err
	}
	owner := BalanceOf(o.Owner, o.Currency)
	facts := risk.Facts{Act: risk.TakeIn, Amount: o.Amount, Proved: true, Unattended: party.IsMerchant(o.Owner)}
	if o.Direction == bank.Out {
		facts.Act = risk.TakeOut
	}
	if err := c.risk.Check(facts); err != nil {
		return nil, err
	}
	if o.Direction == bank.Out {
		if err := holdForWithdrawal(tx, &o, owner); err != nil {
			return nil, err
		}
	}

	o.Status, o.Created, o.NextCheck = BankInstructed, tx.NowMilli(), tx.NowMilli()
	BankOrders.Put(tx, o.ID, o)
	setTimer(tx, TimerBank, o.ID, o.NextCheck)
	emitBankOrder(tx, &o)
	return nil, nil
}

func holdForWithdrawal(tx *engine.Tx, o *BankOrder, owner ledger.AccountID) error {
	hold, err := ledger.Authorise(tx, ownerHoldID(o.ID), owner, o.Amount, 0, o.ID)
	if err != nil {
		return err
	}
	funds := ledger.Of(ledger.ClientFunds, o.Bank, o.Currency)
	reserve, err := ledger.Authorise(tx, bankHoldID(o.ID), funds, o.Amount, 0, o.ID)
	if err != nil {
		return refusal.New(refusal.BankRefused, "this bank cannot pay out so much now; try another card, or later")
	}
	Holds.Put(tx, hold.ID, hold)
	Holds.Put(tx, reserve.ID, reserve)
	return nil
}

// bankAnswered is the second half: the bank's word, or the lack of one. The
// same word twice changes nothing; another word after a final one puts the
// money into suspense, where a person explains it.
type bankAnswered struct {
	Key    string      `cbor:"1,keyasint"`
	Order  string      `cbor:"2,keyasint"`
	Answer bank.Answer `cbor:"3,keyasint"`
	Claim  int         `cbor:"4,keyasint,omitempty"` // under which it was asked for; 0 for a word unasked

	seen *BankOrder
}

func (c bankAnswered) ID() string                     { return c.Key }
func (c bankAnswered) Name() string                   { return "bank_answered" }
func (c bankAnswered) Touches(touched *store.Touched) { touchBankOrder(touched, c.seen) }

func (c bankAnswered) Apply(tx *engine.Tx) (any, error) {
	o, ok := BankOrders.Get(tx, c.Order)
	if !ok {
		return nil, refusal.New(refusal.NotFound, "no order %s", c.Order)
	}
	if o.Status.Final() {
		return nil, c.afterFinal(tx, &o)
	}
	if spoke := c.Answer.Outcome == bank.Succeeded || c.Answer.Outcome == bank.Refused; !spoke && c.Claim != o.Claims && c.Claim != 0 {
		return nil, nil // another server has asked since, and what that one hears counts
	}

	o.Attempts++
	o.BankRef, o.Code, o.Detail = c.Answer.BankRef, c.Answer.Code, c.Answer.Detail
	switch c.Answer.Outcome {
	case bank.Succeeded:
		o.Status = BankSucceeded
		if err := c.succeed(tx, &o); err != nil {
			return nil, err
		}
	case bank.Refused:
		o.Status = BankRefused
		c.release(tx, &o)
	default:
		o.Status = BankUnknown
		o.NextCheck = tx.NowMilli() + askAgain(o.Attempts).Milliseconds()
		setTimer(tx, TimerBank, o.ID, o.NextCheck)
	}
	if o.Status.Final() {
		o.Finished, o.NextCheck = tx.NowMilli(), 0
		dropTimer(tx, TimerBank, o.ID)
	}
	BankOrders.Put(tx, o.ID, o)
	emitBankOrder(tx, &o)
	tellBankOrder(tx, &o)
	return nil, nil
}

// succeed posts the movement that has happened at the bank.
func (c bankAnswered) succeed(tx *engine.Tx, o *BankOrder) error {
	owner, funds := BalanceOf(o.Owner, o.Currency), ledger.Of(ledger.ClientFunds, o.Bank, o.Currency)
	if o.Direction == bank.In {
		return tx.Post(ledger.Move(funds, owner, o.Amount, ledger.TopUp)...)
	}
	for _, id := range []string{ownerHoldID(o.ID), bankHoldID(o.ID)} {
		hold := mustHold(tx, id)
		if err := hold.Capture(tx, o.Amount, true, tx.NowMilli()); err != nil {
			panic("pay: the hold of a withdrawal under way is gone: " + err.Error())
		}
		Holds.Put(tx, id, hold)
	}
	return tx.Post(ledger.Move(owner, funds, o.Amount, ledger.Withdrawal)...)
}

func (c bankAnswered) release(tx *engine.Tx, o *BankOrder) {
	if o.Direction == bank.In {
		return
	}
	for _, id := range []string{ownerHoldID(o.ID), bankHoldID(o.ID)} {
		hold := mustHold(tx, id)
		if err := hold.Void(tx); err != nil {
			panic("pay: the hold of a withdrawal under way is gone: " + err.Error())
		}
		Holds.Put(tx, id, hold)
	}
}

// afterFinal hears a bank that speaks again. A yes after a no means that the
// money has moved all the same: the books follow the bank, and the other side
// stands in suspense. A no after a yes changes nothing here: a bank takes money
// back by an instruction of its own, not by a late answer.
func (c bankAnswered) afterFinal(tx *engine.Tx, o *BankOrder) error {
	if o.Status != BankRefused || c.Answer.Outcome != bank.Succeeded || o.Code == lateSuccess {
		return nil
	}
	funds, suspense := ledger.Of(ledger.ClientFunds, o.Bank, o.Currency), ledger.Of(ledger.Suspense, o.Bank, o.Currency)
	from, to := funds, suspense
	if o.Direction == bank.Out {
		from, to = suspense, funds
	}
	if err := tx.Post(ledger.Move(from, to, o.Amount, ledger.Unexplained)...); err != nil {
		return err
	}
	o.Code, o.Detail = lateSuccess, "the bank said no and later yes; the sum stands in suspense"
	BankOrders.Put(tx, o.ID, *o)
	emitBankOrder(tx, o)
	return nil
}

const lateSuccess = "late_success"

// askAgain is how long to wait before the nth question: sooner at first, then
// every half hour for as long as it takes.
func askAgain(attempts int) time.Duration {
	waits := []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}
	if attempts <= len(waits) {
		return waits[attempts-1]
	}
	return 30 * time.Minute
}

func emitBankOrder(tx *engine.Tx, o *BankOrder) {
	kind := TopUpUpdated
	if o.Direction == bank.Out {
		kind = WithdrawalUpdated
	}
	Tell(tx, Event{Type: kind, Parties: []uint64{o.Owner}, Kind: BankOrders.Name, Object: o.ID})
}

// bankLease is how long the server that has taken a question to the bank on has for
// it: half for the bank, and the rest for what it says to be kept.
const bankLease = time.Minute

// claimBankOrder is a server's word that it asks the bank next about an order. Until
// the lease is over others leave it alone; when it is, they take it on under the next
// number, and what the first still hears, if it is no word of the bank's, is not kept.
type claimBankOrder struct {
	Order  string `cbor:"1,keyasint"`
	Claim  int    `cbor:"2,keyasint"`
	Server string `cbor:"3,keyasint"` // another server's claim of the same number is a conflict
}

func (c claimBankOrder) ID() string   { return fmt.Sprintf("bank/%s/claim/%d", c.Order, c.Claim) }
func (c claimBankOrder) Name() string { return "claim_bank_order" }
func (c claimBankOrder) Touches(t *store.Touched) {
	t.Record(BankOrders.Key(c.Order), Timers.Key(timerID(TimerBank, c.Order)))
}

func (c claimBankOrder) Apply(tx *engine.Tx) (any, error) {
	o, ok := BankOrders.Get(tx, c.Order)
	if !ok || o.Status.Final() || o.Claims+1 != c.Claim {
		return nil, refusal.New(refusal.IdempotencyConflict, "the order has moved on")
	}

	o.Claims, o.NextCheck = c.Claim, tx.NowMilli()+bankLease.Milliseconds()
	BankOrders.Put(tx, o.ID, o)
	setTimer(tx, TimerBank, o.ID, o.NextCheck)
	return nil, nil
}
