package servers

import (
	"bytes"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy is a cable between a client and a server that can be pulled. While it is,
// nothing goes through in either direction, and nobody is told: connections stay
// open, and new ones are taken and answer nothing.
type Proxy struct {
	Addr string // for the client
	to   string

	mu     sync.Mutex
	losing *loss
	held   *hold
	healed chan struct{} // closed while the cable is in
	open   map[net.Conn]struct{}
}

// NewProxy goes between a test and an address, until the test ends.
func NewProxy(t testing.TB, to string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: listener.Addr().String(), to: to, healed: make(chan struct{}), open: map[net.Conn]struct{}{}}
	close(p.healed)
	t.Cleanup(func() {
		_ = listener.Close()
		p.Heal()
		p.Drop()
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p
}

// Cut pulls the cable.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.healed:
		p.healed = make(chan struct{})
	default:
	}
}

// Heal puts it in again: what was under way goes on.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.healed:
	default:
		close(p.healed)
	}
}

// Loss says what becomes of something that a client says.
type Loss bool

const (
	Unsaid  Loss = false // it doesn't arrive
	Unheard Loss = true  // it arrives, and its answer doesn't
)

type loss struct {
	what []byte
	how  Loss
	cut  bool
	done chan struct{}
}

// Lose breaks the connection on which a client says something next: before it has
// arrived, or when it has been answered and the client was not told. With cut nothing
// goes through from then on, as after Cut. The channel is closed when it has happened.
func (p *Proxy) Lose(what string, how Loss, cut bool) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.losing = &loss{what: []byte(what), how: how, cut: cut, done: make(chan struct{})}
	return p.losing.done
}

type hold struct {
	what    []byte
	reached chan struct{} // closed when it has been said
	free    chan struct{} // closed when it may arrive
}

// Hold keeps what a client says next, once, from arriving until release is called.
// reached is closed when it has been said.
func (p *Proxy) Hold(what string) (reached <-chan struct{}, release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := &hold{what: []byte(what), reached: make(chan struct{}), free: make(chan struct{})}
	p.held = h
	return h.reached, sync.OnceFunc(func() { close(h.free) })
}

// holds waits where what was said is held.
func (p *Proxy) holds(said []byte) {
	p.mu.Lock()
	h := p.held
	if h == nil || !bytes.Contains(said, h.what) {
		p.mu.Unlock()
		return
	}
	p.held = nil
	p.mu.Unlock()
	close(h.reached)
	<-h.free
}

// loses is the loss that what was said meets, once.
func (p *Proxy) loses(said []byte) *loss {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.losing
	if l == nil || !bytes.Contains(said, l.what) {
		return nil
	}
	p.losing = nil
	return l
}

// Drop breaks the connections that are open.
func (p *Proxy) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
}

func (p *Proxy) wait() {
	p.mu.Lock()
	healed := p.healed
	p.mu.Unlock()
	<-healed
}

func (p *Proxy) serve(client net.Conn) {
	p.keep(client)
	defer p.end(client)
	p.wait()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	p.keep(server)
	defer p.end(server)
	done := make(chan struct{}, 2)
	var unheard atomic.Pointer[loss]
	go func() {
		p.pass(client, server, func(said []byte) bool {
			p.holds(said)
			l := p.loses(said)
			if l != nil && l.how == Unheard {
				unheard.Store(l)
				return true
			}
			if l != nil {
				p.lost(l)
			}
			return l == nil
		})
		done <- struct{}{}
	}()
	go func() {
		p.pass(server, client, func([]byte) bool {
			l := unheard.Load()
			if l != nil {
				p.lost(l)
			}
			return l == nil
		})
		done <- struct{}{}
	}()
	<-done
}

func (p *Proxy) lost(l *loss) {
	if l.cut {
		p.Cut()
	}
	close(l.done)
}

// pass brings what one says to the other, as long as goes says that it goes through.
func (p *Proxy) pass(from, to net.Conn, goes func([]byte) bool) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		p.wait()
		if n > 0 && !goes(b[:n]) {
			return
		}
		if n > 0 {
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *Proxy) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[c] = struct{}{}
}

func (p *Proxy) end(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
	_ = c.Close()
}
