package wire

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// SignType is how a string is signed: always RSA by PKCS #1 v1.5, over one hash
// or the other.
type SignType string

// The sign types. RSA, over SHA-1, is for old applications that asked for it;
// MD5, of the classic protocol alone, is no signature but a sum with a shared key.
const (
	RSA2 SignType = "RSA2"
	RSA  SignType = "RSA"
	MD5  SignType = "MD5"
)

// Valid says that there is such a sign type in the second and third version.
func (t SignType) Valid() bool { return t == RSA2 || t == RSA }

func (t SignType) sum(data []byte) (crypto.Hash, []byte) {
	if t == RSA {
		sum := sha1.Sum(data)
		return crypto.SHA1, sum[:]
	}
	sum := sha256.Sum256(data)
	return crypto.SHA256, sum[:]
}

// Sign signs the bytes; the answer is base64.
func Sign(key *rsa.PrivateKey, t SignType, data []byte) (string, error) {
	hash, sum := t.sum(data)
	// PKCS #1 v1.5 needs no randomness; the library blinds by its own.
	signature, err := rsa.SignPKCS1v15(nil, key, hash, sum)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

var (
	// ErrSignatureForm says that a signature is not base64.
	ErrSignatureForm = errors.New("the signature is not base64")
	// ErrSignature says that a signature is not one of the string by that key.
	ErrSignature = errors.New("the signature does not fit")
)

// Verify says whether the signature is one of the data by the key.
func Verify(key *rsa.PublicKey, t SignType, data []byte, signature string) error {
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return ErrSignatureForm
	}
	hash, sum := t.sum(data)
	if rsa.VerifyPKCS1v15(key, hash, sum, raw) != nil {
		return ErrSignature
	}
	return nil
}
