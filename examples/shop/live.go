package shop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// live tells open pages which orders have changed. A page that is slow to read
// hears of an order once, with its newest state; none is ever skipped.
type live struct {
	mu    sync.Mutex
	pages map[string]map[*page]bool // by shopper
}

type page struct {
	changed map[string]bool // order numbers
	wake    chan struct{}
}

func newLive() *live { return &live{pages: map[string]map[*page]bool{}} }

func (l *live) open(shopper string) *page {
	p := &page{changed: map[string]bool{}, wake: make(chan struct{}, 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pages[shopper] == nil {
		l.pages[shopper] = map[*page]bool{}
	}
	l.pages[shopper][p] = true
	return p
}

func (l *live) close(shopper string, p *page) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pages[shopper], p)
	if len(l.pages[shopper]) == 0 {
		delete(l.pages, shopper)
	}
}

func (l *live) tell(shopper, no string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.pages[shopper] {
		p.changed[no] = true
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

func (l *live) take(p *page) map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	changed := p.changed
	p.changed = map[string]bool{}
	return changed
}

// handleStream sends the shopper's orders as they change (Server-Sent Events).
func (s *Shop) handleStream(w http.ResponseWriter, r *http.Request) {
	shopper := s.shopper(w, r)
	p := s.live.open(shopper)
	defer s.live.close(shopper, p)
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	send := func(text string) bool {
		// A server with a write timeout must not cut a stream that is alive.
		_ = out.SetWriteDeadline(time.Now().Add(30 * time.Second))
		_, err := fmt.Fprint(w, text)
		return err == nil && out.Flush() == nil
	}
	beat := time.NewTicker(20 * time.Second)
	defer beat.Stop()
	for ok := send("retry: 1000\n: hello\n\n"); ok; {
		select {
		case <-r.Context().Done():
			return
		case <-s.done.Done():
			return
		case <-beat.C:
			ok = send(": still here\n\n")
		case <-p.wake:
			for no := range s.live.take(p) {
				o, found := s.book.order(no)
				if !found {
					continue
				}
				text, err := json.Marshal(s.view(o))
				if err != nil {
					return
				}
				ok = ok && send("event: order\ndata: "+string(text)+"\n\n")
			}
		}
	}
}

// keyedLock is a lock for each name in use.
type keyedLock struct {
	mu    sync.Mutex
	locks map[string]*held
}

type held struct {
	sync.Mutex
	users int
}

func newKeyedLock() *keyedLock { return &keyedLock{locks: map[string]*held{}} }

func (k *keyedLock) lock(name string) (unlock func()) {
	k.mu.Lock()
	h := k.locks[name]
	if h == nil {
		h = &held{}
		k.locks[name] = h
	}
	h.users++
	k.mu.Unlock()
	h.Lock()
	return func() {
		h.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if h.users--; h.users == 0 {
			delete(k.locks, name)
		}
	}
}
