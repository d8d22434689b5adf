package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tongbao/internal/refusal"
)

// The headers of the Standard Webhooks rules.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// Tolerance is how far a message's timestamp may be from the receiver's clock.
const Tolerance = 5 * time.Minute

// Sign sets the three headers of a message, with one signature for each secret:
// while a secret is being replaced, the old one and the new one both verify.
func Sign(header http.Header, id string, at time.Time, body []byte, secrets ...SigningSecret) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		key, ok := keyOf(secret.Reveal().Reveal())
		if !ok {
			panic("webhook: an endpoint's secret is not one")
		}
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(signature(key, id, timestamp, body)))
	}
	header.Set(HeaderID, id)
	header.Set(HeaderTimestamp, timestamp)
	header.Set(HeaderSignature, strings.Join(signatures, " "))
}

// Verify says that a message came from whoever knows the secret (whsec_…),
// unaltered, and not long ago. What it can't say is whether the message came
// before: keep its webhook-id for ten minutes and do it once.
// Refusal: webhook_signature_invalid.
func Verify(secret string, header http.Header, body []byte, now time.Time) error {
	key, ok := keyOf(secret)
	if !ok {
		return invalid("the secret is not whsec_ and base64")
	}
	m, err := parseHeaders(header)
	if err != nil {
		return err
	}

	want := signature(key, m.id, m.timestamp, body)
	match := false
	for _, got := range m.signatures {
		match = hmac.Equal(got, want) || match // takes the same time, whatever matches
	}
	if !match {
		return invalid("no signature matches")
	}
	if age := now.Sub(m.at); age > Tolerance || age < -Tolerance {
		return invalid("the message is too old, or from the future")
	}
	return nil
}

func invalid(why string) error { return refusal.New(refusal.WebhookSignatureInvalid, "%s", why) }

// message is what the headers say.
type message struct {
	id         string
	timestamp  string
	at         time.Time
	signatures [][]byte // of version 1
}

// More signatures than this nobody needs, and a long id or number nobody sends.
const (
	mostSignatures = 16
	longestID      = 128
	longestStamp   = 12
	longestHeader  = 4096
)

func parseHeaders(header http.Header) (message, error) {
	m := message{id: header.Get(HeaderID), timestamp: header.Get(HeaderTimestamp)}
	// A dot in the id would let one signed text be read in two ways.
	if m.id == "" || len(m.id) > longestID || strings.Contains(m.id, ".") {
		return m, invalid("webhook-id is missing or not one of ours")
	}
	if m.timestamp == "" || len(m.timestamp) > longestStamp || strings.Trim(m.timestamp, "0123456789") != "" {
		return m, invalid("webhook-timestamp is missing or not a number of seconds")
	}
	seconds, err := strconv.ParseInt(m.timestamp, 10, 64)
	if err != nil {
		return m, invalid("webhook-timestamp is not a number of seconds")
	}
	m.at = time.Unix(seconds, 0)

	text := header.Get(HeaderSignature)
	if text == "" || len(text) > longestHeader {
		return m, invalid("webhook-signature is missing or too long")
	}
	for part := range strings.SplitSeq(text, " ") {
		version, encoded, _ := strings.Cut(part, ",")
		if version != "v1" || len(m.signatures) == mostSignatures {
			continue // other versions are for other receivers
		}
		if got, err := base64.StdEncoding.DecodeString(encoded); err == nil && len(got) == sha256.Size {
			m.signatures = append(m.signatures, got)
		}
	}
	return m, nil
}

func signature(key []byte, id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
