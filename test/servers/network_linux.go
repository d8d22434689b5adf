package servers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// space is a network namespace. It ends with this process, and with the last that runs
// in it.
type space struct{ file *os.File }

func newSpace() (*space, error) {
	made := make(chan error)
	s := &space{}
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends, since no other goroutine may run in there
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			s.file, err = os.Open("/proc/thread-self/ns/net")
		}
		made <- err
	}()
	return s, <-made
}

// within does something on a thread that is in the space meanwhile. What is started
// there stays there.
func (s *space) within(do func() error) error {
	runtime.LockOSThread()
	usual, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer usual.Close()
	if err = unix.Setns(int(s.file.Fd()), unix.CLONE_NEWNET); err == nil {
		err = do()
		if back := unix.Setns(int(usual.Fd()), unix.CLONE_NEWNET); back != nil {
			return errors.Join(err, back) // the thread stays locked, and ends with its goroutine
		}
	}
	runtime.UnlockOSThread()
	return err
}

func (s *space) ip(args ...string) error {
	return s.within(func() error { return ip(args...) })
}

func ip(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %q: %w: %s", args, err, out)
	}
	return nil
}

// islands are hosts with a network each. They reach each other by one way, and the test
// each of them by another.
type islands struct {
	hub   *space
	hosts []island
}

type island struct {
	*space
	inside  string // its address for the others
	outside string // and for the test
}

// newIslands needs root, and the program ip.
func newIslands(hosts int) (*islands, error) {
	if _, err := exec.LookPath("ip"); err != nil || os.Getuid() != 0 {
		return nil, fmt.Errorf("networks of their own: %w (as root, with iproute2)", ErrMissing)
	}
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	defer home.Close()
	hub, err := newSpace()
	if err != nil {
		return nil, err
	}
	do := func(where func(...string) error, args ...string) {
		if err == nil {
			err = where(args...)
		}
	}
	n := &islands{hub: hub}
	do(hub.ip, "link", "add", "hub", "type", "bridge")
	do(hub.ip, "link", "set", "hub", "up")
	for i := range hosts {
		s, failed := newSpace()
		if err = errors.Join(err, failed); err != nil {
			return nil, err
		}
		// 198.18.0.0/15 is for tests of networks (RFC 2544).
		net := fmt.Sprintf("198.18.%d.", os.Getpid()%256)
		h := island{s, fmt.Sprint("198.19.0.", i+1), fmt.Sprint(net, 4*i+2)}
		n.hosts = append(n.hosts, h)
		way := fmt.Sprintf("tb%d.%d", os.Getpid(), i)
		do(h.ip, "link", "set", "lo", "up")
		do(h.ip, "link", "add", "outside", "type", "veth", "peer", "name", way)
		do(func(...string) error { return h.give(home, way) })
		do(ip, "address", "add", fmt.Sprint(net, 4*i+1, "/30"), "dev", way)
		do(ip, "link", "set", way, "up")
		do(h.ip, "address", "add", h.outside+"/30", "dev", "outside")
		do(h.ip, "link", "set", "outside", "up")
		do(h.ip, "link", "add", "inside", "type", "veth", "peer", "name", n.port(i))
		do(h.ip, "address", "add", h.inside+"/24", "dev", "inside")
		do(h.ip, "link", "set", "inside", "up")
		do(func(...string) error { return h.give(hub.file, n.port(i)) })
		do(hub.ip, "link", "set", n.port(i), "master", "hub", "up")
	}
	return n, err
}

// port is a host's end in the hub.
func (n *islands) port(host int) string { return fmt.Sprint("port", host) }

// give moves an interface into another space.
func (s *space) give(to *os.File, device string) error {
	return s.within(func() error {
		cmd := exec.Command("ip", "link", "set", device, "netns", "/proc/self/fd/3")
		cmd.ExtraFiles = []*os.File{to}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("give %s away: %w: %s", device, err, out)
		}
		return nil
	})
}

// cut takes a host away from the others, or brings it back. The test reaches it still.
func (n *islands) cut(host int, away bool) error {
	state := "up"
	if away {
		state = "down"
	}
	return n.hub.ip("link", "set", n.port(host), state)
}
