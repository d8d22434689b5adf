package fsync

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

// Several goroutines that sync, others that make garbage and grow their stacks: whatever
// the runtime does at a call, it does here.
func TestSyncsBesideGoroutinesThatAllocate(t *testing.T) {
	var syncing, busy sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		busy.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					runtime.KeepAlive(deep(200))
				}
			}
		})
	}
	for range 3 {
		syncing.Go(func() {
			f, err := os.Create(t.TempDir() + "/file")
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			for i := range 50 {
				if _, err := f.Write(make([]byte, 1000*(i+1))); err != nil {
					t.Error(err)
				}
				how := Data
				switch i % 3 {
				case 0:
					how = All
				case 1:
					how = func(fd uintptr) error { return Begin(fd, 1000) }
				}
				if err := how(f.Fd()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	syncing.Wait()
	runtime.GC()
	close(done)
	busy.Wait()
}

func deep(n int) []byte {
	var room [256]byte
	if n == 0 {
		return append([]byte(nil), room[:]...)
	}
	return append(deep(n-1), room[n%256])
}

func TestAFailureIsTold(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := Data(w.Fd()); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a pipe: %v, want EINVAL", err)
	}
	if err := All(^uintptr(0)); !errors.Is(err, syscall.EBADF) {
		t.Errorf("no file: %v, want EBADF", err)
	}
	if err := Begin(w.Fd(), 1); !errors.Is(err, syscall.ESPIPE) {
		t.Errorf("the beginning of a pipe: %v, want ESPIPE", err)
	}
}

func TestWhatGoesPastTheSystemsMemoryIsInTheFile(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := Past(f.Fd(), true); err != nil {
		t.Skipf("this file system cannot: %v", err)
	}
	room := make([]byte, 4*Block)
	border := int(-uintptr(unsafe.Pointer(&room[0])) % Block)
	want := room[border:][:3*Block]
	for i := range want {
		want[i] = byte(i * 7 >> 3)
	}
	if err := WriteAt(f.Fd(), want[Block:], Block); err != nil {
		t.Fatal(err)
	}
	if err := WriteAt(f.Fd(), want[:Block], 0); err != nil {
		t.Fatal(err)
	}
	if err := Past(f.Fd(), false); err != nil {
		t.Fatal(err)
	}
	if err := WriteAt(f.Fd(), []byte("and an end"), 3*Block); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(f.Name())
	if err != nil || !bytes.Equal(got, append(bytes.Clone(want), "and an end"...)) {
		t.Errorf("another %d bytes (%v)", len(got), err)
	}
	if err := WriteAt(^uintptr(0), want, 0); !errors.Is(err, syscall.EBADF) {
		t.Errorf("no file: %v, want EBADF", err)
	}
}
