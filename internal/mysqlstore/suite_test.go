package mysqlstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"tongbao/internal/pebblestore"
	"tongbao/internal/store"
	"tongbao/internal/store/storetest"
	"tongbao/test/servers"
)

// maria is one server for all tests here that do not harm it.
var maria struct {
	once   sync.Once
	server *servers.Server
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if maria.server != nil {
		maria.server.Stop()
		_ = os.RemoveAll(maria.server.Dir)
	}
	os.Exit(code)
}

func onMariaDB(t testing.TB) *servers.Server {
	t.Helper()
	maria.once.Do(func() {
		if maria.server, maria.err = servers.NewMariaDB(); maria.err == nil {
			maria.err = maria.server.Start()
		}
	})
	if errors.Is(maria.err, servers.ErrMissing) && os.Getenv("CI") != "true" {
		t.Skip(maria.err)
	}
	if maria.err != nil {
		t.Fatal(maria.err)
	}
	return maria.server
}

func mustOpen(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// harness opens a database for each folder that the suite names. A folder that
// holds a journal is a backup: it opens in the embedded store, which proves that it
// stands for itself.
func harness(server *servers.Server, options string) storetest.Harness {
	databases := sync.Map{}
	open := func(t *testing.T, dir string) store.Store {
		t.Helper()
		if _, err := os.Stat(filepath.Join(dir, "FORMAT")); err == nil {
			s, err := pebblestore.Open(context.Background(), pebblestore.Options{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		url, known := databases.Load(dir)
		if !known {
			url = server.Database(t) + options
			databases.Store(dir, url)
			if err := os.WriteFile(filepath.Join(dir, "elsewhere"), nil, 0o600); err != nil { // the folder is taken
				t.Fatal(err)
			}
		}
		return mustOpen(t, Options{Address: url.(string)})
	}
	return storetest.Harness{Open: open, Crash: func(t *testing.T, dir string, s store.Store) store.Store {
		t.Cleanup(func() { s.Close() }) // it is as if nobody answered for it any more
		return open(t, dir)
	}}
}

func TestStoreOnMariaDB(t *testing.T) { storetest.Run(t, harness(onMariaDB(t), "")) }

// On TiDB as it can be had here, which keeps nothing across a kill: its address says
// that this is known.
func TestStoreOnTiDB(t *testing.T) {
	server := servers.TiDB(t)
	t.Run("suite", func(t *testing.T) { storetest.Run(t, harness(server, "?durable=no")) })
	t.Run("every table is clustered by its key", func(t *testing.T) { clustered(t, server.Database(t)+"?durable=no") })
	t.Run("archive", func(t *testing.T) { archived(t, server.Database(t)+"?durable=no") })
	t.Run("places become names", func(t *testing.T) { becomeNames(t, server, "?durable=no") })
	t.Run("places become names in steps", func(t *testing.T) { inSteps(t, server, "?durable=no") })
	t.Run("one merchant at two servers", func(t *testing.T) { hotMerchant(t, server.Database(t)+"?durable=no") })
	t.Run("a turn that another keeps", func(t *testing.T) { keptTurn(t, server, "?durable=no") })
	for name, test := range readAhead {
		t.Run(name, func(t *testing.T) { test(t, server) })
	}
}

// readAhead is what a batch that is made while another is under way is tested for.
var readAhead = map[string]func(*testing.T, *servers.Server){
	"a batch behind another":                   behindAnother,
	"a batch behind one that is lost":          behindALostOne,
	"a batch behind one of which nobody knows": behindAnUnknownOne,
	"another server comes between":             comesBetween,
	"a repeat behind its first":                repeatBehind,
	"an untouched name behind itself":          nameBehindItself,
	"closed with a batch under way":            closedUnderWay,
	"set aside with a batch under way":         asideUnderWay,
	"counted by two servers":                   countedByTwo,
	"read before a crash":                      readBeforeACrash,
	"a turn is kept":                           turnIsKept,
	"a turn comes to an end":                   turnEnds,
	"a server that stops in its turn":          stopsInItsTurn,
	"a server that knows no turns":             knowsNoTurns,
	"a turn that is handed over":               handedOver,
	"a draft that does not come true":          draftThatFails,
	"a draft that is false":                    falseDraft,
	"turns of two busy servers":                twoBusy,
	"turns whose connections break":            turnsBreak,
}

// On MySQL, which ends a batch that stands still by other means than MariaDB and has a
// binary log.
func TestStoreOnMySQL(t *testing.T) {
	server := servers.MySQL(t)
	t.Run("suite", func(t *testing.T) { storetest.Run(t, harness(server, "")) })
	t.Run("archive", func(t *testing.T) { archived(t, server.Database(t)) })
	t.Run("places become names", func(t *testing.T) { becomeNames(t, server, "") })
	t.Run("places become names in steps", func(t *testing.T) { inSteps(t, server, "") })
	t.Run("one merchant at two servers", func(t *testing.T) { hotMerchant(t, server.Database(t)) })
	for name, test := range map[string]func(*testing.T, *servers.Server){
		"a turn that another keeps":                    func(t *testing.T, server *servers.Server) { keptTurn(t, server, "") },
		"no write skew":                                noWriteSkew,
		"one command at two servers":                   oneCommand,
		"a server that stops in the middle of a batch": stopsInABatch,
		"places spread":                                placesSpread,
		"nothing is kept that a crash could take back": onlyDurableIsKept,
		"a connection that breaks in a batch":          breaksInABatch,
		"a commit of which nobody knows":               breaksAtTheCommit,
		"a database that is away":                      isAway,
		"a host that says nothing":                     saysNothing,
		"statements are told of":                       toldOf,
		"quoted bytes arrive as they were":             arriveAsTheyWere,
	} {
		t.Run(name, func(t *testing.T) { test(t, server) })
	}
	for name, test := range readAhead {
		t.Run(name, func(t *testing.T) { test(t, server) })
	}
}

func clustered(t *testing.T, url string) {
	s := mustOpen(t, Options{Address: url})
	defer s.Close()
	for _, table := range []string{"head", "journal", "heads", "accounts", "names", "milestones", "records", "terms", "servers", "archives", "turn", "draft"} {
		var kind string
		if err := s.read.QueryRow("SELECT tidb_pk_type FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?", table).Scan(&kind); err != nil || kind != "CLUSTERED" {
			t.Errorf("%s is %s, %v", table, kind, err)
		}
	}
}

// On a cluster of three, of which one is written to, as the documentation has it.
func TestStoreOnGalera(t *testing.T) {
	if testing.Short() {
		t.Skip("three servers take their time")
	}
	cluster := servers.Galera(t)
	t.Run("suite", func(t *testing.T) {
		h := harness(cluster.Nodes[0], "")
		h.Alone = true // making forty schemas at once stops a cluster for longer than its nodes think each other alive
		storetest.Run(t, h)
	})
	t.Run("archive", func(t *testing.T) { archived(t, cluster.Nodes[0].Database(t)) })
	t.Run("one merchant at two servers", func(t *testing.T) { hotMerchant(t, cluster.Database(t)[:2]...) })
	t.Run("a node that is cut off", func(t *testing.T) { cutOff(t, cluster) })
}
