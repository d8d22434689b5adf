package servers

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// nursery starts a process that is killed when this one ends, however it ends.
// Linux counts the end of the thread that started it for that, so one thread that
// stays starts them all.
func nursery(start func() error, cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
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

var (
	once   sync.Once
	births = make(chan func())
)
