package webhook

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"tongbao/internal/party"
)

// SigningSecret is an endpoint's secret at rest: whsec_ and the base64 of its
// key. Signing needs it in clear, so it is kept so in the endpoint's record, and
// nowhere else: it prints as ***, whoever prints it.
type SigningSecret string

const secretPrefix = "whsec_"

// Reveal is the secret itself, for signing and for its owner, once.
func (s SigningSecret) Reveal() party.Secret { return party.Secret(s) }

func (SigningSecret) String() string               { return "***" }
func (SigningSecret) Format(f fmt.State, _ rune)   { io.WriteString(f, "***") }
func (SigningSecret) LogValue() slog.Value         { return slog.StringValue("***") }
func (SigningSecret) MarshalJSON() ([]byte, error) { return []byte(`"***"`), nil }
func (SigningSecret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// newSecret draws 32 bytes; the standard wants 24 to 64.
func newSecret(random io.Reader) (SigningSecret, error) {
	key := make([]byte, 32)
	if _, err := io.ReadFull(random, key); err != nil {
		return "", fmt.Errorf("draw a signing secret: %w", err)
	}
	return SigningSecret(secretPrefix + base64.StdEncoding.EncodeToString(key)), nil
}

// keyOf decodes a secret in its written form.
func keyOf(secret string) ([]byte, bool) {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return nil, false
	}
	key, err := base64.StdEncoding.DecodeString(text)
	return key, err == nil && len(key) >= 24 && len(key) <= 64
}
