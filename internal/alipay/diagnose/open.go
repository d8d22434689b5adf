package diagnose

import (
	"bytes"
	"crypto"
	_ "crypto/md5" // hashes that a program may have taken by mistake
	"crypto/rsa"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"math/big"
)

// opened is what a signature holds.
type opened struct {
	by     string
	hash   crypto.Hash
	digest []byte
	behind string // what stands behind every string: the key of MD5
}

// prefixes are the hashes' names as PKCS #1 v1.5 writes them before the digest
// (RFC 8017, 9.2).
var prefixes = []struct {
	hash crypto.Hash
	name string
	der  []byte
}{
	{crypto.SHA256, "SHA-256", []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}},
	{crypto.SHA1, "SHA-1", []byte{0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}},
	{crypto.SHA512, "SHA-512", []byte{0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40}},
	{crypto.MD5, "MD5", []byte{0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05, 0x05, 0x00, 0x04, 0x10}},
}

func hashName(hash crypto.Hash) string {
	for _, p := range prefixes {
		if p.hash == hash {
			return p.name
		}
	}
	return ""
}

// open reads a signature by the public key; false where another key made it.
// Nothing is decided by this: who decides verifies.
func open(key *rsa.PublicKey, signature []byte) (opened, bool) {
	if len(signature) != key.Size() {
		return opened{}, false
	}
	s := new(big.Int).SetBytes(signature)
	if s.Cmp(key.N) >= 0 {
		return opened{}, false
	}
	block := s.Exp(s, big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, key.Size()))
	rest, ok := bytes.CutPrefix(block, []byte{0, 1})
	padding := len(rest) - len(bytes.TrimLeft(rest, "\xff"))
	if !ok || padding < 8 || padding == len(rest) || rest[padding] != 0 {
		return opened{}, false
	}
	info := rest[padding+1:]
	for _, p := range prefixes {
		if digest, ok := bytes.CutPrefix(info, p.der); ok && len(digest) == p.hash.Size() {
			return opened{hash: p.hash, digest: digest}, true
		}
	}
	return opened{}, false
}

// of says whether the digest is the text's.
func (o opened) of(text []byte) bool {
	h := o.hash.New()
	h.Write(text)
	h.Write([]byte(o.behind))
	return bytes.Equal(h.Sum(nil), o.digest)
}
