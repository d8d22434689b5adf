package wire

import (
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
)

// ErrCertificate says that a text is not a certificate of an RSA key.
var ErrCertificate = errors.New("not an X.509 certificate of an RSA key, as PEM")

// ParseCertificate reads one certificate and its key.
func ParseCertificate(text string) (*x509.Certificate, *rsa.PublicKey, error) {
	if len(text) > 4*maxKeyText {
		return nil, nil, ErrCertificate
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, nil, ErrCertificate
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, ErrCertificate
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, nil, ErrCertificate
	}
	if key, err = sized(key); err != nil {
		return nil, nil, err
	}
	return cert, key, nil
}

// FormatCertificate writes a certificate as PEM.
func FormatCertificate(raw []byte) string { return armour("CERTIFICATE", raw) }

// SerialNo is the name that the protocol has for a certificate: the MD5 of its
// issuer's name, most specific part first, and its serial number in decimal.
func SerialNo(cert *x509.Certificate) string {
	sum := md5.Sum([]byte(cert.Issuer.String() + cert.SerialNumber.String()))
	return hex.EncodeToString(sum[:])
}

// RootSerialNo names a bundle of roots: the serial numbers of those that RSA
// signed, joined with _.
func RootSerialNo(bundle string) string {
	var numbers []string
	rest := []byte(bundle)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return strings.Join(numbers, "_")
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue
		}
		switch cert.SignatureAlgorithm {
		case x509.SHA256WithRSA, x509.SHA1WithRSA:
			numbers = append(numbers, SerialNo(cert))
		}
	}
}
