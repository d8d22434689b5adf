package mysqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tongbao/internal/frame"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
)

// What a batch decides hangs on what the one before it does. So the last batch of a turn
// is handed over: its server puts the frame that it is about to write into the table
// draft. Who is next reads what its own batch touches, lays over it what the draft says,
// and makes its batch, so that this is ready when the other has been committed. One of
// those that wait takes the draft, and says so in the table turn.
//
// The batch is written when it has locked the head and found the draft's there, hash and
// all; else it is made again. So a draft that never comes true, or is false, costs time
// and no more.

// lookAgain is how long who waits for a draft sleeps between two looks, at least.
const lookAgain = 2 * time.Millisecond

// modesty is how long who has not waited at all leaves a draft to others; it goes down to
// nothing in muchModesty of waiting, so that of several servers each has its turn. Three
// turns of others take some 800 ms.
const (
	modesty     = 20 * time.Millisecond
	muchModesty = 800 * time.Millisecond
)

// mostDrafted is how many bytes a frame has at most that is handed over: less than what
// a database takes in a statement.
const mostDrafted = 4 << 20

// draft hands a batch over that is about to be written, beside that.
func (s *Store) draft(m *made) {
	if len(m.frame.bytes) > mostDrafted {
		return
	}
	s.manners.handed = m.head.Position
	s.drafts.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := s.read.ExecContext(ctx, "INSERT INTO draft (id, base, position, frame) VALUES (1, ?, ?, ?) ON DUPLICATE KEY UPDATE base = VALUES(base), position = VALUES(position), frame = VALUES(frame)",
			m.base.Position, m.head.Position, m.frame.bytes)
		if err != nil { // others wait until it is committed
			s.log.Debug("a batch was not handed over", "from", m.first, "error", err)
		}
	})
}

// standing is who has come how far, as the database tells: ends of the journal.
type standing struct {
	committed      uint64
	taken          uint64 // newest that a server keeps or has taken
	rest           int64  // for how many milliseconds that one goes on beginning batches
	draftOf, draft uint64 // what is drafted: before it and after it
}

func (s *Store) standing(ctx context.Context) (now standing, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT h.position, COALESCE(t.position, 0), COALESCE(t.rest, 0), COALESCE(d.base, 0), COALESCE(d.position, 0) FROM head h LEFT JOIN turn t ON t.id = h.id LEFT JOIN draft d ON d.id = h.id WHERE h.id = 1").
		Scan(&now.committed, &now.taken, &now.rest, &now.draftOf, &now.draft)
	return now, err
}

// drafted says whether the batch that is being written is there for who takes it.
func (n standing) drafted() bool {
	return n.draftOf == n.committed && n.draft > n.committed && n.taken < n.draft
}

// busyOthers says that turns are kept, this server's or others'.
func (s *Store) busyOthers() bool { return !s.alone() && time.Since(s.manners.turnAt) < aloneAfter }

// onDraft begins a batch on top of the last of another's turn, while that is written.
// Where nobody has a turn, or it doesn't end so, t is nil, and early what has been read.
func (s *Store) onDraft(asked context.Context, touched *store.Touched, since time.Time) (t, early *txn, err error) {
	ctx, cancel := context.WithTimeout(asked, askFor)
	defer cancel()
	for {
		base, ends, err := s.turnsEnd(ctx, since)
		if err != nil || !ends {
			return nil, nil, err
		}
		s.seesTurn()
		t, early, err = s.afterLast(ctx, base, touched, since)
		if !errors.Is(err, errTaken) {
			return t, early, err
		}
	}
}

// afterLast reads a batch, takes what is drafted meanwhile, and lays that over it. It
// answers errTaken where another server has taken it.
func (s *Store) afterLast(asked context.Context, base uint64, touched *store.Touched, since time.Time) (t, early *txn, err error) {
	ctx, cancel := context.WithCancel(asked)
	defer cancel()
	read := make(chan struct{})
	go func() {
		defer close(read)
		early, err = s.ahead(ctx, nil, touched)
	}()
	turn := turnFor
	if len(touched.Commands) < largeBatch {
		turn = 0
	}
	m, notTaken := s.takeDraft(ctx, base, since, turn)
	if notTaken != nil {
		cancel()
	}
	<-read
	switch {
	case notTaken != nil:
		early.end()
		return nil, nil, notTaken
	case err != nil || m == nil:
		return nil, early, err
	case m.follows(early.head):
		early.lay(m)
	case m.head != early.head: // unless it has been committed meanwhile
		return nil, early, nil
	}
	return early, nil, nil
}

// turnsEnd waits until the last batch of another's turn is being written, and says on top
// of which end of the journal. It says no where nobody has a turn, and where the batch has
// waited for long enough.
func (s *Store) turnsEnd(ctx context.Context, since time.Time) (base uint64, ends bool, err error) {
	for began, was := time.Now(), (standing{}); ; {
		now, err := s.standing(ctx)
		if err != nil {
			return 0, false, err
		}
		if now != was {
			began, was = time.Now(), now
		}
		still := time.Since(began)
		kept := now.taken >= now.committed && s.isTaken(now.taken)
		handed := now.committed == s.manners.handed && now.taken < now.committed
		wait := lookAgain
		switch {
		case now.drafted() || kept && now.taken == now.committed && now.rest == 0:
			return now.committed, true, nil
		case handed && still < handing && time.Since(s.manners.othersTurnAt) < aloneAfter:
			// somebody is about to take what this server has handed over
		case !kept || still > stillness || time.Since(since) > patience:
			return 0, false, nil
		default:
			wait = max(wait, time.Duration(now.rest)*time.Millisecond/4)
		}
		if err := sleep(ctx, wait); err != nil {
			return 0, false, err
		}
	}
}

// takeDraft waits for the batch that is being written on top of an end of the journal,
// and takes it; nil where it isn't drafted. It answers errTaken where another has it. Who has
// waited since long ago is quicker than who has just had a turn.
func (s *Store) takeDraft(ctx context.Context, base uint64, since time.Time, turn time.Duration) (*made, error) {
	for began := time.Now(); time.Since(began) < stillness; {
		now, err := s.standing(ctx)
		switch {
		case err != nil:
			return nil, err
		case now.drafted():
			if err := sleep(ctx, modesty-time.Since(since)/(muchModesty/modesty)); err != nil {
				return nil, err
			}
			return s.takeNow(ctx, now.draft, turn)
		case now.taken > base:
			return nil, errTaken
		case now.committed != base:
			return nil, nil
		}
		if err := sleep(ctx, lookAgain); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// takeNow takes what is drafted, unless another server has, and says how long its turn is
// going to be.
func (s *Store) takeNow(ctx context.Context, position uint64, turn time.Duration) (*made, error) {
	result, err := s.read.ExecContext(ctx, "UPDATE turn SET position = ?, rest = ? WHERE id = 1 AND position < ?", position, turn.Milliseconds(), position)
	if err != nil {
		return nil, err
	}
	if n, err := result.RowsAffected(); n == 0 || err != nil {
		return nil, errors.Join(errTaken, err)
	}
	s.manners.taken = position
	var bytes []byte
	if err := s.read.QueryRowContext(ctx, "SELECT frame FROM draft WHERE id = 1").Scan(&bytes); err != nil {
		return nil, err
	}
	return s.drafted(bytes)
}

// drafted is a batch as its frame tells it. What it says is not proven by anything
// but the head that it leads to.
func (s *Store) drafted(bytes []byte) (*made, error) {
	h, err := frame.ParseHeader(bytes, uint32(s.names))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errOthers, err)
	}
	payload := bytes[frame.HeaderSize:]
	if err := h.CheckPayload(payload); err != nil {
		return nil, fmt.Errorf("%w: %w", errOthers, err)
	}
	entries, err := h.DecodeAll(new(frame.Decoder), payload)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		for r := range entries[i].Records {
			s.learnKind(entries[i].Records[r].Key.Kind, entries[i].Records[r].Bulk)
		}
	}
	m := &made{changes: &changes{first: h.First, entries: entries, records: map[store.Key]*changedRecord{}}, frame: whole{h, bytes},
		head: store.Head{Position: h.Last(), Hash: h.Hash}, at: entries[len(entries)-1].At, ends: endsOf(entries)}
	if err := m.divide(m.frame); err != nil {
		return nil, err
	}
	return m, m.findPlaces(s.names, func(store.Key) ([]store.Term, error) { return nil, nil })
}

// follows says whether a batch that is known by its draft leads from a head to its own.
func (m *made) follows(head store.Head) bool {
	_, err := frame.Adopt(m.frame.h.Shown(m.frame.bytes[frame.HeaderSize:]), head)
	return err == nil
}

// end is what entries say of an account's end: not all of it, since they were not made to
// be read without what was before.
type end struct {
	moved, stated bool
	balance       money.Amount
	entries, last uint64
	state         store.AccountChange
}

// endsOf are those of all accounts that entries touch.
func endsOf(entries []store.Entry) map[ledger.AccountID]*end {
	ends := make(map[ledger.AccountID]*end, len(entries))
	of := func(id ledger.AccountID) *end {
		e := ends[id]
		if e == nil {
			e = &end{}
			ends[id] = e
		}
		return e
	}
	for i := range entries {
		entry := &entries[i]
		for k := range entry.Legs {
			leg := &entry.Legs[k]
			e := of(leg.Account)
			e.moved, e.balance, e.entries, e.last = true, leg.After, leg.Number, entry.Position
		}
		for k := range entry.Mentions {
			of(entry.Mentions[k].Account).last = entry.Position
		}
		for k := range entry.States {
			e := of(entry.States[k].Account)
			e.stated, e.state = true, entry.States[k]
		}
	}
	return ends
}

// bring brings an account to where a batch leaves it, and says whether it changes it.
func (m *made) bring(a *ledger.Account) bool {
	if m.ends == nil { // it was made here, and all is known
		is := m.accounts[a.ID]
		if is != nil {
			*a = *is
		}
		return is != nil
	}
	e := m.ends[a.ID]
	if e == nil {
		return false
	}
	if e.moved {
		a.Balance, a.Entries = e.balance, e.entries
	}
	if e.stated {
		a.Held, a.Tier, a.Meter = e.state.Held, e.state.Tier, e.state.Meter
	}
	if e.last > 0 {
		a.Last = e.last
	}
	return true
}
