package servers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// GaleraCluster is three MariaDB servers that hold the same, each of which takes
// writes.
type GaleraCluster struct {
	Nodes []*Server
}

const galeraProvider = "/usr/lib/galera/libgalera_smm.so"

// Galera starts a cluster for a test.
func Galera(t testing.TB) *GaleraCluster {
	t.Helper()
	c, err := newGalera()
	missing(t, err)
	t.Cleanup(func() {
		for _, node := range c.Nodes {
			node.Kill()
			_ = os.RemoveAll(node.Dir)
		}
	})
	if err := c.begin(); err != nil {
		t.Fatal(err)
	}
	return c
}

func newGalera() (*GaleraCluster, error) {
	binary, err := mariadbd()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(galeraProvider); err != nil {
		return nil, fmt.Errorf("Galera: %w (Debian: apt-get install galera-4 rsync lsof; scripts/need.sh databases)", ErrMissing)
	}
	c := &GaleraCluster{}
	var group, state, parts []string
	for range 3 {
		group, state, parts = append(group, address(freePort())), append(state, address(freePort())), append(parts, address(freePort()))
	}
	for i := range 3 {
		s, err := newMariaDB(binary, freePort(), nil)
		if err != nil {
			return nil, err
		}
		s.patient = 2 * time.Minute
		c.Nodes = append(c.Nodes, s)
		settings := []string{"[mysqld]",
			"wsrep-on=ON", "wsrep-provider=" + galeraProvider, "wsrep-cluster-name=tongbao-test",
			"wsrep-cluster-address=gcomm://" + strings.Join(group, ","),
			fmt.Sprintf("wsrep-node-name=node%d", i+1),
			"wsrep-node-address=" + group[i],
			"wsrep-sst-method=rsync", "wsrep-sst-receive-address=" + state[i],
			// A node that is silent for two seconds is suspected, and for four is out.
			"wsrep-provider-options=gmcast.listen_addr=tcp://" + group[i] + ";ist.recv_addr=" + parts[i] +
				";evs.keepalive_period=PT0.3S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S;evs.inactive_check_period=PT0.3S;gmcast.peer_timeout=PT2S;gcache.size=64M",
			"binlog-format=ROW", "innodb-autoinc-lock-mode=2", "wsrep-slave-threads=2",
			// A transaction that begins on one node sees what was committed on another.
			"wsrep-sync-wait=7"}
		file := s.settingsFile()
		text, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, append(text, strings.Join(settings, "\n")+"\n"...), 0o644)
		}
		if err != nil {
			return nil, err
		}
		alone := s.ready
		s.ready = func(ctx context.Context, root *sql.DB) error {
			var name, synced string
			if err := root.QueryRowContext(ctx, "SHOW STATUS LIKE 'wsrep_local_state_comment'").Scan(&name, &synced); err != nil {
				return err
			}
			if synced != "Synced" {
				return fmt.Errorf("the node is in state %q", synced)
			}
			if s != c.Nodes[0] {
				return nil // the grants come from the first
			}
			return alone(ctx, root)
		}
	}
	return c, install(c.Nodes[0]) // the others copy its tables
}

// begin starts the nodes, the first as a new cluster.
func (c *GaleraCluster) begin() error {
	for i, node := range c.Nodes {
		if i > 0 {
			if err := node.Start(); err != nil {
				return err
			}
			continue
		}
		if err := node.startWith("--wsrep-new-cluster"); err != nil {
			return err
		}
	}
	return nil
}

// startWith starts a server with more options than it has, this once.
func (s *Server) startWith(options ...string) error {
	usual := s.command
	defer func() { s.command = usual }()
	s.command = func() *exec.Cmd {
		cmd := usual()
		cmd.Args = append(cmd.Args, options...)
		return cmd
	}
	return s.Start()
}

// Again starts the cluster anew after all nodes have ended: from the node that has
// everything, which is the one that says so, or the one that recovers the newest
// position.
func (c *GaleraCluster) Again() error {
	best, newest := 0, int64(-1)
	for i, node := range c.Nodes {
		if node.Running() {
			return errors.New("a node runs, and the others join it")
		}
		_, at, err := node.recovered()
		if err != nil {
			return err
		}
		if at > newest {
			best, newest = i, at
		}
	}
	state := filepath.Join(c.Nodes[best].Dir, "data", "grastate.dat")
	text, err := os.ReadFile(state)
	if err == nil {
		err = os.WriteFile(state, []byte(strings.Replace(string(text), "safe_to_bootstrap: 0", "safe_to_bootstrap: 1", 1)), 0o600)
	}
	if err != nil {
		return err
	}
	_ = os.Remove(filepath.Join(c.Nodes[best].Dir, "data", "gvwstate.dat"))
	if err := c.Nodes[best].startWith("--wsrep-new-cluster"); err != nil {
		return err
	}
	for i := range c.Nodes {
		if i != best {
			if err := c.Rejoin(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// recovered is the newest position that a stopped node has: the group's id and a
// number, "" and -1 where it never was in a group.
func (s *Server) recovered() (position string, at int64, err error) {
	cmd := s.command()
	cmd.Args = append(cmd.Args, "--wsrep-recover")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", 0, fmt.Errorf("ask where a node is: %w\n%s", err, out)
	}
	_, after, found := strings.Cut(string(out), "Recovered position: ")
	if !found {
		return "", -1, nil
	}
	position, _, _ = strings.Cut(after, "\n")
	position = strings.TrimSpace(position)
	_, number, _ := strings.Cut(position, ":")
	_, err = fmt.Sscan(number, &at)
	return position, at, err
}

// Rejoin starts a node that ended, as the distribution's unit does: it says where
// it is, and gets what it lacks, or a copy of everything where that is no longer
// to be had.
func (c *GaleraCluster) Rejoin(node int) error {
	s := c.Nodes[node]
	position, at, err := s.recovered()
	if err != nil {
		return err
	}
	if at < 0 {
		return s.Start()
	}
	return s.startWith("--wsrep-start-position=" + position)
}

// Isolate cuts a node off from the others, or lets it join again: it goes on
// running and hears and says nothing, as behind a cable that was pulled.
func (c *GaleraCluster) Isolate(node int, cut bool) error {
	root, err := c.Nodes[node].Root()
	if err != nil {
		return err
	}
	defer root.Close()
	set := "gmcast.isolate=0"
	if cut {
		set = "gmcast.isolate=1"
	}
	_, err = root.Exec("SET GLOBAL wsrep_provider_options = '" + set + "'")
	return err
}

// Database makes an empty database and returns its URL on each node.
func (c *GaleraCluster) Database(t testing.TB) []string {
	t.Helper()
	name := fmt.Sprintf("tongbao_%d_%d", os.Getpid(), databases.Add(1))
	c.Nodes[0].Exec(t, "CREATE DATABASE "+name)
	var urls []string
	for _, node := range c.Nodes {
		urls = append(urls, node.URL(name))
	}
	return urls
}
