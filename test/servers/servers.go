// Package servers starts databases for tests: MariaDB, a Galera cluster of
// three, MySQL, a replication group of three, and TiDB. Each lives on loopback, on a
// free port (the group's in networks of their own), in a folder of its own, reads no
// configuration of the machine, and ends with the test or with the process that started
// it, however that ends. Where one can't be had, the test is skipped in words; with
// CI=true it fails.
package servers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// User and Password are whom a server knows beside root: one who may do
// everything in databases, and nothing to the server.
const (
	User     = "tongbao"
	Password = "open-sesame"
)

// ErrMissing: what the server needs isn't on this machine.
var ErrMissing = errors.New("not to be had here")

// Server is a database server as a process.
type Server struct {
	Kind string // "mariadb", "mysql", "tidb"
	Addr string // where it serves, host:port
	Dir  string // its folder

	command func() *exec.Cmd
	ready   func(context.Context, *sql.DB) error // nil when it serves
	patient time.Duration                        // how long a start may take
	root    *mysql.Config
	within  func(func() error) error // where its process is started; nil for here

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
}

// URL is what --store takes for a database of the server.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("mysql://%s:%s@%s/%s", User, Password, s.Addr, database)
}

// Root is a connection pool of the user who may do everything, in no database.
func (s *Server) Root() (*sql.DB, error) {
	connector, err := mysql.NewConnector(s.root)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

var databases atomic.Int64

// Database makes an empty database with a name of its own and returns its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("tongbao_%d_%d", os.Getpid(), databases.Add(1))
	s.Exec(t, "CREATE DATABASE "+name)
	return s.URL(name)
}

// Exec runs statements as root.
func (s *Server) Exec(t testing.TB, statements ...string) {
	t.Helper()
	if err := s.do(statements...); err != nil {
		t.Fatal(err)
	}
}

// do is Exec for who has no test at hand.
func (s *Server) do(statements ...string) error {
	root, err := s.Root()
	if err != nil {
		return err
	}
	defer root.Close()
	for _, statement := range statements {
		if _, err := root.Exec(statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// Start starts the server where it isn't running, and returns when it serves.
func (s *Server) Start() error {
	if err := s.launch(); err != nil {
		return err
	}
	return s.Await()
}

func (s *Server) launch() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		return errors.New("it is running")
	}
	cmd := s.command()
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	start := cmd.Start
	if s.within != nil {
		start = func() error { return s.within(cmd.Start) }
	}
	if err := nursery(start, cmd); err != nil {
		return fmt.Errorf("start %s: %w", s.Kind, err)
	}
	exited := make(chan struct{})
	s.cmd, s.exited = cmd, exited
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	return nil
}

// Await returns when the server serves; with an error when it has ended
// or takes too long.
func (s *Server) Await() error {
	s.mu.Lock()
	exited := s.exited
	s.mu.Unlock()
	root, err := s.Root()
	if err != nil {
		return err
	}
	defer root.Close()
	for patience := Patient(s.patient); ; {
		err := s.ready(context.Background(), root)
		if err == nil {
			return nil
		}
		if patience.Over() {
			return fmt.Errorf("%s doesn't serve after %s: %w: %s", s.Kind, s.patient, err, s.lastWords())
		}
		select {
		case <-exited:
			return fmt.Errorf("%s ended while it started: %s", s.Kind, s.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Patience is how much longer a test waits for something that it looks at again and
// again. Time in which the machine or the test stood still doesn't count.
type Patience struct {
	left   time.Duration
	looked time.Time
}

// Patient is a patience of so long.
func Patient(left time.Duration) *Patience { return &Patience{left, time.Now()} }

// Over says, at each look, whether it is at its end.
func (p *Patience) Over() bool {
	now := time.Now()
	p.left -= min(now.Sub(p.looked), 5*time.Second)
	p.looked = now
	return p.left < 0
}

// Kill ends the server as a power cut of its process would: SIGKILL.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Stop ends the server in order.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Pause stops the process in its tracks until Resume: its connections stay
// open and nothing answers.
func (s *Server) Pause() error { return s.signal(syscall.SIGSTOP) }

// Resume lets a paused server go on.
func (s *Server) Resume() error { return s.signal(syscall.SIGCONT) }

// Running says whether the process lives.
func (s *Server) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return false
	}
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

func (s *Server) signal(signal os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return errors.New("it isn't running")
	}
	return s.cmd.Process.Signal(signal)
}

func (s *Server) end(signal os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(signal)
	if signal != syscall.SIGKILL {
		_ = s.cmd.Process.Signal(syscall.SIGCONT) // one that is paused hears nothing
		select {
		case <-s.exited:
		case <-time.After(20 * time.Second):
			_ = s.cmd.Process.Kill()
		}
	}
	<-s.exited
	s.cmd = nil
}

func (s *Server) logFile() string { return filepath.Join(s.Dir, "log") }

// lastWords are the end of the server's log.
func (s *Server) lastWords() string {
	text, _ := os.ReadFile(s.logFile())
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return "\n" + strings.Join(lines[max(0, len(lines)-25):], "\n")
}

// run starts a server for a test and ends it with the test.
func run(t testing.TB, s *Server, err error) *Server {
	t.Helper()
	missing(t, err)
	t.Cleanup(func() {
		s.Kill()
		_ = os.RemoveAll(s.Dir)
	})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

// missing skips the test, or fails it where everything must be there.
func missing(t testing.TB, err error) {
	t.Helper()
	switch {
	case errors.Is(err, ErrMissing) && os.Getenv("CI") != "true":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}

// folder is a new one with a short name: the path of a socket has room for a
// hundred characters, and a test's folder has none to spare.
func folder(kind string) (string, error) { return os.MkdirTemp("", "tongbao-"+kind+"-") }

var taken sync.Map // ports that this process gave out

// freePort is a port that nothing listens on. Another process may take it first:
// then the server says so and ends.
func freePort() int {
	for {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(fmt.Sprintf("no free port on loopback: %v", err))
		}
		port := listener.Addr().(*net.TCPAddr).Port
		_ = listener.Close()
		if _, again := taken.LoadOrStore(port, true); !again {
			return port
		}
	}
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// rootConfig is a connection as root that no test waits on for long.
func rootConfig(addr string) *mysql.Config {
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = "root", "tcp", addr
	config.Timeout, config.ReadTimeout = 2*time.Second, 30*time.Second
	config.Logger = &mysql.NopLogger{}
	return config
}

// grants are the statements that make User.
func grants() []string {
	return []string{
		fmt.Sprintf("CREATE USER IF NOT EXISTS '%s'@'%%' IDENTIFIED BY '%s'", User, Password),
		fmt.Sprintf("GRANT ALL ON `tongbao%%`.* TO '%s'@'%%'", User),
	}
}
