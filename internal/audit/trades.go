package audit

import (
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// tradeBook follows the trades through the journal: what they hold in escrow,
// what they have been charged, and what they wait for. It remembers those that can
// still change what they hold; of a payment that was settled as it was opened,
// which most are, only that its order number was used.
type tradeBook struct {
	a      *auditor
	at     trade.Trade          // the one that is looked at
	number pay.OrderNo          // the one that belongs to it
	key    []byte               // of that
	live   map[uint64]liveTrade // by the stamp of the command that opened it

	inEscrow, charged map[ledger.AccountID]*sum
	orders            []uint64 // hashes of merchant and order number
	sort              sync.Once
	sorting           sync.WaitGroup
	seed              maphash.Seed

	escrow, fees, rates, timers, numbers, whole *Check
}

// liveTrade is what is remembered of a trade.
type liveTrade struct {
	escrow, fee int64
	due         int64  // of its timer; 0 for none
	id          string // where due is set
}

func newTradeBook(a *auditor) *tradeBook {
	return &tradeBook{a: a, live: map[uint64]liveTrade{}, inEscrow: map[ledger.AccountID]*sum{}, charged: map[ledger.AccountID]*sum{}, seed: maphash.MakeSeed()}
}

func (b *tradeBook) begin() {
	b.escrow = b.a.check("escrow equals the open trades, merchant by merchant")
	b.fees = b.a.check("fee income equals the fees of the trades")
	b.rates = b.a.check("every payment was charged its merchant's rate")
	b.timers = b.a.check("every trade with a deadline has its timer, and no other has one")
	b.numbers = b.a.check("every order number leads to its one trade")
	b.whole = b.a.check("no trade has given back or settled more than was paid")
}

// follow looks at the trades that an entry wrote.
func (b *tradeBook) follow(e *store.Entry) {
	for i := range e.Records {
		r := &e.Records[i]
		if r.Key.Kind != pay.Trades.Name {
			continue
		}
		if err := pay.Trades.DecodeInPlace(r, &b.at); err != nil {
			b.whole.fault("entry %d: %v", e.Position, err)
			continue
		}
		b.trade(e, &b.at, r.Key.Origin)
	}
}

func (b *tradeBook) trade(e *store.Entry, t *trade.Trade, origin uint64) {
	b.whole.Looked++
	if t.Refunded < 0 || t.Settled < 0 || t.FeeCharged < 0 || t.Refunded > t.Amount || t.Settled > t.Amount || (t.Paid == 0 && t.Refunded+t.Settled+t.FeeCharged != 0) {
		b.whole.fault("payment %s of %d: refunded %d, settled %d, fee %d", t.ID, t.Amount, t.Refunded, t.Settled, t.FeeCharged)
	}
	now := liveTrade{escrow: int64(t.InEscrow()), fee: int64(t.FeeCharged)}
	if due, what, ok := t.NextDeadline(); ok && what != trade.DueFinish {
		now.due, now.id = int64(due), strings.Clone(t.ID)
	}
	before, known := b.live[origin]
	opening := origin == e.Stamp
	onTheSpot := t.Kind == trade.Instant && t.HoldFor == 0 && t.Paid != 0 && t.Refunded == 0
	switch {
	case opening:
		b.opened(e, t)
	case !known: // opened and settled at once: it held nothing, and was charged for the whole
		before.fee = feeOf(t, t.Amount)
	}
	if t.Settled != 0 && t.Refunded == 0 {
		b.rates.Looked++
		if want := feeOf(t, t.Settled); now.fee != want {
			b.rates.fault("payment %s settled %d at a rate of %d: charged %d, not %d", t.ID, t.Settled, t.FeeRate, now.fee, want)
		}
	}
	if now.escrow != before.escrow {
		sumOf(b.inEscrow, ledger.Of(ledger.Escrow, t.Merchant, t.Currency)).add(now.escrow - before.escrow)
	}
	if now.fee != before.fee {
		sumOf(b.charged, ledger.Of(ledger.FeeIncome, 0, t.Currency)).add(now.fee - before.fee)
	}
	if !known && onTheSpot {
		return
	}
	b.live[origin] = now
}

// ended says that all trades have gone by: their order numbers are sorted beside what
// else is to be done, since there may be many millions.
func (b *tradeBook) ended() {
	b.sort.Do(func() { b.sorting.Go(func() { slices.Sort(b.orders) }) })
}

// opened looks for the order number beside the trade that it leads to.
func (b *tradeBook) opened(e *store.Entry, t *trade.Trade) {
	b.numbers.Looked++
	b.key = pay.AppendOrderNoID(b.key[:0], t.Merchant, t.OrderNo)
	b.number = pay.OrderNo{}
	for i := range e.Records {
		if r := &e.Records[i]; r.Key.Kind == pay.OrderNos.Name && r.Key.ID == string(b.key) {
			if err := pay.OrderNos.DecodeInPlace(r, &b.number); err != nil {
				b.numbers.fault("payment %s: %v", t.ID, err)
			}
		}
	}
	if b.number.Trade != t.ID {
		b.numbers.fault("payment %s: its order number %q leads to %q", t.ID, t.OrderNo, b.number.Trade)
	}
	b.orders = append(b.orders, maphash.Bytes(b.seed, b.key))
}

// feeOf is the merchant's rate, in millionths, of a sum, rounded half up.
func feeOf(t *trade.Trade, of money.Amount) int64 {
	if of < 0 || t.FeeRate < 0 || t.FeeRate > 1_000_000 {
		return -1
	}
	high, low := bits.Mul64(uint64(of), uint64(t.FeeRate))
	low, carry := bits.Add64(low, 500_000, 0)
	fee, _ := bits.Div64(high+carry, low, 1_000_000)
	return int64(fee)
}

func sumOf(sums map[ledger.AccountID]*sum, id ledger.AccountID) *sum {
	s, ok := sums[id]
	if !ok {
		s = &sum{}
		sums[id] = s
	}
	return s
}

// close compares what the trades came to with the accounts and the timers.
func (b *tradeBook) close() error {
	if err := b.checkTimers(); err != nil {
		return err
	}
	b.ended()
	b.sorting.Wait()
	for i := 1; i < len(b.orders); i++ {
		if b.orders[i] == b.orders[i-1] {
			b.numbers.fault("an order number was used for two payments (hash %x)", b.orders[i])
		}
	}
	for t := range b.a.accounts.all() {
		id := t.state.Account
		switch id.Kind {
		case ledger.Escrow:
			b.escrow.Looked++
			if err := b.equal(b.escrow, id, b.inEscrow[id], "its open trades hold"); err != nil {
				return err
			}
			delete(b.inEscrow, id)
		case ledger.FeeIncome:
			b.fees.Looked++
			if err := b.equal(b.fees, id, b.charged[id], "the trades' fees sum to"); err != nil {
				return err
			}
		}
	}
	for id, held := range b.inEscrow {
		if !held.is(0) {
			b.escrow.fault("trades hold %s in %s, which no entry has touched", held, id)
		}
	}
	return nil
}

func (b *tradeBook) equal(c *Check, id ledger.AccountID, want *sum, what string) error {
	account, err := b.a.from.Account(b.a.ctx, id)
	if err != nil {
		return fmt.Errorf("read account %s: %w", id, err)
	}
	if want == nil {
		want = &sum{}
	}
	if !want.is(int64(account.Balance)) {
		c.fault("account %s stands at %d; %s %s", id, account.Balance, what, want)
	}
	return nil
}

func (b *tradeBook) checkTimers() error {
	wanted := map[string]int64{}
	for _, t := range b.live {
		if t.due != 0 {
			wanted[t.id] = t.due
		}
	}
	b.timers.Looked = uint64(len(wanted))
	err := each(b.a, pay.Timers, pay.DueIndex(pay.TimerTrade), func(_ string, timer pay.Timer) error {
		due, wants := wanted[timer.About]
		if !wants || due != timer.Due {
			b.timers.fault("payment %s has a timer at %d; its deadline is %d", timer.About, timer.Due, due)
		}
		delete(wanted, timer.About)
		return nil
	})
	for id, due := range wanted {
		b.timers.fault("payment %s has a deadline at %d and no timer", id, due)
	}
	return err
}
