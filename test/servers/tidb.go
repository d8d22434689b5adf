package servers

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TiDBVersion is what scripts/tidb.sh builds, once, into the user's cache folder.
const TiDBVersion = "v8.5.4"

// TiDB starts one for a test, on its embedded storage engine, unistore. That shows
// dialect, transactions and conflicts; it does not keep what it acknowledged across
// a Kill, and nothing about durability is to be tested on it. Where the binary
// isn't built the test is skipped, in CI too: building takes eight minutes.
func TiDB(t testing.TB) *Server {
	t.Helper()
	s, err := NewTiDB()
	if err != nil {
		t.Skip(err)
	}
	return run(t, s, nil)
}

// NewTiDB is a TiDB that isn't started, for a TestMain: it answers ErrMissing where
// none was built, and whoever asks ends it and removes its Dir.
func NewTiDB() (*Server, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(cache, "tongbao", "tidb-server-"+TiDBVersion)
	if _, err := os.Stat(binary); err != nil {
		return nil, fmt.Errorf("TiDB's server: %w (scripts/tidb.sh builds it, in about eight minutes)", ErrMissing)
	}
	dir, err := folder("tidb")
	if err != nil {
		return nil, err
	}
	port, status := freePort(), freePort()
	settings := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(settings, []byte(strings.Join([]string{
		`socket = ""`,
		fmt.Sprintf("temp-dir = %q", filepath.Join(dir, "temp")),
		"[log]", `level = "warn"`,
		"[performance]", "txn-total-size-limit = 1073741824", "",
	}, "\n")), 0o600); err != nil {
		return nil, err
	}
	s := &Server{Kind: "tidb", Addr: address(port), Dir: dir, root: rootConfig(address(port)), patient: 2 * time.Minute}
	s.command = func() *exec.Cmd {
		cmd := exec.Command(binary, "--config="+settings, "--store=unistore", "--path="+filepath.Join(dir, "data"),
			"--host=127.0.0.1", fmt.Sprintf("-P=%d", port), fmt.Sprintf("--status=%d", status), "--status-host=127.0.0.1")
		cmd.Dir = dir // where it leaves its log of slow statements
		return cmd
	}
	s.ready = func(ctx context.Context, root *sql.DB) error {
		for _, statement := range grants() {
			if _, err := root.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}
	return s, nil
}
