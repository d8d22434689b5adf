package party

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"tongbao/internal/refusal"
)

// App is a merchant's program that speaks the merchants' protocol: its own keys
// and the platform's for it, which sign in both directions.
type App struct {
	ID       string `cbor:"1,keyasint"` // 16 digits, from 2021
	Merchant uint64 `cbor:"2,keyasint"`
	Name     string `cbor:"3,keyasint"`

	PublicKey   string `cbor:"4,keyasint,omitempty"` // the program's, PEM; empty where it has a certificate alone
	Certificate string `cbor:"5,keyasint,omitempty"` // the program's, PEM
	SerialNo    string `cbor:"6,keyasint,omitempty"` // the certificate's, by the protocol's rule

	PlatformKey         KeptSecret `cbor:"7,keyasint"` // PEM; signs what the platform says to this program
	PlatformPublicKey   string     `cbor:"8,keyasint"`
	PlatformCertificate string     `cbor:"9,keyasint"`
	PlatformSerialNo    string     `cbor:"10,keyasint"`

	EncryptKey  KeptSecret `cbor:"11,keyasint"`           // AES, base64
	MessageURL  string     `cbor:"12,keyasint,omitempty"` // where messages that belong to no order go
	CallbackURL string     `cbor:"13,keyasint,omitempty"` // where a person's browser returns to with a grant
	Methods     []string   `cbor:"14,keyasint,omitempty"` // what it may call; empty for everything
	SHA1        bool       `cbor:"15,keyasint,omitempty"` // may sign by the old RSA, of the classic protocol too
	Tells       []string   `cbor:"16,keyasint,omitempty"` // states of trades that are told beside TRADE_SUCCESS

	Created  int64  `cbor:"17,keyasint"`
	Changed  int64  `cbor:"18,keyasint"`
	Version  uint64 `cbor:"19,keyasint"` // counts changes
	Disabled int64  `cbor:"20,keyasint,omitempty"`

	MD5Key KeptSecret `cbor:"21,keyasint,omitempty"` // of the classic protocol; empty for one that never asked for it
}

// May says that the application may call a method.
func (a *App) May(method string) bool {
	if len(a.Methods) == 0 {
		return true
	}
	return slices.ContainsFunc(a.Methods, func(allowed string) bool {
		family, all := strings.CutSuffix(allowed, ".*")
		return allowed == method || all && strings.HasPrefix(method, family+".")
	})
}

// AppIDFrom makes an application's id of a random number.
func AppIDFrom(random uint64) string { return fmt.Sprintf("2021%012d", random%1_000_000_000_000) }

// ParseAppName reads what a merchant calls an application. Refusal: invalid_field.
func ParseAppName(text string) (string, error) { return parseLabel("name", text, 60) }

// CheckAppAddress refuses what is no web address. Refusal: invalid_field.
func CheckAppAddress(field, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || len(text) > 512 || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return refusal.In(field, refusal.InvalidField, "an absolute http or https address of at most 512 characters")
	}
	return nil
}

// KeptSecret is a key that must be kept in clear, because signing or decrypting
// needs it. It is written into its record and nowhere else: it prints as ***,
// whoever prints it.
type KeptSecret string

// Reveal is the secret itself, for signing and for its owner, once.
func (s KeptSecret) Reveal() string { return string(s) }

func (KeptSecret) String() string               { return "***" }
func (KeptSecret) Format(f fmt.State, _ rune)   { io.WriteString(f, "***") }
func (KeptSecret) LogValue() slog.Value         { return slog.StringValue("***") }
func (KeptSecret) MarshalJSON() ([]byte, error) { return []byte(`"***"`), nil }
func (KeptSecret) MarshalText() ([]byte, error) { return []byte("***"), nil }
