package sim

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"math/rand/v2"
	"strings"

	"tongbao/internal/audit"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
)

// runner takes one world through its commands.
type runner struct {
	opt    Options
	number uint64 // the world's
	first  int    // number of the world's first command in the run
	done   int

	world *world
	books *auditor
	load  *workload
	fate  *rand.Rand

	entries hash.Hash
	digest  []byte
	seen    uint64   // journal position up to which the entries were checked
	journal []string // ids of the commands found in it
	gates   int
	wasFull bool // the disk was, since the last restart
	ill     bool // a fault beside the journal is in wait or has struck, since the last restart that was planned

	tell  func(commands int)
	trace []step // what was drawn and done so far

	asked map[string]int // how often each key was, retries not counted

	crashes, faults, races int
	answers, names         map[string]int
}

func newRunner(o Options, number uint64, first int) *runner {
	stream := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(o.Seed, number<<8|n)) }
	w := newWorld(o.Seed, number, stream(1), stream(2))
	w.risk = o.risk
	w.now.Store(1_785_000_000_000 + stream(3).Int64N(300*day))
	r := &runner{opt: o, number: number, first: first, world: w, books: newAuditor(w.now.Load()), fate: stream(4), entries: sha256.New(),
		tell: func(int) {}, asked: map[string]int{}, answers: map[string]int{}, names: map[string]int{}}
	r.books.ids = w.ids
	r.load = &workload{chance: stream(5), books: r.books, world: w, prefix: fmt.Sprintf("sim-%d", number)}
	return r
}

// forget lets go of all that is not for the report.
func (r *runner) forget() { r.world, r.books, r.load, r.journal, r.trace = nil, nil, nil, nil, nil }

func (r *runner) addTo(report *Report) {
	report.Commands += r.done
	report.Entries += int(r.seen)
	report.Crashes += r.crashes
	report.Faults += r.faults
	report.Races += r.races
	for what, n := range r.answers {
		report.Answers[what] += n
	}
	for name, n := range r.names {
		report.Names[name] += n
	}
}

func (r *runner) fail(c fmt.Stringer, want, got any) error {
	about := c.String()
	if end := strings.IndexAny(about, ",:/0123456789"); end > 0 { // not which account or payment
		about = about[:end]
	}
	if acted, ok := c.(command); ok {
		about = acted.Act
	}
	return &Failure{Seed: r.opt.Seed, World: r.number, Step: r.first + r.done, Command: c.String(), Want: fmt.Sprint(want), Got: fmt.Sprint(got), about: about, steps: r.trace}
}

// note is a place in the run that is not a command.
type note string

func (n note) String() string { return string(n) }

const (
	checkEach = 500 // commands between comparisons of everything
	auditEach = 2500
)

// run takes the world through what the plan draws.
func (r *runner) run(ctx context.Context, commands int) (err error) {
	if err := r.begin(ctx); err != nil {
		return err
	}
	defer func() { r.world.close() }()
	checked, audited, told := 0, 0, 0
	for r.done < commands {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.step(ctx); err != nil {
			return err
		}
		if r.done-checked >= checkEach {
			checked = r.done
			if err := r.compare(ctx); err != nil {
				return err
			}
			r.tell(r.done - told)
			told = r.done
		}
		if r.done-audited >= auditEach {
			audited = r.done
			if err := r.audit(ctx); err != nil {
				return err
			}
		}
	}
	return r.end(ctx)
}

// replay takes the world through steps that were drawn before.
func (r *runner) replay(ctx context.Context, steps []step) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	defer func() { r.world.close() }()
	for _, s := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.perform(ctx, s); err != nil {
			return err
		}
	}
	return r.end(ctx)
}

func (r *runner) begin(ctx context.Context) error {
	if err := r.world.open(ctx); err != nil {
		return r.fail(note("open an empty folder"), "a store", err)
	}
	if _, err := identity.KeepMode(ctx, r.world.engine, party.Test, by); err != nil { // as the platform does before all else
		return r.fail(note("say what the books are for"), "done", err)
	}
	if err := r.enrol(ctx); err != nil {
		return err
	}
	if r.opt.plant != nil {
		r.opt.plant(r)
	}
	return nil
}

// end lets the bank say everything, and compares everything for the last time.
func (r *runner) end(ctx context.Context) error {
	if err := r.drain(ctx); err != nil {
		return err
	}
	if err := r.compare(ctx); err != nil {
		return err
	}
	if err := r.audit(ctx); err != nil {
		return err
	}
	r.digest = r.entries.Sum(nil)
	return nil
}

// enrol lets people and merchants join, and tells the auditor.
func (r *runner) enrol(ctx context.Context) error {
	tiers := []ledger.Tier{ledger.TierIII, ledger.TierIII, ledger.TierIII, ledger.TierIII, ledger.TierIII, ledger.TierII, ledger.TierII, ledger.TierI, ledger.TierI, ledger.TierUnknown}
	rates := []money.Rate{6000, 5500, 10_000, 0, 3333}
	join := func(c enrol, id uint64, tier int) error {
		c.Key, c.Opening = fmt.Sprintf("enrol/%d", id), 6_000_00
		if _, err := r.world.engine.Submit(ctx, c, by); err != nil {
			return r.fail(note(c.Key), "done", err)
		}
		r.books.at(wallet(id)).tier = tier
		r.books.at(bankFunds).debit = true
		r.books.at(bankSuspense).below = true
		r.books.post(move(bankFunds, wallet(id), int64(c.Opening)))
		r.books.sequence = append(r.books.sequence, c.Key)
		r.world.bank.funds += c.Opening
		return nil
	}
	for i, tier := range tiers {
		p := party.Person{ID: party.IDFrom(uint64(i) + 1), Phone: fmt.Sprintf("138%08d", i), Tier: tier}
		if err := join(enrol{Person: &p}, p.ID, int(tier)); err != nil {
			return err
		}
		r.load.people, r.books.tiers[p.ID] = append(r.load.people, p.ID), int(tier)
		who := r.world.who
		if err := who.SetPaymentPassword(ctx, askOf(p.ID), p.ID, password, "", ""); err != nil {
			return r.fail(note("set a payment password"), "done", err)
		}
	}
	for i, rate := range rates {
		m := party.Merchant{ID: party.MerchantIDFrom(uint64(i) + 1), Name: fmt.Sprintf("Merchant %d", i), FeeRate: rate, Status: party.MerchantActive, Owners: 1}
		if err := join(enrol{Merchant: &m}, m.ID, 0); err != nil {
			return err
		}
		r.load.merchants, r.books.rates[m.ID] = append(r.load.merchants, m.ID), int64(rate)
	}
	return nil
}

// drain has the bank asked until it has said everything, and compares what it
// holds with the books.
func (r *runner) drain(ctx context.Context) error {
	for range 1000 {
		if err := r.checkTimers(ctx); err != nil {
			return err
		}
		waiting := false
		for _, o := range r.books.orders {
			waiting = waiting || !o.final()
		}
		if !waiting {
			return r.settleWithBank(ctx)
		}
		for _, c := range r.due() {
			if c.Act == actAskBank {
				if err := r.submit(ctx, step{group: []command{c}}); err != nil {
					return err
				}
			}
		}
		r.setTime(r.books.now + 1800_000)
	}
	return r.fail(note("ask the bank again and again"), "an end", "orders without one")
}

// settleWithBank lets the bank tell what it has carried out after a no, and
// compares its money with the books'.
func (r *runner) settleWithBank(ctx context.Context) error {
	muddled := int64(0) // what the books could not follow
	for _, key := range r.books.orderKey {
		o := r.books.orders[key]
		c := command{Act: actBankWord, Key: "bank/last/" + key, On: key, In: o.in}
		outcome, ok := r.world.bank.word(orderOf(c))
		if !ok || string(outcome) == o.status {
			continue
		}
		c.Outcome = string(outcome)
		if err := r.submit(ctx, step{group: []command{c}}); err != nil {
			return err
		}
		if o.status == "refused" && !o.late {
			muddled -= o.amount
		}
	}
	if funds := r.books.at(bankFunds).balance + muddled; funds != int64(r.world.bank.funds) {
		return r.fail(note("the money at the bank"), r.world.bank.funds, funds)
	}
	return nil
}

func (r *runner) audit(ctx context.Context) error {
	report, err := audit.Store(ctx, r.world.store, engine.Shanghai, nil)
	if err != nil {
		return r.fail(note("audit the books"), "a report", err)
	}
	for _, c := range report.Checks {
		if !c.OK {
			return r.fail(note("audit the books"), c.Name, strings.Join(c.Faults, "; "))
		}
	}
	return nil
}
