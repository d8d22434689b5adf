package pebblestore

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
)

func TestFilesForStartsHoldWhatWasWritten(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for _, length := range []int{0, 1, 4095, 4096, 4097, gentleBytes - 1, gentleBytes, gentleBytes + 1, 3*gentleBytes + 5000} {
		path := t.TempDir() + "/file"
		f, err := osFiles().Create(path, forStarts)
		if err != nil {
			t.Fatal(err)
		}
		if _, is := f.(*pastFile); !is {
			t.Skip("this file system cannot write past the system's memory")
		}
		f = gently(f)
		want := make([]byte, length)
		for i := range want {
			want[i] = byte(chance.Uint32())
		}
		for rest := want; len(rest) > 0; {
			some := rest[:min(len(rest), 1+chance.IntN(300_000))]
			if n, err := f.Write(some); err != nil || n != len(some) {
				t.Fatalf("%d of %d: %v", n, len(some), err)
			}
			rest = rest[len(some):]
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes were written, others read: %d (%v)", length, len(got), err)
		}
	}
}

// A disk that takes no more: /dev/full can't go past the memory, so it is put under a file
// that could.
func TestAFileForStartsTellsOfAFullDisk(t *testing.T) {
	f, err := osFiles().Create(t.TempDir()+"/file", forStarts)
	if err != nil {
		t.Fatal(err)
	}
	p, is := f.(*pastFile)
	if !is {
		t.Skip("this file system cannot write past the system's memory")
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	if err := syscall.Dup3(int(full.Fd()), int(p.Fd()), 0); err != nil {
		t.Fatal(err)
	}
	n, err := f.Write(make([]byte, 5000)) // stays in the file's own memory
	if n != 5000 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	for range 2 {
		if err := f.Sync(); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("sync: %v, want ENOSPC", err)
		}
	}
	if n, err := f.Write(make([]byte, gentleBytes)); n != 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("later: %d bytes, %v; want none and ENOSPC", n, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
