package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The real binary, while some clients open ten thousand connections, send a byte
// at a time, and ask without ever reading an answer: the others pay, are refunded
// and get their money as always, and the memory stays what it was meant to be.
func TestGreedyClientsHarmOnlyThemselves(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a real process and opens ten thousand connections")
	}
	dir := t.TempDir()
	server := &process{t: t, binary: build(t), data: filepath.Join(dir, "data"), listen: freeAddress(t)}
	server.start()
	defer server.kill()

	attack, stop := context.WithCancel(t.Context())
	defer stop()
	var attackers sync.WaitGroup
	dial := func(last byte) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, last)}}
		c, err := d.DialContext(attack, "tcp", server.listen)
		if err == nil {
			context.AfterFunc(attack, func() { c.Close() })
		}
		return c, err
	}
	opened := make(chan int)
	go func() { // opens and keeps
		n := 0
		for range 10_000 {
			if _, err := dial(2); err == nil {
				n++
			}
		}
		opened <- n
	}()
	for range 200 { // a byte at a time
		attackers.Go(func() {
			c, err := dial(3)
			if err != nil {
				return
			}
			for _, b := range []byte("POST /v1/transfers HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + strings.Repeat(" ", 5000)) {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				select {
				case <-attack.Done():
					return
				case <-time.After(50 * time.Millisecond): // their pace, not ours
				}
			}
		})
	}
	for range 100 { // ask, and never read
		attackers.Go(func() {
			c, err := dial(4)
			if err != nil {
				return
			}
			for attack.Err() == nil {
				if _, err := fmt.Fprint(c, "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
					return
				}
			}
		})
	}

	load := &load{t: t, urls: []string{server.file.APIURL}, merchant: server.file.Merchant, buyer: server.file.Buyers[1]}
	load.before = load.balances()
	work := func() {
		working, enough := context.WithCancel(t.Context())
		var workers sync.WaitGroup
		for range 4 {
			workers.Go(func() { load.work(working) })
		}
		for done := 0; done < 50; time.Sleep(5 * time.Millisecond) {
			load.mu.Lock()
			done = len(load.answered)
			load.mu.Unlock()
		}
		enough()
		workers.Wait()
	}
	work()
	n := <-opened
	for _, a := range load.open {
		if a.key != "" && len(load.open) > 8 { // those that were under way at the end are asked again
			t.Errorf("%d of the honest clients' acts were not answered, such as %s", len(load.open), a.key)
			break
		}
	}
	if kilobytes := resident(t, server.cmd.Process.Pid); kilobytes > 1<<20 {
		t.Errorf("the process has %d KiB in memory", kilobytes)
	}
	stop()
	attackers.Wait()
	load.settle()
	if answer, err := http.Get(server.file.APIURL + "/readyz"); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %v", err)
	}
	load.check()
	server.kill()
	server.verify()
	t.Logf("%d connections were made by the one address; %d acts were answered meanwhile", n, len(load.answered))
}

// resident is how much memory a process has, in KiB; 0 where the system doesn't say.
func resident(t *testing.T, pid int) (kilobytes int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			fmt.Sscan(rest, &kilobytes)
		}
	}
	return kilobytes
}
