package mysqlstore

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tongbao/internal/engine"
	"tongbao/test/servers"
)

func TestPlacesBecomeNames(t *testing.T) { becomeNames(t, onMariaDB(t), "") }

// becomeNames has the fourth migration take over the places of books of the third.
func becomeNames(t *testing.T, server *servers.Server, options string) {
	b := ofTheThird(t, server, options, 20)
	b.opened(t, Options{})
}

// The places of large books are taken over in steps. Whoever is killed between two of
// them, the server or its database, leaves what the next start finishes.
func TestPlacesBecomeNamesInSteps(t *testing.T) {
	inSteps(t, onMariaDB(t), "")
	t.Run("and the database is killed", func(t *testing.T) {
		server := servers.MariaDB(t)
		b := ofTheThird(t, server, "", 1000)
		b.stepOf(t, 100)
		steps := 0
		_, err := Open(t.Context(), Options{Address: b.url, Logger: slog.New(eachStep(func() {
			if steps++; steps == 3 {
				server.Kill()
			}
		}))})
		if err == nil || steps != 3 {
			t.Fatalf("it was opened after %d steps, %v", steps, err)
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		b.inTheMiddle(t)
		b.opened(t, Options{})
	})
}

func inSteps(t *testing.T, server *servers.Server, options string) {
	b := ofTheThird(t, server, options, 1000)
	b.stepOf(t, 100)
	opener := exec.Command(os.Args[0], "-test.run=^TestOpensForAnother$", "-test.v")
	opener.Env = append(os.Environ(), "TONGBAO_OPENS="+b.url)
	if _, err := opener.StdinPipe(); err != nil { // it goes on only when it is told to, which it never is
		t.Fatal(err)
	}
	said, err := opener.StdoutPipe()
	if err == nil {
		err = opener.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() && lines.Text() != "three steps" {
	}
	if err := opener.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = opener.Wait()
	b.inTheMiddle(t)
	steps := 0
	b.opened(t, Options{Logger: slog.New(eachStep(func() { steps++ }))})
	if steps < 7 || steps > 8 {
		t.Errorf("after three of eleven steps the next start made %d", steps)
	}
}

// TestOpensForAnother is no test: it is the process that inSteps kills.
func TestOpensForAnother(t *testing.T) {
	url := os.Getenv("TONGBAO_OPENS")
	if url == "" {
		t.Skip("is run by another test")
	}
	(&oldBooks{}).stepOf(t, 100)
	steps := 0
	_, err := Open(t.Context(), Options{Address: url, Logger: slog.New(eachStep(func() {
		if steps++; steps == 3 {
			fmt.Println("three steps")
			_, _ = io.Copy(io.Discard, os.Stdin)
		}
	}))})
	t.Fatal("nobody killed it", err)
}

// eachStep is told by the log of each step of the migration.
type eachStep func()

func (f eachStep) Enabled(context.Context, slog.Level) bool { return true }
func (f eachStep) WithAttrs([]slog.Attr) slog.Handler       { return f }
func (f eachStep) WithGroup(string) slog.Handler            { return f }
func (f eachStep) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "places become names") {
		f()
	}
	return nil
}

// oldBooks are books as the third version of the schema had them.
type oldBooks struct {
	url, name string
	gifts     int
	many      int64     // the name that has many places, of which the journal knows nothing
	want      []nameRow // what the fourth makes of them
	server    *servers.Server
}

type nameRow struct {
	name  int64
	spots string
}

// ofTheThird makes books of gifts, and one name beside theirs that has many places.
func ofTheThird(t *testing.T, server *servers.Server, options string, gifts int) *oldBooks {
	t.Helper()
	b := &oldBooks{url: server.Database(t), gifts: gifts, server: server}
	b.name = b.url[strings.LastIndexByte(b.url, '/')+1:]
	b.url += options
	s := mustOpen(t, Options{Address: b.url})
	e, err := engine.New(t.Context(), s, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var commands []engine.Command
	for n := range gifts {
		commands = append(commands, give{fmt.Sprint("gift ", n), mine, 1})
	}
	e.SubmitAll(t.Context(), commands, engine.By{}, func(_ int, a engine.Answer) {
		if a.Err != nil {
			t.Error(a.Err)
		}
	})
	e.Close()
	b.want = listNames(t, s)
	if len(b.want) != gifts {
		t.Fatalf("%d gifts have %d names", gifts, len(b.want))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	server.Exec(t, "CREATE TABLE "+b.name+".places (name BIGINT NOT NULL, spot BIGINT UNSIGNED NOT NULL, PRIMARY KEY (name, spot) /*T![clustered_index] CLUSTERED */)",
		"INSERT INTO "+b.name+".places SELECT name, CONV(HEX(spots), 16, 10) FROM "+b.name+".names",
		"DROP TABLE "+b.name+".names", "DELETE FROM "+b.name+".goose_db_version WHERE version_id >= 4")
	many := nameRow{name: b.want[gifts/2].name + 1}
	var values []string
	for n := range uint64(300) {
		p := placed{n*n*n*n*n + 1, uint8(n % 64)}
		many.spots = string(appendSpot([]byte(many.spots), p))
		values = append(values, fmt.Sprintf("(%d, %d)", many.name, p.position<<6|uint64(p.back)))
	}
	server.Exec(t, "INSERT INTO "+b.name+".places (name, spot) VALUES "+strings.Join(values, ", "))
	b.want, b.many = slices.Insert(b.want, gifts/2+1, many), many.name
	return b
}

func listNames(t *testing.T, s *Store) (rows []nameRow) {
	t.Helper()
	err := pool{s.read}.each(t.Context(), "SELECT name, spots FROM names ORDER BY name", func(scan scanner) error {
		var r nameRow
		err := scan(&r.name, &r.spots)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// stepOf has the migration take over so many places at once, and say so each time.
func (b *oldBooks) stepOf(t *testing.T, n int) {
	step, logged := namesStep, namesLogged
	namesStep, namesLogged = n, 0
	t.Cleanup(func() { namesStep, namesLogged = step, logged })
}

// inTheMiddle looks whether the migration was ended after three steps of a hundred.
func (b *oldBooks) inTheMiddle(t *testing.T) {
	t.Helper()
	root, err := b.server.Root()
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	count := func(query string) (n int) {
		t.Helper()
		if err := root.QueryRow(query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count("SELECT COUNT(*) FROM " + b.name + ".names"); n < 300 || n > 310 {
		t.Errorf("three steps of 100 made %d names", n)
	}
	if n := count("SELECT COUNT(*) FROM " + b.name + ".places"); n != b.gifts+300 {
		t.Errorf("%d of %d places are there", n, b.gifts+300)
	}
	if n := count("SELECT COUNT(*) FROM " + b.name + ".head WHERE aside LIKE '%newer schema%'"); n != 1 {
		t.Error("a server of the third version takes payments meanwhile")
	}
	if n := count("SELECT COUNT(*) FROM " + b.name + ".goose_db_version WHERE version_id >= 4"); n != 0 {
		t.Error("the fourth version is said to be there")
	}
}

// opened opens the books, and looks whether they are what they were.
func (b *oldBooks) opened(t *testing.T, o Options) {
	t.Helper()
	o.Address = b.url
	s := mustOpen(t, o)
	defer s.Close()
	if got := listNames(t, s); !slices.Equal(got, b.want) {
		t.Errorf("there are %d names, not %d, or others", len(got), len(b.want))
	}
	if why, err := s.Aside(t.Context()); err != nil || why != "" {
		t.Errorf("the store is set aside: %q, %v", why, err)
	}
	var left sql.NullString
	if err := s.read.QueryRow("SELECT MAX(table_name) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'places'").Scan(&left); err != nil || left.Valid {
		t.Errorf("the table of places is still there, %v", err)
	}
	e, err := engine.New(t.Context(), s, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for n, repeated := range map[int]bool{b.gifts - 1: true, b.gifts: false} {
		if r, err := e.Submit(t.Context(), give{"gift " + strconv.Itoa(n), mine, 1}, engine.By{}); err != nil || r.Repeated != repeated {
			t.Errorf("gift %d: repeated %v, %v", n, r.Repeated, err)
		}
	}
	b.server.Exec(t, fmt.Sprintf("DELETE FROM %s.names WHERE name = %d", b.name, b.many))
	if faults, err := faultsOf(t, s); err != nil || len(faults) > 0 {
		t.Errorf("%v %v", faults, err)
	}
}
