package mysqlstore

import (
	"context"
	"errors"
	"fmt"

	"tongbao/internal/diary"
	"tongbao/internal/frame"
	"tongbao/internal/store"
)

var _ store.Movable = (*Store)(nil)

// Frames is store.Movable's.
func (s *Store) Frames(ctx context.Context, after uint64, most int) (shown []store.Frame, err error) {
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	head, err := s.Head(ctx)
	if err != nil {
		return nil, err
	}
	if after > head.Position {
		return nil, fmt.Errorf("the journal ends with entry %d, before %d", head.Position, after)
	}
	size := 0
	err = s.framesFrom(ctx, after, head.Position, uint32(s.names), func(h frame.Header, whole []byte, _ []journalRow) error {
		if size += int(h.Length); size > most && len(shown) > 0 {
			return errEnough
		}
		shown = append(shown, h.Shown(whole[frame.HeaderSize:]))
		if size >= most {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return shown, err
}

// errEnough ends a reading.
var errEnough = errors.New("enough")

// SetAside is store.Movable's. The reason stands in the head's row, so it holds for
// every server.
func (s *Store) SetAside(ctx context.Context, reason string) error {
	if len(reason) > 1000 {
		return errors.New("set aside: the reason has more than 1000 bytes")
	}
	err := s.withHead(ctx, func(t *txn) error {
		_, err := t.lock.conn.ExecContext(ctx, "UPDATE head SET aside = ? WHERE id = 1", []byte(reason))
		if err == nil {
			err = t.lock.commit(ctx)
		}
		return err
	})
	return failed("set aside", err)
}

// Aside is store.Movable's.
func (s *Store) Aside(ctx context.Context) (reason string, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT aside FROM head WHERE id = 1").Scan(&reason)
	return reason, failed("read why the store is set aside", err)
}

// withHead does something while no batch is being made, by any server.
func (s *Store) withHead(ctx context.Context, do func(t *txn) error) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	if s.isClosed() {
		return store.ErrClosed
	}
	if err := s.land(ctx); err != nil {
		return err
	}
	if err := s.settleUnknown(ctx); err != nil {
		return err
	}
	for {
		l, err := s.lock(ctx)
		if err == nil {
			t := s.under(ctx, l)
			err = do(t)
			t.end()
		}
		if !isConflict(err) || ctx.Err() != nil {
			return err
		}
	}
}

// What a transaction takes over at most, beside its last frame: about what a busy
// server's batch has.
const (
	adoptEntries = 2048
	adoptBytes   = 2 << 20
)

// Adopt is store.Movable's. Small frames share a transaction: books that were made
// one entry at a time move as quickly as those of busy days.
func (s *Store) Adopt(ctx context.Context, frames []store.Frame) error {
	alone := false
	for len(frames) > 0 {
		n, bytes, entries := 0, 0, uint64(0)
		for n < len(frames) && bytes < adoptBytes && entries < adoptEntries && !(alone && n == 1) {
			bytes, entries = bytes+len(frames[n].Payload), entries+frames[n].Position-frames[n].First+1
			n++
		}
		err := s.withHead(ctx, func(t *txn) error {
			if t.lock.aside == "" {
				return errors.New("the store is open for batches, and takes over no journal")
			}
			return t.adopt(ctx, frames[:n])
		})
		if err != nil && n > 1 && ctx.Err() == nil {
			alone = true // those before the one that is to blame are taken over
			continue
		}
		if err != nil {
			return failed(fmt.Sprintf("entries from %d on are not taken over", frames[0].First), err)
		}
		frames = frames[n:]
	}
	return nil
}

// adopt takes frames over in one transaction: all of them or none.
func (t *txn) adopt(ctx context.Context, given []store.Frame) error {
	var frames []whole
	var entries []store.Entry
	head := t.head
	for i := range given {
		h, err := frame.Adopt(given[i], head)
		if err != nil {
			return err
		}
		some, err := h.DecodeAll(new(frame.Decoder), given[i].Payload)
		if err != nil {
			return err
		}
		frames = append(frames, whole{h, append(h.Bytes(uint32(t.store.names)), given[i].Payload...)})
		entries, head = append(entries, some...), store.Head{Position: h.Last(), Hash: h.Hash}
	}
	if err := t.load(ctx, touchedBy(entries)); err != nil {
		return err
	}
	c, err := t.follow(entries, diary.CompareLink)
	if err != nil {
		return err
	}
	m, err := t.make(c, frames...)
	if err != nil {
		return err
	}
	t.store.left = m.head
	return t.store.send(t.ctx, t.lock, m)
}

// touchedBy is what entries read or wrote, as far as they tell.
func touchedBy(entries []store.Entry) *store.Touched {
	touched := &store.Touched{}
	for i := range entries {
		e := &entries[i]
		touched.Commands = append(touched.Commands, store.Named{ID: e.Command, Stamp: e.Stamp})
		for k := range e.Legs {
			touched.Account(e.Legs[k].Account)
		}
		for k := range e.States {
			touched.Account(e.States[k].Account)
		}
		for k := range e.Mentions {
			touched.Account(e.Mentions[k].Account)
		}
		for k := range e.Records {
			touched.Record(e.Records[k].Key)
		}
	}
	return touched
}

// AdoptHeads is store.Movable's.
func (s *Store) AdoptHeads(ctx context.Context, heads []store.SignedHead) error {
	return s.withHead(ctx, func(t *txn) error {
		for _, signed := range heads {
			if !signed.Genuine() {
				return fmt.Errorf("the head at entry %d does not bear its key's signature", signed.Position)
			}
			if signed.Position > t.head.Position {
				return fmt.Errorf("a head is signed for entry %d; the journal ends with %d", signed.Position, t.head.Position)
			}
			found, err := t.hasFrame(ctx, signed.Head)
			if err != nil {
				return failed("look for a signed head's frame", err)
			}
			if !found {
				return fmt.Errorf("a head is signed for entry %d with another hash than the journal has there", signed.Position)
			}
		}
		for _, signed := range heads {
			if _, err := t.lock.conn.ExecContext(ctx, "INSERT IGNORE INTO heads (position, line) VALUES (?, ?)", signed.Position, []byte(signed.String())); err != nil {
				return failed("keep a signed head", err)
			}
		}
		return failed("keep signed heads", t.lock.commit(ctx))
	})
}

// hasFrame says whether a frame ends with an entry and has a hash.
func (t *txn) hasFrame(ctx context.Context, head store.Head) (found bool, err error) {
	err = t.look.ask.each(ctx, "SELECT frame FROM journal WHERE first <= ? AND frame IS NOT NULL ORDER BY first DESC LIMIT 1", func(scan scanner) error {
		var front []byte
		if err := scan(&front); err != nil {
			return err
		}
		h, err := frame.ParseHeader(front, uint32(t.store.names))
		found = err == nil && h.Last() == head.Position && h.Hash == head.Hash
		return err
	}, head.Position)
	return found, err
}
