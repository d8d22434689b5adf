package tongbao

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
)

// served is a configuration of serve's.
func served(data string) Config {
	c := Config{BaseURL: "http://127.0.0.1", Data: data}
	c.Admin.Login, c.Admin.Password = "ops@pay.test", "Xq7-vW2-mK9-tR4"
	c.Codes.URL, c.Codes.Secret = "http://127.0.0.1/codes", "b3Vyb3Vyb3Vyb3Vyb3Vyb3Vyb3Vyb3Vy"
	return c
}

func pretended(data string) Config {
	return Config{Sandbox: true, BaseURL: "http://127.0.0.1", Data: data}
}

// starts opens the platform and closes it.
func starts(t *testing.T, c Config) error {
	t.Helper()
	p, err := Open(t.Context(), c)
	if err != nil {
		return err
	}
	return p.Close()
}

// position is where the journal of a data folder ends.
func position(t *testing.T, data string) uint64 {
	t.Helper()
	s, err := OpenStore(t.Context(), StoreIn(data), slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head.Position
}

// refused says that a start is, in these words, and writes nothing.
func refused(t *testing.T, c Config, words string) {
	t.Helper()
	books := c.Data
	if c.Store != "" {
		books = filepath.Dir(c.Store)
	}
	before := position(t, books)
	if err := starts(t, c); err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("the start was answered %v; it should be refused: %s", err, words)
	}
	if after := position(t, books); after != before {
		t.Errorf("the start that was refused wrote %d entries", after-before)
	}
}

func TestNeitherServeNorSandboxStartsOnTheOthersBooks(t *testing.T) {
	live, test := t.TempDir(), t.TempDir()
	for range 2 { // again is as the first time
		if err := starts(t, served(live)); err != nil {
			t.Fatal(err)
		}
		if err := starts(t, pretended(test)); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := position(t, live), position(t, test); a != 1 || b != 1 {
		t.Errorf("to say what they are for took the books %d and %d entries", a, b)
	}
	const theirs, ours = "are the books of a real platform", "are a sandbox's books"
	refused(t, pretended(live), theirs)
	refused(t, served(test), ours)

	named := pretended(t.TempDir())
	named.Store = StoreIn(live)
	refused(t, named, theirs)
	named = served(t.TempDir())
	named.Store = StoreIn(test)
	refused(t, named, ours)
	if left, err := filepath.Glob(filepath.Join(live, "*")); err != nil || len(left) != 1 {
		t.Errorf("the sandbox left %q beside a platform's store", left)
	}
}

// An earlier build's books don't say what they are for.
func TestBooksOfAnEarlierBuildAreWhatFirstOpensThem(t *testing.T) {
	data := t.TempDir()
	earlier(t, data)
	refused(t, pretended(data), "may be the books of a real platform")
	if err := starts(t, served(data)); err != nil {
		t.Fatal(err)
	}
	refused(t, pretended(data), "are the books of a real platform")

	own := t.TempDir()
	if err := writeFile(filepath.Join(own, sandboxJSON), SandboxFile{Merchant: SandboxMerchant{APIKey: earlier(t, own)}}); err != nil {
		t.Fatal(err)
	}
	if err := starts(t, pretended(own)); err != nil {
		t.Fatal(err)
	}
	refused(t, served(own), "are a sandbox's books")
}

func TestASandboxsFolderBeforeOtherBooksIsRefused(t *testing.T) {
	data := t.TempDir()
	key := earlier(t, data)
	if err := writeFile(filepath.Join(data, sandboxJSON), SandboxFile{Merchant: SandboxMerchant{APIKey: key}}); err != nil {
		t.Fatal(err)
	}
	if err := starts(t, pretended(data)); err != nil {
		t.Fatal(err)
	}
	other, unsaid := t.TempDir(), t.TempDir()
	if err := starts(t, pretended(other)); err != nil {
		t.Fatal(err)
	}
	earlier(t, unsaid)
	for _, books := range []string{other, unsaid, t.TempDir()} {
		c := pretended(data)
		c.Store = StoreIn(books)
		refused(t, c, "sandbox.json is of another sandbox's books: name another --data")
	}

	// No key at all shows nothing.
	if err := os.WriteFile(filepath.Join(unsaid, sandboxJSON), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, pretended(unsaid), "may be the books of a real platform")
}

// earlier has a data folder's books begin as an earlier build did, with a merchant,
// whose API key it returns.
func earlier(t *testing.T, data string) string {
	t.Helper()
	s, err := OpenStore(t.Context(), StoreIn(data), slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e, err := engine.New(t.Context(), s, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	who := identity.New(e, identity.Options{Mode: party.Test, Argon: identity.Argon{MemoryKiB: 64, Passes: 1, Threads: 1}})
	m, err := who.CreateMerchant(t.Context(), identity.Ask{}, identity.NewMerchant{Name: "西湖茶舍", FeeRate: 6000, Login: "owner@lake-tea.example", Password: pretendPassword})
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := who.CreateKey(t.Context(), identity.Ask{}, m.ID, "sandbox", party.Full)
	if err != nil {
		t.Fatal(err)
	}
	return secret.Reveal()
}
