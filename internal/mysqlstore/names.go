package mysqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"
)

// The fourth version of the schema: one row for each name, in place of one for each
// place that a name has.
//
// A name is looked for before nearly each payment, and is nearly always new. Where the
// key is the name alone, databases find it by the whole key, and TiDB as one number: it
// had walked a range of the key for each. Few names have a second place: bulk records
// that a later command wrote again, and names that two things share.
//
// It is a program and no file of statements, since books are larger than what one
// transaction may be: what there was is taken over in steps, in the order of the names,
// each of which is there as a whole or not at all. So the newest name there is tells
// how far an earlier start came, and a start that ends in the middle is made good by
// the next. Meanwhile no batch begins, on servers of the version before as well; after
// it these find no table, and stop taking writes.

const (
	beginNames = "UPDATE head SET aside = 'the database is getting a newer schema: start this server again with the newer tongbao' WHERE id = 1 AND aside = ''"

	// names say in which entries a command or a bulk record is. name is 64 bits of the
	// command's id or the record's, with a sign, since MariaDB compares a list of numbers
	// that has none one by one; spots are 8 bytes each, oldest first: 64 times the entry's
	// position, and how far before it its block begins.
	createNames = `CREATE TABLE IF NOT EXISTS names (
    name  BIGINT     NOT NULL,
    spots MEDIUMBLOB NOT NULL,
    PRIMARY KEY (name) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary`

	// One statement is one transaction.
	fillNames = `INSERT IGNORE INTO names (name, spots)
    SELECT name, GROUP_CONCAT(UNHEX(LPAD(HEX(spot), 16, '0')) ORDER BY spot SEPARATOR '') FROM places WHERE name BETWEEN ? AND ? GROUP BY name`

	dropPlaces = "DROP TABLE IF EXISTS places"
	endNames   = "UPDATE head SET aside = '' WHERE id = 1 AND aside LIKE 'the database is getting a newer schema%'"
)

// namesStep is how many places are taken over at once: a transaction of some 1 MB.
var namesStep = 20_000

// namesLogged is how often the log says how far it is.
var namesLogged = 5 * time.Second

// placesBecomeNames is the fourth migration. It is safe to repeat, and for two servers
// to do at once, where nothing could keep them from it.
func placesBecomeNames(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	conn, err := db.Conn(ctx) // one session, whose groups may be long
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, statement := range []string{createNames, beginNames, "SET SESSION group_concat_max_len = 16777215"} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	// Without a table of places they were taken over: by an earlier start that ended
	// there, or by another server.
	if err := takeOverPlaces(ctx, conn, log); err != nil && numberOf(err) != errNoTable {
		return err
	}
	for _, statement := range []string{dropPlaces, endNames} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// takeOverPlaces goes on behind the newest name there is.
func takeOverPlaces(ctx context.Context, conn *sql.Conn, log *slog.Logger) error {
	var newest sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT MAX(name) FROM names").Scan(&newest); err != nil {
		return err
	}
	from := int64(math.MinInt64)
	if newest.Valid {
		if newest.Int64 == math.MaxInt64 {
			return nil
		}
		from = newest.Int64 + 1
	}
	logged := time.Now()
	for more := true; more; {
		upTo := int64(math.MaxInt64)
		err := conn.QueryRowContext(ctx, "SELECT name FROM places WHERE name >= ? ORDER BY name LIMIT 1 OFFSET ?", from, namesStep).Scan(&upTo)
		if more = !errors.Is(err, sql.ErrNoRows); more && err != nil {
			return err
		}
		for tries := 0; ; tries++ {
			if _, err = conn.ExecContext(ctx, fillNames, from, upTo); !isConflict(err) || tries == 20 {
				break
			}
		}
		if err != nil {
			return fmt.Errorf("take over places from %d: %w", from, err)
		}
		if more = more && upTo < math.MaxInt64; more {
			from = upTo + 1
		}
		if time.Since(logged) >= namesLogged {
			// Names are spread evenly over all numbers.
			log.Info("the database's schema is brought to version 4: places become names", "done_percent", int(math.Round(100*(float64(upTo)/math.Exp2(64)+0.5))))
			logged = time.Now()
		}
	}
	return nil
}
