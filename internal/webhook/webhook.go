// Package webhook tells merchants what has happened, at addresses that they
// register: each event once in effect to each endpoint that wants it, signed by
// the Standard Webhooks rules, again and again until it arrives or a week is
// nearly over. It reads events from the journal after they have become true,
// and every delivery is a record, so that nothing is forgotten and everybody can
// see what was tried. It refuses to know what an event's object looks like: the
// native API renders it.
//
// A delivery arrives at least once. A receiver that keeps the webhook-id of what
// it has done makes that once.
package webhook

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/fanout"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

// Options say how webhooks are sent. Engine and Render must be set.
type Options struct {
	Engine *engine.Engine
	// Render makes the event's "data": its object as it stood then. It is asked
	// at every attempt, and the answer should be the same each time.
	Render func(ctx context.Context, e pay.Event) (json.RawMessage, error)
	// Mode live sends to https addresses on the public internet alone. Default
	// test: a merchant's program may run anywhere.
	Mode   party.Mode
	Random io.Reader        // of secrets; default crypto/rand
	Wall   func() time.Time // for signatures, which receivers compare with their own clock, and for how long an answer took; default time.Now
	Lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	// Transport carries a request to an endpoint. Default: over the network, under
	// the rules of newClient.
	Transport http.RoundTripper
	Server    string // this process's name, to tell claims apart; default random
}

// Service is the desk for webhooks. Its methods may be called from several
// goroutines, and on several servers that share a store.
type Service struct {
	opt    Options
	engine *engine.Engine
	client *http.Client

	fan   *fanout.Follower[Delivery]
	since map[string]uint64 // endpoints' first positions, which never change; the follower's alone
}

// New opens the desk.
func New(opt Options) *Service {
	if opt.Mode == "" {
		opt.Mode = party.Test
	}
	if opt.Random == nil {
		opt.Random = rand.Reader
	}
	if opt.Wall == nil {
		opt.Wall = time.Now
	}
	if opt.Lookup == nil {
		opt.Lookup = net.DefaultResolver.LookupNetIP
	}
	if opt.Server == "" {
		opt.Server = rand.Text()
	}
	s := &Service{opt: opt, engine: opt.Engine, since: map[string]uint64{}}
	s.client = s.newClient()
	s.fan = fanout.New(opt.Engine, &deliveries, fanout.Source[Delivery]{Since: s.anyEndpoint, Of: s.deliveriesOf})
	return s
}

// idFor makes the id of an object from the id of the command that makes it.
func idFor(prefix, command string) string {
	sum := sha256.Sum256([]byte(prefix + "\x00" + command))
	return prefix + hex.EncodeToString(sum[:12])
}

// sortable writes a moment so that text order is time order.
func sortable(milli int64) string { return fmt.Sprintf("%013d", milli) }
