package alipay

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
)

// The third version of the protocol: the same methods by paths, JSON in and out,
// and the signature in a header. A request becomes the same call.

const (
	v3Path = "/v3/"
	// v3Window is how far a caller's clock may be off, and for how long its nonce
	// is remembered.
	v3Window  = 10 * time.Minute
	maxNonce  = 128
	aesKind   = "AES"
	plainText = "text/plain"
)

func (s *Server) v3(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	c := &call{s: s, ctx: ctx, id: strings.ToLower(rand.Text()), started: time.Now(), charset: wire.UTF8, signType: wire.RSA2, sent: wire.Params{}, params: wire.Params{}, heard: hear(r)}
	c.heard.v3, c.heard.token = true, r.Header.Get("alipay-app-auth-token")
	as(w.Header(), "alipay-trace-id", c.id)
	w.Header().Set("Cache-Control", "no-store")
	fields, err := c.answerV3(w, r)
	c.sayV3(w, fields, err)
}

func (c *call) answerV3(w http.ResponseWriter, r *http.Request) (fields any, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			fields, err = nil, fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	body, err := c.checkV3(w, r)
	if err != nil {
		return nil, err
	}
	if err := c.contentV3(r, body); err != nil {
		return nil, err
	}
	fields, err = c.method.do(c)
	return fields, c.inFamily(err)
}

// checkV3 looks at all that methods have in common, the application first.
func (c *call) checkV3(w http.ResponseWriter, r *http.Request) (body []byte, err error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return nil, refuse(missingArguments, "isv.missing-timestamp", "the header Authorization is missing")
	}
	said, err := wire.ParseAuthorization(header)
	if err != nil {
		return nil, refuse(invalidArguments, "isv.invalid-signature", "the header Authorization is %v", err)
	}
	c.heard.said = said
	c.sent["app_id"], c.params["app_id"] = said.Fields["app_id"], said.Fields["app_id"]
	if c.app, err = c.s.app(c.ctx, said.Fields["app_id"]); err != nil {
		return nil, err
	}
	if c.app == nil {
		return nil, refuse(invalidArguments, "isv.invalid-app-id", "there is no such application")
	}
	c.sent["app_cert_sn"] = said.Fields["app_cert_sn"]
	c.sent["method"] = strings.ReplaceAll(strings.TrimPrefix(r.URL.Path, v3Path), "/", ".")
	verb := r.Method
	if over := r.Header.Get("X-HTTP-Method-Override"); over != "" && verb == http.MethodPost {
		verb = strings.ToUpper(over)
	}
	if c.method, c.inPath = methodAt(verb, r.URL.EscapedPath()); c.method == nil {
		return nil, refuse(invalidArguments, "isv.invalid-method", "there is no such address here, or it is not asked by %s", verb)
	}
	c.sent["method"] = c.method.name
	if body, err = c.bodyV3(w, r); err != nil {
		return nil, err
	}
	c.heard.content = body
	if err := c.proveV3(r, said, body); err != nil {
		return nil, err
	}
	c.proved = true
	return body, c.checkMay(r.Header.Get("alipay-app-auth-token"))
}

// proveV3 checks the moment, the signature over exactly what was sent, and that
// the request comes for the first time.
func (c *call) proveV3(r *http.Request, said wire.Authorization, body []byte) error {
	window, now := v3Window, c.s.opt.Wall()
	stamp := said.Fields["timestamp"]
	if stamp == "" {
		return refuse(missingArguments, "isv.missing-timestamp", "timestamp is missing")
	}
	milli, err := strconv.ParseInt(stamp, 10, 64)
	if seconds, bad := strconv.Atoi(said.Fields["expired_seconds"]); bad == nil && seconds > 0 {
		window = min(window, time.Duration(seconds)*time.Second)
	}
	if off := now.Sub(time.UnixMilli(milli)); err != nil || off > window || off < -window {
		return refuse(invalidArguments, "isv.invalid-timestamp", "the timestamp is not in milliseconds, or too far away from the present")
	}
	nonce := said.Fields["nonce"]
	if nonce == "" || len(nonce) > maxNonce {
		return refuse(invalidArguments, "isv.invalid-parameter", "a nonce has 1 to %d characters", maxNonce)
	}
	if said.Sign == "" {
		return refuse(missingArguments, "isv.missing-signature", "sign is missing")
	}
	c.params["app_cert_sn"], c.params["alipay_root_cert_sn"] = said.Fields["app_cert_sn"], r.Header.Get("alipay-root-cert-sn")
	key, err := c.verifyingKey()
	if err != nil {
		return err
	}
	text := said.Signed(r.Method, r.URL.RequestURI(), body, r.Header.Get("alipay-app-auth-token"))
	if wire.Verify(key, wire.RSA2, text, said.Sign) != nil {
		return refuse(invalidArguments, "isv.invalid-signature", "the signature does not fit: look at the private key, and at the string that was signed, which here is: %s", text)
	}
	sum := sha256.Sum256([]byte(c.app.ID + "\x00" + nonce + "\x00" + stamp))
	c.once = hex.EncodeToString(sum[:16])
	if !c.s.nonces.take(c.app.ID, nonce, now, time.UnixMilli(milli).Add(v3Window)) {
		return refuse(invalidArguments, "isv.suspected-attack", "the nonce was used before")
	}
	return nil
}

// bodyV3 reads the body; of an upload, the part that is signed.
func (c *call) bodyV3(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit := int64(maxBody)
	if c.method.upload {
		limit = maxUpload
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
		return nil, c.unread(err)
	}
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media == "multipart/form-data" {
		parts, files, err := wire.ParseBody(r.Header.Get("Content-Type"), bytes.NewReader(body))
		if err != nil {
			return nil, c.unread(err)
		}
		c.files, body = files, []byte(parts["data"])
	}
	return body, nil
}

// contentV3 hands the method its content, which is what stands in the path, the
// query and the body, the last of which counts; and beside it those members that
// the second version has outside of it.
func (c *call) contentV3(r *http.Request, body []byte) error {
	beside, err := wire.ParseForm(r.URL.RawQuery)
	if err != nil {
		return c.unread(err)
	}
	if body, err = c.plainV3(r, body); err != nil {
		return err
	}
	members := map[string]json.RawMessage{}
	for name, value := range wire.Merge(beside, c.inPath) {
		members[name] = encode(value)
	}
	if len(bytes.TrimSpace(body)) > 0 && (!json.Valid(body) || depth(body) > maxDepth || json.Unmarshal(body, &members) != nil || members == nil) {
		return refuse(invalidArguments, "isv.illegal-json", "the body is not a JSON object, or nests too deep")
	}
	if len(members) == 0 {
		return nil
	}
	for name, raw := range members {
		var value text
		if _, known := c.params[name]; !known && value.UnmarshalJSON(raw) == nil && value != "" {
			c.params[name] = string(value)
		}
	}
	delete(c.params, "encrypt_type")
	c.params["biz_content"] = string(encode(members))
	return nil
}

// plainV3 is the body, decrypted where the request says that it is encrypted. A
// request without one says so for its answer.
func (c *call) plainV3(r *http.Request, body []byte) ([]byte, error) {
	kind := r.Header.Get("alipay-encrypt-type")
	if kind == "" {
		kind = r.Header.Get("alipay-encryption-algm")
	}
	switch {
	case kind == "":
		return body, nil
	case kind != aesKind:
		return nil, refuse(invalidArguments, "isv.invalid-encrypt-type", "contents are encrypted by AES")
	case wire.CheckAESKey(c.app.EncryptKey.Reveal()) != nil:
		return nil, refuse(invalidArguments, "isv.decryption-error-not-valid-encrypt-key", "the application has no encryption key")
	case len(body) > 0:
		var err error
		if body, err = wire.Decrypt(c.app.EncryptKey.Reveal(), string(body)); err != nil {
			return nil, refuse(invalidArguments, "isv.decryption-error-unknown", "the content does not decrypt with the application's key")
		}
	}
	c.encrypted = true
	return body, nil
}

// sayV3 writes the answer: the bare object, or what was wrong with a status of
// its own; signed where an application is known.
func (c *call) sayV3(w http.ResponseWriter, fields any, err error) {
	err = c.limited(err)
	c.note(err)
	c.keep(fields, err)
	status, body := http.StatusOK, []byte("{}")
	switch f := fields.(type) {
	case nil:
	case bare:
		body = encode(f.fields)
	case reply:
		status, body = http.StatusAccepted, encode(f.fields)
	default:
		body = encode(f)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json;charset=utf-8")
	if err != nil {
		status, body = c.refusedV3(err)
	} else if c.encrypted {
		text, err := wire.Encrypt(c.app.EncryptKey.Reveal(), body)
		if err != nil {
			panic(fmt.Sprintf("alipay: the key that decrypted the request does not encrypt: %v", err))
		}
		body = []byte(text)
		h.Set("Content-Type", plainText)
		as(h, "alipay-encrypt-type", aesKind)
	}
	if c.app != nil {
		stamp, nonce := strconv.FormatInt(c.s.opt.Wall().UnixMilli(), 10), rand.Text()
		sign, err := wire.Sign(c.app.platform, wire.RSA2, []byte(stamp+"\n"+nonce+"\n"+string(body)+"\n"))
		if err != nil {
			panic(fmt.Sprintf("alipay: the platform's key for application %s does not sign: %v", c.app.ID, err))
		}
		as(h, "alipay-timestamp", stamp)
		as(h, "alipay-nonce", nonce)
		as(h, "alipay-signature", sign)
		if c.certified() {
			as(h, "alipay-sn", c.app.PlatformSerialNo)
		}
	}
	w.WriteHeader(status)
	w.Write(body)
}

// as sets a header with its name as it is written: some programs look for it by
// exactly that, over a protocol whose names have no case.
func as(h http.Header, name, value string) { h[name] = []string{value} }

type errorV3 struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Links   []linkV3 `json:"links"`
}

type linkV3 struct {
	Link string `json:"link"`
	Desc string `json:"desc"`
}

// refusedV3 is a refusal with its HTTP status.
func (c *call) refusedV3(err error) (int, []byte) {
	n := refusalOf(err)
	if n == nil || errors.Is(err, engine.ErrOutcomeUnknown) {
		n = &no{code: unavailable, sub: "isp.unknow-error", message: "the outcome is unknown; ask again with the same numbers"}
	}
	status := http.StatusBadRequest
	switch n.code {
	case unavailable:
		status = http.StatusInternalServerError
	case noToken, noPermission:
		status = http.StatusUnauthorized
	case callLimited:
		status = http.StatusTooManyRequests
	}
	code := n.sub
	for _, prefix := range []string{"isv.", "aop.", "isp."} {
		code = strings.TrimPrefix(code, prefix)
	}
	if code == "invalid-method" {
		status = http.StatusNotFound
	}
	return status, encode(errorV3{Code: code, Message: n.message, Links: []linkV3{{Link: c.s.opt.BaseURL + "/docs", Desc: "the reference"}}})
}
