//go:build !linux

package servers

import (
	"fmt"
	"os/exec"
)

// nursery starts a process, which the test's cleanup ends.
func nursery(start func() error, cmd *exec.Cmd) error { return start() }

// runAs has a command of MariaDB's run as a user.
func runAs(cmd *exec.Cmd, uid, _ int) { cmd.Args = append(cmd.Args, fmt.Sprint("--user=", uid)) }
