package identity

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// Argon says how slow argon2id is made.
type Argon struct {
	MemoryKiB uint32
	Passes    uint32
	Threads   uint8
}

// OWASP is the first choice of the OWASP Password Storage Cheat Sheet for
// argon2id where memory is scarce: 19 MiB, two passes, one thread.
var OWASP = Argon{MemoryKiB: 19456, Passes: 2, Threads: 1}

const argonKeyLength = 32

// hash writes a password's hash as a PHC string, which carries its parameters:
// $argon2id$v=19$m=19456,t=2,p=1$salt$hash. So they can be raised later, and
// what was hashed before still compares.
func (a Argon) hash(password party.Secret, salt []byte) party.Hash {
	key := argon2.IDKey([]byte(password.Reveal()), salt, a.Passes, a.MemoryKiB, a.Threads, argonKeyLength)
	encode := base64.RawStdEncoding.EncodeToString
	return party.Hash(fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.MemoryKiB, a.Passes, a.Threads, encode(salt), encode(key)))
}

// compare says that the password is the one that was hashed. A hash that is not
// a PHC string of ours is a bug of whoever wrote it, and compares with nothing.
func compare(hash party.Hash, password party.Secret) bool {
	parts := strings.Split(hash.Reveal(), "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false
	}
	var a Argon
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &a.MemoryKiB, &a.Passes, &a.Threads); err != nil || a.Passes == 0 || a.Threads == 0 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(key) != argonKeyLength {
		return false
	}
	got := argon2.IDKey([]byte(password.Reveal()), salt, a.Passes, a.MemoryKiB, a.Threads, argonKeyLength)
	return subtle.ConstantTimeCompare(got, key) == 1
}

// hasher lets only so many passwords be hashed at once: each takes 19 MiB, and
// a flood of log-ins must not take them all.
type hasher struct {
	argon   Argon
	turns   chan struct{}
	waiting atomic.Int64
	most    int64
}

func newHasher(argon Argon, atOnce, waiting int) *hasher {
	if atOnce <= 0 {
		atOnce = runtime.GOMAXPROCS(0)
	}
	if waiting <= 0 {
		waiting = 256
	}
	return &hasher{argon: argon, turns: make(chan struct{}, atOnce), most: int64(waiting)}
}

// turn waits for a turn at hashing; the caller ends it with done. Refusal:
// overloaded.
func (h *hasher) turn(ctx context.Context) (done func(), err error) {
	done = func() { <-h.turns }
	select {
	case h.turns <- struct{}{}:
		return done, nil
	default:
	}
	if h.waiting.Add(1) > h.most {
		h.waiting.Add(-1)
		return nil, refusal.New(refusal.Overloaded, "too many passwords are being checked; nothing was done")
	}
	defer h.waiting.Add(-1)
	select {
	case h.turns <- struct{}{}:
		return done, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to check a password: %w; nothing was done", ctx.Err())
	}
}

// hash hashes a new password.
func (s *Service) hash(ctx context.Context, password party.Secret) (party.Hash, error) {
	done, err := s.hasher.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return s.opt.Argon.hash(password, s.bytes(16)), nil
}
