package fanout_test

import (
	"context"
	"fmt"
	"testing"

	"tongbao/internal/engine"
	"tongbao/internal/fanout"
	"tongbao/internal/pebblestore"
	"tongbao/internal/store"
)

type word struct {
	Text string `cbor:"1,keyasint"`
}

var (
	said  = engine.Kind[word]{Name: "said"}
	heard = engine.Kind[word]{Name: "heard"}
)

// say is a command that calls for its word to be heard.
type say struct {
	Word string `cbor:"1,keyasint"`
}

func (c say) ID() string             { return "say/" + c.Word }
func (c say) Name() string           { return "say" }
func (c say) Touches(*store.Touched) {}
func (c say) Apply(tx *engine.Tx) (any, error) {
	said.Append(tx, c.Word, word{c.Word})
	return nil, nil
}

var hearing = fanout.Work[string]{What: "words", Actor: "job:hear", Command: "hear", Prefix: "hear", Cursor: "hear_cursor", Key: "hear",
	Keep: func(tx *engine.Tx, w string) { heard.Append(tx, w, word{w}) }} // the engine stops at a record that was there before

// hall is where words are said, and servers that have them heard.
type hall struct {
	t *testing.T
	e *engine.Engine
	n int
}

func newHall(t *testing.T) *hall {
	s, err := pebblestore.Open(t.Context(), pebblestore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(t.Context(), s, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close(); s.Close() })
	return &hall{t: t, e: e}
}

func (h *hall) say(words int) {
	h.t.Helper()
	for range words {
		h.n++
		if _, err := h.e.Submit(h.t.Context(), say{fmt.Sprint("word ", h.n)}, engine.By{Actor: "test"}); err != nil {
			h.t.Fatal(err)
		}
	}
}

// server is a follower; before is called when it has read a stretch.
func (h *hall) server(before func()) *fanout.Follower[string] {
	return fanout.New(h.e, &hearing, fanout.Source[string]{
		Since: func(context.Context) (uint64, bool, error) { return 0, true, nil },
		Of: func(context.Context) func(*store.Entry, []string) ([]string, error) {
			before()
			return func(entry *store.Entry, made []string) ([]string, error) {
				err := said.Of(entry, func(_ string, w word) error { made = append(made, w.Text); return nil })
				return made, err
			}
		},
	})
}

// follow has a server go on until nothing moves any more.
func (h *hall) follow(f *fanout.Follower[string]) {
	h.t.Helper()
	for was := uint64(1<<63 - 1); ; {
		reached, err := f.FanOut(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		if reached == was {
			return
		}
		was = reached
	}
}

func (h *hall) allHeard() {
	h.t.Helper()
	for n := range h.n {
		if _, ok, err := heard.Read(h.t.Context(), h.e.Store(), fmt.Sprint("word ", n+1)); !ok || err != nil {
			h.t.Errorf("word %d was not heard (%v)", n+1, err)
		}
	}
}

func TestEveryEntryIsFannedOutOnce(t *testing.T) {
	h := newHall(t)
	one, other := h.server(func() {}), h.server(func() {})
	h.say(1500) // three stretches
	h.follow(one)
	h.allHeard()
	h.say(10)
	h.follow(other)
	h.follow(one)
	h.allHeard()
}

// Two servers read the journal from the same place, the second further than the first,
// which is faster with its command, and dies. What it had not read is not lost.
func TestAnotherServerWasFasterAndNotAsFar(t *testing.T) {
	h := newHall(t)
	h.say(10)
	hasRead, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error)
	faster := h.server(func() { close(hasRead); <-goOn })
	go func() {
		_, err := faster.FanOut(t.Context())
		done <- err
	}()
	<-hasRead
	h.say(5)
	first := true
	further := h.server(func() {
		if first {
			first = false
			close(goOn)
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	h.follow(further)
	h.allHeard()
}

func TestWhatIsBeforeTheFirstIsPassedOver(t *testing.T) {
	h := newHall(t)
	h.say(3)
	some := false
	f := fanout.New(h.e, &hearing, fanout.Source[string]{
		Since: func(context.Context) (uint64, bool, error) { return 0, some, nil },
		Of: func(context.Context) func(*store.Entry, []string) ([]string, error) {
			return func(*store.Entry, []string) ([]string, error) {
				t.Error("an entry was looked at that nothing can be called for by")
				return nil, nil
			}
		}})
	if reached, err := f.FanOut(t.Context()); reached != 3 || err != nil {
		t.Errorf("it reached %d, %v", reached, err)
	}
}
