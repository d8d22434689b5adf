package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"tongbao/internal/money"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

// Clients that truly run at once: what each asked and was told, and when, must fit
// some order in which the acts happened one after another (porcupine looks for
// it). Reads of balances are acts too: none may be of the past or of the future.

// deed is what a client asks. Slots are holds and payments that several clients
// know of; that one is made twice is part of the game.
type deed struct {
	what   string // read, transfer, hold, capture, void, pay, refund
	a, b   int    // accounts: 0 and 1 are people, 2 and 3 merchants
	slot   int
	amount int64
}

// word is the answer: the refusal's code, or what it says of amounts.
type word struct {
	code string
	x, y int64
}

const slots = 3

// purse is the whole state, as a plain value.
type purse struct {
	balance, held [4]int64
	holds         [slots]struct {
		word             word // the first answer, which every repeat gets
		made, ended      bool
		amount, captured int64
	}
	deals [slots]struct {
		word             word
		made             bool
		amount, refunded int64
		fee              int64
	}
}

const rateOf3 = 5500 // of merchant 3, in millionths; merchant 2's is none

// next is the model: what a deed answers in a state, and the state after it. It
// shares no code with the platform.
func (p purse) next(d deed) (word, purse) {
	free := func(a int) int64 { return p.balance[a] - p.held[a] }
	const poor = "insufficient_balance"
	switch d.what {
	case "read":
		return word{x: p.balance[d.a], y: p.held[d.a]}, p
	case "transfer":
		if free(d.a) < d.amount {
			return word{code: poor}, p
		}
		p.balance[d.a] -= d.amount
		p.balance[d.b] += d.amount
		return word{x: d.amount}, p
	case "hold":
		h := &p.holds[d.slot]
		if h.made {
			return h.word, p
		}
		h.made, h.amount = true, holdOf(d.slot)
		if account := 2 + d.slot%2; free(account) < h.amount {
			h.word, h.ended, h.amount = word{code: poor}, true, 0
		} else {
			p.held[account] += h.amount
			h.word = word{x: 0, y: h.amount}
		}
		return h.word, p
	case "capture", "void":
		h, account := &p.holds[d.slot], 2+d.slot%2
		switch {
		case !h.made || h.word.code != "":
			return word{code: "hold_not_found"}, p
		case h.ended:
			return word{code: "hold_ended"}, p
		case d.what == "void":
			h.ended = true
			p.held[account] -= h.amount - h.captured
			return word{x: h.captured, y: h.amount}, p
		case d.amount > h.amount-h.captured:
			return word{code: "hold_exceeded"}, p
		}
		h.captured += d.amount
		h.ended = h.captured == h.amount
		p.held[account] -= d.amount
		p.balance[account] -= d.amount
		p.balance[d.b] += d.amount
		return word{x: h.captured, y: h.amount}, p
	case "pay":
		t, buyer, merchant := &p.deals[d.slot], d.slot%2, 2+d.slot%2
		if t.made {
			return t.word, p
		}
		t.made = true
		if amount := dealOf(d.slot); free(buyer) < amount {
			t.word = word{code: poor}
		} else {
			t.amount, t.fee = amount, feeAt(merchant, amount)
			p.balance[buyer] -= amount
			p.balance[merchant] += amount - t.fee
			t.word = word{x: 0, y: t.fee}
		}
		return t.word, p
	case "refund":
		t, buyer, merchant := &p.deals[d.slot], d.slot%2, 2+d.slot%2
		left := t.amount - t.refunded
		switch {
		case left == 0:
			return word{code: "payment_state_refused"}, p
		case d.amount > left:
			return word{code: "refund_exceeds_remaining"}, p
		}
		fee := feeAt(merchant, left-d.amount)
		if free(merchant)+t.fee-fee < d.amount {
			return word{code: poor}, p
		}
		p.balance[merchant] += t.fee - fee - d.amount
		p.balance[buyer] += d.amount
		t.refunded, t.fee = t.refunded+d.amount, fee
		return word{x: t.refunded, y: t.fee}, p
	}
	panic("no such deed: " + d.what)
}

func holdOf(slot int) int64 { return int64(700_00 + 100*slot) }
func dealOf(slot int) int64 { return int64(900_00 + 100*slot + 1) }

func feeAt(merchant int, amount int64) int64 {
	if merchant == 3 {
		return (amount*rateOf3 + 500_000) / 1_000_000
	}
	return 0
}

// table is the platform with clients around it.
type table struct {
	w        *world
	round    int
	accounts [4]uint64
	ids      [slots]atomic.Value // of payments
}

func (b *table) key(what string, slot int) string {
	return fmt.Sprintf("table/%d/%s/%d", b.round, what, slot)
}

// do asks the platform. Every deed has a key of its own but those that make slots.
func (b *table) do(d deed, own string) (w word) {
	ctx, desk := context.Background(), b.w.desk
	var err error
	switch d.what {
	case "read":
		a, wrong := b.w.store.Account(ctx, pay.BalanceOf(b.accounts[d.a], money.CNY))
		w.x, w.y, err = int64(a.Balance), int64(a.Held), wrong
	case "transfer":
		t, wrong := desk.Transfer(ctx, by, own, b.accounts[d.a], b.accounts[d.b], money.Amount(d.amount), money.CNY, "", "")
		w.x, err = int64(t.Amount), wrong
	case "hold":
		h, wrong := desk.Authorise(ctx, by, b.key("hold", d.slot), pay.BalanceOf(b.accounts[2+d.slot%2], money.CNY), money.Amount(holdOf(d.slot)), 0, "")
		w.x, w.y, err = int64(h.Captured), int64(h.Amount), wrong
	case "capture":
		h, wrong := desk.CaptureHold(ctx, by, own, pay.HoldID(b.key("hold", d.slot)), money.Amount(d.amount), false, b.accounts[d.b])
		w.x, w.y, err = int64(h.Captured), int64(h.Amount), wrong
	case "void":
		h, wrong := desk.VoidHold(ctx, by, own, pay.HoldID(b.key("hold", d.slot)))
		w.x, w.y, err = int64(h.Captured), int64(h.Amount), wrong
	case "pay":
		order := trade.Order{OrderNo: b.key("order", d.slot), Merchant: b.accounts[2+d.slot%2], Kind: trade.Instant, Goods: trade.Virtual, Subject: "Table",
			Amount: money.Amount(dealOf(d.slot)), Currency: money.CNY}
		t, _, wrong := desk.Open(ctx, by, b.key("pay", d.slot), pay.Asked{Order: order, Payer: b.accounts[d.slot%2]})
		if wrong == nil {
			b.ids[d.slot].Store(t.ID)
		}
		w.x, w.y, err = int64(t.Refunded), int64(t.FeeCharged), wrong
	case "refund":
		t, wrong := desk.Refund(ctx, by, own, b.ids[d.slot].Load().(string), money.Amount(d.amount), "")
		w.x, w.y, err = int64(t.Refunded), int64(t.FeeCharged), wrong
	}
	if no := refusal.Of(err); no != nil {
		return word{code: string(no.Code)}
	}
	if err != nil {
		return word{code: err.Error()}
	}
	return w
}

// sit has clients act at once, and returns the history.
func (b *table) sit(seed uint64, clients, deeds int) []porcupine.Operation {
	var mu sync.Mutex
	var history []porcupine.Operation
	var busy sync.WaitGroup
	began := time.Now()
	for client := range clients {
		busy.Go(func() {
			chance := rand.New(rand.NewPCG(seed, uint64(b.round*100+client)))
			for n := range deeds {
				d := b.draw(chance)
				call := time.Since(began)
				w := b.do(d, fmt.Sprintf("table/%d/%d/%d", b.round, client, n))
				op := porcupine.Operation{ClientId: client, Input: d, Call: int64(call), Output: w, Return: int64(time.Since(began))}
				mu.Lock()
				history = append(history, op)
				mu.Unlock()
			}
		})
	}
	busy.Wait()
	return history
}

func (b *table) draw(chance *rand.Rand) deed {
	d := deed{what: pick(chance, []string{"read", "read", "transfer", "hold", "capture", "capture", "void", "pay", "refund", "refund"}),
		a: 2 + chance.IntN(2), b: chance.IntN(2), slot: chance.IntN(slots), amount: 1 + chance.Int64N(400_00)}
	switch {
	case d.what == "read":
		d.a = chance.IntN(4)
	case d.what == "transfer":
		d.amount = 1 + chance.Int64N(2_000_00)
	case d.what == "void" && chance.IntN(3) > 0:
		d.what = "capture"
	case d.what == "refund" && b.ids[d.slot].Load() == nil:
		d.what = "pay"
	}
	return d
}

func model(start purse) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return start },
		Step: func(state, input, output any) (bool, any) {
			want, after := state.(purse).next(input.(deed))
			return want == output.(word), after
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %+v", input, output) },
	}
}

func openTable(t *testing.T) *table {
	t.Helper()
	r := newRunner(Options{Seed: 1, Calm: 1}, 0, 0)
	if err := r.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.world.close() })
	people, merchants := r.load.people, r.load.merchants
	return &table{w: r.world, accounts: [4]uint64{people[0], people[1], merchants[3], merchants[1]}}
}

func (b *table) start(t *testing.T, round int) purse {
	t.Helper()
	b.round = round
	b.w.now.Add(day) // limits of a day are not what this is about
	for i := range b.ids {
		b.ids[i] = atomic.Value{}
	}
	var p purse
	for i := range p.balance {
		w := b.do(deed{what: "read", a: i}, "")
		p.balance[i], p.held[i] = w.x, w.y
	}
	return p
}

func TestWhatClientsAtOnceAreToldFitsOneOrder(t *testing.T) {
	seen := map[string]int{}
	var b *table
	for round := range 150 {
		if round%15 == 0 { // fresh, since all run out of money
			b = openTable(t)
		}
		start := b.start(t, round)
		history := b.sit(7, 8, 12)
		for _, op := range history {
			seen[op.Input.(deed).what+" "+op.Output.(word).code]++
		}
		if !porcupine.CheckOperations(model(start), history) {
			slices.SortFunc(history, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
			for _, op := range history {
				t.Logf("%d to %d, client %d: %+v: %+v", op.Call, op.Return, op.ClientId, op.Input, op.Output)
			}
			t.Fatalf("round %d fits no order", round)
		}
	}
	for _, what := range []string{"transfer ", "hold ", "capture ", "void ", "pay ", "refund ", "capture hold_ended", "capture hold_exceeded", "capture hold_not_found",
		"refund refund_exceeds_remaining", "transfer insufficient_balance"} {
		if seen[what] == 0 {
			t.Errorf("never seen: %q", what)
		}
	}
	t.Log(seen)
}

// A stale read, or an answer that could not have been given, would be found.
func TestAHistoryThatFitsNoOrderIsFound(t *testing.T) {
	b := openTable(t)
	start := b.start(t, 0)
	history := b.sit(7, 4, 10)
	for i, op := range history {
		if w := op.Output.(word); op.Input.(deed).what == "read" {
			w.x++
			history[i].Output = w
			break
		}
	}
	if porcupine.CheckOperations(model(start), history) {
		t.Error("a balance that never was fits")
	}
}
