package webhook

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"tongbao/internal/refusal"
)

var at = time.Unix(1614265330, 0)

// The example of the Standard Webhooks libraries.
const (
	theirSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	theirID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	theirBody      = `{"test": 2432232314}`
	theirSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func TestSignAsOthersDo(t *testing.T) {
	header := http.Header{}
	Sign(header, theirID, at, []byte(theirBody), theirSecret)
	if got := header.Get("webhook-signature"); got != theirSignature {
		t.Errorf("signed %s, want %s", got, theirSignature)
	}
	if got := header.Get("webhook-timestamp"); got != "1614265330" {
		t.Errorf("stamped %s", got)
	}
}

func TestVerify(t *testing.T) {
	other := "v1," + base64.StdEncoding.EncodeToString(make([]byte, 32))
	for _, c := range []struct {
		name   string
		change func(h http.Header, body *string, now *time.Time)
		ok     bool
	}{
		{"as it was sent", func(http.Header, *string, *time.Time) {}, true},
		{"five minutes late", func(_ http.Header, _ *string, now *time.Time) { *now = now.Add(Tolerance) }, true},
		{"one of several", func(h http.Header, _ *string, _ *time.Time) {
			h.Set(HeaderSignature, "v2,abc "+other+" "+theirSignature+" v1a,xyz")
		}, true},
		{"replayed later", func(_ http.Header, _ *string, now *time.Time) { *now = now.Add(Tolerance + time.Second) }, false},
		{"from the future", func(_ http.Header, _ *string, now *time.Time) { *now = now.Add(-Tolerance - time.Second) }, false},
		{"another body", func(_ http.Header, body *string, _ *time.Time) { *body = `{"test": 2432232315}` }, false},
		{"another id", func(h http.Header, _ *string, _ *time.Time) { h.Set(HeaderID, "msg_2") }, false},
		{"another moment", func(h http.Header, _ *string, _ *time.Time) { h.Set(HeaderTimestamp, "1614265331") }, false},
		{"the body's beginning moved into the headers", func(h http.Header, body *string, _ *time.Time) {
			h.Set(HeaderID, theirID+".1614265330")
		}, false},
		{"no id", func(h http.Header, _ *string, _ *time.Time) { h.Del(HeaderID) }, false},
		{"no timestamp", func(h http.Header, _ *string, _ *time.Time) { h.Del(HeaderTimestamp) }, false},
		{"no signature", func(h http.Header, _ *string, _ *time.Time) { h.Del(HeaderSignature) }, false},
		{"a signature of another version", func(h http.Header, _ *string, _ *time.Time) {
			h.Set(HeaderSignature, strings.Replace(theirSignature, "v1", "v2", 1))
		}, false},
		{"half a signature", func(h http.Header, _ *string, _ *time.Time) { h.Set(HeaderSignature, theirSignature[:20]) }, false},
		{"an empty signature", func(h http.Header, _ *string, _ *time.Time) { h.Set(HeaderSignature, "v1,") }, false},
		{"a timestamp with a sign", func(h http.Header, _ *string, _ *time.Time) { h.Set(HeaderTimestamp, "+1614265330") }, false},
		{"a timestamp of many digits", func(h http.Header, _ *string, _ *time.Time) {
			h.Set(HeaderTimestamp, "00000000000001614265330")
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			header, body, now := http.Header{}, theirBody, at
			Sign(header, theirID, at, []byte(body), theirSecret)
			c.change(header, &body, &now)
			err := Verify(theirSecret, header, []byte(body), now)
			if (err == nil) != c.ok {
				t.Errorf("%v", err)
			}
			if no := refusal.Of(err); err != nil && (no == nil || no.Code != refusal.WebhookSignatureInvalid) {
				t.Errorf("refused with %v", err)
			}
		})
	}
}

func TestVerifyRefusesWhatIsNoSecret(t *testing.T) {
	header := http.Header{}
	Sign(header, theirID, at, []byte(theirBody), theirSecret)
	for _, secret := range []string{"", "whsec_", "whsec_AAAA", "whsec_*", strings.TrimPrefix(theirSecret, secretPrefix)} {
		if err := Verify(secret, header, []byte(theirBody), at); err == nil {
			t.Errorf("%q verifies", secret)
		}
	}
}

// Whatever the headers hold, nothing is taken but what the key signed.
func FuzzVerify(f *testing.F) {
	f.Add(theirID, "1614265330", theirSignature, theirBody)
	f.Add(theirID+".1", "1614265330", "v1,AAAA v1, ,, v1", "")
	f.Add("", "-1", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE", "{}")
	f.Add("msg", "99999999999999999999", strings.Repeat("v1,a ", 100), "1.{}")
	f.Fuzz(func(t *testing.T, id, timestamp, signatures, body string) {
		header := http.Header{HeaderID: {id}, HeaderTimestamp: {timestamp}, HeaderSignature: {signatures}}
		m, err := parseHeaders(header)
		if err == nil && (len(m.signatures) > mostSignatures || m.id == "" || m.at.Unix() < 0) {
			t.Errorf("parsed %+v", m)
		}
		signed := id == theirID && timestamp == "1614265330" && body == theirBody
		if Verify(theirSecret, header, []byte(body), at) == nil && !signed {
			t.Errorf("took %q %q %q %q", id, timestamp, signatures, body)
		}
	})
}
