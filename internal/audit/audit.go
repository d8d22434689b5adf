// Package audit is the books looked at by somebody who doesn't trust them: it
// takes a snapshot of everything, reads the journal from the first entry, and
// says by name what does not agree. It shares the records' shapes with the
// desks, and none of their arithmetic. It changes nothing, and it refuses to
// know how a fault came about.
package audit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/pay"
	"tongbao/internal/store"
)

// Check is one invariant and what came of it.
type Check struct {
	Name   string   `json:"name"`
	OK     bool     `json:"ok"`
	Looked uint64   `json:"looked"` // how many things were looked at
	Faults []string `json:"faults,omitempty"`
	Count  int      `json:"fault_count"`
}

// Report is what an audit found.
type Report struct {
	Position uint64        `json:"position"`       // journal entries looked at
	Hash     string        `json:"hash"`           // the chain's head, hexadecimal
	SignedTo uint64        `json:"signed_to"`      // the newest entry at which the head was signed
	Keys     []string      `json:"keys,omitempty"` // public keys that signed heads, hexadecimal, in order of their first
	Checks   []Check       `json:"checks"`
	Took     time.Duration `json:"took_ns"`
}

// OK says that nothing was found.
func (r Report) OK() bool {
	for _, c := range r.Checks {
		if !c.OK {
			return false
		}
	}
	return true
}

// Trust adds a check that heads are signed, and by none but these public keys, in
// hexadecimal; without any it does nothing.
func (r *Report) Trust(keys []string) {
	if len(keys) == 0 {
		return
	}
	c := Check{Name: "heads are signed by trusted keys alone", Looked: uint64(len(r.Keys))}
	if len(r.Keys) == 0 {
		c.fault("no head is signed")
	}
	for _, key := range r.Keys {
		if !slices.Contains(keys, key) {
			c.fault("%s signed a head", key)
		}
	}
	c.OK = c.Count == 0
	r.Checks = append(r.Checks, c)
}

// MostFaults is how many faults of a check are told by name; the rest are counted.
const MostFaults = 10

// auditor is one audit under way.
type auditor struct {
	ctx  context.Context
	from store.Snapshot
	zone *time.Location

	checks   []*Check
	accounts tallies
	trades   *tradeBook
	signedTo uint64
	keys     []string

	at  int64      // a moment
	day ledger.Day // and its business day
}

// Store audits a store as it stands durable now, on a snapshot of it, while it
// goes on being written to. progress is told now and then the share done, in
// thousandths; nil for silence. The error is for what kept it from looking;
// what it found wrong is in the report.
func Store(ctx context.Context, s store.Store, zone *time.Location, progress func(int)) (Report, error) {
	snapshot, err := s.Snapshot(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("take a snapshot: %w", err)
	}
	defer snapshot.Close()
	if progress == nil {
		progress = func(int) {}
	}
	return run(ctx, snapshot, zone, progress)
}

func run(ctx context.Context, from store.Snapshot, zone *time.Location, progress func(int)) (Report, error) {
	started := time.Now()
	head, err := from.Head(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("read the journal's head: %w", err)
	}
	a := &auditor{ctx: ctx, from: from, zone: zone, at: -1}
	a.trades = newTradeBook(a)
	if err := a.heads(); err != nil {
		return Report{}, err
	}
	steps := []struct {
		share int
		look  func(progress func(int)) error
	}{
		{850, func(p func(int)) error { return a.journal(head.Position, p) }},
		{50, a.balances},
		{60, func(func(int)) error { return a.trades.close() }},
		{20, a.holds},
		{20, a.bankOrders},
	}
	done := 0
	for _, step := range steps {
		if err := step.look(func(share int) { progress(done + share*step.share/1000) }); err != nil {
			return Report{}, err
		}
		done += step.share
		progress(done)
	}

	report := Report{Position: head.Position, Hash: fmt.Sprintf("%x", head.Hash), SignedTo: a.signedTo, Keys: a.keys, Took: time.Since(started)}
	for _, c := range a.checks {
		c.OK = c.Count == 0
		report.Checks = append(report.Checks, *c)
	}
	return report, nil
}

func (a *auditor) check(name string) *Check {
	c := &Check{Name: name}
	a.checks = append(a.checks, c)
	return c
}

func (c *Check) fault(format string, args ...any) {
	c.Count++
	if len(c.Faults) < MostFaults {
		c.Faults = append(c.Faults, fmt.Sprintf(format, args...))
	}
}

// heads looks at the signatures; whether what was signed is the journal's is told
// with the chain.
func (a *auditor) heads() error {
	c := a.check("every signed head bears the signature of its key")
	heads, err := a.from.Heads(a.ctx)
	if err != nil {
		return fmt.Errorf("list the signed heads: %w", err)
	}
	for _, h := range heads {
		c.Looked++
		if !h.Genuine() {
			c.fault("the signature of the head at entry %d is not by the key %x", h.Position, []byte(h.Key))
		}
		if key := fmt.Sprintf("%x", []byte(h.Key)); !slices.Contains(a.keys, key) {
			a.keys = append(a.keys, key)
		}
		a.signedTo = h.Position
	}
	return nil
}

// journal has the store prove itself, the hashes and what it derived from the
// journal, and adds up every leg as the entries go by.
func (a *auditor) journal(upTo uint64, progress func(int)) error {
	chain := a.check("the journal's hash chain is whole, and everything kept follows from it")
	balance := a.check("every posting balances in every currency")
	number := a.check("every account's entries are numbered without a gap, and each balance after follows from the one before")
	refused := a.check("a refused command changed nothing")
	spent := a.check("limits count what was spent")
	chain.Looked++
	a.trades.begin()
	last := uint64(0)
	look := func(e *store.Entry) {
		last = e.Position
		a.posting(e, balance, number)
		refused.Looked++
		if e.Refused != "" && len(e.Legs)+len(e.Records)+len(e.States)+len(e.Mentions)+len(e.Events) > 0 {
			refused.fault("entry %d (%s) was refused with %s and changed something", e.Position, e.Name, e.Refused)
		}
		a.trades.follow(e)
	}
	err := a.from.VerifyChain(a.ctx, func(entries []store.Entry) {
		for some := range slices.Chunk(entries, warmEntries) {
			a.accounts.warm(some)
			for i := range some {
				look(&some[i])
			}
		}
		if last == upTo {
			a.trades.ended()
		}
	}, func(f string) { chain.fault("%s", f) }, progress)
	if err != nil {
		return fmt.Errorf("verify the chain: %w", err)
	}
	if last != upTo {
		number.fault("the journal ends at %d, before its head %d", last, upTo)
		return nil
	}
	for t := range a.accounts.all() {
		id := t.state.Account
		spent.Looked++
		if id.Kind == ledger.User && t.meter != t.state.Meter {
			spent.fault("account %s: the meter says %+v, the entries %+v", id, t.state.Meter, t.meter)
		}
	}
	return nil
}

func (a *auditor) posting(e *store.Entry, balance, number *Check) {
	balance.Looked++
	for i := range e.Legs {
		leg := &e.Legs[i]
		if (i == 0 || leg.Account.Currency != e.Legs[i-1].Account.Currency) && !balances(e.Legs, leg.Account.Currency) {
			balance.fault("entry %d (%s): its legs in %s don't sum to nothing", e.Position, e.Name, leg.Account.Currency)
		}
		t := a.accounts.of(leg.Account)
		t.entries++
		if leg.Account.Kind.DebitNormal() {
			t.sum.sub(int64(leg.Amount))
		} else {
			t.sum.add(int64(leg.Amount))
		}
		number.Looked++
		if leg.Number != t.entries {
			number.fault("entry %d: account %s goes on with number %d, not %d", e.Position, leg.Account, leg.Number, t.entries)
		}
		if !t.sum.is(int64(leg.After)) {
			number.fault("entry %d: account %s should stand at %s, not %d", e.Position, leg.Account, t.sum, leg.After)
		}
		if leg.Account.Kind == ledger.User {
			a.spending(e, leg, t)
		}
	}
	for i := range e.Mentions {
		a.accounts.of(e.Mentions[i].Account)
	}
	for i := range e.States {
		a.accounts.of(e.States[i].Account).state = e.States[i]
	}
}

// balances says that the legs in a currency sum to nothing.
func balances(legs []ledger.Leg, currency money.Currency) bool {
	var s sum
	for i := range legs {
		if legs[i].Account.Currency == currency {
			s.add(int64(legs[i].Amount))
		}
	}
	return s.is(0)
}

// spending recomputes people's meters from what their accounts paid, sent and
// got back.
func (a *auditor) spending(e *store.Entry, leg *ledger.Leg, t *tally) {
	switch {
	case leg.Amount < 0 && (leg.Why == ledger.Payment || leg.Why == ledger.Transfer):
		t.meter = roll(t.meter, a.dayOf(e.At))
		t.meter.Today -= leg.Amount
		t.meter.ThisYear -= leg.Amount
		t.meter.Ever -= leg.Amount
		t.meter.TimesADay++
	case leg.Amount > 0 && leg.Why == ledger.Refund:
		paid, ok := a.paidDay(e)
		if !ok {
			return
		}
		t.meter = roll(t.meter, a.dayOf(e.At))
		t.meter.Ever = floor(t.meter.Ever - leg.Amount)
		if paid.Year == t.meter.Day.Year {
			t.meter.ThisYear = floor(t.meter.ThisYear - leg.Amount)
		}
		if paid.Number == t.meter.Day.Number {
			t.meter.Today = floor(t.meter.Today - leg.Amount)
		}
	}
}

// dayOf is the business day of a moment; entries of one batch have the same.
func (a *auditor) dayOf(at int64) ledger.Day {
	if at != a.at {
		a.at, a.day = at, engine.DayOf(time.UnixMicro(at), a.zone)
	}
	return a.day
}

func roll(m ledger.Meter, day ledger.Day) ledger.Meter {
	if day.Number <= m.Day.Number {
		return m
	}
	next := ledger.Meter{Day: day, Ever: m.Ever}
	if day.Year == m.Day.Year {
		next.ThisYear = m.ThisYear
	}
	return next
}

func floor(a money.Amount) money.Amount {
	if a < 0 {
		return 0
	}
	return a
}

// paidDay is when the trade that the entry refunds was paid.
func (a *auditor) paidDay(e *store.Entry) (ledger.Day, bool) {
	for _, r := range e.Records {
		if r.Key.Kind == pay.Trades.Name && r.Value != nil {
			t, err := pay.Trades.Decode(r)
			return engine.DayOf(t.Paid.Std(), a.zone), err == nil
		}
	}
	return ledger.Day{}, false
}

// balances compares the accounts as they are kept with what the journal says.
func (a *auditor) balances(func(int)) error {
	same := a.check("every balance equals the sum of its entries")
	negative := a.check("no account stands where its kind may not, or holds more than it has")
	trial := a.check("debits equal credits in every currency")
	sums := map[money.Currency]*sum{}
	seen := 0
	after := ledger.AccountID{}
	for {
		accounts, err := a.from.Accounts(a.ctx, after, 1000)
		if err != nil {
			return fmt.Errorf("list accounts after %v: %w", after, err)
		}
		if len(accounts) == 0 {
			break
		}
		for _, account := range accounts {
			after = account.ID
			seen++
			same.Looked++
			negative.Looked++
			t := a.accounts.of(account.ID)
			if !t.sum.is(int64(account.Balance)) || t.entries != account.Entries {
				same.fault("account %s stands at %d after %d entries; they sum to %s over %d", account.ID, account.Balance, account.Entries, t.sum, t.entries)
			}
			if int64(t.state.Held) != int64(account.Held) || t.state.Tier != account.Tier || t.state.Meter != account.Meter {
				same.fault("account %s: held, tier or meter differ from the journal's", account.ID)
			}
			if !account.ID.Kind.MayBeNegative() && (account.Balance < 0 || account.Held > account.Balance) || account.Held < 0 {
				negative.fault("account %s stands at %d with %d held", account.ID, account.Balance, account.Held)
			}
			if sums[account.ID.Currency] == nil {
				sums[account.ID.Currency] = new(sum)
			}
			if account.ID.Kind.DebitNormal() {
				sums[account.ID.Currency].sub(int64(account.Balance))
			} else {
				sums[account.ID.Currency].add(int64(account.Balance))
			}
		}
	}
	if touched := a.accounts.count; touched != seen {
		same.fault("the journal names %d accounts, %d are kept", touched, seen)
	}
	for currency, sum := range sums {
		trial.Looked++
		if !sum.is(0) {
			trial.fault("%s: credits exceed debits by %s", currency, sum)
		}
	}
	return nil
}

// holds compares what is held on accounts with the open holds.
func (a *auditor) holds(func(int)) error {
	c := a.check("what is held equals the open holds, account by account")
	timed := a.check("every open hold that ends by itself has its timer, and no other has one")
	held, ends := map[ledger.AccountID]money.Amount{}, map[string]int64{}
	err := each(a, pay.Holds, pay.HoldsOpen, func(id string, h ledger.Hold) error {
		c.Looked++
		held[h.Account] += h.Amount - h.Captured - h.Released
		if h.Expires != 0 {
			ends[id] = h.Expires
		}
		return nil
	})
	if err != nil {
		return err
	}
	timed.Looked = uint64(len(ends))
	err = each(a, pay.Timers, pay.DueIndex(pay.TimerHold), func(_ string, timer pay.Timer) error {
		if ends[timer.About] != timer.Due {
			timed.fault("hold %s has a timer at %d; it ends at %d", timer.About, timer.Due, ends[timer.About])
		}
		delete(ends, timer.About)
		return nil
	})
	if err != nil {
		return err
	}
	for id, due := range ends {
		timed.fault("hold %s ends at %d and has no timer", id, due)
	}
	for t := range a.accounts.all() {
		id := t.state.Account
		if t.state.Held != held[id] {
			c.fault("account %s has %d held; its open holds sum to %d", id, t.state.Held, held[id])
		}
	}
	return nil
}

// bankOrders compares the client funds at each bank with the orders that the
// bank has carried out.
func (a *auditor) bankOrders(func(int)) error {
	c := a.check("every open bank order has its timer, and every open withdrawal its holds")
	return each(a, pay.BankOrders, pay.BankOrdersOf, func(id string, o pay.BankOrder) error {
		c.Looked++
		_, there, err := pay.Timers.Read(a.ctx, a.from, pay.TimerBank+"/"+id)
		if err != nil {
			return err
		}
		if there == o.Status.Final() {
			c.fault("order %s is %s; its timer there: %t", id, o.Status, there)
		}
		for _, suffix := range []string{"/owner", "/bank"} {
			hold, there, err := pay.Holds.Read(a.ctx, a.from, id+suffix)
			if err != nil {
				return err
			}
			if o.Direction == "in" && there {
				c.fault("top-up %s has a hold", id)
			}
			if o.Direction == "out" && (!there || (hold.Status == ledger.HoldOpen) == o.Status.Final()) {
				c.fault("withdrawal %s is %s; its hold %s is there: %t, %s", id, o.Status, suffix, there, hold.Status)
			}
		}
		return nil
	})
}

// each visits all records of a kind through an index that lists each once.
func each[T any](a *auditor, kind engine.Kind[T], index string, visit func(id string, v T) error) error {
	after := ""
	for {
		items, err := kind.Scan(a.ctx, a.from, store.Range{Index: index, After: after, Limit: 1000})
		if err != nil {
			return fmt.Errorf("list %s: %w", kind.Name, err)
		}
		if len(items) == 0 {
			return nil
		}
		for _, item := range items {
			after = item.At
			if err := visit(item.ID, item.Value); err != nil {
				return fmt.Errorf("look at %s %s: %w", kind.Name, item.ID, err)
			}
		}
	}
}
