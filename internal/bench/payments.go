package bench

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/risk"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// payments is the load of full payments: a merchant opens a payment that a
// buyer has proved, and it is paid in the same command. Two in a hundred are
// made to be refused.
type payments struct {
	accounts  int
	merchants int
	zipf      float64

	desk    *pay.Desk
	run     string
	popular popularity
}

func merchantsOf(accounts int) int { return min(10_000, max(1, accounts/100)) }

const (
	wealth = 1_000_000_00 // of a buyer at the beginning
	dear   = 2_000_00     // more than a beginner may spend
)

// fate is what an item is made to meet.
type fate int

const (
	paid      fate = iota
	noMoney        // a buyer who may spend and has nothing
	overLimit      // a buyer who has money and may not spend so much
	otherIDs       // the id of an earlier payment, and another amount
)

// fateOf makes 7 of 1000 meet each of the first two refusals, and 6 the third.
func fateOf(n uint64) fate {
	switch per := dice(n, 0) % 1000; {
	case per < 7:
		return noMoney
	case per < 14:
		return overLimit
	case per < 20:
		return otherIDs
	}
	return paid
}

// The buyers stand in three ranges: those who have money, the poor, and the
// beginners.
func (p *payments) some() int          { return max(1, p.accounts/100) }
func (p *payments) poor(n int) int     { return p.accounts + n }
func (p *payments) beginner(n int) int { return p.accounts + p.some() + n }

func (p *payments) prepare(ctx context.Context, s store.Store, e *engine.Engine, tell Tell) error {
	wallet := func(of func(int) int) func(int) ledger.AccountID {
		return func(n int) ledger.AccountID { return ledger.Of(ledger.User, personID(of(n)), money.CNY) }
	}
	same := func(n int) int { return n }
	if err := openAll(ctx, e, "buyers", p.accounts, wallet(same), ledger.TierIII, wealth, tell); err != nil {
		return err
	}
	if err := openAll(ctx, e, "the poor", p.some(), wallet(p.poor), ledger.TierIII, 0, tell); err != nil {
		return err
	}
	if err := openAll(ctx, e, "beginners", p.some(), wallet(p.beginner), ledger.TierI, wealth, tell); err != nil {
		return err
	}
	return takeOnAll(ctx, s, e, p.merchants, tell)
}

func (p *payments) start(e *engine.Engine, run string) {
	p.run, p.popular = run, newPopularity(p.merchants, p.zipf)
	p.desk = pay.New(e, identity.New(e, identity.Options{Argon: identity.Argon{MemoryKiB: 8, Passes: 1, Threads: 1}}), pay.Options{})
}

func (p *payments) do(ctx context.Context, n uint64) (as bool, err error) {
	f, asked := p.item(n)
	t, _, err := p.desk.Open(ctx, by, asked.Key, asked.Asked)
	return f.met(&t, err), err
}

func (p *payments) doAll(ctx context.Context, n uint64, outcomes []outcome) {
	r := paymentRequests.Get().(*paymentRequest)
	defer paymentRequests.Put(r)
	r.fates, r.all = r.fates[:0], r.all[:0]
	for i := range outcomes {
		f, asked := p.item(n + uint64(i))
		r.fates, r.all = append(r.fates, f), append(r.all, asked)
	}
	r.outcomes = p.desk.OpenAll(ctx, by, r.all, r.outcomes)
	for i := range r.outcomes {
		o := &r.outcomes[i]
		outcomes[i] = outcome{r.fates[i].met(&o.Trade, o.Err), o.Err}
	}
}

func (p *payments) touches(n uint64) (accounts []ledger.AccountID, names int) {
	_, asked := p.item(n)
	return []ledger.AccountID{ledger.Of(ledger.User, asked.Asked.Payer, money.CNY), ledger.Of(ledger.Merchant, asked.Asked.Order.Merchant, money.CNY),
		ledger.Of(ledger.FeeIncome, 0, money.CNY)}, 2
}

// paymentRequest is the memory of a request for several payments.
type paymentRequest struct {
	fates    []fate
	all      []pay.ToOpen
	outcomes []pay.Outcome
}

var paymentRequests = sync.Pool{New: func() any { return new(paymentRequest) }}

// item is item n, and what it is made to meet.
func (p *payments) item(n uint64) (fate, pay.ToOpen) {
	f := fateOf(n)
	key := n
	buyer, amount := int(dice(n, 1)%uint64(p.accounts)), money.Amount(1_00+dice(n, 2)%200_00)
	switch f {
	case noMoney:
		buyer = p.poor(int(dice(n, 1) % uint64(p.some())))
	case overLimit:
		buyer, amount = p.beginner(int(dice(n, 1)%uint64(p.some()))), dear
	case otherIDs:
		if key = earlier(n); key == n {
			f = paid
		}
	}
	id, orderNo := p.texts(key, n)
	order := trade.Order{OrderNo: orderNo, Merchant: merchantID(p.popular.choose(dice(n, 3))), Kind: trade.Instant, Goods: trade.Virtual,
		Subject: "Bench", Amount: amount, Currency: money.CNY}
	return f, pay.ToOpen{Key: id, Asked: pay.Asked{Order: order, Payer: personID(buyer)}}
}

// texts are an item's command id and order number: one text, as the second stands in the
// first, but for the items that take an earlier one's id.
func (p *payments) texts(key, n uint64) (id, orderNo string) {
	const prefix = "bench/"
	id = numbered(prefix, p.run, key)
	if key != n {
		return id, numbered("", p.run, n)
	}
	return id, id[len(prefix):]
}

// numbered is a text with the run's name and a number.
func numbered(prefix, run string, n uint64) string {
	var b [96]byte // most fit, and then only the text is allocated
	return string(strconv.AppendUint(append(append(append(b[:0], prefix...), run...), '-'), n, 10))
}

// met says that the answer is the one that the item was made to get.
func (f fate) met(t *trade.Trade, err error) bool {
	no := refusal.Of(err)
	switch f {
	case noMoney:
		return no != nil && no.Code == refusal.InsufficientBalance
	case overLimit:
		return no != nil && no.Code == refusal.TierLimitExceeded
	case otherIDs:
		return no != nil && no.Code == refusal.IdempotencyConflict
	}
	return err == nil && t.Status == trade.TradeSuccess
}

// lag is how far behind item n an item is surely answered, and warm how many
// items have surely been when the measured ones begin.
const (
	lag  = 1 << 18
	warm = 100
)

// earlier is an item whose id item n takes a second time, or n itself while
// there is none.
func earlier(n uint64) uint64 {
	to := uint64(warm)
	switch {
	case n < warm:
		return n
	case n > warm+lag:
		to = n - lag
	}
	m := dice(n, 4) % to
	for fateOf(m) == otherIDs && m > 0 { // those have no id of their own
		m--
	}
	return m
}

// enough refuses a load that the rules would not let through.
func (p *payments) enough(items int) error {
	if most := p.accounts * risk.MostTimesADay / 2; items > most {
		return fmt.Errorf("%d payments by %d buyers are too many for a day, in which each may make %d: take at least %d accounts",
			items, p.accounts, risk.MostTimesADay, items*2/risk.MostTimesADay+1)
	}
	return nil
}
