package openapi

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"

	"tongbao/internal/engine"
	"tongbao/internal/store"
)

// The door signs two things that come back to it: cursors and people's
// collection codes. The key for that is random, made once by whichever server
// is first, and kept, so that a code printed today is read in a year.

const secretID = "openapi"

// secrets are the records of such keys.
var secrets = engine.Kind[[]byte]{Name: "signing_key"}

type secretKeeper struct {
	sync.Mutex
	key []byte
}

// secret is the key. It is made with the first thing that has to be signed.
func (s *Server) secret(ctx context.Context) ([]byte, error) {
	s.secrets.Lock()
	defer s.secrets.Unlock()
	if s.secrets.key != nil {
		return s.secrets.key, nil
	}
	key, ok, err := secrets.Read(ctx, s.opt.Engine.Store(), secretID)
	if err == nil && !ok {
		fresh := make([]byte, 32)
		rand.Read(fresh)
		made := makeSecret{key: fresh}
		receipt, submitErr := s.opt.Engine.Submit(ctx, made, engine.By{Actor: "server", Request: requestOf(ctx).id})
		if submitErr != nil {
			return nil, submitErr
		}
		key, ok, err = secrets.After(receipt, secretID)
	}
	if err != nil || !ok {
		return nil, fmt.Errorf("read the signing key (there: %t): %w", ok, err)
	}
	s.secrets.key = key
	return key, nil
}

// makeSecret keeps the first key that is proposed.
type makeSecret struct {
	key []byte
}

func (c makeSecret) ID() string                     { return "make_signing_key/" + secretID }
func (c makeSecret) Name() string                   { return "make_signing_key" }
func (c makeSecret) Touches(touched *store.Touched) { touched.Record(secrets.Key(secretID)) }
func (c makeSecret) Apply(tx *engine.Tx) (any, error) {
	secrets.Put(tx, secretID, c.key)
	return nil, nil
}

// sign is a keyed sum of the parts under a name of its own.
func (s *Server) sign(ctx context.Context, parts ...string) ([]byte, error) {
	key, err := s.secret(ctx)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key)
	for _, part := range parts {
		mac.Write([]byte(part))
		mac.Write([]byte{0})
	}
	return mac.Sum(nil), nil
}
