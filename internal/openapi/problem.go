package openapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// Problem is how the API says no (RFC 9457).
type Problem struct {
	Type      string `json:"type" format:"uri-reference" example:"/docs#insufficient_balance" doc:"Where the code is explained."`
	Title     string `json:"title" example:"The available balance (posted less holds) is smaller than the amount." doc:"What the code means."`
	Status    int    `json:"status" example:"402"`
	Detail    string `json:"detail" example:"account user:2088000000000012:CNY lacks 12.00 CNY" doc:"What was wrong this time, for a person."`
	Code      string `json:"code" example:"insufficient_balance" doc:"What programs compare. Codes are never renamed."`
	Field     string `json:"field,omitempty" example:"amount" doc:"The member of the request that was wrong."`
	RequestID string `json:"request_id" example:"req_5f0c2a7b9d3e4f1a2b3c4d5e" doc:"The request, as the log knows it."`

	RetryAfterSeconds int   `json:"retry_after_seconds,omitempty" example:"5" doc:"When to come back."`
	TriesLeft         *int  `json:"tries_left,omitempty" example:"3" doc:"Beside payment_password_wrong."`
	LockedUntil       *Time `json:"locked_until,omitempty" doc:"Beside payment_password_locked."`
}

func (p *Problem) Error() string  { return p.Code + ": " + p.Detail }
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes it application/problem+json.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// huma asks these two package variables for every error it writes; there is no
// other way to give it words of one's own.
func init() {
	huma.NewErrorWithContext = func(hc huma.Context, status int, message string, errs ...error) huma.StatusError {
		return problemIn(hc.Context(), refusalIn(status, message, errs))
	}
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return problemIn(context.Background(), refusalIn(status, message, errs))
	}
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true
}

// later is an error with the time after which it is worth trying again.
type later struct {
	error
	seconds int
}

func (l later) Unwrap() error { return l.error }

// retryAfter adds to a refusal when to come back.
func retryAfter(err error, seconds int) error { return later{err, max(1, seconds)} }

// refusalIn finds among what huma hands in the one thing to say.
func refusalIn(status int, message string, errs []error) error {
	for _, err := range errs {
		var found *huma.ErrorDetail
		switch {
		case refusal.Of(err) != nil:
			return err
		case errors.As(err, &found):
			return invalid(found)
		case message == "cannot read request body" || status < 500 && status != 0:
			return refusal.New(refusal.InvalidRequest, "%s: %v", message, err)
		default:
			return err
		}
	}
	if status >= 500 {
		return errors.New(message)
	}
	return refusal.New(refusal.InvalidRequest, "%s", message)
}

// invalid turns what huma's validation found into the code and the field's name.
func invalid(found *huma.ErrorDetail) error {
	_, field, nested := strings.Cut(found.Location, ".")
	if name, ok := missing(found.Message); ok {
		if nested {
			name = field + "." + name
		}
		return refusal.In(name, refusal.MissingField, "%s is missing", name)
	}
	if !nested {
		return refusal.New(refusal.InvalidRequest, "%s", found.Message)
	}
	switch {
	case found.Value == nil:
		return refusal.In(field, refusal.MissingField, "%s is null", field)
	case strings.HasPrefix(found.Message, "required ") && strings.HasSuffix(found.Message, "parameter is missing"):
		return refusal.In(field, refusal.MissingField, "%s is missing", field)
	case isAmount(field):
		return refusal.In(field, refusal.InvalidAmount, "%s: %s; an amount is a whole number of minor units", field, found.Message)
	}
	return refusal.In(field, refusal.InvalidField, "%s: %s", field, found.Message)
}

// missing reads huma's sentence about a member that is not there.
func missing(message string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(message, "expected required property ")
	if !ok {
		return "", false
	}
	return strings.TrimSuffix(rest, " to be present"), true
}

// isAmount says that a field is named as amounts are.
func isAmount(field string) bool {
	name := field[strings.LastIndexByte(field, '.')+1:]
	return name == "amount" || strings.HasSuffix(name, "_amount") || name == "to_buyer"
}

// problemIn writes an error as a problem. What is no refusal is a fault: it is
// logged here, once, and its words stay inside.
func problemIn(ctx context.Context, err error) *Problem {
	r := requestOf(ctx)
	no := refusal.Of(err)
	if no == nil {
		no = faultIn(err)
		if r.server != nil {
			r.server.opt.Logger.Error("request failed", "request", r.id, "method", r.method, "path", r.path, "error", err)
		}
	}
	entry, ok := refusal.Find(no.Code)
	if !ok {
		panic(fmt.Sprintf("openapi: the code %q is not in the reference", no.Code))
	}
	p := &Problem{Type: "/docs#" + string(no.Code), Title: entry.Means, Status: entry.Status, Detail: no.Message,
		Code: string(no.Code), Field: no.Field, RequestID: r.id, RetryAfterSeconds: secondsIn(err, entry.Code)}
	r.code = p.Code
	if p.RetryAfterSeconds > 0 {
		r.header.Set("Retry-After", strconv.Itoa(p.RetryAfterSeconds))
	}
	if p.Status == http.StatusUnauthorized && r.header.Get("WWW-Authenticate") == "" {
		r.header.Set("WWW-Authenticate", `Bearer realm="tongbao"`)
	}
	p.countTries(ctx, r)
	return p
}

// faultIn says what a fault means for the caller, and no more.
func faultIn(err error) *refusal.Refusal {
	switch {
	case errors.Is(err, engine.ErrOutcomeUnknown):
		return refusal.New(refusal.InternalError, "whether it was done is not known; repeat the request with the same Idempotency-Key to learn it")
	case errors.Is(err, engine.ErrStopped), errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrClosed), errors.Is(err, store.ErrLost):
		return refusal.New(refusal.Unavailable, "the platform takes no writes now; nothing was done")
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return refusal.New(refusal.Unavailable, "the request took too long; repeating it with the same Idempotency-Key is safe")
	}
	return refusal.New(refusal.InternalError, "a fault of ours; repeating the request with the same Idempotency-Key is safe")
}

func secondsIn(err error, code refusal.Code) int {
	var l later
	if errors.As(err, &l) {
		return l.seconds
	}
	switch code {
	case refusal.RateLimited, refusal.Overloaded:
		return 1
	case refusal.Unavailable:
		return 5
	case refusal.CodeTooOften:
		return 60
	}
	return 0
}

// countTries tells somebody who mistyped the payment password what is left.
func (p *Problem) countTries(ctx context.Context, r *request) {
	wrong, locked := p.Code == string(refusal.PaymentPasswordWrong), p.Code == string(refusal.PaymentPasswordLocked)
	if !wrong && !locked || r.who.Kind != identity.User {
		return
	}
	person, err := r.server.opt.Identity.Person(ctx, r.who.ID)
	if err != nil {
		return // the sentence says it too
	}
	now := r.server.now().UnixMilli()
	if until := person.PaymentTries.LockedUntil(now); until != 0 {
		at := Time(until)
		p.LockedUntil = &at
	}
	if wrong {
		left := max(0, party.PaymentTries.Most-person.PaymentTries.Count)
		p.TriesLeft = &left
	}
}

// notFound is the answer to an id that names nothing for this caller.
func notFound(field, what string) error {
	return refusal.In(field, refusal.NotFound, "no such %s", what)
}
