package openapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/refusal"
)

// callers say who may ask for an operation at all. What they may do to which
// object is decided by the handler.
type callers uint8

const (
	anyone   callers = 0
	user     callers = 1 << iota // a person, in the wallet
	merchant                     // an API key, or staff in the merchants' portal
	operator                     // in the console
)

// op describes one operation. ID is what clients call it: a verb and a noun.
type op struct {
	ID      string
	Method  string // default GET
	Path    string
	Tag     string
	Summary string
	Doc     string // a few sentences more
	Who     callers
	Status  int            // of success; default 200, 204 where the answer has no body
	Codes   []refusal.Code // beside those that every operation has
	MaxBody int64          // default 1 MB
	Slow    bool           // a stream: no timeout
}

// metadata is where the middleware finds an operation's callers.
const (
	callersKey = "tongbao.callers"
	slowKey    = "tongbao.slow"
)

// bodyReadTime is the deadline of the connection while a body comes in. It stays after
// the body, and net/http takes one that passes for the caller having gone, for every
// later request on the connection too: so it is longer than a request may take.
const bodyReadTime = time.Minute

// add registers an operation. Every group does it through here, so that all
// operations look alike in the document.
func add[I, O any](api huma.API, o op, handler func(context.Context, *I) (*O, error)) {
	if o.Method == "" {
		o.Method = http.MethodGet
	}
	h := huma.Operation{
		OperationID: o.ID, Method: o.Method, Path: o.Path, Tags: []string{o.Tag}, Summary: o.Summary, Description: o.Doc,
		DefaultStatus: o.Status, MaxBodyBytes: o.MaxBody, Security: o.Who.security(), BodyReadTimeout: bodyReadTime,
		Metadata:   map[string]any{callersKey: o.Who, slowKey: o.Slow},
		Extensions: map[string]any{"x-codes": codesOf(o)},
	}
	if o.Method == http.MethodPost && o.Who != anyone {
		h.Parameters = append(h.Parameters, &huma.Param{Ref: "#/components/parameters/" + idempotencyParam})
	}
	huma.Register(api, h, handler)
}

func (c callers) security() []map[string][]string {
	if c == anyone {
		return []map[string][]string{{}}
	}
	var ways []map[string][]string
	for _, way := range []struct {
		who    callers
		scheme string
	}{{merchant, "key"}, {merchant, "merchant"}, {user, "wallet"}, {operator, "console"}} {
		if c&way.who != 0 {
			ways = append(ways, map[string][]string{way.scheme: {}})
		}
	}
	return ways
}

// codesOf lists what an operation may answer beside success, in the order of
// the reference.
func codesOf(o op) []refusal.Code {
	can := map[refusal.Code]bool{refusal.RateLimited: true, refusal.Unavailable: true, refusal.InternalError: true, refusal.InvalidField: true}
	if o.Who != anyone {
		can[refusal.Unauthenticated], can[refusal.InvalidKey], can[refusal.Forbidden] = true, true, true
	}
	if o.Method != http.MethodGet {
		can[refusal.InvalidRequest], can[refusal.MissingField], can[refusal.CSRFFailed], can[refusal.Overloaded] = true, true, true, true
	}
	if o.Method == http.MethodPost && o.Who != anyone {
		can[refusal.IdempotencyKeyMissing], can[refusal.IdempotencyConflict] = true, true
	}
	for _, code := range o.Codes {
		can[code] = true
	}
	var codes []refusal.Code
	for _, entry := range refusal.All {
		if can[entry.Code] {
			codes = append(codes, entry.Code)
		}
	}
	return codes
}

// answer is a response with a body.
type answer[T any] struct {
	Body T
}

// render wraps what a handler made.
func render[T any](body T, err error) (*answer[T], error) {
	if err != nil {
		return nil, err
	}
	return &answer[T]{Body: body}, nil
}

// show renders what a desk answered; where it refused there is nothing to look at.
func show[T, V any](v T, err error, view func(*T) V) (*answer[V], error) {
	if err != nil {
		return nil, err
	}
	return &answer[V]{Body: view(&v)}, nil
}

// Empty is the body of an act that needs no words.
type Empty struct{}

// ByID is the input of an operation on one object.
type ByID struct {
	ID string `path:"id" maxLength:"128" doc:"The object's id."`
}

// ActOn is the input of an act that needs no words.
type ActOn struct {
	ByID
	Body *Empty
}
