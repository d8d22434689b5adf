package alipay

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"sync"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/identity"
	"tongbao/internal/party"
)

// app is an application with its keys read.
type app struct {
	party.App
	public   *rsa.PublicKey // nil where it has none
	cert     *x509.Certificate
	certKey  *rsa.PublicKey
	platform *rsa.PrivateKey
}

// appCache keeps read keys, since reading them costs about as much as using
// them. The record is looked at every time; a change has another version.
type appCache struct{ apps sync.Map }

// app finds an application; nil where there is none, or none that may ask.
func (s *Server) app(ctx context.Context, id string) (*app, error) {
	if len(id) != 16 {
		return nil, nil
	}
	record, ok, err := identity.Apps.Read(ctx, s.opt.Engine.Store(), id)
	if err != nil || !ok || record.Disabled != 0 {
		return nil, err
	}
	if known, ok := s.apps.apps.Load(id); ok {
		if a := known.(*app); a.Version == record.Version {
			return a, nil
		}
	}
	a, err := readKeys(record)
	if err != nil {
		return nil, err
	}
	s.apps.apps.Store(id, a)
	return a, nil
}

func readKeys(record party.App) (a *app, err error) {
	a = &app{App: record}
	if record.PublicKey != "" {
		if a.public, err = wire.ParsePublicKey(record.PublicKey); err != nil {
			return nil, err
		}
	}
	if record.Certificate != "" {
		if a.cert, a.certKey, err = wire.ParseCertificate(record.Certificate); err != nil {
			return nil, err
		}
	}
	a.platform, err = wire.ParsePrivateKey(record.PlatformKey.Reveal())
	return a, err
}

// SignFor signs what the platform says to an application unasked; ok is false
// for an application that is gone or disabled, or has no key of that type.
func (s *Server) SignFor(ctx context.Context, id string, t wire.SignType, text string) (sign string, ok bool, err error) {
	a, err := s.app(ctx, id)
	if err != nil || a == nil {
		return "", false, err
	}
	if t == wire.MD5 {
		return wire.SumMD5(a.MD5Key.Reveal(), text), a.MD5Key != "", nil
	}
	sign, err = wire.Sign(a.platform, t, []byte(text))
	return sign, err == nil, err
}

// verifyingKey is what the request's signature is checked with: the key on file,
// or, in certificate mode, the named certificate's.
func (c *call) verifyingKey() (*rsa.PublicKey, error) {
	named, root := c.params.Get("app_cert_sn"), c.params.Get("alipay_root_cert_sn")
	if named == "" && root == "" && c.app.public != nil {
		return c.app.public, nil
	}
	switch {
	case named == "" && c.app.cert == nil && c.app.public == nil:
		return nil, refuse(insufficientConditions, "isv.missing-signature-config", "the application has no key and no certificate yet")
	case named == "":
		return nil, refuse(missingArguments, "isv.missing-app-cert-sn", "app_cert_sn is missing")
	case root == "" && !c.heard.v3: // official programs of the third version send none
		return nil, refuse(missingArguments, "isv.missing-alipay-root-cert-sn", "alipay_root_cert_sn is missing")
	case c.app.cert == nil || named != c.app.SerialNo:
		return nil, refuse(invalidArguments, "isv.app-cert-not-exist", "the application has no certificate of that serial number")
	}
	known, ok, err := c.s.opt.Identity.KnownAppRoot(c.ctx)
	if err != nil {
		return nil, err
	}
	if !ok || root != "" && root != known.SerialNo {
		return nil, refuse(invalidArguments, "isv.invalid-alipay-root-cert-sn", "that is not the root of this platform")
	}
	if now := c.s.opt.Wall(); now.After(c.app.cert.NotAfter) {
		return nil, refuse(invalidArguments, "isv.app-cert-expired", "the application's certificate is not valid now")
	}
	return c.app.certKey, nil
}
