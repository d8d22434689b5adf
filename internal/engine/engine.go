package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// Options say how an engine runs. The zero value of each means its default.
type Options struct {
	Now      func() time.Time // business time; default time.Now
	Zone     *time.Location   // business time zone; default Asia/Shanghai
	MaxBatch int              // commands in a batch at most; default 4096
	MaxQueue int              // commands waiting at most, beyond which Submit answers overloaded; default 65536
	InFlight int              // batches being made durable at most; default 3
	Logger   *slog.Logger
}

// Engine applies commands, one after another, and answers when they are durable.
type Engine struct {
	store store.Store
	opt   Options
	queue chan *ticket
	sent  chan group // batches on their way to being durable, in order

	closing chan struct{} // closed once nothing more enters the queue
	done    sync.WaitGroup

	lastAt int64 // business time of the newest entry; the applying goroutine's

	mu     sync.RWMutex // held for reading while a ticket enters the queue
	closed bool
	broken error // why the engine has stopped itself
}

// ticket is one Submit that waits for its answer.
type ticket struct {
	command Command
	by      By
	body    []byte
	digest  [32]byte
	touched store.Touched
	answer  chan answer
}

type answer struct {
	receipt Receipt
	err     error
}

// group is a batch's tickets with the answers that they get once it is durable.
type group struct {
	pending store.Pending // nil: nothing new; wait for those before
	tickets []*ticket
	answers []answer
}

// New starts an engine on a store.
func New(ctx context.Context, s store.Store, opt Options) (*Engine, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Zone == nil {
		opt.Zone = Shanghai
	}
	if opt.MaxBatch == 0 {
		opt.MaxBatch = 4096
	}
	if opt.MaxQueue == 0 {
		opt.MaxQueue = 1 << 16
	}
	if opt.InFlight == 0 {
		opt.InFlight = 3
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Engine{
		store:   s,
		opt:     opt,
		queue:   make(chan *ticket, opt.MaxQueue),
		sent:    make(chan group, opt.InFlight),
		closing: make(chan struct{}),
	}

	head, err := s.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the journal's head: %w", err)
	}
	if head.Position > 0 {
		last, err := s.Journal(ctx, head.Position-1, 1)
		if err != nil || len(last) != 1 {
			return nil, fmt.Errorf("read the journal's last entry, %d: %w", head.Position, err)
		}
		e.lastAt = last[0].At
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
func (e *Engine) Waiting() int { return len(e.queue) }

// Submit applies the command and returns when its answer is durable. It is safe
// to repeat, with the same id. The error is a *refusal.Refusal, or
// ErrOutcomeUnknown (the context's end included: the command may still
// happen), or ErrStopped.
func (e *Engine) Submit(ctx context.Context, c Command, by By) (Receipt, error) {
	t := &ticket{command: c, by: by, body: Encode(c), answer: make(chan answer, 1)}
	t.digest = digest(c.Name(), t.body)
	t.touched.Commands = []string{c.ID()}
	c.Touches(&t.touched)
	if c.ID() == "" {
		panic("engine: a command without an id")
	}

	if err := e.enter(t); err != nil {
		return Receipt{}, err
	}
	select {
	case a := <-t.answer:
		return a.receipt, a.err
	case <-ctx.Done():
		return Receipt{}, fmt.Errorf("%w: %w", ErrOutcomeUnknown, ctx.Err())
	}
}

// enter queues a ticket. What has entered is answered: the queue is emptied
// after the last ticket has entered it.
func (e *Engine) enter(t *ticket) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return e.why()
	}
	select {
	case e.queue <- t:
		return nil
	default:
		return refusal.New(refusal.Overloaded, "%d commands are waiting; nothing was done", e.opt.MaxQueue)
	}
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

// apply collects what has arrived and makes a batch of it, again and again.
func (e *Engine) apply() {
	defer e.done.Done()
	defer close(e.sent)
	tickets := make([]*ticket, 0, e.opt.MaxBatch)
	for {
		tickets = tickets[:0]
		select {
		case t := <-e.queue:
			tickets = append(tickets, t)
		case <-e.closing:
			e.refuseRest()
			return
		}
	collect:
		for len(tickets) < e.opt.MaxBatch {
			select {
			case t := <-e.queue:
				tickets = append(tickets, t)
			default:
				break collect
			}
		}
		if err := e.batch(tickets); err != nil {
			e.stop(err)
			for _, t := range tickets {
				t.answer <- answer{err: e.stopped()}
			}
			e.refuseRest()
			return
		}
	}
}

func (e *Engine) refuseRest() {
	for {
		select {
		case t := <-e.queue:
			t.answer <- answer{err: e.stopped()}
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

// batch applies tickets in order and sends them on with their answers. The
// error is a bug: a panic in Apply, or an answer that is neither yes nor no.
func (e *Engine) batch(tickets []*ticket) (err error) {
	ctx := context.Background()
	var touched store.Touched
	for _, t := range tickets {
		touched.Commands = append(touched.Commands, t.touched.Commands...)
		touched.Accounts = append(touched.Accounts, t.touched.Accounts...)
		touched.Records = append(touched.Records, t.touched.Records...)
	}
	txn, err := e.store.Begin(ctx, &touched)
	if err != nil {
		refuseAll(tickets, err)
		return nil
	}
	defer txn.Rollback()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v\n%s", r, debug.Stack())
		}
	}()

	e.lastAt = max(e.lastAt, e.opt.Now().UnixMicro())
	tx := newTx(txn, e.opt.Zone)
	g := group{tickets: append([]*ticket(nil), tickets...), answers: make([]answer, len(tickets))}
	fresh := make(map[string]*store.Entry, len(tickets))
	var entries []*store.Entry
	var repeats []int
	for i, t := range tickets {
		id := t.command.ID()
		first, done := fresh[id]
		if !done {
			if known, ok := txn.Entry(id); ok {
				first, done = &known, true
			}
		}
		if done {
			if first.Digest != t.digest {
				g.answers[i].err = refusal.New(refusal.IdempotencyConflict, "this id was used before, for %q with other contents; nothing was done", first.Name)
				continue
			}
			repeats = append(repeats, i)
			g.answers[i] = answerOf(first)
			continue
		}

		entry := &store.Entry{At: e.lastAt, Command: id, Name: t.command.Name(), Body: t.body, Digest: t.digest, Actor: t.by.Actor, Request: t.by.Request}
		if err := applyOne(tx, entry, t); err != nil {
			return err
		}
		fresh[id] = entry
		entries = append(entries, entry)
		g.answers[i] = answerOf(entry)
	}

	if len(entries) > 0 {
		if g.pending, err = txn.Commit(store.Batch{Entries: entries, Accounts: tx.changed()}); err != nil {
			refuseAll(tickets, err)
			return nil
		}
	}
	for i, t := range tickets { // positions are known now
		if entry, ok := fresh[t.command.ID()]; ok && entry.Digest == t.digest {
			g.answers[i].receipt.Position = entry.Position
		}
	}
	for _, i := range repeats {
		g.answers[i].receipt.Repeated = true
	}
	e.sent <- g
	return nil
}

// applyOne runs one command. A refusal undoes only this command, and is kept:
// the same id gets the same no.
func applyOne(tx *Tx, entry *store.Entry, t *ticket) error {
	tx.begin(entry, &t.touched)
	result, err := t.command.Apply(tx)
	if err == nil {
		if result != nil {
			entry.Result = Encode(result)
		}
		tx.finish()
		return nil
	}

	no := refusal.Of(err)
	if no == nil {
		return fmt.Errorf("command %s %s answered neither yes nor no: %w", entry.Name, entry.Command, err)
	}
	tx.undo()
	entry.Refused, entry.Message, entry.Field = string(no.Code), no.Message, no.Field
	return nil
}

func answerOf(entry *store.Entry) answer {
	a := answer{receipt: Receipt{Position: entry.Position, At: entry.At, result: entry.Result, records: entry.Records}}
	if entry.Refused != "" {
		a.err = &refusal.Refusal{Code: refusal.Code(entry.Refused), Message: entry.Message, Field: entry.Field}
	}
	return a
}

// deliver hands out answers as batches become durable, in order.
func (e *Engine) deliver() {
	defer e.done.Done()
	var failed error // of the newest batch
	for g := range e.sent {
		if g.pending != nil {
			failed = g.pending.Wait()
		}
		if failed != nil {
			refuseAll(g.tickets, failed)
			continue
		}
		for i, t := range g.tickets {
			t.answer <- g.answers[i]
		}
	}
}

// refuseAll tells every ticket what the store's failure means for it.
func refuseAll(tickets []*ticket, err error) {
	var told error
	switch {
	case errors.Is(err, store.ErrUnknown):
		told = fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	default:
		told = &refusal.Refusal{Code: refusal.Unavailable, Message: fmt.Sprintf("the store takes no writes (%v); nothing was done", err)}
	}
	for _, t := range tickets {
		t.answer <- answer{err: told}
	}
}
