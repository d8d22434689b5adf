package servers

import (
	"net"
	"sync"
	"testing"
)

// Proxy is a cable between a client and a server that can be pulled. While it is,
// nothing goes through in either direction, and nobody is told: connections stay
// open, and new ones are taken and answer nothing.
type Proxy struct {
	Addr string // for the client
	to   string

	mu     sync.Mutex
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
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			p.pass(way[0], way[1])
			done <- struct{}{}
		}()
	}
	<-done
}

func (p *Proxy) pass(from, to net.Conn) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		p.wait()
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
