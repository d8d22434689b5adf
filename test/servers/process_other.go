//go:build !linux

package servers

import "os/exec"

// nursery starts a process, which the test's cleanup ends.
func nursery(start func() error, cmd *exec.Cmd) error { return start() }
