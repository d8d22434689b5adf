package servers

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// MariaDB starts one for a test, with settings that are durable: a commit is on
// the disk when it returns. Options are added to its command line and win:
// "--innodb-flush-log-at-trx-commit=0".
func MariaDB(t testing.TB, options ...string) *Server {
	t.Helper()
	s, err := NewMariaDB(options...)
	return run(t, s, err)
}

// NewMariaDB is a MariaDB that isn't started, for a TestMain: it answers
// ErrMissing where there is none, and whoever asks ends it and removes its Dir.
func NewMariaDB(options ...string) (*Server, error) {
	binary, err := mariadbd()
	if err != nil {
		return nil, err
	}
	s, err := newMariaDB(binary, freePort(), options)
	if err != nil {
		return nil, err
	}
	return s, install(s)
}

// newMariaDB is one without its tables, which install makes.
func newMariaDB(binary string, port int, options []string) (*Server, error) {
	return newDaemon("mariadb", binary, port, []string{"innodb-log-file-size=256M"}, options)
}

// newDaemon is a mysqld, of MariaDB or MySQL, whose tables have yet to be made in
// the folder data. Settings are its kind's own.
func newDaemon(kind, binary string, port int, settings, options []string) (*Server, error) {
	dir, err := folder(kind)
	if err != nil {
		return nil, err
	}
	s := &Server{Kind: kind, Addr: address(port), Dir: dir, root: rootConfig(address(port)), patient: 60 * time.Second}
	settings = append([]string{"[mysqld]",
		"datadir=" + filepath.Join(dir, "data"),
		"socket=" + filepath.Join(dir, "socket"),
		"pid-file=" + filepath.Join(dir, "pid"),
		"tmpdir=" + dir,
		"bind-address=127.0.0.1", fmt.Sprintf("port=%d", port),
		"skip-name-resolve",
		"innodb-flush-log-at-trx-commit=1", "innodb-doublewrite=1", "sync-binlog=1",
		"innodb-buffer-pool-size=512M", "max-connections=500", "max-allowed-packet=64M"}, settings...)
	uid, gid, other := serverUser()
	if other {
		err = os.Chown(dir, uid, gid)
	}
	file, data := s.settingsFile(), filepath.Join(dir, "data")
	if err == nil {
		err = os.WriteFile(file, []byte(strings.Join(settings, "\n")+"\n"), 0o644)
	}
	if err == nil {
		err = os.Mkdir(data, 0o700)
	}
	if other && err == nil {
		err = os.Chown(data, uid, gid)
	}
	if err != nil {
		return nil, err
	}
	s.command = func() *exec.Cmd {
		cmd := exec.Command(binary, append([]string{"--defaults-file=" + file}, options...)...)
		if other {
			runAs(cmd, uid, gid)
		}
		return cmd
	}
	s.ready = func(ctx context.Context, root *sql.DB) error {
		if err := root.PingContext(ctx); err != nil {
			return err
		}
		for _, statement := range grants() {
			if _, err := root.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}
	return s, nil
}

func (s *Server) settingsFile() string { return filepath.Join(s.Dir, "my.cnf") }

// install makes the tables of a new server.
func install(s *Server) error {
	cmd := exec.Command("mariadb-install-db", "--no-defaults", "--datadir="+filepath.Join(s.Dir, "data"), "--skip-test-db", "--skip-name-resolve",
		"--auth-root-authentication-method=normal", "--innodb-log-file-size=8M")
	cmd.Env = append(os.Environ(), "TMPDIR="+s.Dir) // a server that starts removes others' temporary tables from its folder for them
	if _, _, ok := serverUser(); ok {
		cmd.Args = append(cmd.Args, "--user=mysql")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		_ = os.RemoveAll(s.Dir)
		return fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	return nil
}

// serverUser is who the server runs as where we are root: root's own rsync, by
// which Galera's nodes copy each other, would run as nobody.
func serverUser() (uid, gid int, ok bool) {
	if os.Getuid() != 0 {
		return 0, 0, false
	}
	u, err := user.Lookup("mysql")
	if err != nil {
		return 0, 0, false
	}
	uid, _ = strconv.Atoi(u.Uid)
	gid, _ = strconv.Atoi(u.Gid)
	return uid, gid, true
}

// mariadbd finds the server's binary, which is often not in a user's PATH.
func mariadbd() (string, error) {
	if _, err := exec.LookPath("mariadb-install-db"); err == nil {
		for _, name := range []string{"mariadbd", "/usr/sbin/mariadbd", "/usr/libexec/mariadbd"} {
			if path, err := exec.LookPath(name); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("MariaDB's server: %w (Debian: apt-get install mariadb-server; scripts/need.sh databases)", ErrMissing)
}
