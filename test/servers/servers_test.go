package servers

import (
	"database/sql"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// open connects as the URL says.
func open(t *testing.T, store string) *sql.DB {
	t.Helper()
	u, err := url.Parse(store)
	if err != nil {
		t.Fatal(err)
	}
	config := mysql.NewConfig()
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	config.Net, config.Addr, config.DBName = "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func count(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRow("SELECT COUNT(*) FROM kept").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func do(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestMariaDBKeepsWhatItAcknowledgedAcrossAKill(t *testing.T) { keepsAcrossAKill(t, MariaDB(t)) }

func TestMySQLKeepsWhatItAcknowledgedAcrossAKill(t *testing.T) {
	server := MySQL(t)
	var version string
	if err := open(t, server.Database(t)).QueryRow("SELECT VERSION()").Scan(&version); err != nil || strings.Contains(version, "MariaDB") {
		t.Fatalf("it is %q, %v", version, err)
	}
	keepsAcrossAKill(t, server)
}

func keepsAcrossAKill(t *testing.T, server *Server) {
	db := open(t, server.Database(t))
	do(t, db, "CREATE TABLE kept (id INT PRIMARY KEY)")
	do(t, db, "INSERT INTO kept VALUES (1), (2)")
	server.Kill()
	if server.Running() {
		t.Fatal("killed, and it runs")
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db); n != 2 {
		t.Fatalf("%d of 2 rows are there", n)
	}
	server.Stop()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db); n != 2 {
		t.Fatalf("%d of 2 rows are there", n)
	}
}

func TestAPausedServerAnswersWhenItGoesOn(t *testing.T) {
	server := MariaDB(t)
	db := open(t, server.Database(t))
	do(t, db, "CREATE TABLE kept (id INT PRIMARY KEY)")
	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := db.Exec("INSERT INTO kept VALUES (1)")
		answered <- err
	}()
	select {
	case <-answered:
		t.Fatal("a paused server answered")
	case <-time.After(200 * time.Millisecond):
	}
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
}

func TestTiDBSpeaksItsDialect(t *testing.T) {
	server := TiDB(t)
	db := open(t, server.Database(t))
	do(t, db, "CREATE TABLE kept (id BIGINT AUTO_RANDOM PRIMARY KEY)")
	do(t, db, "INSERT INTO kept VALUES (), ()")
	if n := count(t, db); n != 2 {
		t.Fatalf("%d of 2 rows are there", n)
	}
	var version string
	if err := db.QueryRow("SELECT VERSION()").Scan(&version); err != nil || !strings.HasSuffix(version, "-TiDB-"+TiDBVersion) {
		t.Fatalf("it is %q, %v", version, err)
	}
	server.Stop()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db); n != 2 {
		t.Fatalf("after an orderly stop %d of 2 rows are there", n)
	}
}

func TestGaleraGoesOnWithoutANodeAndTakesItBack(t *testing.T) {
	if testing.Short() {
		t.Skip("starts three servers")
	}
	cluster := Galera(t)
	urls := cluster.Database(t)
	first, second, third := open(t, urls[0]), open(t, urls[1]), open(t, urls[2])
	do(t, first, "CREATE TABLE kept (id INT PRIMARY KEY)")
	do(t, first, "INSERT INTO kept VALUES (1)")
	if n := count(t, second); n != 1 {
		t.Fatalf("the second node has %d of 1 rows", n)
	}

	cluster.Nodes[2].Kill()
	do(t, second, "INSERT INTO kept VALUES (2)")
	if err := cluster.Rejoin(2); err != nil {
		t.Fatal(err)
	}
	if n := count(t, third); n != 2 {
		t.Fatalf("the node that came back has %d of 2 rows", n)
	}

	if err := cluster.Isolate(0, true); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the node that is cut off refuses", func() bool {
		_, err := first.Exec("INSERT INTO kept VALUES (100)")
		return err != nil
	})
	eventually(t, "the others go on", func() bool {
		_, err := second.Exec("INSERT INTO kept VALUES (3)")
		return err == nil
	})
	if err := cluster.Isolate(0, false); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the node that was cut off has caught up", func() bool {
		var n int
		return first.QueryRow("SELECT COUNT(*) FROM kept WHERE id < 100").Scan(&n) == nil && n == 3
	})

	for _, node := range cluster.Nodes {
		node.Kill()
	}
	if err := cluster.Again(); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := third.QueryRow("SELECT COUNT(*) FROM kept WHERE id < 100").Scan(&n); err != nil || n != 3 {
		t.Fatalf("after all were killed %d of 3 rows are there, %v", n, err)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

func TestAGroupChoosesAnotherPrimary(t *testing.T) {
	group := MySQLGroup(t)
	url := group.Database(t)
	first, err := group.Primary()
	if err != nil {
		t.Fatal(err)
	}
	on := func(node int) *sql.DB { return open(t, strings.Replace(url, group.Hosts(), group.Nodes[node].Addr, 1)) }
	cut := on(first)
	do(t, cut, "CREATE TABLE kept (id INT PRIMARY KEY)")
	do(t, on(first), "INSERT INTO kept VALUES (1)")

	if err := group.Isolate(first, true); err != nil {
		t.Fatal(err)
	}
	second := first
	eventually(t, "another is primary", func() bool {
		for i := range group.Nodes {
			if _, role, _ := group.state(i); i != first && role == "PRIMARY" {
				second = i
			}
		}
		return second != first
	})
	do(t, on(second), "INSERT INTO kept VALUES (2)")
	if _, err := cut.Exec("INSERT INTO kept VALUES (3)"); err == nil {
		t.Error("one that is cut off took a write")
	}
	if err := group.Isolate(first, false); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it has what it missed", func() bool { return count(t, on(first)) == 2 })

	for _, node := range group.Nodes {
		node.Kill()
	}
	if err := group.Again(); err != nil {
		t.Fatal(err)
	}
	for i := range group.Nodes {
		eventually(t, "all nodes have everything", func() bool { return count(t, on(i)) == 2 })
	}
}
