package mysqlstore

import (
	"sync"
	"testing"

	"tongbao/internal/engine"
	"tongbao/test/servers"
)

func TestKindsOfStatements(t *testing.T) {
	for statement, want := range map[string]string{
		"SELECT position, hash, at, aside FROM head WHERE id = 1 FOR UPDATE":                                                                            "SELECT head",
		"INSERT INTO places (name, nth, position, back) VALUES (x'00',0,1,0)":                                                                           "INSERT places",
		"INSERT INTO accounts (id) VALUES (x'00') ON DUPLICATE KEY UPDATE balance = VALUES(balance)":                                                    "INSERT accounts",
		"UPDATE head SET position = ?, hash = ?, at = ? WHERE id = 1":                                                                                   "UPDATE head",
		"DELETE FROM terms WHERE place IN (x'00')":                                                                                                      "DELETE terms",
		"SELECT /*+ INL_JOIN(r) */ t.place FROM (SELECT place, name, origin, position, back FROM terms WHERE place >= ? LIMIT ?) t LEFT JOIN records r": "SELECT terms",
		"COMMIT":            "COMMIT",
		"START TRANSACTION": "START TRANSACTION",
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED": "SET SESSION",
	} {
		if got := kindOf(statement); got != want {
			t.Errorf("%q is %q, want %q", statement, got, want)
		}
	}
}

func TestStatementsAreToldOf(t *testing.T) { toldOf(t, onMariaDB(t)) }

func toldOf(t *testing.T, server *servers.Server) {
	var mu sync.Mutex
	seen := map[string]int{}
	s := mustOpen(t, Options{Address: server.Database(t), Observe: func(s Statement) {
		mu.Lock()
		defer mu.Unlock()
		if s.Took < 0 || s.Outcome != "ok" {
			t.Errorf("told of %+v", s)
		}
		seen[s.Kind]++
	}})
	defer s.Close()
	e, err := engine.New(t.Context(), s, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := e.Submit(t.Context(), give{"one", mine, 1}, engine.By{}); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, kind := range []string{"START TRANSACTION", "SELECT head", "SELECT accounts", "INSERT journal", "INSERT accounts", "UPDATE head", "COMMIT"} {
		if seen[kind] == 0 {
			t.Errorf("nobody was told of %s: %v", kind, seen)
		}
	}
}
