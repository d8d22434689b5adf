package mysqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
)

// connector makes connections on which the settings have been made, to the first of
// the address's hosts that answers and is fit.
type connector struct {
	address  *address
	config   *mysql.Config // the address's, or one like it
	settings []string
	fit      []fitness
	told     func(Statement) // nil for nobody
}

// helloFor is how long one of several hosts may take until its connection is ready:
// one whose machine stands still takes connections, and says nothing on them.
const helloFor = 3 * time.Second

func (c connector) Driver() driver.Driver { return mysql.MySQLDriver{} }

func (c connector) Connect(ctx context.Context) (conn driver.Conn, err error) {
	for range c.address.hosts {
		var host int64
		if conn, host, err = c.connect(ctx); err == nil {
			return conn, nil
		}
		c.address.leave(host)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

// connect makes a connection to the host whose turn it is; host is -1 where none was
// reached.
func (c connector) connect(ctx context.Context) (_ driver.Conn, host int64, err error) {
	host = -1
	if len(c.address.hosts) > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, helloFor)
		defer cancel()
	}
	made, err := mysql.NewConnector(c.config)
	if err != nil {
		return nil, host, err
	}
	conn, err := made.Connect(context.WithValue(ctx, reached{}, &host))
	if err != nil {
		return nil, host, err
	}
	whole := conn.(everything) // what the driver promises
	for _, f := range c.fit {
		if err = f.ask(ctx, whole); err != nil {
			break
		}
	}
	for _, set := range c.settings {
		if err != nil {
			break
		}
		if _, err = whole.ExecContext(ctx, set, nil); err != nil {
			err = fmt.Errorf("%s: %w", set, err)
		}
	}
	if err != nil {
		return nil, host, errors.Join(err, conn.Close())
	}
	return observed{whole, c.told, c.address, host}, host, nil
}

// fitness is what a host must say for itself, each time: another may be in its place by
// then.
type fitness struct {
	show, want string // show answers a name and a value
}

// groups are the nodes of MySQL's group replication, as the one that is asked knows them.
const groups = "performance_schema.replication_group_members"

// primary asks a node whether it takes writes for its group. One that has just started, and
// has not joined yet, takes them for nobody; one that hears nothing of most others may
// have been replaced.
var primary = fitness{"SELECT 'role', COALESCE((SELECT member_role FROM " + groups + " WHERE member_id = @@server_uuid AND member_state = 'ONLINE'" +
	" AND (SELECT 2 * SUM(member_state <> 'UNREACHABLE') > COUNT(*) FROM " + groups + ")), 'none')", "PRIMARY"}

// inGroup says that the server is set up as a node of a group.
func (s server) inGroup() bool { return s.variables["group_replication_group_name"] != "" }

// fit is what to ask the hosts of an address, each time: most of it where it names several.
func (s server) fit(hosts []string) (asked []fitness) {
	if s.inGroup() {
		asked = append(asked, primary)
	}
	if len(hosts) == 1 {
		return asked
	}
	if s.on("wsrep_on") {
		asked = append(asked, fitness{"SHOW STATUS LIKE 'wsrep_ready'", "ON"}) // not cut off from the other nodes
	}
	if _, has := s.variables["read_only"]; has && (s.brand == mariaDB || s.brand == mySQL) {
		asked = append(asked, fitness{"SHOW VARIABLES LIKE 'read_only'", "OFF"}) // no replica, which is behind
	}
	return asked
}

func (f fitness) ask(ctx context.Context, conn driver.QueryerContext) error {
	rows, err := conn.QueryContext(ctx, f.show, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", f.show, err)
	}
	defer rows.Close()
	said := make([]driver.Value, 2)
	if err := rows.Next(said); err != nil {
		return fmt.Errorf("%s: %w", f.show, err)
	}
	if is := fmt.Sprintf("%s", said[1]); is != f.want {
		return fmt.Errorf("%w: the database's node says %s = %s", driver.ErrBadConn, said[0], is)
	}
	return nil
}
