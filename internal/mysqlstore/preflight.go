package mysqlstore

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// brand is what a server is. They all speak one protocol and differ in what must
// be asked of them.
type brand string

const (
	mySQL     brand = "MySQL"
	mariaDB   brand = "MariaDB"
	tiDB      brand = "TiDB"
	oceanBase brand = "OceanBase"
)

// server is what the database told of itself at the start.
type server struct {
	brand     brand
	version   [3]int
	text      string            // its version in its own words
	variables map[string]string // those in asked
	redo      string            // MySQL's: whether InnoDB's redo log is on; empty where it can't be off
}

// least is the oldest version of each that is known to do.
var least = map[brand][3]int{mySQL: {8, 0, 16}, mariaDB: {10, 6, 0}, tiDB: {7, 5, 0}, oceanBase: {4, 2, 0}}

// asked are the variables that decide whether the database can be used.
var asked = []string{"innodb_flush_log_at_trx_commit", "innodb_doublewrite", "log_bin", "sync_binlog", "binlog_format", "max_allowed_packet", "read_only",
	"innodb_flush_method", "group_replication_group_name", "group_replication_single_primary_mode", "group_replication_consistency", "group_replication_unreachable_majority_timeout", "wsrep_on", "wsrep_sync_wait", "idle_transaction_timeout", "tidb_idle_transaction_timeout", "ob_trx_idle_timeout", "in_predicate_conversion_threshold", "unique_checks"}

// leastPacket is room for a statement: the largest block of the journal, in
// hexadecimal, and what stands beside it.
const leastPacket = 16 << 20

// look asks the server what it is.
func lookAt(ctx context.Context, db *sql.DB) (server, error) {
	s := server{variables: map[string]string{}}
	if err := db.QueryRowContext(ctx, "SELECT VERSION()").Scan(&s.text); err != nil {
		return s, err
	}
	s.brand, s.version = parseVersion(s.text)
	quoted := "'" + strings.Join(asked, "','") + "'"
	rows, err := db.QueryContext(ctx, "SHOW VARIABLES WHERE Variable_name IN ("+quoted+")")
	if err != nil {
		return s, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return s, err
		}
		s.variables[strings.ToLower(name)] = value
	}
	if err := rows.Err(); err != nil {
		return s, err
	}
	var name string
	err = db.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'Innodb_redo_log_enabled'").Scan(&name, &s.redo)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return s, err
}

// parseVersion reads "10.11.6-MariaDB-…", "8.0.11-TiDB-v8.5.4",
// "5.7.25-OceanBase-v4.2.1.0", "8.0.36".
func parseVersion(text string) (brand, [3]int) {
	is, number := mySQL, text
	switch before, after, _ := strings.Cut(text, "-"); {
	case strings.HasPrefix(after, "TiDB-"):
		is, number = tiDB, strings.TrimPrefix(strings.TrimPrefix(after, "TiDB-"), "v")
	case strings.HasPrefix(after, "OceanBase"):
		is, number = oceanBase, strings.TrimLeft(strings.TrimPrefix(after, "OceanBase"), "_CE-v")
	case strings.Contains(after, "MariaDB"):
		is, number = mariaDB, before
	default:
		number = before
	}
	var v [3]int
	for i, part := range strings.SplitN(number, ".", 4) {
		if i == 3 {
			break
		}
		digits := part
		if end := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
			digits = part[:end]
		}
		v[i], _ = strconv.Atoi(digits)
	}
	return is, v
}

func (s server) name() string {
	return fmt.Sprintf("%s %d.%d.%d", s.brand, s.version[0], s.version[1], s.version[2])
}

func older(a, b [3]int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

func (s server) on(variable string) bool {
	switch strings.ToUpper(s.variables[variable]) {
	case "ON", "1", "YES":
		return true
	}
	return false
}

// check refuses a server that cannot be trusted with money, in a sentence with
// the remedy. What can be set for a connection is set, and not asked for.
func (s server) check(durable bool) error {
	if err := s.checkVersion(); err != nil {
		return err
	}
	packet, err := strconv.ParseInt(s.variables["max_allowed_packet"], 10, 64)
	if err == nil && packet < leastPacket {
		return fmt.Errorf("the database takes statements of at most %d bytes: SET GLOBAL max_allowed_packet = %d, and the same in its configuration", packet, leastPacket)
	}
	if s.on("log_bin") && strings.EqualFold(s.variables["binlog_format"], "STATEMENT") {
		return errors.New("the database's binlog_format is STATEMENT, which cannot log what is done at READ COMMITTED: set binlog_format = ROW")
	}
	if s.on("read_only") {
		return errors.New("the database takes no writes (read_only = ON), as a replica: name the one that takes writes in the store's address, or set read_only = OFF")
	}
	if s.inGroup() {
		if err := s.checkGroup(); err != nil {
			return err
		}
	}
	if !durable {
		return nil
	}
	const or = "; to try things out on it, where losing everything does no harm, add ?durable=no to the address"
	switch {
	case s.variables["innodb_flush_log_at_trx_commit"] != "" && s.variables["innodb_flush_log_at_trx_commit"] != "1" && s.brand != tiDB:
		return fmt.Errorf("the database acknowledges commits that it has not synced: set innodb_flush_log_at_trx_commit = 1, not %s%s", s.variables["innodb_flush_log_at_trx_commit"], or)
	case s.on("log_bin") && s.brand != tiDB && s.variables["sync_binlog"] != "1":
		return fmt.Errorf("the database does not sync its binary log, without which it undoes commits after a power cut: set sync_binlog = 1, not %s%s", s.variables["sync_binlog"], or)
	case strings.EqualFold(s.variables["innodb_flush_method"], "nosync"):
		return fmt.Errorf("the database syncs nothing to its disk: set innodb_flush_method = O_DIRECT, not nosync%s", or)
	case s.redo == "OFF":
		return fmt.Errorf("the database keeps no redo log, without which a crash leaves it in ruins: ALTER INSTANCE ENABLE INNODB REDO_LOG%s", or)
	case (strings.EqualFold(s.variables["innodb_doublewrite"], "OFF") || strings.EqualFold(s.variables["innodb_doublewrite"], "DETECT_ONLY")) && s.brand != tiDB:
		return fmt.Errorf("a power cut can tear the database's pages for good: set innodb_doublewrite = ON%s", or)
	}
	return nil
}

func (s server) checkVersion() error {
	if min := least[s.brand]; older(s.version, min) {
		return fmt.Errorf("the database is %s, which is too old: upgrade it to at least %s %d.%d.%d", s.name(), s.brand, min[0], min[1], min[2])
	}
	return nil
}

// checkGroup refuses a node of MySQL's group replication that may show less than what was
// acknowledged to somebody.
func (s server) checkGroup() error {
	switch {
	case !s.on("group_replication_single_primary_mode"):
		return errors.New("each node of the database's group takes writes, and may not show yet what another has committed: SELECT group_replication_switch_to_single_primary_mode()")
	case strings.EqualFold(s.variables["group_replication_consistency"], "EVENTUAL"):
		return errors.New("a new primary of the database's group answers before it has all that the one before has committed: set group_replication_consistency = BEFORE_ON_PRIMARY_FAILOVER on each node, not EVENTUAL")
	case s.variables["group_replication_unreachable_majority_timeout"] == "0":
		return errors.New("a node of the database's group that is cut off from the others goes on answering, with what was true when it was, for as long as that lasts: set group_replication_unreachable_majority_timeout = 10 on each node, not 0")
	}
	return nil
}

var errNoPrimary = errors.New("the database is a node of a group, and not the one that takes writes for it: name all of the group's nodes in the store's address, and look whether the group has a primary")

// checkRole refuses a node of a group but its primary, as each connection does later on.
func (s server) checkRole(ctx context.Context, db *sql.DB) error {
	if !s.inGroup() {
		return nil
	}
	var name, role string
	err := db.QueryRowContext(ctx, primary.show).Scan(&name, &role)
	switch {
	case numberOf(err) == errDenied:
		return fmt.Errorf("the database is a node of a group, and its user may not see whether it is the primary: GRANT SELECT ON %s TO that user", groups)
	case err != nil:
		return fmt.Errorf("ask the database for its role in its group: %w", err)
	case role != primary.want:
		return errNoPrimary
	}
	return nil
}

// checkEngine refuses a TiDB without TiKV: its built-in store keeps nothing.
func (s server) checkEngine(ctx context.Context, db *sql.DB, durable bool) error {
	if s.brand != tiDB || !durable {
		return nil
	}
	var told string
	if err := db.QueryRowContext(ctx, "SELECT tidb_version()").Scan(&told); err != nil {
		return fmt.Errorf("ask TiDB what it stands on: %w", err)
	}
	if !strings.Contains(told, "Store: tikv") {
		return errors.New("this TiDB stands on its built-in store, which loses acknowledged commits when its process dies: let it stand on TiKV; to try things out on it, where losing everything does no harm, add ?durable=no to the address")
	}
	return nil
}

// settings make a connection's sessions what the store counts on, whatever the
// server's defaults are.
func (s server) settings(writing bool) []string {
	set := []string{
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
		"SET SESSION time_zone = '+00:00'",
		"SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
		"SET SESSION autocommit = 1",
	}
	has := func(variable string) bool { _, ok := s.variables[variable]; return ok }
	if s.brand == tiDB {
		set = append(set, "SET SESSION tidb_txn_mode = 'pessimistic'")
		set = append(set, "SET SESSION tidb_use_plan_baselines = OFF") // to look for them TiDB writes each statement out again and reads it a third time
	}
	if s.brand == oceanBase {
		set = append(set, fmt.Sprintf("SET SESSION ob_query_timeout = %d", slowest.Microseconds())) // its own is shorter than a large batch may take
	}
	if has("in_predicate_conversion_threshold") {
		set = append(set, "SET SESSION in_predicate_conversion_threshold = 0") // long lists stay what they are: look-ups
	}
	if !writing {
		if s.on("wsrep_on") {
			set = append(set, "SET SESSION wsrep_sync_wait = 1") // what was acknowledged on another node is seen
		}
		return set
	}
	set = append(set, fmt.Sprintf("SET SESSION innodb_lock_wait_timeout = %d", turnSeconds))
	// A server that stops in the middle of a batch gives its turn back.
	switch {
	case has("ob_trx_idle_timeout"): // in microseconds, as are the two of the same kind
		set = append(set, fmt.Sprintf("SET SESSION ob_trx_idle_timeout = %d", idleSeconds*1_000_000), fmt.Sprintf("SET SESSION ob_trx_lock_timeout = %d", turnSeconds*1_000_000))
	case has("idle_transaction_timeout"):
		set = append(set, fmt.Sprintf("SET SESSION idle_transaction_timeout = %d", idleSeconds))
	case has("tidb_idle_transaction_timeout"):
		set = append(set, fmt.Sprintf("SET SESSION tidb_idle_transaction_timeout = %d", idleSeconds))
	default:
		set = append(set, fmt.Sprintf("SET SESSION wait_timeout = %d", idleSeconds))
	}
	return set
}

// slowest is how long a statement may take at most: then its connection is given up.
const slowest = 30 * time.Second

const (
	turnSeconds = 3  // how long a statement waits for another server's batch
	idleSeconds = 10 // how long a batch may keep the database waiting for its next statement
)

// cannotOpen says why there is no connection, with the remedy.
func cannotOpen(a *address, err error) error {
	var refused *mysql.MySQLError
	if errors.As(err, &refused) {
		switch refused.Number {
		case errNoDatabase:
			return fmt.Errorf("the database %q does not exist: CREATE DATABASE %s, and grant %s everything on it", a.config.DBName, a.config.DBName, a.config.User)
		case errNoAccess, 1698:
			or := ""
			if a.config.TLS == nil { // MariaDB says the same to who is right, and not encrypted
				or = ", or begin the address with mysql+tls:// where the database takes encrypted connections alone"
			}
			return fmt.Errorf("the database does not let user %q in: correct the user or the password in the store's address%s", a.config.User, or)
		case errEncrypted:
			return errors.New("the database takes encrypted connections alone: begin the store's address with mysql+tls://, and name the authority of its certificate by ?ca=FILE where it isn't a public one")
		case errNoAccessDB:
			return fmt.Errorf("user %q may not use the database %q: GRANT ALL ON %s.* TO that user, or correct its name in the store's address", a.config.User, a.config.DBName, a.config.DBName)
		}
	}
	var unknown x509.UnknownAuthorityError
	var another x509.HostnameError
	remedy := ""
	switch {
	case errors.As(err, &unknown):
		remedy = "; name the authority that signed the database's certificate by ?ca=FILE in the store's address"
	case errors.As(err, &another):
		remedy = "; give the database a certificate that names the hosts of the address"
	}
	return fmt.Errorf("the database at %s cannot be reached: %w%s", strings.Join(a.hosts, ", "), err, remedy)
}
