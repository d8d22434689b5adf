package alipay

import (
	"errors"
	"html"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
)

// timestampSlack is how far a caller's timestamp may be from the clock. It
// carries no zone, and programs write their machine's, so that a day is honest.
const timestampSlack = 24 * time.Hour

// check looks at everything that all methods have in common, in the order in
// which the protocol's gateway does: the application before the signature.
func (c *call) check() (err error) {
	p := c.params
	if p.Get("app_id") == "" {
		return refuse(missingArguments, "isv.missing-app-id", "app_id is missing")
	}
	if c.app, err = c.s.app(c.ctx, p.Get("app_id")); err != nil {
		return err
	}
	if c.app == nil {
		return refuse(invalidArguments, "isv.invalid-app-id", "there is no such application")
	}
	if t := wire.SignType(p.Get("sign_type")); t.Valid() {
		c.signType = t // of the answer too, whatever is wrong with the rest
	}
	if p.Get("method") == "" {
		return refuse(missingArguments, "isv.missing-method", "method is missing")
	}
	if c.method == nil {
		return refuse(invalidArguments, "isv.invalid-method", "there is no such method here")
	}
	if err := c.checkCommon(); err != nil {
		return err
	}
	if err := c.checkSignature(); err != nil {
		return err
	}
	c.proved = true
	return c.checkMay(p.Get("app_auth_token"))
}

// checkMay looks at what the application may do, and for whom.
func (c *call) checkMay(token string) (err error) {
	if token != "" {
		if c.grant, err = c.actFor(token); err != nil {
			return err
		}
	}
	if !c.app.May(c.method.name) {
		return refuse(noPermission, "isv.insufficient-isv-permissions", "the application may not call this method")
	}
	return c.checkMerchant()
}

func (c *call) checkCommon() error {
	p := c.params
	if f := p.Get("format"); f != "" && f != "JSON" && f != "json" {
		return refuse(invalidArguments, "isv.invalid-format", "the format is JSON")
	}
	switch t := wire.SignType(p.Get("sign_type")); {
	case t == "":
		return refuse(missingArguments, "isv.missing-signature-type", "sign_type is missing")
	case !t.Valid(), t == wire.RSA && !c.app.SHA1:
		c.signType = wire.RSA2
		return refuse(invalidArguments, "isv.invalid-signature-type", "this application signs by RSA2")
	}
	if p.Get("sign") == "" {
		return refuse(missingArguments, "isv.missing-signature", "sign is missing")
	}
	if p.Get("timestamp") == "" {
		return refuse(missingArguments, "isv.missing-timestamp", "timestamp is missing")
	}
	at, err := time.ParseInLocation(time.DateTime, p.Get("timestamp"), engine.Shanghai)
	if err != nil {
		return refuse(invalidArguments, "isv.invalid-timestamp", "a timestamp looks like 2018-11-11 00:00:00")
	}
	if off := c.s.opt.Wall().Sub(at); off > timestampSlack || off < -timestampSlack {
		return refuse(invalidArguments, "isv.invalid-timestamp", "the timestamp is more than a day away from the present")
	}
	switch p.Get("version") {
	case "1.0":
	case "":
		return refuse(missingArguments, "isv.missing-version", "version is missing")
	default:
		return refuse(invalidArguments, "isv.invalid-parameter", "the version is 1.0")
	}
	return nil
}

// checkSignature verifies over exactly what was sent.
func (c *call) checkSignature() error {
	key, err := c.verifyingKey()
	if err != nil {
		return err
	}
	candidates := c.sent.Candidates()
	for _, text := range candidates {
		switch err := wire.Verify(key, c.signType, []byte(text), c.sent.Get("sign")); {
		case err == nil:
			return nil
		case errors.Is(err, wire.ErrSignatureForm):
			return refuse(invalidArguments, "isv.invalid-signature", "sign is not base64; where it came in an address, its + must be escaped")
		}
	}
	shown, err := c.charset.Decode(candidates[0])
	if err != nil {
		shown = ""
	}
	return refuse(invalidArguments, "isv.invalid-signature",
		"the signature does not fit: look at the private key, and at the string that was signed, which here is: %s", html.EscapeString(shown))
}

func (c *call) checkMerchant() error {
	m, ok, err := identity.Merchants.Read(c.ctx, c.s.opt.Engine.Store(), party.FormatID(c.merchant()))
	if err != nil {
		return err
	}
	if !ok || m.Status != party.MerchantActive && c.method.right != party.View {
		return refuse(businessFailed, c.method.code("ACCESS_FORBIDDEN"), "the merchant's account is frozen")
	}
	return nil
}
