package mysqlstore

import (
	"context"
	"net"
	"strings"
	"testing"

	"tongbao/test/servers"
)

// What cannot be trusted with money is refused at the start, in a sentence that says
// what to do.
func TestRefusedAtTheStart(t *testing.T) {
	server := servers.MariaDB(t, "--log-bin=binlog", "--character-set-server=latin1", "--collation-server=latin1_german2_ci")
	url := server.Database(t)
	name := url[strings.LastIndexByte(url, '/')+1:]
	server.Exec(t, "CREATE USER 'reader'@'%' IDENTIFIED BY 'x'", "GRANT SELECT ON `"+name+"`.* TO 'reader'@'%'", "CREATE USER 'nobody'@'%' IDENTIFIED BY 'x'")
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

	for _, c := range []struct {
		name    string
		address string
		set     []string // as root, before; and after
		unset   []string
		want    []string
	}{
		{"no database in the address", "mysql://tongbao:x@" + server.Addr, nil, nil, []string{"not understood", "mysql://USER:PASSWORD@HOST:PORT/DATABASE"}},
		{"an option that is none", url + "?fsync=no", nil, nil, []string{`the option "fsync"`, "durable=no"}},
		{"nobody listens", "mysql://tongbao:x@" + free + "/books", nil, nil, []string{"cannot be reached", free}},
		{"the database does not exist", server.URL("tongbao_gone"), nil, nil, []string{`"tongbao_gone" does not exist`, "CREATE DATABASE tongbao_gone"}},
		{"a wrong password", as(servers.User, "wrong"), nil, nil, []string{`does not let user "tongbao" in`, "correct the user or the password"}},
		{"a user who may not use it", as("nobody", "x"), nil, nil, []string{`user "nobody" may not use the database`, "GRANT ALL ON"}},
		{"a user who may not write", as("reader", "x"), nil, nil, []string{`user "reader" may not make tables`, "GRANT ALL ON"}},
		{"a schema from a newer tongbao", newer, nil, nil, []string{"version 99", "newer tongbao", "run the newer one"}},
		{"commits that are not synced", url, []string{"SET GLOBAL innodb_flush_log_at_trx_commit = 2"}, []string{"SET GLOBAL innodb_flush_log_at_trx_commit = 1"},
			[]string{"has not synced", "set innodb_flush_log_at_trx_commit = 1"}},
		{"a binary log that is not synced", url, []string{"SET GLOBAL sync_binlog = 0"}, []string{"SET GLOBAL sync_binlog = 1"}, []string{"binary log", "set sync_binlog = 1"}},
		{"a binary log of statements", url, []string{"SET GLOBAL binlog_format = STATEMENT"}, []string{"SET GLOBAL binlog_format = MIXED"}, []string{"STATEMENT", "set binlog_format = ROW"}},
		{"too small a packet", url, []string{"SET GLOBAL max_allowed_packet = 1048576"}, []string{"SET GLOBAL max_allowed_packet = 67108864"}, []string{"1048576 bytes", "SET GLOBAL max_allowed_packet"}},
		{"a server that only reads", url, []string{"SET GLOBAL read_only = ON"}, []string{"SET GLOBAL read_only = OFF"}, []string{"read_only", "name the one that takes writes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server.Exec(t, c.set...)
			defer server.Exec(t, c.unset...)
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

	// Time zone, isolation, collation and mode are each connection's own, so a server
	// that has others does as well.
	server.Exec(t, "SET GLOBAL time_zone = '-07:00'", "SET GLOBAL tx_isolation = 'SERIALIZABLE'", "SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'", "SET GLOBAL autocommit = OFF")
	other := mustOpen(t, Options{Address: url})
	defer other.Close()
	var mode, zone, level, set string
	if err := other.write.QueryRow("SELECT @@sql_mode, @@time_zone, @@tx_isolation, @@character_set_connection").Scan(&mode, &zone, &level, &set); err != nil ||
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
		want      string
	}{
		{"10.3.39-MariaDB-0+deb10u1", nil, "MariaDB 10.3.39, which is too old: upgrade it to at least MariaDB 10.6.0"},
		{"5.7.44-log", nil, "MySQL 5.7.44, which is too old: upgrade it to at least MySQL 8.0.16"},
		{"8.0.11-TiDB-v6.5.0", nil, "TiDB 6.5.0, which is too old: upgrade it to at least TiDB 7.5.0"},
		{"5.7.25-OceanBase-v3.1.4", nil, "OceanBase 3.1.4, which is too old: upgrade it to at least OceanBase 4.2.0"},
		{"10.11.6-MariaDB", map[string]string{"innodb_doublewrite": "OFF"}, "set innodb_doublewrite = ON"},
		{"8.0.36", map[string]string{"innodb_flush_log_at_trx_commit": "1", "innodb_doublewrite": "ON"}, ""},
	} {
		s := server{text: c.version, variables: c.variables}
		s.brand, s.version = parseVersion(c.version)
		switch err := s.check(true); {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.version, err, c.want)
		}
	}
}
