package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
)

var (
	// ErrAESKey says that a key is not the base64 of 16, 24 or 32 bytes.
	ErrAESKey = errors.New("not an AES key")
	// ErrCiphertext says that a text is not one that the key has encrypted.
	ErrCiphertext = errors.New("not a ciphertext of this key")
)

// The protocol's cipher is AES-CBC under a vector of zeros with PKCS #7 padding.
// It hides contents from onlookers; that nobody changes them is the signature's
// work, which is checked before a content is decrypted, so that the padding
// tells nobody anything.

func aesBlock(key string) (cipher.Block, error) {
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return nil, ErrAESKey
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, ErrAESKey
	}
	return block, nil
}

// CheckAESKey says whether a text can be a key.
func CheckAESKey(key string) error {
	_, err := aesBlock(key)
	return err
}

// Encrypt makes base64 ciphertext.
func Encrypt(key string, plain []byte) (string, error) {
	block, err := aesBlock(key)
	if err != nil {
		return "", err
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	data := make([]byte, len(plain)+pad)
	copy(data, plain)
	for i := len(plain); i < len(data); i++ {
		data[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data), nil
}

// LooksEncrypted says that a text has the form of a ciphertext, which no JSON has.
func LooksEncrypted(text string) bool {
	data, err := base64.StdEncoding.DecodeString(text)
	return err == nil && len(data) > 0 && len(data)%aes.BlockSize == 0
}

// Decrypt reads what Encrypt made.
func Decrypt(key, text string) ([]byte, error) {
	block, err := aesBlock(key)
	if err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, ErrCiphertext
	}
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil, ErrCiphertext
	}
	for _, b := range data[len(data)-pad:] {
		if int(b) != pad {
			return nil, ErrCiphertext
		}
	}
	return data[:len(data)-pad], nil
}
