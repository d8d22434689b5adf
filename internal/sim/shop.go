package sim

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/pay"
)

// RoundTrip is the network to a merchant's program, and the program.
func (w *world) RoundTrip(request *http.Request) (*http.Response, error) {
	if w.shop == 0 {
		return nil, errSilent
	}
	return &http.Response{StatusCode: w.shop, Body: io.NopCloser(strings.NewReader("sim")), Request: request}, nil
}

func render(_ context.Context, e pay.Event) (json.RawMessage, error) { return json.Marshal(e.Object) }

// appKey is the key pair of every application: crypto/rsa would draw one from the
// system's randomness, and no run would be like another.
func appKey() (*rsa.PrivateKey, error) { return oneKey(), nil }

func publicAppKey() string {
	text, err := wire.FormatPublicKey(&oneKey().PublicKey)
	if err != nil {
		panic(err)
	}
	return text
}

var oneKey = sync.OnceValue(func() *rsa.PrivateKey {
	r := rand.NewChaCha8([32]byte{})
	prime := func() *big.Int {
		b := make([]byte, 128)
		_, _ = r.Read(b) // never fails
		b[0] |= 0xc0
		for p := new(big.Int).SetBytes(b); ; p.Add(p, big.NewInt(1)) {
			if p.ProbablyPrime(20) && new(big.Int).Mod(p, big.NewInt(65537)).Int64() != 1 {
				return p
			}
		}
	}
	p, q := prime(), prime()
	one := big.NewInt(1)
	totient := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, D: new(big.Int).ModInverse(big.NewInt(65537), totient), Primes: []*big.Int{p, q}}
	key.Precompute()
	if err := key.Validate(); err != nil {
		panic(fmt.Sprintf("sim: the key is none: %v", err))
	}
	return key
})
