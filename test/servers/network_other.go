//go:build !linux

package servers

import "fmt"

// islands are networks of their own, which Linux alone has.
type islands struct{ hosts []island }

type island struct{ inside, outside string }

func newIslands(int) (*islands, error) {
	return nil, fmt.Errorf("networks of their own: %w (on Linux alone)", ErrMissing)
}

func (n *islands) cut(int, bool) error { return ErrMissing }

func (i island) within(do func() error) error { return do() }
