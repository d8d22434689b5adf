package frame

import (
	"bytes"
	"reflect"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
)

func someEntries(n int) []store.Entry {
	var entries []store.Entry
	for i := range n {
		command := string(rune('a' + i))
		entries = append(entries, store.Entry{Position: 5 + uint64(i), At: int64(i), Command: command, Stamp: store.Stamp(command), Name: "test", Body: bytes.Repeat([]byte{byte(i)}, i%50*3),
			Legs:    ledger.Move(ledger.Of(ledger.User, 1, money.CNY), ledger.Of(ledger.User, 2, money.CNY), 5, ledger.Payment),
			Records: []store.Record{{Key: store.Key{Kind: "k", ID: "i"}, Value: []byte("v"), Terms: []store.Term{{Index: "i", Sort: "\xff\x01"}}}}})
	}
	return entries
}

func encoded(t testing.TB, n int) []byte {
	t.Helper()
	var buf bytes.Buffer
	if _, err := new(Encoder).Encode(&buf, 7, [32]byte{1}, 5, 4, someEntries(n)); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestFrameComesBack(t *testing.T) {
	for _, n := range []int{1, 2, 3, 20, 63, 64, 65, 300} {
		b := encoded(t, n)
		h, err := ParseHeader(b, 7)
		if err != nil {
			t.Fatal(err)
		}
		payload := b[HeaderSize:]
		if err := h.CheckPayload(payload); err != nil {
			t.Fatal(err)
		}
		if want := Chain([32]byte{1}, b[:Hashed], payload); h.Hash != want {
			t.Fatalf("hash %x, not %x", h.Hash, want)
		}
		got, err := h.DecodeAll(new(Decoder), payload)
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
		if _, err := ParseHeader(b, 8); err == nil {
			t.Fatal("a frame with another journal's salt is taken")
		}
	}
}

// Books move frame by frame, without being told of which version their entries are.
func TestAFrameWithEntriesOfAnEarlierVersionIsAdopted(t *testing.T) {
	b := encoded(t, 3)
	payload := b[HeaderSize:]
	for codec := byte(OldestCodec); codec <= Codec; codec++ {
		h, err := ParseHeader(b, 7)
		if err != nil {
			t.Fatal(err)
		}
		h.Codec = codec
		var head [HeaderSize]byte
		h.putHashed(head[:])
		h.Hash = Chain([32]byte{1}, head[:Hashed], payload)
		again, err := Adopt(h.Shown(payload), store.Head{Position: 4, Hash: [32]byte{1}})
		if err != nil || again != h {
			t.Errorf("of version %d: %+v (%v), want %+v", codec, again, err, h)
		}
		if read, err := ParseHeader(append(again.Bytes(7), payload...), 7); err != nil || read != h {
			t.Errorf("of version %d: read %+v (%v), want %+v", codec, read, err, h)
		}
	}
	var buf bytes.Buffer
	old, err := (&Encoder{Codec: OldestCodec}).Encode(&buf, 7, [32]byte{1}, 5, 4, someEntries(3))
	if err != nil || old.Codec != OldestCodec || buf.Bytes()[5] != OldestCodec {
		t.Errorf("an Encoder of version %d wrote %+v (%v)", OldestCodec, old, err)
	}
	h, err := ParseHeader(b, 7)
	if err != nil {
		t.Fatal(err)
	}
	h.Codec = Codec + 1
	if _, err := ParseHeader(append(h.Bytes(7), payload...), 7); err == nil {
		t.Error("a frame of a later version is taken")
	}
}

// Whatever the bytes, the Decoder refuses or answers; what it answers is what the
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
		h, err := ParseHeader(b, 7)
		if err != nil {
			// Go behind the checksum, as a forger could.
			if len(b) < HeaderSize {
				return
			}
			h = Header{Length: uint32(len(b) - HeaderSize), Count: 1 + uint32(at)%20, First: 1}
		}
		payload := b[HeaderSize:]
		if h.CheckPayload(payload) != nil {
			h.Length = uint32(len(payload))
		}
		h.DecodeAll(new(Decoder), payload)
	})
}

// The page docs/journal-format.md promises these bytes to programs in other languages.
func TestAFrameBeginsAsThePageSays(t *testing.T) {
	if b := encoded(t, 1); string(b[:4]) != "TBJF" {
		t.Errorf("a frame begins with %q", b[:4])
	}
}

func TestASegmentBeginsAsThePageSays(t *testing.T) {
	if b := (Segment{Number: 1, First: 1}).Encode(); string(b[:8]) != "tongbaoJ" {
		t.Errorf("a segment begins with %q", b[:8])
	}
}
