package mysqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
)

// The schema is made by migrations, one file a version, each with a note of what
// it is for; the fourth is names.go. goose notes in goose_db_version which have been.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrate brings the schema to this program's version. Several servers may do it
// at once: each statement is safe to repeat.
func migrate(ctx context.Context, a *address, is server, log *slog.Logger) error {
	config := a.config.Clone()
	config.ParseTime = true // goose reads times
	db := sql.OpenDB(connector{address: a, config: config, settings: is.settings(false), fit: is.fit(a.hosts)})
	defer db.Close()
	provider, version, newest, err := schemaOf(ctx, db, config, log)
	if err != nil || version == newest {
		return err
	}
	free, err := alone(ctx, db, log)
	if err != nil {
		return err
	}
	defer free()
	if _, err := provider.Up(ctx); err != nil {
		if n := numberOf(err); n == errDenied || n == errNoAccessDB {
			return fmt.Errorf("user %q may not %s in the database %q: GRANT ALL ON %[3]s.* TO that user", config.User, denied(err), config.DBName)
		}
		return fmt.Errorf("bring the database's schema to version %d: %w", newest, err)
	}
	var salt [4]byte
	_, _ = rand.Read(salt[:]) // never fails
	_, err = db.ExecContext(ctx, "INSERT IGNORE INTO head (id, position, hash, at, salt, fence, aside) VALUES (1, 0, ?, 0, ?, 0, '')",
		make([]byte, 32), binary.LittleEndian.Uint32(salt[:]))
	return err
}

// hasBooks refuses a database without books, and one whose schema is not this program's.
func hasBooks(ctx context.Context, a *address, is server, log *slog.Logger) error {
	db := sql.OpenDB(connector{address: a, config: a.config, settings: is.settings(false)})
	defer db.Close()
	_, version, newest, err := schemaOf(ctx, db, a.config, log)
	switch {
	case err != nil:
		return err
	case version == 0:
		return fmt.Errorf("the database %q holds no books: correct its name in the store's address", a.config.DBName)
	case version < newest:
		return fmt.Errorf("the database's schema is of version %d and this tongbao's is %d: use the tongbao that serves there, or start a server of this version first, which brings the schema up to date", version, newest)
	}
	return nil
}

// schemaOf is what brings a database's schema up to date, with the version that it has and
// the one that it gets. A schema of a newer tongbao is refused.
func schemaOf(ctx context.Context, db *sql.DB, config *mysql.Config, log *slog.Logger) (provider *goose.Provider, version, newest int64, err error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, 0, 0, err
	}
	fourth := goose.GoFunc{RunDB: func(ctx context.Context, db *sql.DB) error { return placesBecomeNames(ctx, db, log) }}
	provider, err = goose.NewProvider(goose.DialectMySQL, db, files, goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(goose.NewGoMigration(4, &fourth, nil)))
	if err != nil {
		return nil, 0, 0, fmt.Errorf("read the schema's migrations: %w", err)
	}
	for _, source := range provider.ListSources() {
		newest = max(newest, source.Version)
	}
	version, err = schemaVersion(ctx, db, config)
	if err == nil && version > newest {
		err = fmt.Errorf("the database's schema is of version %d, from a newer tongbao; this one knows %d: run the newer one", version, newest)
	}
	return provider, version, newest, err
}

// denied is what the database says that its user may not do, as "DROP command denied to
// user …".
func denied(err error) string {
	var refused *mysql.MySQLError
	if errors.As(err, &refused) {
		if what, _, ok := strings.Cut(refused.Message, " command denied"); ok {
			return what
		}
	}
	return "make tables"
}

// schemaVersion is the newest migration that has been; 0 for an empty database.
func schemaVersion(ctx context.Context, db *sql.DB, config *mysql.Config) (is int64, err error) {
	var newest sql.NullInt64
	err = db.QueryRowContext(ctx, "SELECT MAX(version_id) FROM goose_db_version WHERE is_applied = 1").Scan(&newest)
	if numberOf(err) == errNoTable {
		err = nil
	}
	if numberOf(err) == errDenied {
		err = fmt.Errorf("user %q may not SELECT in the database %q: GRANT ALL ON %[2]s.* TO that user", config.User, config.DBName)
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return newest.Int64, err
}

// alone has one server at a time change a database's schema, where the server can say so
// across its sessions; Galera's nodes can't, nor some OceanBase.
func alone(ctx context.Context, db *sql.DB, log *slog.Logger) (free func(), err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	const lock = "CONCAT('tongbao.schema.', MD5(DATABASE()))"
	for {
		var got sql.NullInt64
		err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+lock+", 5)").Scan(&got)
		switch {
		case err == nil && got.Int64 == 1:
			return func() {
				_, _ = conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+lock+")")
				_ = conn.Close()
			}, nil
		case err == nil && got.Valid:
			log.Info("another server brings the database's schema to its newest version; waiting for it")
		case isLost(err), ctx.Err() != nil:
			return nil, errors.Join(err, ctx.Err(), conn.Close())
		default: // it knows no such locks
			return func() { _ = conn.Close() }, nil
		}
	}
}
