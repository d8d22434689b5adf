package audit

import (
	"context"
	"os"
	"testing"
	"time"

	"tongbao/internal/pebblestore"
)

// How long the verification of a folder takes: TONGBAO_BOOKS names it.
func TestHowLongAnAuditTakes(t *testing.T) {
	dir := os.Getenv("TONGBAO_BOOKS")
	if dir == "" {
		t.Skip("TONGBAO_BOOKS names no folder")
	}
	s, err := pebblestore.Open(context.Background(), pebblestore.Options{Dir: dir, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	report, err := Store(context.Background(), s, zone, nil)
	if err != nil || !report.OK() {
		t.Fatalf("%v, %+v", err, report)
	}
	t.Logf("%d entries in %v, %.0f a second", report.Position, report.Took, float64(report.Position)/report.Took.Seconds())
}
