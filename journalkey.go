package tongbao

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// The journal's key signs the chain's head at each checkpoint (docs/journal-format.md).
// It is Ed25519, in PEM as openssl writes it: the configuration names a file, or
// one is made beside the store at the first start, with the public half beside it.
// A backup holds signatures and no key: what checks it need not be able to sign.

const journalKeyFile = "KEY" // in the store's folder; with .pub the public half

// journalKey gives the key in a file, once somebody needs it. Where make is set
// and there is no such file it is made.
func journalKey(file string, make bool) func() (ed25519.PrivateKey, error) {
	return sync.OnceValues(func() (ed25519.PrivateKey, error) {
		key, err := readJournalKey(file)
		if make && errors.Is(err, fs.ErrNotExist) {
			key, err = makeJournalKey(file)
		}
		if err != nil {
			return nil, fmt.Errorf("the journal's key: %w", err)
		}
		return key, nil
	})
}

func readJournalKey(file string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o007 != 0 {
		return nil, fmt.Errorf("%s can be read by everyone on this machine: chmod 600 %[1]s", file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is not in PEM; `openssl genpkey -algorithm ed25519` makes one", file)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("%s is no Ed25519 key; `openssl genpkey -algorithm ed25519` makes one", file)
	}
	return key, nil
}

func makeJournalKey(file string) (ed25519.PrivateKey, error) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	if err := writeDurably(file+".pub", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}), 0o644); err != nil {
		return nil, err
	}
	return key, writeDurably(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600)
}

// writeDurably writes a file so that after a power cut it is there whole, or not.
func writeDurably(file string, content []byte, mode os.FileMode) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".tmp") // 0600 from the first moment
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Chmod(mode), temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// ReadPublicKey reads the public half, as PEM, of a key that signs a journal.
func ReadPublicKey(file string) (ed25519.PublicKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(text); block != nil {
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if key, ok := parsed.(ed25519.PublicKey); err == nil && ok {
			return key, nil
		}
	}
	return nil, fmt.Errorf("%s is no public Ed25519 key in PEM", file)
}
