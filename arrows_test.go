package tongbao

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The arrows: a package may import those below it, and within a line those that
// the line allows. Tests may import anything. A new package has a line here, or
// the test says so.
var layers = [][]string{
	{"cmd/tongbao", "test/servers/databases"},
	{"internal/bench"},
	{"."}, // tongbao.go knows everyone
	{"internal/web", "internal/door", "examples/shop", "examples/shop/cmd/shop", "examples/shop/pretend"},
	{"internal/openapi", "internal/alipay"},
	{"internal/sim", "internal/replay"},
	{"internal/jobs"},
	{"internal/audit", "internal/move", "internal/webhook", "internal/clock", "internal/alipay/notify", "internal/alipay/calls"},
	{"internal/pay"},
	{"internal/identity", "internal/fanout"},
	{"internal/engine"},
	{"internal/pebblestore", "internal/mysqlstore", "internal/sandbox"},
	{"internal/store/storetest", "internal/diary"},
	{"internal/frame"},
	{"internal/store", "internal/bank"},
	{"internal/trade", "internal/party", "internal/risk", "internal/agreement", "internal/alipay/diagnose"},
	{"internal/ledger", "internal/alipay/wire"},
	{"internal/money", "internal/refusal", "internal/wire", "internal/huge", "internal/fsync", "internal/cores", "internal/alipay/receipt", "ui", "test/servers"},
}

// Imports within a line, and what a line may not reach though it lies below.
var (
	sideways = map[string][]string{
		"examples/shop/cmd/shop": {"examples/shop", "examples/shop/pretend"},
		"examples/shop/pretend":  {"examples/shop"},
		"internal/webhook":       {"internal/clock"},
		"internal/alipay/notify": {"internal/webhook"},
	}
	// The stores are known to tongbao.go alone, and to those who try them.
	stores     = []string{"internal/pebblestore", "internal/mysqlstore"}
	mayOpen    = []string{".", "internal/sim", "internal/bench", "cmd/tongbao"}
	outside    = "internal/sandbox"
	mayPretend = []string{".", "internal/openapi"}
)

func TestImportsPointDownwards(t *testing.T) {
	level := map[string]int{}
	for i, layer := range layers {
		for _, p := range layer {
			level[p] = i
		}
	}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from := filepath.ToSlash(filepath.Dir(path))
		if _, known := level[from]; !known {
			t.Errorf("package %s has no place in the picture: give it a line in arrows_test.go", from)
			return nil
		}
		for _, imported := range file.Imports {
			name, _ := strconv.Unquote(imported.Path.Value)
			to, ours := strings.CutPrefix(name, "tongbao/")
			if name == "tongbao" {
				to, ours = ".", true
			}
			if !ours {
				continue
			}
			checkArrow(t, level, from, to)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkArrow(t *testing.T, level map[string]int, from, to string) {
	switch {
	case strings.HasPrefix(from, "examples/") && strings.HasPrefix(to, "internal/"):
		t.Errorf("%s imports %s: an example is a customer, who has the API alone", from, to)
	case level[to] < level[from]:
		t.Errorf("%s imports %s, which lies above it", from, to)
	case level[to] == level[from] && from != to && !slices.Contains(sideways[from], to):
		t.Errorf("%s imports %s beside it", from, to)
	case slices.Contains(stores, to) && !slices.Contains(mayOpen, from):
		t.Errorf("%s imports the store %s: only the contract is its affair", from, to)
	case to == outside && !slices.Contains(mayPretend, from):
		t.Errorf("%s imports the pretend world", from)
	}
}

// What is true is told without clock, chance, network and goroutines.
func TestThePureCoreStaysPure(t *testing.T) {
	pure := []string{"internal/money", "internal/refusal", "internal/ledger", "internal/trade", "internal/party", "internal/risk", "internal/alipay/wire", "internal/alipay/diagnose", "internal/alipay/receipt"}
	forbidden := []string{"os", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand", "sync", "context", "database/sql"}
	for _, dir := range pure {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, imported := range file.Imports {
				name, _ := strconv.Unquote(imported.Path.Value)
				if slices.Contains(forbidden, name) {
					t.Errorf("%s imports %s", path, name)
				}
			}
		}
	}
}
