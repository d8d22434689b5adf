package engine_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
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
	refused.Wait()            // while nothing moves
	var many []engine.Command // in one request, and more than may wait
	for n := range 20 {
		many = append(many, errand(fmt.Sprint("many-", n)))
	}
	e.SubmitAll(t.Context(), many, by, func(i int, a engine.Answer) {
		if no := refusal.Of(a.Err); no == nil || no.Code != refusal.Overloaded {
			t.Errorf("command %d of a large request, past capacity: %v", i, a.Err)
		}
	})
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
	e.SubmitAll(t.Context(), many, by, func(i int, a engine.Answer) {
		if a.Err != nil {
			t.Errorf("command %d of a large request, where nothing waits: %v", i, a.Err)
		}
	})
}

// stepped is a store that lets one batch begin for each step, and counts them.
type stepped struct {
	store.Store
	steps          chan struct{}
	entered, begun atomic.Int64
}

func (s *stepped) Begin(ctx context.Context, touched *store.Touched) (store.Txn, error) {
	s.entered.Add(1)
	<-s.steps
	s.begun.Add(1)
	return s.Store.Begin(ctx, touched)
}

// noting is an errand that tells in which batch it was done.
type noting struct {
	errand
	s  *stepped
	in *atomic.Int64
}

func (n noting) Apply(*engine.Tx) (any, error) {
	n.in.Store(n.s.begun.Load())
	return nil, nil
}

// However many are refused, what was accepted is done in as many batches as the queue
// fills, in the order in which it came, and no more wait than may.
func TestWhatWasAcceptedWaitsForTheQueueAndForNothingElse(t *testing.T) {
	const queue, batch = 40, 10
	kept, err := pebblestore.Open(t.Context(), pebblestore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	s := &stepped{Store: kept, steps: make(chan struct{})}
	e, err := engine.New(t.Context(), s, engine.Options{MaxQueue: queue, MaxBatch: batch})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	accepted, most := 0, 0
	var answered sync.WaitGroup
	var refused atomic.Int64
	var in [1000]atomic.Int64
	submit := func(n int) {
		answered.Go(func() {
			_, err := e.Submit(t.Context(), noting{errand(fmt.Sprint("c", n)), s, &in[n]}, by)
			if no := refusal.Of(err); no != nil && no.Code == refusal.Overloaded {
				refused.Add(1)
			} else if err != nil {
				t.Errorf("command %d: %v", n, err)
			}
		})
	}
	fill := func(upTo int) { // one after another, so that their order is known
		for ; accepted < upTo; accepted++ {
			waiting := e.Waiting()
			submit(accepted)
			for e.Waiting() == waiting {
				runtime.Gosched()
			}
			most = max(most, e.Waiting())
		}
	}
	submit(0)
	accepted = 1
	for s.entered.Load() == 0 { // it is in a batch, which waits for its step
		runtime.Gosched()
	}
	fill(1 + queue)
	next := 500
	for n := range int64(21) { // each batch that begins makes room for as many
		for range 5 { // and there are always more
			submit(next)
			next++
		}
		for refused.Load() < 5*(n+1) {
			runtime.Gosched()
		}
		if e.Waiting() > queue {
			t.Fatalf("%d commands wait, of at most %d", e.Waiting(), queue)
		}
		s.steps <- struct{}{}
		for e.Waiting() > queue-batch {
			runtime.Gosched()
		}
		fill(accepted + batch)
	}
	close(s.steps)
	answered.Wait()
	last := int64(0)
	for n := range accepted {
		done := in[n].Load()
		if want := int64((n+batch-1)/batch) + 1; done != want || done < last {
			t.Errorf("command %d was done in batch %d, not %d", n, done, want)
		}
		last = done
	}
	if most > queue || refused.Load() < 100 {
		t.Errorf("%d waited at most, %d were refused", most, refused.Load())
	}
}

// shared is a stepped store that knows how large a batch is best.
type shared struct{ *stepped }

func (shared) BestBatch() (commands, least, inFlight int) { return 40, 5, 1 }

// Where few wait, a batch takes a third of them, so that the store always has one to
// write and the engine one to make; where many do, as many as are best.
func TestABatchIsAShareOfWhatWaits(t *testing.T) {
	for name, tt := range map[string]struct{ waiting, first, least int }{
		"hardly any": {4, 4, 4},
		"few":        {31, 11, 5},
		"many":       {200, 40, 40},
	} {
		t.Run(name, func(t *testing.T) {
			kept, err := pebblestore.Open(t.Context(), pebblestore.Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer kept.Close()
			s := &stepped{Store: kept, steps: make(chan struct{})}
			e, err := engine.New(t.Context(), shared{s}, engine.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			in := make([]atomic.Int64, tt.waiting+1)
			var answered sync.WaitGroup
			submit := func(n int) {
				answered.Go(func() {
					if _, err := e.Submit(t.Context(), noting{errand(fmt.Sprint("c", n)), s, &in[n]}, by); err != nil {
						t.Error(err)
					}
				})
			}
			submit(0)
			for s.entered.Load() == 0 { // it is in a batch, which waits for its step
				runtime.Gosched()
			}
			for n := range tt.waiting {
				submit(n + 1)
			}
			for e.Waiting() < tt.waiting {
				runtime.Gosched()
			}
			close(s.steps)
			answered.Wait()
			sizes := make([]int, s.begun.Load()+1)
			for n := range in {
				sizes[in[n].Load()]++
			}
			if sizes[2] != tt.first {
				t.Errorf("the first of them had %d commands, want %d; all had %v", sizes[2], tt.first, sizes[1:])
			}
			for _, size := range sizes[2 : len(sizes)-1] {
				if size < tt.least || size > 40 {
					t.Errorf("a batch had %d commands, of %v", size, sizes[1:])
				}
			}
		})
	}
}
