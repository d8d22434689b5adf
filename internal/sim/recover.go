package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/webhook"
)

// restart opens the platform on what the power cut or the failed sync left, finds
// out which of the commands have happened, compares everything, and asks all of
// them once more: who has happened must answer as it would have then, who has
// not must happen now, and none may happen twice.
func (r *runner) restart(ctx context.Context, s step) error {
	_ = r.world.close() // of a process that is dead
	r.wasFull = false
	r.world.disk = r.world.disk.next()
	if s.opening > 0 {
		r.world.disk.cutIn(s.opening)
	}
	err := r.world.open(ctx)
	if s.opening > 0 && r.world.disk.wasCut() { // the power goes while the platform starts
		_ = r.world.close()
		r.world.disk = r.world.disk.next()
		err = r.world.open(ctx)
	}
	if err != nil {
		return r.fail(note("open after the power cut"), "a store", err)
	}
	r.world.disk.cutIn(0)
	if r.gates > 0 && len(s.group) > 1 && !s.call { // so that the journals of two runs agree, whenever the gate became durable
		g := gate{Key: fmt.Sprintf("gate/%s/%d", r.load.prefix, r.gates)}
		if _, err := r.world.engine.Submit(ctx, g, by); err != nil {
			return r.fail(note("the gate, again"), "done", err)
		}
	}
	return r.again(ctx, s.group)
}

// again asks commands that got no answer once more.
func (r *runner) again(ctx context.Context, group []command) error {
	if len(group) == 1 && group[0].loose() {
		return r.settle(ctx, group, []reply{r.do(ctx, group[0])})
	}
	happened := 0
	for ; happened < len(group); happened++ {
		c := group[happened]
		if _, early := r.books.refusedEarly(c); early {
			continue
		}
		if _, known := r.books.answers[c.Key]; known {
			continue
		}
		_, there, err := r.world.store.Entry(ctx, c.Key)
		if err != nil {
			return r.fail(c, "to be found or not", err)
		}
		if !there {
			break
		}
	}
	for _, c := range group[happened:] {
		if _, known := r.books.answers[c.Key]; known {
			continue
		}
		if _, there, err := r.world.store.Entry(ctx, c.Key); err != nil || there {
			return r.fail(c, "not to have happened, since one before it in the batch has not", fmt.Sprint(there, err))
		}
	}
	// What has happened is predicted as it was then, together.
	type foreseen struct {
		now   answer
		later func() answer
	}
	var before []foreseen
	for i := range group[:happened] {
		r.hear(&group[i])
		var f foreseen
		f.now, f.later = r.books.predict(group[i])
		before = append(before, f)
	}
	if err := r.compare(ctx); err != nil {
		return err
	}
	for i, f := range before {
		c := group[i]
		if c.Act == actAskBank { // asked again the bank would be asked the next question
			continue
		}
		if c.Act == actDeposit && c.seen.known { // read again
			f.now = r.books.depositAgain(c)
		}
		if err := r.accept(c, r.do(ctx, c), f.now, f.later); err != nil {
			return err
		}
	}
	return r.oneByOne(ctx, group[happened:])
}

func (r *runner) oneByOne(ctx context.Context, group []command) error {
	for _, c := range group {
		c.seen = r.books.look(&c)
		if err := r.settle(ctx, []command{c}, []reply{r.do(ctx, c)}); err != nil {
			return err
		}
	}
	return nil
}

// retryFull is after the disk was full: who was told that nothing was done, or
// that nobody knows, must find that nothing was done, now that there is space.
func (r *runner) retryFull(ctx context.Context, group []command, replies []reply) error {
	answered := slices.IndexFunc(replies, reply.failed)
	if answered < 0 {
		return r.settle(ctx, group, replies)
	}
	if err := r.settle(ctx, group[:answered], replies[:answered]); err != nil {
		return err
	}
	return r.oneByOne(ctx, group[answered:])
}

// retryFailed is after a write that failed: who was told that nothing was done
// must find that nothing was done.
func (r *runner) retryFailed(ctx context.Context, group []command, replies []reply) error {
	for i, c := range group {
		if replies[i].err == nil && replies[i].answer.code == "unavailable" {
			if err := r.settle(ctx, group[:i], replies[:i]); err != nil {
				return err
			}
			return r.again(ctx, group[i:])
		}
		if replies[i].err != nil {
			return r.fail(c, "done, or refused: unavailable", replies[i])
		}
	}
	return r.settle(ctx, group, replies)
}

// mustBeUnknown is after a sync that failed: nobody may have been told yes or no.
func (r *runner) mustBeUnknown(group []command, replies []reply) error {
	for i, c := range group {
		if _, early := r.books.refusedEarly(c); early || replies[i].answer.code == "idempotency_conflict" || replies[i].answer.code == "unavailable" {
			continue
		}
		if _, known := r.books.answers[c.Key]; known {
			continue
		}
		if !errors.Is(replies[i].err, engine.ErrOutcomeUnknown) {
			return r.fail(c, "outcome unknown, after a sync that failed", replies[i])
		}
	}
	return nil
}

// compare holds everything against the auditor: the journal's order, each
// account, each payment, order and hold.
func (r *runner) compare(ctx context.Context) error {
	if err := r.readJournal(ctx); err != nil {
		return err
	}
	if err := r.compareAccounts(ctx); err != nil {
		return err
	}
	for handle, d := range r.books.deals {
		if r.books.ids[handle] == "" { // opened in a batch of which nobody was told
			continue
		}
		t, err := r.world.desk.Trade(ctx, r.world.id(handle))
		if want, got := d.says(r.books.ids[handle]), saysDeal(t); err != nil || want != got {
			return r.fail(note("look at payment "+handle), want, fmt.Sprint(got, err))
		}
	}
	for handle, d := range r.books.deposits {
		if r.world.deposits[handle] == "" {
			continue
		}
		a, err := r.world.desk.Auth(ctx, r.world.deposits[handle])
		if want, got := d.says(r.books.now), saysDeposit(a); err != nil || want != got {
			return r.fail(note("look at deposit "+handle), want, fmt.Sprint(got, err))
		}
	}
	for key, g := range r.books.agreements {
		if r.world.agreements[key] == "" {
			continue
		}
		a, err := r.world.desk.Agreement(ctx, r.world.agreements[key])
		if want, got := g.says(), saysAgreement(a); err != nil || want != got {
			return r.fail(note("look at agreement "+key), want, fmt.Sprint(got, err))
		}
	}
	return nil
}

// besides are commands that belong to an act which has another name in the books.
var besides = func() map[string]bool {
	names := map[string]bool{"sim_gate": true, "keep_sweep": true}
	for _, c := range slices.Concat(identity.Commands(), webhook.Commands()) {
		names[c.Name()] = true
	}
	return names
}()

// readJournal reads on where it ended the last time: each command must be there
// once, in the order in which the auditor took them as given.
func (r *runner) readJournal(ctx context.Context) error {
	for {
		entries, err := r.world.store.Journal(ctx, r.seen, 500)
		if err != nil {
			return r.fail(note("read the journal"), "entries", err)
		}
		if len(entries) == 0 {
			break
		}
		for _, e := range entries {
			if e.Position != r.seen+1 {
				return r.fail(note("read the journal"), r.seen+1, e.Position)
			}
			r.seen = e.Position
			r.entries.Write(engine.Encode(e))
			r.names[e.Name]++
			if !besides[e.Name] && !strings.HasPrefix(e.Command, housePrefix) {
				r.journal = append(r.journal, e.Command)
			}
		}
	}
	if !slices.Equal(r.journal, r.books.sequence) {
		at := 0
		for at < min(len(r.journal), len(r.books.sequence)) && r.journal[at] == r.books.sequence[at] {
			at++
		}
		return r.fail(note(fmt.Sprintf("the journal's commands, from number %d on", at)), r.books.sequence[at:min(at+5, len(r.books.sequence))], r.journal[at:min(at+5, len(r.journal))])
	}
	return nil
}

func (r *runner) compareAccounts(ctx context.Context) error {
	accounts, err := r.world.store.Accounts(ctx, ledger.AccountID{}, 10_000)
	if err != nil {
		return r.fail(note("list the accounts"), "a list", err)
	}
	got := map[string]string{}
	for _, a := range accounts {
		got[a.ID.String()] = stateOf(a)
	}
	for _, want := range r.books.states() {
		name, _, _ := strings.Cut(want, " ")
		if got[name] != want {
			return r.fail(note("look at account "+name), want, got[name])
		}
		delete(got, name)
	}
	for name, state := range got {
		if state != (account{name: name}).String() {
			return r.fail(note("look at account "+name), "nothing", state)
		}
	}
	return nil
}

func stateOf(a ledger.Account) string {
	m := a.Meter
	return account{name: a.ID.String(), balance: int64(a.Balance), held: int64(a.Held), tier: int(a.Tier), today: int64(m.Today), thisYear: int64(m.ThisYear),
		ever: int64(m.Ever), times: int(m.TimesADay), day: int(m.Day.Number)}.String()
}
