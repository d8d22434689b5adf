package pebblestore

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// What young says is new has not come since; and of what came not long ago it knows
// all.
func TestYoungNeverTakesTheKnownForNew(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	y := newYoung()
	newest := map[uint64]uint64{} // batch that brought the name last
	said := 0
	for range 400 {
		var places []place64
		var more []uint64
		for range 1 + random.IntN(700) {
			name := random.Uint64N(200_000) * 0x9E3779B97F4A7C15
			if random.IntN(10) == 0 {
				more = append(more, name)
			} else {
				places = append(places, place64{name: name})
			}
		}
		batch := y.add(places, func(enter func(uint64)) {
			for _, name := range more {
				enter(name)
			}
		})
		for _, p := range places {
			newest[p.name] = batch
		}
		for _, name := range more {
			newest[name] = batch
		}
		for range 300 {
			name, after := random.Uint64N(200_000)*0x9E3779B97F4A7C15, random.Uint64N(batch+1)
			lacks := y.lacks(name, after)
			if lacks && newest[name] > after {
				t.Fatalf("batch %d brought a name that is said to be new since batch %d", newest[name], after)
			}
			if lacks {
				said++
			}
			if !lacks && newest[name] <= after && after+20 > batch && after > 1 {
				t.Fatalf("a name is not said to be new since batch %d, of %d", after, batch)
			}
		}
	}
	if said == 0 {
		t.Error("nothing was ever new")
	}
}

func TestAFullPartOfTheFilterIsWrittenOnce(t *testing.T) {
	fs := vfs.NewMem()
	if err := fs.MkdirAll("/f", 0o755); err != nil {
		t.Fatal(err)
	}
	f := newFilter()
	name := func(i int) uint64 { return uint64(i+1) * 0x9E3779B97F4A7C15 }
	names := filterRoom(0) + filterRoom(0)/2
	for i := range names {
		f.addName(name(i))
	}
	written := func(alone bool) []byte {
		var b bytes.Buffer
		w := bufio.NewWriter(&b)
		f.write(w, alone, nil)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if err := f.save(fs, "/f", nil); err != nil {
		t.Fatal(err)
	}
	beside, alone := written(false), written(true)
	if len(alone)-len(beside) < filterRoom(0)*filterBits/8 {
		t.Errorf("%d bytes alone, %d beside the file of what is full", len(alone), len(beside))
	}
	for _, c := range []struct {
		b  []byte
		in string
	}{{beside, "/f"}, {alone, "/nowhere"}} {
		again, err := readFilter(fs, c.in, checkpointVersion, c.b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range names {
			if !again.mayHold(name(i)) {
				t.Fatalf("name %d is lost", i)
			}
		}
		if len(again.parts) != 2 || again.parts[1].room != f.parts[1].room {
			t.Errorf("%d parts", len(again.parts))
		}
	}
	if _, err := readFilter(fs, "/nowhere", checkpointVersion, beside); err == nil {
		t.Error("a filter without its file was read")
	}
	other := slices.Clone(beside)
	other[4] ^= 1 // the first part's file is to have another checksum
	if _, err := readFilter(fs, "/f", checkpointVersion, other); err == nil {
		t.Error("another file than the checkpoint's was read")
	}
	edit(t, fs, "/f/"+filterName(0), func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
	if _, err := readFilter(fs, "/f", checkpointVersion, beside); err == nil {
		t.Error("a damaged file was read")
	}
	for cut := range 60 {
		if _, err := readFilter(fs, "/f", checkpointVersion, alone[:len(alone)*cut/60]); err == nil {
			t.Error("a filter that is cut off was read")
		}
	}
}
