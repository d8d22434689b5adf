package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tongbao/internal/move"
	"tongbao/test/servers"
)

// TestMovedUnderLoad moves the books of a platform that is being used to another
// store, and back: the platform goes on until the moment of the move, and then takes
// nothing more; started on the other store it has everything it acknowledged.
func TestMovedUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a real process under load")
	}
	t.Run("folder", func(t *testing.T) { movedUnderLoad(t, "pebble://"+filepath.Join(t.TempDir(), "other")) })
	t.Run("mariadb", func(t *testing.T) {
		movedUnderLoad(t, servers.MariaDB(t).Database(t))
	})
	t.Run("mysql", func(t *testing.T) { movedUnderLoad(t, servers.MySQL(t).Database(t)) })
}

func movedUnderLoad(t *testing.T, other string) {
	first := filepath.Join(t.TempDir(), "data")
	server := &process{t: t, binary: build(t), data: first, listen: freeAddress(t)}
	server.start()
	defer func() { server.kill() }()
	load := &load{t: t, urls: []string{server.file.APIURL}, merchant: server.file.Merchant, buyer: server.file.Buyers[1]}
	load.before = load.balances()

	ctx, stop := context.WithCancel(context.Background())
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() { load.work(ctx) })
	}
	time.Sleep(500 * time.Millisecond)
	server.moves(first, other)
	stop()
	workers.Wait()
	if len(load.open) == 0 {
		t.Log("nobody was refused during the move")
	}
	server.kill()
	server.store = other
	server.start()
	load.settle()
	load.nextDay()

	// Back, at rest, into the folder that it came from.
	server.kill()
	there := server.moves(other, first)
	server.store = ""
	server.start()
	load.settle()
	load.check()
	server.kill()
	server.verify()
	server.store = other
	var left struct {
		Hash     string `json:"hash"`
		Position uint64 `json:"position"`
	}
	out, err := exec.Command(server.binary, "verify", "--store", other, "--json").Output()
	if err == nil {
		err = json.Unmarshal(out, &left)
	}
	if err != nil || left.Hash != there.From.Hash || left.Position != there.From.Entries {
		t.Fatalf("what was left behind verifies as %+v (%v); it was %+v", left, err, there.From)
	}
}

// moves runs tongbao move, with the process running or not.
func (p *process) moves(from, to string) (report move.Report) {
	p.t.Helper()
	cmd := exec.Command(p.binary, "move", "--from", from, "--to", to, "--json")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &report)
	}
	if err != nil {
		p.t.Fatalf("move: %v\n%s", err, said.String())
	}
	if report.From != report.To || report.From.Entries == 0 {
		p.t.Fatalf("moved: %+v", report)
	}
	p.t.Logf("%d entries in %s, %s without payments", report.To.Entries, report.Took, report.Paused)
	return report
}
