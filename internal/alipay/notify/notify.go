// Package notify tells merchants' programs by the merchants' protocol what has
// become of an order: a signed form, sent to the order's own address, again and
// again until the answer is exactly "success" or 25 hours are over. Notices are
// records, made from the journal after their cause has become true, so that none
// is forgotten, everybody can see what was tried, and a merchant can have one
// sent again. It refuses to know what a notice says: the gateway writes its
// fields, once, and they never change.
//
// A notice arrives at least once, in no promised order, always under the same
// notify_id.
package notify

import (
	"context"
	"crypto/rand"
	"net/http"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
	"tongbao/internal/fanout"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/webhook"
)

// Options say how notices are made and sent. All must be set.
type Options struct {
	Engine *engine.Engine
	// Of writes the notices of an event, from the journal entry that holds it.
	Of func(ctx context.Context, entry *store.Entry, e *pay.Event) ([]New, error)
	// Sign signs a text for an application; ok is false for one that is gone or
	// disabled.
	Sign func(ctx context.Context, app string, t wire.SignType, text string) (sign string, ok bool, err error)
	// Post sends a request by the webhooks' rules.
	Post func(*http.Request) webhook.Attempt
}

// Service is the desk for notices. Its methods may be called from several
// goroutines, and on several servers that share a store.
type Service struct {
	opt    Options
	engine *engine.Engine
	server string // this process's name, to tell claims apart

	fan  *fanout.Follower[Notice]
	root uint64 // where the applications' root was made, once that is known; the follower's alone
}

// Open makes the desk.
func Open(opt Options) *Service {
	s := &Service{opt: opt, engine: opt.Engine, server: rand.Text()}
	s.fan = fanout.New(opt.Engine, &notices, fanout.Source[Notice]{Since: s.rootMade, Of: s.noticesOf})
	return s
}

// New is a notice to be made.
type New struct {
	App      string
	AuthApp  string // the merchant's application, where App is a provider's that acts for it
	Provider uint64 // whose App then is
	Merchant uint64 // whose business it is about
	URL      string
	Type     string // trade_status_sync
	About    string // the trade's number
	Charset  wire.Charset
	SignType wire.SignType
	Message  bool        // to an application's own address, with a biz_content
	Classic  bool        // in the classic protocol's form: no app_id, charset and version
	Fields   wire.Params // UTF-8, none empty; the common ones are added when it is sent
}

// Commands lists an empty command of each kind that this package submits.
func Commands() []engine.Command {
	return []engine.Command{notices.Empty(), makeNotice{}, claimNotice{}, noticeTried{}, resendNotice{}}
}
