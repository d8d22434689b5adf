// Package door is what stands between the network and the handlers: how many
// connections may be open, how many requests under way, how large a header may be
// and how long a caller may take. Who asks for more is refused at once, before any
// work is done for it, so that the work that was taken on keeps its time. It
// refuses to know what is asked.
package door

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"time"
)

// Limits say how much comes in at once. The zero value of each means its default.
type Limits struct {
	Connections           int `toml:"connections"`             // open at once; default 8192
	ConnectionsPerAddress int `toml:"connections_per_address"` // of one address, or one IPv6 network of 64 bits; default 512
	Requests              int `toml:"requests"`                // under way at once; default 256 for each processor
}

func (l Limits) withDefaults() Limits {
	if l.Connections == 0 {
		l.Connections = 8192
	}
	if l.ConnectionsPerAddress == 0 {
		l.ConnectionsPerAddress = 512
	}
	if l.Requests == 0 {
		l.Requests = 256 * runtime.GOMAXPROCS(0)
	}
	return l
}

// Options say what a door is for. Handler must be set.
type Options struct {
	Handler http.Handler
	Limits  Limits
	// Proxies are the networks of the proxies before us: one address of theirs
	// stands for many callers.
	Proxies []netip.Prefix
	// Unbounded says that a request is not counted among those under way: one that
	// stays open, and has a limit of its own, or one that asks how we are.
	Unbounded func(*http.Request) bool
	Logger    *slog.Logger
}

// The times that a caller may take. An answer that stays open sets its own.
const (
	headerTime = 10 * time.Second
	bodyTime   = 60 * time.Second
	answerTime = 2 * time.Minute
	idleTime   = 2 * time.Minute

	mostHeader = 64 << 10
)

// New makes a server, and a function that limits the listener it is to serve.
func New(o Options) (*http.Server, func(net.Listener) net.Listener) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	limits := o.Limits.withDefaults()
	server := &http.Server{
		Handler:           bounded(o.Handler, limits.Requests, o.Unbounded),
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       bodyTime,
		WriteTimeout:      answerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    mostHeader,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
	}
	return server, func(l net.Listener) net.Listener {
		return &listener{Listener: l, limits: limits, proxies: o.Proxies, log: o.Logger, open: map[netip.Prefix]int{}}
	}
}
