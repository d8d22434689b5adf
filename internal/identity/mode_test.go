package identity

import (
	"sync"
	"testing"

	"tongbao/internal/engine"
	"tongbao/internal/party"
)

func TestBooksSayOnceWhatTheyAreFor(t *testing.T) {
	w := newWorld(t)
	by := engine.By{Actor: "server"}
	if mode, says, err := ModeOf(t.Context(), w.store); says || err != nil {
		t.Fatalf("new books say %q, %v", mode, err)
	}
	for _, mode := range []party.Mode{party.Live, party.Live, party.Test} {
		if kept := must[party.Mode](t)(KeepMode(t.Context(), w.engine, mode, by)); kept != party.Live {
			t.Errorf("asked to be for %s, the books say %s", mode, kept)
		}
	}
	if head, err := w.store.Head(t.Context()); err != nil || head.Position != 1 {
		t.Errorf("that took %d entries, %v", head.Position, err)
	}
}

func TestOfServersThatStartAtOnceTheFirstSaysWhatTheBooksAreFor(t *testing.T) {
	w := newWorld(t)
	var kept [16]party.Mode
	var all sync.WaitGroup
	for i := range kept {
		mode := []party.Mode{party.Live, party.Test}[i%2]
		all.Go(func() {
			var err error
			if kept[i], err = KeepMode(t.Context(), w.engine, mode, engine.By{Actor: "server"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	says, _, err := ModeOf(t.Context(), w.store)
	for _, mode := range kept {
		if mode != says || err != nil {
			t.Fatalf("the books say %q (%v), and servers were told %q", says, err, kept)
		}
	}
	if head, err := w.store.Head(t.Context()); err != nil || head.Position != 1 {
		t.Errorf("that took %d entries, %v", head.Position, err)
	}
}

// What the fixed id promises where nobody has looked beforehand: the record is
// the first one's.
func TestAnotherModeUnderTheSameIDIsRefused(t *testing.T) {
	w := newWorld(t)
	if _, err := w.engine.Submit(t.Context(), keepMode{Mode: party.Test}, engine.By{}); err != nil {
		t.Fatal(err)
	}
	_, err := w.engine.Submit(t.Context(), keepMode{Mode: party.Live}, engine.By{})
	refuses(t, err, "idempotency_conflict")
	if mode, _, err := ModeOf(t.Context(), w.store); mode != party.Test || err != nil {
		t.Errorf("the books say %q, %v", mode, err)
	}
}
