package engine_test

import (
	"context"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"tongbao/internal/engine"
	"tongbao/internal/pebblestore"
	"tongbao/internal/refusal"
)

// After a write that failed, who asks again for something that was done long
// before gets the answer of then, and is not told that nothing was done.
func TestARepeatIsAnsweredThoughTheBatchBeforeItFailed(t *testing.T) {
	var failing atomic.Bool
	fault := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWriteAt && strings.Contains(op.Path, "journal") && failing.CompareAndSwap(true, false) {
			return syscall.ENOSPC
		}
		return nil
	})
	s, err := pebblestore.Open(context.Background(), pebblestore.Options{Dir: "/data", FS: errorfs.Wrap(vfs.NewMem(), fault)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e, err := engine.New(context.Background(), s, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	done := move{Key: "done", From: bank, To: alice, Amount: 5}
	first := mustSubmit(t, e, done)
	failing.Store(true)
	lost := move{Key: "lost", From: alice, To: bob, Amount: 1}
	if _, err := submit(t, e, lost); refusal.Of(err) == nil || refusal.Of(err).Code != refusal.Unavailable {
		t.Fatalf("on a full disk: %v", err)
	}
	again, err := submit(t, e, done)
	if err != nil || !again.Repeated || again.Position != first.Position {
		t.Errorf("asked again: %+v, %v; the first time: %+v", again, err, first)
	}
	if r := mustSubmit(t, e, lost); r.Repeated {
		t.Error("what was lost is said to have been done before")
	}
}
