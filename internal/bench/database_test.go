package bench

import (
	"context"
	"testing"

	"tongbao/internal/mysqlstore"
	"tongbao/internal/store"
	"tongbao/test/servers"
)

// Two servers share the load on one database, nearly all of it at one merchant, and
// the books agree; the probe that wrote the rows bare beside them leaves nothing.
func TestTwoServersOnOneDatabaseAndAHotMerchant(t *testing.T) {
	server := servers.MariaDB(t)
	address := server.Database(t)
	o := Options{Count: 3000, Accounts: 1000, Zipf: 20, Clients: 20, Together: 50, Servers: 2, Empty: true, Store: "mysql",
		Open: func(ctx context.Context) (store.Store, error) {
			return mysqlstore.Open(ctx, mysqlstore.Options{Address: address})
		}}
	r := mustRun(t, Payments, o)
	if r.BarePerSecond <= 0 || r.OfBare <= 0 || r.Bare.Count != 3000 {
		t.Errorf("the probe measured %+v", r.Bare)
	}
	root, err := server.Root()
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	left := 0
	if err := root.QueryRow("SELECT COUNT(*) FROM information_schema.tables WHERE table_name LIKE 'bare\\_%'").Scan(&left); err != nil || left != 0 {
		t.Errorf("the probe left %d tables, %v", left, err)
	}
}
