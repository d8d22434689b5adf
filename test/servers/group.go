package servers

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// Group is three MySQL servers that replicate to each other as a group. One of them, the
// primary, takes writes; where it fails or is cut off, the others choose another.
type Group struct {
	Nodes   []*Server
	islands *islands
}

// MySQLGroup starts a group for a test. Each node is in a network of its own, for which
// root is needed; where that, or MySQL, can't be had, the test is skipped, in CI too.
func MySQLGroup(t testing.TB) *Group {
	t.Helper()
	g, err := newGroup(t)
	if err != nil {
		t.Skip(err)
	}
	if err := g.begin(0); err != nil {
		t.Fatal(err)
	}
	g.Nodes[0].Exec(t, append(grants(), "GRANT SELECT ON performance_schema.replication_group_members TO "+User)...)
	return g
}

func newGroup(t testing.TB) (*Group, error) {
	binary, err := mysqld()
	if err != nil {
		return nil, err
	}
	g := &Group{}
	if g.islands, err = newIslands(3); err != nil {
		return nil, err
	}
	var seeds []string
	for _, host := range g.islands.hosts {
		seeds = append(seeds, host.inside+":33061")
	}
	for i, host := range g.islands.hosts {
		s, err := newDaemon("mysql", binary, 3306, []string{
			"bind-address=*", "innodb-redo-log-capacity=512M", "mysqlx=OFF", "secure-file-priv=NULL",
			fmt.Sprint("server-id=", i+1), "report-host=" + host.inside, "gtid-mode=ON", "enforce-gtid-consistency=ON",
			"plugin-load-add=group_replication.so",
			"loose-group-replication-group-name=9b0a1f52-6f0e-4c1d-8a7e-0f6f5b7c2d11",
			"loose-group-replication-start-on-boot=OFF",
			"loose-group-replication-local-address=" + seeds[i],
			"loose-group-replication-group-seeds=" + strings.Join(seeds, ","),
			"loose-group-replication-ip-allowlist=198.19.0.0/24",
			"loose-group-replication-recovery-get-public-key=ON",
			"loose-group-replication-consistency=BEFORE_ON_PRIMARY_FAILOVER",
			// A node that hears nothing of the others for so long leaves them, and takes no more
			// writes; it joins them again when it is told to.
			"loose-group-replication-unreachable-majority-timeout=3",
			"loose-group-replication-member-expel-timeout=0",
			"loose-group-replication-autorejoin-tries=0",
		}, nil)
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() {
			s.Kill()
			_ = os.RemoveAll(s.Dir)
		})
		g.Nodes = append(g.Nodes, s)
		s.Addr = net.JoinHostPort(host.outside, "3306")
		s.root, s.within, s.patient = rootConfig(s.Addr), host.within, 2*time.Minute
		s.ready = func(ctx context.Context, root *sql.DB) error { return root.PingContext(ctx) }
		if err := initialize(s, "%"); err != nil {
			return nil, err
		}
		if err := s.Start(); err != nil {
			return nil, err
		}
		// What made it is no part of what the group has in common.
		if err := s.do("RESET BINARY LOGS AND GTIDS",
			"CHANGE REPLICATION SOURCE TO SOURCE_USER = 'root', SOURCE_PASSWORD = '' FOR CHANNEL 'group_replication_recovery'"); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// begin makes the running nodes a group, from one that has everything.
func (g *Group) begin(first int) error {
	err := g.Nodes[first].do("SET GLOBAL group_replication_bootstrap_group = ON", "START GROUP_REPLICATION", "SET GLOBAL group_replication_bootstrap_group = OFF")
	if err == nil {
		err = g.online(first)
	}
	for i := range g.Nodes {
		if err == nil && i != first {
			err = g.join(i)
		}
	}
	return err
}

// state is a running node's own in the group.
func (g *Group) state(node int) (state, role string, err error) {
	root, err := g.Nodes[node].Root()
	if err != nil {
		return "", "", err
	}
	defer root.Close()
	err = root.QueryRow("SELECT member_state, member_role FROM performance_schema.replication_group_members WHERE member_id = @@server_uuid OR member_id = ''").Scan(&state, &role)
	return state, role, err
}

func (g *Group) online(node int) error {
	for patience := Patient(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		state, _, err := g.state(node)
		if state == "ONLINE" {
			return nil
		}
		if patience.Over() {
			return fmt.Errorf("node %d of the group is %q: %w%s", node, state, err, g.Nodes[node].lastWords())
		}
	}
}

// join has a running node join the others, unless it has never left them.
func (g *Group) join(node int) (err error) {
	for patience := Patient(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if state, _, _ := g.state(node); state == "ONLINE" {
			return nil
		}
		if err = g.Nodes[node].do("STOP GROUP_REPLICATION", "START GROUP_REPLICATION"); err == nil {
			if err = g.online(node); err == nil {
				err = g.Nodes[node].do("SET GLOBAL offline_mode = OFF") // which it went into when it had to leave
			}
			return err
		}
		if patience.Over() { // the others may not know yet that it has gone
			return fmt.Errorf("%w%s", err, g.Nodes[node].lastWords())
		}
	}
}

// Rejoin starts a node that ended, and has it join the others.
func (g *Group) Rejoin(node int) error {
	if err := g.Nodes[node].Start(); err != nil {
		return err
	}
	return g.join(node)
}

// Again starts the group anew after all nodes have ended, from the one that has the most.
func (g *Group) Again() error {
	best, most := 0, ""
	for i, node := range g.Nodes {
		if err := node.Start(); err != nil {
			return err
		}
		root, err := node.Root()
		if err != nil {
			return err
		}
		var has string
		more := true
		err = root.QueryRow("SELECT @@GLOBAL.gtid_executed, NOT GTID_SUBSET(@@GLOBAL.gtid_executed, ?)", most).Scan(&has, &more)
		root.Close()
		if err != nil {
			return err
		}
		if more {
			best, most = i, has
		}
	}
	return g.begin(best)
}

// Primary is the node that takes writes, as a majority of the nodes has it.
func (g *Group) Primary() (int, error) {
	for patience := Patient(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		for i := range g.Nodes {
			if state, role, err := g.state(i); err == nil && state == "ONLINE" && role == "PRIMARY" {
				return i, nil
			}
		}
		if patience.Over() {
			return 0, fmt.Errorf("the group has no primary")
		}
	}
}

// Isolate cuts a node off from the others: it goes on running, and clients reach it. Once
// it is brought back it joins them again.
func (g *Group) Isolate(node int, cut bool) error {
	err := g.islands.cut(node, cut)
	if err == nil && !cut {
		err = g.join(node)
	}
	return err
}

// Database makes an empty database and returns its URL, which names all nodes.
func (g *Group) Database(t testing.TB) string {
	t.Helper()
	primary, err := g.Primary()
	if err != nil {
		t.Fatal(err)
	}
	url := g.Nodes[primary].Database(t)
	return strings.Replace(url, g.Nodes[primary].Addr, g.Hosts(), 1)
}

// Hosts are the nodes' addresses, as a URL names them.
func (g *Group) Hosts() string {
	var all []string
	for _, node := range g.Nodes {
		all = append(all, node.Addr)
	}
	return strings.Join(all, ",")
}
