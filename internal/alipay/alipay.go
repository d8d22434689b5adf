// Package alipay is the merchants' second door: the protocol that their programs
// have spoken for years, so that those work here with another address and other
// keys. It reads and checks a request by the protocol's rules, calls the same
// desks as the native door, and says the answer in the protocol's words, signed.
// A method is one small file with its fields, its mapping and its codes, listed
// in methods.go. It refuses to decide about money, and keeps no trade of its
// own: what is opened here can be finished there, and the other way about.
//
// docs/alipay.md has the table of methods and what differs from the original.
package alipay

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"tongbao/internal/alipay/calls"
	"tongbao/internal/alipay/notify"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

// Options say what the door leads to. Engine, Desk, Identity and BaseURL must be
// set.
type Options struct {
	Engine   *engine.Engine
	Desk     *pay.Desk
	Identity *identity.Service
	Notices  *notify.Service // nil where nobody asks about notices
	Calls    *calls.Log      // where applications' calls are kept; nil for nowhere
	BaseURL  string          // where the platform is reached, without a slash at the end
	// CheckAddress refuses an address that a merchant's program cannot be told at.
	CheckAddress func(string) error
	// BankOf is the code of the bank that a card's number is one of; nil where
	// money cannot be sent to a card that nobody has bound.
	BankOf func(number party.Secret) (code string, known bool)
	Wall   func() time.Time // what callers' clocks are compared with; default time.Now
	Logger *slog.Logger
}

// Server is the door.
type Server struct {
	opt  Options
	mux  *http.ServeMux
	apps appCache

	unproved measure
	nonces   nonces
}

// Paths are the patterns that the door answers.
var Paths = []string{gatewayPath, "/gateway/", authorizePath, authorizeAppPath, v3Path}

const gatewayPath = "/gateway.do"

// New builds the door.
func New(opt Options) *Server {
	opt.BaseURL = strings.TrimSuffix(opt.BaseURL, "/")
	if opt.Wall == nil {
		opt.Wall = time.Now
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.CheckAddress == nil {
		opt.CheckAddress = func(string) error { return nil }
	}
	s := &Server{opt: opt, mux: http.NewServeMux()}
	s.mux.HandleFunc(gatewayPath, s.gateway)
	s.mux.HandleFunc(v3Path, s.v3)
	s.mux.HandleFunc("POST "+choosePath, s.choose)
	s.mux.HandleFunc("GET "+returnPath, s.goBack)
	s.mux.HandleFunc("GET "+authorizePath, s.authorize)
	s.mux.HandleFunc("GET "+authorizeAppPath, s.authorizeApp)
	s.mux.HandleFunc("GET "+billPath, s.bill)
	s.mux.HandleFunc("GET "+receiptPath, s.ereceipt)
	s.mux.HandleFunc("GET "+signedPath, s.goBackSigned)
	s.mux.HandleFunc("GET "+picturePath+"{id}", s.qrPicture(s.qrLink))
	s.mux.HandleFunc("GET "+depositPicturePath+"{id}", s.qrPicture(s.depositLink))
	return s
}

// GatewayURL is the address that merchants' programs are given.
func (s *Server) GatewayURL() string { return s.opt.BaseURL + gatewayPath }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// now is business time.
func (s *Server) now() time.Time { return s.opt.Engine.Now() }

// moment writes a time as the protocol does: Beijing's, to the second.
func moment(at time.Time) string { return at.In(engine.Shanghai).Format(time.DateTime) }
