package identity

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"slices"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// Apps are merchants' applications, by id.
var Apps = engine.Kind[party.App]{Name: "app", Terms: func(id string, a party.App) []store.Term {
	return []store.Term{{Index: "app", Sort: at(a.Created)}, {Index: appsOf, Sort: party.FormatID(a.Merchant) + "/" + at(a.Created)}}
}}

const appsOf = "app_by_merchant"

// MostApps is how many applications a merchant can have.
const MostApps = 50

// NewApp is an application to register.
type NewApp struct {
	Name      string
	PublicKey string // the program's; empty for one that comes with its certificate later
}

// CreateApp registers an application of a merchant, with a key pair, a
// certificate and an encryption key of the platform's own for it. The encryption
// key is told this once: a repeated ask answers the application without it.
// Refusals: invalid_field (name, public_key), not_found, rate_limited.
func (s *Service) CreateApp(ctx context.Context, ask Ask, merchant uint64, n NewApp) (party.App, party.Secret, error) {
	name, err := party.ParseAppName(n.Name)
	if err != nil {
		return party.App{}, "", err
	}
	if n.PublicKey, err = publicKeyIn("public_key", n.PublicKey); err != nil {
		return party.App{}, "", err
	}
	known, err := s.AppsOf(ctx, merchant)
	if err != nil {
		return party.App{}, "", err
	}
	if len(known) >= MostApps {
		return party.App{}, "", refusal.New(refusal.RateLimited, "a merchant has at most %d applications", MostApps)
	}
	root, err := s.AppRoot(ctx, ask.By)
	if err != nil {
		return party.App{}, "", err
	}
	cmd := createApp{id: s.id(ask, "create_app", party.FormatID(merchant)), Merchant: merchant, Called: name, PublicKey: n.PublicKey, App: party.AppIDFrom(s.number())}
	if err := s.draw(&cmd, root); err != nil {
		return party.App{}, "", err
	}
	receipt, err := s.engine.Submit(ctx, cmd, ask.By)
	made, err := engine.Result[string](receipt, err)
	if err != nil {
		return party.App{}, "", err
	}
	secret := party.Secret(cmd.EncryptKey)
	if receipt.Repeated {
		secret = ""
	}
	a, err := s.AppByID(ctx, made)
	return a, secret, err
}

// createApp registers an application. What the platform draws for it is drawn
// anew at every try; the first try's counts.
type createApp struct {
	id        string
	Merchant  uint64 `cbor:"1,keyasint"`
	Called    string `cbor:"2,keyasint"`
	PublicKey string `cbor:"3,keyasint"`

	App         string           `cbor:"-"`
	Key         party.KeptSecret `cbor:"-"`
	Public      string           `cbor:"-"`
	Certificate string           `cbor:"-"`
	SerialNo    string           `cbor:"-"`
	EncryptKey  party.KeptSecret `cbor:"-"`
}

func (c createApp) ID() string   { return c.id }
func (c createApp) Name() string { return "create_app" }
func (c createApp) Touches(t *store.Touched) {
	t.Record(Merchants.Key(party.FormatID(c.Merchant)), Apps.Key(c.App))
}

func (c createApp) Apply(tx *engine.Tx) (any, error) {
	if _, err := merchant(tx, c.Merchant); err != nil {
		return nil, err
	}
	if _, taken := Apps.Get(tx, c.App); taken {
		return nil, refusal.New(refusal.Overloaded, "no free number was found; ask again")
	}

	Apps.Put(tx, c.App, party.App{ID: c.App, Merchant: c.Merchant, Name: c.Called, PublicKey: c.PublicKey, PlatformKey: c.Key, PlatformPublicKey: c.Public,
		PlatformCertificate: c.Certificate, PlatformSerialNo: c.SerialNo, EncryptKey: c.EncryptKey, Created: tx.NowMilli(), Changed: tx.NowMilli(), Version: 1})
	return c.App, nil
}

// AppByID is the application with that id, whosever. Refusal: not_found.
func (s *Service) AppByID(ctx context.Context, id string) (party.App, error) {
	a, ok, err := Apps.Read(ctx, s.engine.Store(), id)
	if err == nil && !ok {
		err = noApp()
	}
	return a, err
}

// AppOf is one of a merchant's applications. Refusal: not_found.
func (s *Service) AppOf(ctx context.Context, merchant uint64, id string) (party.App, error) {
	a, err := s.AppByID(ctx, id)
	if err == nil && a.Merchant != merchant {
		return party.App{}, noApp()
	}
	return a, err
}

func noApp() error { return refusal.New(refusal.NotFound, "no such application") }

// AppsOf lists a merchant's applications, the oldest first.
func (s *Service) AppsOf(ctx context.Context, merchant uint64) ([]party.App, error) {
	items, err := Apps.Scan(ctx, s.engine.Store(), under(appsOf, party.FormatID(merchant), "", MostApps))
	return values(items), err
}

// AppChange is what may change about an application; nil leaves a thing as it is.
type AppChange struct {
	Name        *string   `cbor:"1,keyasint,omitempty"`
	PublicKey   *string   `cbor:"2,keyasint,omitempty"`
	Certificate *string   `cbor:"3,keyasint,omitempty"` // PEM; empty takes it away
	MessageURL  *string   `cbor:"4,keyasint,omitempty"`
	CallbackURL *string   `cbor:"5,keyasint,omitempty"`
	Methods     *[]string `cbor:"6,keyasint,omitempty"`
	SHA1        *bool     `cbor:"7,keyasint,omitempty"`
	Tells       *[]string `cbor:"8,keyasint,omitempty"`
	Disabled    *bool     `cbor:"9,keyasint,omitempty"`
}

// tellable are the states of trades that an application can ask to be told.
var tellable = []string{"WAIT_BUYER_PAY", "TRADE_CLOSED", "TRADE_FINISHED"}

// check refuses, and writes what is kept in its one form.
func (c *AppChange) check() (serialNo string, err error) {
	if c.Name != nil {
		name, err := party.ParseAppName(*c.Name)
		if err != nil {
			return "", err
		}
		c.Name = &name
	}
	if c.PublicKey != nil {
		key, err := publicKeyIn("public_key", *c.PublicKey)
		if err != nil {
			return "", err
		}
		c.PublicKey = &key
	}
	if c.Certificate != nil && *c.Certificate != "" {
		cert, _, err := wire.ParseCertificate(*c.Certificate)
		if err != nil {
			return "", refusal.In("certificate", refusal.InvalidField, "%v", err)
		}
		text := wire.FormatCertificate(cert.Raw)
		c.Certificate, serialNo = &text, wire.SerialNo(cert)
	}
	for field, address := range map[string]*string{"message_url": c.MessageURL, "callback_url": c.CallbackURL} {
		if address != nil {
			if err := party.CheckAppAddress(field, *address); err != nil {
				return "", err
			}
		}
	}
	if c.Tells != nil {
		for _, state := range *c.Tells {
			if !slices.Contains(tellable, state) {
				return "", refusal.In("tells", refusal.InvalidField, "one of them is not a state that can be told")
			}
		}
	}
	if c.Methods != nil && len(*c.Methods) > 200 {
		return "", refusal.In("methods", refusal.InvalidField, "at most 200 methods")
	}
	return serialNo, nil
}

func publicKeyIn(field, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	key, err := wire.ParsePublicKey(text)
	if err != nil {
		return "", refusal.In(field, refusal.InvalidField, "%v", err)
	}
	return wire.FormatPublicKey(key)
}

// UpdateApp changes an application. Refusals: invalid_field, not_found.
func (s *Service) UpdateApp(ctx context.Context, ask Ask, merchant uint64, id string, change AppChange) (party.App, error) {
	serialNo, err := change.check()
	if err != nil {
		return party.App{}, err
	}
	cmd := updateApp{id: s.id(ask, "update_app", id), Merchant: merchant, App: id, Change: change, SerialNo: serialNo}
	if _, err := s.engine.Submit(ctx, cmd, ask.By); err != nil {
		return party.App{}, err
	}
	return s.AppOf(ctx, merchant, id)
}

type updateApp struct {
	id       string
	Merchant uint64    `cbor:"1,keyasint"`
	App      string    `cbor:"2,keyasint"`
	Change   AppChange `cbor:"3,keyasint"`
	SerialNo string    `cbor:"4,keyasint,omitempty"`
}

func (c updateApp) ID() string               { return c.id }
func (c updateApp) Name() string             { return "update_app" }
func (c updateApp) Touches(t *store.Touched) { t.Record(Apps.Key(c.App)) }

func (c updateApp) Apply(tx *engine.Tx) (any, error) {
	a, ok := Apps.Get(tx, c.App)
	if !ok || a.Merchant != c.Merchant {
		return nil, noApp()
	}

	set(&a.Name, c.Change.Name)
	set(&a.PublicKey, c.Change.PublicKey)
	if c.Change.Certificate != nil {
		a.Certificate, a.SerialNo = *c.Change.Certificate, c.SerialNo
	}
	set(&a.MessageURL, c.Change.MessageURL)
	set(&a.CallbackURL, c.Change.CallbackURL)
	set(&a.Methods, c.Change.Methods)
	set(&a.SHA1, c.Change.SHA1)
	set(&a.Tells, c.Change.Tells)
	if c.Change.Disabled != nil {
		a.Disabled = 0
		if *c.Change.Disabled {
			a.Disabled = tx.NowMilli()
		}
	}
	a.Changed = tx.NowMilli()
	a.Version++
	Apps.Put(tx, c.App, a)
	return nil, nil
}

// ResetEncryptKey gives an application a new encryption key, told this once; the
// old one decrypts nothing any more. Refusal: not_found.
func (s *Service) ResetEncryptKey(ctx context.Context, ask Ask, merchant uint64, id string) (party.App, party.Secret, error) {
	key := s.encryptKey()
	return s.toldOnce(ctx, resetEncryptKey{id: s.id(ask, "reset_encrypt_key", id), Merchant: merchant, App: id, Key: key}, ask.By, merchant, id, key)
}

// toldOnce submits a command that gives an application a secret, and tells it where
// this is the first time.
func (s *Service) toldOnce(ctx context.Context, c engine.Command, by engine.By, merchant uint64, id string, key party.KeptSecret) (party.App, party.Secret, error) {
	receipt, err := s.engine.Submit(ctx, c, by)
	if err != nil {
		return party.App{}, "", err
	}
	secret := party.Secret(key)
	if receipt.Repeated {
		secret = ""
	}
	a, err := s.AppOf(ctx, merchant, id)
	return a, secret, err
}

// changeKey changes a secret of a merchant's application.
func changeKey(tx *engine.Tx, merchant uint64, id string, set func(*party.App)) error {
	a, ok := Apps.Get(tx, id)
	if !ok || a.Merchant != merchant {
		return noApp()
	}

	set(&a)
	a.Changed = tx.NowMilli()
	a.Version++
	Apps.Put(tx, id, a)
	return nil
}

type resetEncryptKey struct {
	id       string
	Merchant uint64           `cbor:"1,keyasint"`
	App      string           `cbor:"2,keyasint"`
	Key      party.KeptSecret `cbor:"-"`
}

func (c resetEncryptKey) ID() string               { return c.id }
func (c resetEncryptKey) Name() string             { return "reset_encrypt_key" }
func (c resetEncryptKey) Touches(t *store.Touched) { t.Record(Apps.Key(c.App)) }

func (c resetEncryptKey) Apply(tx *engine.Tx) (any, error) {
	return nil, changeKey(tx, c.Merchant, c.App, func(a *party.App) { a.EncryptKey = c.Key })
}

func set[T any](to *T, change *T) {
	if change != nil {
		*to = *change
	}
}

// keyBits is the size of the platform's own keys.
const keyBits = 2048

// encryptKey draws the 16 bytes of an AES key.
func (s *Service) encryptKey() party.KeptSecret {
	return party.KeptSecret(base64.StdEncoding.EncodeToString(s.bytes(16)))
}

func newKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("make a key pair: %w", err)
	}
	return key, nil
}
