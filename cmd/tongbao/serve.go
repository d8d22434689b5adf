package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"tongbao"
	"tongbao/internal/cores"
	"tongbao/internal/door"
	"tongbao/internal/mysqlstore"
)

var sandboxCommand = command{
	name: "sandbox", takes: "[--listen ADDR] [--data DIR] [--store URL] [--seed N] [--ready-file F]",
	does: "the whole platform with a pretend bank, phones, shop, people and goods",
	long: `Starts everything on this machine, with pretend money, and prints what to open
and who to be; DIR/sandbox.json says the same to programs. A second start with
the same DIR goes on where the first one stopped.`,
	run: runSandbox,
}

func runSandbox(ctx context.Context, c *call) error {
	listen := c.flags.String("listen", "127.0.0.1:8888", "`address` of the platform; the example shop takes the next port")
	data := c.flags.String("data", "data", "`folder` for everything that is kept")
	address := c.flags.String("store", "", "`URL` of the store; default: in the data folder")
	c.flags.Uint64("seed", 1, "`number` for scripts that give one; this version's pretend people and goods are the same for every seed")
	ready := c.flags.String("ready-file", "", "`file` to touch when it serves")
	noLimits := c.flags.Bool("no-limits", false, "no rate limits, for measuring and load tests")
	verbose := c.flags.Bool("verbose", false, "log every request")
	if _, err := c.parse(0, 0); err != nil {
		return err
	}
	platform, shopAt, err := listeners(*listen)
	if err != nil {
		return err
	}
	defer platform.Close()
	defer shopAt.Close()
	log := logger(c.errors, *verbose)
	cores.OneMore()
	cores.LongTurns()
	cfg := tongbao.Config{Sandbox: true, BaseURL: "http://" + platform.Addr().String(), Data: *data, Store: *address, NoLimits: *noLimits, Logger: log}
	p, err := tongbao.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer p.Close()
	file, err := p.Populate(ctx, "http://"+shopAt.Addr().String()+"/")
	if err != nil {
		return err
	}
	shop, err := tongbao.Shop(file, *data, log)
	if err != nil {
		return fmt.Errorf("open the example shop: %w", err)
	}
	defer shop.Close()

	if err := p.ServeControl(ctx); err != nil {
		return err
	}
	printSandbox(c.out, file, *data, kept(*data, *address, p.Brand()))
	return serveUntil(ctx, log, *ready,
		entrance{listener: platform, Options: p.Door(), closing: p.Leave},
		entrance{listener: shopAt, Options: door.Options{Handler: shop}, closing: func() { shop.Close() }})
}

// listeners opens the address and the port after it; port 0 takes any two.
func listeners(address string) (platform, shop net.Listener, err error) {
	if platform, err = net.Listen("tcp", address); err != nil {
		return nil, nil, fmt.Errorf("cannot listen on %s: %w; choose another with --listen", address, err)
	}
	host, _, _ := net.SplitHostPort(platform.Addr().String())
	next := 0
	if !strings.HasSuffix(address, ":0") {
		next = platform.Addr().(*net.TCPAddr).Port + 1
	}
	if shop, err = net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(next))); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("cannot listen on the port after %s, for the shop: %w; choose another with --listen", address, err), platform.Close())
	}
	return platform, shop, nil
}

// kept says where what is kept is, in a store of a brand.
func kept(data, address, brand string) string {
	const pretend = "the sandbox's names, the pretend bank and the pretend phone"
	switch {
	case address == "":
		return "Everything is kept in " + data + "."
	case mysqlstore.Is(address):
		return fmt.Sprintf("The books are in %s at %s;\n  %s has this server's key, %s.", brand, mysqlstore.Where(address), data, pretend)
	}
	return fmt.Sprintf("The books are in %s;\n  %s has %s.", address, data, pretend)
}

func printSandbox(out io.Writer, f tongbao.SandboxFile, data, kept string) {
	buyer, operator := f.Buyers[0], f.Operators[0]
	fmt.Fprintf(out, `
Tongbao 通宝 serves. Buy something first:

  shop      %s
            choose, "buy now", and pay as %s · %s · payment password %s
  wallet    %s
  merchant  %s   %s · %s
  console   %s    %s · %s
  phone     %s   where one-time codes arrive
`, f.ShopURL, buyer.Login, buyer.Password, buyer.PaymentPassword, f.WalletURL,
		f.MerchantURL, f.Merchant.Login, f.Merchant.Password, f.ConsoleURL, operator.Login, operator.Password, f.PhoneURL)
	fmt.Fprintf(out, `  API       %s/docs
            curl -H 'Authorization: Bearer %s' %[1]s/v1/merchant

  Everybody's names and passwords: %[3]s
  %[4]s
  Stop with Ctrl-C.
`, f.APIURL, f.Merchant.APIKey, filepath.Join(data, "sandbox.json"), kept)
}

var serveCommand = command{
	name: "serve", takes: "--config FILE",
	does: "the platform for real: no pretend parts, no default secrets",
	long: `Starts the platform from a TOML file; docs/configuration.md explains its members.
It refuses to start with a secret that is missing, short or from an example, and
without TLS of its own or a proxy that has it.`,
	run: runServe,
}

func runServe(ctx context.Context, c *call) error {
	file := c.flags.String("config", "", "the configuration `file`")
	ready := c.flags.String("ready-file", "", "`file` to touch when it serves")
	verbose := c.flags.Bool("verbose", false, "log every request")
	if _, err := c.parse(0, 0); err != nil {
		return err
	}
	if *file == "" {
		return misused("--config is missing")
	}
	cfg, err := tongbao.ReadConfig(*file)
	if err != nil {
		return err
	}
	cfg.Logger = logger(c.errors, *verbose)
	cores.OneMore()
	cores.LongTurns()
	p, err := tongbao.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := p.FirstOperator(ctx); err != nil {
		return err
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:8888"
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", cfg.Listen, err)
	}
	defer listener.Close()
	var secured *tls.Config
	if cfg.TLS.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(cfg.TLS.Certificate, cfg.TLS.Key)
		if err != nil {
			return fmt.Errorf("the TLS certificate or key cannot be used: %w", err)
		}
		secured = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	}
	if err := p.ServeControl(ctx); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "Tongbao serves %s on %s.\n", cfg.BaseURL, listener.Addr())
	return serveUntil(ctx, cfg.Logger, *ready, entrance{listener: listener, Options: p.Door(), tls: secured, closing: p.Leave})
}

// entrance is one listening server.
type entrance struct {
	listener net.Listener
	tls      *tls.Config // nil: plain
	door.Options
	closing func() // ends what would keep a graceful end waiting
}

// lastCalls is how long a server that is told to end goes on serving: whoever looks
// at /readyz sees in time that it goes, and whoever has a connection hears with the
// next answer that it is the last on it. So no connection is closed under a request.
const lastCalls = time.Second

// serveUntil serves until the context ends and a little longer, then takes no new
// connections and lets requests under way finish.
func serveUntil(ctx context.Context, log *slog.Logger, ready string, entrances ...entrance) error {
	serving, over := context.WithCancel(context.WithoutCancel(ctx))
	defer over()
	var last atomic.Bool
	failed := make(chan error, len(entrances))
	var servers []*http.Server
	for _, e := range entrances {
		e.Logger = log
		s, limited := door.New(e.Options)
		s.BaseContext = func(net.Listener) context.Context { return serving }
		inside := s.Handler
		s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if last.Load() {
				w.Header().Set("Connection", "close")
			}
			inside.ServeHTTP(w, r)
		})
		servers = append(servers, s)
		listener := limited(e.listener)
		if e.tls != nil {
			listener = tls.NewListener(listener, e.tls)
		}
		go func() { failed <- s.Serve(listener) }()
	}
	if ready != "" {
		if err := os.WriteFile(ready, nil, 0o644); err != nil {
			return fmt.Errorf("cannot touch the ready file: %w", err)
		}
	}
	select {
	case err := <-failed:
		return fmt.Errorf("the server stopped: %w", err)
	case <-ctx.Done():
	}
	for _, e := range entrances {
		if e.closing != nil {
			e.closing()
		}
	}
	last.Store(true)
	select {
	case err := <-failed:
		return fmt.Errorf("the server stopped: %w", err)
	case <-time.After(lastCalls):
	}
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, s := range servers {
		if err := s.Shutdown(grace); err != nil {
			s.Close()
		}
	}
	return nil
}

func logger(to io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: level}))
}
