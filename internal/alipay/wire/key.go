package wire

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
)

// ErrKey says that a text is not an RSA key of a safe size.
var ErrKey = errors.New("not an RSA key of 2048 to 8192 bits, as PEM or bare base64")

// maxKeyText bounds what is looked at: a key of 8192 bits has about 6,400.
const maxKeyText = 16 << 10

// der is the bytes in a PEM block, or in bare base64 as merchants paste it.
func der(text string) ([]byte, error) {
	if len(text) > maxKeyText {
		return nil, ErrKey
	}
	if block, _ := pem.Decode([]byte(text)); block != nil {
		return block.Bytes, nil
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || len(raw) == 0 {
		return nil, ErrKey
	}
	return raw, nil
}

// ParsePublicKey reads an RSA public key, in PKIX form or PKCS #1.
func ParsePublicKey(text string) (*rsa.PublicKey, error) {
	raw, err := der(text)
	if err != nil {
		return nil, err
	}
	if key, err := x509.ParsePKIXPublicKey(raw); err == nil {
		if rsaKey, ok := key.(*rsa.PublicKey); ok {
			return sized(rsaKey)
		}
		return nil, ErrKey
	}
	key, err := x509.ParsePKCS1PublicKey(raw)
	if err != nil {
		return nil, ErrKey
	}
	return sized(key)
}

func sized(key *rsa.PublicKey) (*rsa.PublicKey, error) {
	if bits := key.N.BitLen(); bits < 2048 || bits > 8192 || key.E < 3 || key.E%2 == 0 {
		return nil, ErrKey
	}
	return key, nil
}

// ParsePrivateKey reads an RSA private key, in PKCS #1 form or PKCS #8.
func ParsePrivateKey(text string) (*rsa.PrivateKey, error) {
	raw, err := der(text)
	if err != nil {
		return nil, err
	}
	if key, err := x509.ParsePKCS1PrivateKey(raw); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(raw)
	if rsaKey, ok := key.(*rsa.PrivateKey); err == nil && ok {
		return rsaKey, nil
	}
	return nil, ErrKey
}

// FormatPrivateKey writes a key as PEM in PKCS #1 form, which every program
// reads, and without a line's end behind it, which one of them stumbles over.
func FormatPrivateKey(key *rsa.PrivateKey) string {
	return armour("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
}

// FormatPublicKey writes a key as PEM in PKIX form.
func FormatPublicKey(key *rsa.PublicKey) (string, error) {
	raw, err := x509.MarshalPKIXPublicKey(key)
	return armour("PUBLIC KEY", raw), err
}

func armour(kind string, raw []byte) string {
	return strings.TrimRight(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw})), "\n")
}
