package mysqlstore

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tongbao/internal/engine"
)

func TestPlacesBecomeNames(t *testing.T) {
	server := onMariaDB(t)
	becomeNames(t, server.Database(t), func(statements ...string) { server.Exec(t, statements...) })
}

// becomeNames has the fourth migration take over the places of books of the third.
func becomeNames(t *testing.T, url string, exec func(...string)) {
	s := mustOpen(t, Options{Address: url})
	e, err := engine.New(t.Context(), s, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		if _, err := e.Submit(t.Context(), give{fmt.Sprint("gift ", n), mine, 1}, engine.By{}); err != nil {
			t.Fatal(err)
		}
	}
	e.Close()
	type row struct {
		name  int64
		spots string
	}
	list := func(from *sql.DB) (rows []row) {
		t.Helper()
		err := pool{from}.each(t.Context(), "SELECT name, spots FROM names ORDER BY name", func(scan scanner) error {
			var r row
			err := scan(&r.name, &r.spots)
			rows = append(rows, r)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	want := list(s.read)
	if len(want) != 20 {
		t.Fatalf("20 gifts have %d names", len(want))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// As the third version had it, with one name of many places.
	name, _, _ := strings.Cut(url[strings.LastIndexByte(url, '/')+1:], "?")
	exec("CREATE TABLE "+name+".places (name BIGINT NOT NULL, spot BIGINT UNSIGNED NOT NULL, PRIMARY KEY (name, spot) /*T![clustered_index] CLUSTERED */)",
		"INSERT INTO "+name+".places SELECT name, CONV(HEX(spots), 16, 10) FROM "+name+".names",
		"DROP TABLE "+name+".names", "DELETE FROM "+name+".goose_db_version WHERE version_id = 4")
	many := row{name: want[len(want)-1].name + 1}
	for n := range uint64(300) {
		p := placed{n*n*n*n*n + 1, uint8(n % 64)}
		many.spots = string(appendSpot([]byte(many.spots), p))
		exec(fmt.Sprintf("INSERT INTO %s.places (name, spot) VALUES (%d, %d)", name, many.name, p.position<<6|uint64(p.back)))
	}

	s = mustOpen(t, Options{Address: url})
	defer s.Close()
	if got := list(s.read); !slices.Equal(got, append(want, many)) {
		t.Errorf("the names are\n%v, not\n%v", got, append(want, many))
	}
	if why, err := s.Aside(t.Context()); err != nil || why != "" {
		t.Errorf("the store is set aside: %q, %v", why, err)
	}
	if e, err = engine.New(t.Context(), s, engine.Options{}); err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for n, repeated := range map[int]bool{19: true, 20: false} {
		if r, err := e.Submit(t.Context(), give{fmt.Sprint("gift ", n), mine, 1}, engine.By{}); err != nil || r.Repeated != repeated {
			t.Errorf("gift %d: repeated %v, %v", n, r.Repeated, err)
		}
	}
}
