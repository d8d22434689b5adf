package pebblestore

import (
	"bytes"
	"reflect"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

func someEntries(n int) []store.Entry {
	var entries []store.Entry
	for i := range n {
		command := string(rune('a' + i))
		entries = append(entries, store.Entry{Position: 5 + uint64(i), At: int64(i), Command: command, Stamp: store.Stamp(command), Name: "test", Body: bytes.Repeat([]byte{byte(i)}, i%50*3),
			Legs:    ledger.Move(user(1), user(2), 5, ledger.Payment),
			Records: []store.Record{{Key: store.Key{Kind: "k", ID: "i"}, Value: []byte("v"), Terms: []store.Term{{Index: "i", Sort: "\xff\x01"}}}}})
	}
	return entries
}

func encoded(t testing.TB, n int) []byte {
	t.Helper()
	var buf bytes.Buffer
	if _, err := new(encoder).encode(&buf, 7, [32]byte{1}, 5, 4, someEntries(n)); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestFrameComesBack(t *testing.T) {
	for _, n := range []int{1, 2, 3, 20, 63, 64, 65, 300} {
		b := encoded(t, n)
		h, err := parseHeader(b, 7)
		if err != nil {
			t.Fatal(err)
		}
		payload := b[frameHeaderSize:]
		if err := h.checkPayload(payload); err != nil {
			t.Fatal(err)
		}
		if want := chain([32]byte{1}, b[:frameHashed], payload); h.hash != want {
			t.Fatalf("hash %x, not %x", h.hash, want)
		}
		got, err := h.decodeAll(new(decoder), payload)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range someEntries(n) {
			if len(want.Body) == 0 {
				want.Body = nil
			}
			if !reflect.DeepEqual(got[i], want) {
				t.Fatalf("entry %d:\n got %+v\nwant %+v", i, got[i], want)
			}
		}
		if _, err := parseHeader(b, 8); err == nil {
			t.Fatal("a frame with another journal's salt is taken")
		}
	}
}

// Whatever the bytes, the decoder refuses or answers; what it answers is what the
// checksums cover.
func FuzzFrame(f *testing.F) {
	for _, n := range []int{1, 2, 10} {
		b := encoded(f, n)
		f.Add(b, uint16(0), byte(0))
		f.Add(b, uint16(70), byte(1))
		f.Add(b, uint16(100), byte(255))
		f.Add(b[:len(b)/2], uint16(0), byte(0))
	}
	f.Fuzz(func(t *testing.T, b []byte, at uint16, flip byte) {
		if len(b) == 0 {
			return
		}
		b = bytes.Clone(b)
		b[int(at)%len(b)] ^= flip
		h, err := parseHeader(b, 7)
		if err != nil {
			// Go behind the checksum, as a forger could.
			if len(b) < frameHeaderSize {
				return
			}
			h = frameHeader{length: uint32(len(b) - frameHeaderSize), count: 1 + uint32(at)%20, first: 1}
		}
		payload := b[frameHeaderSize:]
		if h.checkPayload(payload) != nil {
			h.length = uint32(len(payload))
		}
		h.decodeAll(new(decoder), payload)
	})
}

// The page docs/journal-format.md promises these bytes to programs in other languages.
func TestFilesBeginAsThePageSays(t *testing.T) {
	b := segmentHeader{number: 1, first: 1}.encode()
	if string(b[:8]) != "tongbaoJ" {
		t.Errorf("a segment begins with %q", b[:8])
	}
	if b := encoded(t, 1); string(b[:4]) != "TBJF" {
		t.Errorf("a frame begins with %q", b[:4])
	}
}
