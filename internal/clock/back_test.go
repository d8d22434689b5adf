package clock

import (
	"testing"
	"time"
)

func TestNowNeverRunsBack(t *testing.T) {
	wall := time.Unix(1000, 0)
	c := &Clock{wall: func() time.Time { return wall }, changed: make(chan struct{})}
	first := c.Now()
	wall = wall.Add(-time.Hour) // somebody sets the machine's clock
	if c.Now().Before(first) {
		t.Errorf("%s comes after %s", c.Now(), first)
	}
	c.jumpTo(time.Minute)
	c.jumpTo(time.Second)
	if c.ahead != time.Minute {
		t.Errorf("ahead by %s", c.ahead)
	}
}
