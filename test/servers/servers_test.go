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

func TestMariaDBKeepsWhatItAcknowledgedAcrossAKill(t *testing.T) {
	server := MariaDB(t)
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
