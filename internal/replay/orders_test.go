package replay

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"tongbao/internal/pebblestore"
)

func TestReplayOfRealOrders(t *testing.T) {
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
	ctx := context.Background()
	s, err := pebblestore.Open(ctx, pebblestore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := Orders(ctx, s, orders, func(int, string) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Books.Checks {
		t.Logf("%-90s looked at %d, %d faults %v", c.Name, c.Looked, c.Count, c.Faults)
	}
	t.Logf("%+v", r)
}
