// Package identity is the desk that answers two questions: who is asking, and
// may they. It signs people up and in, keeps sessions, devices, one-time codes,
// API keys and bound cards, and checks passwords so that no number of guesses
// made at once is looked at more often than the rule allows. What the rules are
// is party's; that they hold, and last, is the engine's, since all that changes
// is a command. Time, randomness and slow hashing happen here, before a command,
// and are handed to it; it refuses to know of HTTP, cookies, and what any act
// does once it was allowed.
//
// No secret reaches the journal in clear: what a command holds of one is a
// hash, and the type party.Secret makes anything else a bug.
package identity

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync"

	"tongbao/internal/engine"
	"tongbao/internal/party"
)

// Options say how a Service runs. The zero value of each means its default.
type Options struct {
	Random  io.Reader // default crypto/rand
	Argon   Argon     // how slow passwords are hashed; default OWASP's
	Hashing int       // passwords hashed at once; default one for each core
	Waiting int       // callers waiting for their turn at most, beyond which they are told overloaded; default 256
	// SendCode brings a one-time code to a phone. It is called after the code is
	// durable. Required where codes are asked for.
	SendCode func(ctx context.Context, phone string, code party.Secret, purpose party.Purpose) error
	// BindCard tells the bank a card's number and returns the token that the bank
	// will know it by. Default: a random token, which no bank knows.
	BindCard func(ctx context.Context, bank string, number party.Secret, holder string) (token string, err error)
	Mode     party.Mode // default party.Test
	// NewKey makes the platform's key pair for an application. Default: 2048 bits
	// of the system's randomness, which is the only one that crypto/rsa takes.
	NewKey func() (*rsa.PrivateKey, error)
}

// Service is the desk. Its methods may be called from several goroutines.
type Service struct {
	engine  *engine.Engine
	opt     Options
	hasher  *hasher
	random  sync.Mutex // Options.Random may be a seeded stream
	decoyOf party.Hash // compared with where there is nobody, so that it takes as long

	keys      *engine.Memo[string, party.APIKey] // each request of a merchant's program reads its own
	merchants *engine.Memo[uint64, party.Merchant]
}

// New opens the desk.
func New(e *engine.Engine, opt Options) *Service {
	if opt.Random == nil {
		opt.Random = rand.Reader
	}
	if opt.Argon == (Argon{}) {
		opt.Argon = OWASP
	}
	if opt.Mode == "" {
		opt.Mode = party.Test
	}
	if opt.NewKey == nil {
		opt.NewKey = newKey
	}
	s := &Service{engine: e, opt: opt, hasher: newHasher(opt.Argon, opt.Hashing, opt.Waiting),
		keys: engine.NewTextMemo(Keys), merchants: engine.NewMemo(Merchants, party.FormatID)}
	s.decoyOf = opt.Argon.hash(party.Secret(s.text(16)), s.bytes(16))
	return s
}

// Mode is whether money is pretend or real here.
func (s *Service) Mode() party.Mode { return s.opt.Mode }

// Ask is who asks for a change, and under which idempotency key.
type Ask struct {
	// Key makes repeating safe: the same key by the same actor for the same act
	// is the same act. Empty: this is an act of its own.
	Key string
	By  engine.By
}

// id names the command of an act. about tells apart what callers without an
// account ask for; it and the key are hashed, so that an id is short and shows
// no phone number.
func (s *Service) id(ask Ask, act, about string) string {
	if ask.Key == "" {
		return s.fresh(act)
	}
	sum := sha256.Sum256([]byte(ask.By.Actor + "\x00" + about + "\x00" + ask.Key))
	return act + "/" + hex.EncodeToString(sum[:16])
}

// fresh names a command that is an act of its own.
func (s *Service) fresh(act string) string { return act + "/" + s.text(26) }

// repeated says that the command was answered before, in which case the answer
// is err. It is asked where what comes before the command could not be done
// twice: an old password that is not the password any more.
func (s *Service) repeated(ctx context.Context, ask Ask, cmd engine.Command) (done bool, err error) {
	if ask.Key == "" {
		return false, nil
	}
	if _, done, err = s.engine.Store().Entry(ctx, cmd.ID()); err != nil || !done {
		return false, err
	}
	_, err = s.engine.Submit(ctx, cmd, ask.By)
	return true, err
}

// now is business time in Unix milliseconds.
func (s *Service) now() int64 { return s.engine.Now().UnixMilli() }
