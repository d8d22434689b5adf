package mysqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tongbao/internal/store"
)

// A batch is written and committed while the next one is read, applied and encoded: the
// database and the server would otherwise wait for each other, a third of the time.
//
// The next batch reads in a snapshot, on a connection of its own. What is in the
// database follows from the head, all of it: who has read, in one snapshot, the head and
// what is under it has read what is true of that head, whatever has happened since. So
// a snapshot with the head from which the batch under way was made shows, with what
// that batch changes laid over it, what will be true once it is committed; one with
// the head that it leads to shows that already; and one with another head is of no use,
// since another server's batch came first. Before the next batch is written it locks
// the head, and must find the very one that it was made from. Nothing else proves that
// what it has decided on is still true, and nothing else has to.

// flight is a batch on its way into the database. It has the head locked.
type flight struct {
	made *made
	turn *turn         // in which it is written; nil where none is kept
	done chan struct{} // closed when it is known what became of it
	err  error         // what became of it; nil where it is committed
}

// Wait is store.Pending's.
func (f *flight) Wait() error {
	<-f.done
	return f.err
}

func (f *flight) underWay() bool {
	select {
	case <-f.done:
		return false
	default:
		return true
	}
}

// aloneAfter is how long no batch of another server must have been seen for this one to
// read ahead, and to answer for a batch that it has not written yet.
const aloneAfter = time.Second

// alone says that no other server is likely to come between two batches of this one.
// Where one is, a batch waits for what becomes of it and is made again where another
// came first; and so it does on Galera, whose nodes tell only at the commit. The caller
// has the turn in this process.
func (s *Store) alone() bool { return !s.server.on("wsrep_on") && time.Since(s.othersAt) > aloneAfter }

// find notes the head that was found under its lock: whether it is the one that this
// server left there. The caller has the turn in this process.
func (s *Store) find(head store.Head) {
	if head != s.left {
		s.left, s.othersAt = head, time.Now()
	}
}

// takeOff has a batch written and committed beside what follows, in a turn where one is
// kept.
func (s *Store) takeOff(ctx context.Context, l *locked, m *made, in *turn) *flight {
	f, before := &flight{made: m, turn: in, done: make(chan struct{})}, s.flight
	s.flight = f
	switch {
	case in == nil:
	case in.ends():
		s.draft(m)
	default:
		m.say = s.say(in, m.head.Position)
	}
	go func() {
		defer close(f.done)
		f.err = s.fly(ctx, l, m)
		if before != nil { // its commit may not have been answered yet
			if f.err == nil && before.made.head == m.base {
				s.prove(before.made)
			}
			<-before.done
		}
		writers.Put(m.out)
		m.out = nil
	}()
	return f
}

// fly writes a batch for as long as the head is the one that it was made from: its
// caller has been told that it is on its way, and later ones are made on top of it.
// Where another server came first, it is made again.
func (s *Store) fly(ctx context.Context, l *locked, m *made) error {
	for started := time.Now(); ; {
		err := s.send(ctx, l, m)
		if err == nil || errors.Is(err, store.ErrUnknown) {
			return err
		}
		if !errors.Is(err, store.ErrRetry) || time.Since(started) > longTurn {
			return fmt.Errorf("%w: %w", store.ErrLost, err)
		}
		s.log.Info("a batch was given up by the database; writing it again", "entries", len(m.entries), "from", m.first, "error", err)
		if err := patiently(ctx, func() (err error) { l, err = s.lock(ctx); return err }); err != nil {
			return fmt.Errorf("%w: %w", store.ErrLost, err)
		}
		if l.head != m.base || l.aside != "" {
			l.end()
			return fmt.Errorf("%w: %w", errOthers, err)
		}
	}
}

// send writes a batch under the lock and commits it. This is the moment of truth. An
// error means that nothing was done, but for ErrUnknown.
func (s *Store) send(ctx context.Context, l *locked, m *made) error {
	defer l.end()
	err := m.out.send(ctx, l.conn)
	if err == nil && m.say != nil {
		err = m.say(ctx, l.conn)
	}
	if err != nil {
		return notDone(err)
	}
	err = l.commit(ctx)
	switch {
	case err == nil:
		s.committed(m)
		return nil
	case isConflict(err) && numberOf(err) != errTimedOut: // with Galera and TiDB; the transaction has gone
		return fmt.Errorf("commit: %w: %w", store.ErrRetry, err)
	}
	s.log.Warn("a commit was not answered; finding out", "entries", len(m.entries), "from", m.first, "error", err)
	l.end()
	done, settleErr := s.settle(m)
	switch {
	case settleErr != nil && s.doubt(m):
		return fmt.Errorf("%w: %w", store.ErrUnknown, settleErr)
	case done, settleErr != nil:
		s.committed(m)
		return nil
	}
	return fmt.Errorf("commit: %w: %w", store.ErrRetry, err)
}

func (s *Store) committed(m *made) {
	s.blocks.surely(m.head.Position)
	for _, b := range m.blocks {
		s.blocks.add(b)
	}
	if m.line != "" {
		s.signed.Store(m.base.Position)
	}
	s.reach(m.head.Position)
	s.keepAhead(m.head.Position)
}

// land waits until no batch is under way. The caller has the turn in this process.
func (s *Store) land(ctx context.Context) error {
	if s.flight != nil {
		select {
		case <-s.flight.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.flight = nil
	return nil
}

var errOthers = fmt.Errorf("another server's batch came first: %w", store.ErrRetry)

// ahead begins a batch before its turn: behind one of this server's that is under way, nil
// for none.
func (s *Store) ahead(asked context.Context, before *flight, touched *store.Touched) (t *txn, err error) {
	ctx, cancel := context.WithTimeout(asked, askFor)
	defer cancel()
	view, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	t = &txn{store: s, ctx: context.WithoutCancel(asked), view: view, head: *view.upTo, at: view.at, look: view.look, read: newRead()}
	t.look.upTo, t.look.batch = &t.head, newBlocks()
	if err = t.load(ctx, touched); err != nil {
		t.end()
		return nil, err
	}
	if before != nil && t.head == before.made.base {
		t.lay(before.made)
	}
	if before != nil && t.head == before.made.head {
		t.before = before
	}
	return t, nil
}

// lay brings what has been read to where another batch leaves it, which is not committed
// yet, or wasn't when it was read.
func (t *txn) lay(m *made) {
	for id, a := range t.accounts {
		if m.bring(&a) {
			t.accounts[id] = a
		}
	}
	for _, p := range m.places {
		if list, known := t.places[p.name]; known {
			t.places[p.name] = append(list, p.placed)
		}
	}
	for name := range m.rows {
		if !t.looked[name] {
			continue
		}
		if r, there, _ := m.row(name); there {
			t.rows[name] = r
		} else {
			delete(t.rows, name)
		}
	}
	for _, b := range m.blocks {
		t.look.batch.add(b)
	}
	t.over = append(t.over, m)
	t.before, t.head, t.at = nil, m.head, max(t.at, m.at)
}

// signs says whether a batch that isn't committed yet signs a head.
func (t *txn) signs() bool {
	return slices.ContainsFunc(t.over, func(m *made) bool { return m.line != "" })
}

// catchUp locks the head, which proves what the batch has read: it is asked for while
// the batch before is still being written, and so is given at its commit.
func (t *txn) catchUp() (err error) {
	for waited := false; ; waited = true {
		if err = patiently(t.ctx, func() (err error) { t.lock, err = t.store.lock(t.ctx); return err }); err != nil {
			return notDone(err)
		}
		if before := t.before; before != nil && t.lock.head == before.made.base && !waited {
			t.lock.end() // it came before that one's end, which has to be done again, or can't be told
			t.lock = nil
			if err := before.Wait(); err != nil {
				return fmt.Errorf("commit: %w: what it was made on top of was not committed: %v", store.ErrRetry, err) // and of this one it is known
			}
			continue
		}
		t.store.find(t.lock.head)
		if t.lock.head != t.head || t.lock.aside != "" {
			t.store.brokeIn(t.before)
			return fmt.Errorf("commit: %w", errOthers)
		}
		return nil
	}
}
