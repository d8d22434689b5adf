package sim

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"tongbao/internal/audit"
	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/store"
)

// runner takes one world through its commands.
type runner struct {
	opt   Options
	first int // number of the world's first command in the run
	done  int

	world *world
	books *auditor
	load  *workload
	fate  *rand.Rand

	entries hash.Hash
	digest  []byte
	seen    uint64   // journal position up to which the entries were checked
	journal []string // ids of the commands found in it
	gates   int

	crashes, faults, races int
	answers                map[string]int
}

// lockedReader is a seeded stream that goroutines may share.
type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedReader) Read(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(b)
}

func newRunner(o Options, number uint64, first int) *runner {
	stream := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(o.Seed, number<<8|n)) }
	var key [32]byte
	copy(key[:], fmt.Sprintf("%d %d", o.Seed, number))
	w := &world{disk: newDisk(stream(1)), random: &lockedReader{r: rand.NewChaCha8(key)}, risk: o.risk, ids: map[string]string{}, codes: map[string]string{},
		bank: &pretendBank{chance: stream(2), orders: map[string]*instruction{}}}
	w.now.Store(1_785_000_000_000 + stream(3).Int64N(300*day))
	r := &runner{opt: o, first: first, world: w, books: newAuditor(w.now.Load()), fate: stream(4), entries: sha256.New(), answers: map[string]int{}}
	r.books.ids = w.ids
	r.load = &workload{chance: stream(5), books: r.books, world: w, prefix: fmt.Sprintf("sim-%d", number)}
	return r
}

func (r *runner) addTo(report *Report) {
	report.Commands += r.done
	report.Entries += int(r.seen)
	report.Crashes += r.crashes
	report.Faults += r.faults
	report.Races += r.races
	for what, n := range r.answers {
		report.Answers[what] += n
	}
}

func (r *runner) fail(c fmt.Stringer, want, got any) error {
	return &Failure{Seed: r.opt.Seed, Step: r.first + r.done, Command: c.String(), Want: fmt.Sprint(want), Got: fmt.Sprint(got)}
}

// note is a place in the run that is not a command.
type note string

func (n note) String() string { return string(n) }

const (
	oneInCut  = 110 // a power cut befalls one command in so many
	oneInFail = 70
	checkEach = 500 // commands between comparisons of everything
	auditEach = 2500
)

func (r *runner) run(ctx context.Context, commands int) error {
	if err := r.world.open(ctx); err != nil {
		return r.fail(note("open an empty folder"), "a store", err)
	}
	defer func() { r.world.close() }()
	if err := r.enrol(ctx); err != nil {
		return err
	}
	if r.opt.plant != nil {
		r.opt.plant(r)
	}
	checked, audited := 0, 0
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
		}
		if r.done-audited >= auditEach {
			audited = r.done
			if err := r.audit(ctx); err != nil {
				return err
			}
		}
		total := r.first + r.done
		r.opt.Tell(min(999, total*1000/r.opt.Commands), fmt.Sprintf("%d commands", total))
	}
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

// step moves the clock, has timers run, and submits what the workload draws.
func (r *runner) step(ctx context.Context) error {
	now := r.world.now.Load() + r.load.step()
	r.world.now.Store(now)
	r.books.now = now
	if r.fate.IntN(3) > 0 { // else the timers are slow
		due, err := r.due(ctx)
		if err != nil {
			return err
		}
		for _, c := range due {
			if err := r.submit(ctx, []command{c}); err != nil {
				return err
			}
		}
	}
	if r.fate.IntN(12) == 0 {
		if group := r.load.race(); group != nil {
			return r.submit(ctx, group)
		}
	}
	return r.submit(ctx, []command{r.load.draw()})
}

// due lists the commands of the timers that are due, after comparing what the
// platform's timers say with what the auditor says.
func (r *runner) due(ctx context.Context) ([]command, error) {
	want := map[string]command{}
	var commands []command
	expect := func(kind, about string, at int64, c command) { want[fmt.Sprintf("%s %s at %d", kind, about, at)] = c }
	for handle, d := range r.books.deals {
		switch at := d.deadline(); {
		case at == 0 || at > r.books.now:
		case d.status == "TRADE_SUCCESS": // found by the sweep of the journal, which has no timers
			commands = append(commands, r.load.deadline(handle))
		default:
			expect(pay.TimerTrade, r.books.ids[handle], at, r.load.deadline(handle))
		}
	}
	for key, o := range r.books.orders {
		if !o.final() && o.check <= r.books.now {
			c := r.load.ask(key)
			expect(pay.TimerBank, orderOf(c), o.check, c)
		}
	}
	for key, h := range r.books.holds {
		if h.status == "open" && h.expires != 0 && h.expires <= r.books.now {
			expect(pay.TimerHold, pay.HoldID(key), h.expires, r.load.expire(key))
		}
	}
	swept := len(commands)
	slices.SortFunc(commands, func(a, b command) int { return strings.Compare(a.Key, b.Key) }) // not in a map's order
	if len(want) == 0 && r.fate.IntN(20) > 0 {                                                 // nothing should be due: look only now and then
		return commands, nil
	}
	var got []string
	for _, kind := range []string{pay.TimerTrade, pay.TimerBank, pay.TimerHold} {
		items, err := pay.Timers.Scan(ctx, r.world.store, store.Range{Index: pay.DueIndex(kind), Until: fmt.Sprintf("%013d", r.books.now+1), Limit: 100_000})
		if err != nil {
			return nil, r.fail(note("list the timers"), "a list", err)
		}
		for _, item := range items {
			got = append(got, fmt.Sprintf("%s %s at %d", kind, item.Value.About, item.Value.Due))
		}
	}
	for _, timer := range got {
		if c, ok := want[timer]; ok {
			commands = append(commands, c)
		}
	}
	if len(got) != len(want) || len(commands)-swept != len(want) {
		return nil, r.fail(note("the timers that are due"), slices.Sorted(maps.Keys(want)), got)
	}
	return commands, nil
}

// drain has the bank asked until it has said everything, and compares what it
// holds with the books.
func (r *runner) drain(ctx context.Context) error {
	for range 1000 {
		due, err := r.due(ctx)
		if err != nil {
			return err
		}
		waiting := false
		for _, o := range r.books.orders {
			waiting = waiting || !o.final()
		}
		if !waiting {
			return r.settleWithBank(ctx)
		}
		for _, c := range due {
			if c.Act == actAskBank {
				if err := r.submit(ctx, []command{c}); err != nil {
					return err
				}
			}
		}
		r.books.now += 1800_000
		r.world.now.Store(r.books.now)
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
		if err := r.submit(ctx, []command{c}); err != nil {
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
