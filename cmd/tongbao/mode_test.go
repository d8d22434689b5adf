package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tongbao"
	"tongbao/test/servers"
)

// Sandboxes and servers for real start at once on one new database: it is either
// kind's, all of that kind start, and the others are told.
func TestOneDatabaseIsOfOneKind(t *testing.T) {
	url, dir := servers.MariaDB(t).Database(t), t.TempDir()
	var failed [6]error
	var all sync.WaitGroup
	for i := range failed {
		c := tongbao.Config{Sandbox: i%2 == 0, BaseURL: "http://127.0.0.1", Data: filepath.Join(dir, fmt.Sprint(i)), Store: url}
		c.Admin.Login, c.Admin.Password = "ops@pay.test", "Xq7-vW2-mK9-tR4"
		c.Codes.URL, c.Codes.Secret = "http://127.0.0.1/codes", "b3Vyb3Vyb3Vyb3Vyb3Vyb3Vyb3Vyb3Vy"
		all.Go(func() {
			p, err := tongbao.Open(t.Context(), c)
			if failed[i] = err; err == nil {
				failed[i] = p.Close()
			}
		})
	}
	all.Wait()
	first := 0 // of the kind that came first
	if failed[0] != nil {
		first = 1
	}
	for i, err := range failed {
		words := []string{"are the books of a real platform", "are a sandbox's books"}[i%2]
		switch {
		case i%2 == first && err != nil:
			t.Errorf("%d: %v", i, err)
		case i%2 != first && (err == nil || !strings.Contains(err.Error(), words)):
			t.Errorf("%d: %v; want: %s", i, err, words)
		}
	}
}
