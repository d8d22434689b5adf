// Package openapi is the native door: REST and JSON under /v1, described by an
// OpenAPI 3.1 document that is made from the handlers themselves. A handler
// decodes, calls a desk, and renders; who is asking, how often, from where and
// under which idempotency key is settled before it, and how a refusal looks on
// the wire, after it. Each noun has one file. It refuses to decide about money:
// what may be done is asked of the desks, and whose an object is, of the object.
package openapi

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tongbao/internal/alipay/calls"
	"tongbao/internal/alipay/notify"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/jobs"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/webhook"
)

// Options say what the door leads to. Engine, Desk, Identity and Webhooks must be set;
// the zero value of each other means its default.
type Options struct {
	Engine   *engine.Engine
	Desk     *pay.Desk
	Identity *identity.Service
	Webhooks *webhook.Service
	Notices  *notify.Service // nil for none
	Calls    *calls.Log      // of the merchants' protocol; nil for none

	BaseURL string        // where the platform is reached, without a slash at the end; default http://localhost:8080
	Version string        // of the program, for the document; default "dev"
	Timeout time.Duration // of one request; default 30 s
	Logger  *slog.Logger
	// NoLimits switches rate limits off, for measuring.
	NoLimits bool
	// ClientIP says where a request comes from; default its remote address.
	// Behind a proxy, hand in one that reads what that proxy says.
	ClientIP func(*http.Request) string
	Banks    []Bank // whose cards can be bound
	// ProveIdentity asks whoever knows who people are; an error is a no. Default:
	// in test mode everybody is taken at their word, in live mode nobody.
	ProveIdentity func(ctx context.Context, name, idNumber string, proof party.Proof) error
	Jobs          *jobs.Runner // what the console shows and runs; nil for none
	Sandbox       *Sandbox     // the pretend world; nil where money is real
	Server        string       // this process's name among the servers on the store
	StoreName     string       // what the store is, with its version
	Token         party.Secret // with which those who run the platform ask for health and figures; empty: nobody may
	Metrics       http.Handler // the figures, for Prometheus; nil for none
	// Ready says whether the platform can serve; default: the journal can be read.
	Ready func(context.Context) error
}

// wallet is the currency of the wallet. The books know every currency of ISO
// 4217; the limits of the people's tiers are in yuan, so the door takes no other.
const wallet = money.CNY

// Server is the door. It serves /v1, the document and its reference, and the
// two questions whether the platform lives.
type Server struct {
	opt      Options
	leaving  chan struct{} // closed when the server is about to end
	leave    sync.Once
	api      huma.API
	mux      *http.ServeMux
	origins  *http.CrossOriginProtection
	limits   *limits
	requests *requestLog
	secrets  secretKeeper
	feed     feed
	document document
	lookout  lookout
}

// groups are the operations, one file each, in the order of the reference.
var groups = []func(*Server, huma.API){
	(*Server).registerSessions, (*Server).registerMe,
	(*Server).registerPayments, (*Server).registerRemind, (*Server).registerMoneyWay, (*Server).registerCollect,
	(*Server).registerShipments, (*Server).registerRefunds, (*Server).registerDisputes, (*Server).registerFiles,
	(*Server).registerBankOrders, (*Server).registerTransfers, (*Server).registerHolds, (*Server).registerDeposits, (*Server).registerAgreements, (*Server).registerGrants,
	(*Server).registerAccounts, (*Server).registerEntries, (*Server).registerEvents, (*Server).registerWebhooks,
	(*Server).registerKeys, (*Server).registerApps, (*Server).registerProviders, (*Server).registerAppCalls, (*Server).registerNotices, (*Server).registerTeam, (*Server).registerMerchant,
	(*Server).registerConsole, (*Server).registerSandbox,
}

// New builds the door.
func New(opt Options) *Server {
	if opt.BaseURL == "" {
		opt.BaseURL = "http://localhost:8080"
	}
	opt.BaseURL = strings.TrimSuffix(opt.BaseURL, "/")
	if opt.Version == "" {
		opt.Version = "dev"
	}
	if opt.Timeout == 0 {
		opt.Timeout = 30 * time.Second
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.ClientIP == nil {
		opt.ClientIP = remoteIP
	}
	if opt.Ready == nil {
		opt.Ready = func(ctx context.Context) error {
			_, err := opt.Engine.Store().Head(ctx)
			return err
		}
	}
	s := &Server{opt: opt, mux: http.NewServeMux(), limits: newLimits(!opt.NoLimits), requests: newRequestLog(), leaving: make(chan struct{})}
	s.origins = newOrigins(opt.BaseURL)
	s.feed.journal = opt.Engine.Store().(journal) // what an engine runs on is a whole store
	s.api = humago.New(s.mux, s.config())
	s.api.UseMiddleware(s.admit)
	for _, register := range groups {
		register(s, s.api)
	}
	s.serveDocument()
	s.serveReference()
	s.serveHealth()
	s.mux.HandleFunc("/", s.nothingHere)
	return s
}

// now is business time.
func (s *Server) now() time.Time { return s.opt.Engine.Now() }

// mode is whether money is pretend or real.
func (s *Server) mode() party.Mode { return s.opt.Identity.Mode() }
