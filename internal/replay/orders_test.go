package replay

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tongbao/internal/audit"
	"tongbao/internal/money"
	"tongbao/internal/mysqlstore"
	"tongbao/internal/pebblestore"
	"tongbao/internal/store"
	"tongbao/test/servers"
)

func realOrders(t *testing.T) []Order {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "order-lifecycles.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the shared data folder is not beside the project")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	orders, err := ReadOrders(file)
	if err != nil {
		t.Fatal(err)
	}
	return orders
}

// replayed is what comes of orders on a store, once its books were audited.
func replayed(t *testing.T, s store.Store, orders []Order) Report {
	t.Helper()
	defer s.Close()
	r, err := Orders(context.Background(), s, orders, func(int, string) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Books.Checks {
		if !c.OK {
			t.Errorf("%s: %v", c.Name, c.Faults)
		}
	}
	return r
}

func inFolder(t *testing.T) store.Store {
	t.Helper()
	s, err := pebblestore.Open(context.Background(), pebblestore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// On a database the same lives end the same, to the cent. All of them take minutes
// there, one commit after another, so this is the first of them where TONGBAO_REPLAY
// isn't "all", as make replay has it.
func TestReplayOnADatabaseEndsAsInAFolder(t *testing.T) {
	orders := realOrders(t)
	if os.Getenv("TONGBAO_REPLAY") != "all" {
		orders = orders[:200]
	}
	s, err := mysqlstore.Open(context.Background(), mysqlstore.Options{Address: servers.MariaDB(t).Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	there, here := replayed(t, s, orders), replayed(t, inFolder(t), orders)
	there.Books, here.Books = audit.Report{}, audit.Report{} // hashes are of times and places
	if !reflect.DeepEqual(there, here) {
		t.Errorf("on the database %+v, in a folder %+v", there, here)
	}
	t.Logf("%+v", there)
}

func TestReplayOfRealOrders(t *testing.T) {
	r := replayed(t, inFolder(t), realOrders(t))
	got, err := json.MarshalIndent(struct {
		Ends                                                map[string]map[string]int
		Confirmed, Auto, TooLate, Expired                   int
		MoneyIn, Paid, InEscrow, PaidOut, Refunded, Fees, N money.Amount
	}{r.Ends, r.Confirmed, r.Auto, r.TooLate, r.Expired, r.MoneyIn, r.Paid, r.InEscrow, r.PaidOut, r.Refunded, r.Fees, money.Amount(r.Orders)}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != strings.TrimSpace(wanted) {
		t.Errorf("the replay ended at\n%s\nwanted\n%s", got, wanted)
	}
	if sum := r.InEscrow + r.PaidOut + r.Refunded + r.Fees; sum != r.Paid {
		t.Errorf("paid %d, accounted for %d", r.Paid, sum)
	}
}

// The figures of the 4,998 recorded lives, to the cent.
const wanted = `
{
  "Ends": {
    "canceled": {
      "TRADE_CLOSED": 25
    },
    "delivered": {
      "TRADE_FINISHED": 4856
    },
    "invoiced": {
      "WAIT_SELLER_SEND_GOODS": 12
    },
    "processing": {
      "WAIT_SELLER_SEND_GOODS": 20
    },
    "shipped": {
      "TRADE_CLOSED": 1,
      "TRADE_FINISHED": 60
    },
    "unavailable": {
      "TRADE_CLOSED": 24
    }
  },
  "Confirmed": 1643,
  "Auto": 3274,
  "TooLate": 782,
  "Expired": 2,
  "MoneyIn": 125681953,
  "Paid": 125610885,
  "InEscrow": 934138,
  "PaidOut": 122940216,
  "Refunded": 1054922,
  "Fees": 681609,
  "N": 4998
}
`
