package mysqlstore

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"tongbao/test/servers"
)

// What cannot be trusted with money is refused at the start, in a sentence that says
// what to do.
func TestRefusedAtTheStart(t *testing.T) {
	refused(t, servers.MariaDB(t, "--log-bin=binlog", "--character-set-server=latin1", "--collation-server=latin1_german2_ci"), "tx_isolation", nil)
}

func TestRefusedAtTheStartOnMySQL(t *testing.T) {
	refused(t, servers.MySQL(t, "--character-set-server=latin1", "--collation-server=latin1_german2_ci"), "transaction_isolation", []unfit{
		{"pages that are not mended", "", []string{"SET GLOBAL innodb_doublewrite = DETECT_ONLY"}, []string{"SET GLOBAL innodb_doublewrite = ON"}, []string{"tear", "set innodb_doublewrite = ON"}},
		{"no redo log", "", []string{"ALTER INSTANCE DISABLE INNODB REDO_LOG"}, []string{"ALTER INSTANCE ENABLE INNODB REDO_LOG"}, []string{"no redo log", "ALTER INSTANCE ENABLE INNODB REDO_LOG"}},
		{"a server that only reads, root too", "", []string{"SET GLOBAL super_read_only = ON"}, []string{"SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF"}, []string{"read_only", "name the one that takes writes"}},
	})
}

// unfit is an address that is refused, or the usual one with what root set before.
type unfit struct {
	name    string
	address string
	set     []string // as root, before; and after
	unset   []string
	want    []string
}

func refused(t *testing.T, server *servers.Server, isolation string, more []unfit) {
	url := server.Database(t)
	name := url[strings.LastIndexByte(url, '/')+1:]
	empty := server.Database(t)
	empty = empty[strings.LastIndexByte(empty, '/')+1:]
	fresh := server.Database(t)
	fresh = fresh[strings.LastIndexByte(fresh, '/')+1:]
	server.Exec(t, "CREATE USER 'keeper'@'%' IDENTIFIED BY 'x'", "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER ON `"+fresh+"`.* TO 'keeper'@'%'")
	server.Exec(t, "CREATE USER 'reader'@'%' IDENTIFIED BY 'x'", "GRANT SELECT ON `"+empty+"`.* TO 'reader'@'%'", "CREATE USER 'nobody'@'%' IDENTIFIED BY 'x'")
	as := func(user, password string) string {
		return "mysql://" + user + ":" + password + "@" + server.Addr + "/" + name
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := silent.Addr().String()
	silent.Close()

	newer := server.Database(t)
	mustOpen(t, Options{Address: newer}).Close()
	server.Exec(t, "INSERT INTO "+newer[strings.LastIndexByte(newer, '/')+1:]+".goose_db_version (version_id, is_applied) VALUES (99, 1)")

	// Users who lack one thing each, of which the schema knows nothing.
	may := []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP"}
	mustOpen(t, Options{Address: url}).Close()
	for _, lacks := range may {
		rest := strings.Join(slices.DeleteFunc(slices.Clone(may), func(one string) bool { return one == lacks }), ", ")
		server.Exec(t, "CREATE USER 'no_"+lacks+"'@'%' IDENTIFIED BY 'x'", "GRANT "+rest+" ON `"+name+"`.* TO 'no_"+lacks+"'@'%'")
	}

	eachRefused(t, server, url, append([]unfit{
		{"no database in the address", "mysql://tongbao:x@" + server.Addr, nil, nil, []string{"not understood", "mysql://USER:PASSWORD@HOST:PORT/DATABASE"}},
		{"an option that is none", url + "?fsync=no", nil, nil, []string{`the option "fsync"`, "durable=no"}},
		{"an option of a value that is none", url + "?durable=nope", nil, nil, []string{"durable=nope", "only durable=no"}},
		{"a comma and no host", strings.Replace(url, server.Addr, server.Addr+",", 1), nil, nil, []string{"no host", "mysql://USER:PASSWORD@HOST:PORT/DATABASE"}},
		{"nobody listens", "mysql://tongbao:x@" + free + "/books", nil, nil, []string{"cannot be reached", free}},
		{"the database does not exist", server.URL("tongbao_gone"), nil, nil, []string{`"tongbao_gone" does not exist`, "CREATE DATABASE tongbao_gone"}},
		{"a wrong password", as(servers.User, "wrong"), nil, nil, []string{`does not let user "tongbao" in`, "correct the user or the password"}},
		{"a user who may not use it", as("nobody", "x"), nil, nil, []string{`user "nobody" may not use the database`, "GRANT ALL ON", "or correct its name"}},
		{"a user who may not write", "mysql://reader:x@" + server.Addr + "/" + empty, nil, nil, []string{`user "reader" may not CREATE in the database`, "GRANT ALL ON"}},
		{"a user who may not drop, before there is a schema", "mysql://keeper:x@" + server.Addr + "/" + fresh, nil, nil, []string{`user "keeper" may not DROP in the database`, "GRANT ALL ON " + fresh + ".*"}},
		{"a user who may not read", as("no_SELECT", "x"), nil, nil, []string{`user "no_SELECT" may not SELECT`, "GRANT ALL ON " + name + ".*"}},
		{"a user who may not insert", as("no_INSERT", "x"), nil, nil, []string{`user "no_INSERT" may not INSERT`, "GRANT ALL ON " + name + ".*"}},
		{"a user who may not update", as("no_UPDATE", "x"), nil, nil, []string{`user "no_UPDATE" may not UPDATE`, "GRANT ALL ON " + name + ".*"}},
		{"a user who may not delete", as("no_DELETE", "x"), nil, nil, []string{`user "no_DELETE" may not DELETE`, "GRANT ALL ON " + name + ".*"}},
		{"a user who may not make tables", as("no_CREATE", "x"), nil, nil, []string{`user "no_CREATE" may not CREATE`, "GRANT ALL ON " + name + ".*"}},
		{"a user who may not change tables", as("no_ALTER", "x"), nil, nil, []string{`user "no_ALTER" may not ALTER`, "GRANT ALL ON " + name + ".*"}},
		{"a user who may not drop", as("no_DROP", "x"), nil, nil, []string{`user "no_DROP" may not DROP`, "GRANT ALL ON " + name + ".*"}},
		{"a schema from a newer tongbao", newer, nil, nil, []string{"version 99", "newer tongbao", "run the newer one"}},
		{"commits that are not synced", url, []string{"SET GLOBAL innodb_flush_log_at_trx_commit = 2"}, []string{"SET GLOBAL innodb_flush_log_at_trx_commit = 1"},
			[]string{"has not synced", "set innodb_flush_log_at_trx_commit = 1"}},
		{"a binary log that is not synced", url, []string{"SET GLOBAL sync_binlog = 0"}, []string{"SET GLOBAL sync_binlog = 1"}, []string{"binary log", "set sync_binlog = 1"}},
		{"a binary log of statements", url, []string{"SET GLOBAL binlog_format = STATEMENT"}, []string{"SET GLOBAL binlog_format = MIXED"}, []string{"STATEMENT", "set binlog_format = ROW"}},
		{"too small a packet", url, []string{"SET GLOBAL max_allowed_packet = 1048576"}, []string{"SET GLOBAL max_allowed_packet = 67108864"}, []string{"1048576 bytes", "SET GLOBAL max_allowed_packet"}},
		{"a server that wants TLS", url, []string{"SET GLOBAL require_secure_transport = ON"}, []string{"SET GLOBAL require_secure_transport = OFF"}, []string{"takes encrypted connections alone", "begin the", "mysql+tls://"}},
		{"a server that only reads", url, []string{"SET GLOBAL read_only = ON"}, []string{"SET GLOBAL read_only = OFF"}, []string{"read_only", "name the one that takes writes"}},
	}, more...))

	// Time zone, isolation, collation and mode are each connection's own, so a server
	// that has others does as well.
	server.Exec(t, "SET GLOBAL time_zone = '-07:00'", "SET GLOBAL "+isolation+" = 'SERIALIZABLE'", "SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'", "SET GLOBAL autocommit = OFF")
	other := mustOpen(t, Options{Address: url})
	defer other.Close()
	var mode, zone, level, set string
	if err := other.write.QueryRow("SELECT @@sql_mode, @@time_zone, @@"+isolation+", @@character_set_connection").Scan(&mode, &zone, &level, &set); err != nil ||
		strings.Contains(mode, "NO_BACKSLASH") || zone != "+00:00" || level != "READ-COMMITTED" || set != "binary" {
		t.Errorf("a session has mode %s, zone %s, level %s, character set %s, %v", mode, zone, level, set, err)
	}
	if faults, err := faultsOf(t, other); err != nil || len(faults) > 0 {
		t.Errorf("%v %v", faults, err)
	}
}

// What a server of this machine can't be made to say.
func TestRefusedByWhatTheServerSays(t *testing.T) {
	for _, c := range []struct {
		version   string
		variables map[string]string
		redo      string
		want      string
	}{
		{"10.3.39-MariaDB-0+deb10u1", nil, "", "MariaDB 10.3.39, which is too old: upgrade it to at least MariaDB 10.6.0"},
		{"5.7.44-log", nil, "", "MySQL 5.7.44, which is too old: upgrade it to at least MySQL 8.0.16"},
		{"8.0.11-TiDB-v6.5.0", nil, "", "TiDB 6.5.0, which is too old: upgrade it to at least TiDB 7.5.0"},
		{"5.7.25-OceanBase-v3.1.4", nil, "", "OceanBase 3.1.4, which is too old: upgrade it to at least OceanBase 4.2.0"},
		{"10.11.6-MariaDB", map[string]string{"innodb_doublewrite": "OFF"}, "", "set innodb_doublewrite = ON"},
		{"8.0.36", map[string]string{"innodb_doublewrite": "DETECT_ONLY"}, "", "set innodb_doublewrite = ON"},
		{"8.0.36", map[string]string{"innodb_flush_method": "nosync"}, "", "set innodb_flush_method = O_DIRECT"},
		{"8.0.36", nil, "OFF", "ALTER INSTANCE ENABLE INNODB REDO_LOG"},
		{"8.0.36", map[string]string{"innodb_flush_log_at_trx_commit": "1", "innodb_doublewrite": "ON", "innodb_flush_method": "O_DIRECT"}, "ON", ""},
	} {
		s := server{text: c.version, variables: c.variables, redo: c.redo}
		s.brand, s.version = parseVersion(c.version)
		switch err := s.check(true); {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.version, err, c.want)
		}
	}
}

// What a server lacks for giving back the turn of one that stopped is made up for by
// what it has.
func TestTheTurnIsGivenBackEverywhere(t *testing.T) {
	for _, c := range []struct {
		version string
		has     string
		want    []string
	}{
		{"10.11.6-MariaDB", "idle_transaction_timeout", []string{"idle_transaction_timeout = 10", "innodb_lock_wait_timeout = 3"}},
		{"8.0.11-TiDB-v8.5.4", "tidb_idle_transaction_timeout", []string{"tidb_idle_transaction_timeout = 10", "tidb_txn_mode = 'pessimistic'"}},
		{"8.0.36", "", []string{"wait_timeout = 10"}},
		{"5.7.25-OceanBase-v4.2.1.0", "ob_trx_idle_timeout", []string{"ob_trx_idle_timeout = 10000000", "ob_trx_lock_timeout = 3000000", "ob_query_timeout = 30000000"}},
	} {
		s := server{variables: map[string]string{c.has: "0"}}
		s.brand, s.version = parseVersion(c.version)
		for _, want := range c.want {
			if settings := s.settings(true); !slices.Contains(settings, "SET SESSION "+want) {
				t.Errorf("%s: %q lack %s", c.version, settings, want)
			}
		}
	}
}

// eachRefused has the store refuse each, and url where none is named.
func eachRefused(t *testing.T, server *servers.Server, url string, all []unfit) {
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			if c.address == "" {
				c.address = url
			}
			root, err := server.Root()
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			conn, err := root.Conn(t.Context()) // one that is there may undo what keeps others out
			if err != nil {
				t.Fatal(err)
			}
			exec := func(statements []string) {
				for _, statement := range statements {
					if _, err := conn.ExecContext(t.Context(), statement); err != nil {
						t.Fatalf("%s: %v", statement, err)
					}
				}
			}
			exec(c.set)
			defer exec(c.unset)
			s, err := Open(context.Background(), Options{Address: c.address})
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v: it lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), servers.Password) {
				t.Errorf("the password is in %v", err)
			}
		})
	}
}

// A node of a group is used where it is seen to be the primary, and the group shows no
// more and no less than what was acknowledged.
func TestANodeOfAGroupIsRefused(t *testing.T) {
	server := servers.MySQL(t, "--plugin-load-add=group_replication.so", "--group-replication-group-name=5b2f1c3a-8d55-4a0e-9f0b-7c2f8d1e6a90", "--group-replication-unreachable-majority-timeout=10")
	url := server.Database(t)
	const look = "SELECT ON performance_schema.replication_group_members"
	eachRefused(t, server, url, []unfit{
		{"several primaries", "", []string{"SET GLOBAL group_replication_single_primary_mode = OFF"}, []string{"SET GLOBAL group_replication_single_primary_mode = ON"}, []string{"takes writes", "group_replication_switch_to_single_primary_mode()"}},
		{"a new primary that answers early", "", []string{"SET GLOBAL group_replication_consistency = 'EVENTUAL'"}, []string{"SET GLOBAL group_replication_consistency = 'BEFORE_ON_PRIMARY_FAILOVER'"}, []string{"new primary", "group_replication_consistency = BEFORE_ON_PRIMARY_FAILOVER"}},
		{"one that goes on alone", "", []string{"SET GLOBAL group_replication_unreachable_majority_timeout = 0"}, []string{"SET GLOBAL group_replication_unreachable_majority_timeout = 10"}, []string{"cut off", "group_replication_unreachable_majority_timeout = 10"}},
		{"one whose role the user may not see", "", nil, nil, []string{"GRANT " + look}},
		{"one that has not joined", "", []string{"GRANT " + look + " TO " + servers.User}, []string{"REVOKE " + look + " FROM " + servers.User}, []string{"not the one that takes writes", "name all of the group's nodes"}},
	})
}

// Who changes nothing needs no more than to read: on a replica, by an auditor's user, from
// a database that was set for something else. Where there are no books none are made.
func TestBooksThatAreOnlyRead(t *testing.T) {
	server := servers.MariaDB(t)
	url := server.Database(t)
	name := url[strings.LastIndexByte(url, '/')+1:]
	s := newGiver(t, url)
	if err := s.gift(t); err != nil {
		t.Fatal(err)
	}
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	reading := func(url string) (*Store, error) {
		return Open(t.Context(), Options{Address: url, ReadOnly: true})
	}
	server.Exec(t, "CREATE USER 'auditor'@'%' IDENTIFIED BY 'x'", "GRANT SELECT ON `"+name+"`.* TO 'auditor'@'%'",
		"SET GLOBAL read_only = ON", "SET GLOBAL innodb_flush_log_at_trx_commit = 0", "SET GLOBAL max_allowed_packet = 8388608")
	r, err := reading("mysql://auditor:x@" + server.Addr + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if faults, err := faultsOf(t, r); err != nil || len(faults) > 0 {
		t.Errorf("%v %v", faults, err)
	}
	if is, err := r.Head(t.Context()); err != nil || is != head {
		t.Errorf("it reads head %+v of %+v, %v", is, head, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}

	server.Exec(t, "SET GLOBAL read_only = OFF", "INSERT INTO "+name+".goose_db_version (version_id, is_applied) VALUES (99, 1)")
	refused := func(url, want string) {
		t.Helper()
		if r, err := reading(url); err == nil {
			r.Close()
			t.Errorf("opened, and wanted was: %s", want)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: it lacks %q", err, want)
		}
	}
	refused(server.Database(t), "holds no books: correct its name")
	refused(url, "version 99, from a newer tongbao")
	server.Exec(t, "UPDATE "+name+".goose_db_version SET version_id = 1 WHERE version_id > 1")
	refused(url, "start a server of this version first")
}
