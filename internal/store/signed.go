package store

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// SignedHead is a head of the journal that the holder of a key has vouched for:
// who knows the public key and one of these can tell whether a journal is the one
// that they saw, and whether it has lost its end.
type SignedHead struct {
	Head
	Key       ed25519.PublicKey
	Signature []byte
}

// signedText is what is signed.
func signedText(h Head) []byte {
	return fmt.Appendf(nil, "tongbao journal head 1\n%d %x\n", h.Position, h.Hash)
}

// SignHead signs a head.
func SignHead(h Head, key ed25519.PrivateKey) SignedHead {
	return SignedHead{Head: h, Key: key.Public().(ed25519.PublicKey), Signature: ed25519.Sign(key, signedText(h))}
}

// Genuine says that the key it names has signed it.
func (s SignedHead) Genuine() bool {
	return len(s.Key) == ed25519.PublicKeySize && ed25519.Verify(s.Key, signedText(s.Head), s.Signature)
}

// String is the line by which it is kept: position, hash, public key and
// signature, the last three in hexadecimal.
func (s SignedHead) String() string {
	return fmt.Sprintf("%d %x %x %x", s.Position, s.Hash, []byte(s.Key), s.Signature)
}

// ParseSignedHead reads what String wrote.
func ParseSignedHead(line string) (SignedHead, error) {
	parts := strings.Split(line, " ")
	if len(parts) != 4 {
		return SignedHead{}, errors.New("it has not four parts")
	}
	position, err := strconv.ParseUint(parts[0], 10, 64)
	if err != nil || position == 0 {
		return SignedHead{}, errors.New("it does not begin with a position")
	}
	s := SignedHead{Head: Head{Position: position}, Key: make([]byte, ed25519.PublicKeySize), Signature: make([]byte, ed25519.SignatureSize)}
	for i, into := range [][]byte{s.Hash[:], s.Key, s.Signature} {
		if b, err := hex.DecodeString(parts[1+i]); err != nil || copy(into, b) != len(into) || len(b) != len(into) {
			return SignedHead{}, fmt.Errorf("its part %d is not %d bytes in hexadecimal", i+2, len(into))
		}
	}
	return s, nil
}
