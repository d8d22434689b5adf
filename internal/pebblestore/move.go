package pebblestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"tongbao/internal/diary"
	"tongbao/internal/frame"
	"tongbao/internal/store"
)

var _ store.Movable = (*Store)(nil)

// Frames is store.Movable's.
func (s *Store) Frames(ctx context.Context, after uint64, most int) ([]store.Frame, error) {
	if s.isClosed() {
		return nil, store.ErrClosed
	}
	head := s.headNow()
	if after > head.Position {
		return nil, fmt.Errorf("the journal ends with entry %d, before %d", head.Position, after)
	}
	var shown []store.Frame
	size := 0
	for after < head.Position && (size < most || len(shown) == 0) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h, at, _, err := s.journal.locate(after+1, new(headerWindow))
		if err != nil {
			return nil, err
		}
		if h.First != after+1 {
			return nil, fmt.Errorf("entry %d is not the last of its batch, which has %d to %d", after, h.First, h.Last())
		}
		if size += int(h.Length); size > most && len(shown) > 0 {
			break
		}
		f, err := s.journal.reading(at.segment)
		if err != nil {
			return nil, err
		}
		payload := make([]byte, h.Length)
		n, err := readFull(f, payload, at.offset+frame.HeaderSize)
		if err == nil {
			err = h.CheckPayload(payload[:n])
		}
		if err != nil {
			return nil, fmt.Errorf("read journal, %s: %w", at, err)
		}
		shown = append(shown, h.Shown(payload))
		after = h.Last()
	}
	return shown, nil
}

// SetAside is store.Movable's. The reason is a file in the folder.
func (s *Store) SetAside(ctx context.Context, reason string) error {
	if err := s.takeTurn(ctx); err != nil {
		return err
	}
	defer func() { <-s.turn }()
	if reason == s.whyAside() {
		return nil
	}
	path := s.fs.PathJoin(s.dir, asideFile)
	if reason == "" {
		if err := s.fs.Remove(path); err != nil {
			return fmt.Errorf("open %s for batches: %w", s.dir, err)
		}
		if err := syncDir(s.fs, s.dir); err != nil {
			return fmt.Errorf("open %s for batches: %w", s.dir, err)
		}
		s.aside.Store(&reason)
		return nil
	}
	err := replaceFile(s.fs, s.dir, asideFile, func(w io.Writer) error {
		_, err := io.WriteString(w, reason+"\n")
		return err
	})
	if err != nil {
		return fmt.Errorf("set %s aside: %w", s.dir, err)
	}
	s.aside.Store(&reason)
	s.landed()
	return nil
}

// Aside is store.Movable's. It waits for no batch: who asks whether the platform can serve
// asks it again and again.
func (s *Store) Aside(ctx context.Context) (string, error) {
	if s.isClosed() {
		return "", store.ErrClosed
	}
	return s.whyAside(), ctx.Err()
}

func (s *Store) whyAside() string {
	if reason := s.aside.Load(); reason != nil {
		return *reason
	}
	return ""
}

func (s *Store) readAside() error {
	text, err := readFile(s.fs, s.fs.PathJoin(s.dir, asideFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	reason := strings.TrimSpace(string(text))
	s.aside.Store(&reason)
	return err
}

func (s *Store) takeTurn(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.isClosed() {
		<-s.turn
		return store.ErrClosed
	}
	return nil
}

// landed waits for what is in flight. The caller has the turn, so no more comes.
func (s *Store) landed() {
	s.flightMu.Lock()
	flying := append([]*flight(nil), s.flying...)
	s.flightMu.Unlock()
	for _, f := range flying {
		<-f.done
	}
}

// Adopt is store.Movable's.
func (s *Store) Adopt(ctx context.Context, frames []store.Frame) error {
	if s.readOnly {
		return fmt.Errorf("%w: %s is open for reading only", store.ErrUnavailable, s.dir)
	}
	if err := s.takeTurn(ctx); err != nil {
		return err
	}
	defer func() { <-s.turn }()
	if s.whyAside() == "" {
		return fmt.Errorf("%s is open for batches, and takes over no journal", s.dir)
	}
	s.landed()
	var last store.Pending
	var err error
	before := s.headNow()
	for i := range frames {
		if last, err = s.adopt(ctx, &frames[i], before, last); err != nil {
			break
		}
		before = frames[i].Head
	}
	if last != nil {
		err = errors.Join(err, last.Wait())
	}
	return err
}

// adopt sends one frame on its way; last is the one before it.
func (s *Store) adopt(ctx context.Context, given *store.Frame, before store.Head, last store.Pending) (store.Pending, error) {
	wrong := func(err error) (store.Pending, error) {
		return last, fmt.Errorf("entries from %d on are not taken over: %w", given.First, err)
	}
	h, err := frame.Adopt(*given, before)
	if err != nil {
		return wrong(err)
	}
	d := decoders.Get().(*frame.Decoder)
	defer decoders.Put(d)
	entries, err := h.DecodeAll(d, given.Payload)
	if err != nil {
		return wrong(err)
	}
	// The frame says how far the journal was durable when it was written: after a
	// power cut that must be true here too, or a torn tail would look like damage.
	if last != nil && given.Synced > s.headNow().Position {
		if err := last.Wait(); err != nil {
			return wrong(err)
		}
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return last, ctx.Err()
	}
	t, err := s.beginTxn()
	if err == nil {
		var f *flight
		if f, err = t.follow(entries, diary.CompareLink, func(*flight) error { return t.err }); err == nil {
			f.given = given
			var pending store.Pending
			if pending, err = s.send(f); err == nil {
				return pending, nil
			}
		}
	}
	<-s.slots
	return wrong(err)
}

// adoptFrame puts another journal's frame into buf.
func adoptFrame(buf *bytes.Buffer, salt uint32, before store.Head, given *store.Frame) (frame.Header, error) {
	h, err := frame.Adopt(*given, before)
	if err != nil {
		return h, err
	}
	buf.Grow(int(h.Size()))
	buf.Write(h.Bytes(salt))
	buf.Write(given.Payload)
	return h, nil
}

// AdoptHeads is store.Movable's.
func (s *Store) AdoptHeads(ctx context.Context, heads []store.SignedHead) error {
	if err := s.takeTurn(ctx); err != nil {
		return err
	}
	defer func() { <-s.turn }()
	end := s.headNow().Position
	for _, signed := range heads {
		if !signed.Genuine() {
			return fmt.Errorf("the head at entry %d does not bear its key's signature", signed.Position)
		}
		if signed.Position > end {
			return fmt.Errorf("a head is signed for entry %d; the journal ends with %d", signed.Position, end)
		}
		h, _, _, err := s.journal.locate(signed.Position, new(headerWindow))
		if err != nil {
			return err
		}
		if h.Last() != signed.Position || h.Hash != signed.Hash {
			return fmt.Errorf("a head is signed for entry %d with another hash than the journal has there", signed.Position)
		}
	}
	return s.heads.adopt(heads)
}
