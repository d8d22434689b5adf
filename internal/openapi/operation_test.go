package openapi

import (
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// A deadline for reading a body that passed while a handler worked cancelled the
// request, and then all that came on the connection after it.
func TestNoDeadlineOfABodyPassesWhileARequestMayTakeIt(t *testing.T) {
	h := openHouse(t)
	n := 0
	for path, item := range h.door.api.OpenAPI().Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Put, item.Delete} {
			if o == nil {
				continue
			}
			if n++; o.BodyReadTimeout <= h.door.opt.Timeout {
				t.Errorf("%s %s: the body may take %s, and the whole request %s", o.Method, path, o.BodyReadTimeout, h.door.opt.Timeout)
			}
		}
	}
	if n < 50 {
		t.Errorf("%d operations were looked at", n)
	}
}
