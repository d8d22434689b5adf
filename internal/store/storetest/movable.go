package storetest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tongbao/internal/frame"
	"tongbao/internal/store"
)

// movable opens a store whose books can be moved, or skips.
func movable(t *testing.T, h Harness) (store.Movable, *teller, string) {
	t.Helper()
	s, teller, dir := open(t, h)
	m, ok := s.(store.Movable)
	if !ok {
		t.Skip("this store's books can't be moved")
	}
	return m, teller, dir
}

// pour takes everything from one store to the other, which is set aside for it.
func pour(t *testing.T, from, to store.Movable, bytes int) {
	t.Helper()
	for {
		head := must[store.Head](t)(to.Head(ctx))
		frames, err := from.Frames(ctx, head.Position, bytes)
		if err != nil {
			t.Fatal(err)
		}
		if len(frames) == 0 {
			return
		}
		if err := to.Adopt(ctx, frames); err != nil {
			t.Fatal(err)
		}
	}
}

func aside(t *testing.T, s store.Movable, reason string) {
	t.Helper()
	if err := s.SetAside(ctx, reason); err != nil {
		t.Fatal(err)
	}
	same(t, "the reason", must[string](t)(s.Aside(ctx)), reason)
}

func setAside(t *testing.T, h Harness) {
	s, teller, dir := movable(t, h)
	teller.fill("a", 20, 5, 7)
	aside(t, s, "the books moved house")
	refused := func() {
		t.Helper()
		within, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		txn, err := s.Begin(within, touchedBy([]step{move("b", bank, user(1), 1)}))
		if err == nil {
			txn.Rollback()
			t.Fatal("a batch began on a store that was set aside")
		}
		if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "the books moved house") {
			t.Fatalf("begin says %v", err)
		}
	}
	refused()
	aside(t, s, "the books moved house")
	if n := len(must[[]store.Entry](t)(s.Journal(ctx, 0, 100))); n != 20 {
		t.Fatalf("%d of 20 entries are read", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = h.Open(t, dir).(store.Movable)
	defer s.Close()
	refused()
	aside(t, s, "")
	again := newTeller(t, s)
	again.now = 1 << 40
	again.do(move("b", bank, user(1), 1))
	verify(t, s)
}

func takenOver(t *testing.T, h Harness) {
	from, teller, _ := movable(t, h)
	teller.fill("a", 300, 5, 11)
	teller.do(move("last", bank, user(3), 5))
	to, _, dir := movable(t, h)
	aside(t, to, "half of a move")
	pour(t, from, to, 4000)
	same(t, "contents", read(t, to, allIndexes...), read(t, from, allIndexes...))
	verify(t, to)
	aside(t, to, "")
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	to = h.Open(t, dir).(store.Movable)
	defer to.Close()
	same(t, "contents after opening again", read(t, to, allIndexes...), read(t, from, allIndexes...))
	entry, ok, err := to.Entry(ctx, "a-000007")
	if err != nil || !ok || entry.Position != 8 {
		t.Fatalf("a command that was taken over is found as %+v, %v, %v", entry, ok, err)
	}
	again := newTeller(t, to)
	again.now = 1 << 40
	again.do(move("goes on", bank, user(3), 5))
	verify(t, to)
}

func takenOverInParts(t *testing.T, h Harness) {
	a, teller, _ := movable(t, h)
	b, _, _ := movable(t, h)
	aside(t, b, "half of a move")
	for i := range 4 {
		teller.fill(fmt.Sprint("a", i), 60, 5, 1+7*i)
		pour(t, a, b, 1) // frame by frame
	}
	aside(t, a, "moved")
	aside(t, b, "")
	there := newTeller(t, b)
	there.now = 1 << 40
	there.fill("b", 60, 5, 9)
	pour(t, b, a, 1<<20)
	same(t, "contents, there and back", read(t, a, allIndexes...), read(t, b, allIndexes...))
	verify(t, a)
	verify(t, b)
}

func notTakenOver(t *testing.T, h Harness) {
	from, teller, _ := movable(t, h)
	teller.fill("a", 40, 5, 10)
	frames, err := from.Frames(ctx, 0, 1<<20)
	if err != nil || len(frames) != 4 || frames[0].First != 1 || frames[3].Position != 40 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	if _, err := from.Frames(ctx, 15, 1<<20); err == nil {
		t.Error("frames from the middle of a batch on were listed")
	}
	if _, err := from.Frames(ctx, 41, 1<<20); err == nil {
		t.Error("frames after the journal's end were listed")
	}

	to, _, _ := movable(t, h)
	if err := to.Adopt(ctx, frames); err == nil {
		t.Error("a store that is open for batches took over a journal")
	}
	aside(t, to, "half of a move")
	refused := func(what string, frames ...store.Frame) {
		t.Helper()
		before := read(t, to, allIndexes...)
		if err := to.Adopt(ctx, frames); err == nil {
			t.Errorf("%s was taken over", what)
		}
		same(t, "contents after "+what, read(t, to, allIndexes...), before)
		verify(t, to)
	}
	refused("a frame after a gap", frames[1])
	changed := frames[0]
	changed.Payload = bytes.Clone(changed.Payload)
	changed.Payload[len(changed.Payload)-3] ^= 1
	refused("a frame with a changed byte", changed)
	changed = frames[0]
	changed.Hash[0] ^= 1
	refused("a frame with another hash", changed)
	changed = frames[0]
	changed.Position++
	refused("a frame that says it has more entries", changed)
	refused("a frame whose balance is false", forge(t, from, func(entries []store.Entry) { entries[2].Legs[0].After++ }))
	refused("a frame whose link is false", forge(t, from, func(entries []store.Entry) { entries[2].Legs[0].Previous++ }))
	refused("a frame with a command twice", forge(t, from, func(entries []store.Entry) { entries[3].Command = entries[2].Command }))
	if err := to.Adopt(ctx, frames[:2]); err != nil {
		t.Fatal(err)
	}
	refused("a frame that is there", frames[1])
	if err := to.Adopt(ctx, []store.Frame{frames[2], changed}); err == nil {
		t.Error("a frame that doesn't follow was taken over")
	}
	same(t, "the head", must[store.Head](t)(to.Head(ctx)), frames[2].Head)
	pour(t, from, to, 1<<20)
	same(t, "contents", read(t, to, allIndexes...), read(t, from, allIndexes...))
}

// forge makes a first frame of the store's first entries, with something changed
// and hashes that are right.
func forge(t *testing.T, s store.Store, change func([]store.Entry)) store.Frame {
	t.Helper()
	entries := must[[]store.Entry](t)(s.Journal(ctx, 0, 10))
	change(entries)
	var buf bytes.Buffer
	var encoder frame.Encoder
	h, err := encoder.Encode(&buf, 1, [32]byte{}, 1, 0, entries)
	if err != nil {
		t.Fatal(err)
	}
	return h.Shown(buf.Bytes()[frame.HeaderSize:])
}

func headsTakenOver(t *testing.T, h Harness) {
	from, teller, _ := movable(t, h)
	teller.fill("a", 40, 5, 10)
	to, _, _ := movable(t, h)
	aside(t, to, "half of a move")
	pour(t, from, to, 1<<20)
	frames, err := from.Frames(ctx, 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	first, second := store.SignHead(frames[0].Head, key), store.SignHead(frames[2].Head, key)
	for range 2 {
		if err := to.AdoptHeads(ctx, []store.SignedHead{first, second}); err != nil {
			t.Fatal(err)
		}
	}
	heads := func() (found []string) {
		snapshot := must[store.Snapshot](t)(to.Snapshot(ctx))
		defer snapshot.Close()
		for _, signed := range must[[]store.SignedHead](t)(snapshot.Heads(ctx)) {
			if bytes.Equal(signed.Key, first.Key) {
				found = append(found, signed.String())
			}
		}
		return found
	}
	same(t, "heads", heads(), []string{first.String(), second.String()})

	forged := store.SignHead(frames[1].Head, key)
	forged.Signature[0] ^= 1
	elsewhere := store.SignHead(store.Head{Position: 20, Hash: [32]byte{1}}, key)
	within := store.SignHead(store.Head{Position: 15, Hash: frames[1].Hash}, key)
	beyond := store.SignHead(store.Head{Position: 50}, key)
	for _, wrong := range []store.SignedHead{forged, elsewhere, within, beyond} {
		if err := to.AdoptHeads(ctx, []store.SignedHead{wrong}); err == nil {
			t.Errorf("the head %s was taken over", wrong)
		}
	}
	same(t, "heads", heads(), []string{first.String(), second.String()})
	verify(t, to)
}
