package identity

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/pebblestore"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// world is a desk on a store of its own, with a clock that is moved by hand and
// phones that keep what they are sent.
type world struct {
	*Service
	t     *testing.T
	store store.Store

	mu    sync.Mutex
	now   time.Time
	codes map[string]party.Secret // by purpose and phone
	sent  int
	deaf  error // why no code arrives
}

var quick = Argon{MemoryKiB: 64, Passes: 1, Threads: 1}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2018, 11, 11, 4, 0, 0, 0, time.UTC), codes: map[string]party.Secret{}}
	kept, err := pebblestore.Open(t.Context(), pebblestore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(t.Context(), kept, engine.Options{Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Close()
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	w.store = kept
	w.Service = New(e, Options{Random: seeded(), Argon: quick, SendCode: w.ring, Hashing: 4})
	return w
}

// seeded is randomness that is the same in every run.
func seeded() *rand.ChaCha8 {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], 2088)
	return rand.NewChaCha8(seed)
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) ring(_ context.Context, phone string, code party.Secret, purpose party.Purpose) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.deaf != nil {
		return w.deaf
	}
	w.codes[codeID(purpose, phone)] = code
	w.sent++
	return nil
}

// code asks for a code and reads it off the phone.
func (w *world) code(phone string, purpose party.Purpose) party.Secret {
	w.t.Helper()
	if _, err := w.SendCode(w.t.Context(), Ask{}, phone, purpose); err != nil {
		w.t.Fatal(err)
	}
	phone, _ = party.ParsePhone(phone)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.codes[codeID(purpose, phone)]
}

const password = party.Secret("tr0ub4dor&3")

// person signs somebody new up.
func (w *world) person(phone string) SignedIn {
	w.t.Helper()
	in, err := w.SignUp(w.t.Context(), Ask{}, NewPerson{Phone: phone, Code: w.code(phone, party.SignUp), Password: password, Device: DeviceHint{Name: "Mi 8"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return in
}

// merchant takes a new merchant on.
func (w *world) merchant(login string) party.Merchant {
	w.t.Helper()
	m, err := w.CreateMerchant(w.t.Context(), Ask{}, NewMerchant{Name: "Tea & Co", FeeRate: 6000, Login: login, Password: password})
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// refuses wants a refusal of that code.
func refuses(t *testing.T, err error, code refusal.Code) {
	t.Helper()
	if !errors.Is(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// stands says whether a session's token still opens.
func (w *world) stands(in SignedIn) bool {
	w.t.Helper()
	_, err := w.Session(w.t.Context(), in.Session.Face, in.Token, "req")
	if err != nil && !errors.Is(err, refusal.Unauthenticated) {
		w.t.Fatal(err)
	}
	return err == nil
}

// journalHolds looks for a text in everything that the journal keeps.
func (w *world) journalHolds(text string) (where []string) {
	w.t.Helper()
	entries, err := w.store.Journal(w.t.Context(), 0, 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(string(e.Body), text) || strings.Contains(string(e.Result), text) || strings.Contains(e.Command, text) || strings.Contains(e.Message, text) {
			where = append(where, e.Name)
		}
		for _, r := range e.Records {
			if strings.Contains(string(r.Value), text) || strings.Contains(r.Key.ID, text) {
				where = append(where, e.Name+" "+r.Key.Kind)
			}
		}
	}
	return where
}
