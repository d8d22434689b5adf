package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// MySQLBinary is the environment variable that names MySQL's mysqld where the one
// in PATH is none, or is MariaDB's of the same name.
const MySQLBinary = "TONGBAO_MYSQLD"

// MySQL starts one for a test, with settings that are durable, its binary log
// included. Options are added to its command line and win. Where there is none the
// test is skipped, in CI too: Debian 12 has MariaDB in its place.
func MySQL(t testing.TB, options ...string) *Server {
	t.Helper()
	s, err := NewMySQL(options...)
	if err != nil {
		t.Skip(err)
	}
	return run(t, s, nil)
}

// NewMySQL is a MySQL that isn't started, for a TestMain: it answers ErrMissing
// where there is none, and whoever asks ends it and removes its Dir.
func NewMySQL(options ...string) (*Server, error) {
	binary, err := mysqld()
	if err != nil {
		return nil, err
	}
	s, err := newDaemon("mysql", binary, freePort(), []string{"innodb-redo-log-capacity=512M", "mysqlx=OFF", "secure-file-priv=NULL"}, options)
	if err != nil {
		return nil, err
	}
	return s, initialize(s, "127.0.0.1")
}

// initialize makes the tables of a new server, and a root who comes over TCP from a
// host: its own root is that of the socket alone.
func initialize(s *Server, from string) error {
	first := filepath.Join(s.Dir, "first.sql")
	err := os.WriteFile(first, fmt.Appendf(nil, "CREATE USER 'root'@'%s';\nGRANT ALL ON *.* TO 'root'@'%[1]s' WITH GRANT OPTION;\n", from), 0o644)
	if err == nil {
		cmd := s.command()
		cmd.Args = []string{cmd.Args[0], "--defaults-file=" + s.settingsFile(), "--initialize-insecure", "--init-file=" + first}
		var out []byte
		if out, err = cmd.CombinedOutput(); err != nil {
			err = fmt.Errorf("mysqld --initialize-insecure: %w\n%s", err, out)
		}
	}
	if err != nil {
		_ = os.RemoveAll(s.Dir)
	}
	return err
}

// mysqld finds MySQL's server.
func mysqld() (string, error) {
	name := os.Getenv(MySQLBinary)
	if name == "" {
		name = "mysqld"
	}
	binary, err := exec.LookPath(name)
	if err == nil {
		told, err := exec.Command(binary, "--version").Output()
		if err == nil && !strings.Contains(string(told), "MariaDB") {
			return binary, nil
		}
	}
	return "", fmt.Errorf("MySQL's server: %w (put its mysqld in PATH, or name it by %s)", ErrMissing, MySQLBinary)
}
