// Package tongbao is the platform put together: the one place that knows every
// part by name. Open builds it from a Config; its Handler answers the web, its
// jobs do what is due, and Close ends everything in order. Who wants the
// platform in a program of their own starts here; cmd/tongbao does.
package tongbao

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"tongbao/internal/alipay"
	"tongbao/internal/alipay/calls"
	"tongbao/internal/alipay/notify"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/bank"
	"tongbao/internal/clock"
	"tongbao/internal/door"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/jobs"
	"tongbao/internal/mysqlstore"
	"tongbao/internal/openapi"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/pebblestore"
	"tongbao/internal/sandbox"
	"tongbao/internal/store"
	"tongbao/internal/web"
	"tongbao/internal/webhook"
)

// Version is the program's; a release sets it when it is built.
var Version = "dev"

// Platform is Tongbao, running.
type Platform struct {
	cfg     Config
	log     *slog.Logger
	store   store.Store
	address string // of the store
	server  string // this process's name among the servers on the store
	metrics *metrics
	engine  *engine.Engine
	clock   *clock.Clock
	who     *identity.Service
	desk    *pay.Desk
	hooks   *webhook.Service
	tells   *notify.Service
	gate    *alipay.Server
	calls   *calls.Log
	jobs    *jobs.Runner
	api     *openapi.Server
	web     http.Handler

	world *world // the pretend outside; nil in real operation

	stop    context.CancelFunc
	running sync.WaitGroup
	once    sync.Once
}

// OpenStore opens the store that an address names: a folder, or pebble://FOLDER, or a
// database, mysql://USER:PASSWORD@HOST:PORT/DATABASE. An address of another scheme
// is refused in a sentence. The key that signs a folder's journal is in it, and made
// when it is first needed; a database's journal is signed by the servers alone.
func OpenStore(ctx context.Context, address string, log *slog.Logger) (store.Store, error) {
	return openStore(ctx, address, "", log, nil)
}

// OpenBooks opens a store for who changes nothing, and only where there is one: a backup,
// or the store of a platform that doesn't run. Of a database any node will do, and any user
// who may read.
func OpenBooks(ctx context.Context, address string, log *slog.Logger) (store.Store, error) {
	if mysqlstore.Is(address) {
		s, err := mysqlstore.Open(ctx, mysqlstore.Options{Address: address, Logger: log, ReadOnly: true})
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	if !isRemote(address) {
		if folder := folderOf(address); !pebblestore.In(folder) {
			return nil, fmt.Errorf("there is no store in %s; books that are in a database are named by --store URL", folder)
		}
	}
	return OpenStore(ctx, address, log)
}

func openStore(ctx context.Context, address, keyFile string, log *slog.Logger, told func(mysqlstore.Statement)) (store.Store, error) {
	scheme, rest, ok := strings.Cut(address, ":")
	switch {
	case !ok || len(scheme) == 1: // no scheme, or a drive letter
		return openFolder(ctx, address, keyFile, log)
	case scheme == "pebble":
		return openFolder(ctx, strings.TrimPrefix(rest, "//"), keyFile, log)
	case mysqlstore.Is(address):
		return openDatabase(ctx, address, keyFile, log, told)
	}
	return nil, fmt.Errorf("no store answers to %q; this version knows pebble:FOLDER, or just a folder, and mysql://USER:PASSWORD@HOST:PORT/DATABASE", scheme+":")
}

func openDatabase(ctx context.Context, address, keyFile string, log *slog.Logger, told func(mysqlstore.Statement)) (store.Store, error) {
	o := mysqlstore.Options{Address: address, Logger: log, Observe: told}
	if keyFile != "" {
		o.Key = journalKey(keyFile, false)
		if _, err := o.Key(); err != nil { // now, and not at the first signature
			return nil, err
		}
	}
	s, err := mysqlstore.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// openFolder returns no store at all beside an error, so that nobody closes it.
func openFolder(ctx context.Context, dir, keyFile string, log *slog.Logger) (store.Store, error) {
	key := journalKey(filepath.Join(dir, journalKeyFile), true)
	if keyFile != "" {
		key = journalKey(keyFile, false)
		if _, err := key(); err != nil { // now, and not at the first checkpoint
			return nil, err
		}
	}
	s, err := pebblestore.Open(ctx, pebblestore.Options{Dir: dir, Logger: log, Key: key})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// StoreIn is where a data folder keeps its store.
func StoreIn(data string) string { return filepath.Join(data, "store") }

// Open builds the platform and starts its jobs. It does not listen: that is
// the caller's, with Handler. In the sandbox the people and merchants of
// Populate are not there yet.
func Open(ctx context.Context, cfg Config) (p *Platform, err error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	p = &Platform{cfg: cfg, log: cfg.Logger, server: processName(cfg.Server), metrics: newMetrics()}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()

	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return p, fmt.Errorf("the data folder %s cannot be made: %w; choose another with --data, or make it writable", cfg.Data, err)
	}
	address := cfg.Store
	if address == "" {
		address = StoreIn(cfg.Data)
		if pebblestore.In(cfg.Data) {
			return p, fmt.Errorf("%s is a store, and no data folder: name it as the store, or name its parent folder as the data folder where it is called store", cfg.Data)
		}
	}
	p.address = address
	key := cfg.Journal.Key
	if key == "" && mysqlstore.Is(address) {
		key = filepath.Join(cfg.Data, journalKeyFile)
		if _, err := journalKey(key, true)(); err != nil {
			return p, err
		}
	}
	if p.store, err = openStore(ctx, address, key, p.log, p.metrics.statement); err != nil {
		return p, err
	}
	if err := notAside(ctx, p.store); err != nil {
		return p, err
	}
	p.clock = clock.Real()
	if cfg.Sandbox {
		p.clock = clock.Sandbox()
		if err := p.clock.Follow(ctx, p.store); err != nil {
			return p, err
		}
	}
	if p.engine, err = engine.New(ctx, p.store, engine.Options{Now: p.clock.Now, Logger: p.log}); err != nil {
		return p, err
	}
	if err := p.keepMode(ctx); err != nil {
		return p, err
	}
	return p, p.openDesks(ctx)
}

// openDesks opens everything that stands on the engine, lowest first.
func (p *Platform) openDesks(ctx context.Context) error {
	who := identity.Options{Mode: party.Live, SendCode: sendCodeTo(p.cfg.Codes)}
	desk := pay.Options{}
	shared, _ := p.store.(store.Shared)
	if shared != nil {
		desk.Server = p.server
	}
	if p.cfg.Sandbox {
		var err error
		if p.world, err = openWorld(p.cfg.Data, p.clock.Now); err != nil {
			return err
		}
		who.Mode, who.SendCode, who.BindCard = party.Test, p.world.phones.SendCode, sandbox.BindCard
		desk.Banks = []bank.Channel{p.world.bank}
	}
	p.who = identity.New(p.engine, who)
	p.desk = pay.New(p.engine, p.who, desk)
	p.hooks = webhook.New(webhook.Options{Engine: p.engine, Mode: who.Mode, Render: p.renderEvent, Server: p.server})
	p.tells = notify.Open(notify.Options{Engine: p.engine, Of: p.noticesOf, Sign: p.signFor, Post: p.hooks.Post})
	p.calls = &calls.Log{}
	gate := alipay.Options{Engine: p.engine, Desk: p.desk, Identity: p.who, Notices: p.tells, Calls: p.calls, BaseURL: p.cfg.BaseURL, CheckAddress: p.hooks.CheckAddress, Logger: p.log}
	if p.cfg.Sandbox {
		gate.BankOf = sandbox.BankOf
	}
	p.gate = alipay.New(gate)
	p.jobs = jobs.New(jobs.Options{Store: p.store, Desk: p.desk, Webhooks: p.hooks, Notices: p.tells, Clock: p.clock, Logger: p.log, Shared: shared, Server: p.server})
	p.api = openapi.New(p.apiOptions())
	p.metrics.watch(p)
	p.web = web.New(p.webOptions())

	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	p.running.Go(func() { p.jobs.Run(running) })
	p.running.Go(func() { p.api.Watch(running) })
	if p.world != nil {
		p.running.Go(func() { p.world.run(running, p.desk, p.store) })
	}
	return nil
}

// renderEvent has the native door say what an event's object looked like: the
// same words in a webhook as in an answer.
func (p *Platform) renderEvent(ctx context.Context, e pay.Event) (json.RawMessage, error) {
	return p.api.RenderEvent(ctx, e)
}

// noticesOf has the merchants' protocol's door write what its programs are told,
// and signFor signs it.
func (p *Platform) noticesOf(ctx context.Context, entry *store.Entry, e *pay.Event) ([]notify.New, error) {
	return p.gate.Notices(ctx, entry, e)
}

func (p *Platform) signFor(ctx context.Context, app string, t wire.SignType, text string) (string, bool, error) {
	return p.gate.SignFor(ctx, app, t, text)
}

func (p *Platform) apiOptions() openapi.Options {
	o := openapi.Options{
		Engine: p.engine, Desk: p.desk, Identity: p.who, Webhooks: p.hooks, Notices: p.tells, Calls: p.calls, Jobs: p.jobs,
		BaseURL: p.cfg.BaseURL, Version: Version, Logger: p.log, NoLimits: p.cfg.NoLimits, ClientIP: p.cfg.clientIP(),
		Server: p.server, StoreName: p.Brand(), Token: p.cfg.Operations.Token, Metrics: p.metrics.handler(),
		Ready: p.ready,
	}
	if p.world != nil {
		o.Sandbox = p.world.door(p)
		o.Banks = pretendBanks()
	}
	return o
}

// ready says why nothing should be sent to this server: it can't read, it can't write, or the
// books have gone elsewhere.
func (p *Platform) ready(ctx context.Context) error {
	if _, err := p.store.Head(ctx); err != nil {
		return err
	}
	if err := notAside(ctx, p.store); err != nil {
		return err
	}
	return p.jobs.CanWrite(ctx)
}

func (p *Platform) webOptions() web.Options {
	o := web.Options{API: p.api, Gateway: p.gate, GatewayPaths: alipay.Paths, TLS: strings.HasPrefix(p.cfg.BaseURL, "https:"), Sandbox: p.cfg.Sandbox}
	if p.world != nil {
		o.Phones, o.Guide = p.world.texts, p.world.guide
	}
	return o
}

// Handler answers everything that is asked of the platform over HTTP.
func (p *Platform) Handler() http.Handler { return p.web }

// Door says how the Handler is to be served.
func (p *Platform) Door() door.Options {
	limits := p.cfg.Limits
	if p.cfg.NoLimits {
		limits.Requests = 1 << 16
	}
	return door.Options{Handler: p.Handler(), Limits: limits, Proxies: p.cfg.proxies(), Unbounded: stays, Logger: p.log}
}

// stays says that a request stays open, which has a limit of its own, or asks how
// we are.
func stays(r *http.Request) bool {
	switch r.URL.Path {
	case "/v1/events/stream", "/healthz", "/readyz", "/metrics":
		return true
	}
	return false
}

// Leave says to whoever asks that this server is about to end, so that they go to
// another: /readyz is 503, and open streams end. It goes on answering.
func (p *Platform) Leave() { p.api.Leave() }

// Store is where everything is kept.
func (p *Platform) Store() store.Store { return p.store }

// Brand is what the store is: "pebblestore", "MariaDB 10.11.6".
func (p *Platform) Brand() string {
	if db, ok := p.store.(interface{ Brand() string }); ok {
		return db.Brand()
	}
	return "pebblestore"
}

// processName is a name that no other process has, and people know the server by.
func processName(server string) string {
	if server == "" {
		server, _ = os.Hostname()
	}
	if server == "" {
		server = "tongbao"
	}
	return server + "-" + strings.ToLower(rand.Text()[:8])
}

// Close ends the jobs, answers what is under way, and closes the store: what
// was acknowledged is durable in any case. Safe to repeat.
func (p *Platform) Close() (err error) {
	p.once.Do(func() {
		if p.stop != nil {
			p.stop()
		}
		p.running.Wait()
		if p.hooks != nil {
			p.hooks.Close()
		}
		if p.engine != nil {
			p.engine.Close()
		}
		if p.world != nil {
			err = errors.Join(err, p.world.close())
		}
		if p.store != nil {
			err = errors.Join(err, p.store.Close())
		}
	})
	return err
}
