package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tongbao/test/servers"
)

// chaosRounds is how often something is broken: three times, or as make chaos says.
func chaosRounds() int {
	if n, err := strconv.Atoi(os.Getenv("TONGBAO_CHAOS")); err == nil && n > 0 {
		return n
	}
	return 3
}

// TestChaos has two servers on one database take payments while they, the database
// and the network between them are killed, stopped and cut. Whatever was
// acknowledged is there once, from whichever server it is asked; clients see
// nothing worse than having to ask again; at the end the books verify.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("kills servers and their database under load")
	}
	kinds := map[string]func(*testing.T){"galera": chaosOnGalera, "group": chaosOnGroup,
		"mariadb": func(t *testing.T) { chaosOn(t, servers.MariaDB(t)) }, "mysql": func(t *testing.T) { chaosOn(t, servers.MySQL(t)) }}
	if kind := os.Getenv("TONGBAO_CHAOS_STORE"); kind != "" {
		if kinds[kind] == nil {
			t.Fatalf("there is no chaos on %q; mariadb, galera, mysql and group are known", kind)
		}
		kinds = map[string]func(*testing.T){kind: kinds[kind]}
	}
	for kind, chaos := range kinds {
		t.Run(kind, chaos)
	}
}

// breakage is one thing that goes wrong, for a moment; when it returns it is over.
type breakage struct {
	name string
	do   func()
}

// lead puts those named in front: three rounds have one of each sort.
func lead(all []breakage, names ...string) {
	for i, name := range names {
		at := slices.IndexFunc(all, func(b breakage) bool { return b.name == name })
		all[i], all[at] = all[at], all[i]
	}
}

// pair is two servers on one database, each behind a cable of its own.
type pair struct {
	t       *testing.T
	servers [2]*process
	cables  [2][]*servers.Proxy
	chance  *rand.Rand
}

// newPair starts two servers that reach the database at addresses, the first by
// preference; url makes a store's URL of them.
func newPair(t *testing.T, addresses [2][]string, url func(hosts string) string) *pair {
	p := &pair{t: t, chance: rand.New(rand.NewPCG(3, 4))}
	binary, dir := build(t), t.TempDir()
	for i := range p.servers {
		var hosts []string
		for _, address := range addresses[i] {
			cable := servers.NewProxy(t, address)
			p.cables[i] = append(p.cables[i], cable)
			hosts = append(hosts, cable.Addr)
		}
		p.servers[i] = &process{t: t, binary: binary, data: filepath.Join(dir, fmt.Sprint("data", i)), listen: freeAddress(t), store: url(strings.Join(hosts, ","))}
	}
	// The second has the same pretend people to be, and so the first's folder.
	p.servers[0].start()
	p.servers[0].kill()
	_ = os.Remove(filepath.Join(p.servers[0].data, "control")) // a socket, which nobody serves now
	if err := os.CopyFS(p.servers[1].data, os.DirFS(p.servers[0].data)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(p.servers[1].data, "KEY"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range p.servers {
		s.start()
		t.Cleanup(s.kill)
	}
	return p
}

// brief is how long something stays broken.
func (p *pair) brief() time.Duration {
	return time.Duration(200+p.chance.IntN(1500)) * time.Millisecond
}

// breakages are those of the servers and their cables.
func (p *pair) breakages() (all []breakage) {
	for i, server := range p.servers {
		all = append(all, breakage{fmt.Sprint("server ", i, " killed"), func() {
			server.kill()
			time.Sleep(p.brief())
			server.start()
		}}, breakage{fmt.Sprint("server ", i, " cut off from the database"), func() {
			for _, cable := range p.cables[i] {
				cable.Cut()
			}
			time.Sleep(p.brief())
			for _, cable := range p.cables[i] {
				cable.Heal()
			}
		}}, breakage{fmt.Sprint("connections of server ", i, " broken"), func() {
			for _, cable := range p.cables[i] {
				cable.Drop()
			}
		}})
	}
	return all
}

// run breaks things under load, and looks after each.
func (p *pair) run(all []breakage, verify func()) {
	t := p.t
	l := &load{t: t, urls: []string{p.servers[0].file.APIURL, p.servers[1].file.APIURL}, merchant: p.servers[0].file.Merchant, buyer: p.servers[0].file.Buyers[1]}
	l.before = l.balances()
	var longest time.Duration
	for round := range chaosRounds() {
		broken := all[round%len(all)]
		l.pause, l.last = 0, time.Now()
		ctx, stop := context.WithCancel(context.Background())
		var workers sync.WaitGroup
		for range 6 {
			workers.Go(func() { l.work(ctx) })
		}
		time.Sleep(300 * time.Millisecond)
		begun := time.Now()
		broken.do()
		lasted := time.Since(begun)
		time.Sleep(300 * time.Millisecond)
		p.healthy()
		stop()
		workers.Wait()
		pause := max(l.pause, time.Since(l.last))
		longest = max(longest, pause)
		t.Logf("round %d: %s, %v; nothing was acknowledged for %v", round+1, broken.name, lasted.Round(10*time.Millisecond), pause.Round(10*time.Millisecond))
		l.settle()
		if l.today > 250 && round < chaosRounds()-1 { // who pays 500 times in a day is refused; the clock of the other server learns it at its start
			l.nextDay()
			for _, server := range p.servers {
				server.kill()
				server.start()
			}
		}
	}
	l.check()
	for _, server := range p.servers {
		server.kill()
	}
	verify()
	t.Logf("%d rounds: %d acts were acknowledged, %d of them only when asked again; the longest pause was %v", chaosRounds(), len(l.answered), l.retried, longest.Round(10*time.Millisecond))
}

// healthy waits until both servers serve again: nobody has to help them.
func (p *pair) healthy() {
	p.t.Helper()
	client := &http.Client{Timeout: 2 * time.Second}
	for _, server := range p.servers {
		for patience := servers.Patient(90 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			response, err := client.Get(server.file.APIURL + "/readyz")
			if err == nil {
				response.Body.Close()
				if response.StatusCode == http.StatusOK {
					break
				}
			}
			if patience.Over() {
				p.t.Fatalf("the server on %s doesn't serve again by itself", server.listen)
			}
		}
	}
}

func chaosOn(t *testing.T, db *servers.Server) {
	own := db.Database(t)
	address := [2][]string{{db.Addr}, {db.Addr}}
	p := newPair(t, address, func(hosts string) string { return strings.Replace(own, db.Addr, hosts, 1) })
	all := append(p.breakages(), breakage{"the database killed", func() {
		db.Kill()
		time.Sleep(p.brief())
		if err := db.Start(); err != nil {
			t.Fatal(err)
		}
	}}, breakage{"the database stopped in its tracks", func() {
		if err := db.Pause(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(p.brief())
		if err := db.Resume(); err != nil {
			t.Fatal(err)
		}
	}})
	lead(all, "server 0 killed", "the database killed", "server 1 cut off from the database")
	p.run(all, func() { verifyStore(t, p.servers[0].binary, own) })
}

func verifyStore(t *testing.T, binary, url string) {
	t.Helper()
	if out, err := exec.Command(binary, "verify", "--store", url).CombinedOutput(); err != nil {
		t.Fatalf("verify: %v\n%s", err, out)
	}
}

// inTwoOrders are nodes' addresses for two servers, each of which prefers another.
func inTwoOrders(nodes []*servers.Server) (addresses [2][]string) {
	for i := range addresses {
		for n := range nodes {
			addresses[i] = append(addresses[i], nodes[(i+n)%len(nodes)].Addr)
		}
	}
	return addresses
}

func chaosOnGalera(t *testing.T) {
	cluster := servers.Galera(t)
	urls := cluster.Database(t)
	p := newPair(t, inTwoOrders(cluster.Nodes), func(hosts string) string { return strings.Replace(urls[0], cluster.Nodes[0].Addr, hosts, 1) })
	all := p.breakages()
	for i, node := range cluster.Nodes {
		all = append(all, breakage{fmt.Sprint("node ", i, " killed"), func() {
			node.Kill()
			time.Sleep(p.brief())
			if err := cluster.Rejoin(i); err != nil {
				t.Fatal(err)
			}
		}}, breakage{fmt.Sprint("node ", i, " cut off from the others"), func() {
			if err := cluster.Isolate(i, true); err != nil {
				t.Fatal(err)
			}
			time.Sleep(6*time.Second + p.brief())
			if err := cluster.Isolate(i, false); err != nil {
				t.Fatal(err)
			}
			if err := node.Await(); err != nil {
				t.Fatal(err)
			}
		}})
	}
	all = append(all, breakage{"all nodes killed", func() {
		for _, node := range cluster.Nodes {
			node.Kill()
		}
		if err := cluster.Again(); err != nil {
			t.Fatal(err)
		}
	}})
	lead(all, "server 0 killed", "node 0 killed", "node 1 cut off from the others")
	p.run(all, func() { verifyStore(t, p.servers[0].binary, urls[0]) })
}

// On a group of MySQL's one node takes writes at a time; what is broken is mostly that one.
func chaosOnGroup(t *testing.T) {
	group := servers.MySQLGroup(t)
	url := group.Database(t)
	p := newPair(t, inTwoOrders(group.Nodes), func(hosts string) string { return strings.Replace(url, group.Hosts(), hosts, 1) })
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	primary := func() int {
		i, err := group.Primary()
		must(err)
		return i
	}
	killed := func(node func() int) func() {
		return func() {
			i := node()
			group.Nodes[i].Kill()
			time.Sleep(p.brief())
			must(group.Rejoin(i))
		}
	}
	cutOff := func(node func() int) func() {
		return func() {
			i := node()
			must(group.Isolate(i, true))
			time.Sleep(10*time.Second + p.brief())
			must(group.Isolate(i, false))
		}
	}
	secondary := func() int { return (primary() + 1) % len(group.Nodes) }
	all := append(p.breakages(),
		breakage{"the primary killed", killed(primary)}, breakage{"a secondary killed", killed(secondary)},
		breakage{"the primary cut off from the others", cutOff(primary)}, breakage{"a secondary cut off from the others", cutOff(secondary)},
		breakage{"the primary stopped in its tracks", func() {
			i := primary()
			must(group.Nodes[i].Pause())
			time.Sleep(8*time.Second + p.brief()) // until the others have done without it
			must(group.Nodes[i].Resume())
			must(group.Isolate(i, false))
		}},
		breakage{"all nodes killed", func() {
			for _, node := range group.Nodes {
				node.Kill()
			}
			must(group.Again())
		}})
	lead(all, "the primary killed", "the primary cut off from the others", "server 0 killed")
	p.run(all, func() { verifyStore(t, p.servers[0].binary, url) })
}
