package door

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// listener takes connections as long as there are not too many, in all and of one
// address; the others it closes at once. It never waits: a queue that somebody
// has filled is everybody's.
type listener struct {
	net.Listener
	limits  Limits
	proxies []netip.Prefix
	log     *slog.Logger

	mu      sync.Mutex
	all     int
	open    map[netip.Prefix]int
	refused int
	told    time.Time
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := l.origin(c.RemoteAddr())
		if l.enter(from) {
			return &connection{Conn: c, leave: sync.OnceFunc(func() { l.leave(from) })}, nil
		}
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // leave nothing behind in the kernel
		}
		_ = c.Close()
	}
}

// origin is what connections are counted by. The zero prefix, of a proxy or of
// what is no IP address, is not.
func (l *listener) origin(address net.Addr) netip.Prefix {
	at, err := netip.ParseAddrPort(address.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip := at.Addr().Unmap().WithZone("")
	for _, p := range l.proxies {
		if p.Contains(ip) {
			return netip.Prefix{}
		}
	}
	bits := 32
	if ip.Is6() {
		bits = 64 // what one subscriber has
	}
	prefix, _ := ip.Prefix(bits)
	return prefix
}

func (l *listener) enter(from netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= l.limits.Connections || from.IsValid() && l.open[from] >= l.limits.ConnectionsPerAddress {
		l.refused++
		if now := time.Now(); now.Sub(l.told) > time.Minute { // a line a minute, not one for each
			l.log.Warn("connections refused", "since_last", l.refused, "open", l.all, "from", from, "of_it", l.open[from])
			l.told, l.refused = now, 0
		}
		return false
	}
	l.all++
	l.open[from]++
	return true
}

func (l *listener) leave(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.open[from]--; l.open[from] == 0 {
		delete(l.open, from)
	}
}

// connection leaves when it is closed.
type connection struct {
	net.Conn
	leave func()
}

func (c *connection) Close() error {
	c.leave()
	return c.Conn.Close()
}
