package engine_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"tongbao/internal/engine"
	"tongbao/internal/pebblestore"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// stalled is a store whose Begin waits while it is shut.
type stalled struct {
	store.Store
	entered chan struct{}
	open    chan struct{}
}

func (s *stalled) Begin(ctx context.Context, touched *store.Touched) (store.Txn, error) {
	select {
	case s.entered <- struct{}{}:
	default:
	}
	<-s.open
	return s.Store.Begin(ctx, touched)
}

type errand string

func (e errand) ID() string                  { return string(e) }
func (errand) Name() string                  { return "errand" }
func (errand) Touches(*store.Touched)        {}
func (errand) Apply(*engine.Tx) (any, error) { return nil, nil }

// Past its capacity the engine refuses before it does anything; what it had taken
// on is answered, and afterwards all is as before.
func TestFullQueueRefusesAtOnceAndRecovers(t *testing.T) {
	kept, err := pebblestore.Open(t.Context(), pebblestore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	s := &stalled{Store: kept, entered: make(chan struct{}, 1), open: make(chan struct{})}
	e, err := engine.New(t.Context(), s, engine.Options{MaxQueue: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	submit := func(id string) error {
		_, err := e.Submit(t.Context(), errand(id), by)
		return err
	}

	taken := make(chan error, 11)
	go func() { taken <- submit("first") }()
	<-s.entered // it is in a batch; what comes now waits
	for n := range 10 {
		go func() { taken <- submit(fmt.Sprint("waiting-", n)) }()
	}
	for e.Waiting() < 10 {
		runtime.Gosched()
	}
	var refused sync.WaitGroup
	for n := range 100 {
		refused.Go(func() {
			if no := refusal.Of(submit(fmt.Sprint("late-", n))); no == nil || no.Code != refusal.Overloaded {
				t.Errorf("past capacity: %v", no)
			}
		})
	}
	refused.Wait() // while nothing moves
	if e.Waiting() != 10 {
		t.Errorf("%d commands wait", e.Waiting())
	}
	close(s.open)
	for range 11 {
		if err := <-taken; err != nil {
			t.Errorf("work that was taken on: %v", err)
		}
	}
	if err := submit("late-0"); err != nil {
		t.Errorf("asked again after the burst: %v", err)
	}
	head, err := kept.Head(t.Context())
	if err != nil || head.Position != 12 {
		t.Errorf("the journal has %d entries, not 12: %v", head.Position, err)
	}
}
