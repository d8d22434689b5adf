package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// Options say how an engine runs. The zero value of each means its default.
type Options struct {
	Now      func() time.Time // business time; default time.Now
	Zone     *time.Location   // business time zone; default Asia/Shanghai
	MaxBatch int              // commands in a batch at most; default what the store has best, or MostInBatch
	MaxQueue int              // commands waiting at most, beyond which Submit answers overloaded; default 65536
	InFlight int              // batches being made durable at most; default what the store has best, or 3
	Logger   *slog.Logger
}

// MostInBatch is how many commands a batch has at most where nothing else is said,
// and how many commands of one request at most wait for each other.
const MostInBatch = 2048

// Engine applies commands, one after another, and answers when they are durable.
//
// The way of a command: Submit readies it on the caller's own goroutine and queues
// it; apply collects what has arrived and makes a batch of it (tx.go is what Apply
// sees); the store makes the batch durable while the next is being applied; and
// deliver hands out the answers.
type Engine struct {
	store    store.Store
	probing  prober  // the store, where it is one
	doubting doubter // likewise
	opt      Options
	together int // commands of one request that wait for each other at most
	least    int // commands from which on a batch is no better for being larger
	queue    chan *request
	claimed  atomic.Int64 // commands that have a place in the queue
	waiting  atomic.Int64 // and those that are in it
	retries  atomic.Uint64
	sent     chan group    // batches on their way to being durable, in order
	underWay atomic.Int64  // how many those are
	flying   atomic.Int64  // how many commands they have
	landed   chan struct{} // has a value when one has ended since this was last looked at

	closing chan struct{} // closed once nothing more enters the queue
	done    sync.WaitGroup

	// The applying goroutine's.
	lastAt  int64 // business time of the newest entry
	load    int   // commands that waited or were under way, the most of late
	tx      *Tx
	fresh   fresh
	rooms   chan *room // that nobody uses now
	touched store.Touched
	next    store.Touched // see soon
	told    int           // commands ahead that the store was told of

	mu     sync.RWMutex // held for reading while a request enters the queue
	closed bool
	broken error // why the engine has stopped itself
}

// request is commands that one caller waits for together.
type request struct {
	by      By
	tickets []ticket
	touched store.Touched // of all tickets
	bodies  []byte        // what is left of the memory that their contents share
	room    *room         // in which the answers lie, until they have been read; nil where they lie elsewhere
	lost    int           // how often its batch was given up after it had been sent on
	done    chan struct{} // gets one value when all are answered
}

// prober is a store that can tell, on a caller's goroutine, which of some commands
// are durable already. One that it passes over may still be; one that it finds
// stays for ever, so the goroutine that applies need not look for it. What it looked
// for in vain it notes in touched, which comes back to it by Soon; Begin tells it nothing.
type prober interface {
	Probe(touched *store.Touched, found func(command int, entry store.Entry))
}

// doubter is a store that may have to leave open, for a time, what became of a command.
type doubter interface{ Doubts(command string) bool }

// sized is a store that knows how many commands a batch has best, from how many on it is
// as well for it to wait for no more, and how many batches may be on their way to being
// durable meanwhile.
type sized interface {
	BestBatch() (commands, least, inFlight int)
}

// ticket is a command that waits for its answer.
type ticket struct {
	command Command
	named   store.Named
	body    []byte
	// Which stretches of the request's touched accounts and records are its own.
	accounts, records [2]int
	first             *store.Entry // of a command that was durable before it was queued
	entry             int          // number+1 of the batch's entry that answers it; 0 where answer does
	repeats           bool         // that entry is of an earlier ticket with this id
	answer            Answer
}

// answer is what became of a command. Most are read out of their entries here, on
// the caller's own goroutine.
func (r *request) answer(i int) Answer {
	t := &r.tickets[i]
	switch {
	case t.entry == 0:
		return t.answer
	case t.repeats:
		return again(&r.room.entries[t.entry-1], t)
	}
	return answerOf(&r.room.entries[t.entry-1])
}

// Answer is what became of a command: the receipt, or the error as Submit has it.
type Answer struct {
	Receipt Receipt
	Err     error
}

// group is a batch's requests, with their answers, which they get once it is durable.
type group struct {
	pending  store.Pending // nil: nothing new; wait for those before
	requests []*request
	commands int
}

// New starts an engine on a store.
func New(ctx context.Context, s store.Store, opt Options) (*Engine, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Zone == nil {
		opt.Zone = Shanghai
	}
	commands, least, inFlight := MostInBatch, MostInBatch, 3
	if knows, ok := s.(sized); ok {
		commands, least, inFlight = knows.BestBatch()
	}
	together := opt.MaxBatch
	if opt.MaxBatch == 0 {
		opt.MaxBatch, together = commands, max(commands, MostInBatch)
	}
	if opt.MaxQueue == 0 {
		opt.MaxQueue = 1 << 16
	}
	if opt.InFlight == 0 {
		opt.InFlight = inFlight
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Engine{
		store:    s,
		together: together,
		least:    least,
		opt:      opt,
		queue:    make(chan *request, opt.MaxQueue),
		sent:     make(chan group, opt.InFlight),
		closing:  make(chan struct{}),
		rooms:    make(chan *room, opt.InFlight+2),
		landed:   make(chan struct{}, 1),
		tx:       newTx(opt.Zone),
	}

	e.probing, _ = s.(prober)
	e.doubting, _ = s.(doubter)
	newest, err := store.Newest(ctx, s)
	if err != nil {
		return nil, err
	}
	if newest != nil {
		e.lastAt = newest.At
	}
	e.done.Add(2)
	go e.apply()
	go e.deliver()
	return e, nil
}

// Shanghai is the default business time zone. China keeps no summer time, so a
// fixed offset is exact and needs no zone files.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// Zone is the business time zone.
func (e *Engine) Zone() *time.Location { return e.opt.Zone }

// Now is the business time.
func (e *Engine) Now() time.Time { return e.opt.Now() }

// Store is where the engine keeps everything, for reading.
func (e *Engine) Store() store.Reader { return e.store }

// Waiting is how many commands are queued and not yet in a batch.
func (e *Engine) Waiting() int { return int(e.waiting.Load()) }

// Retries is how many batches were made again since the start: others' came first, or
// the store gave them up.
func (e *Engine) Retries() uint64 { return e.retries.Load() }

// requests are used again: a million a second would otherwise be a million
// channels for the collector.
var requests = sync.Pool{New: func() any { return &request{done: make(chan struct{}, 1)} }}

// Submit applies the command and returns when its answer is durable. It is safe
// to repeat, with the same id. The error is a *refusal.Refusal, or
// ErrOutcomeUnknown (the context's end included: the command may still
// happen), or ErrStopped.
func (e *Engine) Submit(ctx context.Context, c Command, by By) (Receipt, error) {
	r := requests.Get().(*request)
	r.ask(c)
	if err := e.wait(ctx, r, by); err != nil {
		return Receipt{}, err
	}
	a := r.answer(0)
	a.Receipt = a.Receipt.copied()
	e.forget(r)
	if by.Told != nil {
		by.Told(a.Receipt.Repeated)
	}
	return a.Receipt, a.Err
}

// SubmitAll is Submit for several commands that wait for each other's answers. Each
// stands for itself: some may be refused and others not. They are applied in
// their order, and each answer is handed over in that order; its receipt is good
// until told returns.
func (e *Engine) SubmitAll(ctx context.Context, commands []Command, by By, told func(i int, a Answer)) {
	i := 0
	for some := range slices.Chunk(commands, e.together) {
		r := requests.Get().(*request)
		for _, c := range some {
			r.ask(c)
		}
		err := e.wait(ctx, r, by)
		for k := range some {
			if err != nil {
				told(i, Answer{Err: err})
			} else {
				a := r.answer(k)
				told(i, a)
				if by.Told != nil {
					by.Told(a.Receipt.Repeated)
				}
			}
			i++
		}
		if err == nil {
			e.forget(r)
		}
	}
}

// ask readies a command, on the caller's goroutine, so that apply has less to do.
func (r *request) ask(c Command) {
	if c.ID() == "" {
		panic("engine: a command without an id")
	}
	accounts, records := len(r.touched.Accounts), len(r.touched.Records)
	c.Touches(&r.touched)
	var named store.Named
	if s, ok := c.(stamped); ok {
		named = s.Named()
	} else {
		named = store.Name(c.ID())
	}
	r.touched.Commands = append(r.touched.Commands, named)
	r.tickets = append(r.tickets, ticket{command: c, named: named, body: r.encode(c),
		accounts: [2]int{accounts, len(r.touched.Accounts)}, records: [2]int{records, len(r.touched.Records)}})
}

// encode is Encode, into memory that the request's commands share.
func (r *request) encode(c Command) []byte {
	compact, ok := c.(Compact)
	if !ok {
		return Encode(c)
	}
	if cap(r.bodies)-len(r.bodies) < 512 {
		r.bodies = make([]byte, 0, 16<<10)
	}
	from := len(r.bodies)
	b, ok := compact.AppendTo(append(r.bodies, compactVersion))
	if !ok {
		return Encode(c)
	}
	r.bodies = b
	return b[from:len(b):len(b)]
}

// forget readies an answered request for its next use, and its batch's room where
// it was the last to read there. A request whose caller has left is never forgotten,
// and takes its room with it.
func (e *Engine) forget(r *request) {
	if r.room != nil && r.room.readers.Add(-1) == 0 {
		select {
		case e.rooms <- r.room:
		default: // there are enough
		}
	}
	r.room, r.by, r.lost = nil, By{}, 0
	clear(r.tickets)
	clear(r.touched.Records)
	clear(r.touched.Commands)
	r.tickets, r.touched.Commands = r.tickets[:0], r.touched.Commands[:0]
	r.touched.Accounts, r.touched.Records = r.touched.Accounts[:0], r.touched.Records[:0]
	r.touched.CommandsNew, r.touched.RecordsNew, r.touched.RecordNames = r.touched.CommandsNew[:0], r.touched.RecordsNew[:0], r.touched.RecordNames[:0]
	requests.Put(r)
}

// wait queues the request and waits until all of it is answered.
func (e *Engine) wait(ctx context.Context, r *request, by By) error {
	r.by = by
	if e.probing != nil {
		e.probing.Probe(&r.touched, func(i int, first store.Entry) { r.tickets[i].first = &first })
	}
	if err := e.enter(r); err != nil {
		return err
	}
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, ctx.Err())
	}
}

// enter queues a request. What has entered is answered: the queue is emptied
// after the last has entered it. A request of more commands than may wait enters
// where nothing else does.
func (e *Engine) enter(r *request) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return e.why()
	}
	n := int64(len(r.tickets))
	if all := e.claimed.Add(n); all > int64(e.opt.MaxQueue) && all > n {
		e.claimed.Add(-n)
		return refusal.New(refusal.Overloaded, "%d commands wait, and %d may; nothing was done", all-n, e.opt.MaxQueue)
	}
	e.queue <- r // has room for as many as may wait; it is the applying goroutine's now
	e.waiting.Add(n)
	return nil
}

// again has a request made once more, whose batch was given up after it had been sent
// on. It says no where there is no room, or nothing enters any more.
func (e *Engine) again(r *request) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if r.lost++; e.closed || r.lost == mostTries {
		return false
	}
	n := int64(len(r.tickets))
	select {
	case e.queue <- r:
	default: // the applying goroutine may wait for who asks
		return false
	}
	e.claimed.Add(n)
	e.waiting.Add(n)
	return true
}

// Close answers what is under way and stops. The store stays open.
func (e *Engine) Close() {
	e.shut(nil)
	e.done.Wait()
}

// shut lets nothing more into the queue.
func (e *Engine) shut(broken error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	e.closed, e.broken = true, broken
	close(e.closing)
}

func (e *Engine) stopped() error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.why()
}

func (e *Engine) why() error {
	if e.broken != nil {
		return fmt.Errorf("%w: %w", ErrStopped, e.broken)
	}
	return ErrStopped
}

// A batch of fewer than small commands is not begun while as many as ahead are under
// way, or as many as the store has best: one that is being synced, and one that is ready
// when that is done. A third would wait behind them, and leave those that come next to a
// fourth. Of a payment's 160 us over HTTP, 64 at once, this saves 25.
const (
	small = 64
	ahead = 2
)

// apply collects what has arrived and makes a batch of it, again and again.
func (e *Engine) apply() {
	defer e.done.Done()
	defer close(e.sent)
	for {
		var collected []*request
		commands := 0
		take := func(r *request) {
			collected = append(collected, r)
			commands += len(r.tickets)
			e.claimed.Add(-int64(len(r.tickets)))
			e.waiting.Add(-int64(len(r.tickets)))
		}
		select {
		case r := <-e.queue:
			collected = make([]*request, 0, min(len(e.queue)+1, e.opt.MaxBatch))
			take(r)
		case <-e.closing:
			e.refuseRest()
			return
		}
		most := e.share(commands)
	collect:
		for commands < most {
			select {
			case r := <-e.queue:
				take(r)
				continue
			default:
			}
			if commands >= small || e.underWay.Load() < min(ahead, int64(e.opt.InFlight)) {
				break collect
			}
			select {
			case r := <-e.queue:
				take(r)
			case <-e.landed:
			case <-e.closing:
				break collect
			}
		}
		if err := e.batch(collected, commands); err != nil {
			e.stop(err)
			answerAll(collected, e.stopped())
			e.refuseRest()
			return
		}
	}
}

// share is how many commands a batch has at most: where no more wait than three batches
// have, a third of them, so that one can be written, one made and one be collected at a
// time. What waited a moment ago counts still, since an answer takes its time to come
// back as the next request.
func (e *Engine) share(collected int) int {
	e.load = max(collected+int(e.waiting.Load()+e.flying.Load()), e.load-e.load/8)
	return min(e.opt.MaxBatch, max(e.least, (e.load+2)/3))
}

func (e *Engine) refuseRest() {
	for {
		select {
		case r := <-e.queue:
			answerAll([]*request{r}, e.stopped())
		default:
			return
		}
	}
}

// stop keeps the engine from doing anything more: an invariant is broken.
func (e *Engine) stop(err error) {
	e.opt.Logger.Error("engine stopped itself; nothing of this batch was acknowledged", "error", err)
	e.shut(err)
}

// mostTries is how often a batch is applied, or a request sent on, before the store's
// saying that others came first is an answer.
const mostTries = 20

// batch applies the requests' commands in order and sends them on with their
// answers; again where other servers' batches came first. The error is a bug: a
// panic in Apply, or an answer that is neither yes nor no.
func (e *Engine) batch(collected []*request, commands int) error {
	for try := 1; ; try++ {
		err := e.tryBatch(collected, commands)
		if !errors.Is(err, store.ErrRetry) {
			return err
		}
		if try == mostTries {
			e.refuseAll(collected, err)
			return nil
		}
		e.retries.Add(1)
		time.Sleep(time.Duration(rand.Int64N(int64(min(try, 10)) * int64(5*time.Millisecond))))
	}
}

func (e *Engine) tryBatch(collected []*request, commands int) (err error) {
	if e.probing == nil {
		e.touched.Commands, e.touched.Accounts, e.touched.Records = e.touched.Commands[:0], e.touched.Accounts[:0], e.touched.Records[:0]
		for _, r := range collected {
			e.touched.Commands = append(e.touched.Commands, r.touched.Commands...)
			e.touched.Accounts = append(e.touched.Accounts, r.touched.Accounts...)
			e.touched.Records = append(e.touched.Records, r.touched.Records...)
		}
	}
	txn, err := e.store.Begin(context.Background(), &e.touched)
	if err != nil {
		e.refuseAll(collected, err)
		return nil
	}
	defer txn.Rollback()
	applied := false
	defer func() {
		if r := recover(); r != nil {
			if err = fmt.Errorf("%v\n%s", r, debug.Stack()); !applied {
				err = e.blame(collected, txn, err)
			}
		}
	}()

	e.lastAt = max(e.lastAt, txn.At(), e.opt.Now().UnixMicro())
	room := e.free()
	room.clear(commands)
	room.readers.Store(int32(len(collected)))
	e.tx.start(txn, room)
	e.fresh.start(commands)
	e.told = 0
	entries := room.entries // it does not grow, so entries stay where they are
	for n, r := range collected {
		r.room = room
		for i := range r.tickets {
			t := &r.tickets[i]
			t.entry, t.repeats = 0, false // a try before may have set them
			e.soon(txn, collected[n:], i)
			if first, done := e.first(txn, entries, t); done {
				if t.repeats = t.entry != 0; !t.repeats { // it may lie in the room of another batch
					t.answer = again(first, t)
					t.answer.Receipt = t.answer.Receipt.copied()
				}
				continue
			}
			e.fresh.add(t.named.Stamp, len(entries))
			entries = entries[:len(entries)+1]
			t.entry = len(entries)
			entry := &entries[len(entries)-1]
			*entry = store.Entry{}
			entry.At, entry.Command, entry.Stamp, entry.Name, entry.Body = e.lastAt, t.named.ID, t.named.Stamp, t.command.Name(), t.body
			entry.Actor, entry.Request = r.by.Actor, r.by.Request
			if err := e.applyOne(entry, t, r); err != nil {
				return e.blame(collected, txn, err)
			}
		}
	}

	applied = true
	room.entries = entries
	g := group{requests: collected, commands: commands}
	if len(entries) > 0 {
		g.pending, err = txn.Commit(store.Batch{Entries: entries, Accounts: e.tx.changed()})
	} else { // all were done before, and the store sees to it that this lasts
		_, err = txn.Commit(store.Batch{})
	}
	if errors.Is(err, store.ErrRetry) {
		return err
	} else if err != nil {
		e.refuseAll(collected, err)
		return nil
	}
	e.underWay.Add(1)
	e.flying.Add(int64(commands))
	e.sent <- g
	return nil
}

// blame says whose fault it is that a command was neither applied nor refused: the
// store's, where it could not read something and says so now, for then Apply saw
// what isn't true and nothing of it was done; else it is a bug.
func (e *Engine) blame(collected []*request, txn store.Txn, bug error) error {
	_, err := txn.Commit(store.Batch{})
	switch {
	case err == nil:
		return bug
	case errors.Is(err, store.ErrRetry):
		return err
	}
	e.refuseAll(collected, err)
	return nil
}

// free is a room that nobody uses.
func (e *Engine) free() *room {
	select {
	case r := <-e.rooms:
		return r
	default:
		return &room{}
	}
}

// soonAtOnce is how many commands the store is told of beforehand: enough for it to
// look at many things at a time, few enough for them to be still at hand.
const soonAtOnce = 64

// soon tells the store of the commands that come next, when those that it was told
// of are done. The next is ticket i of the first request.
func (e *Engine) soon(txn store.Txn, rest []*request, i int) {
	if e.told--; e.told >= 0 {
		return
	}
	e.next.Commands, e.next.Accounts, e.next.Records = e.next.Commands[:0], e.next.Accounts[:0], e.next.Records[:0]
	e.next.CommandsNew, e.next.RecordsNew, e.next.RecordNames = e.next.CommandsNew[:0], e.next.RecordsNew[:0], e.next.RecordNames[:0]
	for n, r := range rest {
		from := 0
		if n == 0 {
			from = i
		}
		until := min(len(r.tickets), from+soonAtOnce-len(e.next.Commands))
		first, last := &r.tickets[from], &r.tickets[until-1]
		e.next.Commands = append(e.next.Commands, r.touched.Commands[from:until]...)
		e.next.Accounts = append(e.next.Accounts, r.touched.Accounts[first.accounts[0]:last.accounts[1]]...)
		e.next.Records = append(e.next.Records, r.touched.Records[first.records[0]:last.records[1]]...)
		if e.probing != nil {
			e.next.CommandsNew = append(e.next.CommandsNew, r.touched.CommandsNew[from:until]...)
			e.next.RecordsNew = append(e.next.RecordsNew, r.touched.RecordsNew[first.records[0]:last.records[1]]...)
			e.next.RecordNames = append(e.next.RecordNames, r.touched.RecordNames[first.records[0]:last.records[1]]...)
		}
		if len(e.next.Commands) == soonAtOnce {
			break
		}
	}
	e.told = len(e.next.Commands) - 1
	txn.Soon(&e.next)
}

// first is the entry of a command that came before, in this batch or ever.
func (e *Engine) first(txn store.Txn, entries []store.Entry, t *ticket) (*store.Entry, bool) {
	if t.first != nil {
		return t.first, true
	}
	if n, ok := e.fresh.find(t.named, entries); ok {
		t.entry = n + 1
		return &entries[n], true
	}
	return txn.Entry(t.named)
}

// again answers a command whose id has been used: as the first time, or that the
// contents are others.
func again(first *store.Entry, t *ticket) Answer {
	if first.Name != t.command.Name() || !bytes.Equal(first.Body, t.body) {
		return Answer{Err: refusal.New(refusal.IdempotencyConflict, "this id was used before, for %q with other contents; nothing was done", first.Name)}
	}
	a := answerOf(first)
	a.Receipt.Repeated = true
	return a
}

// applyOne runs one command. A refusal undoes only this command, and is kept:
// the same id gets the same no.
func (e *Engine) applyOne(entry *store.Entry, t *ticket, r *request) error {
	e.tx.begin(entry, t.named, store.Touched{Accounts: r.touched.Accounts[t.accounts[0]:t.accounts[1]], Records: r.touched.Records[t.records[0]:t.records[1]]})
	result, err := t.command.Apply(e.tx)
	if err == nil {
		if result != nil {
			entry.Result = e.tx.encode(result)
		}
		e.tx.finish()
		return nil
	}

	no := refusal.Of(err)
	if no == nil {
		return fmt.Errorf("command %s %s answered neither yes nor no: %w", entry.Name, entry.Command, err)
	}
	e.tx.undo()
	entry.Refused, entry.Message, entry.Field = string(no.Code), no.Message, no.Field
	return nil
}

func answerOf(entry *store.Entry) Answer {
	a := Answer{Receipt: Receipt{Position: entry.Position, At: entry.At, result: entry.Result, records: entry.Records}}
	if entry.Refused != "" {
		a.Err = &refusal.Refusal{Code: refusal.Code(entry.Refused), Message: entry.Message, Field: entry.Field}
	}
	return a
}

// deliver hands out answers as batches become durable, in order.
func (e *Engine) deliver() {
	defer e.done.Done()
	var failed error // of the newest batch
	for g := range e.sent {
		if g.pending != nil {
			if failed = g.pending.Wait(); errors.Is(failed, store.ErrRetry) {
				e.retries.Add(1)
			}
		}
		e.underWay.Add(-1)
		e.flying.Add(-int64(g.commands))
		select {
		case e.landed <- struct{}{}:
		default: // nobody has looked
		}
		if failed != nil && g.pending == nil {
			e.answerKept(g.requests, failed)
			continue
		}
		for _, r := range g.requests {
			switch {
			case failed == nil:
				r.done <- struct{}{}
			case slices.ContainsFunc(r.tickets, func(t ticket) bool { return t.entry == 0 }):
				e.answerKept([]*request{r}, failed)
			case !errors.Is(failed, store.ErrRetry) || !e.again(r):
				e.refuseAll([]*request{r}, failed)
			}
		}
	}
}

// answerKept answers commands some of which had been answered before, after a batch that
// failed: who was in that batch is told of the failure, and whose first answer is
// durable gets it, since for that one it is not true that nothing was done.
func (e *Engine) answerKept(all []*request, failed error) {
	for _, r := range all {
		lost := false
		for i := range r.tickets {
			t := &r.tickets[i]
			if t.entry != 0 { // it was in that batch
				lost, t.entry, t.answer = true, 0, Answer{Err: told(failed)}
				continue
			}
			first, there, err := e.store.Entry(context.Background(), t.named.ID)
			switch {
			case there && err == nil:
				t.answer = again(&first, t)
			case err != nil:
				t.answer = Answer{Err: told(err)}
			default:
				lost, t.answer = true, Answer{Err: told(failed)}
			}
		}
		if !lost || !errors.Is(failed, store.ErrRetry) || !e.again(r) {
			r.done <- struct{}{}
		}
	}
}

// refuseAll tells every command what the store's failure means for it. Of one that was sent
// before, and may have been done then, nobody says that nothing was.
func (e *Engine) refuseAll(all []*request, err error) {
	no, unknown := told(err), fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	answerEach(all, func(command string) error {
		if e.doubting != nil && e.doubting.Doubts(command) {
			return unknown
		}
		return no
	})
}

// told is a store's failure as who asked is told of it.
func told(err error) error {
	if errors.Is(err, store.ErrUnknown) {
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
	return &refusal.Refusal{Code: refusal.Unavailable, Message: fmt.Sprintf("the store takes no writes (%v); this attempt did nothing, and what became of an earlier one the same id tells later", err)}
}

func answerAll(all []*request, err error) { answerEach(all, func(string) error { return err }) }

// answerEach answers every command with an error of its own.
func answerEach(all []*request, no func(command string) error) {
	for _, r := range all {
		for i := range r.tickets {
			t := &r.tickets[i]
			t.entry, t.answer = 0, Answer{Err: no(t.named.ID)}
		}
		r.done <- struct{}{}
	}
}
