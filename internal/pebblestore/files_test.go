package pebblestore

import "testing"

// The page docs/journal-format.md promises these bytes to programs in other languages.
func TestASegmentBeginsAsThePageSays(t *testing.T) {
	if b := (segmentHeader{number: 1, first: 1}).encode(); string(b[:8]) != "tongbaoJ" {
		t.Errorf("a segment begins with %q", b[:8])
	}
}
