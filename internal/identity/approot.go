package identity

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// AppRoot is the root of all certificates that the platform gives to
// applications: one key, made when the first of them registers.
type AppRoot struct {
	Key         party.KeptSecret `cbor:"1,keyasint"` // PEM
	Certificate string           `cbor:"2,keyasint"` // PEM, signed by itself
	SerialNo    string           `cbor:"3,keyasint"` // of the bundle, which is this one
}

var appRoots = engine.Kind[AppRoot]{Name: "app_root"}

const appRootID = "1"

// MakeAppRoot is the id of the one command that makes the root: before it in the
// journal there is no application.
const MakeAppRoot = "make_app_root"

// Lives of certificates. They end so that somebody looks; nothing revokes them
// but a change of the application.
const (
	rootLife = 30 * 365 * 24 * time.Hour
	certLife = 5 * 365 * 24 * time.Hour
)

// AppRoot is the root, made where there is none yet.
func (s *Service) AppRoot(ctx context.Context, by engine.By) (AppRoot, error) {
	if root, ok, err := s.KnownAppRoot(ctx); ok || err != nil {
		return root, err
	}
	key, err := s.opt.NewKey()
	if err != nil {
		return AppRoot{}, err
	}
	now := s.engine.Now()
	template := s.certificateOf("Tongbao Application Root", now, rootLife)
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return AppRoot{}, fmt.Errorf("make the root of application certificates: %w", err)
	}
	text := wire.FormatCertificate(raw)
	made := AppRoot{Key: party.KeptSecret(wire.FormatPrivateKey(key)), Certificate: text, SerialNo: wire.RootSerialNo(text)}
	if _, err := s.engine.Submit(ctx, makeAppRoot{root: made}, by); err != nil {
		return AppRoot{}, err
	}
	root, _, err := s.KnownAppRoot(ctx) // somebody else's, where they were faster
	return root, err
}

// KnownAppRoot is the root if there is one.
func (s *Service) KnownAppRoot(ctx context.Context) (AppRoot, bool, error) {
	return appRoots.Read(ctx, s.engine.Store(), appRootID)
}

type makeAppRoot struct{ root AppRoot }

func (c makeAppRoot) ID() string               { return MakeAppRoot }
func (c makeAppRoot) Name() string             { return "make_app_root" }
func (c makeAppRoot) Touches(t *store.Touched) { t.Record(appRoots.Key(appRootID)) }
func (c makeAppRoot) Apply(tx *engine.Tx) (any, error) {
	appRoots.Put(tx, appRootID, c.root)
	return nil, nil
}

// draw makes what the platform holds for a new application.
func (s *Service) draw(c *createApp, root AppRoot) error {
	key, err := s.opt.NewKey()
	if err != nil {
		return err
	}
	if c.Certificate, c.SerialNo, err = s.issue(root, "Tongbao for "+c.App, &key.PublicKey); err != nil {
		return err
	}
	if c.Public, err = wire.FormatPublicKey(&key.PublicKey); err != nil {
		return err
	}
	c.Key = party.KeptSecret(wire.FormatPrivateKey(key))
	c.EncryptKey = s.encryptKey()
	return nil
}

// issue signs a certificate.
func (s *Service) issue(root AppRoot, name string, key *rsa.PublicKey) (text, serialNo string, err error) {
	rootCert, _, err := wire.ParseCertificate(root.Certificate)
	if err != nil {
		return "", "", err
	}
	rootKey, err := wire.ParsePrivateKey(root.Key.Reveal())
	if err != nil {
		return "", "", err
	}
	raw, err := x509.CreateCertificate(rand.Reader, s.certificateOf(name, s.engine.Now(), certLife), rootCert, key, rootKey)
	if err != nil {
		return "", "", fmt.Errorf("issue a certificate: %w", err)
	}
	text = wire.FormatCertificate(raw)
	cert, _, err := wire.ParseCertificate(text)
	if err != nil {
		return "", "", err
	}
	return text, wire.SerialNo(cert), nil
}

func (s *Service) certificateOf(name string, now time.Time, life time.Duration) *x509.Certificate {
	serial := new(big.Int).SetBytes(s.bytes(15))
	return &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)), NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(life),
		Subject:            pkix.Name{CommonName: name, OrganizationalUnit: []string{"Applications"}, Organization: []string{"Tongbao"}, Country: []string{"CN"}},
		KeyUsage:           x509.KeyUsageDigitalSignature,
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
}

// IssueAppCertificate gives an application a certificate of its public key,
// signed by the root. Refusals: not_found, missing_field (public_key).
func (s *Service) IssueAppCertificate(ctx context.Context, ask Ask, merchant uint64, id string) (party.App, error) {
	a, err := s.AppOf(ctx, merchant, id)
	if err != nil {
		return a, err
	}
	if a.PublicKey == "" {
		return a, refusal.In("public_key", refusal.MissingField, "the application has no public key yet")
	}
	key, err := wire.ParsePublicKey(a.PublicKey)
	if err != nil {
		return a, err
	}
	root, err := s.AppRoot(ctx, ask.By)
	if err != nil {
		return a, err
	}
	text, _, err := s.issue(root, a.ID, key)
	if err != nil {
		return a, err
	}
	return s.UpdateApp(ctx, ask, merchant, id, AppChange{Certificate: &text})
}
