package servers

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// nursery starts a process that is killed when this one ends, however it ends.
// Linux counts the end of the thread that started it for that, so one thread that
// stays starts them all. It also forgets that for a process that changes its user, so
// whoever is to run as another is started as that one.
func nursery(start func() error, cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	once.Do(func() {
		go func() {
			runtime.LockOSThread()
			for start := range births {
				start()
			}
		}()
	})
	done := make(chan error)
	births <- func() { done <- start() }
	return <-done
}

// runAs has a command run as a user.
func runAs(cmd *exec.Cmd, uid, gid int) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

var (
	once   sync.Once
	births = make(chan func())
)
