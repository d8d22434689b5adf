package pay

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strconv"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/risk"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// The indexes of trades. A Sort is party/status/created, for those that wait for
// somebody or were closed, or the moment a dispute was opened. All trades of a
// party are in its diary; see ListTrades.
const (
	TradesOfMerchantIn = "trade.merchant.status"
	TradesOfBuyerIn    = "trade.buyer.status"
	DisputesOfMerchant = "dispute.merchant"
	DisputesOfBuyer    = "dispute.buyer"
	DisputesAll        = "dispute.all"
	DisputesOpen       = "dispute.open"
	DisputesToDecide   = "dispute.decide"
)

// Trades are the payments, by trade number.
var Trades = engine.Kind[trade.Trade]{Name: "trade", Bulk: true, Origin: tradeOrigin, Terms: func(_ string, t trade.Trade) []store.Term {
	var terms []store.Term
	created, merchant := "", ""
	if Indexed(t.Status) || t.Dispute != nil {
		created, merchant = sortable(int64(t.Created)), party.FormatID(t.Merchant)
	}
	if Indexed(t.Status) {
		status := t.Status.String()
		terms = append(terms, store.Term{Index: TradesOfMerchantIn, Sort: merchant + "/" + status + "/" + created})
		if t.Buyer != 0 {
			terms = append(terms, store.Term{Index: TradesOfBuyerIn, Sort: party.FormatID(t.Buyer) + "/" + status + "/" + created})
		}
	}
	if d := t.Dispute; d != nil {
		opened := sortable(int64(d.Opened))
		terms = append(terms,
			store.Term{Index: DisputesOfMerchant, Sort: merchant + "/" + opened},
			store.Term{Index: DisputesOfBuyer, Sort: party.FormatID(t.Buyer) + "/" + opened},
			store.Term{Index: DisputesAll, Sort: opened})
		if d.Status.Open() {
			terms = append(terms, store.Term{Index: DisputesOpen, Sort: opened})
		}
		if d.Status == trade.AlipayCheck {
			terms = append(terms, store.Term{Index: DisputesToDecide, Sort: opened})
		}
	}
	return terms
}}

// Indexed says that the trades of a party in this state have an index of their own:
// all but those that went well, which are most of its diary.
func Indexed(s trade.Status) bool { return s != trade.TradeSuccess && s != trade.TradeFinished }

// OrderNo binds a merchant's order number to the one trade that has it.
type OrderNo struct {
	Trade string `cbor:"1,keyasint"`
	// Terms is a digest of what was asked: the same again is the same trade. It need not be
	// hard to meet: a merchant that makes two orders with one digest finds its own trade.
	Terms uint64 `cbor:"3,keyasint,omitempty"`
	// Before is what stood in its place until November 2026, the first half of a SHA-256.
	Before []byte `cbor:"2,keyasint,omitempty"`
}

// isOf says that the number's trade was opened by this very order; terms is its termsOf.
func (n *OrderNo) isOf(o *trade.Order, terms uint64) bool {
	if len(n.Before) > 0 {
		encoded, _ := encodedTerms(nil, o)
		sum := sha256.Sum256(encoded)
		return bytes.Equal(n.Before, sum[:len(sum)/2])
	}
	return n.Terms == terms
}

// OrderNos are found by "merchant/order number".
var OrderNos = engine.Kind[OrderNo]{Name: "order_no", Bulk: true}

// OrderNoID names the record of a merchant's order number.
func OrderNoID(merchant uint64, orderNo string) string {
	var b [96]byte // most fit, and then only the text is allocated
	return string(AppendOrderNoID(b[:0], merchant, orderNo))
}

// AppendOrderNoID appends it.
func AppendOrderNoID(b []byte, merchant uint64, orderNo string) []byte {
	return append(append(strconv.AppendUint(b, merchant, 10), '/'), orderNo...)
}

// touchTrade names everything that any act on the trade may read or write:
// what makes up its accounts never changes after its creation, but for the buyer.
func touchTrade(touched *store.Touched, t *trade.Trade, buyer uint64) {
	touchOrder(touched, t.ID, &t.Order, buyer)
}

func touchOrder(touched *store.Touched, id string, o *trade.Order, buyer uint64) {
	touched.Record(Trades.Key(id), Timers.Key(timerID(TimerTrade, id)))
	touchMoney(touched, o, buyer)
	touched.Account(ledger.Of(ledger.Escrow, o.Merchant, o.Currency))
}

// touchMoney names the accounts between which an instant trade's money moves.
func touchMoney(touched *store.Touched, o *trade.Order, buyer uint64) {
	touchParty(touched, o.Merchant, o.Currency)
	touched.Account(ledger.Of(ledger.FeeIncome, 0, o.Currency))
	if buyer != 0 {
		touchParty(touched, buyer, o.Currency)
	}
	if o.Buyer != 0 && o.Buyer != buyer {
		touchParty(touched, o.Buyer, o.Currency)
	}
	for _, p := range o.Payees {
		touched.Account(BalanceOf(p.Party, o.Currency))
	}
}

// touchParty names a party's balance, and its diary where that is another account.
func touchParty(touched *store.Touched, id uint64, currency money.Currency) {
	touched.Account(BalanceOf(id, currency))
	if currency != money.CNY {
		touched.Account(DiaryOf(id))
	}
}

// timed is the moment at which a timer must ring for the trade. The end of an
// instant trade's refund window has none: there is one for every payment, a year
// on, and jobs finds them by reading the journal of a year ago.
func timed(t *trade.Trade) (due trade.Time, ok bool) {
	due, what, ok := t.NextDeadline()
	return due, ok && what != trade.DueFinish
}

// keepTrade posts the moves that led from before to after, and keeps the trade
// with its timer, its events and its messages. All of the act, or none.
func keepTrade(tx *engine.Tx, before, after *trade.Trade, moves []trade.Move) error {
	if len(moves) > 0 {
		var room [8]ledger.Leg
		if err := tx.Post(legsOf(room[:0], after, moves)...); err != nil {
			return err
		}
	}
	giveBackAllowance(tx, before, after)

	Trades.PutCompact(tx, after.ID, after, func(b []byte) ([]byte, bool) { return after.AppendTo(b) })
	if due, ok := timed(after); ok {
		setTimer(tx, TimerTrade, after.ID, int64(due))
	} else if _, had := timed(before); had {
		dropTimer(tx, TimerTrade, after.ID)
	}
	var some [4]Event
	parties := [2]uint64{after.Merchant, after.Buyer}
	events := eventsBetween(some[:0], parties[:], before, after)
	Tell(tx, events...)
	for _, e := range events {
		if before.ID != "" || after.Kind != trade.Instant { // who pays on the spot needs no message to know it
			tell(tx, e, after)
		}
	}
	return nil
}

// giveBackAllowance takes refunds out of what the buyer has spent: a limit
// counts what was bought, not what was bought and returned.
func giveBackAllowance(tx *engine.Tx, before, after *trade.Trade) {
	if refunded := after.Refunded - before.Refunded; refunded > 0 {
		spentOn := engine.DayOf(after.Paid.Std(), tx.Zone())
		ledger.Unspend(tx, BalanceOf(after.Buyer, after.Currency), refunded, spentOn, tx.Day())
	}
}

// spend counts a payment against the buyer's limits after the risk rules.
func spend(tx *engine.Tx, hook risk.Hook, act risk.Act, t *trade.Trade, proved bool) error {
	account := tx.Account(BalanceOf(t.Buyer, t.Currency))
	facts := risk.Facts{Act: act, Amount: t.Amount, TimesToday: account.Meter.At(tx.Day()).TimesADay, Proved: proved}
	if err := hook.Check(facts); err != nil {
		return err
	}
	return ledger.Spend(tx, account.ID, t.Amount, tx.Day())
}

// act is what one command does to a trade: the arguments, and the verb.
type act interface {
	name() string
	do(t *trade.Trade, at trade.Time) ([]trade.Move, error)
}

// onTrade is the command of every act on a trade that exists, but for paying.
type onTrade[A act] struct {
	Key   string `cbor:"1,keyasint"`
	Trade string `cbor:"2,keyasint"`
	Act   A      `cbor:"3,keyasint"`

	seen *trade.Trade // as the desk read it: for the accounts it touches
}

func (c onTrade[A]) ID() string   { return c.Key }
func (c onTrade[A]) Name() string { return c.Act.name() }

func (c onTrade[A]) Touches(touched *store.Touched) { touchTrade(touched, c.seen, c.seen.Buyer) }

func (c onTrade[A]) Apply(tx *engine.Tx) (any, error) {
	before, ok := Trades.Get(tx, c.Trade)
	if !ok {
		return nil, refusal.New(refusal.TradeNotFound, "no payment %s", c.Trade)
	}
	if before.Buyer != c.seen.Buyer {
		return nil, refusal.New(refusal.TradeStateRefused, "the payment was paid a moment ago; look again")
	}
	after := before
	moves, err := c.Act.do(&after, trade.At(tx.Now()))
	if err != nil {
		return nil, err
	}
	return nil, keepTrade(tx, &before, &after, moves)
}

// payTrade pays an open trade from a balance.
type payTrade struct {
	Key   string `cbor:"1,keyasint"`
	Trade string `cbor:"2,keyasint"`
	Buyer uint64 `cbor:"3,keyasint"`
	// Amount is what the buyer saw and agreed to, in minor units.
	Amount int64 `cbor:"4,keyasint"`

	seen *trade.Trade
	risk risk.Hook
}

func (c payTrade) ID() string                     { return c.Key }
func (c payTrade) Name() string                   { return "pay_trade" }
func (c payTrade) Touches(touched *store.Touched) { touchTrade(touched, c.seen, c.Buyer) }

func (c payTrade) Apply(tx *engine.Tx) (any, error) {
	before, ok := Trades.Get(tx, c.Trade)
	if !ok {
		return nil, refusal.New(refusal.TradeNotFound, "no payment %s", c.Trade)
	}
	if int64(before.Amount) != c.Amount {
		return nil, refusal.In("expected_amount", refusal.InvalidAmount, "the payment is for %d, not %d; nothing was paid", before.Amount, c.Amount)
	}
	after := before
	moves, err := after.Pay(trade.At(tx.Now()), c.Buyer)
	if err != nil {
		return nil, err
	}
	if err := spend(tx, c.risk, risk.PayPassword, &after, true); err != nil {
		return nil, err
	}
	return nil, keepTrade(tx, &before, &after, moves)
}

// DisputeID is how a trade's nth dispute is named outside.
func DisputeID(t *trade.Trade) string { return fmt.Sprintf("dp_%s_%d", t.ID, t.Dispute.No) }
