package shop

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// tolerance is how far a webhook's time may be from ours, by the Standard
// Webhooks specification. An old message caught on the way is useless after it.
const tolerance = 5 * time.Minute

var (
	errSignature = errors.New("the signature is not of one of our sellers")
	errStale     = errors.New("the timestamp is more than five minutes away from our clock")
)

// handleWebhook takes an event from Tongbao. The event only says that something
// changed: webhooks may come late, twice or out of order, so the new state is
// asked for. Anything but a 2xx makes Tongbao deliver it again later.
func (s *Shop) handleWebhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "invalid_request", "", "The body is larger than 1 MB.")
		return
	}
	shelf, err := s.verify(r.Header, body)
	if errors.Is(err, errStale) {
		refuse(w, http.StatusBadRequest, "webhook_stale", "", "Refused: "+err.Error()+".")
		return
	}
	if err != nil {
		refuse(w, http.StatusUnauthorized, "webhook_signature_invalid", "", "Refused: "+err.Error()+".")
		return
	}
	id := shelf + "/" + r.Header.Get("webhook-id")
	// Two deliveries of one message at once must not both be the first.
	unlock := s.acting.lock("webhook " + id)
	defer unlock()
	if s.book.wasHandled(id) {
		answer(w, http.StatusOK, map[string]any{"handled": true, "repeat": true})
		return
	}
	if err := s.follow(r.Context(), shelf, id, body); err != nil {
		s.log.Warn("webhook not handled; Tongbao will send it again", "webhook", id, "err", err)
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, "unavailable", "", "Not handled yet; please deliver it again.")
		return
	}
	answer(w, http.StatusOK, map[string]any{"handled": true})
}

// follow brings the order of an event up to date and marks the event handled,
// both in one line of the book.
func (s *Shop) follow(ctx context.Context, shelf, id string, body []byte) error {
	var event struct {
		Type string `json:"type"`
		Data struct {
			ID        string `json:"id"`
			PaymentID string `json:"payment_id"` // of a refund or dispute
			OrderNo   string `json:"order_no"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &event) != nil {
		return s.book.markHandled(id) // signed, but not for us to understand: a repeat won't help
	}
	paymentID := event.Data.PaymentID
	if strings.HasPrefix(event.Type, "payment.") {
		paymentID = event.Data.ID
	}
	order, found := s.book.find(paymentID, event.Data.OrderNo)
	if !found || order.Shelf != shelf {
		return s.book.markHandled(id) // the seller's till, say, or a transfer
	}
	if order.Payment == nil {
		if _, err := s.start(ctx, order.No); err != nil { // our own answer was lost; this asks for it again
			return err
		}
	}
	_, err := s.refresh(ctx, order.No, id)
	return err
}

// verify checks a message by the Standard Webhooks specification and answers
// whose it is: HMAC-SHA256 over "id.timestamp.body", under the secret of one seller.
func (s *Shop) verify(h http.Header, body []byte) (shelf string, err error) {
	id, stamp, signatures := h.Get("webhook-id"), h.Get("webhook-timestamp"), h.Get("webhook-signature")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if id == "" || len(id) > 256 || err != nil {
		return "", errSignature
	}
	s.secretsMu.RLock()
	defer s.secretsMu.RUnlock()
	for of, secret := range s.secrets {
		key, err := webhookKey(secret)
		if err != nil {
			continue
		}
		if signedBy(key, id, stamp, body, signatures) {
			shelf = of
		}
	}
	if shelf == "" {
		return "", errSignature
	}
	if age := s.now().Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return "", errStale
	}
	return shelf, nil
}

// signedBy looks for one good signature among those in the header; there are
// several while a secret is being changed.
func signedBy(key []byte, id, stamp string, body []byte, signatures string) bool {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, stamp)
	mac.Write(body)
	want := mac.Sum(nil)
	for _, one := range strings.Fields(signatures) {
		version, text, _ := strings.Cut(one, ",")
		got, err := base64.StdEncoding.DecodeString(text)
		if version == "v1" && err == nil && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}

func webhookKey(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, "whsec_")
	if !ok {
		return nil, errors.New("a webhook secret begins with whsec_")
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		key, err = base64.RawStdEncoding.DecodeString(text)
	}
	if err != nil || len(key) < 16 {
		return nil, errors.New("a webhook secret is whsec_ and at least 16 bytes in base64")
	}
	return key, nil
}
